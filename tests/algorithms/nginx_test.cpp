// The nginx methods against recordings of nginx 1.22.1 and against their own promises.

#include "models/algorithms/balancing/nginx.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/client.h"
#include "models/algorithms/balancing/nginx_hash.h"
#include "models/algorithms/balancing/nginx_random.h"
#include "tests/algorithms/balancing_configs.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

/// One request with nginx' default of next upstreams: as many as there are. Targets in `dead` fail
/// at once.
std::vector<std::size_t> request(Balancer& balancer, std::int64_t now, AnyBits bits,
                                 const std::vector<bool>& dead, std::string_view key = {}) {
  std::vector<std::size_t> tried;
  std::uint32_t vain_draws = 0;
  for (;;) {
    const Pick picked =
        balancer.pick({.now = now, .key = key, .tried = tried, .vain_draws = &vain_draws}, bits);
    if (!picked) return tried;
    balancer.finish(*picked, {.now = now, .failed = dead[*picked]});
    tried.push_back(*picked);
    if (!dead[*picked]) return tried;
  }
}

TEST_CASE("nginx_round_robin: the picks of a running nginx", "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("nginx_wrr.json");
  SplitMix bits{1};
  int compared = 0;
  for (const auto& [name, picks] : golden.at("seqs").items()) {
    const auto balancer = nginx_balancer(golden.at("upstreams").at(name));
    std::vector<std::size_t> got;
    for (std::size_t i = 0; i < picks.size(); ++i) {
      got.push_back(balancer->pick({}, bits).value());
      balancer->finish(got.back(), {});
    }
    CAPTURE(name);
    CHECK(got == picks.get<std::vector<std::size_t>>());
    ++compared;
  }
  CHECK(compared == 4);
}

// Recorded every half second, with two closed ports (18199, 18198): max_fails 1 and 3, and backups.
TEST_CASE("nginx_round_robin: whom a running nginx tries when servers fail",
          "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("nginx_wrr_failures.json");
  SplitMix bits{1};
  int compared = 0;
  for (const auto& [name, rows] : golden.at("rows").items()) {
    const auto balancer = nginx_balancer(golden.at("upstreams").at(name));
    std::vector<bool> dead;
    std::map<std::size_t, std::size_t> port;
    for (std::size_t i = 0; i < balancer->size(); ++i) {
      port[i] = std::stoul(balancer->target(i).name.substr(10)) - 18100;
      dead.push_back(port[i] > 90);
    }
    for (const auto& row : rows) {
      std::vector<std::size_t> got;
      const std::int64_t now = row.at(0).get<std::int64_t>() * kMillisecond;
      for (const std::size_t i : request(*balancer, now, bits, dead)) got.push_back(port[i]);
      CAPTURE(name, now);
      REQUIRE(got == row.at(1).get<std::vector<std::size_t>>());
      ++compared;
    }
  }
  CHECK(compared == 144);
}

/// The stream that the recorded nginx drew from, at the recorded draws: those of one run follow
/// those of the run before.
SplitMix stream_at(const std::vector<std::uint64_t>& draws) {
  SplitMix bits{1};
  for (int skipped = 0; skipped < 1000 && !draws.empty(); ++skipped) {
    SplitMix here = bits;
    bool same = true;
    for (const std::uint64_t draw : draws) same = same && here.bits() >> 33 == draw;
    if (same) return bits;
    bits.bits();
  }
  CHECK(draws.empty());
  return bits;
}

TEST_CASE("nginx_least_conn, nginx_random, nginx_random_two, max_conns: a running nginx",
          "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("nginx_leastconn_random.json");
  int compared = 0;
  for (const auto& [name, run] : golden.at("runs").items()) {
    const auto balancer = nginx_balancer(golden.at("upstreams").at(name));
    SplitMix bits = stream_at(run.at("draws").get<std::vector<std::uint64_t>>());
    std::map<int, std::size_t> open;
    CAPTURE(name);
    for (const auto& op : run.at("ops")) {
      const int id = op.at(1);
      if (op.at(0) == "c") {
        balancer->finish(open.at(id), {});
        open.erase(id);
        continue;
      }
      const Pick picked = balancer->pick({}, bits);
      CAPTURE(id);
      if (op.at(2).is_string()) {
        REQUIRE_FALSE(picked.has_value());  // nginx answered 502
      } else {
        REQUIRE(picked == op.at(2).get<std::size_t>());
        open[id] = *picked;
      }
      ++compared;
    }
  }
  CHECK(compared == 328);
}

TEST_CASE("nginx_hash, nginx_hash_consistent, nginx_ip_hash: a running nginx",
          "[algorithms][balancing][golden]") {
  SplitMix bits{1};
  for (const char* name :
       {"nginx_hash_1111_s2down", "nginx_chash_123", "nginx_chash_1111_s2down"}) {
    const nlohmann::json golden = golden_json(std::string(name) + ".json");
    const auto balancer = nginx_balancer(golden.at("upstream"));
    std::vector<std::size_t> got;
    for (std::size_t i = 0; i < golden.at("choice").size(); ++i) {
      const std::string key = "key-" + std::to_string(i);
      got.push_back(balancer->pick({.key = key}, bits).value());
      balancer->finish(got.back(), {});
    }
    CAPTURE(name);
    CHECK(got.size() == 300);
    CHECK(got == golden.at("choice").get<std::vector<std::size_t>>());
  }
  const nlohmann::json golden = golden_json("nginx_iphash_1111.json");
  const auto balancer = nginx_balancer(golden.at("upstream"));
  for (const auto& row : golden.at("rows")) {
    const std::string key = row.at(0);
    CAPTURE(key);
    CHECK(balancer->pick({.key = key}, bits) == row.at(1).get<std::size_t>());
  }
}
}  // namespace
}  // namespace highwater::balancing
