#include "models/algorithms/caching/w_tinylfu.h"

#include <cmath>
#include <map>
#include <utility>

#include <catch2/catch.hpp>

#include "tests/algorithms/golden_replay.h"

namespace highwater::caching {
namespace {

// Caffeine draws a hash seed for each cache, so that one run of it is one draw. The spread of 20
// runs was recorded. Ours must lie within four of its deviations, and 0.1 % of the requests, of the
// mean; and so must the single run in cache_hits.json, which shows that the record is of the same
// thing.
TEST_CASE("w_tinylfu: hits of Caffeine 2.6.2, within its own spread",
          "[algorithms][caching][golden]") {
  std::map<std::pair<std::string, int>, std::uint64_t> single;
  const nlohmann::json hits_of_libraries = golden_json("cache_hits.json");
  for (const auto& row : hits_of_libraries.at("rows")) {
    if (row.at(1) == "W-TinyLFU") single[{row.at(2), row.at(3)}] = row.at(4);
  }
  CHECK(single.size() == 16);
  const nlohmann::json spread = golden_json("caffeine_spread.json");
  CHECK(spread.at("rows").size() == 16);
  for (const auto& row : spread.at("rows")) {
    const auto trace = golden_trace(row.at(0));
    const double tolerance = 4 * row.at(3).get<double>() + 0.001 * double(trace.size());
    WTinyLfu cache(row.at(1).get<std::uint64_t>());
    const auto hits = static_cast<double>(hits_of(cache, trace));
    CAPTURE(row.dump(), hits);
    CHECK(std::abs(hits - row.at(2).get<double>()) <= tolerance);
    CHECK(std::abs(double(single.at({row.at(0), row.at(1)})) - row.at(2).get<double>()) <=
          tolerance);
  }
}

TEST_CASE("w_tinylfu: a scan does not push out what is used often", "[algorithms][caching]") {
  WTinyLfu cache(100);
  SplitMix bits{1};
  for (int round = 0; round < 20; ++round) {
    for (std::uint64_t key = 0; key < 80; ++key) {
      if (cache.lookup(key, 0).outcome == Outcome::miss) cache.insert({.key = key}, 0, bits);
    }
  }
  for (std::uint64_t key = 1000; key < 1400; ++key) {
    cache.insert({.key = key}, 0, bits);
    REQUIRE(cache.lookup(key, 0).outcome == Outcome::hit);  // at once, from the window
  }
  int kept = 0;
  for (std::uint64_t key = 0; key < 80; ++key) kept += cache.lookup(key, 0).outcome == Outcome::hit;
  CHECK(kept >= 75);
}

}  // namespace
}  // namespace highwater::caching
