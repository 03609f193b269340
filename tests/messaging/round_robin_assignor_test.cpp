#include "models/algorithms/messaging/round_robin_assignor.h"

#include <catch2/catch.hpp>

#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

Group two_topics(std::uint32_t first, std::uint32_t second) {
  Group group;
  group.topics = {{"topic1", first}, {"topic2", second}};
  return group;
}

TEST_CASE("round robin: the cases of RoundRobinAssignorTest", "[messaging]") {
  Group group = two_topics(3, 2);
  group.members = {{.id = "consumer1", .topics = {0}},
                   {.id = "consumer2", .topics = {0, 1}},
                   {.id = "consumer3", .topics = {0}}};
  for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
    auto result = named(group, assign_round_robin(group, code), false);
    CHECK(result["consumer1"] == Named{"topic1-0"});
    CHECK(result["consumer2"] == Named{"topic1-1", "topic2-0", "topic2-1"});
    CHECK(result["consumer3"] == Named{"topic1-2"});
  }
  group = two_topics(3, 3);
  group.members = {{.id = "consumer2", .topics = {0, 1}}, {.id = "consumer1", .topics = {0, 1}}};
  auto result = named(group, assign_round_robin(group), false);
  CHECK(result["consumer1"] == Named{"topic1-0", "topic1-2", "topic2-1"});
  CHECK(result["consumer2"] == Named{"topic1-1", "topic2-0", "topic2-2"});
}

TEST_CASE("round robin: static members go by instance and in Java before others", "[messaging]") {
  Group group = two_topics(3, 3);
  group.members = {{.id = "a", .instance_id = "instance2", .topics = {0, 1}},
                   {.id = "b", .instance_id = "instance1", .topics = {0, 1}}};
  CHECK(named(group, assign_round_robin(group, AssignorCode::java), false)["b"] ==
        Named{"topic1-0", "topic1-2", "topic2-1"});
  CHECK(named(group, assign_round_robin(group), false)["b"] ==
        Named{"topic1-0", "topic1-2", "topic2-1"});
  group.members[0].instance_id.reset();
  CHECK(named(group, assign_round_robin(group, AssignorCode::java), false)["b"].front() ==
        "topic1-0");
  CHECK(named(group, assign_round_robin(group), false)["a"].front() == "topic1-0");
}

TEST_CASE("round robin: nobody and nothing", "[messaging]") {
  Group group = two_topics(3, 0);
  CHECK(assign_round_robin(group).empty());
  CHECK(assign_kafkajs_round_robin(group).empty());
  group.members = {{.id = "a", .topics = {1}}, {.id = "b"}};
  CHECK(assign_round_robin(group) == Assignment{{}, {}});
}

TEST_CASE("round robin: kafkajs deals as recorded", "[messaging]") {
  const auto recorded = golden_json("kafka_assignors.json")["kafkajs"];
  REQUIRE(recorded.size() >= 20);
  for (const auto& row : recorded) {
    const Group group = recorded_group(row["topics"], row["members"]);
    const auto expected = row["assignment"].get<std::map<std::string, Named>>();
    auto result = named(group, assign_kafkajs_round_robin(group), true);
    for (auto [member, partitions] : expected) {
      std::sort(partitions.begin(), partitions.end());
      std::sort(result[member].begin(), result[member].end());
      CHECK(result[member] == partitions);
    }
  }
}

}  // namespace
}  // namespace highwater::messaging
