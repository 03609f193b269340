// Nodes of Cassandra with a disk: what waits for it, and what becomes of them when it is slow,
// fails or is full, or when their hosts lose power.

#include <algorithm>

#include <catch2/catch.hpp>

#include "models/database/database.h"
#include "models/faults/faults.h"
#include "tests/support/model_rig.h"

namespace highwater::database {
namespace {

using Catch::Contains;
using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;
using testing::write_of;

/// Work of 1 ms; on the disk a read takes 3 ms, a write 1 ms. A node reads its own replica alone.
struct Bench {
  explicit Bench(const std::string& disk = "", const std::string& more = "",
                 const std::string& cached = "0%")
      : rig({database()},
            R"({"db": {"kind": "database", "cassandra": {"read_time": "1ms", "write_time": "1ms")" +
                more + R"(, "disk": {"read_latency": "3ms", "write_latency": "1ms", "cached": ")" +
                cached + '"' + disk + "}}}}") {}
  const Answer& read(Duration at, std::size_t node = 0, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "db", node, read_of(key));
  }
  const Answer& write(Duration at, std::size_t node = 0, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "db", node, write_of(key));
  }
  /// When that has happened first.
  Time first(const std::string& kind) const {
    for (const Happening& each : rig.happenings())
      if (each.kind == kind) return each.at;
    return kNever;
  }

  ModelRig rig;
};

const char* const kAlone = R"(, "nodes": 1, "replication_factor": 1)";
const char* const kPatient = R"(, "speculative_retry": "never", "dynamic_snitch": false)";

TEST_CASE("cassandra disk: reads that are not in memory wait for it", "[models][database]") {
  Bench bench(R"(, "queue_depth": 1)", kAlone);
  const Answer& first = bench.read(1s, 0, 1);
  const Answer& second = bench.read(1s, 0, 2);
  bench.rig.run(Time{2s});
  CHECK(first.took() == 4ms);
  CHECK(second.took() == 7ms);
  CHECK(bench.rig.count("db", "disk_reads") == 2);
  CHECK(bench.rig.value("db", "disk_wait_ms") == Approx(1.5));

  Bench half("", kAlone, "75%");
  std::vector<const Answer*> answers;
  for (std::uint64_t key = 0; key < 1000; ++key)
    answers.push_back(&half.read(1s + key * 10ms, 0, key));
  half.rig.run(Time{20s});
  const auto slow = static_cast<double>(std::count_if(
      answers.begin(), answers.end(), [](const Answer* answer) { return answer->took() == 4ms; }));
  CHECK(slow == Approx(250).margin(4 * 13.7));
  CHECK(static_cast<double>(half.rig.count("db", "disk_reads")) == slow);
}

TEST_CASE("cassandra disk: a chunk takes its part of the bandwidth", "[models][database]") {
  Bench bench(R"(, "bandwidth": "8Mbit/s", "chunk": "10kB")", kAlone);
  const Answer& read = bench.read(1s);
  bench.rig.run(Time{2s});
  CHECK(read.took() == 1ms + 3ms + 10ms);
}

TEST_CASE("cassandra disk: slow reads are asked of others", "[models][database][faults]") {
  Bench bench("", R"(, "speculative_retry": "20ms", "dynamic_snitch": false)");
  bench.rig.fault(faults::disk_slow(), R"({"disk_slow": "db[0]", "at": "10s", "for": "10s",
                                           "add": "100ms"})");
  const Answer& before = bench.read(9s);
  const Answer& during = bench.read(11s);
  const Answer& other = bench.read(11s, 1);
  const Answer& after = bench.read(21s);
  bench.rig.run(Time{30s});
  CHECK(before.took() == 4ms);
  CHECK(during.took() == 24ms);
  CHECK(other.took() == 4ms);
  CHECK(after.took() == 4ms);
  CHECK(bench.rig.count("db", "speculative_retries") == 1);
}

TEST_CASE("cassandra disk: the dynamic snitch turns away from a slow one",
          "[models][database][faults]") {
  const auto slow = [](bool snitch) {
    Bench bench("", snitch ? R"(, "speculative_retry": "never")" : kPatient);
    bench.rig.fault(faults::disk_slow(), R"({"disk_slow": "db[0]", "at": "10s", "for": "20s",
                                             "add": "100ms"})");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 1000; ++i) answers.push_back(&bench.read(10s + i * 10ms));
    bench.rig.run(Time{30s});
    return std::count_if(answers.begin(), answers.end(),
                         [](const Answer* answer) { return answer->took() > 50ms; });
  };
  CHECK(slow(false) == 1000);
  CHECK(slow(true) < 100);
}

