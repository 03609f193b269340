// A queue of SQS with its workers: what polls cost, and what the visibility timeout does. The
// algorithm itself is tested in tests/messaging/sqs_queue_test.cpp.

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::write_of;

TEST_CASE("queue of SQS: a long poll brings a message at once, and comes back empty in the end",
          "[models][messaging]") {
  QueueRig rig(polled(), takes("10ms"));
  rig.send_at(5s);
  rig.send_at(5s);
  rig.run(Time{50s});
  CHECK(rig.seen() == Times{5010ms, 5020ms});
  // Asked at 0 s, 5.01 s, 5.02 s, then in vain at 25.02 s and 45.02 s.
  CHECK(rig.count("jobs", "receives") == 5);
  CHECK(rig.count("jobs", "empty_receives") == 2);
  CHECK(rig.value("jobs", "wait_ms") == Approx(5));
  CHECK(rig.count("jobs", "acknowledged") == 2);
  CHECK(rig.count("jobs", "remaining") == 0);
  CHECK(rig.queue_component().kept() == 0);
}

TEST_CASE("queue of SQS: a short poll costs a request each time", "[models][messaging]") {
  const auto receives = [](const std::string& interval) {
    QueueRig rig(sqs(), takes("10ms") + interval);
    rig.send_at(4500ms);
    rig.run(Time{10s});
    CHECK(rig.count("jobs", "empty_receives") + 1 == rig.count("jobs", "receives"));
    return std::pair(rig.seen().at(0), rig.count("jobs", "receives"));
  };
  // At 0, 1, … 4 s, with success at 5 s, again at 5.01 s and so on up to 9.01 s.
  CHECK(receives("") == std::pair(Duration{5010ms}, std::uint64_t{11}));
  CHECK(receives(R"(, "poll_interval": "2s")") == std::pair(Duration{6010ms}, std::uint64_t{6}));
}

TEST_CASE("queue of SQS: what takes longer than the visibility timeout is done again",
          "[models][messaging]") {
  const auto outcome = [](const std::string& visibility) {
    QueueRig rig(polled(R"("visibility_timeout": ")" + visibility + '"'),
                 R"("replicas": 2, )" + takes("3s"));
    rig.send_at(1s);
    rig.run(Time{10s});
    CHECK(rig.count("crew", "processed") == 1);
    CHECK(rig.adds_up());
    return std::tuple(rig.seen(), rig.count("crew", "duplicates"), rig.count("jobs", "redelivered"),
                      rig.count("jobs", "acknowledged"));
  };
  CHECK(outcome("4s") == std::tuple(Times{4s}, 0u, 0u, 1u));
  // The other one takes it at 3 s, and so on in turn: whoever is done has a void receipt.
  CHECK(outcome("2s") == std::tuple(Times{4s, 6s, 8s, 10s}, 3u, 4u, 0u));
}

TEST_CASE("queue of SQS: a message that waits in a batch loses its visibility too",
          "[models][messaging]") {
  const auto seen = [](const std::string& batch) {
    QueueRig rig(polled(R"("visibility_timeout": "25s", "delay": "1s")"), takes("10s") + batch);
    for (int i = 0; i < 3; ++i) rig.send_at(0s);
    rig.run(Time{100s});
    CHECK(rig.count("crew", "processed") == 3);
    return std::pair(rig.seen(), rig.count("crew", "duplicates"));
  };
  CHECK(seen("") == std::pair(Times{11s, 21s, 31s}, std::uint64_t{0}));
  // The third is done at 31 s and visible again at 26 s; nobody asked in between.
  CHECK(seen(R"(, "batch_size": 10)") == std::pair(Times{11s, 21s, 31s, 41s}, std::uint64_t{1}));
}

