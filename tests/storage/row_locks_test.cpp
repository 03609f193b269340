// Writes that wait for each other's rows.

#include "models/database/row_locks.h"

#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

std::string locked(const std::string& parameters, const std::string& beside = "") {
  return beside + R"("write_time": "10ms", "locks": {)" + parameters + "}";
}

TEST_CASE("row locks: a hot row is a single server, M/D/1", "[models][database][locks]") {
  ModelRig rig = rig_of(locked(""), 2000s);
  rig.add(load(50, 98'000, [](RandomStream&) { return write_of(7); }));
  rig.run(Time{2000s});
  CHECK(rig.value("db", "lock_wait_ms", Time{50s}) == Approx(5).epsilon(0.03));
  CHECK(rig.value("db", "lock_queue_length", Time{50s}) == Approx(0.25).epsilon(0.04));
  CHECK(rig.count("db", "writes") == 98'000);
  CHECK(rig.count("db", "deadlocks") == 0);
}

TEST_CASE("row locks: a hot row takes no more than one write for each time that it is held",
          "[models][database][locks]") {
  // Its work, and the flush of its log, and the replica that it waits for.
  ModelRig rig = rig_of(locked("", R"("read_replicas": 1, "replication": "sync",
      "replication_lag": "20ms", "storage": {"rows": 100, "wal": {"fsync": "5ms"},
      "disk": {"read_latency": "0s"}}, )"));
  for (int i = 0; i < 100; ++i) rig.send(Time{1s}, "db", write_of(7));
  const Answer& other = rig.send(Time{1s}, "db", write_of(8));
  std::vector<const Answer*> answers;
  rig.run(Time{10s});
  CHECK(other.took() >= 35ms);
  CHECK(other.took() <= 40ms);
  CHECK(rig.value("db", "service_ms") == Approx((35 * 101.0 / 2 * 100 + 35) / 101).epsilon(0.01));
}

TEST_CASE("row locks: different rows do not wait", "[models][database][locks]") {
  ModelRig rig = rig_of(locked(""));
  std::vector<const Answer*> answers;
  for (std::uint64_t key = 0; key < 10; ++key)
    answers.push_back(&rig.send(Time{1s}, "db", write_of(key)));
  answers.push_back(&rig.send(Time{1s}, "db", read_of(0)));  // reads see the row as it was
  rig.run(Time{2s});
  for (std::size_t i = 0; i < 10; ++i) CHECK(answers[i]->took() == 10ms);
  CHECK(answers[10]->took() == 0s);
  CHECK(rig.value("db", "lock_wait_ms") == 0);
}

/// Two writes that take the rows 0 and 1, one in this order and the other in that.
std::vector<Answer> crossing(const std::string& parameters, std::uint64_t& deadlocks) {
  ModelRig rig = rig_of(locked(R"("rows_per_write": 2, "among": 2)" + parameters));
  const Answer& first = rig.send(Time{1s}, "db", write_of(0));
  const Answer& second = rig.send(Time{1001ms}, "db", write_of(1));
  rig.run(Time{10s});
  deadlocks = rig.count("db", "deadlocks");
  return {first, second};
}

TEST_CASE("row locks: a deadlock is found after its timeout and costs one of them",
          "[models][database][locks]") {
  std::uint64_t deadlocks = 0;
  std::vector<Answer> answers = crossing("", deadlocks);
  CHECK(deadlocks == 1);
  // The first to have waited for a second looks first: from 1005 ms on, in a cycle since 1006 ms.
  CHECK(answers[0].reply.status == Status::error);
  CHECK(answers[0].at == Time{2005ms});
  CHECK(answers[1].reply.ok());
  CHECK(answers[1].at == Time{2010ms});

  answers = crossing(R"(, "deadlock_timeout": "100ms")", deadlocks);
  CHECK(answers[0].at == Time{1105ms});

  answers = crossing(R"(, "sequence": "sorted")", deadlocks);
  CHECK(deadlocks == 0);
  CHECK(answers[0].at == Time{1010ms});
  CHECK(answers[1].at == Time{1020ms});
}

TEST_CASE("row locks: who has waited for lock_timeout fails", "[models][database][locks]") {
  ModelRig rig = rig_of(locked(R"("lock_timeout": "25ms")"));
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&rig.send(Time{1s}, "db", write_of(1)));
  rig.run(Time{2s});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(answers[i]->reply.ok());
    CHECK(answers[i]->took() == Duration{10ms} * (i + 1));
  }
  for (std::size_t i = 3; i < 5; ++i) {
    CHECK(answers[i]->reply.status == Status::error);
    CHECK(answers[i]->took() == 25ms);
  }
  CHECK(rig.count("db", "lock_timeouts") == 2);
  CHECK(rig.count("db", "writes") == 3);
}

TEST_CASE("row locks: under repeatable read the first committer wins",
          "[models][database][locks]") {
  ModelRig rig = rig_of(R"("write_time": "10ms", "locks": "repeatable_read")");
  const Answer& first = rig.send(Time{1s}, "db", write_of(1));
  const Answer& waits = rig.send(Time{1s}, "db", write_of(1));
  const Answer& follows = rig.send(Time{1005ms}, "db", write_of(1));
  const Answer& elsewhere = rig.send(Time{1005ms}, "db", write_of(2));
  const Answer& later = rig.send(Time{1011ms}, "db", write_of(1));
  rig.run(Time{2s});
  CHECK(first.reply.ok());
  CHECK(waits.reply.status == Status::error);
  CHECK(waits.at == Time{1010ms});
  CHECK(follows.reply.status == Status::error);
  CHECK(elsewhere.reply.ok());
  CHECK(later.reply.ok());
  CHECK(rig.count("db", "serialization_failures") == 2);
}

TEST_CASE("row locks: of two that read what the other writes, serializable lets one commit",
          "[models][database][locks]") {
  for (const bool serializable : {false, true}) {
    ModelRig rig =
        rig_of(locked(std::string(R"("reads_per_write": 1, "among": 2, "isolation": ")") +
                      (serializable ? "serializable" : "repeatable_read") + '"'));
    const Answer& first = rig.send(Time{1s}, "db", write_of(0));
    const Answer& second = rig.send(Time{1001ms}, "db", write_of(1));
    const Answer& later = rig.send(Time{2s}, "db", write_of(1));
    rig.run(Time{3s});
    CHECK(first.reply.ok());
    CHECK(second.reply.ok() != serializable);
    CHECK(second.at == Time{1011ms});
    CHECK(later.reply.ok());
    CHECK(rig.count("db", "serialization_failures") == (serializable ? 1 : 0));
  }
}

std::uint64_t deadlocks_among(std::uint64_t rows, std::uint64_t per_write) {
  ModelRig rig =
      rig_of(locked(R"("deadlock_timeout": "20ms", "rows_per_write": )" +
                    std::to_string(per_write) + R"(, "among": )" + std::to_string(rows)));
  rig.add(load(2'000, 300'000, uniform_writes(rows)));
  rig.run(Time{200s});
  CHECK(rig.count("db", "writes") + rig.count("db", "deadlocks") == 300'000);
  return rig.count("db", "deadlocks");
}

TEST_CASE("row locks: deadlocks go with the square of the rows, and the fourth power of a write's",
          "[models][database][locks][costly]") {
  // Gray: a transaction of n rows, with others like it, meets a deadlock with a probability in
  // proportion to n^4 / rows^2. Few of them, or waiting itself makes more.
  const auto few = static_cast<double>(deadlocks_among(1'000, 4));
  const auto half = static_cast<double>(deadlocks_among(2'000, 4));
  CHECK(few > 80);
  CHECK(few / half == Approx(4).epsilon(0.35));
  const auto two = static_cast<double>(deadlocks_among(1'000, 2));
  CHECK(few > 8 * two);
}

TEST_CASE("row locks: a row that deadlocks is free again, whatever the seed",
          "[models][database][locks]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (const char* isolation : {"read_committed", "repeatable_read", "serializable"}) {
      CAPTURE(seed, isolation);
      ModelRig rig = rig_of(
          locked(R"("rows_per_write": 3, "reads_per_write": 2, "among": 40, "lock_timeout": "300ms",
                                      "deadlock_timeout": "50ms", "isolation": ")" +
                     std::string(isolation) + '"',
                 R"("read_replicas": 1, "failover": "lease", )"),
          120s, seed);
      rig.add(load(60, 5'000, uniform_writes(40)));
      RandomStream random(seed, "test", "outages");
      for (Time at{2s}; at < Time{80s};) {
        at += Duration{1s} + Duration{static_cast<std::int64_t>(random.below(8'000'000'000))};
        const Time end = at + Duration{static_cast<std::int64_t>(random.below(3'000'000'000))};
        const std::size_t node = random.below(2);
        rig.at(at, [&rig, node] { rig.instance("db", node).kill(false); });
        rig.at(end, [&rig, node] { rig.instance("db", node).revive(); });
        at = end;
      }
      const Answer& last = rig.send(Time{118s}, "db", write_of(3));
      rig.run(Time{120s});
      CHECK(last.reply.ok());
      CHECK(last.took() == 9'999'999ns);  // three parts of 10 ms
      for (std::size_t node = 0; node < 2; ++node) CHECK(rig.instance("db", node).in_flight() == 0);
    }
}

TEST_CASE("row locks: rows of a write are on its shard", "[models][database][locks]") {
  ModelRig rig = rig_of(locked(R"("rows_per_write": 2, "among": 1000)", R"("shards": 4, )"));
  rig.add(load(100, 2'000, uniform_writes(1'000)));
  rig.run(Time{30s});
  CHECK(rig.count("db", "writes") == 2'000);
}

TEST_CASE("row locks: bad input is told in words", "[models][database][locks][input]") {
  const auto problems = [](const std::string& text) {
    return testing::problems_of(database(), R"({"kind": "database", )" + text + "}");
  };
  CHECK(problems(R"("locks": {})").empty());
  CHECK(problems(R"("locks": "repeatable_read")").empty());
  CHECK_THAT(problems(R"("locks": "repeatable")"), Catch::Contains("repeatable_read"));
  CHECK_THAT(problems(R"("locks": {"rows_per_write": 2})"),
             Catch::Contains("/components/it/locks/among: is missing"));
  CHECK_THAT(problems(R"("locks": {"among": 2})"),
             Catch::Contains("is for rows_per_write above 1"));
  CHECK_THAT(problems(R"("locks": "serializable")"),
             Catch::Contains("is repeatable_read in effect"));
  CHECK(problems(R"("locks": {"isolation": "serializable", "reads_per_write": 1, "among": 2})")
            .empty());
  CHECK_THAT(problems(R"("locks": {"rows_per_write": 3, "among": 2})"),
             Catch::Contains("at least 3 are needed"));
  CHECK_THAT(problems(R"("shards": 2, "locks": {"rows_per_write": 3, "among": 20})"),
             Catch::Contains("at least 96 are needed"));
  CHECK_THAT(problems(R"("shards": 2, "sharding": "range", "keys": 1000,
                         "locks": {"rows_per_write": 3, "among": 100})"),
             Catch::Contains("at least 1000 are needed"));
  CHECK_THAT(problems(R"("locks": {"sequence": "sorted"})"),
             Catch::Contains("has no effect on a single row"));
  const std::string text = problems(R"("locks": {"rows_per_write": 0, "deadlock_timeout": "0s",
                                                 "lock_timeout": "0s", "sequence": "random"})");
  for (const char* expected : {"rows_per_write", "deadlock_timeout", "lock_timeout", "sequence"})
    CHECK(text.find(expected) != std::string::npos);
}

}  // namespace
}  // namespace highwater::database
