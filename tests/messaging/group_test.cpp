#include "models/algorithms/messaging/group.h"

#include <catch2/catch.hpp>

#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

TEST_CASE("group: numbers follow the names", "[models][messaging]") {
  const Group group =
      group_of({{"b", 2}, {"a", 3}, {"c", 0}}, {{"y", {"b", "b", "a"}}, {"x", {"b"}}});
  const Roster roster(group);
  CHECK(roster.members() == 2);
  CHECK(roster.topics() == 3);
  CHECK(roster.partitions() == 5);
  CHECK(roster.topic_name(0) == "a");
  CHECK(roster.topic_index(0) == 1);
  CHECK(roster.topic_rank(0) == 1);
  CHECK(roster.member(0).id == "x");
  CHECK(roster.ranks() == std::vector<std::uint32_t>{1, 0});
  CHECK(roster.number({0, 1}) == 4);
  CHECK(roster.name(4) == TopicPartition{0, 1});
  CHECK(roster.number({0, 2}) == Roster::kNone);
  CHECK(roster.number({3, 0}) == Roster::kNone);
  CHECK(roster.topic_of(2) == 0);
  CHECK(roster.topic_of(3) == 1);
  CHECK(roster.first_of(1) == 3);
  CHECK(roster.size_of(2) == 0);
  CHECK(roster.readers(1) == 2);
  CHECK(roster.readers(0) == 1);
  CHECK(roster.readers(2) == 0);
  CHECK(roster.most(0) == 2);
  CHECK(roster.most(1) == 5);
  CHECK(roster.topics_of(1) == std::vector<std::uint32_t>{1, 0});
  CHECK_FALSE(roster.alike(true));
}

TEST_CASE("group: topics that do not exist count where asked to", "[models][messaging]") {
  const Group group = group_of({{"a", 3}, {"c", 0}}, {{"x", {"a", "c"}}, {"y", {"a"}}});
  const Roster roster(group);
  CHECK(roster.alike(false));
  CHECK_FALSE(roster.alike(true));
  CHECK(Roster(Group{}).alike(true));
}

TEST_CASE("group: what is owned twice or does not exist is left out", "[models][messaging]") {
  const Group group =
      group_of({{"a", 3}}, {{"x", {"a"}, {"a-2", "a-0", "a-2", "a-3", "b-0", "a-1"}, 1}});
  CHECK(Roster(group).owned(0) == std::vector<std::uint32_t>{2, 0, 1});
}

TEST_CASE("group: equal names stay apart in their order", "[models][messaging]") {
  Group group{{{"t", 1}, {"t", 2}}, {{.id = "m", .topics = {1}}, {.id = "m", .topics = {0}}}};
  const Roster roster(group);
  CHECK(roster.topics_of(0) == std::vector<std::uint32_t>{1});
  CHECK(roster.number({1, 1}) == 2);
  CHECK(roster.named({{1, 2}, {0}}) == Assignment{{{1, 0}, {1, 1}}, {{0, 0}}});
}

}  // namespace
}  // namespace highwater::messaging
