// Faults of databases that are no SQL database: Cassandra's rings and tables of DynamoDB.

#include "models/database/database.h"
#include "models/faults/store_faults.h"
#include "tests/faults/stores_rig.h"

namespace highwater::faults {
namespace {

using Catch::Contains;

/// Three nodes with a replica of each row. A read at one replica is of the node that it is sent to,
/// and takes 1 ms; so does a write.
struct Bench {
  explicit Bench(const std::string& more = "", const std::string& read = "one")
      : rig({database::database()},
            R"({"db": {"kind": "database", "cassandra": {"read_time": "1ms", "write_time": "1ms",
                "dynamic_snitch": false, "speculative_retry": "never", "read_consistency": ")" +
                read + '"' + more + "}}}") {}
  const Answer& read_at(Duration at, std::size_t node, std::uint64_t key) {
    return rig.send_to_instance(Time{at}, "db", node, read_of(key));
  }
  const Answer& write_at(Duration at, std::size_t node, std::uint64_t key) {
    return rig.send_to_instance(Time{at}, "db", node, write_of(key));
  }

  ModelRig rig;
};

double missing(const std::vector<const Answer*>& answers) {
  double sum = 0;
  for (const Answer* answer : answers) {
    CHECK(answer->reply.ok());
    CHECK(answer->reply.missing == answer->reply.stale);
    sum += answer->reply.missing;
  }
  return sum;
}

TEST_CASE("replication_lag: writes come to a ring's node so much later", "[faults]") {
  Bench bench;
  bench.rig.fault(replication_lag(), R"({"replication_lag": "db[2]", "at": "10s", "for": "10s",
                                         "add": "500ms"})");
  bench.rig.fault(replication_lag(), R"({"replication_lag": "db[2]", "at": "15s", "for": "10s",
                                         "add": "200ms"})");
  struct Case {
    Duration written;
    Duration lag;
  };
  std::uint64_t key = 0;
  for (const Case& each :
       {Case{9s, 0ms}, Case{11s, 500ms}, Case{16s, 700ms}, Case{21s, 200ms}, Case{30s, 0ms}}) {
    ++key;
    CAPTURE(key);
    const Answer& write = bench.write_at(each.written, 0, key);
    const Duration applied = each.written + each.lag + 1ms;
    const Answer& before = bench.read_at(applied - 500us, 2, key);
    const Answer& after = bench.read_at(applied + 500us, 2, key);
    const Answer& other = bench.read_at(each.written + 1500us, 1, key);
    bench.rig.run(Time{applied + 100ms});
    CHECK(write.took() == 1ms);  // by itself
    CHECK(before.reply.stale == (each.lag > 0ms));
    CHECK_FALSE(after.reply.stale);
    CHECK_FALSE(other.reply.stale);
  }
}

TEST_CASE("replication_lag: a ring's writes that come too late are dropped, and come as hints",
          "[faults]") {
  Bench bench(R"(, "write_consistency": "all", "write_request_timeout": "1s")");
  bench.rig.fault(replication_lag(), R"({"replication_lag": "db[2]", "at": "10s", "for": "10s",
                                         "add": "3s"})");
  const Answer& write = bench.write_at(11s, 0, 1);
  const Answer& during = bench.read_at(19s, 2, 1);
  const Answer& after = bench.read_at(50s, 2, 1);
  bench.rig.run(Time{60s});
  CHECK(write.reply.cause() == Status::timeout);
  CHECK(write.took() == 1s);
  CHECK_FALSE(during.reply.stale);  // nobody was told that it is there
  CHECK_FALSE(after.reply.stale);
  CHECK(bench.rig.count("db", "dropped_messages") == 1);
  CHECK(bench.rig.count("db", "hints_stored") == 1);
  CHECK(bench.rig.count("db", "hints_replayed") == 1);
}

