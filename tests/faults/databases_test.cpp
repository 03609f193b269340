// Faults of SQL databases and of what leads and follows: lost leaders, lag, locks, slow queries.

#include "models/cache/cache.h"
#include "models/database/database.h"
#include "models/database/lost_rows.h"
#include "models/factors.h"
#include "models/faults/store_faults.h"
#include "models/messaging/queue.h"
#include "models/messaging/topic.h"
#include "models/service/service.h"
#include "tests/faults/stores_rig.h"

namespace highwater::faults::databases_test {
namespace {

using Catch::Contains;

ModelRig::Options with_network() {
  ModelRig::Options options;
  options.network.zones = {"a"};
  options.network.same_zone = Distribution::constant(1ms);
  return options;
}

struct Bench {
  explicit Bench(const std::string& more, ModelRig::Options options = {})
      : rig({database::database()},
            R"({"db": {"kind": "database", "connections": 1000, "read_time": "1ms",
                       "write_time": "10ms")" +
                more + "}}",
            options) {}
  const Answer& read(Duration at, std::uint64_t key = 7) {
    return rig.send(Time{at}, "db", read_of(key));
  }
  const Answer& write(Duration at, std::uint64_t key = 7) {
    return rig.send(Time{at}, "db", write_of(key));
  }
  const Answer& read_at(Duration at, std::size_t node, std::uint64_t key) {
    return rig.send_to_instance(Time{at}, "db", node, read_of(key));
  }

  ModelRig rig;
};

const char* const kLease = R"(, "failover": {"lease": {"ttl": "30s", "loop_wait": "10s"}})";

TEST_CASE("kill_leader: a database's primary, wherever it is by then", "[faults]") {
  Bench bench(std::string(R"(, "read_replicas": 1)") + kLease, with_network());
  bench.rig.fault(kill_leader(), R"({"kill_leader": "db", "at": "50s", "for": "100s"})");
  bench.rig.fault(kill_leader(), R"({"kill_leader": "db", "at": "300s", "for": "100s"})");
  const Answer& before = bench.write(49s);
  const Answer& without = bench.write(51s);
  const Answer& other = bench.write(140s);
  const Answer& back = bench.write(390s);
  bench.rig.run(Time{500s});
  CHECK(before.reply.ok());
  CHECK(without.reply.status == Status::unavailable);
  CHECK(other.reply.ok());
  CHECK(back.reply.ok());
  CHECK(bench.rig.count("db", "failovers") == 2);
  std::vector<std::string> struck;
  for (const Happening& each : bench.rig.happenings())
    if (each.kind == "fault") struck.push_back(each.text);
  CHECK(struck == std::vector<std::string>{"kill leader db[0]", "kill leader db[1]"});
}

TEST_CASE("kill_leader: one part, or all of them", "[faults]") {
  const auto struck = [](const std::string& more, std::uint64_t seed) {
    ModelRig::Options options = with_network();
    options.seed = seed;
    Bench bench(std::string(R"(, "shards": 3, "read_replicas": 1)") + kLease, options);
    bench.rig.fault(kill_leader(), R"({"kill_leader": "db", "at": "5s")" + more + "}");
    bench.rig.run(Time{6s});
    return bench.rig.happenings().back().text;
  };
  CHECK(struck(R"(, "part": 2)", 1) == "kill leader db[4]");
  CHECK(struck(R"(, "all": true)", 1) == "kill leader db[0], db[2], db[4]");
  std::set<std::string> drawn;
  for (std::uint64_t seed = 1; seed < 20; ++seed) drawn.insert(struck("", seed));
  CHECK(drawn ==
        std::set<std::string>{"kill leader db[0]", "kill leader db[2]", "kill leader db[4]"});
}

TEST_CASE("kill_leader: a master of a Redis Cluster, and a partition's leader", "[faults]") {
  ModelRig caches({cache::cache()}, R"({"c": {"kind": "cache", "replicas": 3, "service_time": "0s",
                    "cluster": {"node_timeout": "2s"}}})",
                  with_network());
  caches.fault(kill_leader(), R"({"kill_leader": "c", "part": 1, "at": "10s", "for": "60s"})");
  caches.fault(kill_leader(), R"({"kill_leader": "c", "part": 1, "at": "100s", "silent": true})");
  caches.run(Time{150s});
  CHECK(caches.count("c", "failovers") == 2);
  CHECK(caches.instance("c", 2).incarnation() == 1);
  CHECK(caches.instance("c", 3).incarnation() == 1);
  CHECK(caches.instance("c", 3).swallows());

  ModelRig topics({messaging::topic()},
                  R"({"log": {"kind": "topic", "brokers": 3, "partitions": 3,
                      "replication": {}}})",
                  with_network());
  topics.fault(kill_leader(), R"({"kill_leader": "log", "part": 2, "at": "10s"})");
  const Answer& after = topics.send(Time{60s}, "log", write_of(1));
  topics.run(Time{100s});
  CHECK_FALSE(topics.instance("log", 2).up());
  CHECK(after.reply.ok());
}

