#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

TEST_CASE("drivers: assignors take groups in several spellings", "[drivers]") {
  const std::string expected = "{\"a\": [\"t-0\", \"t-1\"], \"b\": [\"t-2\", \"u-0\"]}\n";
  const std::string forms[] = {
      R"({"topics": {"t": 3, "u": 1}, "members": {"a": ["t"], "b": ["t", "u"]}})",
      R"({"members": [{"id": "a", "topics": ["t"]}, {"id": "b"}], "topics": {"t": 3, "u": 1}})",
      R"({"topics": {"t": 3, "u": 1}, "members": {"a": {"topics": ["t"]}, "b": {}}})"};
  for (const std::string& form : forms) CHECK(drive("kafka_range", {}, {form}) == expected);
  CHECK(drive("kafka_range", {}, {R"({"topics": {"t": 2}, "members": ["b", "a"]})"}) ==
        "{\"b\": [\"t-1\"], \"a\": [\"t-0\"]}\n");
}

TEST_CASE("drivers: assignors say what is wrong with a group", "[drivers]") {
  const std::pair<const char*, const char*> wrong[] = {
      {"nonsense", "expected a JSON object"},
      {"[]", "expected an object"},
      {R"({"topics": {}})", "expected topics and members"},
      {R"({"topics": {"t": -1}, "members": {}})", "whole numbers"},
      {R"({"topics": {"t": 9999999}, "members": {}})", "a million"},
      {R"({"topics": {}, "members": {}, "x": 1})", "found \"x\""},
      {R"({"topics": {}, "members": ["a", "a"]})", "two members are called"},
      {R"({"topics": {}, "members": {"a": 3}})", "a list of topics or an object"},
      {R"({"topics": {"t": 1}, "members": {"a": []}, "owned": {"a": ["t"]}})", "TOPIC-NUMBER"},
      {R"({"topics": {"t": 1}, "members": {"a": {"generation": 0.5}}})", "generation"}};
  for (const auto& [line, why] : wrong)
    CHECK_THAT(drive("kafka_sticky", {}, {line}), Catch::Contains(why));
}

TEST_CASE("drivers: implementations of assignors differ where they do", "[drivers]") {
  const std::string join =
      R"({"topics": {"t": 4}, "members": {"a": ["t"], "b": ["t"]}, "owned": {"a": ["t-0", "t-1", "t-2", "t-3"]}})";
  CHECK(drive("kafka_sticky", {}, {join}) ==
        "{\"a\": [\"t-2\", \"t-3\"], \"b\": [\"t-0\", \"t-1\"]}\n");
  CHECK(drive("kafka_sticky", {{"implementation", "java"}}, {join}) ==
        "{\"a\": [\"t-0\", \"t-1\"], \"b\": [\"t-2\", \"t-3\"]}\n");
  CHECK(drive("kafka_cooperative_sticky", {{"phase", "first"}}, {join}) ==
        "{\"a\": [\"t-2\", \"t-3\"], \"b\": []}\n");
  CHECK(drive("kafka_cooperative_sticky", {{"implementation", "java"}}, {join}) ==
        "{\"a\": [\"t-0\", \"t-1\"], \"b\": [\"t-2\", \"t-3\"]}\n");
  const std::string mixed = R"({"topics": {"t": 2}, "members": {"a": ["t"], "b": []}})";
  CHECK(drive("kafka_roundrobin", {}, {mixed}) == "{\"a\": [\"t-0\", \"t-1\"], \"b\": []}\n");
  CHECK(drive("kafka_roundrobin", {{"implementation", "kafkajs"}}, {mixed}) ==
        "{\"a\": [\"t-0\"], \"b\": [\"t-1\"]}\n");
  const std::string is_static =
      R"({"topics": {"t": 1}, "members": {"a": ["t"], "b": {"topics": ["t"], "instance_id": "i"}}})";
  CHECK(drive("kafka_range", {}, {is_static}) == "{\"a\": [\"t-0\"], \"b\": []}\n");
  CHECK(drive("kafka_range", {{"implementation", "java"}}, {is_static}) ==
        "{\"a\": [], \"b\": [\"t-0\"]}\n");
}

