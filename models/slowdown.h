#pragma once

#include "engine/kernel/time.h"

namespace highwater {

/// The time that work of length `time` takes where everything takes `slowdown` times as long (> 0),
/// rounded down to the nanosecond and at most kLongestRun.
inline Duration stretched(Duration time, double slowdown) {
  if (slowdown == 1) return time;
  const double stretched_ns = static_cast<double>(time.count()) * slowdown;
  return stretched_ns < static_cast<double>(kLongestRun.count())
             ? Duration{static_cast<Duration::rep>(stretched_ns)}
             : kLongestRun;
}

}  // namespace highwater
