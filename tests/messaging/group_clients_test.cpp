#include "models/algorithms/messaging/group_clients.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string text_of(const std::vector<GroupEvent>& events) {
  static constexpr const char* kNames[] = {"revoke", "lose", "assign", "leave", "remove", "stable"};
  std::string text;
  for (const GroupEvent& e : events) {
    text += std::to_string(e.at / kSecond) + " " + kNames[static_cast<int>(e.kind)] + " ";
    if (e.kind == GroupEvent::Kind::stable)
      text += std::to_string(e.generation);
    else
      text += e.member;
    if (!e.partitions.empty()) text += " " + std::to_string(e.partitions.size());
    text += "; ";
  }
  return text;
}

struct Rig {
  explicit Rig(GroupClientOptions options) : clients(options, {{"t", 4}}) {}
  std::string take() {
    const std::string text = text_of(events);
    events.clear();
    return text;
  }
  std::string start(std::int64_t at, const std::string& name,
                    std::optional<std::string> instance = {}) {
    clients.start(at * kSecond, name, {0}, std::move(instance), events);
    return take();
  }
  std::string tick(std::int64_t at) {
    clients.tick(at * kSecond, events);
    return take();
  }
  GroupClients clients;
  std::vector<GroupEvent> events;
};

TEST_CASE("group_clients: eager members give everything up", "[models][messaging]") {
  Rig rig({});
  CHECK(rig.start(0, "a").empty());
  CHECK(rig.tick(3) == "3 assign a 4; 3 stable 1; ");
  CHECK(rig.start(4, "b").empty());
  CHECK(rig.tick(5).empty());
  // a learns of it with its heartbeat.
  CHECK(rig.tick(6) == "6 revoke a 4; 6 assign a 2; 6 assign b 2; 6 stable 2; ");
  CHECK(rig.clients.owned("a").size() == 2);
  CHECK(rig.clients.owned("nobody").empty());
}

TEST_CASE("group_clients: cooperative members give up what moves", "[models][messaging]") {
  Rig rig({.assignor = Assignor::cooperative_sticky});
  rig.start(0, "a");
  CHECK(rig.tick(3) == "3 assign a 4; 3 stable 1; ");
  rig.start(4, "b");
  const std::string moved = rig.tick(20);
  CHECK(moved.find("revoke a 2; ") != std::string::npos);
  CHECK(moved.find("assign b 2; ") > moved.find("revoke a 2; "));
  CHECK(moved.find("assign a") == std::string::npos);
  CHECK(rig.clients.coordinator().generation() == 3);
}

TEST_CASE("group_clients: a crash is noticed when the session ends", "[models][messaging]") {
  Rig rig({.session_timeout = 10 * kSecond});
  rig.start(0, "a");
  rig.start(0, "b");
  rig.tick(6);
  rig.clients.kill(7 * kSecond, "b", rig.events);
  CHECK(rig.take() == "7 lose b 2; ");
  CHECK(rig.tick(15).empty());
  CHECK(rig.tick(16) == "16 remove b; ");
  CHECK(rig.tick(18) == "18 revoke a 2; 18 assign a 4; 18 stable 2; ");
  rig.clients.kill(19 * kSecond, "nobody", rig.events);
  rig.clients.close(19 * kSecond, "nobody", rig.events);
  rig.clients.set_polling(19 * kSecond, "nobody", false, rig.events);
  CHECK(rig.take().empty());
}

