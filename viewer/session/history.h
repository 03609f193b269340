#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/kernel/time.h"

namespace highwater::viewer {

/// What was seen of a run at the end of each of its intervals. One thread writes, any number of
/// others read meanwhile, and nobody waits: an interval never changes once it has been published,
/// and room for all of them is there from the beginning.
///
/// Memory: 4 bytes for each column and interval; see History::intervals_for().
class History {
 public:
  /// Latencies in a heat map: rows of equal width on a logarithmic scale.
  struct Heat {
    static constexpr double kFloorMs = 0.01;
    static constexpr std::size_t kRowsPerDecade = 12;
    static constexpr std::size_t kRows = 7 * kRowsPerDecade;  // up to 100 s
    /// The row of a time; those outside belong to the first and the last.
    static std::size_t row_of(double ms);
    /// Where a row begins, in ms.
    static double begin_ms(std::size_t row);
  };

  /// @param columns   Numbers seen in each interval.
  /// @param heats     Heat maps among them.
  History(Duration run, std::size_t intervals, std::size_t columns, std::size_t heats);

  /// As many intervals as a run of that length is cut into: not more than a picture can show, and
  /// not more than some 100 MB hold.
  static std::size_t intervals_for(Duration run, std::size_t columns);

  // The writer.
  /// What is to be filled in before publish(): of the interval that is open.
  std::span<float> open_values() { return row(intervals()); }
  std::span<std::uint32_t> open_heat(std::size_t heat) { return heat_row(heat, intervals()); }
  void publish() { published_.fetch_add(1, std::memory_order_release); }
  bool full() const { return intervals() == planned_; }

  // Readers.
  /// How many intervals there are to see by now.
  std::size_t intervals() const { return published_.load(std::memory_order_acquire); }
  std::size_t planned() const { return planned_; }
  std::size_t columns() const { return columns_; }
  std::size_t heats() const { return heats_; }
  Duration interval() const { return interval_; }
  Duration run() const { return run_; }
  /// When an interval ends. The last one may be shorter than the others.
  Duration end_of(std::size_t interval) const;
  double end_s(std::size_t interval) const { return seconds(end_of(interval)); }
  /// The interval that a time falls in.
  std::size_t interval_at(double time_s) const;
  /// NaN where nothing was observed. Precondition: interval < intervals().
  float value(std::size_t column, std::size_t interval) const {
    return values_[interval * columns_ + column];
  }
  std::span<const std::uint32_t> heat(std::size_t heat, std::size_t interval) const {
    return {heat_values_.data() + (interval * heats_ + heat) * Heat::kRows, Heat::kRows};
  }
  std::size_t bytes() const {
    return values_.size() * sizeof(float) + heat_values_.size() * sizeof(std::uint32_t);
  }

 private:
  std::span<float> row(std::size_t interval) {
    return {values_.data() + interval * columns_, columns_};
  }
  std::span<std::uint32_t> heat_row(std::size_t heat, std::size_t interval) {
    return {heat_values_.data() + (interval * heats_ + heat) * Heat::kRows, Heat::kRows};
  }

  Duration run_;
  Duration interval_;
  std::size_t planned_, columns_, heats_;
  std::vector<float> values_;
  std::vector<std::uint32_t> heat_values_;
  std::atomic<std::size_t> published_{0};
};

}  // namespace highwater::viewer
