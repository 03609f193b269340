// Assignments recorded from the products themselves: random groups through librdkafka 2.0.2,
// Kafka's Java assignors and kafkajs; the order in which OpenJDK walks a map.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "models/algorithms/messaging/java_hash.h"
#include "models/algorithms/messaging/messaging.h"
#include "tests/support/golden.h"

namespace highwater::messaging {
namespace {

/// Names of partitions, "t1-0", as the recordings have them.
using Named = std::vector<std::string>;

std::uint32_t topic_place(Group& group, const std::string& name) {
  for (std::uint32_t i = 0; i < group.topics.size(); ++i)
    if (group.topics[i].name == name) return i;
  group.topics.push_back({name, 0});
  return static_cast<std::uint32_t>(group.topics.size() - 1);
}

TopicPartition partition_of(Group& group, const std::string& name) {
  const std::size_t dash = name.rfind('-');
  return {topic_place(group, name.substr(0, dash)),
          static_cast<std::uint32_t>(std::stoul(name.substr(dash + 1)))};
}

/// @param members  Id, generation, topics, owned.
Group recorded_group(const nlohmann::json& topics, const nlohmann::json& members) {
  Group group;
  for (const auto& topic : topics) group.topics.push_back({topic[0], topic[1]});
  for (const auto& m : members) {
    GroupMember member;
    member.id = m[0];
    member.generation = m[1];
    for (const auto& t : m[2]) member.topics.push_back(topic_place(group, t));
    for (const auto& p : m[3]) member.owned.push_back(partition_of(group, p));
    group.members.push_back(std::move(member));
  }
  return group;
}

std::map<std::string, Named> named(const Group& group, const Assignment& assignment, bool sorted) {
  std::map<std::string, Named> result;
  for (std::size_t i = 0; i < assignment.size(); ++i) {
    std::vector<std::pair<std::string, std::uint32_t>> list;
    for (const TopicPartition p : assignment[i])
      list.emplace_back(group.topics[p.topic].name, p.partition);
    if (sorted) std::sort(list.begin(), list.end());
    Named& to = result[group.members[i].id];
    for (const auto& [topic, number] : list) to.push_back(topic + "-" + std::to_string(number));
  }
  return result;
}

Assignor assignor_of(const std::string& name) {
  return name == "range"        ? Assignor::range
         : name == "roundrobin" ? Assignor::roundrobin
                                : Assignor::sticky;
}

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

TEST_CASE("assignors: kafkajs deals as recorded", "[messaging]") {
  const auto recorded = golden_json("kafka_assignors.json")["kafkajs"];
  REQUIRE(recorded.size() >= 20);
  for (const auto& row : recorded) {
    Group group = recorded_group(row["topics"], row["members"]);
    // The assigner was recorded by itself and handed every topic that somebody reads, in the order
    // of the row: as by a leader who subscribes to all of them.
    std::vector<std::uint32_t> read;
    for (std::uint32_t t = 0; t < group.topics.size(); ++t)
      for (const GroupMember& member : group.members)
        if (std::find(member.topics.begin(), member.topics.end(), t) != member.topics.end())
          read.push_back(t);
    if (!group.members.empty()) group.members.front().topics = read;
    const auto expected = row["assignment"].get<std::map<std::string, Named>>();
    CHECK(in_order(named(group, assign_kafkajs_round_robin(group), true)) == in_order(expected));
  }
}

TEST_CASE("java hash: a map is walked as OpenJDK was seen to walk it", "[messaging]") {
  const auto recorded = golden_json("kafka_assignors.json")["java_map_order"];
  const std::vector<std::string> inserted = recorded["inserted"];
  std::vector<std::uint32_t> hashes;
  for (const std::string& name : inserted) hashes.push_back(java_string_hash(name));
  std::vector<std::string> walked;
  for (const std::uint32_t i : java_map_order(hashes)) walked.push_back(inserted[i]);
  CHECK(walked == recorded["walked"].get<std::vector<std::string>>());
}

}  // namespace
}  // namespace highwater::messaging
