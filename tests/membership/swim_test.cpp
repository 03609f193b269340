#include "models/algorithms/membership/swim.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/membership/membership.h"
#include "tests/support/golden.h"

namespace highwater::membership {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMs = 1'000'000;
using Cluster5 = SwimCluster<SplitMix>;
using Events = std::vector<Cluster5::Event>;
using Kind = SwimEvent::Kind;

struct Detection {
  std::size_t seen = 0;
  double first = 0;  // seconds after the death
  double last = 0;
};

Detection detection_of(const Events& events, std::int64_t died, std::uint32_t node) {
  Detection d;
  for (const auto& e : events) {
    if (e.event.kind != Kind::failed || e.event.node != node) continue;
    const double after = static_cast<double>(e.at - died) / 1e9;
    d.first = d.seen == 0 ? after : std::min(d.first, after);
    d.last = std::max(d.last, after);
    ++d.seen;
  }
  return d;
}

std::size_t count(const Events& events, Kind kind) {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [&](const auto& e) { return e.event.kind == kind; }));
}

TEST_CASE("swim: deaths are noticed as late as serf agents notice them", "[membership][costly]") {
  // Recorded: the first to say so after 4.0 s to 5.4 s (local) and 5.0 s to 6.5 s (lan), all others
  // within 0.1 s of it. In a second each of four survivors probes one of four others: nobody the
  // dead one with a chance of (3/4)^4, so that many runs have a longer tail than four recordings.
  const auto golden = golden_json("serf_swim_detection.json");
  for (const bool lan : {false, true}) {
    double recorded_least = 1e9;
    double recorded_most = 0;
    double recorded_sum = 0;
    int recorded = 0;
    for (const auto& run : golden["runs"]) {
      if ((run["profile"] == "lan") != lan) continue;
      double first = 1e9;
      for (const auto& [node, ms] : run["failed_detect_ms"].items())
        first = std::min(first, ms.get<double>() / 1000);
      recorded_least = std::min(recorded_least, first);
      recorded_most = std::max(recorded_most, first);
      recorded_sum += first;
      ++recorded;
    }
    REQUIRE(recorded == 4);
    double sum = 0;
    std::vector<double> spreads;
    constexpr int kRuns = 200;
    for (int seed = 1; seed <= kRuns; ++seed) {
      Cluster5 cluster(lan ? SwimOptions::lan() : SwimOptions::local(),
                       {.latency = 100'000, .jitter = 100'000}, 5,
                       SplitMix{static_cast<std::uint64_t>(seed)});
      cluster.start();
      Events events;
      cluster.run(100 * kSecond + seed * 137 * kMs, events);
      CHECK(count(events, Kind::joined) == 20);
      CHECK(count(events, Kind::suspected) == 0);
      events.clear();
      const std::int64_t died = cluster.now();
      cluster.kill(1);
      cluster.run(died + 30 * kSecond, events);
      const Detection d = detection_of(events, died, 1);
      REQUIRE(d.seen == 4);
      CHECK(d.first >= (lan ? 4.9 : 3.9));
      CHECK(d.first <= (lan ? 12.0 : 11.0));
      sum += d.first;
      spreads.push_back(d.last - d.first);
    }
    const double mean = sum / kRuns;
    std::sort(spreads.begin(), spreads.end());
    CAPTURE(lan, mean, spreads[kRuns / 2], recorded_sum / recorded);
    CHECK(mean >= recorded_least);
    CHECK(mean <= recorded_most);
    // The mean of four has a standard error of about 0.3 s.
    CHECK(std::abs(mean - recorded_sum / recorded) < 0.6);
    CHECK(spreads[kRuns / 2] < 0.15);
  }
}