TEST_CASE("replication_lag: reads are stale for so much longer", "[faults]") {
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms")");
  bench.rig.fault(replication_lag(),
                  R"({"replication_lag": "db", "at": "10s", "for": "10s", "add": "2s"})");
  bench.rig.fault(replication_lag(),
                  R"({"replication_lag": "db[1]", "at": "15s", "for": "10s", "add": "1s"})");
  struct Case {
    Duration written;
    double lag_ms;
  };
  for (const Case& each :
       {Case{1s, 5}, Case{11s, 2005}, Case{16s, 3005}, Case{22s, 1005}, Case{30s, 5}}) {
    bench.write(each.written);
    const Duration applied =
        each.written + 10ms + Duration{static_cast<std::int64_t>(each.lag_ms * 1e6)};
    const Answer& stale = bench.read(applied - 1ms);
    const Answer& fresh = bench.read(applied + 1ms);
    bench.rig.run(Time{applied + 100ms});
    CAPTURE(each.lag_ms);
    CHECK(stale.reply.stale);
    CHECK_FALSE(fresh.reply.stale);
  }
}

TEST_CASE("replication_lag: paused, writers who wait for replicas wait", "[faults]") {
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms", "replication": "sync")");
  bench.rig.fault(replication_lag(),
                  R"({"replication_lag": "db", "at": "10s", "for": "10s", "paused": true})");
  bench.rig.fault(replication_lag(),
                  R"({"replication_lag": "db", "at": "15s", "for": "10s", "paused": true})");
  const Answer& before = bench.write(9s);
  const Answer& during = bench.write(11s);
  const Answer& after = bench.write(30s);
  bench.rig.run(Time{60s});
  CHECK(before.took() == 15ms);
  CHECK(during.at == Time{25s});  // both have to be over
  CHECK(after.took() == 15ms);
}

TEST_CASE("replication_lag: a cluster's replicas", "[faults]") {
  ModelRig rig({cache::cache()},
               R"({"c": {"kind": "cache", "replicas": 3, "service_time": "0s", "cluster": {
                   "replicas_per_shard": 1, "read_from": "replica", "replication_lag": "1ms"}}})");
  rig.fault(replication_lag(),
            R"({"replication_lag": "c", "at": "10s", "for": "10s", "add": "3s"})");
  rig.send(Time{11s}, "c", write_of(1));
  const Answer& late = rig.send(Time{13s}, "c", read_of(1));
  const Answer& there = rig.send(Time{15s}, "c", read_of(1));
  rig.send(Time{30s}, "c", write_of(2));
  const Answer& soon = rig.send(Time{30s + 2ms}, "c", read_of(2));
  rig.run(Time{40s});
  CHECK_FALSE(late.reply.hit);
  CHECK(there.reply.hit);
  CHECK(soon.reply.hit);
}

TEST_CASE("lose_data: rows are not found, until they are written or repaired", "[faults]") {
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms")");
  bench.rig.fault(lose_data(),
                  R"({"lose_data": "db[1]", "at": "10s", "for": "20s", "fraction": "40%"})");
  std::vector<const Answer*> lost, kept, repaired, rewritten;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    lost.push_back(&bench.read_at(11s, 1, key));
    kept.push_back(&bench.read_at(11s, 0, key));
    if (key < 100) bench.write(12s, key);
    if (key < 100) rewritten.push_back(&bench.read_at(13s, 1, key));
    repaired.push_back(&bench.read_at(31s, 1, key));
  }
  bench.rig.run(Time{50s});
  const auto missing = [](const std::vector<const Answer*>& answers) {
    double sum = 0;
    for (const Answer* answer : answers) {
      CHECK(answer->reply.ok());
      CHECK(answer->reply.missing == answer->reply.stale);
      sum += answer->reply.missing;
    }
    return sum;
  };
  CHECK(missing(lost) == Approx(400).margin(4 * 15.5));
  CHECK(missing(kept) == 0);
  CHECK(missing(rewritten) == 0);
  CHECK(missing(repaired) == 0);
}

