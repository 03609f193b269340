#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/miss_curves.h"
#include "models/algorithms/caching/caching.h"
#include "models/cache_curve/key_trace.h"

namespace highwater::cache_curve {

/// What to find out about a trace.
struct CurvePlan {
  std::vector<caching::Policy> policies = {};
  bool min = false;  ///< Belady's bound too, which has to hold all (sampled) requests in memory.
  std::vector<std::uint64_t> capacities = {};  ///< Entries, rising; empty: chosen from the trace.
  std::optional<double> sample = {};  ///< Share of the keys in each sample, up to 1 / kSamples.
  std::uint64_t seed = 1;
  unsigned jobs = 1;  ///< Threads; they change no result.
  /// Of the caches simulated in one pass, about 100 bytes each at most; it changes no result.
  std::uint64_t most_entries = 50'000'000;
};

/// Samples of a sampled curve: enough for an interval from their spread.
inline constexpr std::uint32_t kSamples = 8;
/// Fewest entries that a sampled cache may have for its ratio to get an interval.
inline constexpr std::uint64_t kFewestSampledEntries = 30;

/// Miss-ratio curves of a trace.
///
/// LRU takes one pass at all capacities (stack distances), the others one simulation for each
/// capacity; all are fed together, part by part, so that the trace is read twice and never held. It
/// is read once more where the caches could hold more than most_entries together.
///
/// Sampled, kSamples disjoint sets of keys, each a share R of all, are drawn by a hash of the key
/// and simulated in caches of R times the size (SHARDS). Each gives an estimate of the misses,
/// those of the sample divided by R (which is SHARDS-adj: requests that a sample has too many or
/// too few of count as hits); the value is their mean, the interval Student's from their spread.
///
/// The interval is about chance alone. A cache of R times the size is not quite the whole one, most
/// where a loop just fits: there the mean itself is off by up to 0.02. The samples' share of all
/// keys is not taken off the interval, which makes up for that and is too wide at a large R: of six
/// traces' 95 % intervals, 90 % held the exact ratio where R was 2 %, 97 % at 5 %, all at 12.5 %.
///
/// Assumes  every object has the same size; a miss stores the object at once and nothing expires.
/// Source   Mattson et al. 1970; C. Waldspurger et al., Efficient MRC Construction with SHARDS,
///          FAST 2015; C. Waldspurger et al., Cache Modeling and Optimization using Miniature
///          Simulations, USENIX ATC 2017.
/// Checked  tests/cache_curve/curve_test.cpp.
/// @return what belongs to the trace and the curves; nothing after a problem with the trace.
std::optional<MissCurves> measure(const std::string& path, const TraceOptions& options,
                                  const CurvePlan& plan, Problems& problems);

/// 1, 2 and 5 times powers of ten, from about a thousandth of the keys to all of them.
std::vector<std::uint64_t> usual_capacities(std::uint64_t keys);

}  // namespace highwater::cache_curve
