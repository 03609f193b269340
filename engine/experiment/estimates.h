#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/experiment/run.h"
#include "engine/report/results.h"
#include "engine/statistics/intervals.h"
#include "engine/statistics/sliced.h"

namespace highwater {

/// What part of the run answers count from.
struct RunWindow {
  Window window;
  double warmup_s = 0;
  const char* method = "";  ///< "MSER-5", "given", "none (terminating run)"
  bool settled = true;      ///< False: no end of the warm-up was found in the first half.
};

/// One warm-up for the whole run: the one given; none in a terminating run; else the longest that
/// MSER-5 finds over the clients' latencies and the components' requests in flight.
RunWindow find_window(const System& system, const RunRecord& run);

/// Whether the owner of that number was there in any replication.
bool was_seen(const RunRecord& run, std::size_t owner);

/// One metric in all replications.
class MetricView {
 public:
  /// nullopt where the owner or the metric does not exist.
  static std::optional<MetricView> find(const RunRecord& run, std::string_view owner,
                                        std::string_view metric);
  MetricView(const RunRecord& run, std::size_t owner, std::size_t metric);

  MetricKind kind() const { return records_.front()->kind; }
  const std::string& name() const { return records_.front()->name; }

  /// The metric's one number, and for a tally its mean in ms.
  Estimate value(Window window, Terminating terminating) const;
  /// Of a tally, in ms.
  Estimate quantile(double q, Window window, Terminating terminating) const;
  TimeSummary summary(Window window, Terminating terminating) const;
  /// Over the whole duration and all replications.
  std::uint64_t count() const;
  CountsByCause causes() const;
  /// Per fine slice, pooled over the replications; NaN where there is nothing.
  std::vector<double> series() const;

  const std::vector<const SlicedSums*>& sums() const { return sums_; }

 private:
  std::vector<const MetricRecord*> records_;
  std::vector<const SlicedSums*> sums_;
  std::vector<const SlicedHistogram*> histograms_;
};

/// Whether throughput, mean latency and p99 of every client have reached the relative half-width.
bool precise_enough(const System& system, const RunRecord& run, double relative);

/// Replications to have in all for that, at least as many as there are: h falls with their root. At
/// most four times as many as there are, since the estimate is rough.
std::uint64_t replications_for(const System& system, const RunRecord& run, double relative);

}  // namespace highwater