TEST_CASE("lose_data: a host that loses power loses the commits that nobody waited for",
          "[faults]") {
  const auto bench_of = [](bool waits, const std::string& more = "") {
    return R"(, "storage": {"rows": 1000, "wal": {"synchronous_commit": )" +
           std::string(waits ? "true" : R"(false, "wal_writer_delay": "1s")") +
           R"(, "fsync": "2ms"}})" + more;
  };
  for (const bool waits : {false, true}) {
    CAPTURE(waits);
    Bench bench(bench_of(waits));
    bench.rig.fault(lose_data(), R"({"lose_data": "db", "at": "10s", "what": "unsynced"})");
    bench.write(5s, 1);
    bench.write(9500ms, 2);
    bench.write(9600ms, 3);
    const Answer& safe = bench.read(11s, 1);
    const Answer& lost = bench.read(11s, 2);
    bench.write(12s, 2);
    const Answer& rewritten = bench.read(13s, 2);
    const Answer& still = bench.read(13s, 3);
    bench.rig.run(Time{20s});
    CHECK_FALSE(safe.reply.stale);
    CHECK(lost.reply.ok());
    CHECK(lost.reply.stale == !waits);
    CHECK_FALSE(lost.reply.missing);
    CHECK_FALSE(rewritten.reply.stale);
    CHECK(still.reply.stale == !waits);
    CHECK(bench.rig.count("db", "lost_commits") == (waits ? 0 : 2));
    CHECK(bench.rig.instance("db", 0).incarnation() == 1);
  }
  // Power is off for a while.
  Bench off(bench_of(false));
  off.rig.fault(lose_data(), R"({"lose_data": "db", "at": "10s", "for": "5s",
                                 "what": "unsynced"})");
  off.write(9500ms, 2);
  const Answer& down = off.read(12s, 2);
  const Answer& up = off.read(16s, 2);
  off.rig.run(Time{20s});
  CHECK(down.reply.status == Status::unavailable);
  CHECK(up.reply.stale);
  // A process that only dies has what it had written to the operating system.
  Bench killed(bench_of(false));
  killed.rig.fault(kill(), R"({"kill": "db", "at": "10s", "for": "1s"})");
  killed.write(9500ms, 2);
  const Answer& kept = killed.read(12s, 2);
  killed.rig.run(Time{20s});
  CHECK_FALSE(kept.reply.stale);
}

TEST_CASE("lose_data: a replica that had been sent what its primary lost keeps it", "[faults]") {
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms",
                 "storage": {"rows": 1000, "wal": {"synchronous_commit": false,
                                                   "wal_writer_delay": "1s"}})");
  bench.rig.fault(lose_data(), R"({"lose_data": "db[0]", "at": "10s", "what": "unsynced"})");
  bench.write(9500ms, 2);
  const Answer& primary = bench.read_at(11s, 0, 2);
  const Answer& replica = bench.read_at(11s, 1, 2);
  bench.rig.run(Time{20s});
  CHECK(primary.reply.stale);
  CHECK_FALSE(replica.reply.stale);

  // And one that loses its own is sent it again.
  Bench other(R"(, "read_replicas": 1, "replication_lag": "5ms",
                 "storage": {"rows": 1000, "wal": {"synchronous_commit": false,
                                                   "wal_writer_delay": "1s"}})");
  other.rig.fault(lose_data(), R"({"lose_data": "db[1]", "at": "10s", "what": "unsynced"})");
  other.write(9500ms, 2);
  const Answer& caught_up = other.read_at(11s, 1, 2);
  other.rig.run(Time{20s});
  CHECK(caught_up.reply.ok());
  CHECK_FALSE(caught_up.reply.stale);
}

TEST_CASE("lose_data: who follows another primary has what that one has", "[faults]") {
  Bench bench(std::string(R"(, "read_replicas": 1, "replication_lag": "5ms",
                 "storage": {"rows": 1000, "wal": {"synchronous_commit": false,
                                                   "wal_writer_delay": "1s"}})") +
                  kLease,
              with_network());
  bench.rig.fault(lose_data(), R"({"lose_data": "db[0]", "at": "50s", "for": "100s",
                                   "what": "unsynced"})");
  bench.write(49500ms, 2);
  const Answer& back = bench.read_at(155s, 0, 2);
  bench.rig.run(Time{200s});
  CHECK(bench.rig.count("db", "failovers") == 1);
  CHECK(back.reply.ok());
  CHECK_FALSE(back.reply.stale);
}

