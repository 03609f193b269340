// Rows that are not there and keys that are taken: answers, not failures.

#include <catch2/catch.hpp>

#include "models/cache/cache.h"
#include "models/database/row_locks.h"
#include "models/service/service.h"
#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

TEST_CASE("answers: a share of the reads finds nothing, and all are answered",
          "[models][database][storage]") {
  ModelRig rig = rig_of(R"("missing": "2%", "storage": {"rows": 1000})");
  std::uint64_t ok = 0;
  std::uint64_t missing = 0;
  Load reads = load(1000, 100'000, uniform_reads(1000));
  reads.answered = [&](const Request&, const Answer& answer) {
    ok += answer.reply.ok();
    missing += answer.reply.missing;
  };
  rig.add(std::move(reads));
  rig.run(Time{200s});
  CHECK(ok == 100'000);
  CHECK(static_cast<double>(missing) == Approx(2000).margin(220));  // five standard deviations
  CHECK(rig.count("db", "missing_reads") == missing);
  CHECK(rig.count("db", "reads") == 100'000);
  CHECK(rig.instance("db", 0).answers()[Status::ok] == 100'000);
  // An index tells that there is no row: no page is asked for.
  CHECK(rig.count("db", "disk_reads") == 13);
  CHECK(rig.value("db", "buffer_hit_ratio") ==
        Approx(1 - 13 / (100'000 - static_cast<double>(missing))));
}

TEST_CASE("answers: a share of the writes finds its key taken and commits nothing",
          "[models][database][storage]") {
  ModelRig rig = rig_of(R"("conflict": "5%", "read_replicas": 1, "replication": "sync",
      "replication_lag": "10ms", "write_time": "1ms", "locks": {},
      "storage": {"rows": 1000, "wal": {"fsync": "5ms"}, "disk": {"read_latency": "0s"}})");
  std::uint64_t ok = 0;
  std::uint64_t quick = 0;
  Load writes =
      load(100, 20'000, [](RandomStream& random) { return write_of(random.below(1'000'000'000)); });
  writes.answered = [&](const Request&, const Answer& answer) {
    ok += answer.reply.ok();
    quick += answer.took() == 1ms;
  };
  rig.add(std::move(writes));
  rig.run(Time{300s});
  CHECK(ok == 20'000);
  CHECK(static_cast<double>(quick) == Approx(1000).margin(160));
  CHECK(rig.count("db", "conflicts") == quick);
  CHECK(rig.count("db", "writes") == 20'000);
  // Nothing to wait for: neither a flush nor a replica.
  CHECK(rig.count("db", "wal_fsyncs") <= 20'000 - quick);
}

TEST_CASE("answers: deletes have no unique key to violate", "[models][database][storage]") {
  ModelRig rig = rig_of(R"("conflict": 1)");
  Request remove = write_of(1);
  remove.operation = Operation::remove;
  rig.send(Time{1s}, "db", remove);
  rig.send(Time{1s}, "db", write_of(1));
  rig.send(Time{1s}, "db", read_of(1));
  rig.run(Time{2s});
  CHECK(rig.count("db", "conflicts") == 1);
  CHECK(rig.count("db", "writes") == 2);
}

TEST_CASE("answers: a conflict lets go of its row", "[models][database][locks]") {
  ModelRig rig = rig_of(R"("conflict": 1, "write_time": "10ms", "locks": "repeatable_read")");
  const Answer& first = rig.send(Time{1s}, "db", write_of(1));
  const Answer& second = rig.send(Time{1s}, "db", write_of(1));
  rig.run(Time{2s});
  CHECK(first.took() == 10ms);
  CHECK(second.took() == 20ms);  // nobody has changed the row
  CHECK(second.reply.ok());
}

TEST_CASE("answers: a cache step keeps what is missing as absent, or not at all",
          "[models][steps][cache]") {
  struct Case {
    const char* missing;
    const char* step;
    std::uint64_t reads;  // of the database, for three requests
  };
  for (const Case& expected : {Case{"0%", "", 1}, Case{"100%", "", 3},
                               Case{"100%", R"("absent": "0.001%", "negative_ttl": "10s", )", 1}}) {
    CAPTURE(expected.missing, expected.step);
    ModelRig rig({service::service(), cache::cache(), database()},
                 R"({"db": {"kind": "database", "missing": ")" + std::string(expected.missing) +
                     R"("}, "redis": {"kind": "cache"},
                     "api": {"kind": "service", "endpoints": {"get": [{"cache": "redis", )" +
                     expected.step + R"("miss": [{"call": "db"}]}]}}})");
    for (int i = 0; i < 3; ++i) {
      const Answer& answer = rig.send(Time{Duration{1s} * (i + 1)}, "api",
                                      read_of(1, rig.world().symbols.intern("get")));
      rig.at(Time{Duration{1s} * (i + 1) + Duration{900ms}},
             [&answer] { CHECK(answer.reply.ok()); });
    }
    rig.run(Time{5s});
    CHECK(rig.count("db", "reads") == expected.reads);
  }
}

TEST_CASE("answers: shares outside of 0 to 1 are refused", "[models][database][input]") {
  CHECK_THAT(testing::problems_of(database(), R"({"kind": "database", "missing": "102%"})"),
             Catch::Contains("/components/it/missing"));
  CHECK_THAT(testing::problems_of(database(), R"({"kind": "database", "conflict": -1})"),
             Catch::Contains("/components/it/conflict"));
}

}  // namespace
}  // namespace highwater::database