TEST_CASE("replication_lag: the third replica of a table of DynamoDB", "[faults]") {
  ModelRig rig({database::database()},
               R"({"db": {"kind": "database", "dynamodb": {"on_demand": {},
                   "replication_lag": "0s"}}})");
  rig.fault(replication_lag(),
            R"({"replication_lag": "db", "at": "10s", "for": "10s", "add": "2s"})");
  rig.fault(replication_lag(),
            R"({"replication_lag": "db", "at": "15s", "for": "10s", "add": "3s"})");
  const auto stale = [&](Duration written, Duration read) {
    std::vector<const Answer*> answers;
    for (std::uint64_t key = 0; key < 600; ++key) {
      const std::uint64_t own = key + 1000 * static_cast<std::uint64_t>(written / 1s);
      rig.send(Time{written}, "db", write_of(own));
      answers.push_back(&rig.send(Time{read}, "db", read_of(own)));
    }
    rig.run(Time{read + 1s});
    double sum = 0;
    for (const Answer* answer : answers) {
      CHECK(answer->reply.ok());
      sum += answer->reply.stale;
    }
    return sum / 600;
  };
  CHECK(stale(9s, 9500ms) == 0);
  CHECK(stale(11s, 12900ms) == Approx(1.0 / 3).margin(4 * 0.0193));
  CHECK(stale(14s, 16100ms) == 0);
  CHECK(stale(18s, 22900ms) == Approx(1.0 / 3).margin(4 * 0.0193));
  CHECK(stale(24s, 26900ms) == Approx(1.0 / 3).margin(4 * 0.0193));
  CHECK(stale(28s, 28500ms) == 0);
}

TEST_CASE("slow_query: the work of a ring's replicas, by operation and by endpoint", "[faults]") {
  Bench bench;
  bench.rig.fault(slow_query(), R"({"slow_query": "db", "op": "read", "at": "10s", "for": "10s",
                                    "factor": "20x"})");
  bench.rig.fault(slow_query(), R"({"slow_query": "db", "at": "15s", "for": "10s",
                                    "factor": "2x"})");
  const Answer& before = bench.read_at(9s, 0, 1);
  const Answer& slowed = bench.read_at(11s, 0, 1);
  const Answer& write = bench.write_at(11s, 0, 1);
  const Answer& both = bench.read_at(16s, 0, 1);
  const Answer& second = bench.write_at(21s, 0, 1);
  const Answer& after = bench.read_at(26s, 0, 1);
  bench.rig.run(Time{30s});
  CHECK(before.took() == 1ms);
  CHECK(slowed.took() == 20ms);
  CHECK(write.took() == 1ms);
  CHECK(both.took() == 40ms);
  CHECK(second.took() == 2ms);
  CHECK(after.took() == 1ms);

  Bench named;
  const Symbol list = named.rig.world().symbols.intern("list");
  named.rig.fault(slow_query(), R"({"slow_query": "db", "endpoint": "list", "at": "10s"})");
  const Answer& listed = named.rig.send_to_instance(Time{11s}, "db", 0, read_of(1, list));
  const Answer& other = named.read_at(11s, 0, 1);
  named.rig.run(Time{20s});
  CHECK(listed.took() == 10ms);
  CHECK(other.took() == 1ms);
}

