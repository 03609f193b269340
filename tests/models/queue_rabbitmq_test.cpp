// A queue of RabbitMQ with its workers: pushes within the prefetch, connections that break, brokers
// that die. The algorithm itself is tested in tests/messaging/rabbitmq_queue_test.cpp.

#include <catch2/catch.hpp>

#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::write_of;

/// The queue in zone "a", the workers in zone "b", 10 ms one way.
ModelRig::Options apart() {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  options.network.cross_zone = Distribution::constant(10ms);
  return options;
}
const std::string kHere = R"(, "zones": ["a"])";
const std::string kThere = R"("zones": ["b"], )";

TEST_CASE("queue of RabbitMQ: pushes at once, and again when it hears of the acknowledgement",
          "[models][messaging]") {
  const auto seen = [](const std::string& prefetch) {
    QueueRig rig(rabbitmq() + kHere, kThere + takes("100ms") + prefetch, apart());
    for (int i = 0; i < 3; ++i) rig.send_at(1s);
    rig.run(Time{5s});
    CHECK(rig.count("jobs", "acknowledged") == 3);
    CHECK(rig.adds_up());
    CHECK(rig.queue_component().kept() == 0);
    return rig.seen();
  };
  // There at 1010 ms, done at 1110, acknowledged at 1120, the next there at 1130.
  CHECK(seen("") == Times{1110ms, 1230ms, 1350ms});
  // With a second message at hand nobody waits for the network.
  CHECK(seen(R"(, "prefetch": 2)") == Times{1110ms, 1210ms, 1310ms});
}

TEST_CASE("queue of RabbitMQ: a large prefetch takes messages from others who are idle",
          "[models][messaging]") {
  const auto seen = [](const std::string& prefetch) {
    QueueRig rig(rabbitmq(), R"("replicas": 2, )" + takes("1s") + prefetch);
    rig.at(Time{1s}, [&] { rig.instance("crew", 1).kill(false); });
    for (int i = 0; i < 4; ++i) rig.send_at(2s);
    rig.at(Time{2500ms}, [&] { rig.instance("crew", 1).revive(); });
    rig.run(Time{10s});
    return rig.seen();
  };
  CHECK(seen("") == Times{3s, 3500ms, 4s, 4500ms});
  CHECK(seen(R"(, "prefetch": 3)") == Times{3s, 3500ms, 4s, 5s});
}

TEST_CASE("queue of RabbitMQ: consumers take turns", "[models][messaging]") {
  QueueRig rig(rabbitmq(), R"("replicas": 3, "concurrency": 100, )" + takes("1s"));
  for (int i = 0; i < 30; ++i) rig.send_at(1s);
  rig.run(Time{10s});
  for (const char* worker : {"crew[0]", "crew[1]", "crew[2]"})
    CHECK(rig.value(worker, "throughput_rps") == Approx(1));
}

TEST_CASE("queue of RabbitMQ: appends one message after the other", "[models][messaging]") {
  QueueRig rig(R"("rabbitmq": {"append_time": "100ms"})", takes("0s"));
  const Answer& first = rig.send(Time{1s}, "jobs", write_of(1));
  const Answer& second = rig.send(Time{1s}, "jobs", write_of(1));
  rig.at(Time{1500ms}, [&] { rig.instance("jobs", 0).slow(3); });
  const Answer& slow = rig.send(Time{2s}, "jobs", write_of(1));
  rig.run(Time{10s});
  CHECK(first.took() == 100ms);
  CHECK(second.took() == 200ms);
  CHECK(slow.took() == 300ms);
  CHECK(rig.value("jobs", "utilization") == Approx(0.05));
}

TEST_CASE(
    "queue of RabbitMQ: what a dead worker had goes to the next one when its connection "
    "breaks",
    "[models][messaging]") {
  const auto seen = [](bool silent, const std::string& told) {
    QueueRig rig(rabbitmq(told), R"("replicas": 2, )" + takes("3s"), lasting(1000s));
    rig.send_at(1s);
    rig.at(Time{2s}, [&] { rig.instance("crew", 0).kill(silent); });
    rig.run(Time{100s});
    CHECK(rig.count("jobs", "redelivered") == 1);
    CHECK(rig.count("crew", "duplicates") == 0);
    CHECK(rig.queue_component().kept() == 0);
    return rig.seen();
  };
  CHECK(seen(false, "") == Times{5s});
  CHECK(seen(true, "") == Times{65s});
  CHECK(seen(true, R"("heartbeat": "10s")") == Times{15s});
}

