#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/drivers/group_json.h"
#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;
using Lines = std::vector<std::string>;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("drivers of messaging: assignments of a group", "[drivers]") {
  const Lines group = {
      R"({"topics": {"t1": 3, "t2": 2}, "members": {"b": ["t1", "t2"], "a": ["t1", "t2"]}})"};
  CHECK(drive("kafka_range", {}, group) ==
        "{\"b\": [\"t1-2\", \"t2-1\"], \"a\": [\"t1-0\", \"t1-1\", \"t2-0\"]}\n");
  CHECK(drive("kafka_roundrobin", {}, group) ==
        "{\"b\": [\"t1-1\", \"t2-0\"], \"a\": [\"t1-0\", \"t1-2\", \"t2-1\"]}\n");
  CHECK(drive("kafka_roundrobin", {{"implementation", "kafkajs"}}, group) ==
        "{\"b\": [\"t1-1\", \"t2-0\"], \"a\": [\"t1-0\", \"t1-2\", \"t2-1\"]}\n");
  // Everybody reads everything where nothing else is said.
  CHECK(drive("kafka_range", {}, {R"({"topics": {"t": 2}, "members": ["a", "b"]})"}) ==
        "{\"a\": [\"t-0\"], \"b\": [\"t-1\"]}\n");
  CHECK(drive("kafka_range", {}, {R"({"topics": {}, "members": {}})"}) == "{}\n");
}

TEST_CASE("drivers of messaging: static members in Java and librdkafka", "[drivers]") {
  const Lines group = {
      R"({"topics": {"t": 3}, "members": [{"id": "b", "instance_id": "i"}, {"id": "a"}]})"};
  CHECK(drive("kafka_range", {{"implementation", "java"}}, group) ==
        "{\"b\": [\"t-0\", \"t-1\"], \"a\": [\"t-2\"]}\n");
  CHECK(drive("kafka_range", {{"implementation", "librdkafka"}}, group) ==
        "{\"b\": [\"t-2\"], \"a\": [\"t-0\", \"t-1\"]}\n");
}

TEST_CASE("drivers of messaging: who owns what", "[drivers]") {
  const Lines group = {R"({"topics": {"t": 4}, "members": {"a": ["t"], "b": ["t"]}, )"
                       R"("owned": {"a": ["t-0", "t-1", "t-2", "t-3"], "gone": ["t-9"]}})"};
  CHECK(drive("kafka_sticky", {{"implementation", "java"}}, group) ==
        "{\"a\": [\"t-0\", \"t-1\"], \"b\": [\"t-2\", \"t-3\"]}\n");
  CHECK(drive("kafka_cooperative_sticky", {{"implementation", "java"}, {"phase", "first"}},
              group) == "{\"a\": [\"t-0\", \"t-1\"], \"b\": []}\n");
  CHECK(drive("kafka_cooperative_sticky", {{"implementation", "java"}}, group) ==
        "{\"a\": [\"t-0\", \"t-1\"], \"b\": [\"t-2\", \"t-3\"]}\n");
  // The same as an object and with the member.
  CHECK(drive("kafka_sticky", {{"implementation", "java"}},
              {R"({"topics": {"t": 2}, "members": [{"id": "a"}, {"id": "b", "topics": ["t"],)"
               R"( "owned": {"t": [0]}, "generation": 3}]})"}) ==
        "{\"a\": [\"t-1\"], \"b\": [\"t-0\"]}\n");
}

