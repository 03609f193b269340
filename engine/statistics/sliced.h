#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/statistics/histogram.h"

namespace highwater {

/// Five fine slices make one coarse slice: the batch of five of MSER-5.
inline constexpr std::size_t kFineSlicesPerCoarse = 5;

/// A range of fine slices, [first_slice, last_slice): what lies between the end of the warm-up and
/// the end of the run. Where histograms are read, both ends must be multiples of
/// kFineSlicesPerCoarse (last_slice may also be the number of slices).
struct Window {
  std::size_t first_slice = 0;
  std::size_t last_slice = 0;  ///< One past the last slice in the window.
};

/// One metric of one replication, by fine slices of equal length in simulated time. What goes into
/// `sum` and `weight` depends on the metric:
///
///   tally         sum of the values                    their number
///   time average  integral of the value over time      time (seconds)
///   rate          occurrences                          time (seconds)
///   ratio         good ones                            all
///
/// The value of a range of slices is then always (sum of sums) / (sum of weights). A tally counts
/// in the slice of the request's intended arrival, not of its completion.
struct SlicedSums {
  std::vector<double> sum;
  std::vector<double> weight;

  SlicedSums() = default;
  explicit SlicedSums(std::size_t slices) : sum(slices, 0.0), weight(slices, 0.0) {}

  void add(std::size_t slice, double to_sum, double to_weight) {
    sum[slice] += to_sum;
    weight[slice] += to_weight;
  }
  std::size_t slices() const { return sum.size(); }
};

/// The times of one metric in one replication: a histogram for each coarse slice.
class SlicedHistogram {
 public:
  SlicedHistogram() = default;
  /// For the same number of fine slices as the SlicedSums beside it; the last coarse slice is short
  /// when that is no multiple of five.
  explicit SlicedHistogram(std::size_t fine_slices)
      : coarse_((fine_slices + kFineSlicesPerCoarse - 1) / kFineSlicesPerCoarse) {}

  void record(std::size_t fine_slice, std::int64_t nanoseconds) {
    coarse_[fine_slice / kFineSlicesPerCoarse].record(nanoseconds);
  }

  /// Adds every observation of `other` to the coarse slice of `fine_slice`.
  void merge(std::size_t fine_slice, const Histogram& other) {
    coarse_[fine_slice / kFineSlicesPerCoarse].merge(other);
  }

  std::size_t coarse_slices() const { return coarse_.size(); }
  const Histogram& coarse(std::size_t index) const { return coarse_[index]; }

  /// All observations in the window together.
  Histogram merged(Window window) const;

  /// Packs every slice; to be called when the replication is over. Its cost is that of one pass
  /// over the buckets, and reading stays possible.
  void compact();

  /// Packs the slices that end at or before fine slice `before`. Calling it now and then during a
  /// run keeps memory independent of how many slices there are; a request that completes very late
  /// unpacks its slice again.
  void compact_before(std::size_t before);

  std::size_t heap_bytes() const;

 private:
  std::vector<Histogram> coarse_;
};

/// The coarse slices [first, last) that a window of fine slices covers. Aborts where the window
/// does not lie on coarse boundaries, for then no histogram can answer for it.
struct CoarseRange {
  std::size_t first = 0;
  std::size_t last = 0;
};
CoarseRange coarse_range(Window window, std::size_t coarse_slices);

}  // namespace highwater
