#include "models/algorithms/messaging/group_coordinator.h"

#include <catch2/catch.hpp>

namespace highwater::messaging {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Kind = GroupAction::Kind;
using State = GroupCoordinator::State;

struct Rig {
  explicit Rig(std::int64_t delay = 3 * kSecond)
      : coordinator({Assignor::range, AssignorCode::java, delay}, {{"t", 4}}) {}
  JoinRequest request(const std::string& id) const {
    JoinRequest r;
    r.id = id;
    r.topics = {0};
    r.session_timeout = 10 * kSecond;
    r.rebalance_timeout = 60 * kSecond;
    return r;
  }
  std::vector<GroupAction> join(std::int64_t now, const std::string& id) {
    out.clear();
    coordinator.join(now, request(id), out);
    return out;
  }
  std::vector<GroupAction> tick(std::int64_t now) {
    out.clear();
    coordinator.tick(now, out);
    return out;
  }
  std::vector<GroupAction> sync(std::int64_t now, const std::string& id) {
    out.clear();
    coordinator.sync(now, id, out);
    return out;
  }
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::count_if(
        out.begin(), out.end(), [&](const GroupAction& a) { return a.kind == kind; }));
  }
  GroupCoordinator coordinator;
  std::vector<GroupAction> out;
};

// Two members, stable since 3 s.
Rig stable_pair() {
  Rig rig;
  rig.join(0, "a");
  rig.join(kSecond, "b");
  rig.tick(3 * kSecond);
  rig.tick(6 * kSecond);
  rig.sync(6 * kSecond, "b");
  rig.sync(6 * kSecond, "a");
  REQUIRE(rig.coordinator.state() == State::stable);
  return rig;
}

TEST_CASE("coordinator: the initial delay begins anew while others come", "[messaging]") {
  Rig rig;
  rig.join(0, "a");
  CHECK(rig.coordinator.next() == 3 * kSecond);
  rig.join(2 * kSecond, "b");
  CHECK(rig.tick(3 * kSecond).empty());
  CHECK(rig.coordinator.state() == State::preparing_rebalance);
  rig.tick(6 * kSecond);
  CHECK(rig.count(Kind::joined) == 2);
  CHECK(rig.coordinator.state() == State::completing_rebalance);
  CHECK(rig.coordinator.generation() == 1);
  CHECK(rig.coordinator.leader() == "a");
  CHECK(rig.sync(6 * kSecond, "b").empty());  // waits for the leader
  const auto answers = rig.sync(6 * kSecond, "a");
  REQUIRE(rig.count(Kind::assigned) == 2);
  for (const GroupAction& answer : answers) CHECK(answer.partitions.size() == 2);
  CHECK(rig.coordinator.state() == State::stable);
}

TEST_CASE("coordinator: the initial delay is at most the rebalance timeout", "[messaging]") {
  Rig rig(90 * kSecond);
  rig.join(0, "a");
  CHECK(rig.coordinator.next() == 60 * kSecond);
  Rig none(0);
  none.join(0, "a");
  none.tick(0);
  CHECK(none.coordinator.state() == State::completing_rebalance);
}

TEST_CASE("coordinator: a rebalance waits for all and then for no one", "[messaging]") {
  Rig rig = stable_pair();
  rig.join(7 * kSecond, "c");
  CHECK(rig.coordinator.heartbeat(8 * kSecond, "a") == HeartbeatAnswer::rebalance_in_progress);
  rig.join(8 * kSecond, "a");
  CHECK(rig.count(Kind::joined) == 0);
  rig.join(9 * kSecond, "b");
  CHECK(rig.count(Kind::joined) == 3);
  CHECK(rig.coordinator.generation() == 2);
  CHECK(rig.coordinator.heartbeat(9 * kSecond, "a") == HeartbeatAnswer::ok);
}

