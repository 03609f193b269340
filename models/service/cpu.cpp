#include "models/service/cpu.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/kernel/check.h"

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
  return is_stopped() || is_throttled();
}

void Cpu::limited(std::span<const CpuQuota> quotas) {
  faults_.set(nanoseconds(simulation().now()), quotas);
  look();
}

void Cpu::frozen(bool frozen) {
  frozen_ = frozen;
  look();
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

double Cpu::occupied() const {
  return std::min(static_cast<double>(computations_), processor_.cores());
}

void Cpu::look() {
  const double wanted = occupied();
  const bool stopped = is_stopped();
  if (host_ != nullptr) {
    if (quota_) quota_->advance(nanoseconds(simulation().now()));
    faults_.advance(nanoseconds(simulation().now()));
    claimed_ = stopped || is_throttled() ? 0 : wanted;
    looking_ = true;
    host_->claim(*this, claimed_);
    looking_ = false;
  }
  settle(wanted, stopped);
}

/// More or less of the machine is left for it than before.
void Cpu::allotted(double cores) {
  part_ = claimed_ > 0 ? cores / claimed_ : 1;
  if (!looking_) settle(occupied(), is_stopped());
}

void Cpu::enter(cluster::HostCpu& host, double weight) {
  HIGHWATER_CHECK(host_ == nullptr);
  host_ = &host;
  host.enter(*this, weight);
  look();
}

void Cpu::leave_host() {
  if (host_ == nullptr) return;
  claimed_ = 0;
  part_ = 1;
  std::exchange(host_, nullptr)->leave(*this);
}

void Cpu::settle(double occupied, bool stopped) {
  const Time now = simulation().now();
  Time next = is_collecting() ? stopped_until_ : kNever;
  if (!faults_.empty()) [[unlikely]] {
    if (quota_) quota_->advance(nanoseconds(now));
    faults_.run(nanoseconds(now),
                stopped || (quota_ && quota_->throttled()) ? 0 : occupied * part_);
    if (faults_.next() != host::CfsBandwidth::kNever)
      next = std::min(next, Time{Duration{faults_.next()}});
  }
  if (quota_) {
    quota_->run(nanoseconds(now), stopped || faults_.throttled() ? 0 : occupied * part_);
    if (quota_->next() != host::CfsBandwidth::kNever)
      next = std::min(next, Time{Duration{quota_->next()}});
    if (quota_->throttled()) faults_.run(nanoseconds(now), 0);
  }
  const bool throttled = is_throttled();
  // What it has claimed it cannot use: the others are to have it.
  if (throttled && claimed_ > 0) next = now;
  const bool halted = stopped || throttled;
  const double used = halted ? 0 : part_;
  halted_.set(now, std::llround(occupied * (1 - used) * kThousand));
  stopped_time_.set(now, is_collecting() ? 1 : 0);
  if (next == kNever)
    simulation().cancel(look_);
  else
    simulation().reschedule_at(look_, next);
  processor_.set_pace(halted ? 0 : pace() * part_);
}

}  // namespace highwater::service
