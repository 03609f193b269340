// What every policy promises, through any changes: who is picked may be picked, limits hold,
// everybody is served while somebody can serve; and how evenly, and how little moves.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/balancing/policy.h"
#include "tests/support/golden.h"

namespace highwater::balancing::balancing_properties_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Picks by the key alone, and waits for a server that is full.
bool insists(Policy policy) {
  return policy == Policy::haproxy_source || policy == Policy::haproxy_hash;
}

/// Without panic, in which Envoy and Finagle pick unusable targets on purpose.
Options calm() {
  Options options;
  options.envoy.hosts.priority.panic_threshold = 0;
  options.finagle.panic = false;
  return options;
}

std::vector<Target> some_targets(bool limits) {
  std::vector<Target> targets(*rc::gen::inRange<std::size_t>(0, 9));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    targets[i].name = "10.0.0." + std::to_string(i + 1) + ":80";
    targets[i].weight = *rc::gen::element(0u, 1u, 1u, 2u, 3u, 7u, 256u);
    targets[i].down = *rc::gen::inRange(0, 5) == 0;
    if (limits) targets[i].max_in_flight = *rc::gen::element(0u, 1u, 2u, 5u);
  }
  return targets;
}

std::string some_key() {
  return "10." + std::to_string(*rc::gen::inRange(0, 30)) + ".3.4";
}

/// Random events; `check(balancer, picked)` after every pick.
template <class Check>
void run(Balancer& balancer, bool changes, const Check& check) {
  SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
  std::vector<std::size_t> open;
  std::int64_t now = 0;
  for (int step = 0; step < 70; ++step) {
    now += *rc::gen::element<std::int64_t>(0, 1'000, kSecond);
    const int what = *rc::gen::inRange(0, changes ? 6 : 4);
    if (what == 0 && !open.empty()) {
      std::swap(open[bits.bits() % open.size()], open.back());
      balancer.finish(open.back(), {.now = now, .latency = 1'000});
      open.pop_back();
    } else if (what == 4 && balancer.size() > 0) {
      const std::size_t which = bits.bits() % balancer.size();
      balancer.set_usable(which, !balancer.usable(which), now);
    } else if (what == 5 && balancer.size() > 0) {
      balancer.set_weight(bits.bits() % balancer.size(), *rc::gen::element(0u, 1u, 4u, 256u), now);
    } else {
      const std::string key = some_key();
      const Pick picked = balancer.pick({.now = now, .key = key}, bits);
      if (picked) open.push_back(*picked);
      check(picked);
    }
    RC_ASSERT(balancer.in_flight() == open.size());
  }
}

TEST_CASE("balancing: whoever is picked is usable, of some weight and within its limit",
          "[algorithms][balancing][property]") {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    CHECK(rc::check(std::string(info.name), [&] {
      const auto balancer = make_balancer(info.policy, some_targets(true), calm());
      run(*balancer, true, [&](Pick picked) {
        if (!picked) return;
        RC_ASSERT(balancer->usable(*picked));
        RC_ASSERT(balancer->weight(*picked) > 0u);
        const std::uint32_t most = balancer->target(*picked).max_in_flight;
        RC_ASSERT(most == 0 || balancer->in_flight(*picked) <= most);
      });
    }));
  }
}

TEST_CASE("balancing: everybody is served while somebody can serve",
          "[algorithms][balancing][property]") {
  for (const PolicyInfo& info : kPolicies) {
    // HAProxy lets a request wait for the server it belongs to or has drawn.
    const bool waits = insists(info.policy) || info.policy == Policy::haproxy_random;
    CAPTURE(info.name);
    CHECK(rc::check(std::string(info.name), [&] {
      const auto balancer = make_balancer(info.policy, some_targets(!waits), calm());
      run(*balancer, true, [&](Pick picked) {
        if (picked) return;
        for (std::size_t i = 0; i < balancer->size(); ++i) {
          const std::uint32_t most = balancer->target(i).max_in_flight;
          RC_ASSERT(!balancer->usable(i) || balancer->weight(i) == 0 ||
                    (most != 0 && balancer->in_flight(i) >= most));
        }
      });
    }));
  }
}

std::vector<std::size_t> counts(Balancer& balancer, std::size_t picks) {
  std::vector<std::size_t> result(balancer.size());
  SplitMix bits{1};
  for (std::size_t i = 0; i < picks; ++i) {
    const std::size_t picked = balancer.pick({}, bits).value();
    balancer.finish(picked, {});
    ++result[picked];
  }
  return result;
}

std::vector<Target> weighing(const std::vector<std::uint32_t>& weights) {
  std::vector<Target> targets;
  for (const std::uint32_t weight : weights)
    targets.push_back(
        {.name = "10.0.0." + std::to_string(targets.size() + 1) + ":80", .weight = weight});
  return targets;
}
std::size_t sum_of(const std::vector<std::uint32_t>& weights) {
  std::size_t sum = 0;
  for (const std::uint32_t weight : weights) sum += weight;
  return sum;
}

TEST_CASE("balancing: weighted turns are exact over a cycle", "[algorithms][balancing][property]") {
  for (const Policy policy :
       {Policy::weighted, Policy::nginx_round_robin, Policy::nginx_least_conn,
        Policy::haproxy_roundrobin, Policy::haproxy_static_rr, Policy::envoy_round_robin}) {
    CHECK(rc::check([&] {
      std::vector<std::uint32_t> weights(*rc::gen::inRange<std::size_t>(2, 8));
      for (std::uint32_t& weight : weights) weight = *rc::gen::inRange(1u, 12u);
      const auto balancer = make_balancer(policy, weighing(weights), calm());
      const std::size_t cycle = sum_of(weights);
      // Envoy starts somewhere in its cycle, in doubles; HAProxy rounds positions up to whole ones.
      const bool rounds =
          policy == Policy::envoy_round_robin || policy == Policy::haproxy_roundrobin;
      const std::size_t slack = rounds ? 1 : 0;
      for (int round = 0; round < 3; ++round) {
        const auto got = counts(*balancer, cycle);
        for (std::size_t i = 0; i < weights.size(); ++i) {
          RC_ASSERT(got[i] + slack >= weights[i]);
          RC_ASSERT(got[i] <= weights[i] + slack);
        }
      }
    }));
  }
}

// After any number of picks n a target of weight w of W has n w / W, to within one (or two where
// the targets are many: smooth weighted round robin is no perfect apportionment).
TEST_CASE("balancing: smooth turns are spread within a cycle",
          "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    std::vector<std::uint32_t> weights(*rc::gen::inRange<std::size_t>(2, 7));
    for (std::uint32_t& weight : weights) weight = *rc::gen::inRange(1u, 20u);
    const auto balancer = make_balancer(Policy::nginx_round_robin, weighing(weights));
    SplitMix bits{1};
    std::vector<double> got(weights.size());
    const auto sum = static_cast<double>(sum_of(weights));
    for (int n = 1; n <= 200; ++n) {
      const std::size_t picked = balancer->pick({}, bits).value();
      balancer->finish(picked, {});
      ++got[picked];
      for (std::size_t i = 0; i < weights.size(); ++i)
        RC_ASSERT(std::abs(got[i] - n * (weights[i] / sum)) <
                  std::max(1.0, static_cast<double>(weights.size()) / 2));
    }
  }));
}