TEST_CASE("lose_data: rows with wrong checksums can be neither read nor changed", "[faults]") {
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms")");
  bench.rig.fault(lose_data(), R"({"lose_data": "db[0]", "at": "10s", "for": "20s",
                                   "what": "corrupt", "fraction": "30%"})");
  double reads = 0, changes = 0;
  std::vector<const Answer*> read, changed, other, after;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    read.push_back(&bench.read_at(11s, 0, key));
    other.push_back(&bench.read_at(11s, 1, key));
    changed.push_back(&bench.write(12s, key));
    after.push_back(&bench.read_at(31s, 0, key));
  }
  bench.rig.run(Time{40s});
  for (std::size_t key = 0; key < 1000; ++key) {
    CHECK((read[key]->reply.ok() || read[key]->reply.status == Status::error));
    CHECK(read[key]->reply.ok() == changed[key]->reply.ok());
    CHECK(read[key]->took() == 1ms);
    CHECK(other[key]->reply.ok());
    CHECK(after[key]->reply.ok());
    CHECK_FALSE(after[key]->reply.stale);
    reads += !read[key]->reply.ok();
    changes += !changed[key]->reply.ok();
  }
  CHECK(reads == Approx(300).margin(4 * 14.5));
  CHECK(changes == reads);
}

TEST_CASE("lose_data: a page with a wrong checksum is well in memory and when it is written",
          "[faults]") {
  Bench bench(R"(, "storage": {"rows": 1000, "rows_per_page": 10, "row_order": "by_key",
                               "disk": {"read_latency": "1ms"},
                               "checkpoint": {"timeout": "30s"}})");
  bench.rig.fault(lose_data(), R"({"lose_data": "db", "at": "10s", "for": "90s",
                                   "what": "corrupt"})");
  bench.rig.fault(kill(), R"({"kill": "db", "at": "70s", "for": "1s"})");
  bench.write(5s, 0);
  bench.read(5s, 20);
  const Answer& in_memory = bench.read(11s, 20);
  const Answer& spoilt = bench.read(11s, 500);
  const Answer& change = bench.write(11s, 510);
  // The process has begun with an empty cache, and the checkpoint has written the first page.
  const Answer& written = bench.read(75s, 1);
  const Answer& unwritten = bench.read(75s, 20);
  const Answer& mended = bench.read(101s, 20);
  bench.rig.run(Time{110s});
  CHECK(in_memory.reply.ok());
  CHECK(in_memory.took() == 1ms);
  CHECK(spoilt.reply.status == Status::error);
  CHECK(spoilt.took() == 1ms);
  CHECK(change.reply.status == Status::error);
  CHECK(written.reply.ok());
  CHECK(written.took() == 2ms);  // from the disk
  CHECK(unwritten.reply.status == Status::error);
  CHECK(mended.reply.ok());
}

