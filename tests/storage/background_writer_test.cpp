#include "models/algorithms/storage/background_writer.h"

#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater::storage {
namespace {

void fill(ClockSweep& pool, std::uint32_t buffers, bool dirty) {
  for (std::uint32_t page = 0; page < buffers; ++page) {
    const std::uint32_t buffer = pool.victim();
    pool.assign(buffer, page);
    pool.set_dirty(buffer, dirty);
  }
}

std::vector<std::uint32_t> round(BackgroundWriter& writer, const ClockSweep& pool) {
  std::vector<std::uint32_t> written;
  writer.round(pool, [&](std::uint32_t buffer) { written.push_back(buffer); });
  return written;
}

TEST_CASE("background writer: leaves alone what is used, pinned or clean",
          "[algorithms][storage]") {
  ClockSweep pool(8);
  fill(pool, 8, true);
  BackgroundWriter writer({});
  CHECK(round(writer, pool).empty());  // all have been used
  // One victim takes a use off all of them.
  pool.assign(pool.victim(), 100);
  pool.pin(3);
  pool.set_dirty(4, false);
  CHECK(round(writer, pool) == std::vector<std::uint32_t>{1, 2, 5, 6, 7});
}

TEST_CASE("background writer: not more than max_pages in a round, none where that is 0",
          "[algorithms][storage]") {
  for (const std::uint32_t most : {0u, 1u, 5u}) {
    ClockSweep pool(100);
    fill(pool, 100, true);
    BackgroundWriter writer({.max_pages = most});
    for (std::uint64_t page = 1000; page < 1040; ++page) {
      const std::uint32_t buffer = pool.victim();
      pool.assign(buffer, page);
    }
    CHECK(round(writer, pool).size() == most);
  }
}

TEST_CASE("background writer: a larger multiplier writes further ahead", "[algorithms][storage]") {
  std::vector<std::size_t> written;
  for (const double multiplier : {1.0, 2.0, 4.0}) {
    ClockSweep pool(1000);
    fill(pool, 1000, true);
    BackgroundWriter writer({.max_pages = 1000, .multiplier = multiplier});
    for (int i = 0; i < 200; ++i) round(writer, pool);  // forgets how the pool was filled
    for (std::uint64_t page = 5000; page < 5050; ++page) pool.assign(pool.victim(), page);
    written.push_back(round(writer, pool).size());
  }
  CHECK(written[0] < written[1]);
  CHECK(written[1] < written[2]);
}

TEST_CASE("background writer: goes round an idle pool in two minutes, and rests after that",
          "[algorithms][storage]") {
  ClockSweep pool(6000);
  fill(pool, 6000, true);
  BackgroundWriter writer({});
  for (int i = 0; i < 200; ++i) round(writer, pool);  // forgets how the pool was filled
  pool.assign(pool.victim(), 10'000);                 // now the others are free to go
  std::size_t written = 0;
  int rounds = 0;
  bool rests = false;
  while (!rests && rounds < 1000) {
    ++rounds;
    rests = writer.round(pool, [&](std::uint32_t buffer) {
      pool.set_dirty(buffer, false);
      ++written;
    });
  }
  CHECK(written == 5999);
  CHECK(rounds > 500);
  CHECK(rounds < 620);  // 120 s / 200 ms
}

TEST_CASE("background writer: whatever happens, what it names may be written",
          "[algorithms][storage]") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    RandomStream random(seed, "test", "pool");
    const std::uint32_t buffers = 1 + static_cast<std::uint32_t>(random.below(50));
    ClockSweep pool(buffers);
    BackgroundWriter writer({.max_pages = 10});
    for (int i = 0; i < 3'000; ++i) {
      const std::uint64_t page = random.below(100);
      std::uint32_t buffer = pool.find(page);
      if (buffer == ClockSweep::kNone) {
        buffer = pool.victim();
        pool.assign(buffer, page);
      } else {
        pool.use(buffer);
      }
      if (random.below(2) == 0) pool.set_dirty(buffer, true);
      if (random.below(10) > 0) continue;
      std::uint32_t count = 0;
      writer.round(pool, [&](std::uint32_t at) {
        REQUIRE(pool.reusable(at));
        REQUIRE(pool.dirty(at));
        pool.set_dirty(at, false);
        ++count;
      });
      REQUIRE(count <= 10);
    }
  }
}

}  // namespace
}  // namespace highwater::storage
