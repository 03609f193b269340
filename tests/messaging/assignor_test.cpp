#include "models/algorithms/messaging/assignor.h"

#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

constexpr Assignor kAssignors[] = {Assignor::range, Assignor::roundrobin, Assignor::sticky,
                                   Assignor::cooperative_sticky};
constexpr AssignorCode kCodes[] = {AssignorCode::librdkafka, AssignorCode::java};

// What the mock cluster gave to four clients that came one by one, and of which one went.
TEST_CASE("assignor: every step of librdkafka on its mock cluster", "[models][messaging]") {
  const auto golden = golden_json("kafka_librdkafka.json");
  const auto& recorded = golden.at("assignors");
  const std::pair<const char*, Assignor> names[] = {
      {"range", Assignor::range},
      {"roundrobin", Assignor::roundrobin},
      {"cooperative-sticky", Assignor::cooperative_sticky}};
  for (const auto& [name, assignor] : names) {
    std::map<std::string, std::vector<TopicPartition>> owned;
    std::int32_t generation = 0;
    REQUIRE(recorded.at(name).size() == 5);
    for (const auto& step : recorded.at(name)) {
      INFO(name << ", " << step.at("step"));
      Group group{{{"t1", 7}, {"t2", 3}, {"t3", 5}}, {}};
      Lists expected;
      std::vector<std::string> clients;
      for (const auto& [client, id] : step.at("member_ids").items()) {
        GroupMember member{.id = id.get<std::string>(), .topics = {0, 1, 2}};
        if (client == "c3") member.topics = {0, 1};
        if (owned.contains(client)) {
          member.owned = owned[client];
          member.generation = generation;
        }
        group.members.push_back(std::move(member));
        clients.push_back(client);
        expected.push_back(step.at("assign").at(client).get<std::vector<std::string>>());
      }
      const Settled settled = settle(assignor, AssignorCode::librdkafka, group);
      CHECK(sorted_lists_of(group, settled.assignment) == expected);
      owned.clear();
      for (std::size_t m = 0; m < clients.size(); ++m) owned[clients[m]] = settled.assignment[m];
      ++generation;
    }
  }
}

TEST_CASE("assignor: nobody and nothing", "[models][messaging]") {
  for (const Assignor assignor : kAssignors)
    for (const AssignorCode code : kCodes) {
      CHECK(assign(assignor, code, {}).empty());
      CHECK(assign(assignor, code, group_of({{"t", 3}}, {})).empty());
      CHECK(settle(assignor, code, {}).rebalances == 1);
      CHECK(assign(assignor, code, group_of({}, {{"a", {}}})) == Assignment(1));
      CHECK(assign(assignor, code, group_of({{"t", 0}}, {{"a", {"t"}}, {"b", {"t"}}})) ==
            Assignment(2));
      CHECK(assign(assignor, code, group_of({{"t", 3}}, {{"a", {}}, {"b", {}}})) == Assignment(2));
      // A subscription beyond the topics, and one given twice.
      Group odd = group_of({{"t", 3}}, {{"a", {"t", "t"}}});
      odd.members[0].topics.push_back(7);
      CHECK(lists_of(odd, assign(assignor, code, odd)) == Lists{{"t-0", "t-1", "t-2"}});
      // Two members of one id are two.
      const Group twice = group_of({{"t", 4}}, {{"a", {"t"}}, {"a", {"t"}}});
      const Assignment shared = assign(assignor, code, twice);
      CHECK(wrong_with(twice, shared) == "");
      CHECK(spread(shared) == 0);
    }
}

TEST_CASE("assignor: every partition has one owner who reads it", "[models][messaging]") {
  const bool holds =
      rc::check("any group, joined, changed and joined again", [](std::uint64_t seed) {
        SplitMix bits{seed};
        const bool alike = bits.bits() % 2 == 0;
        for (const Assignor assignor : kAssignors)
          for (const AssignorCode code : kCodes) {
            Group group = random_group(bits, alike);
            for (std::int32_t generation = 1; generation < 5; ++generation) {
              const Assignment all = assign(assignor, code, group);
              RC_ASSERT(wrong_with(group, all) == "");
              const bool same =
                  std::all_of(group.members.begin(), group.members.end(),
                              [&](auto& m) { return m.topics == group.members[0].topics; });
              if (same && assignor != Assignor::range) RC_ASSERT(spread(all) <= 1u);
              adopt(group, all, generation);
              // Somebody goes, somebody comes, a topic grows, somebody claims what is not its own.
              if (group.members.size() > 1 && bits.bits() % 2 == 0)
                group.members.erase(
                    group.members.begin() +
                    static_cast<std::ptrdiff_t>(bits.bits() % group.members.size()));
              if (bits.bits() % 2 == 0) {
                GroupMember next{.id = "n" + std::to_string(bits.bits() % 100) + "-" +
                                       std::to_string(generation)};
                for (std::uint32_t t = 0; t < group.topics.size(); ++t)
                  if (alike || bits.bits() % 2 == 0) next.topics.push_back(t);
                if (bits.bits() % 2 == 0 && !group.members[0].owned.empty()) {
                  next.owned = group.members[0].owned;
                  next.generation = static_cast<std::int32_t>(bits.bits() % 6) - 1;
                }
                group.members.push_back(std::move(next));
              }
              if (bits.bits() % 4 == 0) group.topics[0].partitions += 2;
              if (!alike && bits.bits() % 4 == 0) group.members[0].topics.clear();
            }
          }
      });
  CHECK(holds);
}

