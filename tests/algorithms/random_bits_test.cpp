#include "models/algorithms/random_bits.h"

#include <array>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater {
namespace {

struct Scripted {
  std::vector<std::uint64_t> values;
  std::size_t used = 0;
  std::uint64_t bits() { return values.at(used++); }
};

TEST_CASE("random_below: every number is equally likely", "[algorithms][random]") {
  SplitMix bits{1};
  for (const std::uint32_t n : {2u, 3u, 7u, 10u}) {
    std::vector<int> counts(n);
    const int draws = 100'000;
    for (int i = 0; i < draws; ++i) ++counts.at(random_below(n, bits));
    for (const int count : counts) {
      const double expected = double(draws) / n;
      CHECK(std::abs(count - expected) < 5 * std::sqrt(expected));
    }
  }
}

TEST_CASE("random_below: one possibility needs no draw", "[algorithms][random]") {
  Scripted none{{}};
  CHECK(random_below(1, none) == 0);
}

TEST_CASE("random_below: redraws exactly where a result would be favoured",
          "[algorithms][random]") {
  // 2^32 = 1431655765 * 3 + 1: of all upper halves only 0 lies below the threshold of 1.
  Scripted redrawn{{0, std::uint64_t{5} << 32}};
  CHECK(random_below(3, redrawn) == 0);
  CHECK(redrawn.used == 2);

  Scripted kept{{std::uint64_t{1} << 32}};
  CHECK(random_below(3, kept) == 0);
  CHECK(kept.used == 1);

  Scripted largest{{~std::uint64_t{0}}};
  CHECK(random_below(0xffff'ffff, largest) == 0xffff'fffe);
}

}  // namespace
}  // namespace highwater
