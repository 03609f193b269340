#include <catch2/catch.hpp>

#include "models/algorithms/messaging/java_sticky_assignor.h"
#include "models/algorithms/messaging/librdkafka_sticky_assignor.h"
#include "models/algorithms/messaging/sticky_balance.h"
#include "tests/messaging/groups.h"

// The cases of Kafka's AbstractStickyAssignorTest, restated.

namespace highwater::messaging {
namespace {

Lists java(const Group& group) {
  return lists_of(group, assign_java_sticky(group));
}

TEST_CASE("java_sticky: alone", "[models][messaging]") {
  CHECK(java(group_of({{"topic", 3}}, {{"consumer", {"topic"}}})) ==
        Lists{{"topic-0", "topic-1", "topic-2"}});
  CHECK(java(group_of({{"topic", 0}}, {{"consumer", {"topic"}}})) == Lists{{}});
  CHECK(java(group_of({{"topic1", 1}, {"topic2", 2}}, {{"consumer", {"topic1", "topic2"}}})) ==
        Lists{{"topic1-0", "topic2-0", "topic2-1"}});
  // What it no longer reads it does not keep.
  CHECK(
      java(group_of({{"topic", 2}, {"other", 2}},
                    {{"consumer", {"topic"}, {"topic-0", "topic-1", "other-0", "other-1"}, 1}})) ==
      Lists{{"topic-0", "topic-1"}});
}

TEST_CASE("java_sticky: the first time in turn", "[models][messaging]") {
  CHECK(java(group_of({{"topic", 2}}, {{"consumer1", {"topic"}}, {"consumer2", {"topic"}}})) ==
        Lists{{"topic-0"}, {"topic-1"}});
  const std::vector<std::string> both = {"topic1", "topic2"};
  CHECK(
      java(group_of({{"topic1", 3}, {"topic2", 3}}, {{"consumer1", both}, {"consumer2", both}})) ==
      Lists{{"topic1-0", "topic1-2", "topic2-1"}, {"topic1-1", "topic2-0", "topic2-2"}});
}

TEST_CASE("java_sticky: different subscriptions", "[models][messaging]") {
  const Group group = group_of(
      {{"topic1", 3}, {"topic2", 2}},
      {{"consumer1", {"topic1"}}, {"consumer2", {"topic1", "topic2"}}, {"consumer3", {"topic1"}}});
  CHECK(sorted_lists_of(group, assign_java_sticky(group)) ==
        Lists{{"topic1-0", "topic1-2"}, {"topic2-0", "topic2-1"}, {"topic1-1"}});
}

TEST_CASE("java_sticky: quotas", "[models][messaging]") {
  const std::vector<std::string> both = {"topic1", "topic2"};
  CHECK(java(group_of({{"topic1", 2}, {"topic2", 3}},
                      {{"consumer1", both, {"topic1-0", "topic2-1"}, 1},
                       {"consumer2", both, {"topic1-1", "topic2-2"}, 1}})) ==
        Lists{{"topic1-0", "topic2-1", "topic2-0"}, {"topic1-1", "topic2-2"}});
  // The hash map names consumer2 first, which so keeps the one more.
  CHECK(java(group_of({{"topic1", 2}, {"topic2", 2}},
                      {{"consumer1", both, {"topic1-0", "topic2-0"}, 1},
                       {"consumer2", both, {"topic1-1", "topic2-1"}, 1},
                       {"consumer3", both, {}, 1}})) ==
        Lists{{"topic1-0"}, {"topic1-1", "topic2-1"}, {"topic2-0"}});
  CHECK(java(group_of({{"topic1", 2}, {"topic2", 3}}, {{"consumer1", both, {"topic1-0"}, 1},
                                                       {"consumer2", both, {"topic1-1"}, 1},
                                                       {"consumer3", both, {}, 1}})) ==
        Lists{{"topic1-0", "topic2-1"}, {"topic1-1", "topic2-2"}, {"topic2-0"}});
}

// What is kept is chosen by partition and then topic (since Kafka 3.5; by topic before).
TEST_CASE("java_sticky: members come and go", "[models][messaging]") {
  CHECK(
      java(group_of({{"topic", 3}}, {{"consumer1", {"topic"}, {"topic-0", "topic-1", "topic-2"}, 1},
                                     {"consumer2", {"topic"}, {}, 1}})) ==
      Lists{{"topic-0", "topic-1"}, {"topic-2"}});
  const std::vector<std::string> both = {"topic1", "topic2"};
  const std::vector<GroupTopic> topics = {{"topic1", 3}, {"topic2", 4}};
  CHECK(java(group_of(topics, {{"consumer1", both}, {"consumer2", both}})) ==
        Lists{{"topic1-0", "topic1-2", "topic2-1", "topic2-3"},
              {"topic1-1", "topic2-0", "topic2-2"}});
  CHECK(java(group_of(topics,
                      {{"consumer1", both, {"topic1-0", "topic1-2", "topic2-1", "topic2-3"}, 1},
                       {"consumer2", both, {"topic1-1", "topic2-0", "topic2-2"}, 1},
                       {"consumer3", both, {}, 1},
                       {"consumer4", both, {}, 1}})) == Lists{{"topic1-0", "topic2-1"},
                                                              {"topic2-0", "topic1-1"},
                                                              {"topic1-2", "topic2-3"},
                                                              {"topic2-2"}});
  CHECK(java(group_of(topics, {{"consumer3", both, {"topic1-2", "topic2-3"}, 1},
                               {"consumer4", both, {"topic2-2"}, 1}})) ==
        Lists{{"topic1-2", "topic2-3", "topic1-0", "topic2-1"},
              {"topic2-2", "topic1-1", "topic2-0"}});
}

// testSubscriptionNotEqualAndAssignSamePartitionWith3Generation
TEST_CASE("sticky: one partition claimed in three generations", "[models][messaging]") {
  std::int32_t generations[] = {1, 2, 3};
  do {
    const Group group =
        group_of({{"topic", 6}, {"topic1", 1}},
                 {{"consumer1", {"topic"}, {"topic-0", "topic-2"}, generations[0]},
                  {"consumer2", {"topic"}, {"topic-1", "topic-2", "topic-3"}, generations[1]},
                  {"consumer3", {"topic"}, {"topic-2", "topic-4", "topic-5"}, generations[2]},
                  {"consumer4", {"topic1"}, {"topic1-0"}, 2}});
    for (const Assignment& all : {assign_java_sticky(group), assign_librdkafka_sticky(group)}) {
      CHECK(wrong_with(group, all) == "");
      for (const auto& list : all) CHECK((list.size() >= 1 && list.size() <= 2));
    }
  } while (std::next_permutation(std::begin(generations), std::end(generations)));
}

// testReassignmentAfterOneConsumerLeaves: member i reads the first i topics, topic i has i
// partitions; then one goes.
TEST_CASE("sticky: one of nineteen goes", "[models][messaging]") {
  const auto two = [](const char* word, int i) {
    return word + std::string(i < 10 ? "0" : "") + std::to_string(i);
  };
  Group group;
  for (int i = 1; i < 20; ++i) {
    group.topics.push_back({two("t", i), static_cast<std::uint32_t>(i)});
    GroupMember member{.id = two("consumer", i)};
    for (int j = 0; j < i; ++j) member.topics.push_back(static_cast<std::uint32_t>(j));
    group.members.push_back(std::move(member));
  }
  for (const auto assign_sticky : {assign_java_sticky, assign_librdkafka_sticky}) {
    Group now = group;
    const Assignment before = assign_sticky(now);
    CHECK(wrong_with(now, before) == "");
    adopt(now, before, 1);
    now.members.erase(now.members.begin() + 9);
    const Assignment after = assign_sticky(now);
    CHECK(wrong_with(now, after) == "");
    // Whoever stays keeps what it had: only what the tenth had is given out.
    CHECK(kept(now, after) == 190 - before[9].size());
  }
}

// testMoveExistingAssignments: nobody may keep two more than one who could have them.
TEST_CASE("sticky: moves until nothing can be evened out", "[models][messaging]") {
  const Group group = group_of(
      {{"topic1", 1}, {"topic2", 1}, {"topic3", 1}, {"topic4", 1}, {"topic5", 1}, {"topic6", 1}},
      {{"consumer1", {"topic1", "topic2"}, {"topic1-0"}, 1},
       {"consumer2", {"topic1", "topic2", "topic3", "topic4"}, {"topic2-0", "topic3-0"}, 1},
       {"consumer3",
        {"topic2", "topic3", "topic4", "topic5", "topic6"},
        {"topic4-0", "topic5-0", "topic6-0"},
        1}});
  for (const Assignment& all : {assign_java_sticky(group), assign_librdkafka_sticky(group)}) {
    CHECK(wrong_with(group, all) == "");
    CHECK(spread(all) <= 2);
  }
}

TEST_CASE("sticky: the higher generation is believed, equal ones are not", "[models][messaging]") {
  const auto with = [](std::int32_t a, std::int32_t b) {
    return group_of({{"topic", 2}}, {{"consumer1", {"topic"}, {"topic-0"}, a},
                                     {"consumer2", {"topic"}, {"topic-0"}, b}});
  };
  for (const auto assign_sticky : {assign_java_sticky, assign_librdkafka_sticky}) {
    CHECK(lists_of(with(2, 1), assign_sticky(with(2, 1))) == Lists{{"topic-0"}, {"topic-1"}});
    CHECK(lists_of(with(1, 2), assign_sticky(with(1, 2))) == Lists{{"topic-1"}, {"topic-0"}});
    CHECK(wrong_with(with(1, 1), assign_sticky(with(1, 1))) == "");
  }
}

// Seen at the mock cluster of librdkafka 2.0.2: t1 moves from m4 to m1 one by one, and then
// one of it back: the second of those that moved, though the first was tried.
TEST_CASE("librdkafka_sticky: the second of several moves is undone", "[models][messaging]") {
  const Group group = group_of(
      {{"t1", 7}, {"t2", 3}, {"o", 13}, {"b", 1}, {"c", 8}, {"a", 5}},
      {{"m2",
        {"b", "c", "o", "t2"},
        {"c-0", "c-1", "c-2", "c-3", "c-4", "c-5", "c-7", "o-1", "o-10", "o-4", "o-7"},
        2},
       {"m3",
        {"a", "b", "c", "o", "t2"},
        {"a-0", "a-1", "a-2", "a-3", "a-4", "c-6", "o-0", "o-11", "o-2", "o-5", "o-8"},
        2},
       {"m33", {"b", "t2"}, {"b-0", "t2-0", "t2-1", "t2-2"}, 2},
       {"m4",
        {"a", "b", "c", "o", "t1", "t2"},
        {"o-12", "o-3", "o-6", "o-9", "t1-0", "t1-1", "t1-2", "t1-3", "t1-4", "t1-5", "t1-6"},
        2},
       {"m1", {"c", "o", "t1"}},
       {"m0", {"o", "t2"}}});
  const Assignment all = assign_librdkafka_sticky(group);
  CHECK(sorted_lists_of(group, all) == Lists{{"c-3", "c-4", "c-5", "c-7", "o-10", "o-7"},
                                             {"a-0", "a-1", "a-2", "a-3", "a-4", "o-11", "o-8"},
                                             {"b-0", "t2-0", "t2-1", "t2-2"},
                                             {"c-2", "o-12", "o-6", "o-9", "t1-1", "t1-5", "t1-6"},
                                             {"c-0", "c-1", "c-6", "t1-0", "t1-2", "t1-3", "t1-4"},
                                             {"o-0", "o-1", "o-2", "o-3", "o-4", "o-5"}});
}

// librdkafka 2.0.2 looks for something to move in a circle for ever.
TEST_CASE("librdkafka_sticky: ends where librdkafka hangs", "[models][messaging]") {
  const Group group =
      group_of({{"a", 2}, {"b", 2}, {"c", 6}}, {{"m9", {}},
                                                {"m6a", {"a", "b", "c"}, {"c-2", "c-5", "c-0"}, 3},
                                                {"m6b", {"b"}, {"b-0", "b-1"}, 3},
                                                {"m7", {"a"}, {"a-1"}, 3},
                                                {"n6a", {"a", "c"}, {"c-1", "c-4", "c-3"}, 3},
                                                {"n4", {"a"}, {"a-0"}, 3},
                                                {"n6b", {"b"}}});
  const Assignment all = assign_librdkafka_sticky(group);
  CHECK(wrong_with(group, all) == "");
  CHECK(all[2].size() == 1);
  CHECK(all[6].size() == 1);
}

TEST_CASE("sticky_balance: fewest first and back where it came from", "[models][messaging]") {
  const Group group = group_of({{"a", 4}, {"b", 2}}, {{"x", {"a"}}, {"y", {"a", "b"}}});
  const Roster roster(group);
  StickyBalance state(roster, AssignorCode::java);
  for (std::uint32_t p = 0; p < 6; ++p) state.give(p, 1);
  CHECK(state.count(1) == 6);
  state.take(0);
  CHECK(state.owner(0) == StickyBalance::kNone);
  state.balance({0, 1, 2, 3, 4, 5}, {0}, false);
  CHECK(state.count(0) == 3);
  CHECK(state.count(1) == 3);
  CHECK(state.owner(4) == 1);
  CHECK(state.owner(5) == 1);
}

}  // namespace
}  // namespace highwater::messaging
