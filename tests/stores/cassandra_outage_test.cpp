// Cassandra's nodes when some of them die: timeouts until that is noticed, refusals and hints
// after it.

#include <algorithm>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/cassandra.h"
#include "models/database/cassandra.h"
#include "models/database/database.h"
#include "models/faults/faults.h"
#include "tests/support/model_rig.h"

namespace highwater::database {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& parameters, NetworkPlan network = {}) {
  ModelRig::Options options;
  options.network = std::move(network);
  return ModelRig({database()},
                  R"({"db": {"kind": "database", "cassandra": {)" + parameters + "}}}", options);
}

Time happened(const ModelRig& rig, const std::string& kind) {
  const auto& list = rig.happenings();
  const auto found = std::find_if(
      list.begin(), list.end(), [&](const Happening& happening) { return happening.kind == kind; });
  return found == list.end() ? kNever : found->at;
}

TEST_CASE("cassandra: a dead node is waited for until it is convicted", "[models][database]") {
  for (const auto& [level, waits, refuses] :
       {std::tuple{"all", true, true}, std::tuple{"quorum", false, false},
        std::tuple{"one", false, false}}) {
    CAPTURE(level);
    ModelRig rig =
        rig_of(std::string(R"("read_consistency": ")") + level + R"(", "write_consistency": ")" +
               level + R"(", "dynamic_snitch": false, "speculative_retry": "never")");
    rig.fault(faults::kill(), R"({"at": "60s", "kill": "db[2]"})");
    const Answer& write = rig.send_to_instance(Time{62s}, "db", 0, write_of(1));
    const Answer& late_write = rig.send_to_instance(Time{100s}, "db", 0, write_of(1));
    const Answer& late_read = rig.send_to_instance(Time{100s}, "db", 0, read_of(1));
    rig.run(Time{120s});
    CHECK(write.reply.cause() == (waits ? Status::timeout : Status::ok));
    if (waits) CHECK(write.took() == 2s);
    // phi = silence / mean / ln 10, and the intervals are one second but for the first two.
    const Duration noticed = happened(rig, "member lost") - Time{60s};
    CHECK(noticed > 17s);
    CHECK(noticed < 21s);
    CHECK(late_write.reply.cause() == (refuses ? Status::unavailable : Status::ok));
    CHECK(late_read.reply.cause() == (refuses ? Status::unavailable : Status::ok));
    if (refuses) CHECK(late_write.took() == Duration{0});
    CHECK(rig.count("db", "unavailable") == (refuses ? 2 : 0));
    CHECK(rig.count("db", "write_timeouts") == (waits ? 1 : 0));
    CHECK(rig.count("db", "hints_stored") == (refuses ? 1 : 2));
  }
}

TEST_CASE("cassandra: a read that a dead node does not answer times out or asks another",
          "[models][database]") {
  // Not convicted yet: reads of two replicas ask the dead one half of the time.
  for (const bool speculates : {false, true}) {
    ModelRig rig = rig_of(std::string(R"("read_consistency": "quorum", "dynamic_snitch": false,
                                         "read_time": "1ms", "speculative_retry": ")") +
                          (speculates ? "50ms" : "never") + '"');
    rig.fault(faults::kill(), R"({"at": "60s", "kill": "db[2]"})");
    std::vector<const Answer*> answers;
    for (std::uint64_t key = 0; key < 50; ++key)
      answers.push_back(&rig.send_to_instance(Time{61s}, "db", 0, read_of(key)));
    rig.run(Time{70s});
    std::size_t timeouts = 0, slow = 0;
    for (const Answer* answer : answers) {
      timeouts += answer->reply.cause() == Status::timeout;
      slow += answer->reply.ok() && answer->took() == 51ms;
      if (!answer->reply.ok()) CHECK(answer->took() == 5s);
    }
    CHECK(timeouts + slow > 10);
    CHECK(timeouts + slow < 40);
    CHECK((speculates ? timeouts : slow) == 0);
    CHECK(rig.count("db", "read_timeouts") == timeouts);
    CHECK(rig.count("db", "speculative_retries") == slow);
  }
}

