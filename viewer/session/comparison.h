#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/run.h"
#include "engine/report/results.h"

namespace highwater::viewer {

/// One number of each replication of a run, in their order; NaN where one measured nothing.
struct ReplicationValues {
  std::string component, metric, statistic;
  std::vector<double> values;
};

/// What every client and component came to in each replication, from the end of the warm-up on.
std::vector<ReplicationValues> values_by_replication(const System& system, const RunRecord& run);

/// Results, and what is known of their replications where they were measured here.
struct Compared {
  const Results& results;
  const std::vector<ReplicationValues>* replications = nullptr;  ///< Null where it is not known.
};

/// How one number differs between two runs.
struct Difference {
  std::string component, metric, statistic, unit;
  Estimate before, after;
  /// after - before; of pairs, the mean over them, which need not be that of the two exactly.
  Estimate change;
  bool paired = false;  ///< Replication by replication, which had the same draws.

  /// Whether the interval of the change leaves zero out; nothing where there is none.
  std::optional<bool> significant() const;
};

/// All numbers that both runs have, in the order of `after`, without instances and counts.
///
/// Where both have the same seed and as many replications, these are compared in pairs: common
/// random numbers make what they share cancel out. Otherwise the interval of the change comes from
/// those of both (G. Y. Zou, A. Donner, Construction of confidence limits about effect measures,
/// Statistics in Medicine 27, 2008): wider, and right for runs that do not know of each other.
///
/// Checked  tests/viewer/comparison_test.cpp
std::vector<Difference> differences(const Compared& before, const Compared& after);

/// Which of both it is, in a sentence.
std::string method_of(const std::vector<Difference>& differences, const Results& before,
                      const Results& after);

}  // namespace highwater::viewer
