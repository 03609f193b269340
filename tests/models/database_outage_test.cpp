// A database whose nodes die, come back and slow down.

#include <algorithm>
#include <array>

#include <catch2/catch.hpp>

#include "models/database/database.h"
#include "tests/support/model_rig.h"

namespace highwater::database {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& parameters) {
  return ModelRig({database()},
                  R"({"db": {"kind": "database", "read_time": "5ms", "write_time": "10ms", )" +
                      parameters + "}}");
}

/// Node `index` is down between the two instants.
void outage(ModelRig& rig, std::size_t index, Time from, Time to, bool silent = false) {
  rig.at(from, [&rig, index, silent] { rig.instance("db", index).kill(silent); });
  rig.at(to, [&rig, index] { rig.instance("db", index).revive(); });
}

std::size_t happenings(const ModelRig& rig, const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(rig.happenings().begin(), rig.happenings().end(),
                    [&](const Happening& it) { return it.text.find(text) != std::string::npos; }));
}

TEST_CASE("database outage: a dead replica is left out, its work is reset",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 2)");
  outage(rig, 1, Time{1s}, Time{2s});
  const Answer& first = rig.send(Time{998ms}, "db", read_of(1));
  const Answer& second = rig.send(Time{998ms}, "db", read_of(1));
  std::vector<const Answer*> during;
  for (int i = 0; i < 6; ++i) during.push_back(&rig.send(Time{1500ms}, "db", read_of(1)));
  for (int i = 0; i < 6; ++i) rig.send(Time{2500ms}, "db", read_of(1));
  rig.run(Time{3s});
  const int resets = (first.reply.status == Status::reset) + (second.reply.status == Status::reset);
  CHECK(resets == 1);
  CHECK(first.reply.ok() + second.reply.ok() == 1);
  for (const Answer* answer : during) CHECK(answer->reply.ok());
  CHECK(rig.instance("db", 0).received() == 0);
  CHECK(rig.instance("db", 1).received() == 1 + 3);
  CHECK(rig.instance("db", 2).received() == 1 + 6 + 3);
}

TEST_CASE("database outage: with every replica down, reads go to the primary",
          "[models][database][fault]") {
  for (const bool any : {false, true}) {
    ModelRig rig =
        rig_of(std::string(R"("read_replicas": 1, "reads": ")") + (any ? "any\"" : "replicas\""));
    outage(rig, 1, Time{1s}, Time{2s});
    for (int i = 0; i < 4; ++i) rig.send(Time{1500ms}, "db", read_of(1));
    rig.run(Time{3s});
    CHECK(rig.instance("db", 0).received() == 4);
    CHECK(rig.count("db", "reads") == 4);
  }
}

TEST_CASE("database outage: without its primary a shard takes no writes",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 1, "shards": 2, "start_time": "500ms")");
  const std::uint64_t key = 1;
  std::uint64_t other = 2;  // a key of the other shard
  while (rig.component("db").route(write_of(other), rig.instance("db", 0)) ==
         rig.component("db").route(write_of(key), rig.instance("db", 0)))
    ++other;
  const Instance* primary = rig.component("db").route(write_of(key), rig.instance("db", 0));
  outage(rig, primary->index(), Time{1s}, Time{2s});
  const Answer& write = rig.send(Time{1500ms}, "db", write_of(key));
  const Answer& write_elsewhere = rig.send(Time{1500ms}, "db", write_of(other));
  const Answer& read = rig.send(Time{1500ms}, "db", read_of(key));
  const Answer& starting = rig.send(Time{2400ms}, "db", write_of(key));
  const Answer& back = rig.send(Time{2600ms}, "db", write_of(key));
  rig.run(Time{4s});
  CHECK(write.reply.status == Status::unavailable);
  CHECK(write.took() == 0s);
  CHECK(write_elsewhere.reply.ok());
  CHECK(read.reply.ok());
  CHECK(starting.reply.status == Status::unavailable);
  CHECK(back.reply.ok());

  ModelRig alone = rig_of(R"("reads": "primary", "read_replicas": 1)");
  outage(alone, 0, Time{1s}, Time{2s});
  const Answer& nobody = alone.send(Time{1500ms}, "db", read_of(1));
  alone.run(Time{3s});
  CHECK(nobody.reply.status == Status::unavailable);
}

