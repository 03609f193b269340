#include "models/algorithms/membership/ringpop.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/membership/ringpop_cluster.h"
#include "models/algorithms/membership/ringpop_member.h"
#include "tests/support/golden.h"

namespace highwater::membership::ringpop_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Status = RingpopStatus;
using Ring = RingpopCluster<SplitMix>;

std::vector<std::string> addresses(std::uint32_t n) {
  std::vector<std::string> list;
  for (std::uint32_t i = 0; i < n; ++i) list.push_back("127.0.0.1:" + std::to_string(3000 + i));
  return list;
}

TEST_CASE("ringpop: changes override by incarnation and then by status", "[membership]") {
  constexpr Status kAll[] = {Status::alive, Status::suspect, Status::faulty, Status::leave,
                             Status::tombstone};
  for (const Status known : kAll)
    for (const Status said : kAll) {
      const auto change = [&](std::int64_t incarnation) {
        return RingpopChange{0, said, incarnation, 0, 0};
      };
      CHECK(ringpop_overrides(change(6), known, 5));
      CHECK_FALSE(ringpop_overrides(change(4), known, 5));
      CHECK(ringpop_overrides(change(5), known, 5) == (said > known));
    }
}

TEST_CASE("ringpop: a flapper is one until its score has come down", "[membership]") {
  const DampingOptions options;
  DampScore score;
  int changes = 0;
  while (!score.penalize(kSecond, options)) ++changes;
  CHECK(changes == 9);  // the tenth makes 5000
  CHECK(score.value(kSecond, options) == 5000);
  CHECK(score.value(301 * kSecond, options) == 2500);  // a half-life later
  CHECK(score.flapper(300 * kSecond, options));
  CHECK_FALSE(score.flapper(301 * kSecond, options));
  for (int i = 0; i < 30; ++i) score.penalize(301 * kSecond, options);
  CHECK(score.value(301 * kSecond, options) == 10'000);
  CHECK(score.value(0, options) == 10'000);
  DampingOptions none;
  none.half_life = 0;
  CHECK(score.value(999 * kSecond, none) == 0);
}

// A member with two others, driven by hand.
struct Rig {
  Rig() : names(addresses(4)), ring({}, 0, names) {
    ring.start(kSecond, bits);
    RingpopMessage state;
    state.kind = RingpopMessage::Kind::ping;
    state.from = 1;
    for (std::uint32_t node = 1; node < 4; ++node)
      state.changes.push_back({node, Status::alive, 100, node, 100});
    ring.receive(kSecond, state, bits, out);
    out.clear();
  }
  void hear(std::uint32_t node, Status status, std::int64_t incarnation,
            std::int64_t now = kSecond) {
    RingpopMessage m;
    m.kind = RingpopMessage::Kind::ping;
    m.from = 1;
    m.changes.push_back({node, status, incarnation, 1, 100});
    ring.receive(now, m, bits, out);
  }
  SplitMix bits{1};
  std::vector<std::string> names;
  Ringpop ring;
  RingpopOutput out;
};

TEST_CASE("ringpop: the checksum is that of addresses and states", "[membership]") {
  Rig rig;
  CHECK(rig.ring.membership_checksum() ==
        hashing::farmhash_fingerprint32("127.0.0.1:3000alive1000;127.0.0.1:3001alive100;"
                                        "127.0.0.1:3002alive100;127.0.0.1:3003alive100"));
  rig.hear(2, Status::faulty, 100);
  rig.hear(3, Status::tombstone, 100);
  CHECK(rig.ring.membership_checksum() ==
        hashing::farmhash_fingerprint32("127.0.0.1:3000alive1000;127.0.0.1:3001alive100;"
                                        "127.0.0.1:3002faulty100"));
}

TEST_CASE("ringpop: suspects become faulty and tombstones and are forgotten", "[membership]") {
  Rig rig;
  rig.hear(2, Status::suspect, 100);
  rig.ring.tick(6 * kSecond - 1, rig.bits, rig.out);
  CHECK(rig.ring.status(2) == Status::suspect);
  rig.ring.tick(6 * kSecond, rig.bits, rig.out);
  CHECK(rig.ring.status(2) == Status::faulty);
  rig.ring.tick(86'407 * kSecond, rig.bits, rig.out);
  CHECK(rig.ring.status(2) == Status::tombstone);
  rig.ring.tick(86'470 * kSecond, rig.bits, rig.out);
  CHECK_FALSE(rig.ring.knows(2));
  rig.hear(2, Status::tombstone, 200, 86'470 * kSecond);
  CHECK_FALSE(rig.ring.knows(2));
}

TEST_CASE("ringpop: a member that is alive again is no longer counted down", "[membership]") {
  Rig rig;
  rig.hear(2, Status::suspect, 100);
  rig.hear(2, Status::alive, 101);
  rig.ring.tick(10 * kSecond, rig.bits, rig.out);
  CHECK(rig.ring.status(2) != Status::faulty);
}

TEST_CASE("ringpop: an accused member takes a new incarnation", "[membership]") {
  Rig rig;
  rig.hear(0, Status::suspect, 1000, 2 * kSecond);
  CHECK(rig.ring.status(0) == Status::alive);
  CHECK(rig.ring.incarnation(0) == 2000);
}

TEST_CASE("ringpop: changes are told as often as the size demands", "[membership]") {
  Rig rig;
  CHECK(rig.ring.max_piggyback() == 15);
  RingpopMessage ping;
  ping.kind = RingpopMessage::Kind::ping;
  ping.from = 2;
  ping.checksum = rig.ring.membership_checksum();
  int told = 0;
  for (int i = 0; i < 40; ++i) {
    rig.out.clear();
    rig.ring.receive(kSecond, ping, rig.bits, rig.out);
    told += !rig.out.messages[0].changes.empty();
  }
  CHECK(told == 14);  // and once before, to the one that told of the others
  CHECK(rig.ring.waiting_changes() == 0);
  // Another checksum and nothing to tell: the whole membership, and a question back.
  ping.checksum ^= 1;
  rig.out.clear();
  rig.ring.receive(kSecond, ping, rig.bits, rig.out);
  REQUIRE(rig.out.messages.size() == 2);
  CHECK(rig.out.messages[0].kind == RingpopMessage::Kind::join);
  CHECK(rig.out.messages[1].changes.size() == 4);
}

TEST_CASE("ringpop: who brought a change is not told it", "[membership]") {
  Rig rig;
  rig.hear(2, Status::suspect, 100);
  RingpopMessage ping;
  ping.kind = RingpopMessage::Kind::ping;
  ping.from = 1;
  ping.incarnation = 100;
  rig.out.clear();
  rig.ring.receive(kSecond, ping, rig.bits, rig.out);
  for (const RingpopChange& change : rig.out.messages[0].changes)
    CHECK_FALSE((change.source == 1 && change.source_incarnation == 100));
}

TEST_CASE("ringpop: without loss all agree and only the dead are found", "[membership]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    const auto n = 2 + static_cast<std::uint32_t>(bits.bits() % 8);
    const std::vector<std::string> names = addresses(n);
    Ring ring({}, {.latency = 1'000'000}, names, bits);
    ring.start();
    std::vector<Ring::Event> events;
    ring.run(20 * kSecond, events);
    for (const auto& e : events) RC_ASSERT(e.event.status == Status::alive);
    for (std::uint32_t i = 1; i < n; ++i)
      RC_ASSERT(ring.node(i).membership_checksum() == ring.node(0).membership_checksum());
    const auto victim = static_cast<std::uint32_t>(bits.bits() % n);
    ring.kill(victim);
    events.clear();
    ring.run(60 * kSecond, events);
    std::set<std::uint32_t> found;
    for (const auto& e : events) {
      RC_ASSERT(e.event.node == victim);
      if (e.event.status == Status::faulty) found.insert(e.observer);
    }
    RC_ASSERT(found.size() == n - 1);
  }));
}

TEST_CASE("ringpop: it comes back and leaves", "[membership]") {
  const std::vector<std::string> names = addresses(5);
  Ring ring({}, {}, names, SplitMix{9});
  ring.start();
  std::vector<Ring::Event> events;
  ring.run(10 * kSecond, events);
  ring.kill(2);
  ring.run(40 * kSecond, events);
  CHECK(ring.node(0).status(2) == Status::faulty);
  ring.restart(2, 0);
  ring.run(60 * kSecond, events);
  for (const std::uint32_t i : {0u, 1u, 3u, 4u}) CHECK(ring.node(i).status(2) == Status::alive);
  ring.leave(3);
  ring.run(80 * kSecond, events);
  for (const std::uint32_t i : {0u, 1u, 2u, 4u}) CHECK(ring.node(i).status(3) == Status::leave);
  CHECK(ring.node(0).damp_score(2) > 0);
}

TEST_CASE("ringpop: one alone pings nobody", "[membership]") {
  const std::vector<std::string> names = addresses(1);
  SplitMix bits{1};
  RingpopOutput out;
  Ringpop alone({}, 0, names);
  alone.start(0, bits);
  alone.tick(100 * kSecond, bits, out);
  CHECK(out.messages.empty());
  alone.tick(0, bits, out);
}

}  // namespace
}  // namespace highwater::membership::ringpop_test
