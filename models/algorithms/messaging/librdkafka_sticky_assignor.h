#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <queue>
#include <utility>
#include <vector>

#include "models/algorithms/messaging/group.h"
#include "models/algorithms/messaging/sticky_balance.h"

namespace highwater::messaging {

/// messaging librdkafka_sticky: librdkafka's port of the sticky assignor.
///
/// A partition belongs to the member of the highest generation that claims it; claimed twice in one
/// generation it belongs to nobody. Where all read the same topics, the partitions are tried for a
/// move in turn from the members with the most, and those without an owner are given out in the
/// reverse order of the topics' metadata. Where they do not, the order is that of the number of
/// readers, topic name and partition.
///
/// Assumes  the metadata names topics in the order in which the leader asked for them: member after
///          member in the order of the group, each with its topics by name. So does the mock
///          cluster; a broker may answer in any order.
/// At the edges  a partition claimed in two generations belongs to the higher one; librdkafka
///          believes the member that comes last in some of its steps and can give the partition to
///          two members.
/// Source   librdkafka 2.0.2, rdkafka_sticky_assignor.c, rdkafka_assignor.c.
/// Checked  tests/messaging/sticky_assignor_test.cpp: recorded from the function itself and from
///          the mock cluster; tests/reality/librdkafka_groups.py: random groups at that cluster.
inline Assignment assign_librdkafka_sticky(const Group& group) {
  constexpr std::uint32_t kNone = Roster::kNone;
  const Roster roster(group);
  StickyBalance state(roster, AssignorCode::librdkafka);

  struct Claim {
    std::uint32_t partition;
    std::int32_t generation;
    std::uint32_t member;
  };
  std::vector<Claim> claims;
  for (std::uint32_t m = 0; m < roster.members(); ++m)
    for (const std::uint32_t p : roster.owned(m))
      claims.push_back({p, roster.member(m).generation.value_or(-1), m});
  std::stable_sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) {
    return std::pair(a.partition, a.generation) < std::pair(b.partition, b.generation);
  });
  bool revoked = false;
  for (std::size_t i = 0; i < claims.size();) {
    std::size_t end = i + 1;
    bool twice = false;
    for (; end < claims.size() && claims[end].partition == claims[i].partition; ++end)
      twice = twice || claims[end].generation == claims[end - 1].generation;
    if (!twice) {
      const Claim& last = claims[end - 1];
      const std::uint32_t topic = roster.topic_of(last.partition);
      if (end - i >= 2) state.set_previous(last.partition, claims[end - 2].member);
      if (roster.readers(topic) == 0) {
        // Nobody reads it any more: it is forgotten.
      } else {
        state.give(last.partition, last.member);
      }
    }
    i = end;
  }

  std::vector<std::uint32_t> order;  // in which partitions are tried for a move
  order.reserve(roster.partitions());
  if (!roster.alike(false)) {
    std::vector<std::uint32_t> topics(roster.topics());
    std::iota(topics.begin(), topics.end(), 0u);
    std::stable_sort(topics.begin(), topics.end(), [&](std::uint32_t a, std::uint32_t b) {
      return roster.readers(a) < roster.readers(b);
    });
    for (const std::uint32_t topic : topics)
      for (std::uint32_t k = 0; k < roster.size_of(topic) && roster.readers(topic) > 0; ++k)
        order.push_back(roster.first_of(topic) + k);
  } else {
    // From the member with the most, of equals the last, one partition at a time: first those that
    // were another's before, then the rest.
    std::vector<std::vector<std::uint32_t>> mine(roster.members());
    for (const bool moved : {true, false})
      for (std::uint32_t p = 0; p < roster.partitions(); ++p)
        if (state.owner(p) != kNone && (state.previous(p) != kNone) == moved)
          mine[state.owner(p)].push_back(p);
    std::vector<std::size_t> taken(roster.members());
    std::priority_queue<std::pair<std::size_t, std::uint32_t>> most;
    for (std::uint32_t m = 0; m < roster.members(); ++m)
      if (!mine[m].empty()) most.emplace(mine[m].size(), m);
    while (!most.empty()) {
      const auto [left, member] = most.top();
      most.pop();
      order.push_back(mine[member][taken[member]++]);
      if (left > 1) most.emplace(left - 1, member);
    }
    const bool fresh = order.empty();
    std::vector<std::uint32_t> metadata;  // topics in the order of the metadata
    std::vector<char> known(roster.topics());
    for (const std::uint32_t m : roster.ranks()) {
      std::vector<std::uint32_t> topics = roster.topics_of(m);
      std::sort(topics.begin(), topics.end());
      for (const std::uint32_t topic : topics)
        if (std::exchange(known[topic], 1) == 0) metadata.push_back(topic);
    }
    for (auto topic = metadata.rbegin(); topic != metadata.rend(); ++topic)
      for (std::uint32_t k = roster.size_of(*topic); k-- > 0;)
        if (state.owner(roster.first_of(*topic) + k) == kNone)
          order.push_back(roster.first_of(*topic) + k);
    if (fresh) std::sort(order.begin(), order.end());
  }

  std::vector<std::uint32_t> unassigned;
  for (const std::uint32_t p : order) {
    if (state.owner(p) != kNone && !roster.subscribes(state.owner(p), roster.topic_of(p))) {
      state.take(p);
      revoked = true;
    }
    if (state.owner(p) == kNone) unassigned.push_back(p);
  }
  state.balance(std::move(order), std::move(unassigned), revoked);
  return roster.named(state.parts());
}

}  // namespace highwater::messaging
