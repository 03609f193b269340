#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/algorithms/messaging/assignor.h"
#include "tests/algorithms/golden.h"

namespace highwater::messaging {

/// Names of partitions, "t1-0", as the recordings have them.
using Named = std::vector<std::string>;

inline std::uint32_t topic_place(Group& group, const std::string& name) {
  for (std::uint32_t i = 0; i < group.topics.size(); ++i)
    if (group.topics[i].name == name) return i;
  group.topics.push_back({name, 0});
  return static_cast<std::uint32_t>(group.topics.size() - 1);
}

inline TopicPartition partition_of(Group& group, const std::string& name) {
  const std::size_t dash = name.rfind('-');
  return {topic_place(group, name.substr(0, dash)),
          static_cast<std::uint32_t>(std::stoul(name.substr(dash + 1)))};
}

/// @param members  Id, generation, topics, owned.
inline Group recorded_group(const nlohmann::json& topics, const nlohmann::json& members) {
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

inline std::map<std::string, Named> named(const Group& group, const Assignment& assignment,
                                          bool sorted) {
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

inline Assignor assignor_of(const std::string& name) {
  return name == "range"        ? Assignor::range
         : name == "roundrobin" ? Assignor::roundrobin
                                : Assignor::sticky;
}

/// A group of chance: up to 8 topics and 12 members, half of the groups with equal subscriptions.
template <class Bits>
Group random_group(Bits& bits) {
  const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(bits.bits() % n); };
  Group group;
  const std::uint32_t topics = 1 + below(8);
  for (std::uint32_t t = 0; t < topics; ++t)
    group.topics.push_back(
        {"t" + std::to_string(t * 7 % 10), below(4) == 0 ? below(20) : below(6)});
  const std::uint32_t members = below(13);
  const bool alike = below(2) == 0;
  const std::uint32_t shared = 1 + below((1u << topics) - 1);
  for (std::uint32_t m = 0; m < members; ++m) {
    GroupMember member;
    member.id = "c" + std::to_string(m * 37 % 101);
    const std::uint32_t mask = alike ? shared : below(1u << topics);
    for (std::uint32_t t = 0; t < topics; ++t)
      if ((mask >> t & 1u) != 0) member.topics.push_back(t);
    member.generation = 1;
    group.members.push_back(std::move(member));
  }
  return group;
}

/// Everybody owns what an earlier assignment gave, except for some that nobody owns.
template <class Bits>
void own(Group& group, const Assignment& assignment, Bits& bits) {
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    group.members[m].owned.clear();
    if (m < assignment.size())
      for (const TopicPartition p : assignment[m])
        if (bits.bits() % 8 != 0) group.members[m].owned.push_back(p);
  }
}

}  // namespace highwater::messaging
