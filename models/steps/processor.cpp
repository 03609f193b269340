#include "models/steps/processor.h"

#include "engine/kernel/check.h"

namespace highwater::steps {

Processor::Processor(Simulation& simulation, std::optional<double> cores, std::uint32_t at_once)
    : simulation_(simulation), cores_(cores.value_or(static_cast<double>(at_once))) {
  if (cores && (at_once == 0 || *cores < static_cast<double>(at_once)))
    shared_.emplace(simulation, *cores);
}

void Processor::follow(Governor& governor) {
  HIGHWATER_CHECK(governor_ == nullptr);
  governor_ = &governor;
  // A core of one's own cannot be stopped half-way.
  if (!shared_) shared_.emplace(simulation_, cores_);
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

void Processor::set_speed() {
  if (shared_) shared_->set_speed(pace_ / slowdown_);
}

double Processor::busy_integral(Time now) const {
  if (!shared_) return occupied_.total(now);
  const double occupied = shared_->busy_integral(now);
  return governor_ == nullptr ? occupied : occupied - governor_->halted_integral(now);
}

}  // namespace highwater::steps
