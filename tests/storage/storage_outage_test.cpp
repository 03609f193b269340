// Nodes with memory and a disk that die and come back.

#include <catch2/catch.hpp>

#include "models/database/storage.h"
#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

void outage(ModelRig& rig, Time from, Time to, bool silent = false) {
  rig.at(from, [&rig, silent] { rig.instance("db", 0).kill(silent); });
  rig.at(to, [&rig] { rig.instance("db", 0).revive(); });
}

TEST_CASE("storage outage: memory is cold after a restart", "[models][database][storage][fault]") {
  ModelRig rig = rig_of(R"("storage": {"rows": 1000, "rows_per_page": 1, "row_order": "by_key"})");
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t key = 0; key < 100; ++key)
      rig.send(Time{Duration{1s} * (1 + round) + Duration{1ms} * key}, "db", read_of(key));
  outage(rig, Time{2500ms}, Time{2600ms});
  rig.run(Time{10s});
  CHECK(rig.count("db", "disk_reads") == 200);
  CHECK(rig.value("db", "buffer_hit_ratio") == Approx(1.0 / 3));
}

TEST_CASE("storage outage: what was not safe is lost, if nobody waited for it",
          "[models][database][storage][fault]") {
  for (const bool synchronous : {true, false}) {
    ModelRig rig = rig_of(R"("storage": {"rows": 1000, "disk": {"read_latency": "0s"},
        "wal": {"fsync": "5ms", "wal_writer_delay": "200ms", "synchronous_commit": )" +
                          std::string(synchronous ? "true" : "false") + "}}");
    for (int i = 0; i < 10; ++i) rig.send(Time{1s}, "db", write_of(1));
    for (int i = 0; i < 20; ++i) rig.send(Time{1500ms + Duration{10ms} * i}, "db", write_of(1));
    const Answer& cut = rig.send(Time{1700ms}, "db", write_of(1));
    outage(rig, Time{1702ms}, Time{2s});
    rig.send(Time{3s}, "db", write_of(1));
    rig.run(Time{10s});
    // The log writer began at 1700 ms and was not done.
    CHECK(rig.count("db", "lost_commits") == (synchronous ? 0 : 21));
    CHECK((cut.reply.status == Status::reset) == synchronous);
  }
}

TEST_CASE("storage outage: in the middle of everything nothing is left behind",
          "[models][database][storage][fault]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    ModelRig rig = rig_of(R"("read_replicas": 1, "failover": "lease", "connections": 20,
        "write_time": "1ms",
        "storage": {"rows": 2000, "rows_per_page": 1, "buffer_cache": 50,
                    "disk": {"queue_depth": 2, "read_latency": {"exponential": "2ms"},
                             "write_latency": {"exponential": "2ms"}, "iops": "700/s"},
                    "wal": {"fsync": {"exponential": "3ms"}, "device": "data"},
                    "checkpoint": {"timeout": "5s"},
                    "autovacuum": {"naptime": "3s", "scale_factor": 0.01}})",
                          120s, seed);
    rig.add(load(150, 10'000, uniform_reads(2000)));
    rig.add(load(80, 5'000, uniform_writes(2000)));
    RandomStream random(seed, "test", "outages");
    for (Time at{2s}; at < Time{90s};) {
      at += Duration{500ms} + Duration{static_cast<std::int64_t>(random.below(4'000'000'000))};
      const Time end = at + Duration{static_cast<std::int64_t>(random.below(2'000'000'000))};
      const std::size_t node = random.below(2);
      const bool silent = random.below(2) == 0;
      rig.at(at, [&rig, node, silent] { rig.instance("db", node).kill(silent); });
      rig.at(end, [&rig, node, silent] { rig.instance("db", node).revive(silent); });
      at = end;
    }
    std::uint64_t late = 0;
    Load probe = load(20, 100, uniform_reads(2000));
    probe.begin = Time{105s};
    probe.answered = [&late](const Request&, const Answer& answer) { late += answer.reply.ok(); };
    rig.add(std::move(probe));
    rig.run(Time{120s});
    CHECK(late == 100);
    for (std::size_t node = 0; node < 2; ++node) CHECK(rig.instance("db", node).in_flight() == 0);
  }
}

TEST_CASE("storage outage: a node that steps down begins anew",
          "[models][database][storage][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 2, "failover": "raft", "reads": "primary",
      "storage": {"rows": 100, "rows_per_page": 1, "row_order": "by_key",
                  "disk": {"read_latency": "5ms"}})");
  rig.at(Time{2s}, [&rig] { rig.instance("db", 0).kill(false); });
  rig.at(Time{20s}, [&rig] { rig.instance("db", 0).revive(); });
  for (int i = 0; i < 300; ++i) rig.send(Time{Duration{100ms} * (i + 1)}, "db", read_of(1));
  rig.run(Time{40s});
  CHECK(rig.count("db", "failovers") == 1);
  CHECK(rig.count("db", "disk_reads") == 2);  // the first primary's and the second one's
}

}  // namespace
}  // namespace highwater::database