TEST_CASE("drivers of messaging: groups that are wrong", "[drivers]") {
  const auto wrong = [](const char* line, std::string_view part) {
    INFO(line);
    const std::string out = drive("kafka_range", {}, {line});
    CHECK(has(out, part));
  };
  wrong("x", "expected a JSON object");
  wrong("[]", "expected an object with topics and members");
  wrong(R"({"topics": {}})", "expected topics and members");
  wrong(R"({"topics": {}, "members": {}, "more": 1})", "more");
  wrong(R"({"topics": [], "members": {}})", "topics are an object");
  wrong(R"({"topics": {"t": -1}, "members": {}})", "partitions are whole numbers");
  wrong(R"({"topics": {"t": 1000001}, "members": {}})", "a million");
  wrong(R"({"topics": {}, "members": 3})", "members are an object or a list");
  wrong(R"({"topics": {}, "members": ["a", "a"]})", "two members are called");
  wrong(R"({"topics": {}, "members": {"a": 1}})", "a member is a list of topics or an object");
  wrong(R"({"topics": {}, "members": {"a": [1]}})", "a topic is a text");
  wrong(R"({"topics": {}, "members": {"a": {"generation": -2}}})", "from -1 on");
  wrong(R"({"topics": {}, "members": {"a": {"age": 2}}})", "does not fit");
  wrong(R"({"topics": {}, "members": {"a": {"owned": ["t"]}}})", "TOPIC-NUMBER");
  wrong(R"({"topics": {}, "members": {"a": {"owned": ["t-x"]}}})", "TOPIC-NUMBER");
  wrong(R"({"topics": {}, "members": {"a": {"owned": {"t": ["x"]}}}})", "whole number");
  wrong(R"({"topics": {}, "members": ["a"], "owned": []})", "owned is an object");
  CHECK(has(problems_of("kafka_range", {{"implementation", "x"}}), "implementation"));
}

TEST_CASE("drivers of messaging: a group through its life", "[drivers]") {
  const Lines life = {R"({"at": 0, "topics": {"t": 2}})", R"({"at": 0, "start": "a"})",
                      R"({"at": 4, "start": "b"})",       R"({"at": 10, "close": "b"})",
                      R"({"at": 20, "kill": "a"})",       R"({"at": 100})"};
  CHECK(drive("kafka_group", {}, life) ==
        "{\"at\": 3, \"assign\": \"a\", \"partitions\": [\"t-0\", \"t-1\"]}\n"
        "{\"at\": 3, \"stable\": 1}\n"
        "{\"at\": 6, \"revoke\": \"a\", \"partitions\": [\"t-0\", \"t-1\"]}\n"
        "{\"at\": 6, \"assign\": \"a\", \"partitions\": [\"t-0\"]}\n"
        "{\"at\": 6, \"assign\": \"b\", \"partitions\": [\"t-1\"]}\n"
        "{\"at\": 6, \"stable\": 2}\n"
        "{\"at\": 10, \"revoke\": \"b\", \"partitions\": [\"t-1\"]}\n"
        "{\"at\": 10, \"remove\": \"b\"}\n"
        "{\"at\": 12, \"revoke\": \"a\", \"partitions\": [\"t-0\"]}\n"
        "{\"at\": 12, \"assign\": \"a\", \"partitions\": [\"t-0\", \"t-1\"]}\n"
        "{\"at\": 12, \"stable\": 3}\n"
        "{\"at\": 20, \"lose\": \"a\", \"partitions\": [\"t-0\", \"t-1\"]}\n"
        "{\"at\": 63, \"remove\": \"a\"}\n");
  CHECK(has(drive("kafka_group", {}, {R"({"start": "a"})"}), "expected a time"));
  CHECK(has(drive("kafka_group", {}, {R"({"at": 2})", R"({"at": 1})"}), "time goes back"));
  CHECK(has(drive("kafka_group", {}, {R"({"at": 0, "begin": "a"})"}), "begin"));
  CHECK(has(drive("kafka_group", {}, {"x"}), "expected a JSON object"));
  CHECK(has(problems_of("kafka_group", {{"heartbeat_interval", "0s"}}), "heartbeat_interval"));
}