TEST_CASE("queue of RabbitMQ: a worker that died silently and is back has another connection",
          "[models][messaging]") {
  QueueRig rig(rabbitmq(R"("heartbeat": "10s")"), R"("prefetch": 2, )" + takes("3s"));
  rig.send_at(1s);
  rig.at(Time{2s}, [&] { rig.instance("crew", 0).kill(true); });
  rig.at(Time{4s}, [&] { rig.instance("crew", 0).revive(); });
  rig.send_at(5s);  // the dead connection has room for one more, and it is that one's turn
  rig.send_at(6s);
  rig.run(Time{30s});
  CHECK(rig.seen() == Times{9s, 15s, 18s});
  CHECK(rig.count("crew", "processed") == 3);
  CHECK(rig.adds_up());
}

TEST_CASE("queue of RabbitMQ: what survives the death of its broker", "[models][messaging]") {
  const auto after = [](const std::string& told) {
    QueueRig rig(rabbitmq(told), takes("3s"));
    for (int i = 0; i < 3; ++i) rig.send_at(1s);
    rig.at(Time{2s}, [&] { rig.instance("jobs", 0).kill(false); });
    const Answer& refused = rig.send(Time{3s}, "jobs", write_of(1));
    rig.at(Time{5500ms}, [&] { rig.instance("jobs", 0).revive(); });
    rig.run(Time{30s});
    CHECK(refused.reply.status == Status::unavailable);
    CHECK(rig.adds_up());
    CHECK(rig.queue_component().kept() == 0);
    return std::tuple(rig.seen(), rig.dropped("lost"), rig.count("crew", "duplicates"));
  };
  // The worker goes on with what it has and is back at 6 s; that message is done twice.
  CHECK(after("") == std::tuple(Times{4s, 9s, 12s, 15s}, 0u, 1u));
  CHECK(after(R"("type": "quorum")") == std::tuple(Times{4s, 9s, 12s, 15s}, 0u, 1u));
  CHECK(after(R"("persistent": false)") == std::tuple(Times{4s}, 3u, 0u));
}

TEST_CASE("queue of RabbitMQ: a message is safe when it is confirmed", "[models][messaging]") {
  const auto outcome = [](const std::string& confirms, bool silent) {
    QueueRig rig(R"("rabbitmq": {"append_time": "100ms", "confirms": )" + confirms + "}",
                 takes("0s"));
    const Answer& kept = rig.send(Time{1s}, "jobs", write_of(1));
    const Answer& dying = rig.send(Time{1950ms}, "jobs", write_of(1));
    rig.at(Time{2s}, [&] { rig.instance("jobs", 0).kill(silent); });
    const Answer& late = rig.send(Time{3s}, "jobs", write_of(1));
    rig.at(Time{4s}, [&] { rig.instance("jobs", 0).revive(); });
    rig.run(Time{100s});
    CHECK(kept.reply.ok());
    CHECK(kept.took() == (confirms == "true" ? 100ms : 0ms));
    CHECK(rig.count("jobs", "accepted") == 1);
    CHECK(rig.count("crew", "processed") == 1);
    return std::tuple(dying.answered ? dying.reply.status : Status::timeout,
                      late.answered ? late.reply.status : Status::timeout,
                      rig.count("jobs", "unconfirmed"));
  };
  CHECK(outcome("true", false) == std::tuple(Status::reset, Status::unavailable, 0u));
  CHECK(outcome("true", true) == std::tuple(Status::timeout, Status::timeout, 0u));
  CHECK(outcome("false", false) == std::tuple(Status::ok, Status::unavailable, 1u));
  CHECK(outcome("false", true) == std::tuple(Status::ok, Status::ok, 2u));
}