TEST_CASE(
    "lose_data: a ring's replica has no row, until it is written, repaired or read with "
    "others",
    "[faults]") {
  Bench bench;
  bench.rig.fault(lose_data(),
                  R"({"lose_data": "db[2]", "at": "10s", "for": "20s", "fraction": "40%"})");
  std::vector<const Answer*> lost, kept, rewritten, again, repaired;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    lost.push_back(&bench.read_at(11s, 2, key));
    kept.push_back(&bench.read_at(11s, 0, key));
    if (key < 200) bench.write_at(12s, 1, key);
    if (key < 200) rewritten.push_back(&bench.read_at(13s, 2, key));
    if (key >= 200) again.push_back(&bench.read_at(13s, 2, key));
    repaired.push_back(&bench.read_at(31s, 2, key));
  }
  bench.rig.run(Time{50s});
  CHECK(missing(lost) == Approx(400).margin(4 * 15.5));
  CHECK(missing(kept) == 0);
  CHECK(missing(rewritten) == 0);
  CHECK(missing(again) == Approx(320).margin(4 * 14));
  CHECK(missing(repaired) == 0);
  CHECK(bench.rig.count("db", "read_repairs") == 0);

  Bench quorum("", "quorum");
  quorum.rig.fault(lose_data(), R"({"lose_data": "db[2]", "at": "10s"})");
  std::vector<const Answer*> first, second;
  for (std::uint64_t key = 0; key < 100; ++key) {
    first.push_back(&quorum.read_at(11s, 2, key));
    second.push_back(&quorum.read_at(12s, 2, key));
  }
  quorum.rig.run(Time{20s});
  CHECK(missing(first) == 0);
  CHECK(missing(second) == 0);
  CHECK(quorum.rig.count("db", "read_repairs") == 100);  // each once
}

TEST_CASE("lose_data: what all of a ring's replicas have lost is not there", "[faults]") {
  Bench bench("", "all");
  bench.write_at(5s, 0, 7);
  bench.rig.fault(lose_data(), R"({"lose_data": "db", "at": "10s", "for": "10s"})");
  const std::vector<const Answer*> lost{&bench.read_at(11s, 0, 7), &bench.read_at(11s, 1, 8)};
  bench.write_at(12s, 0, 7);
  const std::vector<const Answer*> back{&bench.read_at(13s, 0, 7), &bench.read_at(21s, 1, 8)};
  bench.rig.run(Time{30s});
  CHECK(missing(lost) == 2);
  CHECK(missing(back) == 0);
}

TEST_CASE("lose_data: a ring's replica that finds a wrong checksum answers that it cannot",
          "[faults]") {
  Bench bench;
  bench.rig.fault(lose_data(), R"({"lose_data": "db[2]", "at": "10s", "for": "20s",
                                   "what": "corrupt"})");
  const Answer& before = bench.read_at(9s, 2, 1);
  const Answer& spoilt = bench.read_at(11s, 2, 1);
  const Answer& other = bench.read_at(11s, 0, 1);
  bench.write_at(12s, 0, 1);
  const Answer& rewritten = bench.read_at(13s, 2, 1);
  const Answer& still = bench.read_at(13s, 2, 2);
  const Answer& mended = bench.read_at(31s, 2, 2);
  bench.rig.run(Time{40s});
  CHECK(before.reply.ok());
  CHECK(spoilt.reply.cause() == Status::error);
  CHECK(spoilt.took() == 1ms);
  CHECK(other.reply.ok());
  CHECK(rewritten.reply.ok());
  CHECK(still.reply.cause() == Status::error);
  CHECK(mended.reply.ok());
  CHECK(bench.rig.count("db", "read_failures") == 2);
  CHECK(bench.rig.count("db", "read_timeouts") == 0);

  // Two of three are asked; who is asked for more has enough.
  const auto failures = [](const char* retry) {
    ModelRig rig({database::database()},
                 std::string(R"({"db": {"kind": "database", "cassandra": {"read_time": "1ms",
                     "dynamic_snitch": false, "read_consistency": "quorum",
                     "speculative_retry": ")") +
                     retry + "\"}}}");
    rig.fault(lose_data(), R"({"lose_data": "db[2]", "at": "10s", "what": "corrupt"})");
    for (std::uint64_t key = 0; key < 100; ++key)
      rig.send_to_instance(Time{11s}, "db", 2, read_of(key));
    rig.run(Time{20s});
    return rig.count("db", "read_failures");
  };
  CHECK(failures("never") == 100);
  CHECK(failures("always") == 0);
}

