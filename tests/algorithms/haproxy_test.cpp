// The HAProxy algorithms against recordings of HAProxy 2.6.12 and against their own promises.

#include "models/algorithms/balancing/haproxy.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/haproxy_hash.h"
#include "models/algorithms/balancing/haproxy_leastconn.h"
#include "models/algorithms/balancing/haproxy_map.h"
#include "models/algorithms/balancing/haproxy_order.h"
#include "models/algorithms/balancing/haproxy_roundrobin.h"
#include "tests/algorithms/balancing_configs.h"
#include "tests/algorithms/golden.h"

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
}  // namespace
}  // namespace highwater::balancing
