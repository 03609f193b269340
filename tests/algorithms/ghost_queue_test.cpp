#include "models/algorithms/caching/ghost_queue.h"

#include <algorithm>
#include <list>
#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

// Few keys, so that keys leave from the middle, the ring wraps, and its holes are closed often.
TEMPLATE_TEST_CASE("GhostQueue: agrees with a list over random operations",
                   "[algorithms][caching][property]", GhostQueue, ExactGhostQueue) {
  const bool holds = rc::check([] {
    const auto most = *rc::gen::inRange<std::uint64_t>(0, 70);
    const auto range = *rc::gen::inRange<std::uint64_t>(1, 200);
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    TestType ghosts(most);
    std::list<std::uint64_t> naive;  // oldest first
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t key = bits.bits() % range;
      const auto known = std::find(naive.begin(), naive.end(), key);
      RC_ASSERT(ghosts.contains(key) == (known != naive.end()));
      if (bits.bits() % 16 == 0) {
        ghosts.drop_oldest();
        if (!naive.empty()) naive.pop_front();
      } else if (known != naive.end()) {
        RC_ASSERT(ghosts.take(key));
        naive.erase(known);
      } else {
        RC_ASSERT(!ghosts.take(key));
        ghosts.add(key);
        naive.push_back(key);
        if (naive.size() > most) naive.pop_front();
      }
      RC_ASSERT(ghosts.size() == naive.size());
    }
    for (std::uint64_t key = 0; key < range; ++key) {
      RC_ASSERT(ghosts.contains(key) ==
                (std::find(naive.begin(), naive.end(), key) != naive.end()));
    }
  });
  CHECK(holds);
}

TEST_CASE("GhostQueue: memory follows the contents, 10 bytes a key", "[algorithms][caching]") {
  GhostQueue ghosts(1'000'000'000'000);
  CHECK(ghosts.bytes() == 0);
  for (std::uint64_t key = 0; key < 300'000; ++key) ghosts.add(key);
  CHECK(ghosts.size() == 300'000);
  CHECK(ghosts.bytes() <= 300'000 * 11);
  CHECK(ghosts.contains(0));
  ghosts.clear();
  CHECK(ghosts.bytes() == 0);
  CHECK_FALSE(ghosts.contains(0));

  GhostQueue full(90'000);
  for (std::uint64_t key = 0; key < 300'000; ++key) full.add(key);
  CHECK(full.bytes() <= 90'000 * 10);
  CHECK_FALSE(full.contains(209'999));
  CHECK(full.contains(210'000));
}

TEST_CASE("GhostQueue: only the exact one tells keys of one hash apart", "[algorithms][caching]") {
  // Among 300,000 keys some ten pairs share their 32 bits.
  std::map<std::uint32_t, std::uint64_t> seen;
  std::uint64_t key = 0;
  while (seen.emplace(KeyIndex::tag_of(key), key).second) ++key;
  const std::uint64_t other = seen.at(KeyIndex::tag_of(key));
  GhostQueue ghosts(10);
  ExactGhostQueue exact(10);
  ghosts.add(other);
  exact.add(other);
  CHECK(ghosts.contains(key));
  CHECK_FALSE(exact.contains(key));
  exact.add(key);
  CHECK(exact.take(other));
  CHECK(exact.contains(key));
}

// One that stays while thousands come and go makes a window of holes; they must not add up.
TEST_CASE("GhostQueue: holes do not add up", "[algorithms][caching]") {
  GhostQueue ghosts(100);
  ghosts.add(0);
  for (std::uint64_t key = 1; key < 100'000; ++key) {
    ghosts.add(key);
    CHECK(ghosts.take(key));
  }
  CHECK(ghosts.contains(0));
  CHECK(ghosts.size() == 1);
  CHECK(ghosts.bytes() < 2000);
}

}  // namespace
}  // namespace highwater::caching
