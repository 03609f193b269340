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
  gate.concurrency_->release(ticket_, gate.now(), outcome_of(status), gate.bits_);
}

Gate::Gate(Admissions& admissions, const Instance& instance)
    : admissions_(admissions),
      instance_(instance),
      bits_(instance.component().world().stream(instance.label(), "admission")) {
  const AdmissionParams& params = admissions.params_;
  if (params.rate_limit && !params.rate_limit->beside().store)
    admissions.make_limit(limit_, limits_);
  if (params.concurrency_limit) concurrency_.emplace(params.concurrency_limit->make(bits_));
}

std::int64_t Gate::now() const {
  return nanoseconds(instance_.component().world().now());
}

Task<bool> Gate::lets_in(Instance& instance, Request request, Pass& pass) {
  if (admissions_.params_.shed && !has_room(request)) {
    ++admissions_.counts_.shed;
    co_return false;
  }
  if (admissions_.params_.rate_limit) {
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
  const SharedLimitParams& shared = admissions_.params_.rate_limit->beside();
  if (shared.store) {
    CallSite& site = admissions_.sites_.front();
    Request question = request.descend(site.step(), 0);
    question.operation = Operation::write;
    question.endpoint = kNoSymbol;
    question.key = group_of(request) ^ kLimitKeys;
    const Reply reply = co_await Call(site, instance, question);
    if (!reply.ok()) {
      ++admissions_.counts_.without_store;
      co_return shared.without_store == WithoutStore::allow;
    }
  }
  const limiting::Verdict verdict = ask_limit(request);
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
std::uint64_t Gate::group_of(const Request& request) const {
  const SharedLimitParams& shared = admissions_.params_.rate_limit->beside();
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

limiting::Verdict Gate::ask_limit(const Request& request) {
  const bool local = limit_ != nullptr || limits_ != nullptr;
  limiting::KeyedLimiter* const keyed = local ? limits_.get() : admissions_.limits_.get();
  if (keyed != nullptr) return keyed->admit(group_of(request), now());
  return (local ? limit_ : admissions_.limit_)->admit(now());
}

Admissions::Admissions(Component& component, const AdmissionParams& params, std::uint64_t capacity)
    : component_(component),
      params_(params),
      capacity_(static_cast<double>(capacity)),
      shed_key_(component.world().key(component.id(), "shed")) {
  if (params.shed) {
    shedder_ = resilience::Shedder(params.shed->classes.options());
    if (params.shed->capacity) capacity_ = *params.shed->capacity;
  }
}

void Admissions::connect(Directory& directory) {
  if (!params_.rate_limit || !params_.rate_limit->beside().store) return;
  const SharedLimitParams& shared = params_.rate_limit->beside();
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
  const RateLimitParams& params = *params_.rate_limit;
  const SharedLimitParams& shared = params.beside();
  if (shared.per != Per::all)
    limits = limiting::make_keyed_limiter(params.policy(), params.options(),
                                          {shared.keys, shared.when_full});
  else
    limit = params.make(nanoseconds(component_.world().now()));
}

std::unique_ptr<Gate> Admissions::gate(const Instance& instance) {
  if (!params_.asks_for_anything()) return nullptr;
  return std::make_unique<Gate>(*this, instance);
}

void Admissions::measure(Recorder::Owner& owner) {
  if (!params_.asks_for_anything()) return;
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
