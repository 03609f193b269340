// Rollouts that are judged by what the new version answers: canaries and blue-green.

#include <algorithm>
#include <cmath>
#include <string>

#include "models/deployment/deployment.h"

namespace highwater::deployment {

bool Deployment::is_judged() const {
  return strategy_->rollout->is<CanaryRollout>() || strategy_->rollout->is<BlueGreenRollout>();
}

const AnalysisParams* Deployment::analysis() const {
  if (const auto* canary = strategy_->rollout->as<CanaryRollout>())
    return &canary->strategy.analysis;
  const auto* blue_green = strategy_->rollout->as<BlueGreenRollout>();
  return blue_green->strategy.analysis ? &*blue_green->strategy.analysis : nullptr;
}

bool Deployment::is_published(std::uint32_t version) const {
  if (!strategy_ || !strategy_->rollout->is<BlueGreenRollout>()) return true;
  const bool switched = strategy_->phase == Phase::kept || strategy_->phase == Phase::promoted;
  return switched == (version == newest());
}

void Deployment::enter(Phase phase) {
  strategy_->phase = phase;
  strategy_->since.reset();
  world().simulation.cancel(check_);
  for (const auto& pod : pods_)
    if (pod->instance != nullptr) pod->instance->set_published(is_published(pod->version));
}

bool Deployment::step_judged() {
  std::vector<std::uint32_t> wanted(sets_.size(), 0);
  const Phase phase = strategy_->phase;
  if (strategy_->rollout->is<BlueGreenRollout>()) {
    if (phase != Phase::promoted) wanted[stable_] = replicas_;
    if (phase != Phase::rolled_back) wanted[newest()] = replicas_;
    // The switch is what keeps the service up, not the numbers.
    return step_towards(wanted, replicas_, replicas_);
  }
  const double share = phase == Phase::promoted      ? 1
                       : phase == Phase::rolled_back ? 0
                                                     : strategy_->weight;
  const auto fresh =
      std::min(replicas_, static_cast<std::uint32_t>(std::ceil(share * replicas_ - 1e-9)));
  wanted[stable_] = replicas_ - fresh;
  wanted[newest()] = fresh;  // after a promotion they are the same
  return step_towards(wanted, strategy_->controller.max_surge(replicas_),
                      strategy_->controller.max_unavailable(replicas_));
}

/// Sets grow as far as `surge` lets them, and those that are too large shrink as far as enough stay
/// available; what is not available may always go.
bool Deployment::step_towards(const std::vector<std::uint32_t>& wanted, std::uint32_t surge,
                              std::uint32_t unavailable) {
  std::int64_t total = 0;
  std::int64_t available = 0;
  for (const scaling::ReplicaSet& set : sets_) {
    total += set.replicas;
    available += set.available;
  }
  bool changed = false;
  for (std::size_t i = sets_.size(); i-- > 0;) {
    const std::int64_t room = std::int64_t{replicas_} + surge - total;
    if (sets_[i].replicas >= wanted[i] || room <= 0) continue;
    const std::int64_t more = std::min<std::int64_t>(wanted[i] - sets_[i].replicas, room);
    sets_[i].replicas += static_cast<std::uint32_t>(more);
    total += more;
    changed = true;
  }
  std::int64_t spare = available - (std::int64_t{replicas_} - unavailable);
  for (std::size_t i = 0; i < sets_.size(); ++i) {
    scaling::ReplicaSet& set = sets_[i];
    if (set.replicas <= wanted[i]) continue;
    const std::int64_t over = set.replicas - wanted[i];
    const std::int64_t idle = std::max<std::int64_t>(0, std::int64_t{set.replicas} - set.available);
    const std::int64_t less = std::min(over, idle + std::max<std::int64_t>(0, spare));
    if (less <= 0) continue;
    spare -= std::max<std::int64_t>(0, less - idle);
    set.replicas -= static_cast<std::uint32_t>(less);
    changed = true;
  }
  return changed;
}

/// What is wanted may be there: the next thing can begin. Or it does not come.
void Deployment::settle_judged() {
  if (strategy_->phase != Phase::trying) return;
  const scaling::ReplicaSet& fresh = sets_.back();
  const bool there = fresh.available == fresh.replicas && fresh.replicas > 0;
  if (fresh.available != strategy_->available) {
    strategy_->available = fresh.available;
    strategy_->progressed = world().now();
  }
  const auto* blue_green = strategy_->rollout->as<BlueGreenRollout>();
  if (!there) {
    if (world().now() > give_up_at()) return fail("makes no progress");
    if (blue_green == nullptr) return;  // its checks go on
    strategy_->since.reset();
    world().simulation.cancel(check_);
    return;
  }
  if (strategy_->since) return;
  strategy_->since = world().now();
  if (blue_green != nullptr)
    world().simulation.reschedule_after(check_, blue_green->strategy.pause);
  else
    begin_checks();
}

Time Deployment::give_up_at() const {
  return strategy_->progressed + strategy_->progress_deadline;
}

void Deployment::fail(const char* why) {
  ++rollbacks_;
  roll_back(why);
}

void Deployment::roll_back(const char* why) {
  world().happened("rollout rolled back",
                   component_.id() + "'s version " + std::to_string(newest()) + " " + why);
  enter(Phase::rolled_back);
  look();
}

void Deployment::begin_checks() {
  remember_answers();
  world().simulation.reschedule_after(check_, analysis()->interval);
}

void Deployment::remember_answers() {
  latencies_ = Histogram();
  for (const auto& pod : pods_) {
    if (pod->instance == nullptr) continue;
    const StatusCounts& answers = pod->instance->answers();
    answered_[pod->instance->index()] = {answers.total(), answers[Status::ok]};
  }
}

/// Nothing where there were too few answers to say.
std::optional<bool> Deployment::passes() {
  std::uint64_t all = 0;
  std::uint64_t ok = 0;
  for (const auto& pod : pods_) {
    if (pod->instance == nullptr || pod->version != newest()) continue;
    const Answered& before = answered_[pod->instance->index()];
    all += pod->instance->answers().total() - before.all;
    ok += pod->instance->answers()[Status::ok] - before.ok;
  }
  const AnalysisParams& judge = *analysis();
  if (all < judge.min_requests) return std::nullopt;
  const bool right =
      static_cast<double>(ok) >= judge.min_success_rate.value * static_cast<double>(all);
  const bool fast = !judge.max_p99 || latencies_.empty() ||
                    latencies_.quantile_ns(0.99) <= static_cast<double>(judge.max_p99->count());
  return right && fast;
}

void Deployment::check() {
  if (strategy_->phase == Phase::trying && strategy_->rollout->is<BlueGreenRollout>()) {
    enter(Phase::kept);
    strategy_->since = world().now();
    world().happened("switched", component_.id() + "'s version " + std::to_string(newest()) +
                                     " gets the requests");
    const Duration keep = strategy_->rollout->as<BlueGreenRollout>()->strategy.keep;
    if (analysis() != nullptr)
      begin_checks();
    else
      world().simulation.reschedule_after(check_, keep);
    return;
  }
  if (const auto* blue_green = strategy_->rollout->as<BlueGreenRollout>()) {
    const Time end = *strategy_->since + blue_green->strategy.keep;
    if (analysis() == nullptr || world().now() >= end) {
      enter(Phase::promoted);
      return look();
    }
  }
  const std::optional<bool> passed = passes();
  if (passed == false && ++strategy_->failures >= analysis()->threshold) {
    return fail("has failed");
  }
  if (const auto* canary = strategy_->rollout->as<CanaryRollout>(); canary && passed == true) {
    if (strategy_->weight >= canary->strategy.max_weight.value - 1e-9) {
      enter(Phase::promoted);
      return look();
    }
    strategy_->weight = std::min(strategy_->weight + canary->strategy.step_weight.value,
                                 canary->strategy.max_weight.value);
    strategy_->progressed = world().now();
  }
  remember_answers();
  Time next = world().now() + analysis()->interval;
  if (const auto* blue_green = strategy_->rollout->as<BlueGreenRollout>())
    next = std::min(next, *strategy_->since + blue_green->strategy.keep);
  world().simulation.reschedule_at(check_, next);
  look();
}

}  // namespace highwater::deployment
