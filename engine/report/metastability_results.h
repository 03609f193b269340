#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/statistics/estimate.h"

namespace highwater {

/// How a system stands at one load, left alone and after a trigger that has passed.
struct MetastableLevel {
  double load = 1;  ///< Times that of the scenario.
  std::uint64_t runs = 0;
  std::uint64_t overloaded = 0;     ///< Runs in which it fails without any trigger.
  std::uint64_t collapsed = 0;      ///< Runs in which it stays down after the trigger.
  std::uint64_t draining = 0;       ///< Runs that end while it still recovers: its lines shrink.
  Estimate goodput, goodput_after;  ///< Answered requests / sent ones at the end of the run.
};

/// What a trigger of one size and length comes to, at the scenario's own load.
struct MetastableCell {
  double size = 1;
  double lasts_s = 0;
  std::uint64_t runs = 0, collapsed = 0, draining = 0;
  Estimate recover_s;  ///< From the end of the trigger, of the runs that recovered.
};

/// Where a system has two states at the same load, and what tips it from the good one to the bad.
struct MetastabilityResults {
  std::string scenario, scenario_file;
  std::string trigger;  ///< In words: "spike users".
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;
  double simulated_s = 0;
  std::vector<MetastableLevel> levels;  ///< Rising load.
  std::vector<double> sizes, lengths_s;
  std::vector<MetastableCell> cells;  ///< By size, then length.
  /// Loads, times that of the scenario: from the lowest to the highest at which it is vulnerable.
  std::optional<Interval> vulnerable;
  std::string sustained_by;
  bool interrupted = false;
  double wall_s = 0;
  std::string started, version, command;

  const MetastableCell& cell(std::size_t size, std::size_t length) const {
    return cells[size * lengths_s.size() + length];
  }
};

/// "stable" where most runs recover from the strongest trigger, "slow" where half of them or more
/// do not within the run, "vulnerable" where half of them or more are down after it or alone,
/// "overloaded" where half of them or more are down without it.
const char* metastable_state(const MetastableLevel& level);

/// In a sentence or two, with numbers.
std::string metastability_sentence(const MetastabilityResults& results);
/// Whether a trigger outlives itself anywhere.
bool is_metastable(const MetastabilityResults& results);

std::string metastability_json(const MetastabilityResults& results);
std::string metastability_terminal(const MetastabilityResults& results,
                                   const struct TerminalOptions& options);
std::string metastability_html(const MetastabilityResults& results);

}  // namespace highwater