TEST_CASE("cassandra disk: writes wait for the commit log when its sync lags",
          "[models][database][faults]") {
  Bench bench(
      R"(, "commitlog_sync_period": "1s")",
      std::string(kAlone) + R"(, "write_request_timeout": "20s", "concurrent_writes": 100)");
  // It hits the sync that begins in that second, and nothing else.
  bench.rig.fault(faults::disk_slow(), R"({"disk_slow": "db", "at": "10s", "for": "1s",
                                           "add": "5s"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(&bench.write(8s + i * 100ms));
  bench.rig.run(Time{40s});
  Time over{};
  for (const Answer* answer : answers)
    over = std::max(over, answer->took() > 1s ? answer->at : over);
  // The sync began at some time in that second and ended 5.001 s later; writes waited from half a
  // second after its beginning on, since the one before it was one second older.
  const Time begun = over - 5001ms;
  CHECK(begun >= Time{10s});
  CHECK(begun <= Time{11s});
  double waited = 0;
  for (const Answer* answer : answers) {
    CHECK(answer->reply.ok());
    waited += seconds(answer->took() - 1ms);
    const bool waits = answer->sent + 1ms > begun + 500ms && answer->sent + 1ms < over;
    CHECK(answer->at == (waits ? over : answer->sent + 1ms));
  }
  CHECK(bench.rig.value("db", "commit_wait_ms") ==
        Approx(waited * 1e3 / static_cast<double>(answers.size())));
}

TEST_CASE("cassandra disk: a write that waits for its own sync", "[models][database][faults]") {
  Bench bench("", std::string(kAlone) + R"(, "commitlog_sync_time": "2ms")");
  bench.rig.fault(faults::disk_slow(),
                  R"({"disk_slow": "db", "at": "10s", "for": "5s", "factor": "3x"})");
  bench.rig.fault(faults::disk_slow(), R"({"disk_slow": "db", "at": "20s", "for": "5s",
                                           "factor": "3x", "log": false})");
  const Answer& before = bench.write(9s);
  const Answer& during = bench.write(11s);
  const Answer& spared = bench.write(21s);
  bench.rig.run(Time{30s});
  CHECK(before.took() == 3ms);
  CHECK(during.took() == 7ms);
  CHECK(spared.took() == 3ms);
}

TEST_CASE("cassandra disk: a slow query looks in more places", "[models][database][faults]") {
  Bench bench("", kAlone);
  bench.rig.fault(faults::slow_query(), R"({"slow_query": "db", "at": "10s", "factor": "4x"})");
  const Answer& slowed = bench.read(11s);
  bench.rig.run(Time{20s});
  CHECK(slowed.took() == 4ms + 4 * 3ms);
  CHECK(bench.rig.count("db", "disk_reads") == 4);
}

TEST_CASE("cassandra disk: a node whose disk fails leaves until it is well",
          "[models][database][faults]") {
  for (const auto& [policy, tells] : {std::pair{"stop", true}, std::pair{"die", false}}) {
    CAPTURE(policy);
    Bench bench(std::string(R"(, "disk_failure_policy": ")") + policy + '"', kPatient);
    bench.rig.fault(faults::disk_error(), R"({"disk_error": "db[0]", "at": "60s", "for": "60s",
                                              "log": false})");
    const Answer& fails = bench.read(61s);
    const Answer& other = bench.read(62s, 1);
    const Answer& write = bench.write(100s, 1);
    const Answer& down = bench.read(100s);
    const Answer& after = bench.read(140s);
    bench.rig.run(Time{150s});
    CHECK(fails.reply.cause() == Status::reset);
    CHECK(other.reply.ok());
    CHECK(write.reply.ok());
    CHECK_FALSE(down.reply.ok());
    CHECK(after.reply.ok());
    CHECK_FALSE(after.reply.stale);
    CHECK(bench.first("killed") == Time{61s + 4ms});
    const Duration noticed = bench.first("member lost") - Time{61s + 4ms};
    CHECK((noticed == 0s) == tells);
    CHECK(noticed < 21s);
    CHECK(bench.first("member back") >= Time{120s});
    CHECK(bench.first("member back") < Time{122s});
    CHECK(bench.rig.count("db", "hints_replayed") == 1);
  }
}

