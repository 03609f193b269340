// Shards whose primary dies, and what becomes of their writes. How leaders are elected is tested in
// tests/membership.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/database/database.h"
#include "models/database/failover.h"
#include "models/faults/faults.h"
#include "tests/support/model_rig.h"

namespace highwater::database {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;
using testing::write_of;

/// One shard of three nodes; the network takes 1 ms.
struct Bench {
  explicit Bench(const std::string& parameters, std::uint64_t seed = 1)
      : rig({database()},
            R"({"db": {"kind": "database", "read_time": "1ms", "write_time": "10ms",
                       "read_replicas": 2, )" +
                parameters + "}}",
            options(seed)) {}

  static ModelRig::Options options(std::uint64_t seed) {
    ModelRig::Options options;
    options.seed = seed;
    options.network.zones = {"a"};
    options.network.same_zone = Distribution::constant(1ms);
    return options;
  }
  void outage(std::size_t index, Duration from, Duration to) {
    rig.at(Time{from}, [this, index] { rig.instance("db", index).kill(false); });
    rig.at(Time{to}, [this, index] { rig.instance("db", index).revive(); });
  }
  /// The node that takes writes now, -1 for none.
  int writer() {
    const Route route = rig.component("db").route(write_of(1), rig.instance("db", 0));
    return route.to == nullptr ? -1 : static_cast<int>(route.to->index());
  }
  std::vector<int> writers_at(const std::vector<Duration>& times) {
    std::vector<int> seen;
    for (const Duration at : times) rig.at(Time{at}, [this, &seen] { seen.push_back(writer()); });
    rig.run(Time{times.back() + 1s});
    return seen;
  }
  double failover() { return rig.value("db", "failover_ms"); }

  ModelRig rig;
};

TEST_CASE("failover: without it a shard waits for its primary", "[models][database]") {
  Bench bench(R"("replication": "async")");
  bench.outage(0, 10s, 100s);
  CHECK(bench.writers_at({9s, 11s, 99s, 101s}) == std::vector{0, -1, -1, 0});
}

TEST_CASE("failover: an election takes as long as its timeouts say", "[models][database]") {
  struct Case {
    const char* raft;
    double least,
        most;  // ms; the last heartbeat may be an interval old; a split vote costs one more
  };
  const auto [raft, least, most] =
      GENERATE(values<Case>({{R"("raft")", 95, 650},
                             {R"({"raft": {"variant": "hashicorp"}})", 800, 6000},
                             {R"({"raft": {"variant": "etcd"}})", 800, 5000},
                             {R"({"raft": {}, "promotion_time": "5s"})", 5095, 5650}}));
  CAPTURE(raft);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Bench bench(std::string(R"("failover": )") + raft, seed);
    bench.outage(0, 10s, 100s);
    const Answer& before = bench.rig.send(Time{9s}, "db", write_of(1));
    const Answer& during = bench.rig.send(Time{10s} + 20ms, "db", write_of(1));
    const Answer& after = bench.rig.send(Time{30s}, "db", write_of(1));
    const std::vector<int> writers = bench.writers_at({0s, 10s + 50ms, 20s, 200s});
    CHECK(writers[0] == 0);
    CHECK(writers[1] == -1);
    CHECK(writers[2] > 0);
    CHECK(writers[3] == writers[2]);  // who comes back is a replica
    CHECK(before.reply.ok());
    CHECK(during.reply.status == Status::unavailable);
    CHECK(after.reply.ok());
    CHECK(bench.rig.count("db", "failovers") == 1);
    CHECK(bench.rig.count("db", "lost_writes") == 0);
    CHECK(bench.failover() > least);
    CHECK(bench.failover() < most);
  }
}

TEST_CASE("failover: without a majority there is no primary", "[models][database]") {
  Bench bench(R"("failover": "raft")");
  bench.outage(0, 10s, 40s);
  bench.outage(1, 10s, 60s);
  const std::vector<int> writers = bench.writers_at({9s, 20s, 39s, 50s, 70s});
  CHECK(writers[1] == -1);
  CHECK(writers[2] == -1);
  CHECK(writers[3] >= 0);
  CHECK(writers[3] != 1);
  CHECK(writers[4] == writers[3]);
}