TEST_CASE("lose_data: losses that overlap are independent", "[faults]") {
  database::LostRows rows;
  rows.lose(0.5, RandomKey{1});
  rows.lose(0.5, RandomKey{2});
  const auto lost = [&] {
    int sum = 0;
    for (std::uint64_t key = 0; key < 10'000; ++key) sum += rows.has(key);
    return sum;
  };
  CHECK(lost() == Approx(7500).margin(4 * 43));
  rows.find(RandomKey{1});
  CHECK(lost() == Approx(5000).margin(4 * 50));
  for (std::uint64_t key = 0; key < 10'000; ++key) rows.write(key);
  CHECK(lost() == 0);
  rows.find_all();
  CHECK_FALSE(rows.any());
  rows.lose(1, RandomKey{3}, [](std::uint64_t key) { return key < 30; });
  CHECK(lost() == 30);
  const std::vector<std::uint64_t> outdated{100, 200};
  rows.outdate(outdated);
  CHECK(lost() == 30);
  rows.write(100);
  CHECK_FALSE(rows.outdated(100));
  CHECK(rows.outdated(200));
  rows.update();
  CHECK_FALSE(rows.outdated(200));
}

TEST_CASE("lose_node: a replica copies its primary before it serves", "[faults]") {
  // 1000 pages of 8 KiB are 250 blocks of 32 KiB, each read there and written here in 2 ms.
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms", "start_time": "3s",
                 "storage": {"rows": 10000, "rows_per_page": 10, "page_size": "8KiB",
                             "disk": {"read_latency": "1ms", "write_latency": "1ms"}})");
  bench.rig.fault(lose_node(), R"({"lose_node": "db[1]", "at": "10s", "for": "10s"})");
  bench.rig.run(Time{30s});
  Time rebuilt{};
  for (const Happening& each : bench.rig.happenings())
    if (each.kind == "rebuilt") rebuilt = each.at;
  CHECK(rebuilt == Time{23s + 500ms});
  CHECK(bench.rig.count("db", "disk_reads") == 250);
  CHECK(bench.rig.count("db", "disk_writes") == 250);
}

TEST_CASE("lose_node: reads go to others meanwhile, and the copy has everything", "[faults]") {
  Bench bench(R"(, "read_replicas": 1, "replication_lag": "5ms",
                 "storage": {"rows": 100000, "rows_per_page": 10,
                             "disk": {"read_latency": "10ms", "write_latency": "10ms"}})");
  bench.rig.fault(lose_node(), R"({"lose_node": "db[1]", "at": "10s", "for": "10s"})");
  bench.write(9s, 7);
  bench.write(15s, 8);
  std::vector<const Answer*> answers;
  for (int i = 0; i < 100; ++i) {
    answers.push_back(&bench.read(21s + i * 1ms, 7));
    answers.push_back(&bench.read(21s + i * 1ms, 8));
    answers.push_back(&bench.read(200s + i * 1ms, 8));
  }
  bench.rig.run(Time{300s});
  for (const Answer* answer : answers) {
    CHECK(answer->reply.ok());
    CHECK_FALSE(answer->reply.stale);
  }
  CHECK(bench.rig.instance("db", 1).received() == 100);  // of those at 200 s, all
}

TEST_CASE("lose_node: a primary without replicas comes back with nothing", "[faults]") {
  Bench bench("");
  bench.rig.fault(lose_node(), R"({"lose_node": "db", "at": "10s", "for": "10s"})");
  bench.write(5s, 7);
  const Answer& down = bench.read(15s, 7);
  const Answer& lost = bench.read(21s, 7);
  bench.write(22s, 7);
  const Answer& anew = bench.read(23s, 7);
  bench.rig.run(Time{50s});
  CHECK(down.reply.status == Status::unavailable);
  CHECK(lost.reply.missing);
  CHECK(lost.reply.stale);
  CHECK_FALSE(anew.reply.missing);
}

TEST_CASE("lose_node: a primary is replaced, and what comes in its place follows", "[faults]") {
  Bench bench(std::string(R"(, "read_replicas": 1, "replication_lag": "5ms")") + kLease,
              with_network());
  bench.rig.fault(lose_node(), R"({"lose_node": "db[0]", "at": "50s", "for": "100s"})");
  bench.write(49s, 7);
  const Answer& after = bench.write(140s, 8);
  std::vector<const Answer*> reads;
  for (std::uint64_t key : {7U, 8U}) reads.push_back(&bench.read_at(160s, 0, key));
  bench.rig.run(Time{200s});
  CHECK(after.reply.ok());
  CHECK(bench.rig.count("db", "failovers") == 1);
  CHECK(bench.rig.count("db", "lost_writes") == 0);
  for (const Answer* read : reads) {
    CHECK(read->reply.ok());
    CHECK_FALSE(read->reply.stale);
  }
}

TEST_CASE("hold_lock: changes of a row wait behind whoever has it", "[faults]") {
  Bench bench(R"(, "shards": 2, "locks": {})");
  bench.rig.fault(hold_lock(), R"({"hold_lock": "db", "key": 7, "at": "10s", "for": "5s"})");
  bench.rig.fault(hold_lock(), R"({"hold_lock": "db", "key": 7, "at": "12s", "for": "8s"})");
  const Answer& before = bench.write(9s, 7);
  const Answer& first = bench.write(11s, 7);   // between the two holders
  const Answer& second = bench.write(13s, 7);  // behind both
  const Answer& other = bench.write(13s, 8);
  const Answer& read = bench.read(13s, 7);
  const Answer& after = bench.write(30s, 7);
  bench.rig.run(Time{60s});
  CHECK(before.took() == 10ms);
  CHECK(first.at == Time{15s + 10ms});
  CHECK(second.at == Time{20s + 10ms});
  CHECK(other.took() == 10ms);
  CHECK(read.took() == 1ms);
  CHECK(after.took() == 10ms);
  CHECK_THAT(bench.rig.happenings()[0].text, Catch::StartsWith("hold lock row 7 of db["));
}

TEST_CASE("hold_lock: a table's lock waits for changes under way, and makes others wait",
          "[faults]") {
  Bench bench(R"(, "shards": 2, "locks": {"lock_timeout": "3s"})");
  bench.rig.fault(hold_lock(), R"({"hold_lock": "db", "at": "10s", "for": "5s"})");
  const Answer& under_way = bench.write(9995ms, 7);
  const Answer& gives_up = bench.write(11s, 7);
  const Answer& waits = bench.write(13s, 8);
  const Answer& read = bench.read(13s, 7);
  const Answer& after = bench.write(16s, 7);
  bench.rig.run(Time{60s});
  CHECK(under_way.took() == 10ms);
  CHECK(gives_up.reply.status == Status::error);
  CHECK(gives_up.took() == 3s);
  CHECK(waits.at == Time{15s + 10ms});
  CHECK(read.took() == 1ms);
  CHECK(after.took() == 10ms);
  CHECK(bench.rig.count("db", "lock_timeouts") == 1);
}

TEST_CASE("hold_lock: it takes a connection, and is gone with its node", "[faults]") {
  Bench bench(R"(, "locks": {})");
  bench.rig.fault(hold_lock(), R"({"hold_lock": "db", "key": 7, "at": "10s", "for": "100s"})");
  bench.rig.fault(hold_lock(), R"({"hold_lock": "db", "at": "10s", "for": "100s"})");
  bench.rig.fault(kill(), R"({"kill": "db", "at": "20s", "for": "5s"})");
  const Answer& lost = bench.write(15s, 7);
  const Answer& after = bench.write(30s, 7);
  bench.rig.run(Time{200s});
  CHECK(lost.reply.status == Status::reset);
  CHECK(after.took() == 10ms);
  // Two holders and the write that waited, over ten and five seconds.
  CHECK(bench.rig.value("db", "utilization") ==
        Approx((2 * 10 + 5 + 0.01) / 1000 / 200).epsilon(0.01));
}

TEST_CASE("hold_lock: a lock that steps name", "[faults]") {
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 2, "workers": 10,
      "endpoints": {"GET /report": [{"lock": "report", "steps": [{"wait": "10ms"}]}],
                    "GET /user": [{"lock": "user", "keyed": true,
                                   "steps": [{"wait": "10ms"}]}]}}})");
  const Symbol user = rig.world().symbols.intern("GET /user");
  const Symbol report = rig.world().symbols.intern("GET /report");
  rig.fault(hold_lock(), R"({"hold_lock": "api", "lock": "report", "at": "10s", "for": "5s"})");
  rig.fault(hold_lock(),
            R"({"hold_lock": "api", "lock": "user", "key": 3, "at": "10s", "for": "5s"})");
  const Answer& waits = rig.send(Time{11s}, "api", read_of(1, report));
  const Answer& held = rig.send(Time{11s}, "api", read_of(3, user));
  const Answer& other = rig.send(Time{11s}, "api", read_of(4, user));
  const Answer& after = rig.send(Time{20s}, "api", read_of(3, user));
  rig.run(Time{30s});
  CHECK(waits.at == Time{15s + 10ms});
  CHECK(held.at == Time{15s + 10ms});
  CHECK(other.took() == 10ms);
  CHECK(after.took() == 10ms);
}

