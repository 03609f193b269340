// The HAProxy algorithms against recordings of HAProxy 2.6.12 and against their own promises.

#include "models/algorithms/balancing/haproxy.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/haproxy_hash.h"
#include "models/algorithms/balancing/haproxy_leastconn.h"
#include "models/algorithms/balancing/haproxy_map.h"
#include "models/algorithms/balancing/haproxy_order.h"
#include "models/algorithms/balancing/haproxy_roundrobin.h"
#include "tests/algorithms/balancing_configs.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("haproxy_roundrobin, haproxy_static_rr: the picks of a running HAProxy",
          "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("haproxy_rr.json");
  SplitMix bits{1};
  int compared = 0;
  for (const auto& [name, picks] : golden.at("seqs").items()) {
    const auto balancer = haproxy_balancer(golden.at("backends").at(name));
    std::vector<std::size_t> got;
    for (std::size_t i = 0; i < picks.size(); ++i) {
      got.push_back(balancer->pick({}, bits).value());
      balancer->finish(got.back(), {});
    }
    CAPTURE(name);
    CHECK(got == picks.get<std::vector<std::size_t>>());
    ++compared;
  }
  CHECK(compared == 8);
}

TEST_CASE("haproxy_hash: the choices of a running HAProxy", "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("haproxy_hash.json");
  SplitMix bits{1};
  int compared = 0;
  for (const auto& [name, choices] : golden.at("choice").items()) {
    const auto balancer = haproxy_balancer(golden.at("backends").at(name));
    const std::string expected = choices;
    std::string got;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string key = "key-" + std::to_string(i);
      const std::size_t picked = balancer->pick({.key = key}, bits).value();
      balancer->finish(picked, {});
      got += static_cast<char>('0' + picked);
    }
    CAPTURE(name);
    CHECK(got == expected);
    ++compared;
  }
  CHECK(compared == 18);
}

TEST_CASE("haproxy_source: the choices of a running HAProxy", "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("haproxy_source.json");
  SplitMix bits{1};
  int compared = 0;
  for (const auto& [name, rows] : golden.at("rows").items()) {
    const auto balancer = haproxy_balancer(golden.at("backends").at(name));
    CAPTURE(name);
    for (const auto& row : rows) {
      const std::string key = row.at(0);
      CAPTURE(key);
      const Pick picked = balancer->pick({.key = key}, bits);
      CHECK(picked == row.at(1).get<std::size_t>());
      ++compared;
    }
  }
  CHECK(compared > 400);
}

TEST_CASE("haproxy_leastconn, haproxy_first, hash-balance-factor: a running HAProxy",
          "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("haproxy_leastconn_first_chbl.json");
  SplitMix bits{1};
  int compared = 0;
  for (const auto& [name, ops] : golden.at("runs").items()) {
    const auto balancer = haproxy_balancer(golden.at("backends").at(name));
    std::map<int, std::size_t> open;
    CAPTURE(name);
    for (const auto& op : ops) {
      const int id = op.at(1);
      CAPTURE(id);
      if (op.at(0) == "c") {
        balancer->finish(open.at(id), {});
        open.erase(id);
      } else {
        const std::string key = op.size() > 3 ? op.at(3).get<std::string>() : "";
        REQUIRE(balancer->pick({.key = key}, bits) == op.at(2).get<std::size_t>());
        open[id] = op.at(2);
        ++compared;
      }
    }
  }
  CHECK(compared > 200);
}

TEST_CASE("haproxy_dynamic_limit: between minconn and maxconn by the load",
          "[algorithms][balancing]") {
  CHECK(haproxy_dynamic_limit(0, 100, 7, 1000) == 100);  // no minconn: always maxconn
  CHECK(haproxy_dynamic_limit(100, 100, 7, 1000) == 100);
  CHECK(haproxy_dynamic_limit(10, 100, 1, 1000) == 10);
  CHECK(haproxy_dynamic_limit(10, 100, 100, 1000) == 10);
  CHECK(haproxy_dynamic_limit(10, 100, 555, 1000) == 55);  // cut, as integers are
  CHECK(haproxy_dynamic_limit(10, 100, 1000, 1000) == 100);
  CHECK(haproxy_dynamic_limit(10, 100, 5000, 1000) == 100);
  CHECK(haproxy_dynamic_limit(30, 0, 5, 1000) == 30);  // minconn alone is the limit
}

TEST_CASE("haproxy_slow_start: sixteenths of the weight, percents of the limit",
          "[algorithms][balancing]") {
  HaproxySlowStart start(20 * kSecond);
  CHECK(start.due() == HaproxySlowStart::kNever);
  CHECK(start.sixteenths(0) == 16);
  start.begin(100 * kSecond);
  CHECK(start.due() == 101 * kSecond);
  for (std::int64_t elapsed = 0; elapsed < 20; ++elapsed) {
    const std::int64_t now = (100 + elapsed) * kSecond;
    CHECK(start.limit(50, now) == std::max<std::int64_t>(1, 50 * (100 * elapsed / 20) / 100));
    CHECK(start.sixteenths(now) == (16 * elapsed + 20) / 20);
  }
  CHECK(start.limit(50, 120 * kSecond) == 50);
  CHECK(start.sixteenths(120 * kSecond) == 16);
  // One that is off changes nothing.
  HaproxySlowStart off(0);
  off.begin(0);
  CHECK(off.sixteenths(0) == 16);
  CHECK(off.limit(50, 0) == 50);
}

