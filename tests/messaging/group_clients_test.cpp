#include "models/algorithms/messaging/group_clients.h"

#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/algorithms/golden.h"

namespace highwater::messaging {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Kind = GroupEvent::Kind;

GroupClientOptions options_of(Assignor assignor) {
  GroupClientOptions options;
  options.assignor = assignor;
  return options;
}

std::vector<std::uint32_t> all(std::uint32_t n) {
  std::vector<std::uint32_t> topics(n);
  for (std::uint32_t i = 0; i < n; ++i) topics[i] = i;
  return topics;
}

std::size_t count(const std::vector<GroupEvent>& events, Kind kind) {
  std::size_t n = 0;
  for (const GroupEvent& e : events)
    if (e.kind == kind) n += std::max<std::size_t>(1, e.partitions.size());
  return n;
}

TEST_CASE("group: an eager one stops for a join and a cooperative one for what moves",
          "[messaging]") {
  for (const Assignor assignor : {Assignor::range, Assignor::cooperative_sticky}) {
    GroupClients group(options_of(assignor), {{"t", 8}});
    std::vector<GroupEvent> events;
    group.start(0, "a", all(1), {}, events);
    group.tick(5 * kSecond, events);
    CHECK(group.owned("a").size() == 8);
    events.clear();
    group.start(6 * kSecond, "b", all(1), {}, events);
    group.tick(20 * kSecond, events);
    CHECK(group.owned("a").size() == 4);
    CHECK(group.owned("b").size() == 4);
    CHECK(count(events, Kind::revoke) == (assignor == Assignor::range ? 8 : 4));
    CHECK(count(events, Kind::assign) == (assignor == Assignor::range ? 8 : 4));
    CHECK(events.back().kind == Kind::stable);
  }
}

TEST_CASE("group: a dead member's partitions wait for the session", "[messaging]") {
  GroupClients group(options_of(Assignor::cooperative_sticky), {{"t", 4}});
  std::vector<GroupEvent> events;
  group.start(0, "a", all(1), {}, events);
  group.start(0, "b", all(1), {}, events);
  group.tick(20 * kSecond, events);
  events.clear();
  group.kill(20 * kSecond, "b", events);
  REQUIRE(count(events, Kind::lose) == 2);
  events.clear();
  group.tick(62 * kSecond, events);
  CHECK(events.empty());  // its last heartbeat was at 18 s
  group.tick(70 * kSecond, events);
  REQUIRE(count(events, Kind::assign) == 2);
  CHECK(events[0].kind == Kind::remove);
  CHECK(events[0].at == 63 * kSecond);
  CHECK(group.owned("a").size() == 4);
}

TEST_CASE("group: one that closes goes at once unless it is static", "[messaging]") {
  for (const bool is_static : {false, true}) {
    GroupClients group(options_of(Assignor::range), {{"t", 4}});
    std::vector<GroupEvent> events;
    group.start(0, "a", all(1), {}, events);
    group.start(0, "b", all(1), is_static ? std::optional<std::string>("i") : std::nullopt, events);
    group.tick(20 * kSecond, events);
    group.close(20 * kSecond, "b", events);
    group.tick(25 * kSecond, events);
    CHECK(group.owned("a").size() == (is_static ? 2 : 4));
    group.start(30 * kSecond, "b", all(1),
                is_static ? std::optional<std::string>("i") : std::nullopt, events);
    events.clear();
    group.tick(45 * kSecond, events);
    CHECK(group.owned("a").size() == 2);
    CHECK(group.owned("b").size() == 2);
    // The static one came back to what it had; for the other one the group stood still again.
    CHECK(count(events, Kind::revoke) == (is_static ? 0 : 4));
  }
}

TEST_CASE("group: one that does not poll holds up a rebalance and then leaves", "[messaging]") {
  GroupClientOptions options = options_of(Assignor::range);
  options.max_poll_interval = 60 * kSecond;
  GroupClients group(options, {{"t", 4}});
  std::vector<GroupEvent> events;
  group.start(0, "a", all(1), {}, events);
  group.start(0, "b", all(1), {}, events);
  group.tick(20 * kSecond, events);
  group.set_polling(20 * kSecond, "b", false, events);
  group.start(30 * kSecond, "c", all(1), {}, events);
  events.clear();
  group.tick(79 * kSecond, events);
  CHECK(group.owned("a").empty());  // given up, and the group waits for b
  CHECK(group.owned("c").empty());
  group.tick(80 * kSecond, events);
  CHECK(count(events, Kind::leave) == 1);
  CHECK(group.owned("a").size() == 2);
  CHECK(group.owned("c").size() == 2);
  group.set_polling(90 * kSecond, "b", true, events);
  group.tick(100 * kSecond, events);
  CHECK(group.owned("b").size() == 1);
}

TEST_CASE("group: a topic that grows is assigned anew", "[messaging]") {
  GroupClients group(options_of(Assignor::range), {{"t", 2}});
  std::vector<GroupEvent> events;
  group.start(0, "a", all(1), {}, events);
  group.start(0, "b", all(1), {}, events);
  group.tick(20 * kSecond, events);
  group.set_topics(20 * kSecond, {{"t", 6}}, events);
  group.tick(30 * kSecond, events);
  CHECK(group.owned("a").size() == 3);
  CHECK(group.owned("b").size() == 3);
}

TEST_CASE("group: whatever happens no partition is read by two", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    constexpr Assignor kAll[] = {Assignor::range, Assignor::roundrobin, Assignor::sticky,
                                 Assignor::cooperative_sticky};
    GroupClientOptions options = options_of(kAll[bits.bits() % 4]);
    options.code = bits.bits() % 2 == 0 ? AssignorCode::java : AssignorCode::librdkafka;
    options.max_poll_interval = 60 * kSecond;
    GroupClients group(options, {{"t", 5}, {"u", 3}});
    std::vector<GroupEvent> events;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> reader;
    std::map<std::string, bool> alive;
    const auto follow = [&] {
      for (const GroupEvent& e : events)
        for (const TopicPartition p : e.partitions) {
          const auto key = std::pair(p.topic, p.partition);
          const auto found = reader.find(key);
          if (e.kind == Kind::assign) {
            RC_ASSERT(found == reader.end());
            reader[key] = e.member;
          } else if (found != reader.end() && found->second == e.member) {
            reader.erase(found);
          }
        }
      events.clear();
    };
    std::int64_t now = 0;
    for (int i = 0; i < 40; ++i) {
      const std::string who = "m" + std::to_string(bits.bits() % 5);
      switch (bits.bits() % 7) {
        case 0:
        case 1:
        case 2:
          group.start(now, who, all(2), who < "m2" ? std::optional("i" + who) : std::nullopt,
                      events);
          alive[who] = true;
          break;
        case 3:
          group.close(now, who, events);
          alive[who] = false;
          break;
        case 4:
          group.kill(now, who, events);
          alive[who] = false;
          break;
        case 5:
          group.set_polling(now, who, bits.bits() % 2 == 0, events);
          break;
        default:
          group.set_topics(now, {{"t", 5 + static_cast<std::uint32_t>(bits.bits() % 3)}, {"u", 3}},
                           events);
          break;
      }
      follow();
      now += static_cast<std::int64_t>(bits.bits() % 30) * kSecond;
      group.tick(now, events);
      follow();
    }
    // Left alone, the group comes to rest and everything is read.
    std::size_t running = 0;
    for (const auto& [who, is_alive] : alive)
      if (is_alive) {
        group.set_polling(now, who, true, events);
        ++running;
      }
    now += 600 * kSecond;
    group.tick(now, events);
    follow();
    if (running == 0) return;
    std::size_t owned = 0;
    for (const auto& [who, is_alive] : alive)
      if (is_alive) owned += group.owned(who).size();
    const auto& topics = group.coordinator().topics();
    RC_ASSERT(owned == topics[0].partitions + topics[1].partitions);
  }));
}

TEST_CASE("group: strangers and time that goes back change nothing", "[messaging]") {
  GroupClients group(options_of(Assignor::range), {{"t", 2}});
  std::vector<GroupEvent> events;
  group.kill(0, "x", events);
  group.close(0, "x", events);
  group.set_polling(0, "x", false, events);
  CHECK(events.empty());
  CHECK(group.next() == GroupClients::kNever);
  group.start(10 * kSecond, "a", all(1), {}, events);
  group.tick(0, events);
  CHECK(events.empty());
  group.tick(13 * kSecond, events);
  CHECK(group.owned("a").size() == 2);
}

}  // namespace
}  // namespace highwater::messaging