TEST_CASE("balancing: random policies share by weight", "[algorithms][balancing]") {
  const std::vector<std::uint32_t> weights = {1, 5, 0, 3, 1};
  for (const Policy policy : {Policy::nginx_random, Policy::finagle_p2c, Policy::haproxy_random}) {
    Options options = calm();
    options.haproxy.draws = 1;
    const auto balancer = make_balancer(policy, weighing(weights), options);
    const auto got = counts(*balancer, 100'000);
    // HAProxy draws points of a ring that holds 16 a unit of weight.
    const double slack = policy == Policy::haproxy_random ? 0.1 : 0.01;
    for (std::size_t i = 0; i < weights.size(); ++i)
      CHECK(static_cast<double>(got[i]) / 1e5 == Approx(weights[i] / 10.0).margin(slack));
  }
}

// Least connections of any kind: over the target picked, all have as many requests per weight.
TEST_CASE("balancing: least connections are the least per weight",
          "[algorithms][balancing][property]") {
  for (const Policy policy :
       {Policy::least_connections, Policy::nginx_least_conn, Policy::haproxy_leastconn}) {
    const bool weighs = policy != Policy::least_connections;
    CHECK(rc::check([&] {
      const auto balancer = make_balancer(policy, some_targets(false), calm());
      run(*balancer, false, [&](Pick picked) {
        if (!picked) return;
        const double before = balancer->in_flight(*picked) - 1.0;
        const double own = weighs ? balancer->weight(*picked) : 1;
        for (std::size_t i = 0; i < balancer->size(); ++i) {
          if (i == *picked || !balancer->usable(i) || balancer->weight(i) == 0) continue;
          const double weight = weighs ? balancer->weight(i) : 1;
          if (policy == Policy::haproxy_leastconn) {
            // It counts one more than there are, but none of the idle.
            const auto key = [](double load, double w) {
              return load == 0 ? 0 : std::floor((load + 1) * 256 / w);
            };
            RC_ASSERT(key(before, own) <= key(balancer->in_flight(i), weight));
          } else {
            RC_ASSERT(before * weight <= balancer->in_flight(i) * own);
          }
        }
      });
    }));
  }
}

/// Keys' places.
std::vector<std::size_t> placed(Balancer& balancer) {
  SplitMix bits{1};
  std::vector<std::size_t> places;
  for (int i = 0; i < 400; ++i) {
    const std::string key = "10." + std::to_string(i % 200) + "." + std::to_string(i) + ".9";
    places.push_back(balancer.pick({.key = key}, bits).value());
    balancer.finish(places.back(), {});
  }
  return places;
}

// A target that goes takes its own keys along and no others; when it comes back, all is as before.
TEST_CASE("balancing: consistent hashes move only the keys of who leaves",
          "[algorithms][balancing][property]") {
  const auto check = [](Policy policy, bool consistent) {
    CAPTURE(static_cast<int>(policy));
    CHECK(rc::check([&] {
      std::vector<std::uint32_t> weights(*rc::gen::inRange<std::size_t>(2, 9));
      for (std::uint32_t& weight : weights) weight = *rc::gen::inRange(1u, 6u);
      Options options = calm();
      options.haproxy.consistent = consistent;
      const auto balancer = make_balancer(policy, weighing(weights), options);
      const auto before = placed(*balancer);
      const std::size_t gone = *rc::gen::inRange<std::size_t>(0, weights.size());
      balancer->set_usable(gone, false, 0);
      const auto without = placed(*balancer);
      for (std::size_t i = 0; i < before.size(); ++i) {
        RC_ASSERT(without[i] != gone);
        // With one server left HAProxy and nginx hash no more, and it gets everything anyway.
        if (before[i] != gone) RC_ASSERT(without[i] == before[i]);
      }
      balancer->set_usable(gone, true, 0);
      RC_ASSERT(placed(*balancer) == before);
    }));
  };
  check(Policy::nginx_hash_consistent, false);
  check(Policy::nginx_hash, false);  // the others stay: only refused proposals go on
  check(Policy::nginx_ip_hash, false);
  check(Policy::haproxy_hash, true);
  check(Policy::haproxy_source, true);
}

TEST_CASE("balancing: HAProxy's bound is kept", "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    std::vector<std::uint32_t> weights(*rc::gen::inRange<std::size_t>(1, 9));
    for (std::uint32_t& weight : weights) weight = *rc::gen::inRange(1u, 9u);
    Options options;
    options.haproxy.consistent = true;
    options.haproxy.balance_factor = *rc::gen::inRange(101u, 300u);
    const auto balancer = make_balancer(Policy::haproxy_hash, weighing(weights), options);
    const auto sum = static_cast<double>(sum_of(weights));
    run(*balancer, false, [&](Pick picked) {
      // The slots of all are rounded up, and shared by weight to within one.
      const double slots = std::ceil(static_cast<double>(balancer->in_flight()) *
                                     options.haproxy.balance_factor / 100);
      RC_ASSERT(balancer->in_flight(*picked) <=
                std::max(1.0, std::floor(slots * weights[*picked] / sum) + 1));
    });
  }));
}

