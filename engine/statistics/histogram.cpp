#include "engine/statistics/histogram.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace highwater {

std::uint32_t Histogram::add_page(std::int64_t nanoseconds) {
  HIGHWATER_CHECK(nanoseconds >= 0);
  if (!packed_.empty()) unpack();
  std::uint8_t& page = page_of_octave_[octave_of(static_cast<std::uint64_t>(nanoseconds))];
  if (page == kNoPage) {
    counts_.reserve(counts_.size() + kBucketsPerOctave);  // not twice as much: pages are few
    counts_.resize(counts_.size() + kBucketsPerOctave, 0);
    page = static_cast<std::uint8_t>(counts_.size() / kBucketsPerOctave);
  }
  return page;
}

void Histogram::record_on_new_page(std::int64_t nanoseconds) {
  add_page(nanoseconds);
  record(nanoseconds);
}

void Histogram::add_to_bucket(std::size_t bucket, std::uint64_t times) {
  const std::size_t octave = bucket / kBucketsPerOctave;
  std::size_t page = page_of_octave_[octave];
  if (page == kNoPage) page = add_page(static_cast<std::int64_t>(lower_end(bucket)));
  counts_[(page - 1) * kBucketsPerOctave + bucket % kBucketsPerOctave] += times;
}

void Histogram::record(std::int64_t nanoseconds, std::uint64_t times) {
  HIGHWATER_CHECK(nanoseconds >= 0);
  if (times == 0) return;
  const auto value = static_cast<std::uint64_t>(nanoseconds);
  add_to_bucket(bucket_of(value), times);
  count_ += times;
  // value * times in two words: the halves of `value` are below 2^32, so no product overflows when
  // `times` is split as well.
  const std::uint64_t low_mask = 0xffffffffU;
  const std::uint64_t a = value >> 32, b = value & low_mask;
  const std::uint64_t c = times >> 32, d = times & low_mask;
  const std::uint64_t middle = a * d + (b * d >> 32);
  const std::uint64_t cross = b * c + (middle & low_mask);
  const std::uint64_t low = cross << 32 | (b * d & low_mask);
  sum_high_ += a * c + (middle >> 32) + (cross >> 32);
  sum_low_ += low;
  sum_high_ += sum_low_ < low ? 1 : 0;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  if (&other == this) {
    const Histogram copy = other;
    merge(copy);
    return;
  }
  other.for_each_bucket([this](std::uint64_t lower, std::uint64_t, std::uint64_t in_bucket) {
    add_to_bucket(bucket_of(lower), in_bucket);
  });
  count_ += other.count_;
  sum_low_ += other.sum_low_;
  sum_high_ += other.sum_high_ + (sum_low_ < other.sum_low_ ? 1 : 0);
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::append_number(std::vector<std::uint8_t>& packed, std::uint64_t number) {
  while (number >= 0x80) {
    packed.push_back(static_cast<std::uint8_t>(number | 0x80));
    number >>= 7;
  }
  packed.push_back(static_cast<std::uint8_t>(number));
}

std::uint64_t Histogram::read_number(const std::vector<std::uint8_t>& packed, std::size_t& at) {
  std::uint64_t number = 0;
  unsigned shift = 0;
  while (packed[at] >= 0x80) {
    number |= std::uint64_t{packed[at++] & 0x7fU} << shift;
    shift += 7;
  }
  return number | std::uint64_t{packed[at++]} << shift;
}

void Histogram::compact() {
  if (!packed_.empty()) return;
  std::vector<std::uint8_t> packed;
  std::size_t previous = 0;
  for_each_bucket([&](std::uint64_t lower, std::uint64_t, std::uint64_t in_bucket) {
    const std::size_t bucket = bucket_of(lower);
    append_number(packed, bucket - previous);
    append_number(packed, in_bucket);
    previous = bucket;
  });
  packed_.assign(packed.begin(), packed.end());  // a capacity of exactly what is needed
  std::vector<std::uint64_t>().swap(counts_);    // unlike `= {}`, this gives the memory back
  page_of_octave_ = {};
}

void Histogram::unpack() {
  const std::vector<std::uint8_t> packed = std::move(packed_);
  packed_ = {};
  std::size_t bucket = 0;
  for (std::size_t at = 0; at < packed.size();) {
    bucket += read_number(packed, at);
    add_to_bucket(bucket, read_number(packed, at));
  }
}

double Histogram::sum_ns() const {
  return std::ldexp(static_cast<double>(sum_high_), 64) + static_cast<double>(sum_low_);
}

double Histogram::mean_ns() const {
  HIGHWATER_CHECK(count_ > 0);
  return sum_ns() / static_cast<double>(count_);
}

std::int64_t Histogram::min_ns() const {
  HIGHWATER_CHECK(count_ > 0);
  return static_cast<std::int64_t>(min_);
}

std::int64_t Histogram::max_ns() const {
  HIGHWATER_CHECK(count_ > 0);
  return static_cast<std::int64_t>(max_);
}

std::uint64_t Histogram::rank_of(double q) const {
  HIGHWATER_CHECK(count_ > 0);
  HIGHWATER_CHECK(q >= 0 && q <= 1);
  const double rank = std::ceil(q * static_cast<double>(count_));
  if (rank >= static_cast<double>(count_)) return count_;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
}

Histogram::Position Histogram::bucket_at_rank(std::uint64_t rank) const {
  Position found{0, 0, 0, 0};
  std::uint64_t below = 0;
  for_each_bucket([&](std::uint64_t lower, std::uint64_t upper, std::uint64_t in_bucket) {
    if (below < rank && rank <= below + in_bucket) found = {lower, upper, below, in_bucket};
    below += in_bucket;
  });
  HIGHWATER_CHECK(found.inside > 0);
  return found;
}

double Histogram::quantile_ns(double q) const {
  const std::uint64_t rank = rank_of(q);
  if (rank == count_) return static_cast<double>(max_);
  if (rank == 1) return static_cast<double>(min_);
  const Position at = bucket_at_rank(rank);
  // The whole numbers in [lower, upper) have their middle at (lower + upper - 1) / 2.
  const double middle = 0.5 * (static_cast<double>(at.lower) + static_cast<double>(at.upper - 1));
  return std::clamp(middle, static_cast<double>(min_), static_cast<double>(max_));
}

double Histogram::interpolated_quantile_ns(double q) const {
  const Position at = bucket_at_rank(rank_of(q));
  const double rank = q * static_cast<double>(count_);
  const double part = (rank - static_cast<double>(at.below)) / static_cast<double>(at.inside);
  const double lower = static_cast<double>(at.lower);
  const double last = static_cast<double>(at.upper - 1);
  const double value = lower + std::clamp(part, 0.0, 1.0) * (last - lower);
  return std::clamp(value, static_cast<double>(min_), static_cast<double>(max_));
}

Histogram::Cut Histogram::cut_at(double q) const {
  const Position at = bucket_at_rank(rank_of(q));
  const double rank = q * static_cast<double>(count_);
  const double part_below = (rank - static_cast<double>(at.below)) / static_cast<double>(at.inside);
  return {at.lower, 1 - std::clamp(part_below, 0.0, 1.0)};
}

double Histogram::count_above(Cut cut) const {
  std::uint64_t whole = 0;
  std::uint64_t divided = 0;
  for_each_bucket([&](std::uint64_t lower, std::uint64_t, std::uint64_t in_bucket) {
    if (lower > cut.bucket_lower) whole += in_bucket;
    if (lower == cut.bucket_lower) divided = in_bucket;
  });
  return static_cast<double>(whole) + cut.part_above * static_cast<double>(divided);
}

std::size_t Histogram::heap_bytes() const {
  return counts_.capacity() * sizeof(std::uint64_t) + packed_.capacity();
}

bool operator==(const Histogram& a, const Histogram& b) {
  if (a.count_ != b.count_ || a.sum_low_ != b.sum_low_ || a.sum_high_ != b.sum_high_ ||
      a.min_ != b.min_ || a.max_ != b.max_) {
    return false;
  }
  Histogram packed_a = a;
  Histogram packed_b = b;
  packed_a.compact();
  packed_b.compact();
  return packed_a.packed_ == packed_b.packed_;
}

}  // namespace highwater
