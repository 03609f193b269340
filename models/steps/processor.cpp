#include "models/steps/processor.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/check.h"

namespace highwater::steps {
namespace {

constexpr double kThousand = 1000;

}  // namespace

Processor::Processor(Simulation& simulation, std::optional<double> cores, std::uint32_t at_once)
    : simulation_(simulation), cores_(cores.value_or(static_cast<double>(at_once))) {
  if (cores && (at_once == 0 || *cores < static_cast<double>(at_once))) {
    shared_.emplace(simulation, *cores);
    always_shares_ = true;
  }
}

void Processor::follow(Governor& governor) {
  HIGHWATER_CHECK(governor_ == nullptr);
  governor_ = &governor;
  // The pace of a core of one's own cannot be changed half-way.
  if (!shared_) shared_.emplace(simulation_, cores_);
  always_shares_ = true;
}

void Processor::set_slowdown(double slowdown) {
  slowdown_ = slowdown;
  set_speed();
}

void Processor::set_pace(double pace) {
  if (pace == pace_) return;
  pace_ = pace;
  set_speed();
}

void Processor::set_competitors(double threads) {
  if (!shared_) shared_.emplace(simulation_, cores_);
  watches_ = true;
  competitors_ = threads;
  set_speed();
}

/// What its own computations get of what they would get without competitors.
double Processor::crowding() const {
  const auto own = static_cast<double>(shared_->active() + static_cast<std::size_t>(computing_));
  if (own == 0) return 1;
  const double alone = std::min(1.0, cores_ / own);
  return std::min(1.0, cores_ / (own + competitors_)) / alone;
}

void Processor::set_speed() {
  if (!shared_) return;
  const double crowding = competitors_ > 0 ? this->crowding() : 1;
  const bool halted = frozen_ && governor_ == nullptr;
  shared_->set_speed(halted ? 0 : pace_ * crowding / slowdown_);
}

void Processor::changed() {
  if (governor_ != nullptr) governor_->running(active());
  if (!watches_) return;
  set_speed();
  note_halt();
  if (throttle_ != nullptr) throttle_->look();
}

void Processor::set_quotas(std::span<const CpuQuota> quotas) {
  if (governor_ != nullptr) return governor_->limited(quotas);
  watches_ = true;
  if (throttle_ == nullptr) throttle_ = std::make_unique<Throttle>(*this);
  throttle_->quotas.set(nanoseconds(simulation_.now()), quotas);
  throttle_->look();
}

/// By its own computations, as long as they run.
double Processor::cores_in_use() const {
  const auto own = static_cast<double>(computing_);
  if (!shared_ || shared_->active() == 0) return own;
  const double all = own + static_cast<double>(shared_->active());
  return own +
         static_cast<double>(shared_->active()) * std::min(1.0, cores_ / (all + competitors_));
}

void Processor::Throttle::look() {
  Simulation& simulation = processor.simulation_;
  const std::int64_t now = nanoseconds(simulation.now());
  quotas.run(now, processor.paused_ ? 0 : processor.cores_in_use());
  if (const std::int64_t next = quotas.next(); next == host::CfsBandwidth::kNever)
    simulation.cancel(due);
  else
    simulation.reschedule_at(due, Time{Duration{next}});
  processor.set_frozen(processor.paused_ || quotas.throttled());
}

void Processor::note_halt() {
  if (!shared_ || governor_ != nullptr) return;
  const double occupied = std::min(static_cast<double>(shared_->active()), cores_);
  halted_.set(simulation_.now(), frozen_ ? std::llround(occupied * kThousand) : 0);
}

void Processor::freeze(bool frozen) {
  paused_ = frozen;
  if (throttle_ != nullptr) return throttle_->look();
  set_frozen(frozen);
}

void Processor::set_frozen(bool frozen) {
  if (frozen == frozen_) return;
  const Time now = simulation_.now();
  watches_ = true;
  frozen_ = frozen;
  occupied_.set(now, frozen ? 0 : computing_);
  if (frozen) {
    ++freezes_;
    frozen_since_ = now;
  } else {
    frozen_before_ += now - frozen_since_;
    while (!frozen_line_.empty()) {
      auto& completion = static_cast<Completion&>(frozen_line_.front());
      EventList::remove(completion);
      const Duration lost = completion.frozen_before;
      completion.freezes = freezes_;
      completion.frozen_before = frozen_before_;
      simulation_.schedule_after(completion, lost);
    }
  }
  if (governor_ != nullptr) governor_->frozen(frozen);
  set_speed();
  note_halt();
}

void Processor::Completion::due(Event& event) {
  auto& completion = static_cast<Completion&>(event);
  if (completion.freezes != completion.processor.freezes_ || completion.processor.frozen_)
      [[unlikely]]
    return completion.processor.make_up(completion);
  resume(event);
}

/// What has passed of that freeze is no loss.
void Processor::Completion::begins_frozen() {
  --freezes;
  frozen_before += processor.simulation_.now() - processor.frozen_since_;
}

/// It goes on for as long as it stood still.
void Processor::make_up(Completion& completion) {
  Duration lost = frozen_before_ - completion.frozen_before;
  if (frozen_) {
    // What it has missed until now; the rest of this freeze it waits here.
    lost += simulation_.now() - frozen_since_;
    // Its last nanosecond was that of the quota, too.
    if (lost == Duration{0} && !paused_) return completion.resume_now();
    completion.frozen_before = lost;
    return frozen_line_.push_back(completion);
  }
  completion.freezes = freezes_;
  completion.frozen_before = frozen_before_;
  simulation_.schedule_after(completion, lost);
}

double Processor::busy_integral(Time now) const {
  double busy = occupied_.total(now);
  if (!shared_) return busy;
  busy += shared_->busy_integral(now);
  return busy -
         (governor_ == nullptr ? halted_.total(now) / kThousand : governor_->halted_integral(now));
}

}  // namespace highwater::steps