TEST_CASE("queue of SQS: a batch saves requests", "[models][messaging]") {
  const auto receives = [](const std::string& batch) {
    QueueRig rig(polled(R"("delay": "1s")"), takes("1ms") + batch);
    for (int i = 0; i < 20; ++i) rig.send_at(0s);
    rig.run(Time{2s});
    CHECK(rig.seen().size() == 20);
    return rig.count("jobs", "receives");
  };
  CHECK(receives("") == 21);
  CHECK(receives(R"(, "batch_size": 10)") == 3);
}

TEST_CASE("queue of SQS: hands of a process share a batch", "[models][messaging]") {
  QueueRig rig(polled(R"("delay": "1s")"), takes("1s") + R"(, "batch_size": 3, "concurrency": 2)");
  for (int i = 0; i < 4; ++i) rig.send_at(0s);
  rig.run(Time{10s});
  // One receive brings three, the other one.
  CHECK(rig.seen() == Times{2s, 2s, 3s, 3s});
  CHECK(rig.value("crew", "utilization") == Approx(4.0 / 10 / 2));
}

TEST_CASE("queue of SQS: a delay hides a new message", "[models][messaging]") {
  QueueRig rig(polled(R"("delay": "3s")"), takes("0s"));
  rig.send_at(1s);
  rig.run(Time{10s});
  CHECK(rig.seen() == Times{4s});
  CHECK(rig.value("jobs", "wait_ms") == Approx(3000));
  CHECK(rig.value("jobs", "depth") == Approx(0.3));
}

TEST_CASE("queue of SQS: appends take their time side by side", "[models][messaging]") {
  QueueRig rig(R"("sqs": {"append_time": "100ms", "receive_wait": "20s"})", takes("0s"));
  const Answer& first = rig.send(Time{1s}, "jobs", write_of(1));
  const Answer& second = rig.send(Time{1s}, "jobs", write_of(1));
  rig.at(Time{1500ms}, [&] { rig.instance("jobs", 0).slow(3); });
  const Answer& slow = rig.send(Time{2s}, "jobs", write_of(1));
  rig.run(Time{10s});
  CHECK(first.took() == 100ms);
  CHECK(second.took() == 100ms);
  CHECK(slow.took() == 300ms);
}

TEST_CASE("queue of SQS: what is received too often is a dead letter", "[models][messaging]") {
  QueueRig rig(polled(R"("visibility_timeout": "2s", "max_receive_count": 2)") +
                   R"(, "dead_letter": "dead")",
               R"("steps": [{"call": "probe"}])", {},
               R"("dead": {"kind": "queue", "sqs": {"receive_wait": "20s"}},
                  "grave": {"kind": "worker", "queue": "dead", "steps": [{"call": "probe"}]})");
  rig.probe_component().answer = [&](const Request&) {
    return rig.probe_component().seen.size() < 3 ? Status::error : Status::ok;
  };
  rig.send_at(1s);
  rig.run(Time{10s});
  CHECK(rig.seen() == Times{1s, 3s, 5s});
  CHECK(rig.count("jobs", "dead_lettered") == 1);
  CHECK(rig.count("jobs", "remaining") == 0);
  CHECK(rig.count("crew", "failed") == 2);
  CHECK(rig.count("crew", "processed") == 0);
  CHECK(rig.count("grave", "processed") == 1);
  // From the beginning (the rig meant to send it at 0 s), not from its death.
  CHECK(rig.value("grave", "end_to_end_ms") == Approx(5000));
  CHECK(rig.value("dead", "wait_ms") == Approx(0));
  CHECK(rig.queue_component().kept() == 0);
  CHECK(rig.queue_component("dead").kept() == 0);
  CHECK(rig.adds_up());
  CHECK(rig.adds_up("dead"));
}

