#include "models/scaling/autoscaler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/describe/kind.h"
#include "engine/kernel/check.h"
#include "engine/kernel/time_integral.h"

namespace highwater::autoscaling {
namespace {

using scaling::PodObservation;
using scaling::PodSample;

constexpr std::int64_t kThousand = 1000;

/// The latest sample that has arrived; older ones are forgotten.
std::optional<PodSample> arrived(std::vector<PodSample>& samples, std::int64_t until) {
  std::size_t known = 0;
  while (known < samples.size() && samples[known].at <= until) ++known;
  if (known == 0) return std::nullopt;
  samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(known) - 1);
  return samples.front();
}

}  // namespace

Autoscaler::Autoscaler(Component& component, deployment::Deployment& deployment,
                       const AutoscalerParams& params, double cores,
                       std::function<Work(const Instance&, Time)> work_of)
    : component_(component),
      deployment_(deployment),
      params_(params),
      cores_(cores),
      work_of_(std::move(work_of)),
      scaler_(params.make()),
      limits_{params.bounds().min_replicas, params.bounds().max_replicas},
      seen_(component.instances().size()),
      scrape_(*this),
      decide_(*this),
      turn_limits_(*this) {
  if (params.bounds().ever().min == 0) activator_.emplace(component);
  if (!params.bounds().schedule.empty()) schedule_.emplace(params.bounds().by_the_clock());
}

void Autoscaler::start() {
  for (const auto& instance : component_.instances()) {
    Seen& seen = seen_[instance->index()];
    seen.was_ready = instance->ready();
    if (const deployment::Pod* pod = deployment_.pod_at(*instance)) seen.pod = pod->number;
  }
  Simulation& simulation = world().simulation;
  simulation.schedule_after(scrape_, params_.bounds().scrape_interval);
  simulation.schedule_after(decide_, Duration{scaler_->period()});
  if (schedule_) wait_for_turn(now() - 1);  // one may begin with the run
}

void Autoscaler::wait_for_turn(std::int64_t since) {
  if (const std::optional<std::int64_t> next = schedule_->next(since))
    world().simulation.schedule_after(turn_limits_, Duration{*next - now()});
}

void Autoscaler::turn_limits() {
  const scaling::ReplicaLimits limits = schedule_->limits(now());
  apply(limits);
  wait_for_turn(now());
}

void Autoscaler::apply(const scaling::ReplicaLimits& limits) {
  if (limits == std::exchange(limits_, limits)) return;
  scaler_->limit(limits);
  if (!is(Blindness::Mode::frozen))
    follow(std::clamp(deployment_.replicas(), limits.min, limits.max));
}

void Autoscaler::set_bounds(const ScalingBounds& bounds) {
  scaling::ReplicaLimits limits{bounds.min_replicas, bounds.max_replicas};
  if (schedule_) {
    schedule_.emplace(bounds.by_the_clock());
    limits = schedule_->limits(now());
  }
  apply(limits);
}

void Autoscaler::begin(const Blindness& blindness) {
  blind_.push_back(blindness);
}

void Autoscaler::end(const Blindness& blindness) {
  const auto found = std::find(blind_.begin(), blind_.end(), blindness);
  HIGHWATER_CHECK(found != blind_.end());
  blind_.erase(found);
}

bool Autoscaler::is(Blindness::Mode mode) const {
  return std::any_of(blind_.begin(), blind_.end(),
                     [mode](const Blindness& each) { return each.mode == mode; });
}

Duration Autoscaler::lag() const {
  Duration longest{};
  for (const Blindness& each : blind_) longest = std::max(longest, each.delay);
  return params_.bounds().scrape_lag + longest;
}

void Autoscaler::scrape() {
  const Time time = world().now();
  for (const auto& instance : component_.instances()) {
    Seen& seen = seen_[instance->index()];
    if (instance->ready() != seen.was_ready) {
      seen.was_ready = instance->ready();
      seen.readiness_changed = time;
      if (seen.was_ready) seen.scraped = Time{};  // a process that starts has no reading before
    }
    const Work work = work_of_(*instance, time);
    if (instance->up() && seen.scraped > Time{}) {
      const double window = seconds(time - seen.scraped);
      const auto sample = [&](double per_second) {
        return PodSample{std::llround(per_second * kThousand), now(),
                         (time - seen.scraped).count()};
      };
      seen.cpu.push_back(sample((work.core_seconds - seen.before.core_seconds) / window));
      seen.rate.push_back(
          sample(static_cast<double>(work.requests - seen.before.requests) / window));
      seen.concurrency.push_back(
          sample((work.in_flight_seconds - seen.before.in_flight_seconds) / window));
    }
    if (!instance->up()) {
      seen.cpu.clear();
      seen.rate.clear();
      seen.concurrency.clear();
    }
    seen.before = work;
    seen.scraped = time;
  }
  world().simulation.schedule_after(scrape_, params_.bounds().scrape_interval);
}