TEST_CASE("failover: what the new primary has not applied is lost", "[models][database]") {
  const char* failover = GENERATE(R"("raft")", R"("lease")");
  CAPTURE(failover);
  // A write every 100 ms from 5 s on, committed 12 ms later; the lag is a second. Those of the last
  // second before 10 s are lost: sent at 9.0 to 9.9 s, and committed after 9 s; all are answered.
  const auto run = [&](const std::string& replication) {
    Bench bench(std::string(R"("replication_lag": "1s", "failover": )") + failover +
                R"(, "replication": ")" + replication + "\"");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 50; ++i)
      answers.push_back(&bench.rig.send(Time{5s + i * 100ms}, "db", write_of(1)));
    bench.outage(0, 10s, 100s);
    bench.rig.run(Time{150s});
    const auto answered = static_cast<std::uint64_t>(std::count_if(
        answers.begin(), answers.end(), [](const Answer* answer) { return answer->reply.ok(); }));
    return std::pair(answered, bench.rig.count("db", "lost_writes"));
  };
  CHECK(run("async") == std::pair<std::uint64_t, std::uint64_t>{50, 10});
  // Whoever is answered late enough loses nothing; the others are not answered.
  CHECK(run("quorum") == std::pair<std::uint64_t, std::uint64_t>{40, 0});
  CHECK(run("sync") == std::pair<std::uint64_t, std::uint64_t>{40, 0});
  CHECK(run("semi_sync") == std::pair<std::uint64_t, std::uint64_t>{40, 0});
}

TEST_CASE("failover: who has the most writes becomes the primary", "[models][database]") {
  const char* failover = GENERATE(R"("raft")", R"("lease")");
  CAPTURE(failover);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Bench bench(std::string(R"("replication_lag": "100ms", "failover": )") + failover, seed);
    const std::size_t slow = 1 + seed % 2;
    bench.rig.instance("db", slow).slow(20);  // a lag of 2 s
    for (int i = 0; i < 50; ++i) bench.rig.send(Time{5s + i * 100ms}, "db", write_of(1));
    bench.outage(0, 10s, 100s);
    const std::vector<int> writers = bench.writers_at({60s});
    CHECK(writers[0] == static_cast<int>(3 - slow));
    CHECK(bench.rig.count("db", "lost_writes") == 1);
  }
}

TEST_CASE("failover: the old primary undoes what was lost, and is a replica that catches up",
          "[models][database]") {
  Bench bench(R"("replication_lag": "100ms", "failover": "raft", "reads": "replicas")");
  const Answer& lost = bench.rig.send(Time{10s - 50ms}, "db", write_of(7));
  bench.outage(0, 10s, 20s);
  const Answer& kept = bench.rig.send(Time{15s}, "db", write_of(8));
  // Reads of a key that nobody wrote after the failover are not stale: the lost value is gone.
  std::vector<const Answer*> early, later;
  for (int i = 0; i < 4; ++i) {
    early.push_back(&bench.rig.send(Time{20s + 10ms}, "db", read_of(8)));
    later.push_back(&bench.rig.send(Time{21s}, "db", read_of(8)));
    later.push_back(&bench.rig.send(Time{21s}, "db", read_of(7)));
  }
  bench.rig.run(Time{30s});
  CHECK(lost.reply.ok());
  CHECK(kept.reply.ok());
  CHECK(bench.rig.count("db", "lost_writes") == 1);
  // Of the two replicas one is the old primary, which has not yet caught up.
  CHECK(std::count_if(early.begin(), early.end(), [](auto* a) { return a->reply.stale; }) == 2);
  CHECK(std::none_of(later.begin(), later.end(), [](auto* a) { return a->reply.stale; }));
  CHECK(bench.rig.instance("db", 0).received() >= 4);
}

