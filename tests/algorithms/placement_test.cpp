// What every scheme of the catalog must do, and what each family promises when targets come or go.
// Lists of targets are drawn at random from fixed seeds: sizes 1 to 12, weights 0 to 5, names of
// any bytes.

#include "tests/algorithms/placement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/hashing.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::string any_text(SplitMix& bits) {
  std::string text;
  for (std::size_t size = bits.bits() % 24; size > 0; --size)
    text.push_back(static_cast<char>(bits.bits()));
  return text;
}

std::vector<Target> any_targets(SplitMix& bits, bool weighted) {
  std::vector<Target> targets;
  std::set<std::string> names;
  for (std::size_t count = 1 + bits.bits() % 12; count > 0; --count) {
    std::string name = bits.bits() % 2 == 0 ? any_text(bits) : "host:" + std::to_string(count);
    while (!names.insert(name).second) name += "'";
    targets.push_back({name, weighted ? static_cast<std::uint32_t>(bits.bits() % 6) : 1});
  }
  return targets;
}

std::vector<std::string> any_keys(SplitMix& bits, std::size_t count) {
  std::vector<std::string> keys = {"", std::string("\0", 1), "\xff", "{}", "{", "0", "-1"};
  while (keys.size() < count) keys.push_back(any_text(bits));
  return keys;
}

TEST_CASE("placement: every key is served, and never by a target of weight 0",
          "[algorithms][hashing][property]") {
  SplitMix bits{100};
  for (int round = 0; round < 12; ++round) {
    const std::vector<Target> targets = any_targets(bits, true);
    const std::vector<std::string> keys = any_keys(bits, 100);
    const bool served = !places_in_use(targets).empty();
    for (const SchemeInfo& info : kSchemes) {
      CAPTURE(info.name, round);
      const Sharder sharder(info.scheme, targets, 1000);
      for (const std::string& key : keys) {
        const std::size_t place = sharder.of(key);
        if (served) {
          REQUIRE(place < targets.size());
          REQUIRE(targets[place].weight > 0);
        } else {
          REQUIRE(place == Sharder::kNone);
        }
      }
    }
  }
}

TEST_CASE("placement: no targets, no choice", "[algorithms][hashing]") {
  for (const SchemeInfo& info : kSchemes)
    for (const std::vector<Target>& targets :
         {std::vector<Target>{}, weighted_targets({0}), weighted_targets({0, 0, 0})}) {
      CAPTURE(info.name);
      const Sharder sharder(info.scheme, targets);
      CHECK(sharder.of("key") == Sharder::kNone);
      CHECK(sharder.of("") == Sharder::kNone);
      CHECK(sharder.of(17) == Sharder::kNone);
      std::array<std::uint32_t, 2> out{};
      CHECK(sharder.candidates("key", out) == 0);
    }
}

TEST_CASE("placement: candidates begin with the choice and are distinct",
          "[algorithms][hashing][property]") {
  SplitMix bits{200};
  for (int round = 0; round < 12; ++round) {
    const std::vector<Target> targets = any_targets(bits, true);
    const std::size_t in_use = places_in_use(targets).size();
    if (in_use == 0) continue;
    for (const SchemeInfo& info : kSchemes) {
      CAPTURE(info.name, round);
      const Sharder sharder(info.scheme, targets);
      for (const std::string& key : any_keys(bits, 30)) {
        std::array<std::uint32_t, 20> out{};
        const std::size_t count = sharder.candidates(key, out);
        REQUIRE(count >= 1);
        CHECK(out[0] == sharder.of(key));
        const std::set<std::uint32_t> distinct(out.begin(), out.begin() + count);
        CHECK(distinct.size() == count);
        for (const std::uint32_t place : distinct) CHECK(targets.at(place).weight > 0);
        // nginx gives up after twenty vain proposals; a weighted ketama and a ring of few points
        // may have no room for somebody light.
        const bool may_give_up = info.scheme == Scheme::nginx_hash ||
                                 info.scheme == Scheme::ketama_weighted ||
                                 info.scheme == Scheme::nginx_hash_consistent;
        if (!may_give_up) CHECK(count == in_use);
        std::array<std::uint32_t, 1> first{};
        CHECK(sharder.candidates(key, first) == 1);
        CHECK(first[0] == out[0]);
        CHECK(sharder.candidates(key, std::span<std::uint32_t>()) == 0);
      }
    }
  }
}

