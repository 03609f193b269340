#include <catch2/catch.hpp>

#include "models/algorithms/messaging/java_sticky_assignor.h"
#include "models/algorithms/messaging/librdkafka_sticky_assignor.h"
#include "models/algorithms/messaging/sticky_balance.h"
#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

std::map<std::string, Named> in_order(std::map<std::string, Named> map) {
  for (auto& [member, list] : map) std::sort(list.begin(), list.end());
  return map;
}

TEST_CASE("assignors: random groups come out as from librdkafka and from Kafka", "[messaging]") {
  const auto recorded = golden_json("kafka_assignors.json");
  for (const char* product : {"librdkafka", "java"}) {
    const bool java = std::string(product) == "java";
    std::size_t compared = 0;
    for (const auto& row : recorded[product]) {
      const Group group = recorded_group(row["topics"], row["members"]);
      const Assignor assignor = assignor_of(row["assignor"]);
      CAPTURE(product, row.dump());
      const auto expected = row["assignment"].get<std::map<std::string, Named>>();
      const auto result = named(
          group, assign(assignor, java ? AssignorCode::java : AssignorCode::librdkafka, group),
          false);
      // Java's order within a member is that of its lists; range walks a hash map of topics.
      if (java && assignor != Assignor::range)
        CHECK(result == expected);
      else
        CHECK(in_order(result) == in_order(expected));
      ++compared;
    }
    CHECK(compared >= 90);
  }
}

TEST_CASE("assignors: librdkafka's mock cluster settles as recorded", "[messaging]") {
  const auto recorded = golden_json("kafka_librdkafka.json")["assignors"];
  for (const auto& [name, rows] : recorded.items()) {
    const Assignor assignor =
        name == "cooperative-sticky" ? Assignor::cooperative_sticky : assignor_of(name);
    std::map<std::string, Named> before;
    for (const auto& row : rows) {
      nlohmann::json members = nlohmann::json::array();
      for (const auto& [member, id] : row["member_ids"].items()) {
        const nlohmann::json topics =
            member == "c3" ? nlohmann::json{"t1", "t2"} : nlohmann::json{"t1", "t2", "t3"};
        members.push_back({id, 1, topics, before[member]});
      }
      const Group group =
          recorded_group(nlohmann::json::parse(R"([["t1",7],["t2",3],["t3",5]])"), members);
      auto result =
          named(group, settle(assignor, AssignorCode::librdkafka, group).assignment, true);
      CAPTURE(name, row["step"].get<std::string>());
      before.clear();
      for (const auto& [member, partitions] : row["assign"].items()) {
        CHECK(result[row["member_ids"][member]] == partitions.get<Named>());
        before[member] = partitions.get<Named>();
      }
    }
  }
}

struct Case {
  Group group;
  void topic(const std::string& name, std::uint32_t n) { group.topics.push_back({name, n}); }
  void member(const std::string& id, const std::vector<std::string>& topics,
              const Named& owned = {}, std::int32_t generation = 1) {
    GroupMember m;
    m.id = id;
    m.generation = generation;
    for (const auto& t : topics) m.topics.push_back(topic_place(group, t));
    for (const auto& p : owned) m.owned.push_back(partition_of(group, p));
    group.members.push_back(std::move(m));
  }
  std::map<std::string, Named> result() { return named(group, assign_java_sticky(group), false); }
};

// Restated from Kafka's AbstractStickyAssignorTest.
TEST_CASE("java sticky: fresh groups", "[messaging]") {
  Case c;
  c.topic("topic1", 3);
  c.topic("topic2", 3);
  c.member("consumer1", {"topic1", "topic2"});
  c.member("consumer2", {"topic1", "topic2"});
  auto result = c.result();
  CHECK(result["consumer1"] == Named{"topic1-0", "topic1-2", "topic2-1"});
  CHECK(result["consumer2"] == Named{"topic1-1", "topic2-0", "topic2-2"});

  Case mixed;
  mixed.topic("topic1", 3);
  mixed.topic("topic2", 2);
  mixed.member("consumer1", {"topic1"});
  mixed.member("consumer2", {"topic1", "topic2"});
  mixed.member("consumer3", {"topic1"});
  result = mixed.result();
  CHECK(result["consumer1"] == Named{"topic1-0", "topic1-2"});
  CHECK(result["consumer2"] == Named{"topic2-0", "topic2-1"});
  CHECK(result["consumer3"] == Named{"topic1-1"});
}

