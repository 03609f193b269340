#pragma once

#include "engine/metrics/gauge.h"
#include "engine/model/injection.h"
#include "engine/scenario/objective.h"

namespace highwater {

/// Looks at what a fault waits for, ten times in the time that its condition looks over, and lets
/// the fault strike when it comes true for the first time.
class TriggerWatch {
 public:
  TriggerWatch(World& world, const Objective& condition, Injection& fault);
  TriggerWatch(const TriggerWatch&) = delete;
  TriggerWatch& operator=(const TriggerWatch&) = delete;

 private:
  void look();

  World& world_;
  const Objective& condition_;
  Injection& fault_;
  Gauge gauge_;
  Timer<&TriggerWatch::look> next_;
};

}  // namespace highwater