TEST_CASE("failover: a lease ends a ttl after its last renewal", "[models][database]") {
  SECTION("then a replica takes it") {
    double least = 1e9;
    double most = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Bench bench(R"("failover": "lease")", seed);
      bench.outage(0, 15s, 100s);
      const std::vector<int> writers = bench.writers_at({14s, 34s, 46s, 120s});
      CHECK(writers[0] == 0);
      CHECK(writers[1] == -1);
      CHECK(writers[2] > 0);
      CHECK(writers[3] == writers[2]);
      least = std::min(least, bench.failover());
      most = std::max(most, bench.failover());
    }
    CHECK(least > 20'000);
    CHECK(least < 23'000);
    CHECK(most < 30'000);
    CHECK(most > 27'000);
  }
  SECTION("who is back before that goes on") {
    Bench bench(R"("failover": "lease")");
    bench.outage(0, 15s, 30s);
    CHECK(bench.writers_at({14s, 29s, 31s, 120s}) == std::vector{0, -1, 0, 0});
    CHECK(bench.rig.count("db", "failovers") == 0);
    CHECK(bench.failover() == Approx(15'000));
  }
  SECTION("options decide") {
    Bench bench(R"("failover": {"lease": {"ttl": "6s", "loop_wait": "2s"},
                                "promotion_time": "1s"})");
    bench.outage(0, 15s, 100s);
    const std::vector<int> writers = bench.writers_at({18s, 23s});
    CHECK(writers[0] == -1);
    CHECK(writers[1] > 0);
  }
  SECTION("a replica that lags too much does not take it") {
    for (const bool allowed : {true, false}) {
      Bench bench(
          std::string(R"("replication_lag": "5s", "failover": {"lease": {"maximum_lag": )") +
          (allowed ? "50" : "20") + "}}");
      for (int i = 0; i < 100; ++i) bench.rig.send(Time{5s + i * 100ms}, "db", write_of(1));
      bench.outage(0, 15s, 100s);
      const std::vector<int> writers = bench.writers_at({60s, 110s});
      CHECK((writers[0] > 0) == allowed);
      CHECK((writers[1] > 0) == allowed);
      CHECK(bench.rig.count("db", "lost_writes") == (allowed ? 50u : 0u));
    }
  }
}

TEST_CASE("failover: a leader that hears of nobody steps down and ends its requests",
          "[models][database]") {
  Bench bench(R"("failover": {"raft": {"variant": "hashicorp"}})");
  bench.rig.instance("db", 0).slow(300);  // writes of 3 s
  bench.rig.fault(faults::partition(), R"({"at": "10s", "for": "20s", "partition": "db -> db"})");
  const Answer& write = bench.rig.send(Time{9s}, "db", write_of(1));
  const std::vector<int> writers = bench.writers_at({9s, 12s, 29s, 40s});
  CHECK(writers[0] == 0);
  CHECK(writers[1] == -1);
  CHECK(writers[2] == -1);
  CHECK(writers[3] >= 0);
  CHECK(write.reply.status == Status::reset);
  CHECK(bench.rig.count("db", "lost_writes") == 0);
}

TEST_CASE("failover: with a quorum nothing that was answered is lost, whatever dies",
          "[models][database]") {
  const char* failover = GENERATE(R"("raft")", R"({"raft": {"variant": "etcd"}})");
  std::uint64_t failovers = 0;
  std::uint64_t lost_by_async = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool quorum : {true, false}) {
      Bench bench(std::string(R"("replication_lag": {"exponential": "300ms"}, "failover": )") +
                      failover + (quorum ? R"(, "replication": "quorum")" : ""),
                  seed);
      RandomStream random(seed, "test", "outages");
      for (std::size_t i = 0; i < 3; ++i)
        for (Duration at = 5s; at < 300s;) {
          at += Duration{std::chrono::milliseconds(random.below(40'000))};
          const Duration until = at + Duration{std::chrono::milliseconds(1 + random.below(20'000))};
          bench.outage(i, at, until);
          at = until;
        }
      testing::Load load;
      load.to = "db";
      load.per_second = 20;
      load.requests = 6000;
      load.make = [](RandomStream& stream) { return write_of(stream.below(50)); };
      bench.rig.add(load);
      bench.rig.run(Time{330s});
      const std::uint64_t lost = bench.rig.count("db", "lost_writes");
      if (quorum) {
        CHECK(lost == 0);
        failovers += bench.rig.count("db", "failovers");
      } else {
        lost_by_async += lost;
      }
    }
  }
  CHECK(failovers > 50);
  CHECK(lost_by_async > 50);
}

TEST_CASE("failover: each shard has its own", "[models][database]") {
  Bench bench(R"("shards": 3, "failover": "raft")");
  bench.outage(0, 10s, 100s);
  bench.outage(3, 20s, 100s);
  bench.rig.run(Time{50s});
  CHECK(bench.rig.count("db", "failovers") == 2);
}

TEST_CASE("quorum: a write is answered when a majority has it", "[models][database]") {
  Bench bench(R"("replication": "quorum", "replication_lag": "100ms")");
  bench.rig.instance("db", 2).slow(50);
  const Answer& usual = bench.rig.send(Time{1s}, "db", write_of(1));
  bench.outage(1, 10s, 20s);
  const Answer& slow = bench.rig.send(Time{11s}, "db", write_of(1));
  bench.rig.run(Time{40s});
  CHECK(usual.took() == 112ms);         // 1 ms there, 10 ms, 100 ms of lag, 1 ms back
  CHECK(slow.took() == 5000ms + 12ms);  // the other replica's lag
}

TEST_CASE("failover: bad input", "[models][database]") {
  const auto problems = [](const std::string& rest) {
    return problems_of(database(), R"({"kind": "database", )" + rest + "}");
  };
  CHECK(problems(R"("read_replicas": 2, "failover": "raft")").empty());
  CHECK(problems(R"("read_replicas": 1, "failover": "lease")").empty());
  CHECK_THAT(problems(R"("read_replicas": 1, "failover": "raft")"),
             Catch::Contains("no majority without each other"));
  CHECK_THAT(problems(R"("failover": "raft")"), Catch::Contains("no node to fail over to"));
  CHECK_THAT(problems(R"("read_replicas": 2, "failover": "rafd")"),
             Catch::Contains("did you mean \"raft\""));
  CHECK_THAT(problems(R"("read_replicas": 2, "failover": {"lease": {"ttl": "5s"}})"),
             Catch::Contains("/failover/lease/loop_wait"));
}

}  // namespace
}  // namespace highwater::database
