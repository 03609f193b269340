#include "models/algorithms/caching/arc.h"

#include <catch2/catch.hpp>

#include "tests/algorithms/golden_replay.h"

namespace highwater::caching {
namespace {

TEST_CASE("arc as golang_lru: hits of golang-lru, exactly", "[algorithms][caching][golden]") {
  const nlohmann::json golden = golden_json("cache_hits.json");
  int compared = 0;
  for (const auto& row : golden.at("rows")) {
    if (row.at(1) != "ARC") continue;
    Arc cache(row.at(3).get<std::uint64_t>(), {.reading = ArcReading::golang_lru});
    CAPTURE(row.dump());
    CHECK(hits_of(cache, golden_trace(row.at(2))) == row.at(4).get<std::uint64_t>());
    ++compared;
  }
  CHECK(compared == 16);
}

// The two readings differ on every golden row with room to differ; neither may stand for the other.
TEST_CASE("arc: the readings are not the same", "[algorithms][caching][golden]") {
  Arc paper(1000);
  Arc golang(1000, {.reading = ArcReading::golang_lru});
  const auto trace = golden_trace("zipf");
  const std::uint64_t hits = hits_of(paper, trace);
  CHECK(hits != hits_of(golang, trace));
  CHECK(hits == 32'960);  // frozen: libcachesim_test compares this reading with the original
}

TEST_CASE("arc: a return from the ghosts moves the target", "[algorithms][caching]") {
  for (const ArcReading reading : {ArcReading::paper, ArcReading::golang_lru}) {
    Arc cache(4, {.reading = reading});
    for (const std::uint64_t key : {1u, 2u, 3u, 4u}) cache.insert({.key = key}, 0);
    cache.lookup(1, 0);
    cache.lookup(2, 0);
    CHECK(cache.target() == 0);
    CHECK(cache.insert({.key = 5}, 0)->key == 3);  // T1 gives up its oldest, a ghost now
    CHECK(cache.insert({.key = 3}, 0)->key == 4);
    CHECK(cache.target() == 1);
    cache.clear();
    CHECK(cache.target() == 0);
  }
}

}  // namespace
}  // namespace highwater::caching