TEST_CASE("lose_node: who replaces a ring's node streams what the others have", "[faults]") {
  Bench bench(R"(, "hinted_handoff_enabled": false)");
  bench.rig.fault(lose_node(), R"({"lose_node": "db[2]", "at": "60s", "for": "60s"})");
  bench.write_at(50s, 0, 1);
  bench.write_at(90s, 0, 2);
  const Answer& down = bench.read_at(100s, 2, 1);
  std::vector<const Answer*> reads;
  for (std::uint64_t key = 1; key < 4; ++key) reads.push_back(&bench.read_at(121s, 2, key));
  bench.rig.run(Time{130s});
  CHECK_FALSE(down.reply.ok());
  CHECK(missing(reads) == 0);
}

TEST_CASE("lose_node: what only a ring's lost node had is gone", "[faults]") {
  Bench bench(R"(, "replication_factor": 1)");
  bench.rig.fault(lose_node(), R"({"lose_node": "db[2]", "at": "60s", "for": "60s"})");
  std::vector<const Answer*> refused, reads, rewritten;
  for (std::uint64_t key = 0; key < 300; ++key) {
    refused.push_back(&bench.rig.send(Time{100s}, "db", read_of(key)));
    reads.push_back(&bench.rig.send(Time{121s}, "db", read_of(key)));
    bench.rig.send(Time{122s}, "db", write_of(key));
    rewritten.push_back(&bench.rig.send(Time{123s}, "db", read_of(key)));
  }
  bench.rig.run(Time{140s});
  double failed = 0;
  for (const Answer* answer : refused) failed += !answer->reply.ok();
  CHECK(failed > 30);
  CHECK(failed < 200);
  CHECK(missing(reads) == failed);  // its part of the ring
  CHECK(missing(rewritten) == 0);
}

TEST_CASE("lose_node: a ring's node takes the hints with it that it kept", "[faults]") {
  for (const bool lost : {false, true}) {
    Bench bench;
    bench.rig.fault(kill(), R"({"kill": "db[1]", "at": "60s", "for": "60s"})");
    if (lost) bench.rig.fault(lose_node(), R"({"lose_node": "db[0]", "at": "95s", "for": "5s"})");
    for (std::uint64_t key = 0; key < 10; ++key) bench.write_at(90s, 0, key);
    const Answer& read = bench.read_at(150s, 1, 1);
    bench.rig.run(Time{160s});
    CHECK(bench.rig.count("db", "hints_stored") == 10);
    CHECK(bench.rig.count("db", "hints_replayed") == (lost ? 0 : 10));
    CHECK(bench.rig.count("db", "hints_expired") == (lost ? 10 : 0));
    CHECK(read.reply.stale == lost);
  }
}

TEST_CASE("rings: faults leave others as they are, and nothing behind", "[faults]") {
  const std::string ring = R"({"kind": "database", "cassandra": {"nodes": 4,
      "read_time": {"exponential": "2ms"}, "write_time": {"exponential": "2ms"},
      "dynamic_snitch": false, "speculative_retry": "never", "read_consistency": "quorum",
      "write_consistency": "quorum"}})";
  const std::string table = R"({"kind": "database", "dynamodb": {
      "on_demand": {}, "read_time": {"exponential": "2ms"}}})";
  const std::vector<ModelKind> kinds{database::database()};
  const std::string on_disks = R"({"kind": "database", "cassandra": {"nodes": 4,
      "write_time": "1ms", "dynamic_snitch": false, "speculative_retry": "never",
      "read_consistency": "quorum", "write_consistency": "quorum",
      "disk": {"commitlog_sync_period": "1s", "read_latency": {"exponential": "2ms"}}}})";
  for (const auto& [kind, fault, component] :
       {std::tuple{disk_slow(), R"("disk_slow": "touched", "add": "50ms")", on_disks},
        std::tuple{disk_error(), R"("disk_error": "touched", "count": 1)", on_disks},
        std::tuple{disk_full(), R"("disk_full": "touched", "count": 1)", on_disks},
        std::tuple{lose_data(), R"("lose_data": "touched[0]", "what": "unsynced")", on_disks},
        std::tuple{replication_lag(), R"("replication_lag": "touched", "add": "50ms")", ring},
        std::tuple{slow_query(), R"("slow_query": "touched", "op": "write")", ring},
        std::tuple{lose_data(), R"("lose_data": "touched", "fraction": "50%")", ring},
        std::tuple{lose_data(), R"("lose_data": "touched", "count": 1, "what": "corrupt")", ring},
        std::tuple{lose_node(), R"("lose_node": "touched", "count": 1)", ring},
        std::tuple{replication_lag(), R"("replication_lag": "touched", "add": "5s")", table}}) {
    CAPTURE(fault);
    const std::string both = R"({"touched": )" + component + R"(, "other": )" + component + "}";
    check_confined(kinds, both, requests_about(20), 20, kind,
                   R"({"at": "10s", "for": "10s", )" + std::string(fault) + "}");
  }
}