TEST_CASE("java sticky: quotas", "[messaging]") {
  Case c;
  c.topic("topic1", 2);
  c.topic("topic2", 3);
  c.member("consumer1", {"topic1", "topic2"}, {"topic1-0", "topic2-1"});
  c.member("consumer2", {"topic1", "topic2"}, {"topic1-1", "topic2-2"});
  auto result = c.result();
  CHECK(result["consumer1"] == Named{"topic1-0", "topic2-1", "topic2-0"});
  CHECK(result["consumer2"] == Named{"topic1-1", "topic2-2"});

  Case more;
  more.topic("topic1", 2);
  more.topic("topic2", 2);
  more.member("consumer1", {"topic1", "topic2"}, {"topic1-0", "topic2-0"});
  more.member("consumer2", {"topic1", "topic2"}, {"topic1-1", "topic2-1"});
  more.member("consumer3", {"topic1", "topic2"});
  result = more.result();
  CHECK(result["consumer1"] == Named{"topic1-0"});
  CHECK(result["consumer2"] == Named{"topic1-1", "topic2-1"});
  CHECK(result["consumer3"] == Named{"topic2-0"});

  Case under;
  under.topic("topic1", 2);
  under.topic("topic2", 3);
  under.member("consumer1", {"topic1", "topic2"}, {"topic1-0"});
  under.member("consumer2", {"topic1", "topic2"}, {"topic1-1"});
  under.member("consumer3", {"topic1", "topic2"});
  result = under.result();
  CHECK(result["consumer1"] == Named{"topic1-0", "topic2-1"});
  CHECK(result["consumer2"] == Named{"topic1-1", "topic2-2"});
  CHECK(result["consumer3"] == Named{"topic2-0"});
}

TEST_CASE("java sticky: members come and go", "[messaging]") {
  Case c;
  c.topic("topic1", 3);
  c.topic("topic2", 4);
  const std::vector<std::string> both{"topic1", "topic2"};
  c.member("consumer1", both, {"topic1-0", "topic1-2", "topic2-1", "topic2-3"});
  c.member("consumer2", both, {"topic1-1", "topic2-0", "topic2-2"});
  c.member("consumer3", both);
  c.member("consumer4", both);
  auto result = c.result();
  CHECK(result["consumer1"] == Named{"topic1-0", "topic2-1"});
  CHECK(result["consumer2"] == Named{"topic2-0", "topic1-1"});
  CHECK(result["consumer3"] == Named{"topic1-2", "topic2-3"});
  CHECK(result["consumer4"] == Named{"topic2-2"});
  Case left;
  left.topic("topic1", 3);
  left.topic("topic2", 4);
  left.member("consumer3", both, {"topic1-2", "topic2-3"});
  left.member("consumer4", both, {"topic2-2"});
  result = left.result();
  CHECK(result["consumer3"] == Named{"topic1-2", "topic2-3", "topic1-0", "topic2-1"});
  CHECK(result["consumer4"] == Named{"topic2-2", "topic1-1", "topic2-0"});
}

TEST_CASE("sticky: the higher generation is believed and a tie nobody", "[messaging]") {
  for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
    Case c;
    c.topic("t", 4);
    c.member("a", {"t"}, {"t-0", "t-1"}, 2);
    c.member("b", {"t"}, {"t-1", "t-2"}, 1);
    auto result = named(c.group, assign(Assignor::sticky, code, c.group), true);
    CHECK(result["a"] == Named{"t-0", "t-1"});
    CHECK(result["b"] == Named{"t-2", "t-3"});
    c.group.members[1].generation = 2;
    result = named(c.group, assign(Assignor::sticky, code, c.group), true);
    CHECK(result["a"].size() == 2);
    CHECK(result["b"].size() == 2);
  }
}

TEST_CASE("sticky: nobody and nothing", "[messaging]") {
  for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
    Case c;
    CHECK(assign(Assignor::sticky, code, c.group).empty());
    c.topic("t", 0);
    CHECK(assign(Assignor::sticky, code, c.group).empty());
    c.member("a", {"t"});
    c.member("b", {});
    CHECK(assign(Assignor::sticky, code, c.group) == Assignment{{}, {}});
    c.group.topics[0].partitions = 3;
    CHECK(named(c.group, assign(Assignor::sticky, code, c.group), true)["a"] ==
          Named{"t-0", "t-1", "t-2"});
  }
}

}  // namespace
}  // namespace highwater::messaging
