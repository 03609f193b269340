#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/report/terminal_writer.h"
#include "engine/statistics/estimate.h"

namespace highwater {

/// What caches of several sizes under several policies would have missed of a recorded trace.
struct MissCurves {
  struct Point {
    std::uint64_t capacity = 0;  ///< Entries.
    double misses = 0;           ///< A count; estimated where the trace was sampled.
    Estimate miss_ratio;         ///< Misses / requests; with an interval where it was sampled.
  };
  struct Curve {
    std::string policy;
    std::string summary;  ///< What the policy evicts, in a sentence.
    std::vector<Point> points;
    bool bound = false;  ///< No policy of a real cache: it knows the future.
  };

  std::string trace;   ///< The file as the user named it.
  std::string format;  ///< How it was read.
  std::uint64_t requests = 0;
  std::uint64_t keys = 0;     ///< Different keys; the misses that no cache can avoid.
  double sample_rate = 1;     ///< Share of the keys in each sample.
  std::uint32_t samples = 0;  ///< Disjoint samples of keys; 0 where all requests were simulated.
  std::uint64_t seed = 1;
  std::vector<Curve> curves;       ///< Each over the same capacities, in rising order.
  std::vector<std::string> notes;  ///< What a reader must know, in sentences.

  std::string started, version, command;
  double wall_s = 0;
};

/// Whether the curve has the lowest ratio of all real policies at the capacity with this index;
/// never where the trace was sampled, since the lowest of estimates need not be the best.
bool is_best(const MissCurves& curves, std::size_t row, const MissCurves::Curve& curve);
/// How the numbers came about, in a few words.
std::string miss_curves_method(const MissCurves& curves);

/// The table: a row for each capacity, a column for each policy, the lowest ratio of a row marked.
std::string miss_curves_table(const MissCurves& curves, const TerminalOptions& terminal);
/// One JSON document: {"schema": "highwater/miss-curves/1", …}.
std::string miss_curves_json(const MissCurves& curves);
/// policy,capacity,requests,misses,miss_ratio,ci95_low,ci95_high; a row for each point.
std::string miss_curves_csv(const MissCurves& curves);
/// The report: one HTML file that opens anywhere, offline, without scripts.
std::string miss_curves_html(const MissCurves& curves);

}  // namespace highwater