TEST_CASE("database outage: a silent death answers nobody", "[models][database][fault]") {
  ModelRig rig = rig_of(R"("connections": 1)");
  outage(rig, 0, Time{1s}, Time{2s}, true);
  const Answer& working = rig.send(Time{998ms}, "db", read_of(1));
  const Answer& waiting = rig.send(Time{998ms}, "db", read_of(1));
  CallPolicy patience;
  patience.timeout = 100ms;
  const Answer& times_out = rig.send(Time{998ms}, "db", read_of(1), patience);
  const Answer& after = rig.send(Time{2500ms}, "db", read_of(1));
  rig.run(Time{3s});
  CHECK_FALSE(working.answered);
  CHECK_FALSE(waiting.answered);
  CHECK(times_out.reply.status == Status::timeout);
  CHECK(after.reply.ok());
  CHECK(rig.instance("db", 0).in_flight() == 0);
}

TEST_CASE("database outage: a dead primary frees its pool and its line",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("connections": 1)");
  outage(rig, 0, Time{1s}, Time{2s});
  std::vector<const Answer*> before;
  for (int i = 0; i < 5; ++i) before.push_back(&rig.send(Time{998ms}, "db", write_of(1)));
  const Answer& after = rig.send(Time{3s}, "db", write_of(1));
  rig.run(Time{4s});
  for (const Answer* answer : before) {
    CHECK(answer->reply.status == Status::reset);
    CHECK(answer->at == Time{1s});
  }
  CHECK(after.took() == 10ms);
  CHECK(rig.count("db", "writes") == 1);
}

TEST_CASE("database outage: a replica that comes back is stale until it has caught up",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 1, "replication_lag": "1s")");
  // The first write is on its way when the replica dies; the second comes while it is down.
  rig.send(Time{1s}, "db", write_of(1));
  outage(rig, 1, Time{1500ms}, Time{5s});
  rig.send(Time{3s}, "db", write_of(2));
  const Answer& from_primary = rig.send(Time{4s}, "db", read_of(2));
  const Answer& missed_early = rig.send(Time{5500ms}, "db", read_of(1));
  const Answer& missed_late = rig.send(Time{5500ms}, "db", read_of(2));
  const Answer& untouched = rig.send(Time{5500ms}, "db", read_of(3));
  const Answer& caught_up_1 = rig.send(Time{6100ms}, "db", read_of(1));
  const Answer& caught_up_2 = rig.send(Time{6100ms}, "db", read_of(2));
  rig.run(Time{10s});
  CHECK_FALSE(from_primary.reply.stale);
  CHECK(missed_early.reply.stale);
  CHECK(missed_late.reply.stale);
  CHECK_FALSE(untouched.reply.stale);
  CHECK_FALSE(caught_up_1.reply.stale);
  CHECK_FALSE(caught_up_2.reply.stale);
  CHECK(happenings(rig, "db[1], replica 1 of shard 0, has caught up") == 1);
  CHECK(rig.metric("db", "replication_lag_ms").sums.weight.front() ==
        0);  // missed ones do not count
}

TEST_CASE("database outage: sync writes wait for a dead replica and keep their connections",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 2, "replication": "sync", "connections": 2,
                           "replication_lag": "100ms", "reads": "primary")");
  outage(rig, 2, Time{1s}, Time{5s});
  const Answer& before = rig.send(Time{500ms}, "db", write_of(1));
  CallPolicy patience;
  patience.timeout = 1s;
  const Answer& waits = rig.send(Time{2s}, "db", write_of(1));
  const Answer& gives_up = rig.send(Time{2s}, "db", write_of(1), patience);
  const Answer& read = rig.send(Time{3s}, "db", read_of(1));
  rig.run(Time{10s});
  CHECK(before.took() == 110ms);
  CHECK(waits.at == Time{5100ms});
  CHECK(gives_up.reply.status == Status::timeout);
  CHECK(rig.count("db", "wasted") == 1);
  CHECK(rig.count("db", "writes") == 3);
  CHECK(read.at == Time{5105ms});  // both connections were taken, its caller gone or not
}

TEST_CASE("database outage: semi-sync writes wait for one replica, and for none when all are down",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 2, "replication": "semi_sync",
                           "replication_lag": "100ms")");
  outage(rig, 1, Time{1s}, Time{5s});
  outage(rig, 2, Time{2s}, Time{5s});
  const Answer& both_up = rig.send(Time{500ms}, "db", write_of(1));
  const Answer& one_up = rig.send(Time{1500ms}, "db", write_of(1));
  const Answer& falls_back = rig.send(Time{1950ms}, "db", write_of(1));
  const Answer& none_up = rig.send(Time{3s}, "db", write_of(1));
  const Answer& again = rig.send(Time{6s}, "db", write_of(1));
  rig.run(Time{10s});
  CHECK(both_up.took() == 110ms);
  CHECK(one_up.took() == 110ms);
  CHECK(falls_back.at == Time{2s});  // the one it waited for died
  CHECK(none_up.took() == 10ms);
  CHECK(again.took() == 110ms);
  CHECK(happenings(rig, "db, shard 0, has no replica up") == 1);
}