TEST_CASE("slow_query: a kind of requests takes so many times as much work", "[faults]") {
  Bench bench("");
  bench.rig.fault(slow_query(), R"({"slow_query": "db", "op": "read", "at": "10s", "for": "10s",
                                    "factor": "20x"})");
  bench.rig.fault(slow_query(), R"({"slow_query": "db", "at": "15s", "for": "10s",
                                    "factor": "2x"})");
  const Answer& before = bench.read(9s);
  const Answer& slowed = bench.read(11s);
  const Answer& write = bench.write(11s);
  const Answer& both = bench.read(16s);
  const Answer& second = bench.write(22s);
  const Answer& after = bench.read(26s);
  bench.rig.run(Time{50s});
  CHECK(before.took() == 1ms);
  CHECK(slowed.took() == 20ms);
  CHECK(write.took() == 10ms);
  CHECK(both.took() == 40ms);
  CHECK(second.took() == 20ms);
  CHECK(after.took() == 1ms);
}

TEST_CASE("slow_query: where there is storage it reads so many pages", "[faults]") {
  Bench bench(R"(, "storage": {"rows": 1000, "rows_per_page": 10, "row_order": "by_key",
                               "disk": {"read_latency": "3ms"}})");
  bench.rig.fault(slow_query(), R"({"slow_query": "db", "at": "10s", "factor": "5x",
                                    "ramp": "20s"})");
  const Answer& growing = bench.read(20500ms, 500);  // 3.2: three pages
  const Answer& slowed = bench.read(40s, 980);       // the last two, and the first three
  bench.rig.run(Time{50s});
  CHECK(seconds(growing.took()) * 1e3 == Approx(3 * 3 + 3.2));
  CHECK(slowed.took() == 5 * 3ms + 5 * 1ms);
  CHECK(bench.rig.count("db", "disk_reads") == 8);
}

