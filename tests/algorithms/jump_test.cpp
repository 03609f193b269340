#include "models/algorithms/hashing/jump.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

TEST_CASE("jump: Guava's buckets", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("jump_hash_guava.json");
  const std::vector<std::uint32_t> buckets = golden["buckets"];
  REQUIRE(buckets.size() == 10);
  REQUIRE(golden["rows"].size() >= 100);
  for (const nlohmann::json& row : golden["rows"]) {
    const auto key = static_cast<std::uint64_t>(std::stoll(row[0].get<std::string>()));
    for (std::size_t i = 0; i < buckets.size(); ++i)
      CHECK(jump_hash(key, buckets[i]) == row[i + 1].get<std::uint32_t>());
  }
}

TEST_CASE("jump: one more bucket takes from all and moves nothing else", "[algorithms][hashing]") {
  SplitMix bits{7};
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t key = bits.bits();
    std::uint32_t before = jump_hash(key, 1);
    CHECK(before == 0);
    for (std::uint32_t n = 2; n < 60; ++n) {
      const std::uint32_t after = jump_hash(key, n);
      CHECK((after == before || after == n - 1));
      before = after;
    }
  }
}

TEST_CASE("jump: no buckets and very many", "[algorithms][hashing]") {
  CHECK(jump_hash(42, 0) == 0);
  SplitMix bits{1};
  for (int i = 0; i < 100; ++i) CHECK(jump_hash(bits.bits(), ~0u) < ~0u);
  static_assert(jump_hash(0, 100) < 100);
}

TEST_CASE("jump: a target of weight 0 renumbers those behind it", "[algorithms][hashing]") {
  const Jump table(weighted_targets({1, 0, 1}));
  bool third = false;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::size_t place = table.lookup(key_of(i)).value();
    CHECK(place == (jump_hash(Jump::hash(key_of(i)), 2) == 0 ? 0u : 2u));
    third |= place == 2;
  }
  CHECK(third);
}

}  // namespace
}  // namespace highwater::hashing
