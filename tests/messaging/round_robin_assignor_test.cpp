#include "models/algorithms/messaging/round_robin_assignor.h"

#include <catch2/catch.hpp>

#include "tests/messaging/groups.h"

// The cases of Kafka's RoundRobinAssignorTest, restated.

namespace highwater::messaging::round_robin_assignor_test {
namespace {

Lists dealt(const Group& group, AssignorCode code = AssignorCode::java) {
  return lists_of(group, assign_round_robin(group, code));
}
const std::vector<std::string> kBoth = {"topic1", "topic2"};

TEST_CASE("round_robin_assignor: Kafka's tests of dynamic members", "[models][messaging]") {
  CHECK(dealt(group_of({}, {{"consumer", {}}})) == Lists{{}});
  CHECK(dealt(group_of({}, {{"consumer", {"topic"}}})) == Lists{{}});
  CHECK(dealt(group_of({{"topic", 3}, {"other", 3}}, {{"consumer", {"topic"}}})) ==
        Lists{{"topic-0", "topic-1", "topic-2"}});
  CHECK(dealt(group_of({{"topic1", 1}, {"topic2", 2}}, {{"consumer", kBoth}})) ==
        Lists{{"topic1-0", "topic2-0", "topic2-1"}});
  CHECK(dealt(group_of({{"topic", 1}}, {{"consumer1", {"topic"}}, {"consumer2", {"topic"}}})) ==
        Lists{{"topic-0"}, {}});
  CHECK(dealt(group_of(
            {{"topic1", 3}, {"topic2", 2}},
            {{"consumer1", {"topic1"}}, {"consumer2", kBoth}, {"consumer3", {"topic1"}}})) ==
        Lists{{"topic1-0"}, {"topic1-1", "topic2-0", "topic2-1"}, {"topic1-2"}});
  CHECK(dealt(group_of({{"topic1", 3}, {"topic2", 3}},
                       {{"consumer1", kBoth}, {"consumer2", kBoth}})) ==
        Lists{{"topic1-0", "topic1-2", "topic2-1"}, {"topic1-1", "topic2-0", "topic2-2"}});
}

TEST_CASE("round_robin_assignor: Kafka's tests of static members", "[models][messaging]") {
  const std::vector<GroupTopic> topics = {{"topic1", 3}, {"topic2", 3}};
  const Lists expected = {{"topic1-0", "topic1-2", "topic2-1"},
                          {"topic1-1", "topic2-0", "topic2-2"}};
  const Group two = group_of(topics, {{"consumer-b", kBoth, {}, {}, "instance1"},
                                      {"consumer-a", kBoth, {}, {}, "instance2"}});
  CHECK(dealt(two) == expected);
  CHECK(dealt(two, AssignorCode::librdkafka) == expected);
  const Group mixed =
      group_of(topics, {{"consumer-b", kBoth, {}, {}, "instance1"}, {"consumer-a", kBoth}});
  CHECK(dealt(mixed) == expected);
  // librdkafka compares these two by their ids.
  CHECK(dealt(mixed, AssignorCode::librdkafka) == Lists{expected[1], expected[0]});
  for (const char* dynamic : {"consumer4", "consumer5"})
    CHECK(dealt(group_of(topics, {{"consumer1", kBoth, {}, {}, "instance1"},
                                  {"consumer2", kBoth, {}, {}, "instance2"},
                                  {"consumer3", kBoth, {}, {}, "instance3"},
                                  {dynamic, kBoth}})) ==
          Lists{{"topic1-0", "topic2-1"}, {"topic1-1", "topic2-2"}, {"topic1-2"}, {"topic2-0"}});
  // Other member ids, the same instances: the same assignment.
  CHECK(dealt(group_of(topics, {{"consumer4", kBoth, {}, {}, "instance1"},
                                {"consumer5", kBoth, {}, {}, "instance2"},
                                {"consumer1", kBoth, {}, {}, "instance3"}})) ==
        Lists{{"topic1-0", "topic2-0"}, {"topic1-1", "topic2-1"}, {"topic1-2", "topic2-2"}});
}

TEST_CASE("round_robin_assignor: kafkajs deals to all in turn", "[models][messaging]") {
  CHECK(assign_kafkajs_round_robin({}).empty());
  // The topics of the leader in its own order, members by id, other subscriptions without effect.
  const std::vector<GroupTopic> topics = {{"a", 3}, {"z", 2}, {"unread", 4}};
  const Group group = group_of(topics, {{"m2", {"z", "a"}}, {"m1", {"z"}}});
  CHECK(lists_of(group, assign_kafkajs_round_robin(group)) ==
        Lists{{"z-1", "a-1"}, {"z-0", "a-0", "a-2"}});
  // What the leader does not read nobody gets, though another member reads it.
  const Group led = group_of(topics, {{"m1", {"z"}}, {"m2", {"z", "a"}}});
  CHECK(lists_of(led, assign_kafkajs_round_robin(led)) == Lists{{"z-0"}, {"z-1"}});
  const Group idle = group_of(topics, {{"m1", {}}, {"m2", {"a"}}});
  CHECK(lists_of(idle, assign_kafkajs_round_robin(idle)) == Lists{{}, {}});
}

}  // namespace
}  // namespace highwater::messaging::round_robin_assignor_test