TEST_CASE("swim: suspicion comes as soon as the paper expects", "[membership]") {
  // The paper's expected time to the first suspicion: the period times 1 / (1 - e^-1) = 1.58 for
  // random probing; shuffled round robin is no slower on average. A failed probe takes one more.
  double sum = 0;
  constexpr int kRuns = 40;
  for (int seed = 1; seed <= kRuns; ++seed) {
    Cluster5 cluster(SwimOptions::lan(), {}, 50, SplitMix{static_cast<std::uint64_t>(seed)});
    cluster.start_complete(static_cast<std::uint32_t>(cluster.size()));
    Events events;
    cluster.run(10 * kSecond + seed * 77 * kMs, events);
    const std::int64_t died = cluster.now();
    cluster.kill(3);
    events.clear();
    cluster.run(died + 10 * kSecond, events);
    const auto first = std::find_if(events.begin(), events.end(),
                                    [](const auto& e) { return e.event.kind == Kind::suspected; });
    REQUIRE(first != events.end());
    sum += static_cast<double>(first->at - died) / 1e9;
  }
  CHECK(sum / kRuns > 1.0);
  CHECK(sum / kRuns < 1.0 + 1.582);
}

TEST_CASE("swim: no one is suspected without loss and every dead one is found", "[membership]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    const auto n = 2 + static_cast<std::uint32_t>(bits.bits() % 12);
    Cluster5 cluster(bits.bits() % 2 == 0 ? SwimOptions::lan() : SwimOptions::local(),
                     {.latency = static_cast<std::int64_t>(bits.bits() % 20) * kMs}, n, bits);
    cluster.start();
    Events events;
    cluster.run(120 * kSecond, events);  // what gossip misses the exchange of states brings
    RC_ASSERT(count(events, Kind::suspected) == 0u);
    RC_ASSERT(count(events, Kind::joined) == std::size_t{n} * (n - 1));
    events.clear();
    std::set<std::uint32_t> dead;
    for (std::uint32_t i = 0; i < n; ++i)
      if (bits.bits() % 3 == 0 && dead.size() + 1 < n) {
        cluster.kill(i);
        dead.insert(i);
      }
    cluster.run(cluster.now() + 120 * kSecond, events);
    std::set<std::pair<std::uint32_t, std::uint32_t>> failed;
    for (const auto& e : events) {
      if (e.event.kind == Kind::failed) {
        RC_ASSERT(dead.count(e.event.node) == 1u);
        failed.insert({e.observer, e.event.node});
      }
      if (e.event.kind == Kind::suspected) RC_ASSERT(dead.count(e.event.node) == 1u);
    }
    RC_ASSERT(failed.size() == dead.size() * (n - dead.size()));
  }));
}

TEST_CASE("swim: a thousand members find a death", "[membership][costly]") {
  Cluster5 cluster(SwimOptions::lan(), {}, 1000, SplitMix{7});
  cluster.start_complete(static_cast<std::uint32_t>(cluster.size()));
  Events events;
  cluster.run(5 * kSecond, events);
  CHECK(events.empty());
  const std::int64_t died = cluster.now();
  cluster.kill(500);
  cluster.run(died + 40 * kSecond, events);
  const Detection d = detection_of(events, died, 500);
  CHECK(d.seen == 999);
  // 4 * 3 s of suspicion at least, once confirmed, and the time to probe it.
  CHECK(d.first > 12);
  CHECK(d.last < 20);
  for (const auto& e : events) CHECK(e.event.node == 500);
}

TEST_CASE("swim: losses cost refutations rather than members", "[membership]") {
  Cluster5 cluster(SwimOptions::lan(), {.loss = 0.1}, 20, SplitMix{3});
  cluster.start_complete(static_cast<std::uint32_t>(cluster.size()));
  Events events;
  cluster.run(120 * kSecond, events);
  CHECK(count(events, Kind::failed) == 0);
  // Without TCP and helpers a tenth of the probes would fail both ways: 20 * 120 * 0.19.
  CHECK(count(events, Kind::suspected) < 100);
  SwimOptions bare = SwimOptions::lan();
  bare.indirect_checks = 0;
  bare.disable_tcp_pings = true;
  Cluster5 naked(bare, {.loss = 0.1}, 20, SplitMix{3});
  naked.start_complete(static_cast<std::uint32_t>(naked.size()));
  Events worse;
  naked.run(120 * kSecond, worse);
  CHECK(count(worse, Kind::refuted) > 20);
  CHECK(count(worse, Kind::suspected) > 10 * count(events, Kind::suspected));
}

