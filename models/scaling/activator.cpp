#include "models/scaling/activator.h"

#include <algorithm>
#include <utility>

namespace highwater::autoscaling {

bool Activator::is_up() const {
  const auto instances = component_.instances();
  return std::any_of(instances.begin(), instances.end(),
                     [](const auto& instance) { return instance->listed(); });
}

bool Activator::take(Attempt& attempt) {
  if (is_up()) {
    attempt.depart();
    return false;
  }
  if (held_.size() == kMostHeld) {
    attempt.conclude(Reply{Status::rejected});
    return false;
  }
  const Time now = component_.world().now();
  held_.push_back({&attempt, now});
  ++kept_;
  holds_.add(now, 1);
  return held_.size() == 1;
}

void Activator::let_go() {
  const Time now = component_.world().now();
  holds_.set(now, 0);
  for (const Held& one : std::exchange(held_, {})) {
    waited_->record(one.since, now - one.since);
    one.attempt->depart();
  }
}

void Activator::measure(Recorder::Owner& owner) {
  owner.time_average("activating", [this](Time now) { return holds_.total(now); });
  waited_ = &owner.tally("activation_ms");
}

}  // namespace highwater::autoscaling
