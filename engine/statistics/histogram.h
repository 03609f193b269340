#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernel/check.h"

namespace highwater {

/// A histogram of durations in whole nanoseconds, from 0 to 2^63 - 1.
///
/// Values below 256 ns are kept exactly. Above, every octave [2^k, 2^(k+1)) is cut into 128 buckets
/// of equal width, so that a bucket is at most 1/128 of its own lower end wide and its middle is
/// within 1/256 of every value in it. count, sum, min and max are exact.
///
/// Everything inside is an integer: merging the same observations in any order or grouping gives
/// the same histogram, bit for bit.
///
/// Memory: 1 KiB for each octave touched; after compact() about three bytes for each bucket in use.
/// Cost: record() is 2 to 3 ns once the octave has been touched.
///
/// Source: the log-linear layout of G. Tene's HdrHistogram, with 7 bits of precision.
class Histogram {
 public:
  /// Adds one observation; a negative one is a bug and aborts.
  void record(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(nanoseconds);
    const unsigned octave = octave_of(value);
    const std::uint32_t page = page_of_octave_[octave];
    if (page == kNoPage) [[unlikely]]
      return record_on_new_page(nanoseconds);
    ++counts_[(page - 1) * kBucketsPerOctave + slot_of(value, octave)];
    ++count_;
    sum_low_ += value;
    sum_high_ += sum_low_ < value ? 1 : 0;
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
  }

  /// Adds the same observation `times` times.
  void record(std::int64_t nanoseconds, std::uint64_t times);

  /// Adds every observation of `other`.
  void merge(const Histogram& other);

  /// Packs the counts into as few bytes as they need. Everything still works afterwards, but the
  /// next record() or merge() into this histogram unpacks it again.
  void compact();

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// Sum of the observations in ns: exact inside, rounded once here.
  double sum_ns() const;

  /// sum_ns() / count(). Needs an observation.
  double mean_ns() const;

  /// Smallest and largest observation, exact. They need an observation.
  std::int64_t min_ns() const;
  std::int64_t max_ns() const;

  /// The observation of rank ceil(q * count), the smallest for q = 0, in ns and with a relative
  /// error of at most resolution(): the middle of its bucket, or min or max where that is nearer. q
  /// is in [0, 1]; q = 1 is the exact maximum. Needs an observation.
  double quantile_ns(double q) const;

  /// The same quantile, spread evenly over the width of its bucket. The ends of confidence
  /// intervals use it, because a step of one bucket would be visible there; its error may be twice
  /// resolution().
  double interpolated_quantile_ns(double q) const;

  /// A place between observations: the beginning of a bucket, and the part of that bucket's
  /// observations that count as lying above the place.
  struct Cut {
    std::uint64_t bucket_lower = 0;
    double part_above = 0;
  };

  /// The place that has exactly (1 - q) * count() observations above it, even among equal values.
  Cut cut_at(double q) const;

  /// Observations above the cut, which may come from another histogram.
  double count_above(Cut cut) const;

  /// Largest relative error of quantile_ns: 1/256, a little under 0.4 %.
  static constexpr double resolution() { return 0.5 / kBucketsPerOctave; }

  /// Bytes held on the heap.
  std::size_t heap_bytes() const;

  /// Calls visit(lower, upper, count) for each bucket that has observations, in rising order; the
  /// bucket holds the whole numbers in [lower, upper). lower and upper are std::uint64_t, for the
  /// last upper is 2^63.
  template <class Visit>
  void for_each_bucket(Visit&& visit) const {
    if (!packed_.empty()) {
      std::size_t at = 0;
      std::size_t bucket = 0;
      while (at < packed_.size()) {
        bucket += read_number(packed_, at);
        visit(lower_end(bucket), lower_end(bucket + 1), read_number(packed_, at));
      }
      return;
    }
    for (std::size_t octave = 0; octave < kOctaves; ++octave) {
      const std::size_t page = page_of_octave_[octave];
      if (page == kNoPage) continue;
      for (std::size_t slot = 0; slot < kBucketsPerOctave; ++slot) {
        const std::uint64_t in_bucket = counts_[(page - 1) * kBucketsPerOctave + slot];
        const std::size_t bucket = octave * kBucketsPerOctave + slot;
        if (in_bucket > 0) visit(lower_end(bucket), lower_end(bucket + 1), in_bucket);
      }
    }
  }

  /// Equal when every bucket, the count, the sum and both extremes are, packed or not.
  friend bool operator==(const Histogram& a, const Histogram& b);

 private:
  static constexpr unsigned kPrecisionBits = 7;
  static constexpr std::size_t kBucketsPerOctave = std::size_t{1} << kPrecisionBits;
  // Octave 0 is [0, 128), octave k is [2^(k+6), 2^(k+7)): 57 of them reach 2^63.
  static constexpr std::size_t kOctaves = 64 - kPrecisionBits;
  static constexpr std::uint8_t kNoPage = 0;

  static unsigned octave_of(std::uint64_t value) {
    return static_cast<unsigned>(std::bit_width(value >> kPrecisionBits));
  }
  static std::size_t slot_of(std::uint64_t value, unsigned octave) {
    const unsigned shift = octave == 0 ? 0 : octave - 1;
    return (value >> shift) & (kBucketsPerOctave - 1);
  }
  static std::uint64_t lower_end(std::size_t bucket) {
    const std::size_t octave = bucket / kBucketsPerOctave;
    const std::uint64_t slot = bucket % kBucketsPerOctave;
    return octave == 0 ? slot : (kBucketsPerOctave + slot) << (octave - 1);
  }
  static std::size_t bucket_of(std::uint64_t value) {
    const unsigned octave = octave_of(value);
    return octave * kBucketsPerOctave + slot_of(value, octave);
  }

  /// The page of the octave that `nanoseconds` falls in, made (or unpacked) if it is not there yet.
  std::uint32_t add_page(std::int64_t nanoseconds);
  /// Apart, and the last thing record() calls, so that the common way there needs no stack.
  void record_on_new_page(std::int64_t nanoseconds);
  void add_to_bucket(std::size_t bucket, std::uint64_t times);
  void unpack();
  static void append_number(std::vector<std::uint8_t>& packed, std::uint64_t number);
  static std::uint64_t read_number(const std::vector<std::uint8_t>& packed, std::size_t& at);
  /// Finds the bucket with the observation of the given rank (1 = smallest).
  struct Position {
    std::uint64_t lower, upper;   ///< Bounds of the bucket: [lower, upper).
    std::uint64_t below, inside;  ///< Observations in the buckets before it, and in it.
  };
  Position bucket_at_rank(std::uint64_t rank) const;
  std::uint64_t rank_of(double q) const;

  // Page numbers start at 1, so that an octave never touched reads as kNoPage. While packed_ is in
  // use there are no pages, and the next record() comes to add_page(), which unpacks. A negative
  // value looks like octave 57, whose page can never exist, so that it too always ends there. 58
  // entries would do; the array is as long as octave_of() can ever ask.
  std::array<std::uint8_t, 64> page_of_octave_{};
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint8_t> packed_;  // (distance to the next bucket in use, its count) as varints
  std::uint64_t count_ = 0;
  std::uint64_t sum_low_ = 0;  // the sum is sum_high_ * 2^64 + sum_low_
  std::uint64_t sum_high_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

}  // namespace highwater