TEST_CASE("balancing: the greatest weights do not overflow", "[algorithms][balancing][costly]") {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    // nginx' ring would have its most points, five million: too slow for a test.
    if (info.policy == Policy::nginx_hash_consistent) continue;
    const auto balancer =
        make_balancer(info.policy, weighing({kMost, 1, kMost, kMost - 1}), calm());
    SplitMix bits{1};
    std::vector<int> got(4);
    for (int i = 0; i < 400; ++i) {
      const std::string key = "10.0." + std::to_string(i % 256) + ".1";
      const Pick picked = balancer->pick({.now = i, .key = key}, bits);
      REQUIRE(picked);
      ++got[*picked];
      if (i % 2 == 0) balancer->finish(*picked, {.now = i});
    }
    // nginx' hashes and draws have 13, 15 and 31 bits: beyond, the first server gets everything.
    if (info.policy == Policy::nginx_round_robin || info.policy == Policy::weighted) {
      CHECK(got[1] <= 2);
      CHECK(std::abs(got[0] - got[2]) <= 2);
    }
  }
}

TEST_CASE("balancing: thousands of targets", "[algorithms][balancing]") {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    const auto balancer =
        make_balancer(info.policy, weighing(std::vector<std::uint32_t>(3'000, 1)), calm());
    SplitMix bits{1};
    std::map<std::size_t, int> got;
    for (int i = 0; i < 600; ++i) {
      const std::string key = "10." + std::to_string(i % 256) + "." + std::to_string(i / 3) + ".1";
      const Pick picked = balancer->pick({.key = key}, bits);
      REQUIRE(picked);
      ++got[*picked];
    }
    const bool one = info.policy == Policy::busiest || info.policy == Policy::haproxy_first;
    CHECK((one ? got.size() == 1 : got.size() > 100));
  }
}

}  // namespace
}  // namespace highwater::balancing::balancing_properties_test