TEST_CASE("slow_query: by endpoint, of a database and of a service", "[faults]") {
  ModelRig rig({service::service(), database::database()}, R"({
    "db": {"kind": "database", "read_time": "1ms"},
    "api": {"kind": "service", "workers": 10, "endpoints": {
      "GET /list": [{"compute": "2ms"}, {"call": "db", "endpoint": "list"}],
      "GET /item": [{"compute": "2ms"}, {"call": "db", "endpoint": "item"}]}}})");
  rig.fault(slow_query(), R"({"slow_query": "db", "endpoint": "list", "at": "10s", "for": "10s"})");
  rig.fault(slow_query(), R"({"slow_query": "api", "endpoint": "GET /item", "at": "10s",
                              "for": "10s", "factor": "3x"})");
  const auto ask = [&](Duration at, const char* endpoint) -> const Answer& {
    return rig.send(Time{at}, "api", read_of(1, rig.world().symbols.intern(endpoint)));
  };
  const Answer& list = ask(11s, "GET /list");
  const Answer& item = ask(11s, "GET /item");
  const Answer& after = ask(21s, "GET /item");
  rig.run(Time{30s});
  CHECK(list.took() == 12ms);
  CHECK(item.took() == 7ms);
  CHECK(after.took() == 3ms);
}

TEST_CASE("factors: what one that ends leaves is exact", "[faults]") {
  Factors factors;
  CHECK(factors.product() == 1);
  factors.add(0.1);
  factors.add(3);
  factors.add(0.7);
  factors.remove(0.1);
  factors.remove(0.7);
  CHECK(factors.product() == 3);
}

TEST_CASE("databases: faults leave others as they are, and nothing behind", "[faults]") {
  const std::string database = R"({"kind": "database", "read_replicas": 1, "connections": 100,
      "shards": 2, "replication_lag": "5ms", "replication": "semi_sync", "locks": {},
      "read_time": {"exponential": "2ms"}, "write_time": {"exponential": "3ms"},
      "failover": {"lease": {"ttl": "3s", "loop_wait": "1s"}}})";
  const std::string both = R"({"touched": )" + database + R"(, "other": )" + database + "}";
  const std::vector<ModelKind> kinds{database::database()};
  for (const auto& [kind, fault] : {
           std::pair{replication_lag(), R"("replication_lag": "touched", "add": "50ms")"},
           std::pair{replication_lag(), R"("replication_lag": "touched", "paused": true)"},
           std::pair{lose_data(), R"("lose_data": "touched", "fraction": "50%")"},
           std::pair{lose_data(), R"("lose_data": "touched", "what": "corrupt")"},
           // Another leads afterwards, and every node is like every other one.
           std::pair{kill_leader(), R"("kill_leader": "touched")"},
           std::pair{kill_leader(), R"("kill_leader": "touched", "all": true, "silent": true)"},
           std::pair{hold_lock(), R"("hold_lock": "touched", "key": 5)"},
           std::pair{hold_lock(), R"("hold_lock": "touched")"},
           std::pair{slow_query(), R"("slow_query": "touched", "op": "write")"},
       }) {
    CAPTURE(fault);
    check_confined(kinds, both, requests_about(20), 20, kind,
                   R"({"at": "10s", "for": "10s", )" + std::string(fault) + "}");
  }
}

