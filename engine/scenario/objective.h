#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/kind.h"

namespace highwater {

enum class Comparison { kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

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

  Position position;
  std::string path;
};

/// What objectives may name: a component and the metrics of its kind.
struct Measured {
  std::string component;
  const KindInfo* kind = nullptr;
};

/// The name of a metric in objectives: its key in the results without the unit, "latency" for
/// "latency_ms".
std::string objective_name(const MetricInfo& metric);

/// Reads one objective. Unknown components, metrics and statistics are problems with the nearest
/// word, as are limits in the wrong unit.
std::optional<Objective> read_objective(const Value& value, const std::string& path,
                                        const std::vector<Measured>& measured, std::size_t faults,
                                        Problems& problems);

}  // namespace highwater
