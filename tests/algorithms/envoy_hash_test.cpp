// Envoy's ring and Maglev table as balancers, and the bound on their loads.

#include "models/algorithms/balancing/envoy_hash.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

std::vector<Target> hosts(std::size_t count, std::uint32_t weight = 1) {
  std::vector<Target> targets;
  for (std::size_t i = 0; i < count; ++i)
    targets.push_back({.name = "10.0.0." + std::to_string(i + 1) + ":80", .weight = weight});
  return targets;
}

Pick ask(Balancer& balancer, std::string_view key, std::vector<std::size_t> tried = {}) {
  ConstantBits zero;
  const Pick picked = balancer.pick({.key = key, .tried = tried}, zero);
  if (picked) balancer.finish(*picked, {});
  return picked;
}

// ---- bounded_load_hlb_test.cc: a table that leads hash h to host h, factors as given there

/// Requests that make a host's overload what the test says: of 100,000 slots each.
struct Bounded {
  explicit Bounded(std::size_t count, std::uint32_t factor = 100) : bound(shares(count), factor) {}
  static std::vector<hashing::EnvoyHost> shares(std::size_t count) {
    std::vector<hashing::EnvoyHost> list;
    for (std::size_t i = 0; i < count; ++i)
      list.push_back({static_cast<std::uint32_t>(i), 1.0 / static_cast<double>(count)});
    return list;
  }
  std::uint32_t choose(std::uint32_t first, std::uint64_t hash,
                       const std::vector<std::uint64_t>& active) const {
    std::uint64_t overall = 0;
    for (const std::uint64_t each : active) overall += each;
    return bound.choose(first, hash, overall, [&](std::uint32_t i) { return active[i]; });
  }
  EnvoyBoundedLoad bound;
};

TEST_CASE("EnvoyBoundedLoad: NoHostEverOverloaded and OneHostOverloaded",
          "[algorithms][balancing][golden]") {
  const Bounded five(5);
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(five.choose(i, i, {1, 1, 1, 1, 1}) == i);
  // The shuffle of 5 with seed 2 is 2 1 0 4 3.
  CHECK(five.choose(2, 2, {0, 0, 9, 0, 0}) == 1);
}

TEST_CASE("EnvoyBoundedLoad: ActualHostOverloaded", "[algorithms][balancing][golden]") {
  const Bounded five(5, 1);  // the factor of the test: 1 %, so that each has one slot
  CHECK(five.choose(2, 2, {0, 0, 0, 0, 0}) == 2);
  CHECK(five.choose(2, 2, {0, 0, 2, 0, 0}) == 1);
}

TEST_CASE("EnvoyBoundedLoad: MultipleHostOverloaded", "[algorithms][balancing][golden]") {
  const Bounded five(5);
  CHECK(five.choose(2, 2, {9, 9, 9, 0, 0}) == 4);
}

TEST_CASE("EnvoyBoundedLoad: MultipleHashSameHostOverloaded", "[algorithms][balancing][golden]") {
  // With seed 6 the shuffle is 4 0 2 3 1, with 7 it is 0 1 4 3 2.
  const Bounded five(5);
  CHECK(five.choose(3, 6, {0, 0, 0, 9, 0}) == 4);
  CHECK(five.choose(3, 7, {0, 0, 0, 9, 0}) == 0);
}

TEST_CASE("EnvoyBoundedLoad: AllHostsOverloaded", "[algorithms][balancing][golden]") {
  const Bounded three(3, 1);
  CHECK(three.choose(0, 0, {3, 2, 4}) == 1);  // the least so
}

TEST_CASE("EnvoyBoundedLoad: slots by hand", "[algorithms][balancing]") {
  const EnvoyBoundedLoad bound({{0, 0.25}, {1, 0.75}}, 150);
  // (9 + 1) * 150 / 100 = 15 slots, of which a quarter is 3.75, rounded up.
  CHECK(bound.overload(0.25, 4, 9) == 1);
  CHECK(bound.overload(0.25, 5, 9) == 1.25);
  CHECK(bound.overload(0.75, 12, 9) == 1);
  CHECK(bound.overload(0.0001, 1, 0) == 1);  // one slot at least
  CHECK(bound.overload(0.0001, 2, 0) == 2);
}

// ---- The policies

TEST_CASE("envoy_ring_hash, envoy_maglev: the tables decide", "[algorithms][balancing][golden]") {
  const std::vector<Target> targets = hosts(5);
  std::vector<hashing::Target> named;
  for (const Target& target : targets) named.push_back({target.name, target.weight});
  const hashing::EnvoyRing ring(named);
  const hashing::Maglev table(named);
  EnvoyRingHash by_ring(targets);
  EnvoyMaglev by_table(targets);
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = "key-" + std::to_string(i);
    const std::uint64_t hash = hashing::xxhash64(key);
    REQUIRE(ask(by_ring, key) == ring.lookup_hash(hash, 0));
    REQUIRE(ask(by_table, key) == table.lookup_hash(hash, 0));
  }
  CHECK(by_ring.reads_key());
  CHECK(by_table.reads_key());
}

