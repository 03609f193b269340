#include "models/service/cpu.h"

#include <algorithm>
#include <cmath>

namespace highwater::service {
namespace {

/// Every instance has periods of its own: their grid begins when its host wants it.
std::int64_t phase_of(const Instance& instance, const CpuLimitParams& params) {
  RandomStream random = instance.component().world().stream(instance.label(), "cpu periods");
  return -static_cast<std::int64_t>(random.uniform() * static_cast<double>(params.period.count()));
}

}  // namespace

Cpu::Cpu(Instance& instance, const ProcessParams& params, steps::Processor& processor)
    : instance_(instance), params_(params), processor_(processor), look_(*this) {
  if (params.cpu_limit)
    quota_.emplace(params.cpu_limit->options(), phase_of(instance, *params.cpu_limit));
  processor.follow(*this);
  if (params.warm_up) processor_.set_pace(pace());
}

void Cpu::started() {
  served_ = 0;
  since_ = simulation().now();
  stopped_until_ = since_;
  look();
}

void Cpu::served() {
  ++served_;
}

void Cpu::stop(Duration time) {
  stopped_until_ = std::max(stopped_until_, simulation().now()) + time;
  look();
}

bool Cpu::stands_still() const {
  return simulation().now() < stopped_until_ || (quota_ && quota_->throttled());
}

void Cpu::running(std::size_t computations) {
  computations_ = computations;
  look();
}

double Cpu::warmth() const {
  const WarmUpParams& warm_up = *params_.warm_up;
  double done = 0;
  if (warm_up.requests)
    done = static_cast<double>(served_) / static_cast<double>(*warm_up.requests);
  if (warm_up.time)
    done = std::max(done, seconds(simulation().now() - since_) / seconds(*warm_up.time));
  return 1 / (1 + (warm_up.slowdown.value - 1) * (1 - std::min(done, 1.0)));
}

double Cpu::pace() const {
  double pace = params_.warm_up ? warmth() : 1;
  if (params_.contention && computations_ > 1) {
    const auto n = static_cast<double>(computations_);
    pace /= 1 + params_.contention->serial.value * (n - 1) +
            params_.contention->coherence.value * n * (n - 1);
  }
  return pace;
}

void Cpu::look() {
  const Time now = simulation().now();
  const bool stopped = now < stopped_until_;
  const double occupied = std::min(static_cast<double>(computations_), processor_.cores());
  Time next = stopped ? stopped_until_ : kNever;
  bool throttled = false;
  if (quota_) {
    quota_->run(nanoseconds(now), stopped ? 0 : occupied);
    throttled = quota_->throttled();
    if (quota_->next() != host::CfsBandwidth::kNever)
      next = std::min(next, Time{Duration{quota_->next()}});
  }
  const bool halted = stopped || throttled;
  halted_.set(now, halted ? std::llround(occupied * kThousand) : 0);
  stopped_time_.set(now, stopped ? 1 : 0);
  if (next == kNever)
    simulation().cancel(look_);
  else
    simulation().reschedule_at(look_, next);
  processor_.set_pace(halted ? 0 : pace());
}

}  // namespace highwater::service