// A member with two others that it knows, and what it sends.
struct Rig {
  explicit Rig(SwimOptions options = SwimOptions::lan()) : swim(options, 0, 0) {
    swim.start(0, bits, out);
    for (std::uint32_t node = 1; node <= 3; ++node) hear({SwimState::alive, node, node, 1, node});
    swim.forget_claims();
    out.clear();
  }
  void hear(const SwimClaim& claim) {
    SwimPacket packet;
    packet.from = 1;
    packet.claims.push_back(claim);
    swim.receive(0, packet, bits, out);
  }
  std::vector<Kind> events() {
    std::vector<Kind> kinds;
    for (const SwimEvent& e : out.events) kinds.push_back(e.kind);
    out.events.clear();
    return kinds;
  }
  SplitMix bits{1};
  SwimOutput out;
  Swim swim;
};

TEST_CASE("swim: claims override by incarnation and then by gravity", "[membership]") {
  Rig rig;
  rig.hear({SwimState::suspect, 1, 2, 1, 0});
  CHECK(rig.swim.state(1) == SwimState::suspect);
  rig.hear({SwimState::alive, 1, 1, 1, 1});  // no newer: nothing
  CHECK(rig.swim.state(1) == SwimState::suspect);
  rig.hear({SwimState::alive, 1, 1, 2, 1});
  CHECK(rig.swim.state(1) == SwimState::alive);
  rig.hear({SwimState::suspect, 1, 2, 1, 0});
  CHECK(rig.swim.state(1) == SwimState::alive);
  rig.hear({SwimState::dead, 1, 2, 2, 0});
  CHECK(rig.swim.state(1) == SwimState::dead);
  rig.hear({SwimState::alive, 1, 1, 3, 1});
  CHECK(rig.swim.state(1) == SwimState::alive);
  rig.hear({SwimState::dead, 1, 1, 3, 0});  // by itself: on purpose
  CHECK(rig.swim.state(1) == SwimState::left);
  CHECK(rig.events() == std::vector<Kind>{Kind::suspected, Kind::failed, Kind::joined, Kind::left});
  rig.hear({SwimState::suspect, 9, 2, 1, 0});
  CHECK_FALSE(rig.swim.knows(9));
}

TEST_CASE("swim: an accused member refutes and doubts itself", "[membership]") {
  Rig rig;
  rig.hear({SwimState::suspect, 0, 2, 5, 0});
  CHECK(rig.swim.incarnation(0) == 6);
  CHECK(rig.swim.state(0) == SwimState::alive);
  CHECK(rig.swim.health() == 1);
  rig.hear({SwimState::dead, 0, 2, 6, 0});
  CHECK(rig.swim.incarnation(0) == 7);
  rig.hear({SwimState::suspect, 0, 2, 6, 0});  // older: nothing
  CHECK(rig.swim.incarnation(0) == 7);
  CHECK(rig.swim.waiting_claims() == 1);
}

TEST_CASE("swim: another address is taken for a member that left or was dead for long",
          "[membership]") {
  SwimOptions options = SwimOptions::lan();
  options.dead_node_reclaim_time = 10 * kSecond;
  Rig rig(options);
  rig.hear({SwimState::alive, 1, 1, 9, 77});
  CHECK(rig.swim.incarnation(1) == 1);
  rig.hear({SwimState::dead, 1, 2, 1, 0});
  rig.hear({SwimState::alive, 1, 1, 9, 77});
  CHECK(rig.swim.state(1) == SwimState::dead);
  SwimPacket packet;
  packet.claims.push_back({SwimState::alive, 1, 1, 1, 77});
  rig.swim.receive(11 * kSecond, packet, rig.bits, rig.out);
  CHECK(rig.swim.state(1) == SwimState::alive);
  rig.hear({SwimState::dead, 2, 2, 1, 0});
  rig.hear({SwimState::alive, 2, 2, 1, 88});
  CHECK(rig.swim.state(2) == SwimState::alive);
}

