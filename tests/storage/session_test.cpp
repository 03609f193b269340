// Reads that are to see what their session, which is their key, has written.

#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "models/database/sticky_keys.h"
#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

TEST_CASE("session: reads go to who has applied the write, else to the primary",
          "[models][database][session]") {
  ModelRig rig = rig_of(R"("read_replicas": 2, "replication_lag": "100ms",
                           "session": "read_your_writes")");
  rig.send(Time{1s}, "db", write_of(1));
  const Answer& own = rig.send(Time{1050ms}, "db", read_of(1));
  const Answer& other = rig.send(Time{1050ms}, "db", read_of(2));
  const Answer& later = rig.send(Time{1101ms}, "db", read_of(1));
  rig.run(Time{2s});
  CHECK_FALSE(own.reply.stale);
  CHECK_FALSE(other.reply.stale);
  CHECK_FALSE(later.reply.stale);
  CHECK(rig.instance("db", 0).received() == 2);  // the write, and the read that no replica could
  CHECK(rig.count("db", "session_primary_reads") == 1);
}

TEST_CASE("session: as many reads go to the primary as would be stale",
          "[models][database][session][costly]") {
  // Ten keys with 5 writes a second each, all replicas 100 ms behind: 1 - exp(-0.5) of the reads.
  const double theory = 1 - std::exp(-0.5);
  for (const char* reads : {"replicas", "any"}) {
    CAPTURE(reads);
    ModelRig rig = rig_of(R"("read_replicas": 1, "replication_lag": "100ms",
                             "session": "read_your_writes", "reads": ")" +
                          std::string(reads) + '"');
    rig.add(load(500, 200'000, uniform_reads(10)));
    rig.add(load(50, 20'000, uniform_writes(10)));
    rig.run(Time{500s});
    CHECK(rig.value("db", "stale_reads") == 0);
    // Of those that it would be the primary's turn for, none is sent there for the session's sake.
    const double forced = static_cast<double>(rig.count("db", "session_primary_reads")) / 200'000;
    if (std::string(reads) == "replicas") {
      CHECK(forced == Approx(theory).epsilon(0.02));
    } else {
      CHECK(forced < theory * 0.75);
      CHECK(forced > theory * 0.45);
    }
  }
}

TEST_CASE("session: a sticky primary keeps the key's reads for a time",
          "[models][database][session]") {
  for (const char* sticky : {R"(, "sticky_for": "500ms")", ""}) {
    ModelRig rig = rig_of(R"("read_replicas": 1, "replication_lag": "1s",
                             "session": "sticky_primary")" +
                          std::string(sticky));
    rig.send(Time{1s}, "db", write_of(1));
    const Answer& near = rig.send(Time{1400ms}, "db", read_of(1));
    rig.send(Time{1400ms}, "db", read_of(2));
    const Answer& far = rig.send(Time{1600ms}, "db", read_of(1));
    rig.run(Time{5s});
    CHECK_FALSE(near.reply.stale);
    const bool two_seconds = std::string(sticky).empty();
    CHECK(far.reply.stale != two_seconds);  // the replica is not that far
    CHECK(rig.count("db", "session_primary_reads") == (two_seconds ? 2 : 1));
  }
}

TEST_CASE("session: without the primary there is nobody who has the write",
          "[models][database][session][fault]") {
  for (const char* session : {"read_your_writes", "sticky_primary"}) {
    ModelRig rig = rig_of(R"("read_replicas": 1, "replication_lag": "1s", "session": ")" +
                          std::string(session) + '"');
    rig.send(Time{1s}, "db", write_of(1));
    rig.at(Time{1100ms}, [&rig] { rig.instance("db", 0).kill(false); });
    rig.at(Time{4s}, [&rig] { rig.instance("db", 0).revive(); });
    const Answer& own = rig.send(Time{1200ms}, "db", read_of(1));
    const Answer& other = rig.send(Time{1200ms}, "db", read_of(2));
    rig.run(Time{5s});
    CHECK(own.reply.status == Status::unavailable);
    CHECK(other.reply.ok());
  }
}

TEST_CASE("session: after a failover what is lost is missed by nobody",
          "[models][database][session][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 2, "replication_lag": "10s", "failover": "lease",
                           "session": "read_your_writes")");
  rig.send(Time{1s}, "db", write_of(1));
  rig.at(Time{2s}, [&rig] { rig.instance("db", 0).kill(false); });
  rig.at(Time{100s}, [&rig] { rig.instance("db", 0).revive(); });
  std::vector<const Answer*> answers;
  for (int i = 0; i < 9; ++i) answers.push_back(&rig.send(Time{150s}, "db", read_of(1)));
  rig.run(Time{200s});
  CHECK(rig.count("db", "lost_writes") == 1);
  for (const Answer* answer : answers) CHECK(answer->reply.ok());
  CHECK(rig.count("db", "session_primary_reads") == 0);
}

TEST_CASE("session: like a list of all writes, and not longer than needed",
          "[models][database][session]") {
  RandomStream random(3, "test", "sticky");
  StickyKeys sticky(2s);
  std::map<std::uint64_t, Time> last;
  Time now{};
  for (int i = 0; i < 20'000; ++i) {
    now += Duration{static_cast<std::int64_t>(random.below(1'000'000'000))};
    const std::uint64_t key = random.below(10);
    if (random.below(2) == 0) {
      sticky.wrote(now, key);
      last[key] = now;
    } else {
      REQUIRE(sticky.holds(now, key) == (last.contains(key) && now < last[key] + Duration{2s}));
    }
  }
}

TEST_CASE("session: bad input is told in words", "[models][database][session][input]") {
  const auto problems = [](const std::string& text) {
    return testing::problems_of(database(), R"({"kind": "database", )" + text + "}");
  };
  CHECK(problems(R"("read_replicas": 1, "session": "sticky_primary", "sticky_for": "1s")").empty());
  CHECK_THAT(problems(R"("read_replicas": 1, "sticky_for": "1s")"),
             Catch::Contains("is for session sticky_primary alone"));
  CHECK_THAT(problems(R"("session": "read_your_writes")"), Catch::Contains("has no effect"));
  CHECK_THAT(problems(R"("read_replicas": 1, "reads": "primary", "session": "sticky_primary")"),
             Catch::Contains("has no effect"));
  CHECK_THAT(problems(R"("read_replicas": 1, "session": "read_my_writes")"),
             Catch::Contains("read_your_writes"));
}

}  // namespace
}  // namespace highwater::database