void Autoscaler::look_at(const Instance& instance, const deployment::Pod& its,
                         PodObservation& pod) {
  Seen& seen = seen_[instance.index()];
  if (seen.pod != its.number) {
    seen = {};
    seen.pod = its.number;
    seen.readiness_changed = its.created;
  }
  if (instance.ready() != seen.was_ready) {
    seen.was_ready = instance.ready();
    seen.readiness_changed = world().now();
    seen.scraped = Time{};
  }
  pod = {};
  pod.readiness = instance.ready() ? scaling::Readiness::ready : scaling::Readiness::not_ready;
  pod.readiness_changed = nanoseconds(seen.readiness_changed);
  if (its.started) pod.started = nanoseconds(*its.started);
  pod.request = std::llround(cores_ * kThousand);
  if (is(Blindness::Mode::missing)) return;
  pod.cpu = arrived(seen.cpu, seen_until_);
  pod.request_rate = arrived(seen.rate, seen_until_);
  pod.concurrency = arrived(seen.concurrency, seen_until_);
}

std::optional<double> Autoscaler::average(AwsMetric metric) const {
  double sum = 0;
  std::size_t count = 0;
  for (const PodObservation& pod : pods_) {
    const std::optional<PodSample>& sample = metric == AwsMetric::cpu        ? pod.cpu
                                             : metric == AwsMetric::requests ? pod.request_rate
                                                                             : pod.concurrency;
    if (!sample) continue;
    sum += static_cast<double>(sample->value) / kThousand;
    ++count;
  }
  if (count == 0) return std::nullopt;
  const double mean = sum / static_cast<double>(count);
  constexpr double kMinute = 60;
  if (metric == AwsMetric::cpu) return 100 * mean / cores_;
  return metric == AwsMetric::requests ? kMinute * mean : mean;
}

/// What Knative's autoscaler hears from the activator and from the pods together, where requests
/// waited since the last round; nothing where the pods alone know.
std::optional<double> Autoscaler::load_with_held() {
  constexpr double kReport = 1;  // the activator reports every second
  const double passed = seconds(world().now() - std::exchange(decided_, world().now()));
  const double held_seconds = activator_->held_integral(world().now());
  const double held = held_seconds - std::exchange(held_before_, held_seconds);
  const std::uint64_t came = activator_->kept() - std::exchange(kept_before_, activator_->kept());
  // Who has just woken us has waited for no time yet.
  double load = held > 0 ? held / passed : static_cast<double>(activator_->held());
  if (load == 0) return std::nullopt;
  const bool by_rate = params_.follows_rate();
  if (by_rate) load = static_cast<double>(came) / std::max(passed, kReport);
  for (const PodObservation& pod : pods_)
    if (const std::optional<PodSample>& sample = by_rate ? pod.request_rate : pod.concurrency)
      load += static_cast<double>(sample->value) / kThousand;
  return load;
}

void Autoscaler::take(Attempt& attempt) {
  const bool first = activator_->take(attempt);
  // The activator does not wait for the next round to say that somebody has come.
  if (first && deployment_.replicas() == 0)
    world().simulation.reschedule_after(decide_, Duration{0});
}

void Autoscaler::is_up() {
  activator_->let_go();
}

void Autoscaler::decide() {
  if (is(Blindness::Mode::frozen)) [[unlikely]]
    return world().simulation.schedule_after(decide_, Duration{scaler_->period()});
  // What has been seen stays seen, though what comes next be late.
  seen_until_ = std::max(seen_until_, now() - lag().count());
  pods_.clear();
  scaling::Observation seen;
  for (const auto& instance : component_.instances()) {
    const deployment::Pod* const pod = deployment_.pod_at(*instance);
    if (pod == nullptr || pod->deleting) continue;
    look_at(*instance, *pod, pods_.emplace_back());
    seen.ready_replicas += instance->ready();
  }
  for (std::uint32_t i = 0; i < deployment_.waiting(); ++i) {
    PodObservation& pending = pods_.emplace_back();
    pending.readiness = scaling::Readiness::not_ready;
    pending.request = std::llround(cores_ * kThousand);
  }
  seen.now = now();
  seen.replicas = deployment_.replicas();
  seen.pods = pods_;
  if (const auto metric = params_.metric()) seen.metric = average(*metric);
  if (activator_) {
    const std::optional<double> load = load_with_held();
    seen.metric = is(Blindness::Mode::missing) ? std::nullopt : load;
  }
  const scaling::Decision decision = scaler_->decide(seen);
  follow(std::clamp(decision.replicas, limits_.min, limits_.max));
  world().simulation.schedule_after(decide_, Duration{scaler_->period()});
}

void Autoscaler::follow(std::uint32_t replicas) {
  const std::uint32_t before = deployment_.replicas();
  if (replicas == before) return;
  ++(replicas > before ? scale_ups_ : scale_downs_);
  world().happened(replicas > before ? "scale_up" : "scale_down",
                   component_.id() + " is scaled from " + std::to_string(before) + " to " +
                       std::to_string(replicas));
  deployment_.scale(replicas);
  if (activator_) activator_->look();  // one that was about to leave may have been kept
}

void Autoscaler::measure(Recorder::Owner& owner) {
  owner.count("scale_ups", scale_ups_);
  owner.count("scale_downs", scale_downs_);
  if (activator_) activator_->measure(owner);
}

std::vector<MetricInfo> autoscaler_metrics() {
  return {{"scale_ups", "1", "Decisions of the autoscaler to have more.", MetricShape::kCount},
          {"scale_downs", "1", "Decisions of the autoscaler to have fewer.", MetricShape::kCount},
          {"activating", "requests", "Requests that wait for the first instance, scaled to zero."},
          {"activation_ms", "ms", "How long they wait, each.", MetricShape::kTimes}};
}

}  // namespace highwater::autoscaling
