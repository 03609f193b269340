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

TEST_CASE("range_assignor: neighbours together, the first members one more",
          "[models][messaging]") {
  using Members = std::vector<std::uint32_t>;
  CHECK(members_of(6, 3) == Members{0, 0, 1, 1, 2, 2});
  CHECK(members_of(7, 3) == Members{0, 0, 0, 1, 1, 2, 2});
  CHECK(members_of(8, 3) == Members{0, 0, 0, 1, 1, 1, 2, 2});
  CHECK(members_of(2, 5) == Members{0, 1});
  CHECK(members_of(4, 1) == Members{0, 0, 0, 0});
}

TEST_CASE("range_assignor: shares differ by one at most, whatever the numbers",
          "[models][messaging]") {
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

// The cases of Kafka's RangeAssignorTest, restated.

Lists ranges(const Group& group, AssignorCode code = AssignorCode::java) {
  return lists_of(group, assign_range(group, code));
}
const std::vector<std::string> kBoth = {"topic1", "topic2"};

TEST_CASE("range_assignor: Kafka's tests of dynamic members", "[models][messaging]") {
  CHECK(ranges(group_of({}, {{"consumer1", {}}})) == Lists{{}});
  CHECK(ranges(group_of({}, {{"consumer1", {"topic1"}}})) == Lists{{}});
  CHECK(ranges(group_of({{"topic1", 3}, {"other", 3}}, {{"consumer1", {"topic1"}}})) ==
        Lists{{"topic1-0", "topic1-1", "topic1-2"}});
  CHECK(ranges(group_of({{"topic1", 1}, {"topic2", 2}}, {{"consumer1", kBoth}})) ==
        Lists{{"topic1-0", "topic2-0", "topic2-1"}});
  CHECK(ranges(group_of({{"topic1", 1}}, {{"consumer1", {"topic1"}}, {"consumer2", {"topic1"}}})) ==
        Lists{{"topic1-0"}, {}});
  CHECK(ranges(group_of(
            {{"topic1", 3}, {"topic2", 2}},
            {{"consumer1", {"topic1"}}, {"consumer2", kBoth}, {"consumer3", {"topic1"}}})) ==
        Lists{{"topic1-0"}, {"topic1-1", "topic2-0", "topic2-1"}, {"topic1-2"}});
  CHECK(ranges(group_of({{"topic1", 3}, {"topic2", 3}},
                        {{"consumer2", kBoth}, {"consumer1", kBoth}})) ==
        Lists{{"topic1-2", "topic2-2"}, {"topic1-0", "topic1-1", "topic2-0", "topic2-1"}});
}

TEST_CASE("range_assignor: Kafka's tests of static members", "[models][messaging]") {
  const Lists expected = {{"topic1-0", "topic1-1", "topic2-0", "topic2-1"},
                          {"topic1-2", "topic2-2"}};
  const std::vector<GroupTopic> three = {{"topic1", 3}, {"topic2", 3}};
  const Group two = group_of(three, {{"consumer-b", kBoth, {}, {}, "instance1"},
                                     {"consumer-a", kBoth, {}, {}, "instance2"}});
  CHECK(ranges(two) == expected);
  CHECK(ranges(two, AssignorCode::librdkafka) == expected);
  const Group mixed =
      group_of(three, {{"consumer-b", kBoth, {}, {}, "instance1"}, {"consumer-a", kBoth}});
  CHECK(ranges(mixed) == expected);
  CHECK(ranges(mixed, AssignorCode::librdkafka) == Lists{expected[1], expected[0]});
  for (const char* dynamic : {"consumer4", "consumer5"})
    CHECK(ranges(group_of({{"topic1", 5}, {"topic2", 4}},
                          {{"consumer1", kBoth, {}, {}, "instance1"},
                           {"consumer2", kBoth, {}, {}, "instance2"},
                           {"consumer3", kBoth, {}, {}, "instance3"},
                           {dynamic, kBoth}})) == Lists{{"topic1-0", "topic1-1", "topic2-0"},
                                                        {"topic1-2", "topic2-1"},
                                                        {"topic1-3", "topic2-2"},
                                                        {"topic1-4", "topic2-3"}});
}

}  // namespace
}  // namespace highwater::messaging
