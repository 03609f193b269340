#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// Belady's MIN: what the best cache would have done with a whole trace that is known beforehand.
///
/// Evicts the entry whose next use is farthest away: no policy that stores what it misses has fewer
/// misses. It is no policy of a running cache but the mark to measure them by. The next uses are
/// found once, in one pass from the end; each capacity then takes O(n log n) time, O(n) memory.
///
/// Assumes  every entry has the same size (capacity counts entries); every missed key is stored, as
///          a cache does, even if its own next use is the farthest.
/// Source   L. A. Belady, A Study of Replacement Algorithms for a Virtual-Storage Computer, IBM
///          Systems Journal 5(2), 1966; libCacheSim aa0fc409, cache/eviction/Belady.c.
/// Checked  tests/algorithms/belady_test.cpp: against an exhaustive search on small traces, and no
///          policy of the family beats it; libcachesim_test.cpp: misses of libCacheSim, exactly.
class Belady {
 public:
  /// @throws std::length_error from 2^32 - 1 requests on.
  explicit Belady(std::span<const std::uint64_t> keys) : next_use_(keys.size()) {
    if (keys.size() >= kNever) throw std::length_error("belady: 2^32 requests or more");
    KeyIndex index;
    const auto key_of = [&](std::uint32_t request) { return keys[request]; };
    for (std::size_t i = keys.size(); i-- > 0;) {
      const auto request = static_cast<std::uint32_t>(i);
      const std::uint32_t later = index.find(keys[i], key_of);
      next_use_[i] = later == KeyIndex::kNone ? kNever : later;
      if (later != KeyIndex::kNone) index.remove(keys[i], later);
      index.add(keys[i], request);
    }
  }

  /// @return for each request of the trace whether it is a hit in a cache of this capacity.
  std::vector<bool> hits(std::uint64_t capacity) const {
    std::vector<bool> hits(next_use_.size());
    std::vector<bool> expected(next_use_.size());  // a request whose key is in the cache
    std::priority_queue<std::pair<std::uint32_t, std::uint32_t>> farthest;  // next use, last use
    std::uint64_t size = 0;
    for (std::size_t i = 0; capacity > 0 && i < next_use_.size(); ++i) {
      hits[i] = expected[i];
      if (!hits[i] && size++ == capacity) {
        // Uses that are past stay in the queue, below all that are to come: none is ever on top.
        const std::uint32_t victim = farthest.top().first;
        farthest.pop();
        if (victim != kNever) expected[victim] = false;
        --size;
      }
      if (next_use_[i] != kNever) expected[next_use_[i]] = true;
      farthest.emplace(next_use_[i], static_cast<std::uint32_t>(i));
    }
    return hits;
  }

  std::uint64_t misses(std::uint64_t capacity) const {
    std::uint64_t count = 0;
    for (const bool hit : hits(capacity)) count += !hit;
    return count;
  }

 private:
  static constexpr std::uint32_t kNever = 0xffff'ffff;

  std::vector<std::uint32_t> next_use_;  // of the same key, by request
};

}  // namespace highwater::caching
