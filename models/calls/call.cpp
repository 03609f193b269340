#include "models/calls/call.h"

#include <algorithm>
#include <utility>

namespace highwater {
namespace {

constexpr double kBudgetSeconds = 10;

RetryOn cause(Status status) {
  switch (status) {
    case Status::timeout:
      return RetryOn::timeout;
    case Status::unavailable:
      return RetryOn::unavailable;
    case Status::rejected:
      return RetryOn::rejected;
    case Status::reset:
      return RetryOn::connection_reset;
    case Status::ok:
    case Status::error:
    case Status::abandoned:
      break;
  }
  return RetryOn::error;
}

}  // namespace

RetryBudget::RetryBudget(const RetryBudgetParams& params)
    : ratio_(params.ratio.value),
      min_rate_(params.min_rate.per_second),
      reserve_(min_rate_ * kBudgetSeconds) {}

void RetryBudget::decay(Time now) {
  const double elapsed = seconds(now - updated_);
  updated_ = now;
  // Credit from calls leaks away over the ten seconds (a first-order leak in place of Finagle's
  // ring of one-second buckets: the same level in steady state, without its steps).
  deposits_ *= std::max(0.0, 1 - elapsed / kBudgetSeconds);
  reserve_ = std::min(reserve_ + min_rate_ * elapsed, min_rate_ * kBudgetSeconds);
}

void RetryBudget::call_made(Time now) {
  decay(now);
  deposits_ += ratio_;
}

bool RetryBudget::take(Time now) {
  decay(now);
  if (deposits_ >= 1) {
    deposits_ -= 1;
    return true;
  }
  if (deposits_ + reserve_ < 1) return false;
  reserve_ -= 1 - deposits_;
  deposits_ = 0;
  return true;
}

CallSite::CallSite(World& world, Edge& edge, const CallPolicy& policy, std::uint32_t step)
    : world_(world),
      edge_(edge),
      step_(step),
      backoff_key_(world.key(edge.from().id() + " -> " + edge.to().id(), "backoff")) {
  if (policy.timeout) {
    timeout_length_ = *policy.timeout;
    timeout_ = &world.simulation.lane(*policy.timeout);
  }
  if (policy.retry && policy.retry->attempts > 1) {
    retry_ = policy.retry;
    if (retry_->budget) budget_.emplace(*retry_->budget);
  }
}

Task<Reply> CallSite::call(Instance& from, Request request) {
  if (budget_) budget_->call_made(world_.now());
  Duration pause = retry_ ? retry_->backoff : Duration{0};
  for (std::uint32_t attempt = 1;; ++attempt) {
    const Reply reply = co_await Call(*this, from, request, attempt);
    if (reply.ok() || !may_retry(reply.status, attempt)) co_return reply;
    pause = backoff(attempt, pause, request);
    co_await world_.simulation.delay(pause);
  }
}

bool CallSite::may_retry(Status status, std::uint32_t attempts_made) {
  if (!retry_ || attempts_made >= retry_->attempts) return false;
  if (std::find(retry_->on.begin(), retry_->on.end(), cause(status)) == retry_->on.end())
    return false;
  return !budget_ || budget_->take(world_.now());
}

Duration CallSite::backoff(std::uint32_t attempts_made, Duration before,
                           const Request& request) const {
  const double cap = static_cast<double>(retry_->max_backoff.count());
  const double base = static_cast<double>(retry_->backoff.count());
  double pause = base;
  for (std::uint32_t i = 1; i < attempts_made && pause < cap; ++i) pause *= retry_->multiplier;
  pause = std::min(pause, cap);
  RequestRandom random(backoff_key_, request.id, request.path + attempts_made);
  switch (retry_->jitter) {
    case Jitter::none:
      break;
    case Jitter::full:
      pause *= random.uniform();
      break;
    case Jitter::equal:
      pause = pause / 2 + pause / 2 * random.uniform();
      break;
    case Jitter::decorrelated: {
      const double last = static_cast<double>(before.count());
      pause = std::min(cap, base + (3 * last - base) * random.uniform());
      break;
    }
  }
  return Duration{static_cast<Duration::rep>(std::max(0.0, pause))};
}

Call::Call(CallSite& site, Instance& from, const Request& request, std::uint32_t attempt)
    : Call(site, from, site.callee().route(request, from), request, attempt) {}

Call::Call(CallSite& site, Instance& from, Route to, const Request& request, std::uint32_t attempt)
    : site_(site), caller_(site.world_.simulation), timeout_(*this) {
  if (to.to == nullptr) return;
  Request asked = request.descend(site.step_, attempt);
  if (site.timeout_ != nullptr)
    asked.deadline = std::min(asked.deadline, site.world_.now() + site.timeout_length_);
  asked.part = to.part;
  attempt_ = &Attempt::make(site.edge_, from, *to.to, asked, asked.path, *this);
}

Call::~Call() {
  if (attempt_ != nullptr) attempt_->forget();
}

void Call::depart() {
  if (site_.timeout_ != nullptr) site_.world_.simulation.schedule_after(timeout_, *site_.timeout_);
  attempt_->depart();
}

void Call::answered(Reply reply) {
  attempt_ = nullptr;
  if (timeout_.pending()) site_.world_.simulation.cancel(timeout_);
  reply_ = reply;
  caller_.resume_now();
}

void Call::lost() {
  attempt_ = nullptr;
}

void Call::timed_out() {
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->time_out();
  reply_ = Reply{Status::timeout};
  caller_.resume_now();
}

}  // namespace highwater
