#include "models/algorithms/messaging/assignor.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

constexpr Assignor kAll[] = {Assignor::range, Assignor::roundrobin, Assignor::sticky,
                             Assignor::cooperative_sticky};

bool has(const std::vector<TopicPartition>& list, TopicPartition p) {
  return std::find(list.begin(), list.end(), p) != list.end();
}

// Every partition that is read has one owner, who reads it; no other has any.
void check_owners(const Group& group, const Assignment& assignment) {
  const Roster roster(group);
  std::vector<std::uint32_t> owners(roster.partitions());
  RC_ASSERT(assignment.size() == group.members.size());
  for (std::size_t m = 0; m < assignment.size(); ++m)
    for (const TopicPartition p : assignment[m]) {
      RC_ASSERT(roster.number(p) != Roster::kNone);
      ++owners[roster.number(p)];
      const auto& topics = group.members[m].topics;
      RC_ASSERT(std::find(topics.begin(), topics.end(), p.topic) != topics.end());
    }
  for (std::uint32_t p = 0; p < roster.partitions(); ++p)
    RC_ASSERT(owners[p] == (roster.readers(roster.topic_of(p)) > 0 ? 1u : 0u));
}

bool alike(const Group& group) {
  for (const GroupMember& m : group.members)
    if (m.topics != group.members[0].topics) return false;
  return true;
}

std::pair<std::size_t, std::size_t> least_and_most(const Assignment& assignment) {
  const auto [least, most] = std::minmax_element(
      assignment.begin(), assignment.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
  return {least->size(), most->size()};
}

TEST_CASE("assignors: every partition has one owner and it reads the topic", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    Group group = random_group(bits);
    for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka})
      for (const Assignor assignor : kAll) {
        const Assignment first = assign(assignor, code, group);
        check_owners(group, first);
        Group changed = group;
        if (!changed.members.empty() && bits.bits() % 2 == 0) changed.members.pop_back();
        own(changed, first, bits);
        check_owners(changed, assign(assignor, code, changed));
        check_owners(changed, settle(assignor, code, changed).assignment);
      }
  }));
}

TEST_CASE("assignors: shares differ by one where all read the same", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    Group group = random_group(bits);
    if (group.members.empty() || !alike(group)) return;
    for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
      const auto [a, b] = least_and_most(assign(Assignor::roundrobin, code, group));
      RC_ASSERT(b - a <= 1u);
      const Assignment before = assign(Assignor::sticky, code, group);
      const auto [c, d] = least_and_most(before);
      RC_ASSERT(d - c <= 1u);
      own(group, before, bits);
      const auto [e, f] = least_and_most(assign(Assignor::sticky, code, group));
      RC_ASSERT(f - e <= 1u);
    }
  }));
}

TEST_CASE("assignors: sticky moves the fewest that balance allows", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    Group group = random_group(bits);
    if (group.members.size() < 2 || !alike(group)) return;
    std::size_t total = 0;
    for (const std::uint32_t t : group.members[0].topics) total += group.topics[t].partitions;
    // One member more: only what it gets may move. One member fewer: nobody gives anything up.
    Group fewer = group;
    fewer.members.pop_back();
    for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
      for (const bool joins : {true, false}) {
        const Group& from = joins ? fewer : group;
        Group to = joins ? group : fewer;
        const Assignment before = assign(Assignor::sticky, code, from);
        std::size_t must = 0;
        const std::size_t n = to.members.size();
        for (std::size_t m = 0; m < n; ++m)
          if (m < before.size()) to.members[m].owned = before[m];
        const Assignment after = assign(Assignor::sticky, code, to);
        std::size_t moved = 0;
        for (std::size_t m = 0; m < n; ++m)
          for (const TopicPartition p : to.members[m].owned) moved += !has(after[m], p);
        if (joins) must = total / n;  // the newcomer's share, or the share and one more
        RC_ASSERT(moved >= must);
        RC_ASSERT(moved <= (joins ? must + 1 : 0u));
      }
    }
  }));
}

TEST_CASE("assignors: cooperative hands over nothing that was not given up", "[messaging]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    Group group = random_group(bits);
    if (group.members.empty()) return;
    for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
      Group changed = group;
      const Assignment before = assign(Assignor::sticky, code, group);
      changed.members.erase(changed.members.begin());
      Assignment rest(before.begin() + 1, before.end());
      if (bits.bits() % 2 == 0) {
        changed = group;
        rest = before;
        for (const TopicPartition p : rest[0]) rest.back().push_back(p);
        if (rest.size() > 1) rest[0].clear();
      }
      own(changed, rest, bits);
      const Assignment first = rebalance(Assignor::cooperative_sticky, code, changed);
      for (std::size_t m = 0; m < first.size(); ++m)
        for (const TopicPartition p : first[m])
          for (std::size_t other = 0; other < first.size(); ++other)
            if (other != m && has(changed.members[other].owned, p))
              RC_ASSERT(has(changed.members[m].owned, p));
      RC_ASSERT(settle(Assignor::cooperative_sticky, code, changed).rebalances <= 4u);
    }
  }));
}

TEST_CASE("assignors: cooperative takes two rebalances to move", "[messaging]") {
  Group group;
  group.topics = {{"t", 2}};
  group.members = {{.id = "a", .topics = {0}, .owned = {{0, 0}, {0, 1}}, .generation = 1},
                   {.id = "b", .topics = {0}}};
  const Assignment first = rebalance(Assignor::cooperative_sticky, AssignorCode::java, group);
  CHECK(first == Assignment{{{0, 0}}, {}});
  const Settled settled = settle(Assignor::cooperative_sticky, AssignorCode::java, group);
  CHECK(settled.assignment == Assignment{{{0, 0}}, {{0, 1}}});
  CHECK(settled.rebalances == 2);
  CHECK(settle(Assignor::sticky, AssignorCode::java, group).rebalances == 1);
}

}  // namespace
}  // namespace highwater::messaging