TEST_CASE("drivers: a consumer group through its life", "[drivers]") {
  const std::vector<std::string> lines = {
      R"({"at": 0, "topics": {"t": 2}})", R"({"at": 0, "start": "a"})", R"({"at": 9})",
      R"({"at": 10, "start": "b"})",      R"({"at": 20, "kill": "a"})", R"({"at": 100})"};
  CHECK(drive("kafka_group", {{"assignor", "cooperative_sticky"}}, lines) ==
        "{\"at\": 3, \"assign\": \"a\", \"partitions\": [\"t-0\", \"t-1\"]}\n"
        "{\"at\": 3, \"stable\": 1}\n"
        "{\"at\": 12, \"revoke\": \"a\", \"partitions\": [\"t-1\"]}\n"
        "{\"at\": 15, \"assign\": \"b\", \"partitions\": [\"t-1\"]}\n"
        "{\"at\": 15, \"stable\": 3}\n"
        "{\"at\": 20, \"lose\": \"a\", \"partitions\": [\"t-0\"]}\n"
        "{\"at\": 63, \"remove\": \"a\"}\n"
        "{\"at\": 66, \"assign\": \"b\", \"partitions\": [\"t-0\"]}\n"
        "{\"at\": 66, \"stable\": 4}\n");
  CHECK_THAT(drive("kafka_group", {{"session_timeout", "10s"}}, lines),
             Catch::Contains("{\"at\": 28, \"remove\": \"a\"}"));
  CHECK_THAT(drive("kafka_group", {{"initial_rebalance_delay", "0s"}}, lines),
             Catch::StartsWith("{\"at\": 0, \"assign\": \"a\""));
  CHECK_THAT(drive("kafka_group", {{"heartbeat_interval", "1s"}}, lines),
             Catch::Contains("{\"at\": 10, \"revoke\": \"a\""));
  CHECK_THAT(drive("kafka_group", {}, {R"({"at": 1, "stop": "a"})"}), Catch::Contains("stop"));
  CHECK_THAT(drive("kafka_group", {}, {R"({"start": "a"})"}), Catch::Contains("\"at\""));
  CHECK_THAT(drive("kafka_group", {}, {R"({"at": 5})", R"({"at": 4})"}),
             Catch::Contains("time goes back"));
  const std::vector<std::string> stalls = {R"({"at": 0, "topics": {"t": 2}, "start": "a"})",
                                           R"({"at": 5, "stall": "a"})",
                                           R"({"at": 50, "resume": "a"})", R"({"at": 60})"};
  CHECK_THAT(drive("kafka_group", {{"max_poll_interval", "20s"}}, stalls),
             Catch::Contains("{\"at\": 25, \"leave\": \"a\"}"));
}

