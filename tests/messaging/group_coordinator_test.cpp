#include "models/algorithms/messaging/group_coordinator.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::messaging::group_coordinator_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using State = GroupCoordinator::State;
using Kind = GroupAction::Kind;

/// A coordinator whose actions are written down: "joined a*2" is a's join in generation 2, the
/// star for the leader.
struct Rig {
  explicit Rig(GroupCoordinatorOptions options = {}) : coordinator(options, {{"t", 4}}) {}

  JoinRequest request(const std::string& id, std::int64_t session = 10 * kSecond,
                      std::int64_t rebalance = 20 * kSecond) const {
    return {.id = id, .topics = {0}, .session_timeout = session, .rebalance_timeout = rebalance};
  }
  std::string join(std::int64_t now, const JoinRequest& r) {
    coordinator.join(now, r, actions);
    return log();
  }
  std::string join(std::int64_t now, const std::string& id) { return join(now, request(id)); }
  std::string sync(std::int64_t now, const std::string& id) {
    coordinator.sync(now, id, actions);
    return log();
  }
  std::string leave(std::int64_t now, const std::string& id) {
    coordinator.leave(now, id, actions);
    return log();
  }
  std::string tick(std::int64_t now) {
    coordinator.tick(now, actions);
    return log();
  }
  std::string log() {
    std::string text;
    for (const GroupAction& a : actions) {
      switch (a.kind) {
        case Kind::rebalancing:
          text += "rebalancing ";
          break;
        case Kind::joined:
          text += "joined " + a.member + (a.leader ? "*" : "") + std::to_string(a.generation) + " ";
          break;
        case Kind::assigned:
          text += a.member + " has " + std::to_string(a.partitions.size()) + " ";
          break;
        case Kind::rejoin:
          text += "rejoin " + a.member + " ";
          break;
        case Kind::removed:
          text += "removed " + a.member + " ";
          break;
      }
    }
    actions.clear();
    return text;
  }
  /// A stable group of a and b in generation 1 at 6 s.
  void settle() {
    join(0, "a");
    join(kSecond, "b");
    tick(6 * kSecond);
    sync(6 * kSecond, "b");
    sync(6 * kSecond, "a");
  }

  GroupCoordinator coordinator;
  std::vector<GroupAction> actions;
};

TEST_CASE("group_coordinator: the first rebalance waits for others", "[models][messaging]") {
  Rig rig;
  CHECK(rig.coordinator.next() == GroupCoordinator::kNever);
  CHECK(rig.join(0, "a") == "rebalancing ");
  CHECK(rig.coordinator.next() == 3 * kSecond);
  CHECK(rig.join(2 * kSecond, "b").empty());
  CHECK(rig.tick(3 * kSecond).empty());  // b came: three seconds more
  CHECK(rig.coordinator.next() == 6 * kSecond);
  CHECK(rig.tick(6 * kSecond) == "joined a*1 joined b1 ");
  CHECK(rig.coordinator.state() == State::completing_rebalance);
  CHECK(rig.sync(6 * kSecond, "b").empty());
  CHECK(rig.sync(6 * kSecond, "a") == "a has 2 b has 2 ");
  CHECK(rig.coordinator.state() == State::stable);
  REQUIRE(rig.coordinator.assignment("b") != nullptr);
  CHECK(rig.coordinator.assignment("b")->size() == 2);
  CHECK(rig.coordinator.assignment("c") == nullptr);
}

TEST_CASE("group_coordinator: without the delay", "[models][messaging]") {
  Rig rig({.initial_rebalance_delay = 0});
  CHECK(rig.join(0, "a") == "rebalancing ");
  CHECK(rig.tick(0) == "joined a*1 ");
  CHECK(rig.sync(0, "a") == "a has 4 ");
}

TEST_CASE("group_coordinator: the delays end with the rebalance timeout", "[models][messaging]") {
  Rig rig;
  for (int i = 0; i < 30; ++i) {
    rig.join(i * kSecond, rig.request("m" + std::to_string(i), 100 * kSecond, 7 * kSecond));
    rig.tick(i * kSecond);
    if (rig.coordinator.generation() > 0) {
      CHECK(i == 7);
      return;
    }
  }
  FAIL("it waits for ever");
}

TEST_CASE("group_coordinator: a member joins a stable group", "[models][messaging]") {
  Rig rig;
  rig.settle();
  CHECK(rig.coordinator.heartbeat(7 * kSecond, "a") == HeartbeatAnswer::ok);
  CHECK(rig.coordinator.heartbeat(7 * kSecond, "b") == HeartbeatAnswer::ok);
  CHECK(rig.join(8 * kSecond, "c") == "rebalancing ");
  CHECK(rig.coordinator.heartbeat(8 * kSecond, "a") == HeartbeatAnswer::rebalance_in_progress);
  CHECK(rig.coordinator.heartbeat(8 * kSecond, "x") == HeartbeatAnswer::unknown_member);
  CHECK(rig.join(9 * kSecond, "b").empty());
  CHECK(rig.join(9 * kSecond, "a") == "joined a*2 joined b2 joined c2 ");
  CHECK(rig.sync(9 * kSecond, "a") == "a has 2 ");
  CHECK(rig.sync(9 * kSecond, "c") == "c has 1 ");
}

