#include "models/admission/gate.h"

#include <algorithm>
#include <utility>

namespace highwater::admission {
namespace {

using resilience::Criticality;
using resilience::Outcome;

/// Keys of limits and keys of data are different keys of a store.
constexpr std::uint64_t kLimitKeys = 0x6c696d6974730000;

Criticality criticality_of(std::uint8_t priority) {
  constexpr std::uint8_t kLast = resilience::kCriticalities - 1;
  return static_cast<Criticality>(std::min(priority, kLast));
}

/// How a request ended, for a limit that learns from latencies: a callee's errors say nothing about
/// this one's load.
Outcome outcome_of(Status status) {
  switch (status) {
    case Status::ok:
      return Outcome::success;
    case Status::timeout:
    case Status::rejected:
      return Outcome::dropped;
    default:
      return Outcome::ignored;
  }
}

}  // namespace

void Gate::Pass::ended(Status status) {
  if (gate_ == nullptr) return;
  Gate& gate = *std::exchange(gate_, nullptr);
  limiter_->release(ticket_, gate.now(), outcome_of(status), gate.bits_);
}

Gate::Gate(Admissions& admissions, const Instance& instance)
    : admissions_(admissions),
      instance_(instance),
      bits_(instance.component().world().stream(instance.label(), "admission")) {
  reconfigure(true, true);
}

void Gate::reconfigure(bool rate_limit, bool concurrency_limit) {
  const AdmissionParams& params = *admissions_.params_;
  if (rate_limit) {
    limit_.reset();
    limits_.reset();
    if (params.rate_limit && !params.rate_limit->beside().store)
      admissions_.make_limit(limit_, limits_);
  }
  if (!concurrency_limit) return;
  if (concurrency_) retired_.push_back(std::move(concurrency_));
  if (params.concurrency_limit)
    concurrency_ =
        std::make_unique<resilience::ConcurrencyLimiter>(params.concurrency_limit->make(bits_));
}

std::int64_t Gate::now() const {
  return nanoseconds(instance_.component().world().now());
}

Task<bool> Gate::lets_in(Instance& instance, Request request, Pass& pass) {
  if (admissions_.params_->shed && !has_room(request)) {
    ++admissions_.counts_.shed;
    co_return false;
  }
  if (admissions_.params_->rate_limit) {
    const bool within = co_await is_within_rate(instance, request);
    if (!within) co_return false;
  }
  if (concurrency_) {
    const auto ticket = concurrency_->acquire(now());
    if (!ticket) {
      ++admissions_.counts_.limit_reached;
      co_return false;
    }
    pass.gate_ = this;
    pass.limiter_ = concurrency_.get();
    pass.ticket_ = *ticket;
  }
  co_return true;
}

bool Gate::has_room(const Request& request) const {
  // The request itself is in flight already, and is not what it competes with.
  const double others = static_cast<double>(instance_.in_flight()) - 1;
  RequestRandom random(admissions_.shed_key_, request.id, request.path);
  return admissions_.shedder_.admit(criticality_of(request.priority),
                                    others / admissions_.capacity_, random);
}

Task<bool> Gate::is_within_rate(Instance& instance, Request request) {
  const SharedLimitParams& shared = admissions_.params_->rate_limit->beside();
  const std::uint64_t group = group_of(request, shared);
  const Instance* clock = admissions_.reads_clock() ? &instance : nullptr;
  if (shared.store) {
    CallSite& site = admissions_.sites_.front();
    Request question = request.descend(site.step(), 0);
    question.operation = Operation::write;
    question.endpoint = kNoSymbol;
    question.key = group ^ kLimitKeys;
    const Route store = site.callee().route(question, instance);
    const Reply reply = co_await Call(site, instance, store, question);
    if (store.to != nullptr) clock = store.to;
    if (!reply.ok()) {
      ++admissions_.counts_.without_store;
      co_return shared.without_store == WithoutStore::allow;
    }
  }
  Time time = instance.component().world().now();
  if (clock != nullptr) time += clock->clock_ahead(time);
  const limiting::Verdict verdict = ask_limit(group, time);
  if (!verdict.is_admitted()) {
    ++admissions_.counts_.rate_limited;
    co_return false;
  }
  if (verdict.delay > 0) {
    ++admissions_.counts_.delayed;
    co_await instance.component().world().simulation.delay(Duration{verdict.delay});
  }
  co_return true;
}

/// Requests with the same are counted together.
std::uint64_t Gate::group_of(const Request& request, const SharedLimitParams& shared) {
  switch (shared.per) {
    case Per::all:
      break;
    case Per::key:
      return request.key;
    case Per::endpoint:
      return request.endpoint;
    case Per::key_and_endpoint:
      return detail::mix_bits(request.key) + request.endpoint;
    case Per::address:
      return detail::mix_bits(request.key) % *shared.addresses;
  }
  return 0;
}

limiting::Verdict Gate::ask_limit(std::uint64_t group, Time now) {
  const bool local = limit_ != nullptr || limits_ != nullptr;
  limiting::KeyedLimiter* const keyed = local ? limits_.get() : admissions_.limits_.get();
  if (keyed != nullptr) return keyed->admit(group, nanoseconds(now));
  limiting::Limiter* const one = local ? limit_.get() : admissions_.limit_.get();
  // Where there is none, the limit was taken away while its store was asked.
  return one != nullptr ? one->admit(nanoseconds(now)) : limiting::Verdict::allowed();
}

Admissions::Admissions(Component& component, const AdmissionParams& params, std::uint64_t capacity)
    : component_(component),
      params_(&params),
      capacity_(static_cast<double>(capacity)),
      shed_key_(component.world().key(component.id(), "shed")) {
  set_shedder(capacity);
}

void Admissions::set_shedder(std::uint64_t capacity) {
  capacity_ = static_cast<double>(capacity);
  if (!params_->shed) return;
  shedder_ = resilience::Shedder(params_->shed->classes.options());
  if (params_->shed->capacity) capacity_ = *params_->shed->capacity;
}

void Admissions::reconfigure(const AdmissionParams& params, std::uint64_t capacity) {
  const AdmissionParams& before = *std::exchange(params_, &params);
  const auto differ = [](const auto& one, const auto& other) {
    using Part = std::remove_cvref_t<decltype(one)>;
    return !(Quantity<Part>::write(one) == Quantity<Part>::write(other));
  };
  rate_limit_differs_ = differ(before.rate_limit, params.rate_limit);
  concurrency_limit_differs_ = differ(before.concurrency_limit, params.concurrency_limit);
  set_shedder(capacity);
  if (sites_.empty() || !rate_limit_differs_) return;
  limit_.reset();
  limits_.reset();
  if (!params.rate_limit || !params.rate_limit->beside().store) return;
  CallPolicy policy;
  policy.timeout = params.rate_limit->beside().store_timeout;
  sites_.front().reconfigure(policy);
  make_limit(limit_, limits_);
}

void Admissions::follow(std::unique_ptr<Gate>& gate, const Instance& instance) {
  if (gate == nullptr)
    gate = this->gate(instance);
  else
    gate->reconfigure(rate_limit_differs_, concurrency_limit_differs_);
}

void Admissions::examine(const Examination& examination) const {
  const Value* const limit = examination.where.find("rate_limit");
  const Value* const store = limit != nullptr ? limit->find("store") : nullptr;
  if (store == nullptr || !store->is_string()) return;
  if (!sites_.empty() && sites_.front().callee().id() == store->text()) return;
  examination.problems.error(
      store->position(), pointer_to(pointer_to(examination.path, "rate_limit"), "store"),
      "a limit cannot move to a store while it runs: its processes connect to it when they start");
}

void Admissions::connect(Directory& directory) {
  if (!params_->rate_limit || !params_->rate_limit->beside().store) return;
  const SharedLimitParams& shared = params_->rate_limit->beside();
  CallPolicy policy;
  policy.timeout = shared.store_timeout;
  constexpr std::uint32_t kStep = 0xffff'fffe;  // apart from those of the component's own calls
  sites_.emplace_back(component_.world(),
                      directory.edge(component_, directory.component(shared.store->id)), policy,
                      kStep);
  make_limit(limit_, limits_);
}

void Admissions::make_limit(std::unique_ptr<limiting::Limiter>& limit,
                            std::unique_ptr<limiting::KeyedLimiter>& limits) const {
  const RateLimitParams& params = *params_->rate_limit;
  const SharedLimitParams& shared = params.beside();
  if (shared.per != Per::all)
    limits = limiting::make_keyed_limiter(params.policy(), params.options(),
                                          {shared.keys, shared.when_full});
  else
    limit = params.make(nanoseconds(component_.world().now()));
}

std::unique_ptr<Gate> Admissions::gate(const Instance& instance) {
  if (!params_->asks_for_anything()) return nullptr;
  return std::make_unique<Gate>(*this, instance);
}

void Admissions::measure(Recorder::Owner& owner) {
  if (!params_->asks_for_anything()) return;
  owner.causes("admission", [this] {
    const std::pair<const char*, std::uint64_t> all[] = {{"rate_limited", counts_.rate_limited},
                                                         {"delayed", counts_.delayed},
                                                         {"limit_reached", counts_.limit_reached},
                                                         {"shed", counts_.shed},
                                                         {"without_store", counts_.without_store}};
    std::map<std::string, std::uint64_t> causes;
    for (const auto& [name, count] : all)
      if (count > 0) causes[name] = count;
    return causes;
  });
}

std::vector<MetricInfo> admission_metrics() {
  return {{"admission", "requests",
           "What became of requests before they were begun with, where they are limited or shed: "
           "rate_limited, limit_reached and shed were refused, delayed had to wait, without_store "
           "found no answer about their limit.",
           MetricShape::kCauses}};
}

}  // namespace highwater::admission

namespace highwater {

template struct FieldCodec<admission::AdmissionParams>;

}  // namespace highwater
