#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "models/algorithms/messaging/group.h"
#include "models/algorithms/messaging/range_assignor.h"

namespace highwater::messaging {

/// messaging roundrobin: all partitions in turn over all members.
///
/// Partitions in the order of topic names and numbers, members in a circle in their order; one that
/// does not subscribe to the topic is passed over and keeps no claim to be first next time.
///
/// At the edges  without members, and for a topic nobody reads, nothing is assigned.
/// Source   Apache Kafka 3.9, RoundRobinAssignor.java; librdkafka 2.0.2,
///          rdkafka_roundrobin_assignor.c.
/// Checked  tests/messaging/round_robin_assignor_test.cpp: recordings of librdkafka's mock cluster,
///          the cases of Kafka's RoundRobinAssignorTest; tests/reality/librdkafka_groups.py: random
///          groups at that cluster.
inline Assignment assign_round_robin(const Group& group,
                                     AssignorCode code = AssignorCode::librdkafka) {
  const Roster roster(group);
  const std::vector<std::uint32_t> order = member_order(roster, code);
  std::vector<std::vector<std::uint32_t>> parts(roster.members());
  std::size_t next = 0;
  for (std::uint32_t topic = 0; topic < roster.topics(); ++topic) {
    if (roster.readers(topic) == 0) continue;
    for (std::uint32_t k = 0; k < roster.size_of(topic); ++k) {
      while (!roster.subscribes(order[next], topic)) next = next + 1 == order.size() ? 0 : next + 1;
      parts[order[next]].push_back(roster.first_of(topic) + k);
      next = next + 1 == order.size() ? 0 : next + 1;
    }
  }
  return roster.named(parts);
}

/// messaging kafkajs_roundrobin: partitions in turn over the members, whatever they subscribe to.
///
/// The leader, who joined first, deals the partitions of the topics that it subscribes to itself,
/// in its own order, to the members in the order of their ids: partition i to member i modulo the
/// members. It takes for granted that all subscribe to the same. A topic that only others read is
/// given to nobody, and a member may get partitions of topics that it does not read, which it then
/// leaves alone.
///
/// At the edges  without members nothing is assigned.
/// Source   npm kafkajs 2.2.4, src/consumer/assigners/roundRobinAssigner/index.js,
///          src/consumer/consumerGroup.js.
/// Checked  tests/messaging/round_robin_assignor_test.cpp: leaders of all kinds;
///          tests/messaging/recorded_assignors_test.cpp: recorded from kafkajs;
///          tests/reality/npm_assigner.py: random groups beside kafkajs itself.
inline Assignment assign_kafkajs_round_robin(const Group& group) {
  const Roster roster(group);
  std::vector<std::vector<std::uint32_t>> parts(roster.members());
  if (parts.empty()) return {};
  const std::uint32_t leader = roster.ranks().front();
  std::size_t next = 0;
  for (const std::uint32_t topic : roster.topics_of(leader)) {
    for (std::uint32_t k = 0; k < roster.size_of(topic); ++k) {
      parts[next].push_back(roster.first_of(topic) + k);
      next = next + 1 == parts.size() ? 0 : next + 1;
    }
  }
  return roster.named(parts);
}

}  // namespace highwater::messaging
