#include "engine/experiment/trigger_watch.h"

namespace highwater {

TriggerWatch::TriggerWatch(World& world, const Objective& condition, Injection& fault)
    : world_(world),
      condition_(condition),
      fault_(fault),
      gauge_(world.recorder, condition.component, condition.metric, condition.statistic,
             condition.over),
      next_(*this) {
  world_.simulation.schedule_after(next_, condition_.over);
}

void TriggerWatch::look() {
  const auto value = gauge_.value();
  if (value && holds(condition_.comparison, *value, condition_.limit))
    return fault_.condition_met();
  world_.simulation.schedule_after(next_, condition_.over / Gauge::kSteps);
}

}  // namespace highwater
