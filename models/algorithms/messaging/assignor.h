#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/group.h"
#include "models/algorithms/messaging/java_sticky_assignor.h"
#include "models/algorithms/messaging/librdkafka_sticky_assignor.h"
#include "models/algorithms/messaging/range_assignor.h"
#include "models/algorithms/messaging/round_robin_assignor.h"

namespace highwater::messaging {

/// partition.assignment.strategy.
enum class Assignor : std::uint8_t { range, roundrobin, sticky, cooperative_sticky };

/// Whether members give everything up before each rebalance, or keep what they have and give up
/// only what another member is to get (KIP-429).
enum class RebalanceProtocol : std::uint8_t { eager, cooperative };

constexpr RebalanceProtocol protocol_of(Assignor assignor) {
  return assignor == Assignor::cooperative_sticky ? RebalanceProtocol::cooperative
                                                  : RebalanceProtocol::eager;
}

/// What an assignor wants everybody to have in the end. cooperative_sticky wants the same as
/// sticky; what differs is how the group gets there.
inline Assignment assign(Assignor assignor, AssignorCode code, const Group& group) {
  switch (assignor) {
    case Assignor::range:
      return assign_range(group, code);
    case Assignor::roundrobin:
      return assign_round_robin(group, code);
    case Assignor::sticky:
    case Assignor::cooperative_sticky:
      break;
  }
  return code == AssignorCode::java ? assign_java_sticky(group) : assign_librdkafka_sticky(group);
}

/// messaging withhold_transfers: the cooperative half of the cooperative-sticky assignor.
///
/// A partition that one member is to give up and another to get is left out: the first gives it up
/// when it sees the assignment and joins again, and only the next rebalance hands it over. So no
/// partition ever has two owners, and all others are read on meanwhile.
///
/// Source   KIP-429; Apache Kafka 3.9, CooperativeStickyAssignor.java; librdkafka 2.0.2,
///          rdkafka_cgrp.c, rd_kafka_cooperative_protocol_adjust_assignment.
/// Checked  tests/messaging/assignor_test.cpp: no partition has two owners, whatever happens;
///          tests/reality/librdkafka_groups.py: what members of random groups are handed.
inline void withhold_transfers(const Group& group, Assignment& assignment) {
  const Roster roster(group);
  constexpr std::uint32_t kNone = Roster::kNone;
  std::vector<std::uint32_t> goes_to(roster.partitions(), kNone);
  for (std::uint32_t m = 0; m < assignment.size(); ++m)
    for (const TopicPartition p : assignment[m]) goes_to[roster.number(p)] = m;
  // What its new owner does not have already and somebody else has.
  std::vector<char> has(roster.partitions());
  std::vector<char> others_have(roster.partitions());
  for (std::uint32_t m = 0; m < assignment.size(); ++m)
    for (const TopicPartition p : group.members[m].owned) {
      const std::uint32_t number = roster.number(p);
      if (number == kNone) continue;
      (goes_to[number] == m ? has : others_have)[number] = 1;
    }
  for (std::vector<TopicPartition>& list : assignment)
    std::erase_if(list, [&](TopicPartition p) {
      const std::uint32_t number = roster.number(p);
      return others_have[number] != 0 && has[number] == 0;
    });
}

/// What one rebalance gives to everybody.
inline Assignment rebalance(Assignor assignor, AssignorCode code, const Group& group) {
  Assignment assignment = assign(assignor, code, group);
  if (protocol_of(assignor) == RebalanceProtocol::cooperative)
    withhold_transfers(group, assignment);
  return assignment;
}

/// A group at rest.
struct Settled {
  Assignment assignment;
  std::uint32_t rebalances = 0;  ///< That it took.
};

/// Rebalances until nobody gives anything up any more: twice at most with the protocols of today,
/// the second time because the first withheld something.
inline Settled settle(Assignor assignor, AssignorCode code, Group group) {
  constexpr std::uint32_t kMost = 16;  // chosen; far beyond what the assignors ever take
  Settled settled;
  for (bool again = true; again && settled.rebalances < kMost;) {
    settled.assignment = rebalance(assignor, code, group);
    ++settled.rebalances;
    again = false;
    if (protocol_of(assignor) == RebalanceProtocol::eager) break;
    for (std::size_t m = 0; m < group.members.size(); ++m) {
      const std::vector<TopicPartition>& now = settled.assignment[m];
      for (const TopicPartition p : group.members[m].owned)
        if (std::find(now.begin(), now.end(), p) == now.end()) again = true;
    }
    for (std::size_t m = 0; m < group.members.size(); ++m) {
      group.members[m].owned = settled.assignment[m];
      group.members[m].generation = static_cast<std::int32_t>(settled.rebalances);
    }
  }
  return settled;
}

}  // namespace highwater::messaging
