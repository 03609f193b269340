#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace highwater::caching {

/// caching space_saving: the keys that occur most in a stream, with a fixed number of counters.
///
/// A key without a counter takes over the smallest one with its count, plus one for itself; what it
/// took over is its error. Of n keys seen each has n / counters occurrences more than it should at
/// most, and every key with more than that is among the counted. Of equal counts the counter that
/// was made first is taken.
///
/// Source   A. Metwally, D. Agrawal, A. El Abbadi, Efficient Computation of Frequent and Top-k
///          Elements in Data Streams, ICDT 2005.
/// Checked  tests/algorithms/space_saving_test.cpp: the paper's example and bounds.
class SpaceSaving {
 public:
  struct Counted {
    std::uint64_t key;
    std::uint64_t count;  ///< At least as many as there were.
    std::uint64_t error;  ///< At most so many too many.
    bool operator==(const Counted&) const = default;
  };

  /// @param counters  At least 1.
  explicit SpaceSaving(std::size_t counters) : most_(counters < 1 ? 1 : counters) {}

  void add(std::uint64_t key) {
    ++total_;
    const auto [place, is_new] = place_of_.try_emplace(key, counters_.size());
    if (!is_new) return raise(place->second);
    if (counters_.size() < most_) {
      counters_.push_back({key, 1, 0});
      by_count_.insert({1, counters_.size() - 1});
      return;
    }
    const std::size_t least = by_count_.begin()->second;
    place->second = least;
    place_of_.erase(counters_[least].key);
    counters_[least].key = key;
    counters_[least].error = counters_[least].count;
    raise(least);
  }

  std::uint64_t total() const { return total_; }
  const std::vector<Counted>& counted() const { return counters_; }

  void clear() {
    total_ = 0;
    counters_.clear();
    place_of_.clear();
    by_count_.clear();
  }

 private:
  void raise(std::size_t place) {
    by_count_.erase({counters_[place].count, place});
    by_count_.insert({++counters_[place].count, place});
  }

  std::size_t most_;
  std::uint64_t total_ = 0;
  std::vector<Counted> counters_;
  std::map<std::uint64_t, std::size_t> place_of_;
  std::set<std::pair<std::uint64_t, std::size_t>> by_count_;
};

}  // namespace highwater::caching
