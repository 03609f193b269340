#pragma once

#include <cstddef>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/statistics/sliced.h"

namespace highwater {

/// Cuts a run's duration into fine slices of equal width, and five fine slices into a coarse one
/// (the batch of five that gives MSER-5 its name). Every metric is kept per slice, so that the
/// warm-up can be cut and batches be formed after the run in memory that does not grow with it.
///
/// A warm-up that the user gives falls exactly on a slice: the slices before it and those after it
/// are each of equal width. Without one, the width is a round number (1, 2, 3, 5, 6, 10, 12, 15,
/// 20, 30 … of a power of ten or sixty) where that leaves 100 to 250 slices, else 200 slices.
class TimeGrid {
 public:
  /// @param duration  Length of the run (> 0).
  /// @param warmup    Given warm-up, zero for none (< duration).
  TimeGrid(Duration duration, Duration warmup);

  std::size_t fine_slices() const { return before_ + after_; }
  std::size_t coarse_slices() const {
    return (fine_slices() + kFinePerCoarse - 1) / kFinePerCoarse;
  }

  /// The first fine slice of the window when `warmup` was given; 0 otherwise.
  std::size_t warmup_slices() const { return before_; }

  /// The fine slice in which `at` falls; times after the end belong to the last one.
  std::size_t fine(Time at) const;

  /// When fine slice `index` begins; fine_slices() gives the end of the run.
  Time begin_of(std::size_t index) const;
  Duration duration() const { return duration_; }

  static constexpr std::size_t kFinePerCoarse = kFineSlicesPerCoarse;

 private:
  Duration duration_;
  Duration split_;          // the given warm-up
  std::size_t before_ = 0;  // fine slices before the split
  std::size_t after_ = 0;
  double before_scale_ = 0;  // slices per nanosecond
  double after_scale_ = 0;
};

/// Finds the fine slices of instants that mostly fall where the one before fell, as those of
/// a run do: two comparisons then.
class SliceFinder {
 public:
  explicit SliceFinder(const TimeGrid& grid) : grid_(grid) { find_anew(Time{}); }

  /// The same as TimeGrid::fine().
  std::size_t find(Time at) {
    if (!last_holds(at)) [[unlikely]]
      find_anew(at);
    return slice_;
  }
  /// Whether `at` falls in last(), the slice found last.
  bool last_holds(Time at) const { return begin_ <= at && at < end_; }
  std::size_t last() const { return slice_; }

 private:
  void find_anew(Time at);

  const TimeGrid& grid_;
  std::size_t slice_ = 0;
  Time begin_{}, end_{};  // of that slice; times after the run belong to the last one
};

}  // namespace highwater