TEST_CASE("cassandra: what a node missed is sent to it when it is back", "[models][database]") {
  ModelRig rig = rig_of(R"("write_consistency": "quorum", "read_time": "1ms")");
  rig.fault(faults::kill(), R"({"at": "60s", "for": "60s", "kill": "db[2]"})");
  for (std::uint64_t key = 0; key < 100; ++key)
    rig.send_to_instance(Time{90s}, "db", key % 2, write_of(key));
  // Before the coordinators' next look for hints, and after it.
  const Answer& before = rig.send_to_instance(Time{120s + 1ms}, "db", 2, read_of(5));
  const Answer& after = rig.send_to_instance(Time{140s}, "db", 2, read_of(5));
  rig.run(Time{150s});
  CHECK(before.reply.stale);
  CHECK_FALSE(after.reply.stale);
  CHECK(rig.count("db", "hints_stored") == 100);
  CHECK(rig.count("db", "hints_replayed") == 100);
  CHECK(rig.count("db", "hints_not_stored") == 0);
}

TEST_CASE("cassandra: hints are sent no faster than their throttle", "[models][database]") {
  const auto replayed = [](const std::string& more) {
    ModelRig rig = rig_of(R"("write_consistency": "one", "write_time": "0s", )" + more);
    rig.fault(faults::kill(), R"({"at": "60s", "for": "60s", "kill": "db[2]"})");
    for (std::uint64_t key = 0; key < 1'000; ++key)
      rig.send_to_instance(Time{90s}, "db", 0, write_of(key));
    rig.run(Time{140s});
    return rig.count("db", "hints_replayed");
  };
  // 1 KiB each, at half of the throttle since two others might send: 10 a second. They begin ten
  // seconds after a look for hints that found the node alive, at 130 s at the latest.
  const std::uint64_t slow = replayed(R"("hinted_handoff_throttle": "20KiB")");
  CHECK(slow > 80);
  CHECK(slow < 210);
  CHECK(replayed(R"("hinted_handoff_throttle": "20KiB", "write_size": "2KiB")") ==
        Approx(static_cast<double>(slow) / 2).margin(1));
  CHECK(replayed(R"("hinted_handoff_throttle": "0B")") == 1'000);
}

TEST_CASE("cassandra: hints have their time", "[models][database]") {
  struct Expected {
    const char* parameters;
    std::uint64_t stored, replayed, expired, not_stored;
  };
  for (const Expected& expected : {Expected{R"("max_hint_window": "3h")", 2, 2, 0, 0},
                                   Expected{R"("max_hint_window": "1m")", 1, 1, 0, 1},
                                   Expected{R"("gc_grace": "60s")", 2, 1, 1, 0},
                                   Expected{R"("hinted_handoff_enabled": false)", 0, 0, 0, 2}}) {
    CAPTURE(expected.parameters);
    ModelRig rig = rig_of(std::string(R"("write_consistency": "quorum", )") + expected.parameters);
    rig.fault(faults::kill(), R"({"at": "60s", "for": "140s", "kill": "db[2]"})");
    rig.send_to_instance(Time{90s}, "db", 0, write_of(1));
    rig.send_to_instance(Time{180s}, "db", 0, write_of(2));
    rig.run(Time{250s});
    CHECK(rig.count("db", "hints_stored") == expected.stored);
    CHECK(rig.count("db", "hints_replayed") == expected.replayed);
    CHECK(rig.count("db", "hints_expired") == expected.expired);
    CHECK(rig.count("db", "hints_not_stored") == expected.not_stored);
  }
}

TEST_CASE("cassandra: with any a hint may be all there is of a write", "[models][database]") {
  for (const bool in_time : {true, false}) {
    ModelRig rig = rig_of(std::string(R"("nodes": 4, "write_consistency": "any",
                                         "read_consistency": "all", "gc_grace": ")") +
                          (in_time ? "1h" : "10s") + '"');
    // A key that node 3 does not hold.
    const hashing::CassandraRing ring(
        std::vector<hashing::Target>{{"db-0"}, {"db-1"}, {"db-2"}, {"db-3"}}, 16);
    std::uint64_t key = 0;
    for (;; ++key) {
      std::array<std::uint32_t, 3> nodes{};
      ring.candidates(std::to_string(key), nodes);
      if (std::find(nodes.begin(), nodes.end(), 3u) == nodes.end()) break;
    }
    for (const char* node : {"0", "1", "2"})
      rig.fault(faults::kill(),
                std::string(R"({"at": "60s", "for": "60s", "kill": "db[)") + node + "]\"}");
    const Answer& write = rig.send_to_instance(Time{100s}, "db", 3, write_of(key));
    const Answer& read = rig.send_to_instance(Time{150s}, "db", 3, read_of(key));
    rig.run(Time{160s});
    CHECK(write.reply.ok());
    CHECK(rig.count("db", "hints_stored") == 3);
    CHECK(rig.count("db", "hints_replayed") == (in_time ? 3 : 0));
    CHECK(rig.count("db", "hints_expired") == (in_time ? 0 : 3));
    CHECK(rig.count("db", "lost_writes") == (in_time ? 0 : 1));
    CHECK(read.reply.stale == !in_time);
  }
}

TEST_CASE("cassandra: phi_convict_threshold says how soon a node is given up",
          "[models][database]") {
  const auto noticed = [](const char* threshold) {
    ModelRig rig = rig_of(std::string(R"("phi_convict_threshold": )") + threshold);
    rig.fault(faults::kill(), R"({"at": "300s", "for": "100s", "kill": "db[1]"})");
    rig.run(Time{450s});
    CHECK(happened(rig, "member back") - Time{400s} < 1s + 1ms);
    return static_cast<double>((happened(rig, "member lost") - Time{300s}).count()) / 1e9;
  };
  // To the second, with a heartbeat up to a second before the death.
  CHECK(noticed("8") == Approx(8 * 2.302585).margin(1.2));
  CHECK(noticed("12") == Approx(12 * 2.302585).margin(1.2));
}

TEST_CASE("cassandra: replicas in different racks outlive a rack", "[models][database]") {
  for (const bool topology : {true, false}) {
    NetworkPlan network;
    network.zones = {"a", "b", "c"};
    ModelRig rig =
        rig_of(std::string(R"("nodes": 9, "read_consistency": "quorum", "strategy": ")") +
                   (topology ? "network_topology_strategy" : "simple_strategy") + '"',
               network);
    for (const char* node : {"0", "3", "6"})  // zone a
      rig.fault(faults::kill(), std::string(R"({"at": "60s", "kill": "db[)") + node + "]\"}");
    for (std::uint64_t key = 0; key < 200; ++key) rig.send(Time{100s}, "db", read_of(key));
    rig.run(Time{110s});
    if (topology) {
      CHECK(rig.count("db", "reads") == 200);
    } else {
      CHECK(rig.count("db", "unavailable") > 20);
      CHECK(rig.count("db", "unavailable") + rig.count("db", "reads") == 200);
    }
  }
}

TEST_CASE("cassandra: nodes that cannot reach each other are alone", "[models][database]") {
  ModelRig rig = rig_of(R"("write_consistency": "one", "read_consistency": "quorum")");
  rig.fault(faults::partition(), R"({"at": "60s", "for": "60s", "partition": "db -> db"})");
  const Answer& write = rig.send_to_instance(Time{100s}, "db", 0, write_of(1));
  const Answer& read = rig.send_to_instance(Time{100s}, "db", 1, read_of(1));
  const Answer& later = rig.send_to_instance(Time{150s}, "db", 1, read_of(1));
  rig.run(Time{160s});
  CHECK(write.reply.ok());
  CHECK(read.reply.cause() == Status::unavailable);
  CHECK(later.reply.ok());
  CHECK_FALSE(later.reply.stale);
  CHECK(rig.count("db", "hints_replayed") == 2);
}

TEST_CASE("cassandra: start_time is until a node takes requests", "[models][database]") {
  for (const bool slow : {false, true}) {
    ModelRig rig = rig_of(std::string(R"("nodes": 1, "replication_factor": 1, "start_time": ")") +
                          (slow ? "20s" : "0s") + '"');
    rig.fault(faults::kill(), R"({"at": "10s", "for": "10s", "kill": "db"})");
    const Answer& answer = rig.send(Time{30s}, "db", read_of(1));
    const Answer& late = rig.send(Time{41s}, "db", read_of(1));
    rig.run(Time{50s});
    CHECK(answer.reply.ok() == !slow);
    CHECK(late.reply.ok());
  }
}

}  // namespace
}  // namespace highwater::database
