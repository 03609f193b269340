#include "models/algorithms/messaging/range_assignor.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/messaging/groups.h"

namespace highwater::messaging {
namespace {

std::vector<std::uint32_t> members_of(std::uint32_t partitions, std::uint32_t members) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t p = 0; p < partitions; ++p)
    all.push_back(range_member(p, partitions, members));
  return all;
}

TEST_CASE("range_assignor: neighbours together, the first members one more", "[messaging]") {
  using Members = std::vector<std::uint32_t>;
  CHECK(members_of(6, 3) == Members{0, 0, 1, 1, 2, 2});
  CHECK(members_of(7, 3) == Members{0, 0, 0, 1, 1, 2, 2});
  CHECK(members_of(8, 3) == Members{0, 0, 0, 1, 1, 1, 2, 2});
  CHECK(members_of(2, 5) == Members{0, 1});
  CHECK(members_of(4, 1) == Members{0, 0, 0, 0});
}

TEST_CASE("range_assignor: shares differ by one at most, whatever the numbers", "[messaging]") {
  for (std::uint32_t partitions = 1; partitions <= 40; ++partitions) {
    for (std::uint32_t members = 1; members <= 45; ++members) {
      std::vector<std::uint32_t> shares(members);
      std::uint32_t before = 0;
      for (const std::uint32_t member : members_of(partitions, members)) {
        REQUIRE(member >= before);
        REQUIRE(member < members);
        before = member;
        ++shares[member];
      }
      for (std::uint32_t m = 0; m < members; ++m)
        REQUIRE(shares[m] == partitions / members + (m < partitions % members));
    }
  }
}

// Restated from Kafka's RangeAssignorTest.
TEST_CASE("range: topic by topic over those who read it", "[messaging]") {
  Group group;
  group.topics = {{"topic1", 3}, {"topic2", 2}};
  group.members = {{.id = "consumer1", .topics = {0}},
                   {.id = "consumer2", .topics = {0, 1}},
                   {.id = "consumer3", .topics = {0}}};
  auto result = named(group, assign_range(group, AssignorCode::java), false);
  CHECK(result["consumer1"] == Named{"topic1-0"});
  CHECK(result["consumer2"] == Named{"topic1-1", "topic2-0", "topic2-1"});
  CHECK(result["consumer3"] == Named{"topic1-2"});
}

TEST_CASE("range: static members go by instance", "[messaging]") {
  Group group;
  group.topics = {{"topic1", 3}, {"topic2", 3}};
  group.members = {{.id = "b", .instance_id = "instance1", .topics = {0, 1}},
                   {.id = "a", .instance_id = "instance2", .topics = {0, 1}}};
  for (const AssignorCode code : {AssignorCode::java, AssignorCode::librdkafka}) {
    const auto result = named(group, assign_range(group, code), false);
    CHECK(result.at("b") == Named{"topic1-0", "topic1-1", "topic2-0", "topic2-1"});
  }
  group.members[0].instance_id.reset();  // one dynamic: only Java puts the static one first anyway
  group.members[1].id = "c";
  CHECK(named(group, assign_range(group, AssignorCode::java), false)["c"].size() == 4);
  CHECK(named(group, assign_range(group), false)["b"].size() == 4);
}

TEST_CASE("range: nobody and nothing", "[messaging]") {
  Group group;
  CHECK(assign_range(group).empty());
  group.topics = {{"t", 0}, {"u", 2}};
  group.members = {{.id = "a", .topics = {0}}, {.id = "b"}};
  CHECK(assign_range(group) == Assignment{{}, {}});
}

}  // namespace
}  // namespace highwater::messaging
