#pragma once

#include <cstdint>
#include <vector>

#include "models/algorithms/caching/entry.h"
#include "tests/support/golden.h"

namespace highwater::caching {

/// Hits of a client that looks a key up and stores it on a miss, at one moment.
template <class C, class Key>
std::uint64_t hits_of(C& cache, const std::vector<Key>& trace) {
  std::uint64_t hits = 0;
  SplitMix bits{1};
  for (const Key key : trace) {
    if (cache.lookup(key, 0).outcome == Outcome::hit) {
      ++hits;
    } else if constexpr (requires { cache.insert({.key = key}, 0, bits); }) {
      cache.insert({.key = key}, 0, bits);
    } else {
      cache.insert({.key = key}, 0);
    }
  }
  return hits;
}

}  // namespace highwater::caching