TEST_CASE("cassandra disk: a node may go on when its disk fails", "[models][database][faults]") {
  for (const bool best_effort : {false, true}) {
    Bench bench(best_effort ? R"(, "disk_failure_policy": "best_effort")"
                            : R"(, "disk_failure_policy": "ignore")",
                kPatient);
    bench.rig.fault(faults::disk_error(), R"({"disk_error": "db[0]", "at": "60s", "for": "60s",
                                              "log": false})");
    const Answer& fails = bench.read(61s);
    const Answer& second = bench.read(62s);
    bench.write(63s, 0, 2);
    const Answer& written = bench.read(64s, 0, 2);
    const Answer& after = bench.read(121s);
    bench.rig.run(Time{130s});
    CHECK(fails.reply.cause() == Status::error);
    CHECK(second.reply.ok() == best_effort);
    CHECK(second.reply.missing == best_effort);
    CHECK(written.reply.ok() == best_effort);
    CHECK_FALSE(written.reply.missing);
    CHECK(after.reply.ok());
    CHECK_FALSE(after.reply.missing);
    CHECK(bench.rig.count("db", "read_failures") == (best_effort ? 1 : 3));
    CHECK(bench.first("killed") == kNever);
  }
}

TEST_CASE("cassandra disk: wrong checksums are the paranoid's reason to leave",
          "[models][database][faults]") {
  for (const char* policy : {"stop", "stop_paranoid", "die", "best_effort", "ignore"}) {
    CAPTURE(policy);
    Bench bench(std::string(R"(, "disk_failure_policy": ")") + policy + '"', kPatient);
    bench.rig.fault(faults::lose_data(), R"({"lose_data": "db[0]", "at": "60s", "for": "20s",
                                             "what": "corrupt"})");
    const Answer& spoilt = bench.read(61s);
    const Answer& after = bench.read(81s);
    bench.rig.run(Time{90s});
    const bool leaves = std::string(policy) == "stop_paranoid" || std::string(policy) == "die";
    CHECK(spoilt.reply.cause() == (leaves ? Status::reset : Status::error));
    CHECK((bench.first("killed") == kNever) == !leaves);
    CHECK(after.reply.ok());
  }
}

TEST_CASE("cassandra disk: a commit log that cannot be written", "[models][database][faults]") {
  struct Case {
    const char* policy;
    bool leaves, waits;
  };
  for (const Case& each : {Case{"stop", true, false}, Case{"die", true, false},
                           Case{"stop_commit", false, true}, Case{"ignore", false, false}}) {
    CAPTURE(each.policy);
    Bench bench(std::string(R"(, "commit_failure_policy": ")") + each.policy + '"',
                std::string(kAlone) + R"(, "write_request_timeout": "100s")", "100%");
    bench.rig.fault(faults::disk_error(), R"({"disk_error": "db", "at": "60s", "for": "30s"})");
    bench.write(61s);
    const Answer& write = bench.write(72s);  // after a sync that failed
    const Answer& read = bench.read(72s);
    const Answer& late = bench.write(89s);  // after a second one
    const Answer& after = bench.write(115s);
    bench.rig.run(Time{150s});
    CHECK((bench.first("killed") < Time{72s}) == each.leaves);
    CHECK(read.reply.ok() == !each.leaves);
    CHECK(write.reply.ok() == !each.leaves);
    if (each.waits) CHECK(write.at == Time{90s + 1ms});  // it waits for the sync that is due
    if (!each.leaves) CHECK(late.at > Time{90s});        // for one that succeeds
    if (!each.leaves) CHECK(late.at < Time{101s});
    CHECK(after.reply.ok());
    CHECK(after.took() == 1ms);
  }
}

TEST_CASE("cassandra disk: a write whose own sync fails", "[models][database][faults]") {
  for (const auto& [policy, leaves] : {std::pair{"stop", true}, std::pair{"ignore", false}}) {
    CAPTURE(policy);
    Bench bench(std::string(R"(, "commit_failure_policy": ")") + policy + '"',
                std::string(kAlone) + R"(, "commitlog_sync_time": "1ms")");
    bench.rig.fault(faults::disk_error(), R"({"disk_error": "db", "at": "60s", "for": "30s"})");
    const Answer& write = bench.write(61s);
    const Answer& after = bench.write(91s);
    bench.rig.run(Time{100s});
    CHECK(write.reply.cause() == (leaves ? Status::reset : Status::timeout));
    CHECK(after.reply.ok());
    CHECK((bench.first("killed") == Time{61s + 2ms}) == leaves);
  }
}

