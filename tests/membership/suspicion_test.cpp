#include "models/algorithms/membership/suspicion.h"

#include <catch2/catch.hpp>

#include "models/algorithms/membership/swim.h"
#include "tests/support/golden.h"

namespace highwater::membership::suspicion_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The table of memberlist's TestSuspicion_remainingSuspicionTime, elapsed time left out.
TEST_CASE("suspicion: confirmations shorten it by their logarithm", "[membership]") {
  CHECK(Suspicion::timeout(0, 3, 2 * kSecond, 30 * kSecond) == 30 * kSecond);
  CHECK(Suspicion::timeout(1, 3, 2 * kSecond, 30 * kSecond) == 16 * kSecond);
  CHECK(Suspicion::timeout(2, 3, 2 * kSecond, 30 * kSecond) == 7'810'000'000);
  CHECK(Suspicion::timeout(3, 3, 2 * kSecond, 30 * kSecond) == 2 * kSecond);
  CHECK(Suspicion::timeout(4, 3, 2 * kSecond, 30 * kSecond) == 2 * kSecond);
}

TEST_CASE("suspicion: only other members confirm and each once", "[membership]") {
  Suspicion suspicion(1, 2, 2 * kSecond, 30 * kSecond, 100 * kSecond);
  CHECK(suspicion.deadline() == 130 * kSecond);
  CHECK_FALSE(suspicion.confirm(1));
  CHECK(suspicion.confirm(2));
  CHECK_FALSE(suspicion.confirm(2));
  CHECK(suspicion.confirm(3));
  CHECK(suspicion.deadline() == 102 * kSecond);
  CHECK_FALSE(suspicion.confirm(4));
  CHECK(suspicion.confirmations() == 2);
  CHECK(Suspicion(1, 0, 2 * kSecond, 30 * kSecond, 0).deadline() == 2 * kSecond);
}

TEST_CASE("suspicion: the shortest timeout grows with the size", "[membership]") {
  CHECK(suspicion_timeout(3, 1, kSecond) == 3 * kSecond);
  CHECK(suspicion_timeout(3, 5, 2 * kSecond) == 6 * kSecond);
  CHECK(suspicion_timeout(3, 50, 2 * kSecond) ==
        10'188'000'000);  // memberlist's TestSuspicionTimeout
  CHECK(suspicion_timeout(3, 500, 2 * kSecond) == 16'188'000'000);
  CHECK(suspicion_timeout(3, 0, kSecond) == 3 * kSecond);
}

TEST_CASE("awareness: the score stays within its bounds and scales", "[membership]") {
  Awareness awareness(8);
  awareness.apply(-1);
  CHECK(awareness.score() == 0);
  CHECK(awareness.scale(kSecond) == kSecond);
  awareness.apply(3);
  CHECK(awareness.scale(kSecond) == 4 * kSecond);
  awareness.apply(100);
  CHECK(awareness.score() == 7);
  CHECK(Awareness(0).score() == 0);
}

TEST_CASE("swim: the profiles are memberlist's", "[membership]") {
  const auto golden = golden_json("defaults_go.json");
  const std::pair<const char*, SwimOptions> profiles[] = {
      {"memberlist_lan", SwimOptions::lan()},
      {"memberlist_wan", SwimOptions::wan()},
      {"memberlist_local", SwimOptions::local()}};
  for (const auto& [name, o] : profiles) {
    const auto& g = golden[name];
    const auto ms = [&](const char* key) { return g[key].get<std::int64_t>() * 1'000'000; };
    CAPTURE(name);
    CHECK(o.probe_interval == ms("ProbeInterval_ms"));
    CHECK(o.probe_timeout == ms("ProbeTimeout_ms"));
    CHECK(o.gossip_interval == ms("GossipInterval_ms"));
    CHECK(o.gossip_to_the_dead_time == ms("GossipToTheDeadTime_ms"));
    CHECK(o.push_pull_interval == ms("PushPullInterval_ms"));
    CHECK(o.dead_node_reclaim_time == ms("DeadNodeReclaimTime_ms"));
    CHECK(o.indirect_checks == g["IndirectChecks"]);
    CHECK(o.gossip_nodes == g["GossipNodes"]);
    CHECK(o.retransmit_mult == g["RetransmitMult"]);
    CHECK(o.suspicion_mult == g["SuspicionMult"]);
    CHECK(o.suspicion_max_timeout_mult == g["SuspicionMaxTimeoutMult"]);
    CHECK(o.awareness_max_multiplier == g["AwarenessMaxMultiplier"]);
    CHECK(o.udp_buffer_size == g["UDPBufferSize"]);
    CHECK(o.disable_tcp_pings == g["DisableTcpPings"]);
  }
}

}  // namespace
}  // namespace highwater::membership::suspicion_test