TEST_CASE("queue of SQS: messages grow too old", "[models][messaging]") {
  QueueRig rig(polled(R"("retention_period": "5s", "visibility_timeout": "1m")"), takes("7s"));
  rig.send_at(1s);
  rig.send_at(2s);
  rig.run(Time{20s});
  // The first expires while it is worked on, the second before.
  CHECK(rig.seen() == Times{8s});
  CHECK(rig.dropped("expired") == 2);
  CHECK(rig.count("crew", "processed") == 1);
  CHECK(rig.count("jobs", "acknowledged") == 0);
  // Of 20 s: one with the worker from 1 s to 6 s, one waiting from 2 s to 7 s.
  CHECK(rig.value("jobs", "in_flight") == Approx(5.0 / 20).epsilon(0.001));
  CHECK(rig.value("jobs", "depth") == Approx(5.0 / 20).epsilon(0.001));
  CHECK(rig.queue_component().kept() == 0);
}

TEST_CASE("queue of SQS: no more are in flight than may be", "[models][messaging]") {
  QueueRig rig(polled(R"("max_in_flight": 2)"), R"("concurrency": 5, )" + takes("1s"));
  for (int i = 0; i < 5; ++i) rig.send_at(1s);
  rig.run(Time{10s});
  CHECK(rig.seen() == Times{2s, 2s, 3s, 3s, 4s});
}

TEST_CASE("queue of SQS: the messages of a FIFO group are done in order, one at a time",
          "[models][messaging]") {
  QueueRig rig(polled(R"("fifo": true, "visibility_timeout": "1m")"),
               R"("replicas": 3, "concurrency": 2,
                  "steps": [{"wait": {"exponential": "20ms"}}, {"call": "probe"}])",
               lasting(100s));
  rig.add(publishes(100, 5000, 10));
  rig.run(Time{100s});
  const auto& seen = rig.probe_component().seen;
  REQUIRE(seen.size() == 5000);
  std::map<std::uint64_t, std::uint64_t> last;
  std::size_t overtakings = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    REQUIRE(seen[i].id > last[seen[i].key]);
    last[seen[i].key] = seen[i].id;
    overtakings += i > 0 && seen[i].id < seen[i - 1].id;
  }
  CHECK(overtakings > 100);  // between groups there is no order
}

TEST_CASE("queue of SQS: a FIFO queue knows the tries of one call", "[models][messaging]") {
  const auto accepted = [](const std::string& fifo) {
    QueueRig rig(R"("sqs": {"append_time": "30ms", "receive_wait": "20s", "fifo": )" + fifo + "}",
                 takes("0s"));
    CallPolicy policy;
    policy.timeout = 20ms;
    policy.retry.emplace();
    policy.retry->attempts = 3;
    rig.send(Time{1s}, "jobs", write_of(1), policy);
    rig.send(Time{1s}, "jobs", write_of(1), policy);
    rig.run(Time{10s});
    CHECK(rig.count("jobs", "accepted") + rig.count("jobs", "deduplicated") == 6);
    CHECK(rig.count("crew", "processed") == rig.count("jobs", "accepted"));
    return rig.count("jobs", "accepted");
  };
  CHECK(accepted("false") == 6);
  CHECK(accepted("true") == 2);
}

TEST_CASE("queue of SQS: what a dead worker had is hidden until its timeout",
          "[models][messaging]") {
  const bool silent = GENERATE(false, true);
  QueueRig rig(polled(R"("visibility_timeout": "10s")"),
               R"("replicas": 2, "batch_size": 2, )" + takes("3s"));
  rig.send_at(1s);
  rig.at(Time{2s}, [&] { rig.instance("crew", 0).kill(silent); });
  rig.run(Time{30s});
  CHECK(rig.seen() == Times{14s});
  CHECK(rig.count("crew", "duplicates") == 0);
  CHECK(rig.count("jobs", "redelivered") == 1);
  CHECK(rig.queue_component().kept() == 0);
  CHECK(rig.value("crew[0]", "utilization") == Approx(1.0 / 30).epsilon(0.001));
}