TEST_CASE("envoy_ring_hash, envoy_maglev: a host that was tried is passed over for good",
          "[algorithms][balancing]") {
  EnvoyRingHash ring(hosts(4));
  EnvoyMaglev maglev(hosts(4));
  for (Balancer* balancer : std::initializer_list<Balancer*>{&ring, &maglev}) {
    for (int i = 0; i < 200; ++i) {
      const std::string key = std::to_string(i);
      std::vector<std::size_t> tried;
      for (int attempt = 0; attempt < 4; ++attempt) {
        const Pick picked = ask(*balancer, key, tried);
        REQUIRE(picked);
        REQUIRE(std::find(tried.begin(), tried.end(), *picked) == tried.end());
        tried.push_back(*picked);
      }
      REQUIRE_FALSE(ask(*balancer, key, tried));
    }
  }
}

TEST_CASE("envoy_ring_hash, envoy_maglev: what moves when a host leaves and returns",
          "[algorithms][balancing]") {
  EnvoyRingHash ring(hosts(5));
  EnvoyMaglev maglev(hosts(5));
  const auto placed = [](Balancer& balancer) {
    std::vector<std::size_t> places;
    for (int i = 0; i < 5'000; ++i)
      places.push_back(ask(balancer, "k" + std::to_string(i)).value());
    return places;
  };
  const auto disturbed = [&](Balancer& balancer) {
    const auto before = placed(balancer);
    balancer.set_usable(2, false, 0);
    const auto without = placed(balancer);
    balancer.set_usable(2, true, 0);
    CHECK(placed(balancer) == before);
    int moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      CHECK(without[i] != 2);
      moved += before[i] != 2 && without[i] != before[i];
    }
    return moved / 5'000.0;
  };
  CHECK(disturbed(ring) < 0.10);  // fewer hosts have more points each: 6 to 10 % of the others move
  CHECK(disturbed(maglev) < 0.005);
}

TEST_CASE("envoy_maglev: localities by weight", "[algorithms][balancing][golden]") {
  std::vector<Target> targets = hosts(4);
  for (std::size_t i = 0; i < 4; ++i) targets[i].locality = i < 2 ? "a" : "b";
  EnvoyOptions options;
  options.hosts.locality.mode = EnvoyLocalityMode::weighted;
  options.hosts.locality.weights = {{"a", 3}, {"b", 1}};
  EnvoyMaglev balancer(targets, options);
  int near = 0;
  for (int i = 0; i < 40'000; ++i) near += ask(balancer, std::to_string(i)).value() < 2;
  CHECK(near / 4e4 == Approx(0.75).margin(0.01));
}

TEST_CASE("envoy_ring_hash: a request without a key goes anywhere", "[algorithms][balancing]") {
  EnvoyRingHash balancer(hosts(3));
  SplitMix bits{1};
  std::set<std::size_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(balancer.pick({}, bits).value());
  CHECK(seen.size() == 3);
}

TEST_CASE("envoy_ring_hash, envoy_maglev: none, none usable, none of any weight",
          "[algorithms][balancing]") {
  EnvoyOptions calm;
  calm.hosts.priority.panic_threshold = 0;
  for (const auto& targets : {hosts(0), hosts(2, 0)}) {
    EnvoyRingHash ring(targets, calm);
    EnvoyMaglev maglev(targets, calm);
    CHECK_FALSE(ask(ring, "k"));
    CHECK_FALSE(ask(maglev, "k"));
  }
  EnvoyMaglev down(hosts(2), calm);
  down.set_usable(0, false, 0);
  down.set_usable(1, false, 0);
  CHECK_FALSE(ask(down, "k"));
  down.set_usable(1, true, 0);
  CHECK(ask(down, "k") == 1u);
}

// While somebody is within its slots, nobody beyond them gets more.
TEST_CASE("envoy_ring_hash, envoy_maglev: the bound holds", "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    std::vector<Target> targets = hosts(*rc::gen::inRange<std::size_t>(1, 12));
    std::uint64_t sum = 0;
    for (Target& target : targets) sum += target.weight = *rc::gen::inRange(1u, 6u);
    EnvoyOptions options;
    options.hash.hash_balance_factor = *rc::gen::inRange(100u, 300u);
    options.hash.table_size = 1009;
    EnvoyRingHash ring(targets, options);
    EnvoyMaglev maglev(targets, options);
    const auto keys = *rc::gen::inRange(1, 6);
    for (Balancer* balancer : std::initializer_list<Balancer*>{&ring, &maglev}) {
      std::vector<std::size_t> open;
      for (int step = 0; step < 150; ++step) {
        if (!open.empty() && *rc::gen::inRange(0, 3) == 0) {
          balancer->finish(open.back(), {});
          open.pop_back();
          continue;
        }
        // In doubles and in this order, as Envoy rounds.
        const double slots = std::ceil(static_cast<double>(balancer->in_flight() + 1) *
                                       options.hash.hash_balance_factor / 100);
        std::vector<std::uint8_t> within;  // before the pick
        for (std::size_t i = 0; i < targets.size(); ++i)
          within.push_back(
              balancer->in_flight(i) <=
              std::max(1.0, std::ceil(slots * (targets[i].weight / static_cast<double>(sum)))));
        const std::string key = std::to_string(*rc::gen::inRange(0, keys));
        ConstantBits zero;
        const std::size_t picked = balancer->pick({.key = key}, zero).value();
        open.push_back(picked);
        RC_ASSERT(within[picked] || std::count(within.begin(), within.end(), 1) == 0);
      }
    }
  }));
}

}  // namespace
}  // namespace highwater::balancing
