#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/math/math.h"
#include "models/algorithms/random_bits.h"

namespace highwater::storage {

/// decaying_reservoir: a sample of what was measured, in which newer values are likelier to be.
///
/// Each value gets the priority weight / u, with u uniform and a weight that grows by e^alpha a
/// second; the `size` values of the highest priority stay. The median is that of the values with
/// their weights.
///
/// Edges    empty: the median is 0. Time counts in whole seconds, as with Dropwizard.
/// Differs  Dropwizard keeps the priorities themselves, which leave the range of a double after
///          945 s at Cassandra's alpha; here their logarithms are kept, which do not.
/// Source   G. Cormode et al., Forward Decay, ICDE 2009; Dropwizard Metrics 3.1
///          ExponentiallyDecayingReservoir.java, WeightedSnapshot.java (getMedian).
/// Checked  tests/storage/decaying_reservoir_test.cpp: medians against a list of all values, how
///          soon a change is seen, time spans beyond a double's range.
class DecayingReservoir {
 public:
  static constexpr std::size_t kSize = 100;  ///< DynamicEndpointSnitch.WINDOW_SIZE
  static constexpr double kAlpha = 0.75;     ///< DynamicEndpointSnitch.ALPHA, a second

  template <BitSource G>
  void add(std::int64_t now, std::int64_t value, G& bits) {
    const double weight = kAlpha * static_cast<double>(now / kSecond);  // its logarithm
    // In (0, 1], for a logarithm of 0 has no value.
    const double u = static_cast<double>((bits.bits() >> 11) + 1) * 0x1p-53;
    const Entry entry{weight - math::log(u), weight, value};
    if (entries_.size() < kSize) {
      entries_.push_back(entry);
      std::push_heap(entries_.begin(), entries_.end(), later_first);
    } else {
      if (entry.priority <= entries_.front().priority) return;
      std::pop_heap(entries_.begin(), entries_.end(), later_first);
      entries_.back() = entry;
      std::push_heap(entries_.begin(), entries_.end(), later_first);
    }
    known_ = false;
  }

  bool empty() const { return entries_.empty(); }
  void clear() {
    entries_.clear();
    known_ = false;
  }

  std::int64_t median() const {
    if (!known_) median_ = find_median();
    known_ = true;
    return median_;
  }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  struct Entry {
    double priority;  // its logarithm, as that of the weight
    double weight;
    std::int64_t value;
  };
  // The heap's front is the one that leaves first.
  static bool later_first(const Entry& a, const Entry& b) { return a.priority > b.priority; }

  std::int64_t find_median() const {
    if (entries_.empty()) return 0;
    double newest = entries_.front().weight;
    for (const Entry& entry : entries_) newest = std::max(newest, entry.weight);
    std::array<std::pair<std::int64_t, double>, kSize> sorted;
    double total = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const double weight = math::exp(entries_[i].weight - newest);
      sorted[i] = {entries_[i].value, weight};
      total += weight;
    }
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(entries_.size());
    std::sort(sorted.begin(), end);
    // The last value before which less than half of the weight, or just half, lies.
    std::int64_t median = sorted.front().first;
    double before = 0;
    for (auto it = sorted.begin(); it != end && 2 * before <= total; ++it) {
      median = it->first;
      before += it->second;
    }
    return median;
  }

  std::vector<Entry> entries_;
  mutable std::int64_t median_ = 0;
  mutable bool known_ = false;
};

}  // namespace highwater::storage
