// What every policy promises, whatever it decides by.

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/policy.h"
#include "tests/algorithms/golden.h"

namespace highwater::balancing {
namespace {

std::vector<Target> named(std::size_t count) {
  std::vector<Target> targets;
  for (std::size_t i = 0; i < count; ++i)
    targets.push_back({.name = "10.0.0." + std::to_string(i + 1) + ":80"});
  return targets;
}

/// Without panic, in which Envoy and Finagle pick unusable targets on purpose.
Options calm() {
  Options options;
  options.envoy.hosts.priority.panic_threshold = 0;
  options.finagle.panic = false;
  return options;
}

/// Runs `check` under every policy.
template <class Check>
void each_policy(const Check& check) {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    check(info.policy);
  }
}

TEST_CASE("Balancer: nobody to pick among none", "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    SplitMix bits{1};
    CHECK_FALSE(make_balancer(policy, {})->pick({.key = "k"}, bits).has_value());
  });
}

TEST_CASE("Balancer: only usable targets are picked, all of them some time",
          "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    SplitMix bits{1};
    const auto balancer = make_balancer(policy, named(3), calm());
    std::map<std::size_t, int> picks;
    for (int i = 0; i < 300; ++i) {
      const std::string key = "key-" + std::to_string(i);
      const Pick picked = balancer->pick({.now = i, .key = key}, bits);
      REQUIRE(picked.has_value());
      ++picks[*picked];
      balancer->finish(*picked, {.now = i});
    }
    CHECK(picks.size() == (policy == Policy::busiest ? 1 : 3));  // a tie is the first one's
    balancer->set_usable(0, false, 300);
    balancer->set_usable(2, false, 300);
    for (int i = 0; i < 10; ++i) {
      CHECK(balancer->pick({.now = 300 + i, .key = "k"}, bits) == 1u);
      balancer->finish(1, {.now = 300 + i});
    }
    balancer->set_usable(1, false, 400);
    CHECK_FALSE(balancer->pick({.now = 400, .key = "k"}, bits).has_value());
    balancer->set_usable(2, true, 500);
    CHECK(balancer->pick({.now = 500, .key = "k"}, bits) == 2u);
  });
}

TEST_CASE("Balancer: passes over what the request has tried", "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    SplitMix bits{1};
    const auto balancer = make_balancer(policy, named(3));
    for (int i = 0; i < 20; ++i) {
      const std::string key = "key-" + std::to_string(i);
      std::vector<std::size_t> tried;
      for (int attempt = 0; attempt < 3; ++attempt) {
        const Pick picked = balancer->pick({.now = i, .key = key, .tried = tried}, bits);
        REQUIRE(picked.has_value());
        CHECK(std::find(tried.begin(), tried.end(), *picked) == tried.end());
        balancer->finish(*picked, {.now = i});
        tried.push_back(*picked);
      }
      CHECK_FALSE(balancer->pick({.now = i, .key = key, .tried = tried}, bits).has_value());
    }
  });
}

TEST_CASE("Balancer: a full target gets no more until one request is back",
          "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    SplitMix bits{1};
    std::vector<Target> targets = named(2);
    for (Target& target : targets) target.max_in_flight = 2;
    const auto balancer = make_balancer(policy, targets);
    for (int i = 0; i < 4; ++i) REQUIRE(balancer->pick({.key = "k"}, bits).has_value());
    CHECK(balancer->in_flight(0) == 2);
    CHECK(balancer->in_flight(1) == 2);
    CHECK(balancer->in_flight() == 4);
    CHECK_FALSE(balancer->pick({.key = "k"}, bits).has_value());
    balancer->finish(1, {});
    CHECK(balancer->pick({.key = "k"}, bits) == 1u);
  });
}

}  // namespace
}  // namespace highwater::balancing
