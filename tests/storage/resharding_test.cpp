// Keys that move to other shards while the database serves.

#include "models/database/resharding.h"

#include <catch2/catch.hpp>

#include "tests/storage/storage_rig.h"

namespace highwater::database {
namespace {

std::string reshard(const std::string& more, const std::string& beside = "") {
  return R"("shards": 4, )" + beside + R"("reshard": {"at": "10s", "shards": 5, "keys": 2000, )" +
         more + "}";
}

std::uint64_t received(ModelRig& rig, std::size_t shard) {
  return rig.instance("db", shard).received();
}

TEST_CASE("resharding: modulo moves almost all keys, consistent hashing those that must",
          "[models][database][resharding]") {
  for (const char* sharding : {"modulo", "jump", "rendezvous"}) {
    CAPTURE(sharding);
    ModelRig rig =
        rig_of(reshard(R"("rate": "1000/s")", R"("sharding": ")" + std::string(sharding) + "\", "));
    std::uint64_t expected = 0;
    for (const hashing::SchemeInfo& info : hashing::kSchemes) {
      if (info.name != sharding) continue;
      const Shards before(info.scheme, "db", 4);
      const Shards after(info.scheme, "db", 5);
      for (std::uint64_t key = 0; key < 2000; ++key) expected += before.of(key) != after.of(key);
    }
    rig.run(Time{100s});
    CHECK(rig.count("db", "moved_keys") == expected);
    const double share = std::string(sharding) == "modulo" ? 0.8 : 0.2;
    CHECK(static_cast<double>(expected) == Approx(2000 * share).margin(90));
  }
}

TEST_CASE("resharding: keys are read where they are, and the copies load both sides",
          "[models][database][resharding]") {
  ModelRig rig = rig_of(
      reshard(R"("rate": "100/s", "streams": 2)", R"("read_time": "1ms", "write_time": "1ms", )"));
  rig.add(load(200, 18'000, uniform_reads(2000)));
  std::uint64_t before = 0;
  std::uint64_t half = 0;
  rig.at(Time{10s}, [&] { before = received(rig, 4); });
  rig.at(Time{18s}, [&] { half = received(rig, 4); });
  rig.run(Time{100s});
  CHECK(before == 0);
  CHECK(half > 0);
  // The new shard's share of the keys comes evenly within 16 s: a quarter of it on the average of
  // the first 8.
  const Shards after(hashing::Scheme::modulo, "db", 5);
  std::uint64_t keys = 0;
  for (std::uint64_t key = 0; key < 2000; ++key) keys += after.of(key) == 4;
  const double share = static_cast<double>(keys) / 2000;
  CHECK(static_cast<double>(half) == Approx(8 * 200 * share / 4).margin(45));
  CHECK(static_cast<double>(received(rig, 4)) ==
        Approx(200 * share * (90 - 26 + 16 / 2)).epsilon(0.05));
  const auto moved = static_cast<double>(rig.count("db", "moved_keys"));
  CHECK(moved == Approx(1600).margin(90));
  CHECK(rig.count("db", "reads") == 18'000);
  // A millisecond for each request, and two for each key.
  CHECK(rig.value("db", "cpu_utilization") * 5 * 100'000 * 100 ==
        Approx(18 + moved * 0.002).epsilon(0.001));
}

TEST_CASE("resharding: the rate and the streams bound it", "[models][database][resharding]") {
  const auto moved_at = [](Time end, const char* more) {
    ModelRig rig = rig_of(reshard(more, R"("read_time": "5ms", "write_time": "5ms", )"));
    rig.run(end);
    return static_cast<double>(rig.count("db", "moved_keys"));
  };
  CHECK(moved_at(Time{15s}, R"("rate": "100/s")") == Approx(500).margin(6));
  CHECK(moved_at(Time{15s}, R"("streams": 1)") == Approx(500).margin(2));  // 10 ms each
  CHECK(moved_at(Time{13s}, R"("streams": 3)") == Approx(900).margin(4));
}

TEST_CASE("resharding: goes on when a node is back", "[models][database][resharding][fault]") {
  ModelRig rig =
      rig_of(reshard(R"("rate": "200/s")", R"("read_time": "1ms", "write_time": "1ms", )"));
  rig.add(load(100, 8'000, uniform_reads(2000)));
  for (const std::size_t node : {4u, 1u}) {
    const Time from{Duration{11s} + Duration{2s} * node};
    rig.at(from, [&rig, node] { rig.instance("db", node).kill(false); });
    rig.at(from + Duration{5s}, [&rig, node] { rig.instance("db", node).revive(); });
  }
  const Answer& last = rig.send(Time{99s}, "db", write_of(7));
  rig.run(Time{100s});
  CHECK(rig.count("db", "moved_keys") > 1500);
  CHECK(rig.happenings().back().text.find("has moved") != std::string::npos);
  CHECK(last.reply.ok());
}

TEST_CASE("resharding: fewer shards are possible too", "[models][database][resharding]") {
  ModelRig rig =
      rig_of(R"("shards": 3, "reshard": {"at": "1s", "shards": 2, "keys": 300, "rate": "1000/s"})");
  rig.add(load(100, 5'000, uniform_reads(300)));
  std::uint64_t later = 0;
  rig.at(Time{10s}, [&] { later = received(rig, 2); });
  rig.run(Time{100s});
  CHECK(later > 0);
  CHECK(received(rig, 2) == later);
}

TEST_CASE("resharding: bad input is told in words", "[models][database][resharding][input]") {
  const auto problems = [](const std::string& text) {
    return testing::problems_of(database(), R"({"kind": "database", )" + text + "}");
  };
  CHECK(problems(R"("reshard": {"at": "1s", "shards": 2, "keys": 10})").empty());
  CHECK_THAT(problems(R"("shards": 2, "reshard": {"at": "1s", "shards": 2, "keys": 10})"),
             Catch::Contains("there are as many shards already"));
  CHECK_THAT(problems(R"("sharding": "range", "reshard": {"at": "1s", "shards": 2, "keys": 10})"),
             Catch::Contains("/components/it/keys: is missing"));
  // Every key is looked at, so that more of them would be a run without an end.
  CHECK_THAT(problems(R"("reshard": {"at": "1s", "shards": 2, "keys": "11M"})"),
             Catch::Contains("10000000"));
  const std::string text = problems(R"("reshard": {"shards": 0, "rate": "0/s", "streams": 0})");
  for (const char* expected : {"\"at\" is missing", "reshard/shards", "\"keys\" is missing",
                               "reshard/rate", "reshard/streams"})
    CHECK(text.find(expected) != std::string::npos);
}

}  // namespace
}  // namespace highwater::database
