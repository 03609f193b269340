// Properties of the ways to place keys, over lists of targets and keys that RapidCheck draws, and
// shrinks where one fails.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/hashing/hashing.h"

namespace highwater::hashing {
namespace {

/// 1 to 12 targets of different names, any bytes; weights 0 to 5 or all 1.
std::vector<Target> drawn_targets(bool weighted) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 13);
  const auto names =
      *rc::gen::unique<std::vector<std::string>>(count, rc::gen::nonEmpty<std::string>());
  std::vector<Target> targets;
  for (const std::string& name : names)
    targets.push_back({name, weighted ? *rc::gen::inRange(0u, 6u) : 1});
  return targets;
}

Scheme drawn_scheme(const std::vector<Scheme>& from) {
  return *rc::gen::elementOf(from);
}

TEST_CASE("placement: RapidCheck finds no key that is not served",
          "[algorithms][hashing][property]") {
  CHECK(rc::check([] {
    const std::vector<Target> targets = drawn_targets(true);
    const SchemeInfo info = *rc::gen::elementOf(kSchemes);
    RC_TAG(std::string(info.name));
    const Sharder sharder(info.scheme, targets, 1000);
    const bool served = !places_in_use(targets).empty();
    for (const auto& key : *rc::gen::arbitrary<std::vector<std::string>>()) {
      const std::size_t place = sharder.of(key);
      RC_ASSERT((place == Sharder::kNone) == !served);
      if (served) RC_ASSERT(targets.at(place).weight > 0);
      RC_ASSERT(sharder.of(key) == place);
    }
  }));
}

const std::vector<Scheme> kWeighted = {Scheme::karger, Scheme::rendezvous, Scheme::cassandra,
                                       Scheme::nginx_hash_consistent, Scheme::haproxy_consistent};
const std::vector<Scheme> kUnweighted = {Scheme::ketama, Scheme::ringpop, Scheme::jump};

/// @param with, without  The same targets, one having a weight in the first list only.
void check_minimal(Scheme scheme, const std::vector<Target>& with,
                   const std::vector<Target>& without, std::size_t changed) {
  const Sharder before(scheme, without);
  const Sharder after(scheme, with);
  for (std::uint64_t key = 0; key < 300; ++key)
    if (after.of(key) != changed) RC_ASSERT(after.of(key) == before.of(key));
}

TEST_CASE("placement: RapidCheck finds no key that moves without need",
          "[algorithms][hashing][property]") {
  for (const bool weighted : {false, true})
    CHECK(rc::check([weighted] {
      std::vector<Target> with = drawn_targets(weighted);
      const Scheme scheme = drawn_scheme(weighted ? kWeighted : kUnweighted);
      RC_TAG(std::string(kSchemes.at(static_cast<std::size_t>(scheme)).name));
      // Jump's buckets come and go at the end only.
      const std::size_t changed =
          scheme == Scheme::jump ? with.size() - 1 : *rc::gen::inRange<std::size_t>(0, with.size());
      std::vector<Target> without = with;
      without[changed].weight = 0;
      RC_PRE(!places_in_use(without).empty());
      if (with[changed].weight == 0) with[changed].weight = 2;
      check_minimal(scheme, with, without, changed);
    }));
}

TEST_CASE("rendezvous: RapidCheck finds no bid that is cheaper than the winner's",
          "[algorithms][hashing][property]") {
  CHECK(rc::check([] {
    std::vector<Target> targets = drawn_targets(true);
    for (Target& target : targets)
      if (*rc::gen::inRange(0, 4) == 0) target.weight = *rc::gen::inRange(0u, 4'000'000'000u);
    RC_PRE(!places_in_use(targets).empty());
    const Rendezvous table(targets);
    for (int i = 0; i < 50; ++i) {
      const auto hash = *rc::gen::arbitrary<std::uint64_t>();
      const std::size_t winner = table.lookup_hash(hash).value();
      const auto cost = [&](std::size_t place) {
        const std::uint64_t bid = murmur3_mix(xxhash64(targets[place].name) ^ hash);
        return minus_log_of(bid) / targets[place].weight;
      };
      for (std::size_t place = 0; place < targets.size(); ++place)
        if (targets[place].weight > 0) RC_ASSERT(cost(winner) <= cost(place));
    }
  }));
}

TEST_CASE("maglev: RapidCheck finds no table that is not even or moves too much",
          "[algorithms][hashing][property]") {
  CHECK(rc::check([] {
    std::vector<Target> targets = drawn_targets(false);
    constexpr std::uint32_t kCells = 4099;
    const auto cells = [&](const std::vector<Target>& list) {
      const Maglev table(list, kCells);
      std::vector<std::uint32_t> owners;
      for (std::uint64_t hash = 0; hash < kCells; ++hash)
        owners.push_back(static_cast<std::uint32_t>(table.lookup_hash(hash).value()));
      return owners;
    };
    const std::vector<std::uint32_t> before = cells(targets);
    std::vector<std::uint32_t> held(targets.size());
    for (const std::uint32_t owner : before) ++held.at(owner);
    const auto [least, most] = std::minmax_element(held.begin(), held.end());
    RC_ASSERT(*most - *least <= 1);
    // The paper's figure 12: little more than the leaver's share moves; here at most a quarter of
    // the cells that could have stayed.
    RC_PRE(targets.size() > 1);
    const auto gone = *rc::gen::inRange<std::size_t>(0, targets.size());
    targets[gone].weight = 0;
    const std::vector<std::uint32_t> after = cells(targets);
    std::size_t moved = 0;
    for (std::size_t i = 0; i < kCells; ++i) moved += before[i] != gone && before[i] != after[i];
    RC_ASSERT(moved * 4 <= kCells);
  }));
}

// A scheme that hashes evenly gives a target a binomial number of keys; one with v points a target
// gives it a share whose own deviation is about 1 / sqrt(v). Seven deviations of both.
TEST_CASE("placement: RapidCheck finds no target far above its share",
          "[algorithms][hashing][property]") {
  struct Bound {
    Scheme scheme;
    double points;  // 0: even by itself
  };
  constexpr std::array kBounds = {Bound{Scheme::jump, 0},     Bound{Scheme::rendezvous, 0},
                                  Bound{Scheme::maglev, 0},   Bound{Scheme::karger, 160},
                                  Bound{Scheme::ketama, 100}, Bound{Scheme::ketama_weighted, 160},
                                  Bound{Scheme::ringpop, 100}};
  CHECK(rc::check([&] {
    const std::vector<Target> targets = drawn_targets(false);
    const Bound bound = kBounds.at(*rc::gen::inRange<std::size_t>(0, kBounds.size()));
    RC_TAG(std::string(kSchemes.at(static_cast<std::size_t>(bound.scheme)).name));
    const Sharder sharder(bound.scheme, targets);
    constexpr std::uint64_t kKeys = 4000;
    std::vector<double> held(targets.size());
    for (std::uint64_t key = 0; key < kKeys; ++key) ++held.at(sharder.of(key));
    const double fair = static_cast<double>(kKeys) / static_cast<double>(targets.size());
    double variance = 1 / fair;
    if (bound.points > 0) variance += 1 / bound.points;
    RC_ASSERT(*std::max_element(held.begin(), held.end()) <= fair * (1 + 7 * std::sqrt(variance)));
  }));
}

}  // namespace
}  // namespace highwater::hashing