TEST_CASE("placement: a number is its decimal text", "[algorithms][hashing]") {
  const std::vector<Target> targets = weighted_targets({1, 2, 3, 4, 5});
  for (const SchemeInfo& info : kSchemes) {
    CAPTURE(info.name);
    const Sharder sharder(info.scheme, targets, 100'000);
    for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{99'999},
                                    std::uint64_t{1} << 40, ~std::uint64_t{0}})
      CHECK(sharder.of(key) == sharder.of(std::to_string(key)));
  }
}

// Shares of 100,000 keys by weights 1 to 4. `points` is how many points, cells or draws decide the
// share of weight 1: its relative error is about 1 / sqrt(points), and four times that is allowed,
// plus five standard deviations of the sample.
TEST_CASE("placement: keys in proportion to the weights", "[algorithms][hashing][statistical]") {
  struct Expectation {
    Scheme scheme;
    double points;
  };
  constexpr double kExact = 1e9;
  const std::vector<Expectation> expectations = {
      {Scheme::karger, 160},
      {Scheme::ketama_weighted, 64},
      {Scheme::rendezvous, kExact},
      {Scheme::maglev, kExact},
      {Scheme::envoy_ring, 102},
      {Scheme::nginx_hash, kExact},
      {Scheme::haproxy_map, kExact},
      {Scheme::nginx_hash_consistent, 160},
      {Scheme::haproxy_consistent, 16},
      {Scheme::redis_slot, kExact},
      {Scheme::cassandra, 16},
      {Scheme::range, kExact},
  };
  const std::vector<Target> targets = weighted_targets({1, 2, 3, 4});
  constexpr std::uint64_t kKeys = 100'000;
  for (const auto& [scheme, points] : expectations) {
    CAPTURE(kSchemes.at(static_cast<std::size_t>(scheme)).name);
    const Sharder sharder(scheme, targets, kKeys);
    std::vector<double> counts(targets.size());
    for (std::uint64_t key = 0; key < kKeys; ++key) ++counts.at(sharder.of(key));
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const double share = targets[i].weight / 10.0;
      const double sample = std::sqrt(share * (1 - share) / kKeys);
      const double placing = share / std::sqrt(points * targets[i].weight);
      CAPTURE(i, counts[i]);
      CHECK(std::abs(counts[i] / kKeys - share) < 5 * sample + 4 * placing);
    }
  }
}

TEST_CASE("placement: weights that do not count", "[algorithms][hashing]") {
  for (const Scheme scheme :
       {Scheme::modulo, Scheme::libmemcached_modula, Scheme::jump, Scheme::ketama, Scheme::ringpop,
        Scheme::kafka_murmur2, Scheme::kafka_crc32, Scheme::kafka_fnv1a}) {
    const Sharder equal(scheme, numbered_targets(5));
    const Sharder weighted(scheme, weighted_targets({1, 9, 2, 8, 3}));
    for (std::uint64_t key = 0; key < 500; ++key) CHECK(equal.of(key) == weighted.of(key));
  }
}

