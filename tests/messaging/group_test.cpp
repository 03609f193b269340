#include "models/algorithms/messaging/group.h"

#include <catch2/catch.hpp>

namespace highwater::messaging {
namespace {

TEST_CASE("roster: partitions are numbered by topic name and members by id", "[messaging]") {
  Group group;
  group.topics = {{"b", 2}, {"a", 3}, {"none", 0}};
  group.members = {{.id = "y", .topics = {0, 1, 1, 9}}, {.id = "x", .topics = {1}}};
  const Roster roster(group);
  CHECK(roster.partitions() == 5);
  CHECK(roster.number({1, 0}) == 0);
  CHECK(roster.number({0, 1}) == 4);
  CHECK(roster.number({0, 2}) == Roster::kNone);
  CHECK(roster.number({7, 0}) == Roster::kNone);
  CHECK(roster.name(4) == TopicPartition{0, 1});
  CHECK(roster.member(0).id == "x");
  CHECK(roster.ranks() == std::vector<std::uint32_t>{1, 0});
  CHECK(roster.readers(roster.topic_rank(1)) == 2);  // twice in a list counts once
  CHECK(roster.readers(roster.topic_rank(0)) == 1);
  CHECK(roster.most(1) == 5);
  CHECK_FALSE(roster.alike(false));
  CHECK(roster.named({{0, 4}, {2}}) == Assignment{{{1, 2}}, {{1, 0}, {0, 1}}});
}

TEST_CASE("roster: what is not there or said twice is not owned", "[messaging]") {
  Group group;
  group.topics = {{"t", 3}};
  group.members = {{.id = "x", .topics = {0}, .owned = {{0, 2}, {0, 1}, {0, 2}, {0, 3}, {4, 0}}}};
  CHECK(Roster(group).owned(0) == std::vector<std::uint32_t>{2, 1});
}

TEST_CASE("roster: members of equal ids are two members", "[messaging]") {
  Group group;
  group.topics = {{"t", 4}};
  group.members = {{.id = "x", .topics = {0}}, {.id = "x", .topics = {0}}};
  const Roster roster(group);
  CHECK(roster.named({{0}, {1}}) == Assignment{{{0, 0}}, {{0, 1}}});
  CHECK(roster.alike(true));
}

}  // namespace
}  // namespace highwater::messaging
