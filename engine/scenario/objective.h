#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/kind.h"

namespace highwater {

enum class Comparison { kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

/// Whether `value` compares so to `limit`. Values that differ from it in their last digits only are
/// equal to it: a price times the hours, summed up and divided by them, is not that price to the
/// last bit.
bool holds(Comparison comparison, double value, double limit);

/// One objective of a scenario, read:
///   <component>.<metric>[.<statistic>] <op> <quantity> [during 2m..5m] [within 30s of faults[0]]
/// <op> is <, <=, > or >=. Quotes around the times are allowed and mean nothing.
struct Objective {
  std::string text;       ///< As written.
  std::string component;  ///< Id.
  std::string metric;     ///< MetricInfo::name, such as "latency_ms".
  MetricShape shape = MetricShape::kEstimate;
  /// kTimes: "mean", "p50", "p90", "p95", "p99", "p999" or "max". kCauses: the cause, empty for all
  /// together. Otherwise empty.
  std::string statistic;
  Comparison comparison = Comparison::kLess;
  double limit = 0;  ///< In `unit`.
  std::string unit;  ///< MetricInfo::unit.

  struct Window {
    Duration begin{}, end{};
  };
  std::optional<Window> during;
  struct Recovery {
    Duration time{};        ///< Must hold again so long after the fault has begun.
    std::size_t fault = 0;  ///< Index into the scenario's faults.
  };
  std::optional<Recovery> within;
  /// Of a condition: over the last so much time.
  Duration over = 10s;

  Position position;
  std::string path;
};

/// What objectives may name: a component and the metrics of its kind.
struct Measured {
  std::string component;
  const KindInfo* kind = nullptr;
};

/// What a fault waits for: that a metric is so, or that another fault begins or ends.
struct Trigger {
  std::optional<Objective> metric;  ///< Without `during` and `within`.
  std::size_t fault = 0;            ///< Otherwise: its number in the scenario,
  bool begins = true;               ///< and whether its beginning is meant.
};

/// The name of a metric in objectives: its key in the results without the unit, "latency" for
/// "latency_ms".
std::string objective_name(const MetricInfo& metric);

/// Reads one objective. Unknown components, metrics and statistics are problems with the nearest
/// word, as are limits in the wrong unit.
std::optional<Objective> read_objective(const Value& value, const std::string& path,
                                        const std::vector<Measured>& measured, std::size_t faults,
                                        Problems& problems);

/// Reads what stands left of the comparison: "<component>.<metric>[.<statistic>]". Of the objective
/// nothing else is set.
std::optional<Objective> read_metric(const Value& value, const std::string& path,
                                     const std::vector<Measured>& measured, Problems& problems);

/// Reads a condition: "<component>.<metric>[.<statistic>] <op> <quantity> [over 30s]",
/// "faults[0] begins" or "faults[0] ends".
std::optional<Trigger> read_trigger(const Value& value, const std::string& path,
                                    const std::vector<Measured>& measured, std::size_t faults,
                                    Problems& problems);

}  // namespace highwater
