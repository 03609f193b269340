#include "models/algorithms/caching/two_queue.h"

#include <catch2/catch.hpp>

#include "tests/algorithms/golden_replay.h"

namespace highwater::caching {
namespace {

TEST_CASE("two_queue: hits of golang-lru, exactly", "[algorithms][caching][golden]") {
  const nlohmann::json golden = golden_json("cache_hits.json");
  int compared = 0;
  for (const auto& row : golden.at("rows")) {
    if (row.at(1) != "2Q") continue;
    TwoQueue cache(row.at(3).get<std::uint64_t>());
    CAPTURE(row.dump());
    CHECK(hits_of(cache, golden_trace(row.at(2))) == row.at(4).get<std::uint64_t>());
    ++compared;
  }
  CHECK(compared == 16);
}

TEST_CASE("two_queue: a key that comes back while remembered is frequent",
          "[algorithms][caching]") {
  TwoQueue cache(4);  // one recent, two ghosts
  for (const std::uint64_t key : {1u, 2u, 3u, 4u}) cache.insert({.key = key}, 0);
  CHECK(cache.insert({.key = 5}, 0)->key == 1);  // becomes a ghost
  CHECK(cache.insert({.key = 1}, 0)->key == 2);  // frequent now
  CHECK(cache.insert({.key = 6}, 0)->key == 3);
  CHECK(cache.insert({.key = 7}, 0)->key == 4);
  CHECK(cache.lookup(1, 0).outcome == Outcome::hit);
}

TEST_CASE("two_queue: shares of nothing and of everything", "[algorithms][caching]") {
  for (const double recent : {-1.0, 0.0, 1.0, 7.0}) {
    for (const double ghost : {0.0, 1.0}) {
      TwoQueue cache(10, {.recent_share = recent, .ghost_share = ghost});
      SplitMix bits{1};
      for (int i = 0; i < 1000; ++i) {
        const std::uint64_t key = bits.bits() % 30;
        if (cache.lookup(key, 0).outcome == Outcome::miss) cache.insert({.key = key}, 0);
        REQUIRE(cache.size() <= 10);
      }
      CHECK(cache.size() == 10);
    }
  }
}

}  // namespace
}  // namespace highwater::caching
