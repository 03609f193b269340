#include "models/service/sessions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/describe/nearest.h"

namespace highwater::service {
namespace {

/// Keys of sessions and keys of data are different keys of a store.
constexpr std::uint64_t kSessionKeys = 0x73657373'696f6e00;

}  // namespace

HeldSessions::HeldSessions(Simulation& simulation, Duration timeout,
                           std::function<void(std::size_t)> changed)
    : simulation_(simulation), table_(timeout), changed_(std::move(changed)), end_(*this) {}

void HeldSessions::put(std::uint64_t key, std::uint64_t value) {
  table_.put(key, value, simulation_.now());
  count();
  if (!end_.pending()) simulation_.schedule_at(end_, table_.next_end());
}

void HeldSessions::erase(std::uint64_t key) {
  table_.erase(key);
  count();
}

void HeldSessions::clear() {
  table_.clear();
  simulation_.cancel(end_);
  count();
}

void HeldSessions::end() {
  // Whoever was to end now may have been used meanwhile.
  table_.forget_expired(simulation_.now());
  count();
  if (table_.next_end() < kNever) simulation_.schedule_at(end_, table_.next_end());
}

void HeldSessions::count() {
  const auto size = static_cast<std::int64_t>(table_.size());
  if (size == held_.value()) return;
  held_.set(simulation_.now(), size);
  if (changed_) changed_(table_.size());
}

Sessions::Sessions(Component& service, const SessionsParams& params)
    : service_(service),
      params_(params),
      verify_key_(service.world().key(service.id(), "verify")),
      users_(service.world().simulation, params.timeout) {}

void Sessions::connect(steps::Program& program) {
  program_ = &program;
  login_ = program.compile(params_.login);
  if (params_.token) refresh_ = program.compile(params_.token->refresh.value_or(params_.login));
  if (params_.store) store_ = &program.site(params_.store->to.id, params_.store->policy);
}

void Sessions::examine(const Examination& examination, Directory& directory) const {
  if (!params_.store) return;
  const Component& store = directory.component(params_.store->to.id);
  const bool stands_before_another =
      store.kind() == "cache" &&
      std::any_of(directory.edges().begin(), directory.edges().end(),
                  [&](const Edge& edge) { return &edge.from() == &store && &edge.to() != &store; });
  const bool will_do = store.kind() == "cache" || store.kind() == "database";
  if (will_do && !stands_before_another) return;
  examination.problems.error(examination.where.find("sessions")->position(),
                             pointer_to(pointer_to(examination.path, "sessions"), "store"),
                             stands_before_another
                                 ? "sessions that are not in " + in_quotes(store.id()) +
                                       " are nowhere, and it would look for them at its origin"
                                 : "sessions are kept in a cache or a database, and " +
                                       in_quotes(store.id()) + " is of kind " +
                                       std::string(store.kind()));
}

void Sessions::measure(Recorder::Owner& owner, Cumulative held) {
  owner.time_average(
      "sessions_held",
      in_process() ? std::move(held) : [this](Time now) { return users_.integral(now); });
  owner.count("logins", logins_);
  if (params_.token)
    owner.count("token_refreshes", refreshes_);
  else
    owner.count("sessions_lost", lost_);
}

Status Sessions::lost(std::uint64_t user) {
  ++lost_;
  users_.erase(user);
  return params_.on_lost == OnLost::error ? Status::error : Status::ok;
}

/// Asks the store, or writes to it.
Task<Status> Sessions::ask(steps::Work& work, Operation operation, bool& has_it) {
  work.step_back();
  Request question = work.request.descend(store_->step(), ++work.turn);
  question.operation = operation;
  question.endpoint = kNoSymbol;
  question.key = work.request.key ^ kSessionKeys;
  Reply reply;
  if (store_->is_plain())
    reply = co_await Call(*store_, work.instance, question);
  else
    reply = co_await store_->call(work.instance, question);
  has_it = store_->callee().kind() == "cache" ? reply.hit : !reply.missing;
  co_return reply.cause();
}

Task<Status> Sessions::look_up(HeldSessions* here, steps::Work& work, Found& found) {
  const std::uint64_t user = work.request.key;
  const auto session = users_.find(user);
  if (!session) co_return Status::ok;
  if (params_.token) {
    RequestRandom random(verify_key_, work.request.id, work.request.path);
    const Duration time = params_.token->verify_time.draw(random);
    co_await work.processor.compute(time);
  }
  bool is_there = true;
  if (here != nullptr) {
    is_there = here->use(*session);
  } else if (store_ != nullptr) {
    const Status status = co_await ask(work, Operation::read, is_there);
    if (status != Status::ok) co_return status;
  }
  if (!is_there) co_return lost(user);
  users_.use(user);
  const bool is_over = params_.token && nanoseconds(time_of_day(work.instance)) >=
                                            static_cast<std::int64_t>(*session);
  found = is_over ? Found::token_over : Found::yes;
  co_return Status::ok;
}

/// As the process reads it that makes a token, or looks at one.
Time Sessions::time_of_day(const Instance& process) const {
  const Time now = service_.world().now();
  return std::min(now + process.clock_ahead(now), kNever - params_.timeout);
}

Task<Status> Sessions::enter(HeldSessions* here, steps::Work& work) {
  Found found = Found::no;
  Status status = co_await look_up(here, work, found);
  if (status != Status::ok || found == Found::yes) co_return status;
  ++(found == Found::token_over ? refreshes_ : logins_);
  status = co_await program_->run(found == Found::token_over ? refresh_ : login_, work);
  if (status != Status::ok) co_return status;
  if (store_ != nullptr) {
    bool unused = false;
    status = co_await ask(work, Operation::write, unused);
    if (status != Status::ok) co_return status;
  }
  work.missing = false;  // whatever the login did not find
  std::uint64_t session = ++last_session_;
  if (params_.token)
    session = static_cast<std::uint64_t>(std::max<std::int64_t>(
        nanoseconds(time_of_day(work.instance) + params_.token->lifetime), 0));
  users_.put(work.request.key, session);
  if (here != nullptr) here->put(session, work.request.key);
  co_return Status::ok;
}

std::vector<MetricInfo> session_metrics() {
  return {{"sessions_held", "sessions",
           "Sessions that are kept, abandoned ones in the memory of instances included."},
          {"logins", "1", "Requests that had to log in.", MetricShape::kCount},
          {"token_refreshes", "1", "Tokens made anew because their lifetime was over.",
           MetricShape::kCount},
          {"sessions_lost", "1",
           "Requests whose session was gone before its time: its process had died or was another, "
           "or its store had forgotten it.",
           MetricShape::kCount}};
}

}  // namespace highwater::service
