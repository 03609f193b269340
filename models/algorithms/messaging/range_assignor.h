#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/messaging/group.h"

namespace highwater::messaging {

/// The member, 0 to members - 1 in the order of their ids, that gets a partition of a topic which
/// all of them read: neighbouring partitions together, and the first members one more each where
/// the partitions do not go round. Preconditions: partition < partitions, members >= 1.
constexpr std::uint32_t range_member(std::uint32_t partition, std::uint32_t partitions,
                                     std::uint32_t members) {
  const std::uint32_t each = partitions / members;
  const std::uint32_t with_one_more = partitions % members;
  const std::uint32_t theirs = with_one_more * (each + 1);
  if (partition < theirs) return partition / (each + 1);
  return with_one_more + (partition - theirs) / each;
}

/// messaging MemberOrder: the order in which range and round robin go through the members.
///
/// Two static members are compared by their instance ids. Java puts every static member before
/// every dynamic one and compares the rest by member id. librdkafka compares two members of which
/// one is dynamic by their member ids, which is no order where both kinds are mixed; they are then
/// inserted one by one, in their given order, before the first that is greater.
///
/// Source   Apache Kafka 3.9, AbstractPartitionAssignor.MemberInfo; librdkafka 2.0.2,
///          rdkafka_assignor.c, rd_kafka_group_member_cmp.
/// Checked  tests/messaging/range_assignor_test.cpp: Kafka's tests of static members.
inline std::vector<std::uint32_t> member_order(const Roster& roster, AssignorCode code) {
  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    const auto& x = roster.member(a).instance_id;
    const auto& y = roster.member(b).instance_id;
    if (x && y && *x != *y) return *x < *y;
    if (code == AssignorCode::java && x.has_value() != y.has_value()) return x.has_value();
    return a < b;
  };
  std::vector<std::uint32_t> order;
  order.reserve(roster.members());
  bool any_static = false;
  for (std::uint32_t m = 0; m < roster.members(); ++m)
    any_static = any_static || roster.member(m).instance_id.has_value();
  for (std::uint32_t m = 0; m < roster.members(); ++m) {
    if (!any_static) {
      order.push_back(m);
      continue;
    }
    order.insert(
        std::find_if(order.begin(), order.end(), [&](auto other) { return less(m, other); }), m);
  }
  return order;
}

/// messaging range: topic by topic, neighbouring partitions to one member.
///
/// Each topic's partitions are cut into as many pieces as members subscribe to it, in their order;
/// the first members get one more where they do not go round. Members that come first so get one
/// more of every topic: with many topics of few partitions the assignment is skewed.
///
/// At the edges  without members or partitions nobody gets anything; racks are left out (Kafka
///          since 3.5 prefers members in the rack of a replica; without rack ids that changes
///          nothing).
/// Source   Apache Kafka 3.9, RangeAssignor.java; librdkafka 2.0.2, rdkafka_range_assignor.c.
/// Checked  tests/messaging/range_assignor_test.cpp: recordings of librdkafka's mock cluster, the
///          cases of Kafka's RangeAssignorTest; tests/reality/librdkafka_groups.py: random groups
///          at that cluster.
inline Assignment assign_range(const Group& group, AssignorCode code = AssignorCode::librdkafka) {
  const Roster roster(group);
  const std::vector<std::uint32_t> order = member_order(roster, code);
  std::vector<std::vector<std::uint32_t>> parts(roster.members());
  // Java walks a hash map of topics; their order is only that of each member's list.
  for (std::uint32_t topic = 0; topic < roster.topics(); ++topic) {
    const std::uint32_t readers = roster.readers(topic);
    const std::uint32_t partitions = roster.size_of(topic);
    if (readers == 0 || partitions == 0) continue;
    std::uint32_t next = 0;
    std::uint32_t i = 0;
    for (const std::uint32_t member : order) {
      if (!roster.subscribes(member, topic)) continue;
      const std::uint32_t share = partitions / readers + (i++ < partitions % readers ? 1 : 0);
      for (std::uint32_t k = 0; k < share; ++k)
        parts[member].push_back(roster.first_of(topic) + next++);
    }
  }
  return roster.named(parts);
}

}  // namespace highwater::messaging