TEST_CASE("queue of RabbitMQ: no room", "[models][messaging]") {
  const auto outcome = [](const std::string& told, const std::string& dead_letter) {
    QueueRig rig(rabbitmq(told) + dead_letter, takes("1s"), {},
                 R"("dead": {"kind": "queue", "rabbitmq": {"append_time": "0s"}})");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 4; ++i) answers.push_back(&rig.send(Time{1s}, "jobs", write_of(1)));
    rig.run(Time{20s});
    std::uint64_t refused = 0;
    for (const Answer* answer : answers) refused += answer->reply.status == Status::rejected;
    CHECK(rig.adds_up());
    CHECK(rig.adds_up("dead"));
    std::vector<std::uint64_t> done = rig.probe_component().ids();
    return std::tuple(done, refused, rig.dropped("maxlen"), rig.count("jobs", "dead_lettered"));
  };
  using Ids = std::vector<std::uint64_t>;
  const std::string dead = R"(, "dead_letter": "dead")";
  // The first is with the worker, one may wait.
  CHECK(outcome("", "") == std::tuple(Ids{1, 2, 3, 4}, 0u, 0u, 0u));
  CHECK(outcome(R"("max_length": 1)", "") == std::tuple(Ids{1, 4}, 0u, 2u, 0u));
  CHECK(outcome(R"("max_length": 1)", dead) == std::tuple(Ids{1, 4}, 0u, 0u, 2u));
  CHECK(outcome(R"("max_length": 1, "overflow": "reject_publish")", dead) ==
        std::tuple(Ids{1, 2}, 2u, 0u, 0u));
  CHECK(outcome(R"("max_length": 1, "overflow": "reject_publish_dlx")", dead) ==
        std::tuple(Ids{1, 2}, 2u, 0u, 2u));
  CHECK(outcome(R"("max_length_bytes": "2KiB")", "") == std::tuple(Ids{1, 3, 4}, 0u, 1u, 0u));
  CHECK(outcome(R"("max_length_bytes": "2KiB", "message_size": "2KiB")", "") ==
        std::tuple(Ids{1, 4}, 0u, 2u, 0u));
}

TEST_CASE("queue of RabbitMQ: publishers without confirms do not learn of a refusal",
          "[models][messaging]") {
  QueueRig rig(rabbitmq(R"("max_length": 1, "overflow": "reject_publish", "confirms": false)"),
               takes("1s"));
  std::vector<const Answer*> answers;
  for (int i = 0; i < 4; ++i) answers.push_back(&rig.send(Time{1s}, "jobs", write_of(1)));
  rig.run(Time{20s});
  for (const Answer* answer : answers) CHECK(answer->reply.ok());
  CHECK(rig.count("jobs", "unconfirmed") == 2);
  CHECK(rig.seen() == Times{2s, 3s});
  // What was handed to the network counts once on the edge.
  CHECK(rig.edge("jobs").attempts() == 4);
}

TEST_CASE("queue of RabbitMQ: messages that wait too long", "[models][messaging]") {
  QueueRig rig(rabbitmq(R"("message_ttl": "1500ms")") + R"(, "dead_letter": "dead")", takes("1s"),
               {}, R"("dead": {"kind": "queue", "rabbitmq": {}})");
  for (int i = 0; i < 4; ++i) rig.send_at(1s);
  rig.run(Time{10s});
  CHECK(rig.seen() == Times{2s, 3s});
  CHECK(rig.count("jobs", "dead_lettered") == 2);
  CHECK(rig.count("dead", "accepted") == 2);
  // One waited for 1 s, two for 1.5 s.
  CHECK(rig.value("jobs", "depth") == Approx(0.4).epsilon(0.001));
}

TEST_CASE("queue of RabbitMQ: what fails comes back at once, to where its type says",
          "[models][messaging]") {
  const auto order = [](const std::string& told) {
    QueueRig rig(rabbitmq(told), R"("prefetch": 2, )" + takes("1s"));
    rig.probe_component().answer = [&](const Request& request) {
      return request.id == 2 && rig.probe_component().seen.size() < 3 ? Status::error : Status::ok;
    };
    for (int i = 0; i < 4; ++i) rig.send_at(1s);
    rig.run(Time{20s});
    CHECK(rig.count("crew", "failed") == 1);
    CHECK(rig.count("crew", "processed") == 4);
    CHECK(rig.count("jobs", "redelivered") == 1);
    return rig.probe_component().ids();
  };
  // 3 is with the worker already when 2 comes back.
  CHECK(order("") == std::vector<std::uint64_t>{1, 2, 3, 2, 4});
  CHECK(order(R"("type": "quorum")") == std::vector<std::uint64_t>{1, 2, 3, 2, 4});
}

TEST_CASE("queue of RabbitMQ: a poisoned message goes round at once for ever, or so often",
          "[models][messaging]") {
  const auto attempts = [](const std::string& told, const std::string& dead_letter) {
    QueueRig rig(rabbitmq(told) + dead_letter, takes("1s"), {},
                 R"("dead": {"kind": "queue", "rabbitmq": {}})");
    rig.probe_component().answer = [](const Request&) { return Status::error; };
    rig.send_at(1s);
    rig.run(Time{20500ms});
    CHECK(rig.adds_up());
    return std::tuple(rig.count("crew", "failed"), rig.dropped("delivery_limit"),
                      rig.count("dead", "remaining"));
  };
  CHECK(attempts("", "") == std::tuple(19u, 0u, 0u));
  CHECK(attempts(R"("type": "quorum", "delivery_limit": 2)", "") == std::tuple(3u, 1u, 0u));
  CHECK(attempts(R"("type": "quorum", "delivery_limit": 2)", R"(, "dead_letter": "dead")") ==
        std::tuple(3u, 0u, 1u));
}