TEST_CASE("group_clients: one that stands still is given up, and hears of it late",
          "[models][messaging]") {
  Rig rig({});
  rig.start(0, "a");
  rig.start(1, "b");
  rig.tick(10);
  const auto freeze = [&](std::int64_t at, bool frozen) {
    rig.clients.freeze(at * kSecond, "b", frozen, rig.events);
    return rig.take();
  };
  SECTION("not within its session") {
    CHECK(freeze(10, true).empty());
    CHECK(rig.tick(50).empty());
    CHECK(freeze(50, false).empty());
    CHECK(rig.tick(200).empty());
  }
  SECTION("when that is over") {
    freeze(10, true);
    const std::string given_up = rig.tick(100);
    CHECK(given_up.find("assign a 4") != std::string::npos);
    CHECK(given_up.find("lose b") == std::string::npos);  // it knows nothing
    CHECK(rig.clients.owned("b").size() == 2);
    CHECK(freeze(100, false).starts_with("100 lose b 2; "));
    rig.tick(200);
    CHECK(rig.clients.owned("a").size() == 2);
    CHECK(rig.clients.owned("b").size() == 2);
  }
  SECTION("dead, it is what the dead are") {
    freeze(10, true);
    rig.clients.kill(20 * kSecond, "b", rig.events);
    CHECK(rig.take() == "20 lose b 2; ");
    rig.start(21, "b");
    rig.tick(200);
    CHECK(rig.clients.owned("b").size() == 2);
  }
}

TEST_CASE("group_clients: who closes leaves at once", "[models][messaging]") {
  Rig rig({});
  rig.start(0, "a");
  rig.start(0, "b");
  rig.tick(6);
  rig.clients.close(7 * kSecond, "b", rig.events);
  CHECK(rig.take() == "7 revoke b 2; 7 remove b; ");
  CHECK(rig.tick(9) == "9 revoke a 2; 9 assign a 4; 9 stable 2; ");
}

TEST_CASE("group_clients: a static member may restart within its session", "[models][messaging]") {
  Rig rig({});
  rig.start(0, "a", "i");
  rig.start(0, "b", "j");
  rig.tick(6);
  rig.clients.close(7 * kSecond, "b", rig.events);
  rig.take();
  CHECK(rig.tick(20).empty());
  CHECK(rig.start(21, "b", "j") == "21 assign b 2; ");
  CHECK(rig.tick(100).empty());
  CHECK(rig.clients.coordinator().generation() == 1);
}

TEST_CASE("group_clients: who does not poll leaves", "[models][messaging]") {
  Rig rig({.max_poll_interval = 20 * kSecond});
  rig.start(0, "a");
  rig.start(0, "b");
  rig.tick(6);
  rig.clients.set_polling(10 * kSecond, "b", false, rig.events);
  CHECK(rig.tick(29).empty());
  CHECK(rig.tick(30).starts_with("30 leave b; 30 lose b 2; "));
  rig.tick(35);
  CHECK(rig.clients.owned("a").size() == 4);
  rig.clients.set_polling(40 * kSecond, "b", true, rig.events);
  rig.tick(50);
  CHECK(rig.clients.owned("b").size() == 2);
}

TEST_CASE("group_clients: topics that grow", "[models][messaging]") {
  Rig rig({});
  rig.start(0, "a");
  rig.tick(3);
  rig.clients.set_topics(4 * kSecond, {{"t", 6}}, rig.events);
  CHECK(rig.take() == "4 revoke a 4; 4 assign a 6; 4 stable 2; ");
}

// The clients of the recording join one by one and one goes.
TEST_CASE("group_clients: the settled states of the mock cluster", "[models][messaging]") {
  const auto golden = golden_json("kafka_librdkafka.json");
  const std::pair<const char*, Assignor> names[] = {
      {"range", Assignor::range},
      {"roundrobin", Assignor::roundrobin},
      {"cooperative-sticky", Assignor::cooperative_sticky}};
  for (const auto& [name, assignor] : names) {
    const Group topics{{{"t1", 7}, {"t2", 3}, {"t3", 5}}, {}};
    GroupClients clients({.assignor = assignor, .code = AssignorCode::librdkafka}, topics.topics);
    std::vector<GroupEvent> events;
    std::map<std::string, std::string> ids;
    std::int64_t now = 0;
    for (const auto& step : golden.at("assignors").at(name)) {
      INFO(name << ", " << step.at("step"));
      for (const auto& [client, id] : step.at("member_ids").items())
        if (!ids.contains(client)) {
          ids[client] = id.get<std::string>();
          std::vector<std::uint32_t> places = {0, 1, 2};
          if (client == "c3") places.pop_back();
          clients.start(now, ids[client], places, {}, events);
        }
      for (const auto& [client, id] : ids)
        if (!step.at("member_ids").contains(client)) clients.close(now, id, events);
      now += 60 * kSecond;
      clients.tick(now, events);
      for (const auto& [client, expected] : step.at("assign").items())
        CHECK(sorted_lists_of(topics, {clients.owned(ids[client])})[0] ==
              expected.get<std::vector<std::string>>());
    }
  }
}