TEST_CASE("swim: of a whole state a death is a suspicion only", "[membership]") {
  Rig rig;
  SwimPacket state;
  state.kind = SwimPacket::Kind::push;
  state.from = 2;
  state.claims = {{SwimState::dead, 1, 1, 1, 0}, {SwimState::left, 3, 3, 1, 0}};
  rig.swim.receive(0, state, rig.bits, rig.out);
  CHECK(rig.swim.state(1) == SwimState::suspect);
  CHECK(rig.swim.state(3) == SwimState::left);
  REQUIRE(rig.out.size() == 1);
  CHECK(rig.out.packet(0).kind == SwimPacket::Kind::pull);
  CHECK(rig.out.packet(0).claims.size() == 4);
}

TEST_CASE("swim: a helper answers for another or says that it could not", "[membership]") {
  Rig rig;
  SwimPacket ask;
  ask.kind = SwimPacket::Kind::indirect_ping;
  ask.from = 1;
  ask.sequence = 42;
  ask.target = 2;
  rig.swim.receive(0, ask, rig.bits, rig.out);
  REQUIRE(rig.out.size() == 1);
  CHECK(rig.out.packet(0).to == 2);
  const std::uint32_t mine = rig.out.packet(0).sequence;
  rig.out.clear();
  SwimPacket ack;
  ack.kind = SwimPacket::Kind::ack;
  ack.from = 2;
  ack.sequence = mine;
  rig.swim.receive(1, ack, rig.bits, rig.out);
  REQUIRE(rig.out.size() == 1);
  CHECK(rig.out.packet(0).kind == SwimPacket::Kind::ack);
  CHECK(rig.out.packet(0).sequence == 42);
  rig.out.clear();
  rig.swim.receive(1, ask, rig.bits, rig.out);
  rig.out.clear();
  rig.swim.tick(1 + 500 * kMs, rig.bits, rig.out);
  bool nack = false;
  for (std::size_t i = 0; i < rig.out.size(); ++i)
    nack = nack || (rig.out.packet(i).kind == SwimPacket::Kind::nack && rig.out.packet(i).to == 1);
  CHECK(nack);
}

TEST_CASE("swim: a prober whose helpers are silent doubts itself", "[membership]") {
  Rig rig;
  rig.swim.tick(kSecond, rig.bits, rig.out);  // pings somebody
  rig.swim.tick(1500 * kMs, rig.bits, rig.out);
  rig.swim.tick(2 * kSecond, rig.bits, rig.out);
  CHECK(rig.swim.health() == 2);  // two helpers asked, none has said that it could not
}

TEST_CASE("swim: the dead are forgotten and may come back", "[membership]") {
  SwimOptions options = SwimOptions::local();
  options.gossip_to_the_dead_time = 5 * kSecond;
  Cluster5 cluster(options, {}, 4, SplitMix{5});
  cluster.start();
  Events events;
  cluster.run(5 * kSecond, events);
  cluster.kill(2);
  cluster.run(30 * kSecond, events);
  CHECK_FALSE(cluster.node(0).knows(2));
  events.clear();
  cluster.restart(2, 0);
  cluster.run(40 * kSecond, events);
  CHECK(count(events, Kind::joined) == 6);
  cluster.leave(3);
  events.clear();
  cluster.run(45 * kSecond, events);
  CHECK(count(events, Kind::left) == 3);
}

TEST_CASE("swim: one alone and everything off", "[membership]") {
  SplitMix bits{1};
  SwimOutput out;
  SwimOptions off;
  off.probe_interval = 0;
  off.gossip_interval = 0;
  off.push_pull_interval = -1;
  Swim idle(off, 0);
  idle.start(0, bits, out);
  CHECK(idle.next() == Swim::kNever);
  Swim alone(SwimOptions::lan(), 0);
  out.clear();
  alone.start(5 * kSecond, bits, out);
  alone.tick(0, bits, out);  // time goes back: nothing
  alone.tick(100 * kSecond, bits, out);
  CHECK(out.size() == 0);
}

}  // namespace
}  // namespace highwater::membership