TEST_CASE("queue of RabbitMQ: whoever sits on a message loses the channel", "[models][messaging]") {
  QueueRig rig(rabbitmq(R"("consumer_timeout": "5s")"), R"("replicas": 2, )" + takes("8s"));
  rig.send_at(1s);
  rig.run(Time{16s});
  // Both in turn; nobody's acknowledgement counts.
  CHECK(rig.seen() == Times{9s, 14s});
  CHECK(rig.count("crew", "processed") == 1);
  CHECK(rig.count("crew", "duplicates") == 1);
  CHECK(rig.count("jobs", "acknowledged") == 0);
  const auto is_timeout = [](const Happening& each) { return each.kind == "consumer timeout"; };
  CHECK(std::count_if(rig.happenings().begin(), rig.happenings().end(), is_timeout) >= 2);
  CHECK(rig.happenings().front().at == Time{6s});
}

TEST_CASE("queue of RabbitMQ: retries by a queue whose messages expire", "[models][messaging]") {
  const auto outcome = [](const std::string& failure) {
    QueueRig rig(rabbitmq() + R"(, "dead_letter": "later")",
                 R"("steps": [{"call": "probe"}], "on_failure": ")" + failure + '"', {},
                 R"("later": {"kind": "queue", "dead_letter": "jobs",
                              "rabbitmq": {"message_ttl": "2s"}})");
    rig.probe_component().answer = [&](const Request&) {
      return rig.probe_component().seen.size() < 3 ? Status::error : Status::ok;
    };
    rig.send_at(1s);
    rig.run(Time{20s});
    CHECK(rig.adds_up());
    CHECK(rig.adds_up("later"));
    return rig.seen();
  };
  CHECK(outcome("dead_letter") == Times{1s, 3s, 5s});
}

TEST_CASE("queue of RabbitMQ: dead letters that come back without a rejection are dropped",
          "[models][messaging]") {
  const std::string ttl = R"("message_ttl": "1s")";
  QueueRig rig(rabbitmq(ttl) + R"(, "dead_letter": "b")", takes("1m"), {},
               R"("b": {"kind": "queue", "dead_letter": "c", "rabbitmq": {"message_ttl": "1s"}},
                  "c": {"kind": "queue", "dead_letter": "b", "rabbitmq": {"message_ttl": "1s"}},
                  "self": {"kind": "queue", "dead_letter": "self",
                           "rabbitmq": {"message_ttl": "1s"}})");
  rig.send_at(1s);  // the worker has this one
  rig.send_at(1s);
  rig.send(Time{1s}, "self", write_of(1));
  rig.run(Time{20s});
  CHECK(rig.count("jobs", "dead_lettered") == 1);
  CHECK(rig.count("b", "dead_lettered") == 1);
  CHECK(rig.count("c", "dead_lettered") == 0);
  CHECK(rig.dropped("cycle", "c") == 1);
  CHECK(rig.dropped("cycle", "self") == 1);
  for (const char* each : {"jobs", "b", "c", "self"}) CHECK(rig.adds_up(each));
  CHECK(rig.queue_component("self").kept() == 0);
}

TEST_CASE("queue of RabbitMQ: dead letters for a broker that is down, or has no room, are lost",
          "[models][messaging]") {
  QueueRig rig(rabbitmq() + R"(, "dead_letter": "dead")",
               R"("steps": [{"fail": 1}], "on_failure": "dead_letter")", {},
               R"("dead": {"kind": "queue", "rabbitmq": {"max_length": 1,
                                                         "overflow": "reject_publish"}})");
  rig.send_at(1s);
  rig.send_at(2s);
  rig.at(Time{3s}, [&] { rig.instance("dead", 0).kill(false); });
  rig.send_at(4s);
  rig.run(Time{10s});
  CHECK(rig.count("jobs", "dead_lettered") == 2);
  CHECK(rig.dropped("lost") == 1);
  CHECK(rig.dropped("maxlen", "dead") == 1);
  CHECK(rig.count("dead", "remaining") == 1);
  CHECK(rig.adds_up());
  CHECK(rig.adds_up("dead"));
}

}  // namespace
}  // namespace highwater::messaging
