#pragma once

#include <optional>
#include <string>

namespace highwater {

/// A closed interval [low, high] in the unit of the value it belongs to.
struct Interval {
  double low = 0;
  double high = 0;
};

/// One number a run answers with. `value` is absent when the data cannot carry it (no observation,
/// too few for the quantile); `note` then says why, in words a user can act on. `ci95` is absent
/// when no honest 95 % confidence interval can be had (one replication of a terminating run, an
/// unstable queue); `note` says why there too.
struct Estimate {
  std::optional<double> value;
  std::optional<Interval> ci95;
  std::string note;
};

}  // namespace highwater