TEST_CASE("assignor: cooperative hands over only what was given up", "[models][messaging]") {
  const bool holds = rc::check("any group", [](std::uint64_t seed) {
    SplitMix bits{seed};
    for (const AssignorCode code : kCodes) {
      Group group = random_group(bits, bits.bits() % 2 == 0);
      adopt(group, settle(Assignor::cooperative_sticky, code, group).assignment, 1);
      RC_ASSERT(wrong_with(group, settle(Assignor::cooperative_sticky, code, group).assignment) ==
                "");
      GroupMember next{.id = "n"};
      for (std::uint32_t t = 0; t < group.topics.size(); ++t) next.topics.push_back(t);
      group.members.push_back(next);
      const Assignment first = rebalance(Assignor::cooperative_sticky, code, group);
      RC_ASSERT(wrong_with(group, first, false) == "");
      for (std::size_t m = 0; m < first.size(); ++m)
        for (const TopicPartition p : first[m])
          for (std::size_t other = 0; other < first.size(); ++other) {
            const auto& owned = group.members[other].owned;
            RC_ASSERT(other == m || std::find(owned.begin(), owned.end(), p) == owned.end());
          }
      const Settled settled = settle(Assignor::cooperative_sticky, code, group);
      RC_ASSERT(settled.rebalances <= 3u);
      RC_ASSERT(wrong_with(group, settled.assignment) == "");
    }
  });
  CHECK(holds);
}

TEST_CASE("assignor: sticky moves the fewest where all read the same", "[models][messaging]") {
  const bool holds = rc::check("one comes or goes", [](std::uint64_t seed) {
    SplitMix bits{seed};
    for (const AssignorCode code : kCodes)
      for (const bool comes : {true, false}) {
        Group group = random_group(bits, true);
        adopt(group, assign(Assignor::sticky, code, group), 1);
        RC_ASSERT(kept(group, assign(Assignor::sticky, code, group)) == [&] {
          std::size_t n = 0;
          for (auto& m : group.members) n += m.owned.size();
          return n;
        }());
        if (comes) {
          group.members.push_back({.id = "n", .topics = group.members[0].topics});
        } else if (group.members.size() > 1) {
          group.members.erase(group.members.begin());
        }
        std::size_t total = 0;
        for (const GroupTopic& topic : group.topics) total += topic.partitions;
        // The best that any balanced assignment can keep: everybody its share, the one more for
        // those who have it.
        const std::size_t least = total / group.members.size();
        std::size_t more = total % group.members.size();
        std::size_t best = 0;
        for (const GroupMember& member : group.members) {
          best += std::min(member.owned.size(), least);
          if (member.owned.size() > least && more > 0) {
            --more;
            ++best;
          }
        }
        const Assignment after = assign(Assignor::sticky, code, group);
        RC_ASSERT(kept(group, after) == best);
        RC_ASSERT(spread(after) <= 1u);
      }
  });
  CHECK(holds);
}

// CooperativeStickyAssignorTest: all claim a partition twice; it waits until both gave it up.
TEST_CASE("assignor: a partition claimed by two is handed to nobody else", "[models][messaging]") {
  const Group group =
      group_of({{"topic", 4}}, {{"consumer1", {"topic"}, {"topic-0", "topic-1", "topic-3"}, 1},
                                {"consumer2", {"topic"}, {"topic-0", "topic-2"}, 1},
                                {"consumer3", {"topic"}, {}, 1}});
  const Assignment first = rebalance(Assignor::cooperative_sticky, AssignorCode::java, group);
  CHECK(lists_of(group, first) == Lists{{"topic-1", "topic-3"}, {"topic-2"}, {}});
}

}  // namespace
}  // namespace highwater::messaging