TEST_CASE("topics: kill_leader leaves others as they are, and nothing behind", "[faults]") {
  // Leaders are moved back once the broker is there again.
  const std::string topic = R"({"kind": "topic", "brokers": 3, "partitions": 3,
      "append_time": "1ms", "replication": {"session_timeout": "2s", "leader_rebalance": "5s"}})";
  check_confined({messaging::topic()}, R"({"touched": )" + topic + R"(, "other": )" + topic + "}",
                 requests_about(20, 1), 20, kill_leader(),
                 R"({"kill_leader": "touched", "at": "10s", "for": "10s"})");
}

TEST_CASE("databases: what is wrong is said", "[faults]") {
  const std::vector<ModelKind> kinds{database::database(), service::service(), messaging::topic(),
                                     messaging::queue()};
  const std::string plain = R"({"db": {"kind": "database"}, "log": {"kind": "topic"},
      "jobs": {"kind": "queue", "rabbitmq": {}}, "sqs": {"kind": "queue", "sqs": {}},
      "sharded": {"kind": "database", "shards": 2, "read_replicas": 1, "failover": {"lease": {}}},
      "one": {"kind": "service", "service_time": "1ms"},
      "api": {"kind": "service", "endpoints": {"GET /a": [{"lock": "all", "steps": []}],
               "GET /b": [{"lock": "each", "keyed": true, "steps": []}]}}})";
  const auto wrong = [&](const FaultKind& kind, const std::string& fault) {
    return wrong_with(kinds, plain, kind, R"({"at": "1s", )" + fault + "}");
  };
  CHECK_THAT(wrong(kill_leader(), R"("kill_leader": "db")"), Contains("has no \"failover\""));
  CHECK_THAT(wrong(kill_leader(), R"("kill_leader": "log")"), Contains("has no \"replication\""));
  CHECK_THAT(wrong(kill_leader(), R"("kill_leader": "sharded", "part": 2)"),
             Contains("the last one is 1"));
  CHECK_THAT(
      problems_of(kill_leader(), R"({"kill_leader": "db", "at": "1s", "part": 0, "all": true})"),
      Contains("either of one part"));
  CHECK_THAT(wrong(replication_lag(), R"("replication_lag": "db", "add": "1s")"),
             Contains("has no \"read_replicas\""));
  CHECK_THAT(problems_of(replication_lag(), R"({"replication_lag": "db", "at": "1s"})"),
             Contains("give \"add\", or say \"paused\""));
  CHECK_THAT(wrong(lose_data(), R"("lose_data": "db", "what": "unsynced")"),
             Contains("has no \"storage\""));
  CHECK_THAT(problems_of(lose_data(), R"({"lose_data": "db", "at": "1s", "what": "unsynced",
                                          "fraction": "10%"})"),
             Contains("all that is not safe is gone"));
  CHECK_THAT(wrong(lose_node(), R"("lose_node": "log")"), Contains("use kill"));
  CHECK_THAT(wrong(lose_node(), R"("lose_node": "jobs")"), Contains("use kill"));
  CHECK_THAT(wrong(lose_node(), R"("lose_node": "sqs")"), Contains("in several zones"));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "db", "key": 1)"), Contains("has no \"locks\""));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "db", "lock": "x")"),
             Contains("has rows and a table"));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "api", "lock": "x")"), Contains("no step with"));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "api", "lock": "each")"),
             Contains("say which \"key\""));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "api", "lock": "all", "key": 1)"),
             Contains("whatever the key"));
  CHECK_THAT(wrong(hold_lock(), R"("hold_lock": "api", "key": 1)"),
             Contains("neither rows nor a table"));
  CHECK_THAT(wrong(slow_query(), R"("slow_query": "db", "endpoint": "nowhere")"),
             Contains("is never asked for \"nowhere\""));
  CHECK_THAT(wrong(slow_query(), R"("slow_query": "one")"), Contains("has no \"endpoints\""));
  CHECK_THAT(wrong(slow_query(), R"("slow_query": "api")"), Contains("say which \"endpoint\""));
  CHECK_THAT(wrong(slow_query(), R"("slow_query": "api", "endpoint": "GET /c")"),
             Contains("has no endpoint \"GET /c\""));
  CHECK_THAT(wrong(slow_query(), R"("slow_query": "api", "endpoint": "GET /a", "op": "read")"),
             Contains("is for databases"));
}

}  // namespace
}  // namespace highwater::faults::databases_test
