// The disk alone: every read misses, since there are far more pages than buffers.

#include "models/database/disk.h"

#include <catch2/catch.hpp>

#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

constexpr std::uint64_t kRows = 1'000'000'000;

std::string disk(const std::string& parameters) {
  return R"("storage": {"rows": 1000000000, "rows_per_page": 1, "buffer_cache": 10000, "disk": {)" +
         parameters + "}}";
}

TEST_CASE("disk: one place and exponential reads are M/M/1", "[models][database][storage]") {
  ModelRig rig = rig_of(disk(R"("queue_depth": 1, "read_latency": {"exponential": "5ms"})"), 4000s);
  rig.add(load(100, 390'000, uniform_reads(kRows)));
  rig.run(Time{4000s});
  CHECK(rig.value("db", "disk_wait_ms", Time{100s}) == Approx(5).epsilon(0.03));
  CHECK(rig.value("db", "service_ms", Time{100s}) == Approx(10).epsilon(0.03));
  CHECK(rig.value("db", "disk_utilization") == Approx(0.5 * 3900 / 4000).epsilon(0.02));
  CHECK(rig.value("db", "disk_queue_length") == Approx(0.5 * 3900 / 4000).epsilon(0.04));
  CHECK(rig.value("db", "disk_limit_utilization") == 0);
  CHECK(rig.count("db", "disk_reads") > 389'900);
  CHECK(rig.value("db", "buffer_hit_ratio") < 1e-4);
}

TEST_CASE("disk: its queue depth is the c of M/M/c", "[models][database][storage]") {
  ModelRig rig = rig_of(disk(R"("queue_depth": 4, "read_latency": {"exponential": "10ms"})"));
  rig.add(load(320, 310'000, uniform_reads(kRows)));
  rig.run(Time{1000s});
  // Erlang C for a = 3.2 on 4 servers: 0.5964.
  CHECK(rig.value("db", "disk_wait_ms", Time{50s}) == Approx(0.5964 / 80 * 1000).epsilon(0.04));
}

TEST_CASE("disk: a limit of operations or bytes is the server of M/D/1",
          "[models][database][storage][costly]") {
  ModelRig operations = rig_of(disk(R"("iops": "200/s", "read_latency": "1ms")"), 2000s);
  operations.add(load(150, 290'000, uniform_reads(kRows)));
  operations.run(Time{2000s});
  // rho / (2 (1 - rho)) of 5 ms.
  CHECK(operations.value("db", "disk_wait_ms", Time{50s}) == Approx(7.5).epsilon(0.03));
  CHECK(operations.value("db", "disk_limit_utilization") ==
        Approx(0.75 * 290'000 / 150 / 2000).epsilon(0.02));
  CHECK(operations.value("db", "service_ms", Time{50s}) == Approx(8.5).epsilon(0.03));

  // 8192 bytes at 13107200 bit/s are 5 ms, which the operation takes too.
  ModelRig bytes = rig_of(disk(R"("bandwidth": "13107200bit/s", "read_latency": "1ms")"), 2000s);
  bytes.add(load(150, 290'000, uniform_reads(kRows)));
  bytes.run(Time{2000s});
  CHECK(bytes.value("db", "disk_wait_ms", Time{50s}) == Approx(7.5).epsilon(0.03));
  CHECK(bytes.value("db", "service_ms", Time{50s}) == Approx(13.5).epsilon(0.03));
}

TEST_CASE("disk: a slow node's disk is slow", "[models][database][storage][fault]") {
  ModelRig rig = rig_of(disk(R"("read_latency": "2ms")"));
  rig.at(Time{1s}, [&rig] { rig.instance("db", 0).slow(3); });
  const Answer& before = rig.send(Time{0s}, "db", read_of(1));
  const Answer& after = rig.send(Time{2s}, "db", read_of(2));
  rig.run(Time{3s});
  CHECK(before.took() == 2ms);
  CHECK(after.took() == 6ms);
}

TEST_CASE("disk: what a dead node had asked for holds nobody up",
          "[models][database][storage][fault]") {
  ModelRig rig = rig_of(disk(R"("iops": "1/s", "queue_depth": 1, "read_latency": "10s")"));
  for (std::uint64_t key = 0; key < 50; ++key) rig.send(Time{1s}, "db", read_of(key));
  rig.at(Time{5s}, [&rig] { rig.instance("db", 0).kill(false); });
  rig.at(Time{6s}, [&rig] { rig.instance("db", 0).revive(); });
  const Answer& answer = rig.send(Time{7s}, "db", read_of(1000));
  rig.run(Time{100s});
  CHECK(answer.took() == 10s);
  CHECK(rig.value("db", "disk_utilization") == Approx((4.0 + 10) / 100));
  CHECK(rig.value("db", "disk_limit_utilization") == Approx((4.0 + 1) / 100));
}

}  // namespace
}  // namespace highwater::database
