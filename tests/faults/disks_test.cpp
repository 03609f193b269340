// Faults of disks: slow, failing, full.

#include "models/database/database.h"
#include "models/database/disk.h"
#include "models/faults/store_faults.h"
#include "models/weak_points.h"
#include "tests/faults/stores_rig.h"

namespace highwater::faults::disks_test {
namespace {

using Catch::Contains;

/// Pages of ten rows; a read from disk takes 1 ms, a flush of the log 2 ms, all else nothing.
struct Bench {
  explicit Bench(const std::string& more = "", const std::string& wal = "")
      : rig({database::database()},
            R"({"db": {"kind": "database", "connections": 100000, "read_time": "0s",
                       "write_time": "0s", "start_time": "5s", )" +
                more +
                R"("storage": {"rows": 100000, "rows_per_page": 10, "row_order": "by_key",
                    "buffer_cache": 5000, "disk": {"read_latency": "1ms", "write_latency": "1ms"},
                    "wal": {"fsync": "2ms")" +
                wal + "}}}}") {}
  const Answer& read(Duration at, std::uint64_t key) {
    return rig.send(Time{at}, "db", read_of(key));
  }
  const Answer& write(Duration at, std::uint64_t key) {
    return rig.send(Time{at}, "db", write_of(key));
  }

  ModelRig rig;
};

TEST_CASE("disk_slow: operations take longer: factors multiply, what is added adds up",
          "[faults]") {
  Bench bench;
  bench.rig.fault(disk_slow(), R"({"disk_slow": "db", "at": "2s", "for": "2s", "factor": "3x",
                                   "add": "4ms"})");
  bench.rig.fault(disk_slow(), R"({"disk_slow": "db", "at": "3500ms", "for": "6500ms",
                                   "factor": "2x", "log": false})");
  const Answer& before = bench.read(1s, 0);
  const Answer& during = bench.read(3s, 10);
  const Answer& hit = bench.read(3100ms, 10);
  const Answer& commit = bench.write(3200ms, 10);
  const Answer& both = bench.read(3600ms, 20);
  const Answer& spared = bench.write(5s, 10);
  const Answer& second = bench.read(5s, 30);
  const Answer& after = bench.read(11s, 40);
  bench.rig.run(Time{20s});
  CHECK(before.took() == 1ms);
  CHECK(during.took() == 7ms);
  CHECK(hit.took() == 0ms);
  CHECK(commit.took() == 10ms);
  CHECK(both.took() == 10ms);
  CHECK(spared.took() == 2ms);  // the second leaves the log alone
  CHECK(second.took() == 2ms);
  CHECK(after.took() == 1ms);
}

TEST_CASE("disk_slow: fewer operations begin in a second", "[faults]") {
  Bench bench;
  bench.rig.fault(disk_slow(), R"({"disk_slow": "db", "at": "2s", "for": "5s", "iops": "10/s"})");
  std::vector<const Answer*> answers;
  for (std::uint64_t page = 0; page < 3; ++page) answers.push_back(&bench.read(3s, 10 * page));
  const Answer& after = bench.read(8s, 100);
  bench.rig.run(Time{20s});
  CHECK(answers[0]->took() == 1ms);
  CHECK(answers[1]->took() == 101ms);
  CHECK(answers[2]->took() == 201ms);
  CHECK(after.took() == 1ms);
}

TEST_CASE("disk_slow: by degrees", "[faults]") {
  Bench bench;
  bench.rig.fault(disk_slow(), R"({"disk_slow": "db", "at": "100s", "for": "100s", "factor": "3x",
                                   "add": "2ms", "ramp": "20s", "fade": "10s"})");
  const Answer& growing = bench.read(110500ms, 0);
  const Answer& grown = bench.read(150s, 10);
  const Answer& fading = bench.read(205250ms, 20);
  const Answer& gone = bench.read(211s, 30);
  bench.rig.run(Time{300s});
  CHECK(seconds(growing.took()) * 1e3 == Approx(2.1 + 1.1));
  CHECK(grown.took() == 5ms);
  CHECK(seconds(fading.took()) * 1e3 == Approx(2 + 1));
  CHECK(gone.took() == 1ms);
}

TEST_CASE("disk_slow: one node of several, and nothing else", "[faults]") {
  const std::string databases = R"({
    "touched": {"kind": "database", "read_replicas": 1, "storage": {"rows": 1000}},
    "other": {"kind": "database", "storage": {"rows": 1000}}})";
  check_confined({database::database()}, databases, requests_about(1000), 100, disk_slow(),
                 R"({"disk_slow": "touched[0]", "at": "10s", "for": "10s", "add": "3ms"})");
  check_confined({database::database()}, databases, requests_about(1000), 100, disk_error(),
                 R"({"disk_error": "touched", "at": "10s", "for": "10s"})");
  check_confined({database::database()}, databases, requests_about(1000), 100, disk_full(),
                 R"({"disk_full": "touched", "at": "10s", "for": "10s"})");
}

TEST_CASE("disk_error: reads that fail fail their statements, each for itself", "[faults]") {
  Bench bench;
  bench.rig.fault(disk_error(), R"({"disk_error": "db", "at": "2s", "for": "2s", "log": false})");
  bench.read(1s, 0);
  const Answer& hit = bench.read(3s, 0);
  const Answer& first = bench.read(3s, 10);
  const Answer& waits = bench.read(3s, 11);  // on the same page
  const Answer& write = bench.write(3s, 1);
  const Answer& again = bench.read(5s, 10);
  bench.rig.run(Time{10s});
  CHECK(hit.reply.ok());
  CHECK(first.reply.status == Status::error);
  CHECK(first.took() == 1ms);
  CHECK(waits.reply.status == Status::error);
  CHECK(waits.took() == 2ms);
  CHECK(write.reply.ok());  // its page is there, and the log is spared
  CHECK(again.reply.ok());
  CHECK(again.took() == 1ms);
}

