#include "models/algorithms/balancing/sticky.h"

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/balancing/envoy_random.h"
#include "models/algorithms/balancing/least_connections.h"
#include "models/algorithms/balancing/nginx.h"
#include "models/algorithms/balancing/round_robin.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

std::unique_ptr<Sticky> sticky(std::vector<Target> targets, const StickyOptions& options = {}) {
  auto inner = std::make_unique<RoundRobin>(targets);
  return std::make_unique<Sticky>(std::move(targets), std::move(inner), options);
}

Pick ask(Balancer& balancer, std::string_view key, std::int64_t now = 0) {
  SplitMix bits{1};
  const Pick picked = balancer.pick({.now = now, .key = key}, bits);
  if (picked) balancer.finish(*picked, {.now = now});
  return picked;
}

TEST_CASE("StickyTable: as a list that is looked through from end to end",
          "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    struct Entry {
      std::string key;
      std::size_t target;
      std::int64_t used;
    };
    const auto ttl = *rc::gen::element<std::int64_t>(0, 1, 5, 40);
    const auto most = *rc::gen::inRange<std::size_t>(0, 8);
    StickyTable table(ttl, most);
    std::list<Entry> model;  // unused for longest first
    std::int64_t now = 0;
    const auto forget = [&] {
      if (ttl > 0) model.remove_if([&](const Entry& entry) { return now - entry.used >= ttl; });
    };
    const auto place = [&](const std::string& key) {
      return std::find_if(model.begin(), model.end(),
                          [&](const Entry& entry) { return entry.key == key; });
    };
    for (int step = 0; step < 120; ++step) {
      now += *rc::gen::inRange<std::int64_t>(0, 4);
      const std::string key(1, static_cast<char>(*rc::gen::inRange(0, 12)));
      forget();
      auto known = place(key);
      if (*rc::gen::arbitrary<bool>()) {
        const auto found = table.find(key, now);
        RC_ASSERT(found.has_value() == (known != model.end()));
        if (known == model.end()) continue;
        RC_ASSERT(*found == known->target);
        known->used = now;
        model.splice(model.end(), model, known);
      } else {
        const auto target = *rc::gen::inRange<std::size_t>(0, 9);
        table.put(key, target, now);
        if (known != model.end()) {
          model.erase(known);
        } else if (model.size() >= most && !model.empty()) {
          model.pop_front();
        }
        if (most > 0) model.push_back({key, target, now});
      }
      RC_ASSERT(table.size() == model.size());
    }
  }));
}

TEST_CASE("Sticky: the same key goes to the same target", "[algorithms][balancing]") {
  const auto balancer = sticky(std::vector<Target>(3));
  CHECK(ask(*balancer, "u") == 0u);
  CHECK(ask(*balancer, "v") == 1u);
  for (int i = 0; i < 5; ++i) {
    CHECK(ask(*balancer, "u") == 0u);
    CHECK(ask(*balancer, "v") == 1u);
  }
  CHECK(ask(*balancer, "") == 2u);  // the policy's affair
  CHECK(ask(*balancer, "") == 0u);
  CHECK(balancer->table().size() == 2);
  CHECK(balancer->reads_key());
}

TEST_CASE("Sticky: a session whose target will not do moves and stays", "[algorithms][balancing]") {
  std::vector<Target> targets(3);
  targets[1].max_in_flight = 1;
  const auto balancer = sticky(targets);
  SplitMix bits{1};
  REQUIRE(ask(*balancer, "u") == 0u);
  REQUIRE(ask(*balancer, "v") == 1u);
  balancer->set_usable(0, false, 0);
  CHECK(ask(*balancer, "u") == 2u);
  balancer->set_usable(0, true, 0);
  CHECK(ask(*balancer, "u") == 2u);
  REQUIRE(balancer->pick({.key = "v"}, bits) == 1u);  // now it is full
  CHECK(ask(*balancer, "v") == 0u);
  balancer->set_weight(0, 0, 0);
  CHECK(ask(*balancer, "v") == 2u);
  const std::vector<std::size_t> tried{2};
  CHECK(balancer->pick({.key = "u", .tried = tried}, bits) != 2u);
}

TEST_CASE("Sticky: without redispatch nobody is picked", "[algorithms][balancing]") {
  const auto balancer = sticky(std::vector<Target>(2), {.redispatch = false});
  REQUIRE(ask(*balancer, "u") == 0u);
  balancer->set_usable(0, false, 0);
  CHECK_FALSE(ask(*balancer, "u"));
  CHECK(ask(*balancer, "w") == 1u);
  balancer->set_usable(0, true, 0);
  CHECK(ask(*balancer, "u") == 0u);
}

TEST_CASE("Sticky: sessions are forgotten after the ttl and when there are too many",
          "[algorithms][balancing]") {
  const auto balancer = sticky(std::vector<Target>(3), {.ttl = 10, .max_entries = 2});
  CHECK(ask(*balancer, "u", 0) == 0u);
  CHECK(ask(*balancer, "u", 9) == 0u);
  CHECK(ask(*balancer, "u", 18) == 0u);
  CHECK(ask(*balancer, "u", 28) == 1u);  // forgotten after ten without use
  CHECK(ask(*balancer, "v", 28) == 2u);
  CHECK(ask(*balancer, "w", 28) == 0u);  // u is forgotten for it
  CHECK(ask(*balancer, "u", 28) == 1u);
}

TEST_CASE("Sticky: both balancers count the same", "[algorithms][balancing]") {
  std::vector<Target> targets(4);
  auto inner = std::make_unique<LeastConnections>(targets);
  Sticky balancer(targets, std::move(inner));
  SplitMix bits{3};
  std::vector<std::size_t> open;
  for (int step = 0; step < 2'000; ++step) {
    if (!open.empty() && bits.bits() % 2 == 0) {
      std::swap(open[bits.bits() % open.size()], open.back());
      balancer.finish(open.back(), {});
      open.pop_back();
    } else {
      const std::string key(1, static_cast<char>('a' + bits.bits() % 20));
      open.push_back(balancer.pick({.key = key}, bits).value());
    }
    for (std::size_t i = 0; i < 4; ++i)
      REQUIRE(balancer.in_flight(i) == balancer.inner().in_flight(i));
  }
}

TEST_CASE("Sticky: passes on what concerns the policy within", "[algorithms][balancing]") {
  std::vector<Target> targets(2);
  Sticky nginx(targets, std::make_unique<NginxRoundRobin>(targets));
  CHECK(nginx.judges_failures());
  CHECK_FALSE(nginx.set_degraded(0, true, 0));
  Sticky envoy(targets, std::make_unique<EnvoyRandom>(targets));
  CHECK_FALSE(envoy.judges_failures());
  CHECK(envoy.set_degraded(0, true, 0));
  for (int i = 0; i < 20; ++i) CHECK(ask(envoy, "") == 1u);
}

}  // namespace
}  // namespace highwater::balancing