TEST_CASE("queue of SQS: a receive whose worker is gone gets nothing", "[models][messaging]") {
  QueueRig rig(polled(), R"("replicas": 2, )" + takes("1s"));
  rig.at(Time{500ms}, [&] { rig.instance("crew", 0).kill(false); });
  rig.send_at(1s);
  rig.run(Time{25s});
  CHECK(rig.seen() == Times{2s});
  // At 0 s two, at 2 s one more, which comes back empty; the dead one's does not count.
  CHECK(rig.count("jobs", "receives") == 4);
  CHECK(rig.count("jobs", "empty_receives") == 1);
}

TEST_CASE("queue of SQS: what is on its way to a dead worker is hidden too",
          "[models][messaging]") {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  options.network.cross_zone = Distribution::constant(100ms);
  QueueRig rig(polled(R"("visibility_timeout": "10s")") + R"(, "zones": ["a"])",
               R"("zones": ["b"], )" + takes("0s"), options);
  rig.send_at(1s);
  rig.at(Time{1050ms}, [&] { rig.instance("crew", 0).kill(false); });
  rig.at(Time{2s}, [&] { rig.instance("crew", 0).revive(); });
  rig.run(Time{30s});
  CHECK(rig.seen() == Times{11100ms});
  CHECK(rig.queue_component().kept() == 0);
}

TEST_CASE("queue of SQS: deletes and receives take their way over the network",
          "[models][messaging]") {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  options.network.cross_zone = Distribution::constant(10ms);
  QueueRig rig(polled() + R"(, "zones": ["a"])", R"("zones": ["b"], )" + takes("100ms"), options);
  rig.send_at(1s);
  rig.send_at(1s);
  rig.run(Time{5s});
  // There at 1010 ms, done at 1110, deleted by 1130, the next one there at 1150.
  CHECK(rig.seen() == Times{1110ms, 1250ms});
  CHECK(rig.value("jobs", "wait_ms") == Approx((0 + 140) / 2.0));
}

TEST_CASE("queue of SQS: its messages survive while nobody can reach it", "[models][messaging]") {
  const bool silent = GENERATE(false, true);
  QueueRig rig(polled(R"("visibility_timeout": "3s")") + R"(, "start_time": "1s")", takes("5s"));
  rig.send_at(1s);
  rig.send_at(1s);
  rig.at(Time{2s}, [&] { rig.instance("jobs", 0).kill(silent); });
  const Answer& refused = rig.send(Time{5s}, "jobs", write_of(1));
  rig.at(Time{7s}, [&] { rig.instance("jobs", 0).revive(); });
  rig.run(Time{90s});
  CHECK(refused.answered == !silent);
  CHECK(rig.count("jobs", "accepted") == 2);
  CHECK(rig.adds_up());
  CHECK(rig.count("jobs", "acknowledged") == 0);  // every receipt is void after 3 s
  CHECK(rig.count("crew", "processed") == 2);
  // Done at 6 s, deleted in vain: by a call that is refused until 8 s, when it is sent again, or
  // that is lost and given up at 66 s.
  REQUIRE(rig.seen().size() > 2);
  CHECK(rig.seen()[0] == 6s);
  CHECK(rig.seen()[1] == (silent ? 72s : 13s));
}

TEST_CASE("queue of SQS: a share of the requests may fail", "[models][messaging]") {
  QueueRig rig(polled(R"("visibility_timeout": "5s")"), takes("10ms"));
  rig.fault(faults::error(), R"({"at": "1s", "for": "2s", "error": "jobs", "rate": "100%"})");
  const Answer& refused = rig.send(Time{2s}, "jobs", write_of(1));
  rig.send_at(995ms);
  rig.run(Time{20s});
  CHECK(refused.reply.status == Status::error);
  // Done at 1.005 s, deleted at 1.005, 2.005 (in vain) and 3.005 s.
  CHECK(rig.seen() == Times{1005ms});
  CHECK(rig.count("jobs", "acknowledged") == 1);
  CHECK(rig.metric("jobs", "errors").causes.at("error") == 3);
}

}  // namespace
}  // namespace highwater::messaging