TEST_CASE("drivers of messaging: batches of a producer", "[drivers]") {
  CHECK(drive("kafka_batch", {{"linger", "5ms"}}, {"0 0 100", "0.001 0 100"}) ==
        "0.005 send broker 0 partition 0 records 2 bytes 261\n");
  CHECK(drive("kafka_batch", {{"linger", "1s"}, {"partitions", "2"}}, {"0 1 10", "0.5 flush"}) ==
        "0.5 send broker 0 partition 1 records 1 bytes 71\n");
  // A record that finds no memory says so; the answer after 2 ms makes room.
  CHECK(drive("kafka_batch", {{"batch_size", "100"}, {"buffer_memory", "150"}, {"linger", "1s"}},
              {"0 0 39", "0 0 39", "0.002 0 39"}) ==
        "0 send broker 0 partition 0 records 1 bytes 100\n"
        "0 full\n"
        "0.002 send broker 0 partition 0 records 1 bytes 100\n");
  CHECK(drive("kafka_batch", {{"batch_size", "0"}, {"max_in_flight", "1"}}, {"0 0 1", "0 0 2"}) ==
        "0 send broker 0 partition 0 records 1 bytes 62\n"
        "0.002 send broker 0 partition 0 records 1 bytes 63\n");
  CHECK(has(drive("kafka_batch", {}, {"0 1 1"}), "there are partitions 0 to 0"));
  CHECK(has(drive("kafka_batch", {}, {"0 0"}), "expected SECONDS PARTITION BYTES"));
  CHECK(has(drive("kafka_batch", {}, {"x 0 1"}), "x"));
  CHECK(has(drive("kafka_batch", {}, {"1 0 1", "0 0 1"}), "time goes back"));
  CHECK(has(problems_of("kafka_batch", {{"partitions", "0"}}), "partitions"));
}

TEST_CASE("drivers of messaging: replicas", "[drivers]") {
  CHECK(drive("kafka_isr", {{"replicas", "2"}, {"min_insync_replicas", "2"}},
              {"0 append 5 all", "1 fetch 1 5", "2 fail 1", "3 append 1 all", "4 append 1 1",
               "5 append 1 0", "6 fail 0", "7 append 1 1", "8"}) ==
        "leader 0 isr 0,1 high_watermark 0 lost 0 pending\n"
        "leader 0 isr 0,1 high_watermark 5 lost 0\n"
        "leader 0 isr 0 high_watermark 5 lost 0\n"
        "leader 0 isr 0 high_watermark 5 lost 0 not_enough_replicas\n"
        "leader 0 isr 0 high_watermark 6 lost 0 ok\n"
        "leader 0 isr 0 high_watermark 7 lost 0 -\n"
        "leader - isr 0 high_watermark 7 lost 0\n"
        "leader - isr 0 high_watermark 7 lost 0 no_leader\n"
        "leader - isr 0 high_watermark 7 lost 0\n");
  CHECK(drive("kafka_isr", {{"replicas", "2"}, {"unclean_leader_election", "true"}},
              {"0 fail 1", "0 append 3 1", "0 fail 0", "0 restore 1"}) ==
        "leader 0 isr 0 high_watermark 0 lost 0\n"
        "leader 0 isr 0 high_watermark 3 lost 0 ok\n"
        "leader - isr 0 high_watermark 3 lost 0\n"
        "leader 1 isr 1 high_watermark 0 lost 3\n");
  CHECK(has(drive("kafka_isr", {}, {"0 fetch 3 0"}), "expected SECONDS append"));
  CHECK(has(drive("kafka_isr", {}, {"0 append 1 2"}), "expected SECONDS append"));
  CHECK(has(drive("kafka_isr", {}, {"0 fetch 1 x"}), "expected SECONDS append"));
}

