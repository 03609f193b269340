#include "models/algorithms/hashing/rendezvous.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

// In long double the argument (bits + 1/2) / 2^64 is exact up to 64 bits, and near 1 log1p of the
// exact distance to 1 is used.
long double exact(std::uint64_t bits) {
  const long double unit = 18446744073709551616.0L;
  if (bits >> 63 != 0) return -std::log1p(-(static_cast<long double>(~bits) + 0.5L) / unit);
  return -std::log((static_cast<long double>(bits) + 0.5L) / unit);
}

TEST_CASE("rendezvous: the logarithm is right to 1e-15 of its value", "[algorithms][hashing]") {
  std::vector<std::uint64_t> values = {0, 1, 2, 3, ~std::uint64_t{0}, ~std::uint64_t{0} - 1};
  for (int bit = 0; bit < 64; ++bit)
    for (const std::uint64_t near : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
      values.push_back((std::uint64_t{1} << bit) + near);
      values.push_back(~((std::uint64_t{1} << bit) + near));
      values.push_back((0xb504f333f9de6484 >> bit) + near);  // 1 / sqrt 2
    }
  SplitMix bits{2};
  for (int i = 0; i < 20'000; ++i) values.push_back(bits.bits() >> (bits.bits() % 64));
  for (int i = 0; i < 20'000; ++i) values.push_back(~(bits.bits() >> (bits.bits() % 64)));
  long double worst = 0;
  for (const std::uint64_t value : values) {
    const long double truth = exact(value);
    REQUIRE(minus_log_of(value) > 0);
    worst = std::max(worst, std::abs(minus_log_of(value) - truth) / truth);
  }
  CHECK(worst < 1e-15L);
  static_assert(minus_log_of(~std::uint64_t{0}) < 3e-20);
}

TEST_CASE("rendezvous: with equal weights the greatest hash wins", "[algorithms][hashing]") {
  const std::vector<Target> targets = weighted_targets({3, 3, 0, 3, 3});
  const Rendezvous table(targets);
  for (std::size_t i = 0; i < 1000; ++i) {
    std::size_t best = 0;
    std::uint64_t highest = 0;
    for (const std::size_t t : {0u, 1u, 3u, 4u}) {
      const std::uint64_t bid = murmur3_mix(xxhash64(targets[t].name) ^ xxhash64(key_of(i)));
      if (bid > highest) {
        highest = bid;
        best = t;
      }
    }
    CHECK(table.lookup(key_of(i)) == best);
  }
}

TEST_CASE("rendezvous: a scaled list of weights changes nothing", "[algorithms][hashing]") {
  // Equal weights go by hash; the same with one more target of another weight go by cost. Those
  // keys that the newcomer does not win must stay.
  const Rendezvous plain(numbered_targets(5));
  const Rendezvous costs(weighted_targets({1, 1, 1, 1, 1, 2}));
  const Rendezvous scaled(weighted_targets({1000, 1000, 1000, 1000, 1000, 2000}));
  int kept = 0;
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::size_t place = costs.lookup(key_of(i)).value();
    CHECK(scaled.lookup(key_of(i)) == place);
    if (place == 5) continue;
    ++kept;
    CHECK(plain.lookup(key_of(i)) == place);
  }
  CHECK(std::abs(kept - 5000 * 5 / 7) < 5 * std::sqrt(5000 * 10.0 / 49));
}

TEST_CASE("rendezvous: a change of one weight moves keys to or from that target only",
          "[algorithms][hashing]") {
  const Rendezvous before(weighted_targets({1, 2, 3, 4}));
  const Rendezvous more(weighted_targets({1, 5, 3, 4}));
  const Rendezvous less(weighted_targets({1, 1, 3, 4}));
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::string key = key_of(i);
    if (before.lookup(key) != more.lookup(key)) CHECK(more.lookup(key) == 1);
    if (before.lookup(key) != less.lookup(key)) CHECK(before.lookup(key) == 1);
  }
}

TEST_CASE("rendezvous: retries go down the bids", "[algorithms][hashing]") {
  for (const bool weighted : {false, true}) {
    std::vector<Target> targets =
        weighted_targets(weighted ? std::vector<std::uint32_t>{1, 2, 3, 4, 5}
                                  : std::vector<std::uint32_t>{1, 1, 1, 1, 1});
    const Rendezvous all(targets);
    for (std::size_t i = 0; i < 200; ++i) {
      std::array<std::uint32_t, 5> order{};
      REQUIRE(all.candidates(key_of(i), order) == 5);
      std::vector<Target> left = targets;
      for (const std::uint32_t place : order) {  // each next is the choice without those before
        CHECK(Rendezvous(left).lookup(key_of(i)) == place);
        left[place].weight = 0;
      }
    }
  }
}

TEST_CASE("rendezvous: twins, the first of which wins", "[algorithms][hashing]") {
  const std::vector<Target> equal = {{"a", 1}, {"a", 1}};
  const std::vector<Target> unequal = {{"a", 1}, {"a", 1}, {"b", 2}};
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(Rendezvous(equal).lookup(key_of(i)) == 0);
    CHECK(Rendezvous(unequal).lookup(key_of(i)) != 1);
  }
}

}  // namespace
}  // namespace highwater::hashing