// How even ten equal targets are: the fullest over the mean, of 100,000 keys. The bound is
// 1 + 4 / sqrt(points each), or 1.05 for schemes without points (five standard deviations of the
// sample, 1.047).
TEST_CASE("placement: balance of equal targets", "[algorithms][hashing][statistical]") {
  constexpr std::uint64_t kKeys = 100'000;
  for (const SchemeInfo& info : kSchemes) {
    CAPTURE(info.name);
    double bound = 1.05;
    switch (info.scheme) {
      case Scheme::karger:
      case Scheme::ketama_weighted:
      case Scheme::nginx_hash_consistent:
        bound = 1 + 4 / std::sqrt(160.0);
        break;
      case Scheme::ketama:
      case Scheme::ringpop:
      case Scheme::envoy_ring:
        bound = 1 + 4 / std::sqrt(100.0);
        break;
      case Scheme::haproxy_consistent:
      case Scheme::cassandra:
        bound = 1 + 4 / std::sqrt(16.0);
        break;
      default:
        break;
    }
    const Sharder sharder(info.scheme, numbered_targets(10), kKeys);
    std::vector<double> counts(10);
    for (std::uint64_t key = 0; key < kKeys; ++key) ++counts.at(sharder.of(key));
    CHECK(*std::max_element(counts.begin(), counts.end()) / (kKeys / 10.0) < bound);
  }
}

struct Promise {
  Scheme scheme;
  bool weighted;   // holds whatever the weights
  bool any_place;  // holds for a target anywhere in the list, not only for the last
};

constexpr std::array kMinimal = {
    Promise{Scheme::karger, true, true},
    Promise{Scheme::ketama, false, true},
    Promise{Scheme::jump, false, false},
    Promise{Scheme::rendezvous, true, true},
    Promise{Scheme::nginx_hash_consistent, true, true},
    Promise{Scheme::haproxy_consistent, true, true},
    Promise{Scheme::ringpop, false, true},
    Promise{Scheme::cassandra, true, true},
};

TEST_CASE("placement: a newcomer takes keys, nobody else does", "[algorithms][hashing][property]") {
  SplitMix bits{300};
  for (int round = 0; round < 25; ++round)
    for (const Promise& promise : kMinimal) {
      CAPTURE(kSchemes.at(static_cast<std::size_t>(promise.scheme)).name, round);
      std::vector<Target> targets = any_targets(bits, promise.weighted);
      const Sharder before(promise.scheme, targets);
      targets.push_back({"the newcomer", promise.weighted ? 3u : 1u});
      const Sharder after(promise.scheme, targets);
      std::size_t gained = 0;
      for (std::uint64_t key = 0; key < 500; ++key) {
        const std::size_t place = after.of(key);
        if (place == targets.size() - 1) {
          ++gained;
        } else {
          REQUIRE(place == before.of(key));
        }
      }
      CHECK(gained > 0);
    }
}

TEST_CASE("placement: only the keys of one that goes move", "[algorithms][hashing][property]") {
  SplitMix bits{400};
  for (int round = 0; round < 25; ++round)
    for (const Promise& promise : kMinimal) {
      CAPTURE(kSchemes.at(static_cast<std::size_t>(promise.scheme)).name, round);
      std::vector<Target> targets = any_targets(bits, promise.weighted);
      targets.push_back({"one more", 1});
      const std::size_t gone =
          promise.any_place ? bits.bits() % targets.size() : targets.size() - 1;
      const Sharder before(promise.scheme, targets);
      targets[gone].weight = 0;
      const Sharder after(promise.scheme, targets);
      for (std::uint64_t key = 0; key < 500; ++key)
        if (before.of(key) != gone) REQUIRE(after.of(key) == before.of(key));
    }
}

TEST_CASE("placement: a million for a weight costs no memory", "[algorithms][hashing][costly]") {
  const std::vector<Target> targets = weighted_targets({~0u, ~0u, 1});
  for (const SchemeInfo& info : kSchemes) {
    if (info.scheme == Scheme::envoy_ring) continue;  // eight million points: envoy_ring_test.cpp
    CAPTURE(info.name);
    const Sharder sharder(info.scheme, targets);
    std::array<std::size_t, 3> counts{};
    for (std::uint64_t key = 0; key < 300; ++key) ++counts.at(sharder.of(key));
    CHECK(counts[0] + counts[1] + counts[2] == 300);
  }
}

}  // namespace
}  // namespace highwater::hashing