TEST_CASE("disk_error: a share fails, and shares are independent", "[faults]") {
  const auto failed = [](const std::string& second) {
    Bench bench;
    bench.rig.fault(disk_error(), R"({"disk_error": "db", "at": "1s", "rate": "20%"})");
    if (!second.empty()) bench.rig.fault(disk_error(), second);
    std::vector<const Answer*> answers;
    for (std::uint64_t i = 0; i < 4000; ++i) answers.push_back(&bench.read(2s + i * 2ms, 10 * i));
    bench.rig.run(Time{20s});
    double sum = 0;
    for (const Answer* answer : answers) sum += !answer->reply.ok();
    return sum / 4000;
  };
  CHECK(failed("") == Approx(0.2).margin(0.025));
  CHECK(failed(R"({"disk_error": "db", "at": "1s", "rate": "50%"})") == Approx(0.6).margin(0.03));
}

TEST_CASE("disk_error: a log that cannot be written ends the process", "[faults]") {
  for (const char* device : {"", R"(, "device": "data")"}) {
    CAPTURE(device);
    Bench bench("", device);
    bench.rig.fault(disk_error(), R"({"disk_error": "db", "at": "2s", "for": "2s"})");
    bench.read(1s, 0);
    const Answer& write = bench.write(3s, 0);
    const Answer& down = bench.read(4s, 0);
    const Answer& after = bench.write(10s, 0);
    bench.rig.run(Time{20s});
    CHECK(write.reply.status == Status::reset);
    CHECK(down.reply.status == Status::unavailable);  // it starts for 5 s
    CHECK(after.reply.ok());
    CHECK(std::any_of(bench.rig.happenings().begin(), bench.rig.happenings().end(),
                      [](const Happening& each) { return each.kind == "killed"; }));
  }
}

TEST_CASE("disk_error: pages that cannot be written stay dirty", "[faults]") {
  Bench bench(R"("shards": 1, )", R"(}, "checkpoint": {"timeout": "30s")");
  bench.rig.fault(disk_error(), R"({"disk_error": "db", "at": "20s", "for": "60s", "log": false})");
  for (std::uint64_t i = 0; i < 10; ++i) bench.write(10s, 10 * i);
  bench.rig.run(Time{79s});
  CHECK(bench.rig.component("db").instances()[0]->up());
  bench.rig.run(Time{200s});
  // Two checkpoints failed at their first page; a later one wrote them all.
  CHECK(bench.rig.count("db", "checkpoints") == 1);
  CHECK(bench.rig.count("db", "checkpoint_writes") >= 12);
}

TEST_CASE("disk_full: writes fail at once, reads go on", "[faults]") {
  Bench bench;
  bench.rig.fault(disk_full(), R"({"disk_full": "db", "at": "2s", "for": "2s"})");
  bench.rig.fault(disk_full(), R"({"disk_full": "db", "at": "3s", "for": "2s"})");
  const Answer& write = bench.write(2500ms, 0);
  const Answer& read = bench.read(2500ms, 0);
  const Answer& second = bench.write(4500ms, 0);
  const Answer& after = bench.write(6s, 0);
  bench.rig.run(Time{10s});
  CHECK(write.reply.status == Status::error);
  CHECK(write.took() == 0s);
  CHECK(read.reply.ok());
  CHECK(second.reply.status == Status::error);
  CHECK(after.reply.ok());
}

TEST_CASE("disk_full: a replica stops to apply until there is room", "[faults]") {
  Bench bench(R"("read_replicas": 1, "replication_lag": "5ms", )");
  bench.rig.fault(disk_full(), R"({"disk_full": "db[1]", "at": "2s", "for": "4s"})");
  const Answer& write = bench.write(3s, 7);
  const Answer& stale = bench.read(5s, 7);
  const Answer& fresh = bench.read(7s, 7);
  bench.rig.run(Time{10s});
  CHECK(write.reply.ok());
  CHECK(stale.reply.stale);
  CHECK_FALSE(fresh.reply.stale);
  CHECK(bench.rig.value("db", "replication_lag_ms") == Approx(3000).margin(10));
}

TEST_CASE("disks: what is wrong is said", "[faults]") {
  const std::string bare = R"({"db": {"kind": "database"}})";
  const std::string ring = R"({"db": {"kind": "database", "cassandra": {}}})";
  const std::vector<ModelKind> kinds{database::database()};
  for (const auto& [kind, fault] :
       {std::pair{disk_slow(), R"({"disk_slow": "db", "at": "1s", "add": "1ms"})"},
        std::pair{disk_error(), R"({"disk_error": "db", "at": "1s"})"},
        std::pair{disk_full(), R"({"disk_full": "db", "at": "1s"})"}}) {
    CHECK_THAT(wrong_with(kinds, bare, kind, fault),
               Contains("has no \"storage\", and so no disk"));
    CHECK_THAT(wrong_with(kinds, ring, kind, fault), Contains("has no \"disk\""));
  }
  CHECK_THAT(problems_of(disk_slow(), R"({"disk_slow": "db", "at": "1s"})"),
             Contains("needs \"add\", \"factor\" or \"iops\""));
  CHECK_THAT(problems_of(disk_error(), R"({"disk_error": "db", "at": "1s", "rate": "120%"})"),
             Contains("rate"));
}

}  // namespace
}  // namespace highwater::faults::disks_test