TEST_CASE("database outage: a replica that dies again while it catches up misses nothing twice",
          "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 1, "replication_lag": "1s")");
  outage(rig, 1, Time{1s}, Time{3s});
  outage(rig, 1, Time{3500ms}, Time{6s});
  rig.send(Time{2s}, "db", write_of(1));
  rig.send(Time{3200ms}, "db", write_of(2));
  const Answer& stale_1 = rig.send(Time{6500ms}, "db", read_of(1));
  const Answer& stale_2 = rig.send(Time{6500ms}, "db", read_of(2));
  const Answer& fresh_1 = rig.send(Time{7500ms}, "db", read_of(1));
  const Answer& fresh_2 = rig.send(Time{7500ms}, "db", read_of(2));
  rig.run(Time{10s});
  CHECK(stale_1.reply.stale);
  CHECK(stale_2.reply.stale);
  CHECK_FALSE(fresh_1.reply.stale);
  CHECK_FALSE(fresh_2.reply.stale);
  CHECK(happenings(rig, "has caught up") == 1);
}

TEST_CASE("database outage: slowness stretches work and lag", "[models][database][fault]") {
  for (const std::string cores : {"", R"("cores": 1, )"}) {
    CAPTURE(cores);
    ModelRig rig = rig_of(cores + R"("read_replicas": 1, "replication_lag": "1s",
                                     "reads": "primary")");
    rig.at(Time{1s}, [&rig] {
      for (std::size_t i = 0; i < 2; ++i) rig.instance("db", i).slow(3);
    });
    rig.at(Time{2s}, [&rig] { rig.instance("db", 0).restore_speed(3); });
    const Answer& slow = rig.send(Time{1500ms}, "db", read_of(1));
    const Answer& fast = rig.send(Time{3s}, "db", read_of(1));
    rig.send(Time{4s}, "db", write_of(1));
    rig.run(Time{10s});
    CHECK(slow.took() == 15ms);
    CHECK(fast.took() == 5ms);
    CHECK(rig.value("db", "replication_lag_ms") == Approx(3000));
  }
}

TEST_CASE("database outage: a node refuses what is not its own", "[models][database][fault]") {
  ModelRig rig = rig_of(R"("read_replicas": 1, "shards": 2)");
  const std::size_t primary =
      rig.component("db").route(write_of(1), rig.instance("db", 0)).to->index();
  const Answer& right = rig.send_to_instance(Time{1s}, "db", primary, write_of(1));
  const Answer& read_only = rig.send_to_instance(Time{1s}, "db", primary + 1, write_of(1));
  const Answer& other_shard = rig.send_to_instance(Time{1s}, "db", (primary + 2) % 4, read_of(1));
  rig.run(Time{2s});
  CHECK(right.reply.ok());
  CHECK(read_only.reply.status == Status::error);
  CHECK(other_shard.reply.status == Status::error);
}

TEST_CASE("database outage: nothing is lost or made up while nodes come and go",
          "[models][database][fault][property]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    RandomStream random(RandomKey{seed});
    const std::array<std::string, 3> modes{"async", "semi_sync", "sync"};
    ModelRig rig = rig_of(R"("read_replicas": 2, "shards": 2, "connections": 3, "cores": 2,
                             "pool_timeout": "50ms", "replication": ")" +
                          modes[random.below(3)] + "\"");
    for (std::size_t node = 0; node < 6; ++node) {
      Time at{};
      for (int i = 0; i < 5; ++i) {
        at += Duration{1 + static_cast<Duration::rep>(random.below(2'000'000'000))};
        const Time down = at;
        at += Duration{1 + static_cast<Duration::rep>(random.below(500'000'000))};
        outage(rig, node, down, at, random.below(2) == 0);
      }
    }
    std::uint64_t answered = 0;
    Load load;
    load.to = "db";
    load.per_second = 800;
    load.requests = 8'000;
    load.make = [](RandomStream& draw) {
      const std::uint64_t key = draw.below(50);
      return draw.below(4) == 0 ? write_of(key) : read_of(key);
    };
    load.answered = [&answered](const Request&, const Answer&) { ++answered; };
    rig.add(std::move(load));
    rig.run(Time{60s});  // checks conservation at every instance
    CHECK(answered > 5'000);
    for (std::size_t node = 0; node < 6; ++node) CHECK(rig.instance("db", node).in_flight() == 0);
    const std::uint64_t served = rig.count("db", "reads") + rig.count("db", "writes");
    std::uint64_t ok = 0;
    for (const auto& instance : rig.component("db").instances())
      ok += instance->answers()[Status::ok];
    CHECK(served == ok);
  }
}

}  // namespace
}  // namespace highwater::database
