#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/assignor.h"
#include "tests/support/golden.h"

namespace highwater::messaging {

/// A group as a test writes it: names in place of numbers.
struct MemberText {
  std::string id;
  std::vector<std::string> topics;
  std::vector<std::string> owned = {};  ///< "topic-0"
  std::optional<std::int32_t> generation = {};
  std::optional<std::string> instance = {};
};

inline std::uint32_t place_of_topic(Group& group, const std::string& name) {
  for (std::uint32_t i = 0; i < group.topics.size(); ++i)
    if (group.topics[i].name == name) return i;
  group.topics.push_back({name, 0});
  return static_cast<std::uint32_t>(group.topics.size() - 1);
}

inline Group group_of(std::vector<GroupTopic> topics, const std::vector<MemberText>& members) {
  Group group{std::move(topics), {}};
  for (const MemberText& text : members) {
    GroupMember member{.id = text.id, .instance_id = text.instance};
    member.generation = text.generation;
    for (const std::string& topic : text.topics)
      member.topics.push_back(place_of_topic(group, topic));
    for (const std::string& name : text.owned) {
      const std::size_t dash = name.rfind('-');
      member.owned.push_back({place_of_topic(group, name.substr(0, dash)),
                              static_cast<std::uint32_t>(std::stoul(name.substr(dash + 1)))});
    }
    group.members.push_back(std::move(member));
  }
  return group;
}

using Lists = std::vector<std::vector<std::string>>;

inline Lists lists_of(const Group& group, const Assignment& assignment) {
  Lists lists;
  for (const auto& partitions : assignment) {
    lists.emplace_back();
    for (const TopicPartition p : partitions)
      lists.back().push_back(group.topics[p.topic].name + "-" + std::to_string(p.partition));
  }
  return lists;
}
inline Lists sorted_lists_of(const Group& group, const Assignment& assignment) {
  Lists lists = lists_of(group, assignment);
  for (auto& list : lists) std::sort(list.begin(), list.end());
  return lists;
}

/// What members have becomes what they own, in the generation given.
inline void adopt(Group& group, const Assignment& assignment, std::int32_t generation) {
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    group.members[m].owned = assignment[m];
    group.members[m].generation = generation;
  }
}

/// Why an assignment is none: a partition twice, of a topic that its owner does not read, or
/// without an owner though somebody reads it. Empty where nothing is wrong.
/// @param complete  Whether every partition that is read has to have an owner.
inline std::string wrong_with(const Group& group, const Assignment& assignment,
                              bool complete = true) {
  if (assignment.size() != group.members.size()) return "not a list for each member";
  std::vector<std::vector<int>> owners;
  for (const GroupTopic& topic : group.topics) owners.emplace_back(topic.partitions);
  for (std::size_t m = 0; m < assignment.size(); ++m)
    for (const TopicPartition p : assignment[m]) {
      const auto& topics = group.members[m].topics;
      if (std::find(topics.begin(), topics.end(), p.topic) == topics.end())
        return group.members[m].id + " does not read its partition";
      if (p.partition >= group.topics[p.topic].partitions) return "a partition that does not exist";
      if (++owners[p.topic][p.partition] > 1) return "a partition with two owners";
    }
  if (!complete) return {};
  for (std::uint32_t t = 0; t < group.topics.size(); ++t) {
    const bool read = std::any_of(group.members.begin(), group.members.end(), [&](const auto& m) {
      return std::find(m.topics.begin(), m.topics.end(), t) != m.topics.end();
    });
    for (const int n : owners[t])
      if (n != (read ? 1 : 0)) return "a partition without owner";
  }
  return {};
}

inline std::size_t spread(const Assignment& assignment) {
  std::size_t least = static_cast<std::size_t>(-1);
  std::size_t most = 0;
  for (const auto& list : assignment) {
    least = std::min(least, list.size());
    most = std::max(most, list.size());
  }
  return assignment.empty() ? 0 : most - least;
}

/// Partitions that stay with their owner.
inline std::size_t kept(const Group& group, const Assignment& assignment) {
  std::size_t n = 0;
  for (std::size_t m = 0; m < assignment.size(); ++m)
    for (const TopicPartition p : assignment[m]) {
      const auto& owned = group.members[m].owned;
      n += std::find(owned.begin(), owned.end(), p) != owned.end();
    }
  return n;
}

/// Any group of up to seven members and five topics. Ids need not be in order.
inline Group random_group(SplitMix& bits, bool alike) {
  Group group;
  const auto topics = 1 + bits.bits() % 5;
  for (std::uint32_t t = 0; t < topics; ++t)
    group.topics.push_back({"t" + std::to_string(bits.bits() % 1000 * 10 + t),
                            static_cast<std::uint32_t>(bits.bits() % 8)});
  const auto members = 1 + bits.bits() % 7;
  for (std::uint32_t m = 0; m < members; ++m) {
    GroupMember member{.id = "m" + std::to_string(bits.bits() % 1000 * 10 + m)};
    if (bits.bits() % 4 == 0) member.instance_id = "i" + std::to_string(bits.bits() % 100);
    for (std::uint32_t t = 0; t < topics; ++t)
      if (alike || bits.bits() % 3 != 0) member.topics.push_back(t);
    group.members.push_back(std::move(member));
  }
  return group;
}

}  // namespace highwater::messaging