TEST_CASE("group_coordinator: who does not come back in time is out", "[models][messaging]") {
  Rig rig;
  rig.settle();
  rig.join(7 * kSecond, "c");
  rig.join(7 * kSecond, "a");
  for (int s = 8; s < 27; ++s) {
    rig.coordinator.heartbeat(s * kSecond, "b");  // alive, but does not join
    CHECK(rig.tick(s * kSecond).empty());
  }
  CHECK(rig.tick(27 * kSecond) == "removed b joined a*2 joined c2 ");
}

TEST_CASE("group_coordinator: sessions", "[models][messaging]") {
  Rig rig;
  rig.settle();
  rig.coordinator.heartbeat(10 * kSecond, "a");
  CHECK(rig.coordinator.next() == 16 * kSecond);
  CHECK(rig.tick(16 * kSecond - 1).empty());
  CHECK(rig.tick(16 * kSecond) == "removed b rebalancing ");
  CHECK(rig.coordinator.heartbeat(5 * kSecond, "a") == HeartbeatAnswer::rebalance_in_progress);
  CHECK(rig.join(16 * kSecond, "a") == "joined a*2 ");
  rig.sync(16 * kSecond, "a");
  CHECK(rig.leave(17 * kSecond, "a") == "removed a rebalancing ");
  CHECK(rig.coordinator.state() == State::empty);
  CHECK(rig.coordinator.size() == 0);
  CHECK(rig.leave(17 * kSecond, "a").empty());
  CHECK(rig.sync(17 * kSecond, "a").empty());
  // A session of no length ends with the next tick.
  Rig brief({.initial_rebalance_delay = 0});
  brief.join(0, brief.request("a", 0));
  brief.tick(0);
  CHECK(brief.coordinator.size() == 0);
}

TEST_CASE("group_coordinator: who does not sync is out", "[models][messaging]") {
  Rig rig;
  rig.join(0, rig.request("a", 100 * kSecond));
  rig.join(0, rig.request("b", 100 * kSecond));
  rig.tick(6 * kSecond);
  rig.sync(6 * kSecond, "a");
  CHECK(rig.tick(26 * kSecond - 1).empty());
  CHECK(rig.tick(26 * kSecond) == "removed b rebalancing ");
}

TEST_CASE("group_coordinator: the leader goes before it has assigned", "[models][messaging]") {
  Rig rig;
  rig.join(0, "a");
  rig.join(0, "b");
  rig.tick(6 * kSecond);
  rig.sync(6 * kSecond, "b");
  CHECK(rig.leave(7 * kSecond, "a") == "removed a rejoin b rebalancing ");
  CHECK(rig.coordinator.leader() == "b");
  CHECK(rig.join(7 * kSecond, "b") == "joined b*2 ");
  CHECK(rig.sync(7 * kSecond, "b") == "b has 4 ");
}

TEST_CASE("group_coordinator: a join again changes nothing or begins a rebalance",
          "[models][messaging]") {
  Rig rig;
  rig.settle();
  CHECK(rig.join(7 * kSecond, "b") == "joined b1 ");  // a follower with nothing new
  CHECK(rig.sync(7 * kSecond, "b") == "b has 2 ");
  JoinRequest other = rig.request("b");
  other.topics = {};
  CHECK(rig.join(7 * kSecond, other) == "rebalancing ");
  CHECK(rig.join(7 * kSecond, "a") == "joined a*2 joined b2 ");
  CHECK(rig.sync(7 * kSecond, "b").empty());
  CHECK(rig.sync(7 * kSecond, "a") == "a has 4 b has 0 ");
  CHECK(rig.join(8 * kSecond, "a") == "rebalancing ");  // the leader's always does
}

TEST_CASE("group_coordinator: static members come back as they were", "[models][messaging]") {
  Rig rig;
  const auto fixed = [&](const char* id, const char* instance) {
    JoinRequest r = rig.request(id);
    r.instance_id = instance;
    return r;
  };
  rig.join(0, fixed("a", "i"));
  rig.join(0, fixed("b", "j"));
  rig.tick(6 * kSecond);
  rig.sync(6 * kSecond, "a");
  rig.sync(6 * kSecond, "b");
  CHECK(rig.join(7 * kSecond, fixed("b2", "j")) == "removed b joined b21 ");
  CHECK(rig.sync(7 * kSecond, "b2") == "b2 has 2 ");
  CHECK(rig.coordinator.heartbeat(7 * kSecond, "b") == HeartbeatAnswer::unknown_member);
  CHECK(rig.coordinator.generation() == 1);
  CHECK(rig.join(8 * kSecond, fixed("a2", "i")) == "removed a joined a2*1 ");
  CHECK(rig.coordinator.leader() == "a2");
  JoinRequest changed = fixed("b3", "j");
  changed.topics = {};
  CHECK(rig.join(9 * kSecond, changed) == "removed b2 rebalancing ");
}

}  // namespace
}  // namespace highwater::messaging::group_coordinator_test
