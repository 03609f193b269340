#include "models/algorithms/caching/sieve.h"

#include <catch2/catch.hpp>

#include "tests/algorithms/golden_replay.h"

namespace highwater::caching {
namespace {

TEST_CASE("sieve: hits of @neophi/sieve-cache, exactly", "[algorithms][caching][golden]") {
  const nlohmann::json golden = golden_json("cache_hits.json");
  int compared = 0;
  for (const auto& row : golden.at("rows")) {
    if (row.at(1) != "SIEVE") continue;
    Sieve cache(row.at(3).get<std::uint64_t>());
    CAPTURE(row.dump());
    CHECK(hits_of(cache, golden_trace(row.at(2))) == row.at(4).get<std::uint64_t>());
    ++compared;
  }
  CHECK(compared == 16);
}

TEST_CASE("sieve: the hand stays where it is and spares what was used", "[algorithms][caching]") {
  Sieve cache(4);
  for (const std::uint64_t key : {1u, 2u, 3u, 4u}) cache.insert({.key = key}, 0);
  cache.lookup(1, 0);
  CHECK(cache.insert({.key = 5}, 0)->key == 2);  // past 1, which loses its bit
  CHECK(cache.insert({.key = 6}, 0)->key == 3);  // on from there, not back to 1
  cache.lookup(4, 0);
  cache.lookup(5, 0);
  cache.lookup(6, 0);
  CHECK(cache.insert({.key = 7}, 0)->key == 1);  // once round
}

TEST_CASE("sieve: an erased entry takes the hand on to the next newer one",
          "[algorithms][caching]") {
  Sieve cache(4);
  for (const std::uint64_t key : {1u, 2u, 3u, 4u}) cache.insert({.key = key}, 0);
  cache.lookup(1, 0);
  CHECK(cache.insert({.key = 5}, 0)->key == 2);  // the hand is at 3
  CHECK(cache.erase(3));
  CHECK_FALSE(cache.insert({.key = 6}, 0).has_value());
  CHECK(cache.insert({.key = 7}, 0)->key == 4);
}

}  // namespace
}  // namespace highwater::caching