TEST_CASE("drivers of messaging: SQS", "[drivers]") {
  CHECK(drive("sqs", {{"max_receive_count", "2"}},
              {"0 send a", "1 receive", "2 receive", "31 receive", "32 delete 1",
               "33 visibility 2 0", "34 receive", "35 send b", "36 receive 10", "37 delete 3"}) ==
        "sent\n"
        "1 a receipt 1 receives 1\n"
        "2 -\n"
        "31 a receipt 2 receives 2\n"
        "void\n"
        "changed\n"
        "34 dead a\n34 -\n"
        "sent\n"
        "36 b receipt 3 receives 1\n"
        "deleted\n");
  // Long polls: one is served as something comes, one ends with its time.
  CHECK(drive("sqs", {{"delay", "2s"}}, {"0 receive wait 5", "1 send a", "4 receive wait 3"}) ==
        "sent\n3 a receipt 1 receives 1\n7 -\n");
  CHECK(drive("sqs", {{"receive_wait", "5s"}}, {"0 receive", "1 send a", "2 receive wait 1"}) ==
        "sent\n1 a receipt 1 receives 1\n3 -\n");
  // As SQS' own configuration has it.
  CHECK(drive("sqs", {{"delay_seconds", "2"}, {"receive_message_wait_time_seconds", "5"}},
              {"0 send a", "0 receive"}) == "sent\n2 a receipt 1 receives 1\n");
  CHECK(drive("sqs", {{"fifo", "true"}},
              {"0 send a group g deduplication x", "0 send a group g deduplication x",
               "0 send b group g", "0 receive", "0 receive", "0 delete 1", "0 receive"}) ==
        "sent\nduplicate\nsent\n0 a receipt 1 receives 1\n0 -\ndeleted\n"
        "0 b receipt 2 receives 1\n");
  CHECK(has(drive("sqs", {}, {"0 receive 11"}), "a batch holds 1 to 10"));
  CHECK(has(drive("sqs", {}, {"0 receive wait 21"}), "20 at most"));
  CHECK(has(drive("sqs", {}, {"0 delete 1"}), "with a receipt that was given"));
  CHECK(has(drive("sqs", {}, {"0 send a colour red"}), "colour"));
  CHECK(has(drive("sqs", {}, {"0 send a group"}), "expected something behind"));
  CHECK(has(drive("sqs", {}, {"0"}), "expected SECONDS send"));
  CHECK(has(problems_of("sqs", {{"visibility_timeout", "13h"}}), "visibility_timeout"));
}

TEST_CASE("drivers of messaging: RabbitMQ", "[drivers]") {
  CHECK(drive("rabbitmq", {},
              {"0 consume a 1", "0 publish x", "0 publish y", "1 ack 1", "2 requeue 2", "3 nack 3",
               "3 ack 3"}) ==
        "0 deliver a x tag 1\n"
        "1 deliver a y tag 2\n"
        "2 deliver a y tag 3 redelivered\n"
        "3 dead y rejected\n"
        "3 ack 3: nobody has this delivery any more\n");
  CHECK(drive("rabbitmq", {{"consumer_timeout", "10s"}, {"message_ttl", "15s"}},
              {"0 publish x", "1 consume a 0", "30 publish y", "31 cancel a"}) ==
        "1 deliver a x tag 1\n"
        "11 timeout a\n"
        "15 dead x expired\n"
        "31 cancel a: \"a\" is no consumer\n");
  CHECK(drive("rabbitmq", {{"max_length", "1"}}, {"0 publish x", "1 publish y"}) ==
        "1 dead x maxlen\n");
  CHECK(drive("rabbitmq", {{"max_length_bytes", "3"}, {"overflow", "reject_publish"}},
              {"0 publish four", "1 publish x 3"}) == "0 rejected four\n");
  CHECK(drive("rabbitmq", {{"type", "quorum"}, {"delivery_limit", "0"}},
              {"0 publish x", "0 consume a 1", "1 requeue 1"}) ==
        "0 deliver a x tag 1\n1 dead x delivery_limit\n");
  CHECK(drive("rabbitmq", {{"x_message_ttl", "15000"}}, {"0 publish x", "20 publish y"}) ==
        "15 dead x expired\n");
  CHECK(has(drive("rabbitmq", {}, {"0 consume a 1", "0 consume a 1"}), "consumes already"));
  CHECK(has(problems_of("rabbitmq", {{"delivery_limit", "3"}}), "only quorum queues"));
  CHECK(has(problems_of("rabbitmq", {{"overflow", "reject_publish"}}), "needs a max_length"));
  CHECK(has(
      problems_of("rabbitmq",
                  {{"type", "quorum"}, {"max_length", "3"}, {"overflow", "reject_publish_dlx"}}),
      "no reject_publish_dlx"));
  CHECK(has(drive("rabbitmq", {}, {"0 consume a x"}), "a prefetch is a whole number"));
  CHECK(has(drive("rabbitmq", {}, {"0 ack 1"}), "no delivery has this tag"));
  CHECK(has(drive("rabbitmq", {}, {"0 publish x y"}), "bytes are a whole number"));
  CHECK(has(drive("rabbitmq", {}, {"0"}), "expected SECONDS publish"));
}

}  // namespace
}  // namespace highwater::drivers