TEST_CASE("rings: what means nothing to them is said, with what to use instead", "[faults]") {
  const std::vector<ModelKind> kinds{database::database()};
  const std::string databases = R"({
      "ring": {"kind": "database", "cassandra": {}},
      "single": {"kind": "database", "cassandra": {"nodes": 1, "replication_factor": 1}},
      "table": {"kind": "database", "dynamodb": {}},
      "strong": {"kind": "database", "dynamodb": {"consistent_read": true}}})";
  const auto wrong = [&](const FaultKind& kind, const std::string& fault) {
    return wrong_with(kinds, databases, kind, R"({"at": "1s", )" + fault + "}");
  };
  CHECK_THAT(wrong(kill_leader(), R"("kill_leader": "ring")"), Contains("has no leaders"));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "ring")"), Contains("has no locks"));
  CHECK_THAT(wrong(replication_lag(), R"("replication_lag": "ring", "paused": true)"),
             Contains("no log that replicas apply"));
  CHECK_THAT(wrong(replication_lag(), R"("replication_lag": "single", "add": "1s")"),
             Contains("replication_factor of 1"));
  CHECK_THAT(wrong(slow_query(), R"("slow_query": "ring", "endpoint": "nowhere")"),
             Contains("is never asked for \"nowhere\""));
  CHECK_THAT(wrong(lose_data(), R"("lose_data": "ring", "what": "unsynced")"),
             Contains("has no \"disk\""));
  CHECK_THAT(wrong(lose_node(), R"("lose_node": "ring", "noticed_after": "1s")"),
             Contains("finds out by itself"));
  for (const auto& [kind, fault] : {std::pair{disk_slow(), R"("disk_slow": "ring", "add": "1ms")"},
                                    std::pair{disk_error(), R"("disk_error": "ring")"},
                                    std::pair{disk_full(), R"("disk_full": "ring")"}})
    CHECK_THAT(wrong(kind, fault), Contains("has no \"disk\""));
  for (const auto& [kind, fault] : {std::pair{disk_slow(), R"("disk_slow": "table", "add": "1ms")"},
                                    std::pair{disk_error(), R"("disk_error": "table")"},
                                    std::pair{disk_full(), R"("disk_full": "table")"},
                                    std::pair{lose_data(), R"("lose_data": "table")"},
                                    std::pair{lose_node(), R"("lose_node": "table")"},
                                    std::pair{kill_leader(), R"("kill_leader": "table")"},
                                    std::pair{slow_query(), R"("slow_query": "table")"}})
    CHECK_THAT(wrong(kind, fault), Contains("is managed: "));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "table")"), Contains("use hot_key"));
  CHECK_THAT(wrong(replication_lag(), R"("replication_lag": "table", "paused": true)"),
             Contains("nobody can pause"));
  CHECK_THAT(wrong(replication_lag(), R"("replication_lag": "strong", "add": "1s")"),
             Contains("nobody sees its third replica"));
}

}  // namespace
}  // namespace highwater::faults
