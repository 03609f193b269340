#include "models/algorithms/caching/belady.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/caching/policy.h"
#include "tests/algorithms/golden_replay.h"

namespace highwater::caching {
namespace {

/// Every choice of whom to evict, tried.
std::uint64_t fewest_misses(const std::vector<std::uint64_t>& keys, std::size_t from,
                            std::set<std::uint64_t> cache, std::size_t capacity) {
  if (from == keys.size()) return 0;
  if (cache.contains(keys[from])) return fewest_misses(keys, from + 1, cache, capacity);
  if (cache.size() < capacity) {
    cache.insert(keys[from]);
    return 1 + fewest_misses(keys, from + 1, cache, capacity);
  }
  std::uint64_t best = keys.size();
  for (const std::uint64_t victim : cache) {
    std::set<std::uint64_t> other = cache;
    other.erase(victim);
    other.insert(keys[from]);
    best = std::min(best, 1 + fewest_misses(keys, from + 1, other, capacity));
  }
  return best;
}

TEST_CASE("belady: no choice of victims has fewer misses", "[algorithms][caching][property]") {
  const bool holds = rc::check([] {
    const auto keys = *rc::gen::resize(
        12, rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 6)));
    const auto capacity = *rc::gen::inRange<std::size_t>(1, 4);
    RC_ASSERT(Belady(keys).misses(capacity) == fewest_misses(keys, 0, {}, capacity));
  });
  CHECK(holds);
}

TEST_CASE("belady: no policy of the family beats it", "[algorithms][caching][golden][costly]") {
  for (const char* name : {"zipf", "scan", "shift", "loop"}) {
    const auto trace = golden_trace(name);
    const Belady belady(std::vector<std::uint64_t>(trace.begin(), trace.end()));
    const std::uint64_t best = trace.size() - belady.misses(500);
    for (const PolicyInfo& info : kPolicies) {
      CAPTURE(name, info.name);
      Cache cache(info.policy, 500);
      CHECK(hits_of(cache, trace) <= best);
    }
  }
}

TEST_CASE("belady: nothing, and room for all", "[algorithms][caching]") {
  const std::vector<std::uint64_t> keys = {1, 2, 1, 3, 2};
  CHECK(Belady({}).hits(10).empty());
  CHECK(Belady(keys).misses(0) == 5);
  CHECK(Belady(keys).misses(1'000'000'000'000) == 3);
  CHECK(Belady(keys).hits(2) == std::vector<bool>{false, false, true, false, true});
}

}  // namespace
}  // namespace highwater::caching