TEST_CASE("drivers: batches are sent when they are due", "[drivers]") {
  CHECK(drive("kafka_batch", {{"linger", "5ms"}, {"partitions", "2"}},
              {"0 0 100", "0.001 0 100", "0.002 1 30000", "0.003 0 10", "1"}) ==
        "0.002 send broker 0 partition 0 records 2 bytes 261\n"
        "0.002 send broker 0 partition 1 records 1 bytes 30061\n"
        "0.008 send broker 0 partition 0 records 1 bytes 71\n"
        "1: expected SECONDS PARTITION BYTES or SECONDS flush\n");
  CHECK_THAT(drive("kafka_batch", {{"buffer_memory", "20000"}}, {"0 0 10", "0 0 10"}),
             Catch::Contains("0 full"));
  CHECK_THAT(drive("kafka_batch", {{"max_in_flight", "1"}, {"round_trip", "10ms"}},
                   {"0 0 10", "0 0 20", "0 0 30"}),
             Catch::Contains("0.01 send broker 0 partition 0 records 2 bytes 111"));
  CHECK_THAT(drive("kafka_batch", {{"batch_size", "100"}, {"linger", "1s"}}, {"0 0 39"}),
             Catch::StartsWith("0 send"));
  CHECK_THAT(drive("kafka_batch", {{"linger", "1s"}}, {"0 0 39", "0.5 flush"}),
             Catch::StartsWith("0.5 send"));
  CHECK_THAT(drive("kafka_batch", {{"brokers", "2"}, {"partitions", "2"}}, {"0 1 5"}),
             Catch::Contains("broker 1"));
  CHECK_THAT(drive("kafka_batch",
                   {{"max_request_size", "100"},
                    {"linger", "1ms"},
                    {"partitions", "2"},
                    {"max_in_flight", "1"}},
                   {"0 0 40", "0 1 40"}),
             Catch::Contains("0.003 send broker 0 partition 1"));
  CHECK_THAT(drive("kafka_batch", {}, {"0 7 5"}), Catch::Contains("partitions 0 to 0"));
}

TEST_CASE("drivers: replicas in sync", "[drivers]") {
  CHECK(drive("kafka_isr", {{"min_insync_replicas", "2"}, {"replica_lag_time_max", "10s"}},
              {"0 append 5 all", "1 fetch 1 5", "20", "21 append 1 all", "22 fail 1",
               "23 append 1 all", "24 append 1 0"}) ==
        "leader 0 isr 0,1,2 high_watermark 0 lost 0 pending\n"
        "leader 0 isr 0,1,2 high_watermark 0 lost 0\n"
        "leader 0 isr 0,1 high_watermark 5 lost 0\n"
        "leader 0 isr 0,1 high_watermark 5 lost 0 pending\n"
        "leader 0 isr 0 high_watermark 6 lost 0\n"
        "leader 0 isr 0 high_watermark 6 lost 0 not_enough_replicas\n"
        "leader 0 isr 0 high_watermark 7 lost 0 -\n");
  CHECK_THAT(drive("kafka_isr", {{"replicas", "1"}}, {"0 append 2 all"}),
             Catch::Contains("high_watermark 2 lost 0 ok"));
  const std::vector<std::string> unclean = {"0 append 5 1", "50", "51 fail 0"};
  CHECK_THAT(drive("kafka_isr", {}, unclean),
             Catch::EndsWith("leader - isr 0 high_watermark 5 lost 0\n"));
  CHECK_THAT(drive("kafka_isr", {{"unclean_leader_election", "true"}}, unclean),
             Catch::EndsWith("leader 1 isr 1 high_watermark 0 lost 5\n"));
  CHECK_THAT(drive("kafka_isr", {}, {"0 fetch 9 1"}), Catch::Contains("expected"));
}

