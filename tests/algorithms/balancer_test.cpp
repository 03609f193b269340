// What every policy promises, whatever it decides by.

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/policy.h"
#include "tests/support/golden.h"

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

/// HAProxy passes over the server tried last only, and not even that where no other is left.
bool redispatches(Policy policy) {
  return policy == Policy::haproxy_roundrobin || policy == Policy::haproxy_static_rr ||
         policy == Policy::haproxy_leastconn || policy == Policy::haproxy_first ||
         policy == Policy::haproxy_source || policy == Policy::haproxy_hash ||
         policy == Policy::haproxy_random;
}
/// Keeps a key's request for its own server even when that is full: there it would wait.
bool insists(Policy policy) {
  return policy == Policy::haproxy_source || policy == Policy::haproxy_hash;
}
/// Picks the first of several that are all alike.
bool prefers_the_first(Policy policy) {
  return policy == Policy::busiest || policy == Policy::haproxy_first;
}
/// A key that is an address too, for the policies that hash clients.
std::string client(int i) {
  return "10." + std::to_string(i % 7) + "." + std::to_string(i % 251) + ".9";
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
    CHECK_FALSE(make_balancer(policy, {})->pick({.key = "10.0.0.9"}, bits).has_value());
  });
}

TEST_CASE("Balancer: only usable targets are picked, all of them some time",
          "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    SplitMix bits{1};
    const auto balancer = make_balancer(policy, named(3), calm());
    std::map<std::size_t, int> picks;
    for (int i = 0; i < 300; ++i) {
      const std::string key = client(i);
      const Pick picked = balancer->pick({.now = i, .key = key}, bits);
      REQUIRE(picked.has_value());
      ++picks[*picked];
      balancer->finish(*picked, {.now = i});
    }
    CHECK(picks.size() == (prefers_the_first(policy) ? 1 : 3));
    balancer->set_usable(0, false, 300);
    balancer->set_usable(2, false, 300);
    for (int i = 0; i < 10; ++i) {
      CHECK(balancer->pick({.now = 300 + i, .key = "10.0.0.9"}, bits) == 1u);
      balancer->finish(1, {.now = 300 + i});
    }
    balancer->set_usable(1, false, 400);
    CHECK_FALSE(balancer->pick({.now = 400, .key = "10.0.0.9"}, bits).has_value());
    balancer->set_usable(2, true, 500);
    CHECK(balancer->pick({.now = 500, .key = "10.0.0.9"}, bits) == 2u);
  });
}

TEST_CASE("Balancer: passes over what the request has tried", "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    if (redispatches(policy)) return;
    SplitMix bits{1};
    const auto balancer = make_balancer(policy, named(3));
    for (int i = 0; i < 20; ++i) {
      const std::string key = client(i);
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

TEST_CASE("Balancer: HAProxy passes over the server tried last while there is another",
          "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    if (!redispatches(policy) || insists(policy)) return;
    SplitMix bits{1};
    const auto balancer = make_balancer(policy, named(3));
    for (int i = 0; i < 20; ++i) {
      const std::string key = client(i);
      const std::size_t first = balancer->pick({.now = i, .key = key}, bits).value();
      balancer->finish(first, {.now = i, .failed = true});
      const std::vector<std::size_t> tried{first};
      const Pick second = balancer->pick({.now = i, .key = key, .tried = tried}, bits);
      REQUIRE(second.has_value());
      CHECK(*second != first);
      balancer->finish(*second, {.now = i});
    }
  });
}

TEST_CASE("Balancer: a full target gets no more until one request is back",
          "[algorithms][balancing]") {
  each_policy([](Policy policy) {
    if (insists(policy)) return;
    SplitMix bits{1};
    std::vector<Target> targets = named(2);
    for (Target& target : targets) target.max_in_flight = 2;
    const auto balancer = make_balancer(policy, targets);
    for (int i = 0; i < 4; ++i) REQUIRE(balancer->pick({.key = "10.0.0.9"}, bits).has_value());
    CHECK(balancer->in_flight(0) == 2);
    CHECK(balancer->in_flight(1) == 2);
    CHECK(balancer->in_flight() == 4);
    CHECK_FALSE(balancer->pick({.key = "10.0.0.9"}, bits).has_value());
    balancer->finish(1, {});
    CHECK(balancer->pick({.key = "10.0.0.9"}, bits) == 1u);
  });
}

}  // namespace
}  // namespace highwater::balancing