TEST_CASE("group_clients: no partition is read by two and all are read in the end",
          "[models][messaging]") {
  const bool holds = rc::check("any life", [](std::uint64_t seed) {
    SplitMix bits{seed};
    const GroupClientOptions options{
        .assignor = static_cast<Assignor>(bits.bits() % 4),
        .code = static_cast<AssignorCode>(bits.bits() % 2),
        .initial_rebalance_delay = static_cast<std::int64_t>(bits.bits() % 4) * kSecond,
        .session_timeout = static_cast<std::int64_t>(6 + bits.bits() % 20) * kSecond,
        .heartbeat_interval = static_cast<std::int64_t>(bits.bits() % 5) * kSecond,
        .max_poll_interval = static_cast<std::int64_t>(6 + bits.bits() % 30) * kSecond};
    std::vector<GroupTopic> topics = {{"t", 5}, {"u", 3}};
    GroupClients clients(options, topics);
    std::vector<GroupEvent> events;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::set<std::string>> reads;
    std::set<std::string> stalled;  // or killed: they hold what they do not read
    const auto watch = [&] {
      for (const GroupEvent& e : events)
        for (const TopicPartition p : e.partitions) {
          std::set<std::string>& readers = reads[{p.topic, p.partition}];
          if (e.kind == GroupEvent::Kind::assign) {
            for (const std::string& other : readers) RC_ASSERT(stalled.contains(other));
            RC_ASSERT(readers.insert(e.member).second);
          } else {
            RC_ASSERT(readers.erase(e.member) == 1u);
          }
        }
      events.clear();
    };
    std::map<std::string, bool> running;
    std::int64_t now = 0;
    for (int i = 0; i < 60; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 8) * kSecond;
      const std::string name(1, static_cast<char>('a' + bits.bits() % 4));
      clients.tick(now, events);
      watch();
      switch (bits.bits() % 8) {
        case 0:
        case 1:
        case 2:
          // What was read by a process that is gone needs no word to be read no more.
          if (!running[name]) {
            for (auto& [partition, readers] : reads) readers.erase(name);
            stalled.erase(name);
          }
          clients.start(now, name, {0, 1},
                        name == "a" || name == "b" ? std::optional(name) : std::nullopt, events);
          running[name] = true;
          break;
        case 3:
          clients.close(now, name, events);
          running[name] = false;
          break;
        case 4:
          clients.kill(now, name, events);
          running[name] = false;
          stalled.insert(name);
          break;
        case 5:
          clients.set_polling(now, name, false, events);
          if (running[name]) stalled.insert(name);
          break;
        case 6:
          clients.set_polling(now, name, true, events);
          if (running[name]) stalled.erase(name);
          break;
        case 7:
          if (bits.bits() % 4 == 0) ++topics[0].partitions;
          clients.set_topics(now, topics, events);
          break;
      }
      watch();
    }
    bool anybody = false;
    for (const auto& [name, runs] : running) {
      clients.set_polling(now, name, true, events);
      watch();
      anybody = anybody || runs;
    }
    clients.set_topics(now, topics, events);
    clients.tick(now + 1000 * kSecond, events);
    watch();
    std::size_t read = 0;
    for (const auto& [partition, readers] : reads) {
      RC_ASSERT(readers.size() <= 1u);
      for (const std::string& name : readers) {
        const auto owned = clients.owned(name);
        RC_ASSERT(std::count(owned.begin(), owned.end(),
                             TopicPartition{partition.first, partition.second}) == 1);
        ++read;
      }
    }
    RC_ASSERT(read == (anybody ? topics[0].partitions + topics[1].partitions : 0u));
  });
  CHECK(holds);
}

}  // namespace
}  // namespace highwater::messaging
