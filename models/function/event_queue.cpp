#include "models/function/event_queue.h"

#include <algorithm>
#include <utility>

#include "engine/kernel/completion.h"
#include "models/function/function_component.h"

namespace highwater::function {
namespace {

constexpr Duration kErrorPause = 60s;  // and once more so long the second time
constexpr Duration kFirstBackoff = 1s;
constexpr Duration kLongestBackoff = 300s;

/// Keys what is drawn when an event is tried again: no step has this number.
constexpr std::uint32_t kAgain = 0xffff'fffe;

}  // namespace

EventQueue::EventQueue(Function& function, const EventParams& params)
    : function_(function), params_(&params), deliveries_(function.world().simulation) {}

void EventQueue::connect(steps::Program& program) {
  if (params_->on_failure)
    destination_ = &program.site(params_->on_failure->id, CallPolicy{}, true);
}

void EventQueue::accept(Served served, const steps::Endpoint& endpoint) {
  const Request event = served.request();
  ++received_;
  queued_.add(function_.world().now(), 1);
  function_.world().in_flight.keep(1);
  served.reply(Status::ok);
  deliveries_.spawn(deliver(event, endpoint));
}

Task<> EventQueue::deliver(Request event, const steps::Endpoint& endpoint) {
  Simulation& simulation = function_.world().simulation;
  const Time came = simulation.now();
  const Time expires = simulation.after(params_->max_age);
  std::uint32_t errors = 0;
  Duration backoff = kFirstBackoff;
  for (std::uint64_t tries = 0;; ++tries) {
    const Request request = tries == 0 ? event : event.descend(kAgain, tries);
    const std::optional<Status> status = co_await invoke(request, endpoint, came);
    if (status == Status::ok) {
      ++processed_;
      break;
    }
    if (status && errors == params_->retries) {
      co_await give_up(event, failed_);
      break;
    }
    const Duration pause = status ? kErrorPause * ++errors : backoff;
    if (!status) backoff = std::min(2 * backoff, kLongestBackoff);
    if (simulation.after(pause) >= expires) {
      co_await simulation.until(std::max(expires, simulation.now()));
      co_await give_up(event, expired_);
      break;
    }
    ++retried_;
    co_await simulation.delay(pause);
  }
  queued_.add(simulation.now(), -1);
  function_.world().in_flight.let_go(1);
}

/// @return how the function ended; nothing where it did not come so far, or its zone died.
Task<std::optional<Status>> EventQueue::invoke(Request request, const steps::Endpoint& endpoint,
                                               Time came) {
  Environments* const at = function_.next_up();
  if (at == nullptr) co_return std::nullopt;
  std::optional<Environment> environment = function_.environment_for(*at);
  if (!environment) co_return std::nullopt;
  const Time now = function_.world().now();
  age_->record(now, now - came);
  Completion<Status> done(function_.world().simulation);
  Environments& home = environment->home();
  home.begin({request, endpoint, std::move(*environment), Owed(), done.sender()});
  Outcome<Status> outcome = co_await done;
  if (!outcome) co_return std::nullopt;
  co_return *outcome;
}

/// Publishes the event where those go that are given up.
Task<> EventQueue::give_up(Request event, std::uint64_t& count) {
  ++count;
  if (destination_ == nullptr) co_return;
  Environments* const up = function_.next_up();
  Instance& from = up != nullptr ? *up : *function_.instances().front();
  Request record = event.descend(destination_->step(), 0);
  record.operation = Operation::write;
  record.endpoint = kNoSymbol;
  const Reply reply = co_await destination_->call(from, record);
  if (!reply.ok()) ++undelivered_;
}

void EventQueue::measure(Recorder::Owner& owner) {
  owner.count("events_received", received_);
  owner.causes("events", [this] {
    std::map<std::string, std::uint64_t> ends;
    const std::pair<const char*, std::uint64_t> all[] = {
        {"processed", processed_}, {"failed", failed_}, {"expired", expired_}};
    for (const auto& [name, count] : all)
      if (count > 0) ends[name] = count;
    return ends;
  });
  owner.count("event_retries", retried_);
  owner.count("events_undelivered", undelivered_);
  owner.time_average("events_queued", [this](Time now) { return queued_.total(now); });
  age_ = &owner.tally("event_age_ms");
}

std::vector<MetricInfo> event_metrics() {
  return {{"events_received", "events", "Events that were published to it and taken.",
           MetricShape::kCount},
          {"events", "events",
           "Events by how they ended: processed, failed (after all retries) or expired (too old).",
           MetricShape::kCauses},
          {"event_retries", "invocations", "Further tries of events.", MetricShape::kCount},
          {"events_undelivered", "events", "Events given up that on_failure did not take.",
           MetricShape::kCount},
          {"events_queued", "events", "Events taken and neither processed nor given up."},
          {"event_age_ms", "ms", "From the taking of an event to an invocation with it, each try.",
           MetricShape::kTimes}};
}

}  // namespace highwater::function