TEST_CASE("drivers: an SQS queue", "[drivers]") {
  CHECK(drive("sqs", {{"max_receive_count", "2"}},
              {"0 send a", "1 receive", "31 receive", "61 receive", "62 send b delay 5",
               "63 receive wait 20", "70 receive 10", "70 delete 3", "70 delete 3",
               "71 visibility 1 5"}) ==
        "sent\n1 a receipt 1 receives 1\n31 a receipt 2 receives 2\n61 dead a\n61 -\nsent\n"
        "67 b receipt 3 receives 1\n70 -\ndeleted\nvoid\nvoid\n");
  CHECK(
      drive("sqs", {{"fifo", "true"}},
            {"0 send a group x deduplication d", "1 send b group x deduplication d",
             "2 send c group x", "3 receive", "4 receive", "5 delete 1", "6 receive"}) ==
      "sent\nduplicate\nsent\n3 a receipt 1 receives 1\n4 -\ndeleted\n6 c receipt 2 receives 1\n");
  CHECK_THAT(drive("sqs", {{"delay", "5s"}}, {"0 send a", "4 receive", "5 receive"}),
             Catch::EndsWith("4 -\n5 a receipt 1 receives 1\n"));
  CHECK_THAT(drive("sqs", {{"visibility_timeout", "2s"}}, {"0 send a", "0 receive", "2 receive"}),
             Catch::EndsWith("2 a receipt 2 receives 2\n"));
  CHECK_THAT(drive("sqs", {{"retention_period", "2s"}}, {"0 send a", "2 receive"}),
             Catch::EndsWith("2 -\n"));
  CHECK_THAT(drive("sqs", {{"max_in_flight", "1"}}, {"0 send a", "0 send b", "0 receive 10"}),
             !Catch::Contains("receipt 2"));
  CHECK(drive("sqs", {}, {"0 receive wait 3"}) == "3 -\n");
  CHECK(drive("sqs", {}, {"0 receive wait 20", "1 receive wait 20", "2 send a", "3 send b"}) ==
        "sent\n2 a receipt 1 receives 1\nsent\n3 b receipt 2 receives 1\n");
  for (const char* wrong :
       {"0 delete 1", "0 receive 11", "0 receive wait 21", "0 send a x", "x send a", "0 nonsense"})
    CHECK_THAT(drive("sqs", {}, {wrong}), Catch::StartsWith(wrong));
}

TEST_CASE("drivers: a RabbitMQ queue", "[drivers]") {
  const std::vector<std::string> lines = {"0 consume a 1", "0 publish x", "0 publish y",
                                          "0 publish z",   "1 requeue 1", "2 ack 2",
                                          "3 nack 3",      "4 cancel a"};
  CHECK(drive("rabbitmq", {}, lines) ==
        "0 deliver a x tag 1\n1 deliver a x tag 2 redelivered\n2 deliver a y tag 3\n"
        "3 dead y rejected\n3 deliver a z tag 4\n");
  CHECK_THAT(drive("rabbitmq", {{"max_length", "1"}}, {"0 publish x", "0 publish y"}),
             Catch::Contains("0 dead x maxlen"));
  CHECK_THAT(drive("rabbitmq", {{"max_length_bytes", "1"}, {"overflow", "reject_publish"}},
                   {"0 publish xy"}),
             Catch::Contains("0 rejected xy"));
  CHECK_THAT(drive("rabbitmq", {{"message_ttl", "5s"}}, {"0 publish x", "9 publish y"}),
             Catch::Contains("5 dead x expired"));
  CHECK_THAT(drive("rabbitmq", {{"consumer_timeout", "60s"}},
                   {"0 consume a 1", "0 publish x", "100 consume b 1"}),
             Catch::EndsWith("60 timeout a\n100 deliver b x tag 2 redelivered\n"));
  const std::vector<std::string> returns = {"0 consume a 2", "0 publish x", "0 publish y",
                                            "0 requeue 2",   "0 requeue 1", "0 cancel a"};
  CHECK(drive("rabbitmq", {{"type", "quorum"}}, returns) != drive("rabbitmq", {}, returns) + "x");
  CHECK_THAT(drive("rabbitmq", {{"type", "quorum"}, {"delivery_limit", "0"}}, lines),
             Catch::Contains("1 dead x delivery_limit"));
  for (const char* wrong : {"0 ack 1", "0 consume a x", "0 cancel a", "0 publish", "0 x"})
    CHECK_THAT(drive("rabbitmq", {}, {wrong}), Catch::StartsWith(wrong));
}

TEST_CASE("drivers: options of messaging are checked", "[drivers]") {
  CHECK_FALSE(problems_of("kafka_range", {{"implementation", "nobody"}}).empty());
  CHECK_FALSE(problems_of("kafka_batch", {{"partitions", "0"}}).empty());
  CHECK_FALSE(problems_of("sqs", {{"visibility_timeout", "13h"}}).empty());
  CHECK_FALSE(problems_of("rabbitmq", {{"overflow", "explode"}}).empty());
}

}  // namespace
}  // namespace highwater::drivers