TEST_CASE("haproxy_random: shares follow the weights, many draws balance the loads",
          "[algorithms][balancing]") {
  std::vector<Target> targets(3);
  for (std::size_t i = 0; i < 3; ++i) {
    targets[i].name = "s" + std::to_string(i);
    targets[i].weight = static_cast<std::uint32_t>(20 * (i + 1));
  }
  SplitMix bits{1};
  HaproxyOptions options;
  options.draws = 1;
  HaproxyRandom single(targets, options);
  std::vector<double> share(3);
  for (int i = 0; i < 60'000; ++i) {
    const std::size_t picked = single.pick({}, bits).value();
    single.finish(picked, {});
    share[picked] += 1.0 / 60'000;
  }
  // The ring's own imbalance with 320 to 960 points a server is within some percent.
  CHECK(share[0] == Approx(1 / 6.0).margin(0.03));
  CHECK(share[1] == Approx(2 / 6.0).margin(0.03));
  CHECK(share[2] == Approx(3 / 6.0).margin(0.03));
  options.draws = 50;
  HaproxyRandom careful(targets, options);
  for (int i = 0; i < 600; ++i) REQUIRE(careful.pick({}, bits).has_value());
  // Nobody leaves: with many draws the loads follow the weights closely.
  CHECK(careful.in_flight(0) == Approx(100).margin(3));
  CHECK(careful.in_flight(2) == Approx(300).margin(3));
}

TEST_CASE("haproxy_order: servers by number, equals in the order of their insertion",
          "[algorithms][balancing][property]") {
  SplitMix bits{1};
  for (int round = 0; round < 50; ++round) {
    HaproxyOrder order;
    std::multimap<std::uint32_t, std::uint32_t> naive;  // equal keys keep their order of insertion
    std::vector<std::pair<std::uint32_t, std::uint32_t>> there;
    std::uint32_t next_server = 0;
    const std::uint32_t keys = 1 + static_cast<std::uint32_t>(bits.bits() % 20);
    for (int step = 0; step < 400; ++step) {
      if (there.empty() || bits.bits() % 2 == 0) {
        const auto key = static_cast<std::uint32_t>(bits.bits() % keys);
        order.insert(key, next_server);
        naive.emplace(key, next_server);
        there.emplace_back(key, next_server++);
      } else {
        const bool first = bits.bits() % 2 == 0;
        const std::size_t which = bits.bits() % there.size();
        const auto [key, server] =
            first ? std::pair{order.first().key, order.first().server} : there[which];
        order.erase(key, server);
        std::erase_if(naive, [server = server](const auto& e) { return e.second == server; });
        std::erase_if(there, [server = server](const auto& e) { return e.second == server; });
      }
      REQUIRE(order.empty() == naive.empty());
      REQUIRE(std::equal(
          order.begin(), order.end(), naive.begin(), naive.end(),
          [](const auto& a, const auto& b) { return a.key == b.first && a.server == b.second; }));
    }
  }
}

// Whatever happens, nobody is picked who is down, of weight 0 or full; and while somebody can serve
// who is not passed over by a hash, somebody is picked.
TEST_CASE("haproxy: only servers that may serve are picked, through any changes",
          "[algorithms][balancing][property]") {
  using Make = std::unique_ptr<Balancer> (*)(std::vector<Target>);
  const Make makers[] = {[](std::vector<Target> t) -> std::unique_ptr<Balancer> {
                           return std::make_unique<HaproxyRoundRobin>(std::move(t));
                         },
                         [](std::vector<Target> t) -> std::unique_ptr<Balancer> {
                           return std::make_unique<HaproxyLeastConn>(std::move(t));
                         },
                         [](std::vector<Target> t) -> std::unique_ptr<Balancer> {
                           return std::make_unique<HaproxyFirst>(std::move(t));
                         },
                         [](std::vector<Target> t) -> std::unique_ptr<Balancer> {
                           return std::make_unique<HaproxyStaticRoundRobin>(std::move(t));
                         }};
  for (std::size_t kind = 0; kind < 4; ++kind) {
    CAPTURE(kind);
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      SplitMix bits{seed};
      std::vector<Target> targets(1 + bits.bits() % 6);
      for (std::size_t i = 0; i < targets.size(); ++i) {
        targets[i].name = "s" + std::to_string(i);
        targets[i].weight = static_cast<std::uint32_t>(bits.bits() % 5);
        targets[i].max_in_flight = static_cast<std::uint32_t>(bits.bits() % 4);
      }
      const auto balancer = makers[kind](targets);
      std::vector<std::size_t> open;
      for (std::int64_t step = 0; step < 400; ++step) {
        const std::int64_t now = step * kSecond / 10;
        const std::size_t i = bits.bits() % targets.size();
        switch (bits.bits() % 6) {
          case 0:
            balancer->set_usable(i, bits.bits() % 2 == 0, now);
            break;
          case 1:
            balancer->set_weight(i, static_cast<std::uint32_t>(bits.bits() % 5), now);
            break;
          case 2:
            if (!open.empty()) {
              const std::size_t which = bits.bits() % open.size();
              balancer->finish(open[which], {.now = now});
              open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
            }
            break;
          default: {
            bool somebody = false;
            for (std::size_t k = 0; k < targets.size(); ++k)
              somebody |= balancer->usable(k) && balancer->weight(k) > 0 &&
                          (targets[k].max_in_flight == 0 ||
                           balancer->in_flight(k) < targets[k].max_in_flight);
            const Pick picked = balancer->pick({.now = now}, bits);
            REQUIRE(picked.has_value() == somebody);
            if (!picked) break;
            CHECK(balancer->usable(*picked));
            CHECK(balancer->weight(*picked) > 0);
            CHECK((targets[*picked].max_in_flight == 0 ||
                   balancer->in_flight(*picked) <= targets[*picked].max_in_flight));
            open.push_back(*picked);
          }
        }
        CHECK(balancer->in_flight() == open.size());
      }
    }
  }
}

}  // namespace
}  // namespace highwater::balancing