TEST_CASE("cassandra disk: without room a node leaves at its next write, or lets it wait",
          "[models][database][faults]") {
  for (const char* policy : {"stop", "stop_commit", "ignore"}) {
    CAPTURE(policy);
    Bench bench(std::string(R"(, "commit_failure_policy": ")") + policy + '"',
                std::string(kAlone) + R"(, "write_request_timeout": "100s")");
    bench.rig.fault(faults::disk_full(), R"({"disk_full": "db", "at": "60s", "for": "10s"})");
    bench.rig.fault(faults::disk_full(), R"({"disk_full": "db", "at": "65s", "for": "10s"})");
    const Answer& before = bench.read(61s);
    const Answer& write = bench.write(62s);
    const Answer& read = bench.read(63s);
    const Answer& after = bench.write(80s);
    bench.rig.run(Time{90s});
    const bool leaves = std::string(policy) == "stop";
    CHECK(before.reply.ok());
    CHECK(read.reply.ok() == !leaves);
    CHECK(write.reply.cause() == (leaves ? Status::reset : Status::ok));
    if (!leaves) CHECK(write.at == Time{75s});
    CHECK(after.reply.ok());
    CHECK(after.took() == 1ms);
  }
}

TEST_CASE("cassandra disk: a host that loses power loses what the log has not synced",
          "[models][database][faults]") {
  const auto lost = [](const std::string& disk, const std::string& more, bool lasts = false) {
    Bench bench(disk, more);
    bench.rig.fault(faults::lose_data(),
                    std::string(R"({"lose_data": "db", "at": "50s", "what": "unsynced")") +
                        (lasts ? R"(, "for": "5s"})" : "}"));
    for (std::uint64_t i = 0; i < 50; ++i) bench.write(Duration{1s} * i + 100ms, i % 3 == 0, i);
    std::vector<const Answer*> reads;
    const Answer& soon = bench.read(51s, 0, 0);
    for (std::uint64_t i = 0; i < 50; ++i) reads.push_back(&bench.read(56s, 0, i));
    bench.rig.run(Time{60s});
    CHECK(soon.reply.ok() == !lasts);
    std::uint64_t stale = 0;
    for (std::size_t i = 0; i < reads.size(); ++i) {
      CHECK(reads[i]->reply.ok());
      CHECK_FALSE(reads[i]->reply.missing);
      stale += reads[i]->reply.stale;
      if (i > 0) CHECK(reads[i]->reply.stale >= reads[i - 1]->reply.stale);  // a suffix
    }
    CHECK(bench.rig.count("db", "lost_writes") == stale);
    return stale;
  };
  const std::string all = R"(, "read_consistency": "all", "nodes": 2, "replication_factor": 2)";
  const std::uint64_t usual = lost("", all);
  CHECK(usual > 0);
  CHECK(usual <= 10);
  CHECK(lost("", all, true) == usual);
  CHECK(lost(R"(, "commitlog_sync_period": "1s")", all) <= 1);
  CHECK(lost(R"(, "commitlog_sync_period": "40s")", all) > 10);
  CHECK(lost("", all + R"(, "commitlog_sync_time": "1ms")") == 0);
}

TEST_CASE("cassandra disk: what one host loses the others still have",
          "[models][database][faults]") {
  Bench bench(R"(, "commitlog_sync_period": "100s")", R"(, "read_consistency": "quorum")");
  bench.rig.fault(faults::lose_data(),
                  R"({"lose_data": "db[0]", "at": "50s", "what": "unsynced"})");
  for (std::uint64_t key = 0; key < 10; ++key) bench.write(49s, 1, key);
  std::vector<const Answer*> reads;
  for (std::uint64_t key = 0; key < 10; ++key) reads.push_back(&bench.read(51s, 0, key));
  bench.rig.run(Time{60s});
  for (const Answer* answer : reads) {
    CHECK(answer->reply.ok());
    CHECK_FALSE(answer->reply.stale);
  }
  CHECK(bench.rig.count("db", "lost_writes") == 0);
  CHECK(bench.rig.count("db", "read_repairs") == 10);
}

TEST_CASE("cassandra disk: what is wrong with it is said", "[models][database][input]") {
  CHECK_THAT(problems_of(database(), R"({"kind": "database", "cassandra": {
                 "commitlog_sync_time": "1ms", "disk": {"commitlog_sync_period": "5s"}}})"),
             Contains("each write waits for its own sync"));
  CHECK(problems_of(database(), R"({"kind": "database", "cassandra": {
            "hinted_handoff_enabled": false, "write_size": "2KiB", "disk": {}}})") == "");
  CHECK_THAT(problems_of(database(), R"({"kind": "database", "cassandra": {
                 "disk": {"disk_failure_policy": "panic"}}})"),
             Contains("best_effort"));
}

}  // namespace
}  // namespace highwater::database