TEST_CASE("coordinator: who does not join again in time is removed", "[messaging]") {
  Rig rig = stable_pair();
  rig.join(7 * kSecond, "c");
  rig.join(8 * kSecond, "b");
  for (int t = 8; t < 67; t += 5)
    rig.coordinator.heartbeat(t * kSecond, "a");  // alive, but it does not join
  rig.tick(66 * kSecond);
  CHECK(rig.coordinator.generation() == 1);
  rig.tick(67 * kSecond);
  CHECK(rig.count(Kind::removed) == 1);
  CHECK(rig.count(Kind::joined) == 2);
  CHECK(rig.coordinator.leader() == "b");
  CHECK(rig.coordinator.heartbeat(68 * kSecond, "a") == HeartbeatAnswer::unknown_member);
}

TEST_CASE("coordinator: a session without heartbeats ends", "[messaging]") {
  Rig rig = stable_pair();
  rig.coordinator.heartbeat(10 * kSecond, "a");
  CHECK(rig.coordinator.next() == 16 * kSecond);
  rig.tick(16 * kSecond);
  CHECK(rig.count(Kind::removed) == 1);
  CHECK(rig.coordinator.state() == State::preparing_rebalance);
  CHECK(rig.coordinator.size() == 1);
}

TEST_CASE("coordinator: one that does not sync is removed", "[messaging]") {
  Rig rig;
  rig.join(0, "a");
  rig.join(0, "b");
  rig.tick(3 * kSecond);
  rig.tick(6 * kSecond);
  rig.sync(6 * kSecond, "a");
  rig.coordinator.heartbeat(6 * kSecond, "b");
  for (int t = 6; t < 66; t += 5) {
    rig.coordinator.heartbeat(t * kSecond, "a");
    rig.coordinator.heartbeat(t * kSecond, "b");
  }
  rig.tick(65 * kSecond);
  CHECK(rig.coordinator.size() == 2);
}

TEST_CASE("coordinator: a static member is back without a rebalance", "[messaging]") {
  Rig rig;
  JoinRequest request = rig.request("a");
  request.instance_id = "i";
  rig.coordinator.join(0, request, rig.out);
  rig.join(0, "b");
  rig.tick(3 * kSecond);
  rig.tick(6 * kSecond);
  rig.sync(6 * kSecond, "b");
  rig.sync(6 * kSecond, "a");
  const auto before = *rig.coordinator.assignment("a");
  request.id = "a2";
  rig.out.clear();
  rig.coordinator.join(7 * kSecond, request, rig.out);
  CHECK(rig.count(Kind::removed) == 1);
  CHECK(rig.count(Kind::joined) == 1);
  CHECK(rig.coordinator.state() == State::stable);
  CHECK(rig.coordinator.generation() == 1);
  CHECK(rig.sync(7 * kSecond, "a2").at(0).partitions == before);
}

TEST_CASE("coordinator: time goes back and unknown members change nothing", "[messaging]") {
  Rig rig = stable_pair();
  CHECK(rig.coordinator.heartbeat(0, "a") == HeartbeatAnswer::ok);
  CHECK(rig.coordinator.next() == 16 * kSecond);
  CHECK(rig.sync(7 * kSecond, "nobody").empty());
  rig.coordinator.leave(7 * kSecond, "nobody", rig.out);
  CHECK(rig.coordinator.state() == State::stable);
  CHECK(rig.coordinator.heartbeat(7 * kSecond, "nobody") == HeartbeatAnswer::unknown_member);
}

TEST_CASE("coordinator: a follower that asks again gets the same generation", "[messaging]") {
  Rig rig = stable_pair();
  rig.join(7 * kSecond, "b");
  CHECK(rig.count(Kind::joined) == 1);
  CHECK(rig.coordinator.state() == State::stable);
  rig.join(7 * kSecond, "a");  // the leader's metadata may have changed
  CHECK(rig.coordinator.state() == State::preparing_rebalance);
  rig.out.clear();
  rig.coordinator.leave(8 * kSecond, "b", rig.out);
  CHECK(rig.coordinator.state() == State::completing_rebalance);
  rig.coordinator.leave(9 * kSecond, "a", rig.out);
  CHECK(rig.coordinator.state() == State::empty);
}

}  // namespace
}  // namespace highwater::messaging
