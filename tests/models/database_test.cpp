// A database in steady state: waits, shares and staleness against their closed forms. A mean over
// several hundred thousand requests is within the tolerance given with a probability that makes a
// failure a fault; seeds are fixed, so a case that passes passes always.

#include "models/database/database.h"

#include <array>
#include <cmath>

#include <catch2/catch.hpp>

#include "models/sharding.h"
#include "tests/support/model_rig.h"

namespace highwater::database::database_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::own_metrics;
using testing::problems_of;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& parameters, Duration duration = 1000s) {
  ModelRig::Options options;
  options.duration = duration;
  return ModelRig({database()}, R"({"db": {"kind": "database", )" + parameters + "}}", options);
}

Load load(
    double per_second, std::uint64_t requests,
    std::function<Request(RandomStream&)> make = [](RandomStream&) { return read_of(0); }) {
  Load load;
  load.to = "db";
  load.per_second = per_second;
  load.requests = requests;
  load.make = std::move(make);
  return load;
}

Request uniform_read(RandomStream& random) {
  return read_of(random.below(1'000'000));
}

TEST_CASE("database: one connection and exponential reads are M/M/1", "[models][database]") {
  ModelRig rig = rig_of(R"("connections": 1, "read_time": {"exponential": "5ms"})", 4000s);
  rig.add(load(100, 390'000));
  rig.run(Time{4000s});
  // rho = 0.5, so the wait is rho / (1 - rho) services and so is the mean number of those in line
  // rho times that.
  const Time from{100s};
  CHECK(rig.value("db", "wait_ms", from) == Approx(5).epsilon(0.03));
  CHECK(rig.value("db", "service_ms", from) == Approx(5).epsilon(0.01));
  CHECK(rig.value("db", "utilization") == Approx(0.5 * 3900 / 4000).epsilon(0.02));
  CHECK(rig.value("db", "queue_length") == Approx(0.5 * 3900 / 4000).epsilon(0.04));
  CHECK(rig.count("db", "reads") == 390'000);
  CHECK(rig.count("db", "writes") == 0);
}

TEST_CASE("database: the pool is the c of M/M/c", "[models][database]") {
  ModelRig rig = rig_of(R"("connections": 4, "write_time": {"exponential": "10ms"})", 1000s);
  rig.add(load(320, 310'000, [](RandomStream&) { return write_of(1); }));
  rig.run(Time{1000s});
  // Erlang C for a = 3.2 Erlang on 4 servers: 0.5964; the wait is C / (c mu - lambda).
  const double a = 3.2;
  const double last = a * a * a * a / 24 * (4 / (4 - a));
  const double c = last / (1 + a + a * a / 2 + a * a * a / 6 + last);
  CHECK(c == Approx(0.5964).epsilon(0.001));
  CHECK(rig.value("db", "wait_ms", Time{50s}) == Approx(c / (400 - 320) * 1000).epsilon(0.04));
  CHECK(rig.count("db", "writes") == 310'000);
}

TEST_CASE("database: cores are shared by the requests at a node", "[models][database]") {
  ModelRig rig = rig_of(R"("connections": 100000, "cores": 2, "read_time": "10ms")", 2000s);
  rig.add(load(120, 230'000));
  rig.run(Time{2000s});
  // Processor sharing at rho = 0.6 on two cores: as many in the system as in M/M/2, 2 rho/(1 -
  // rho^2) = 1.875, whatever the law of the work (insensitivity), hence 15.625 ms each.
  CHECK(rig.value("db", "service_ms", Time{50s}) == Approx(15.625).epsilon(0.02));
  CHECK(rig.value("db", "wait_ms") == 0);
  CHECK(rig.value("db", "cpu_utilization") == Approx(0.6 * 1916.7 / 2000).epsilon(0.01));

  ModelRig unlimited = rig_of(R"("connections": 100000, "read_time": "10ms")", 100s);
  unlimited.add(load(120, 10'000));
  unlimited.run(Time{100s});
  CHECK(unlimited.value("db", "service_ms") == Approx(10).epsilon(1e-9));
}

TEST_CASE("database: read_time and write_time are each their own", "[models][database]") {
  ModelRig rig = rig_of(R"("read_time": "3ms", "write_time": "7ms")");
  const Answer& read = rig.send(Time{1s}, "db", read_of(1));
  const Answer& write = rig.send(Time{1s}, "db", write_of(1));
  rig.run(Time{2s});
  CHECK(read.took() == 3ms);
  CHECK(write.took() == 7ms);

  ModelRig defaults = rig_of(R"("shards": 1)");
  const Answer& default_read = defaults.send(Time{1s}, "db", read_of(1));
  const Answer& default_write = defaults.send(Time{1s}, "db", write_of(1));
  defaults.run(Time{2s});
  CHECK(default_read.took() == 5ms);
  CHECK(default_write.took() == 10ms);
}

TEST_CASE("database: shards hold the keys in equal parts, each on one of them",
          "[models][database]") {
  ModelRig rig = rig_of(R"("shards": 4, "read_replicas": 1, "read_time": "0s")");
  rig.add(load(1000, 100'000, uniform_read));
  rig.run(Time{200s});
  for (std::size_t shard = 0; shard < 4; ++shard) {
    CHECK(rig.instance("db", 2 * shard).received() == 0);
    CHECK(static_cast<double>(rig.instance("db", 2 * shard + 1).received()) ==
          Approx(25'000).margin(700));  // five standard deviations
  }
  ModelRig same = rig_of(R"("shards": 4)");
  for (int i = 0; i < 10; ++i) same.send(Time{1s}, "db", write_of(42));
  same.run(Time{2s});
  std::size_t used = 0;
  for (std::size_t shard = 0; shard < 4; ++shard)
    used += same.instance("db", shard).received() == 10;
  CHECK(used == 1);
}

TEST_CASE("database: `sharding` names the scheme that places the keys", "[models][database]") {
  for (const hashing::SchemeInfo& info : hashing::kSchemes) {
    CAPTURE(info.name);
    const bool range = info.scheme == hashing::Scheme::range;
    ModelRig rig = rig_of(R"("shards": 3, "sharding": ")" + std::string(info.name) + '"' +
                          (range ? R"(, "keys": 60)" : ""));
    const Shards shards(info.scheme, "db", 3, range ? 60 : 0);
    std::array<std::uint64_t, 3> expected{};
    for (std::uint64_t key = 0; key < 60; ++key) {
      rig.send(Time{1s}, "db", write_of(key));
      ++expected.at(shards.of(key));
    }
    rig.run(Time{2s});
    for (std::size_t shard = 0; shard < 3; ++shard)
      CHECK(rig.instance("db", shard).received() == expected[shard]);
  }
}

TEST_CASE("database: a directory gives a big customer a shard for himself", "[models][database]") {
  // Half of the requests are his; all shards hold the others, and his shard few of them.
  const auto busy = [](const std::string& more) {
    ModelRig rig =
        rig_of(R"("shards": 4, "sharding": "range", "keys": 4000, "read_time": "1ms")" + more);
    rig.add(load(100, 50'000, [](RandomStream& random) {
      return read_of(random.uniform() < 0.5 ? 7 : 1000 + random.below(3000));
    }));
    rig.run(Time{1000s});
    std::array<double, 4> rates{};
    for (std::size_t i = 0; i < 4; ++i)
      rates[i] = rig.value("db[" + std::to_string(i) + "]", "throughput_rps") / 50;
    return rates;
  };
  const auto ranges = busy("");
  CHECK(ranges[0] == Approx(0.5).margin(0.01));
  const auto listed = busy(R"(, "directory": [{"from": 7, "to": 8, "shard": 3},
                                              {"from": 3000, "to": 4000, "shard": 0}])");
  CHECK(listed[3] == Approx(0.5).margin(0.01));
  CHECK(listed[0] == Approx(1.0 / 6).margin(0.01));
}

TEST_CASE("database: a directory that contradicts itself is explained", "[models][database]") {
  const auto problems = [](const std::string& directory) {
    return problems_of(database(),
                       R"({"kind": "database", "shards": 2, "directory": [)" + directory + "]}");
  };
  CHECK(problems(R"({"from": 0, "to": 5, "shard": 1}, {"from": 5, "to": 6, "shard": 0})").empty());
  using Catch::Contains;
  CHECK_THAT(problems(R"({"from": 5, "to": 5, "shard": 1})"), Contains("holds no key"));
  CHECK_THAT(problems(R"({"from": 0, "to": 5, "shard": 2})"), Contains("the last one is 1"));
  CHECK_THAT(problems(R"({"from": 0, "to": 5, "shard": 1}, {"from": 4, "to": 6, "shard": 0})"),
             Contains("/directory/1") && Contains("key 4 stands in entry 0 already"));
}

TEST_CASE("database: range sharding needs to know the keys, nothing else does",
          "[models][database][input]") {
  const auto problems = [](const char* more) {
    return testing::problems_of(database(),
                                std::string(R"({"kind": "database", "shards": 2, )") + more + "}");
  };
  CHECK_THAT(problems(R"("sharding": "range")"),
             Catch::Contains("/components/it/keys: is missing"));
  CHECK(problems(R"("sharding": "range", "keys": 10)").empty());
  CHECK_THAT(problems(R"("keys": 10)"), Catch::Contains("is for range sharding alone"));
  CHECK_THAT(problems(R"("sharding": "jmp")"), Catch::Contains("did you mean \"jump\"?"));
  CHECK_THAT(testing::problems_of(database(), R"({"kind": "database", "sharding": "jump"})"),
             Catch::Contains("has no effect on a single shard"));
}

TEST_CASE("database: reads go where `reads` says, writes to the primary", "[models][database]") {
  struct Case {
    std::string reads;
    std::array<std::uint64_t, 3> received;  // 1200 reads and 300 writes
  };
  for (const Case& expected :
       {Case{R"("reads": "primary")", {1500, 0, 0}},
        Case{R"("reads": "replicas")", {300, 600, 600}}, Case{R"("reads": "any")", {700, 400, 400}},
        Case{R"("shards": 1)", {300, 600, 600}}}) {
    CAPTURE(expected.reads);
    ModelRig rig = rig_of(R"("read_replicas": 2, )" + expected.reads);
    rig.add(load(1000, 1200, uniform_read));
    rig.add(load(1000, 300, [](RandomStream& random) { return write_of(random.below(100)); }));
    rig.run(Time{100s});
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(rig.instance("db", i).received() == expected.received[i]);
    CHECK(rig.count("db", "reads") == 1200);
    CHECK(rig.count("db", "writes") == 300);
  }
}

/// 500 reads and 50 writes a second on ten keys, a constant lag of 100 ms.
double stale_share(const std::string& parameters) {
  ModelRig rig = rig_of(R"("connections": 100000, "replication_lag": "100ms", )" + parameters);
  rig.add(load(500, 400'000, [](RandomStream& random) { return read_of(random.below(10)); }));
  rig.add(load(50, 40'000, [](RandomStream& random) { return write_of(random.below(10)); }));
  rig.run(Time{1000s});
  return rig.value("db", "stale_reads");
}

TEST_CASE("database: stale reads are those within the lag of a write to their key",
          "[models][database][costly]") {
  // Commits to a key are a Poisson process of 5 a second: one fell into the last 100 ms with
  // probability 1 - exp(-0.5).
  const double theory = 1 - std::exp(-0.5);
  CHECK(stale_share(R"("read_replicas": 1)") == Approx(theory).epsilon(0.01));
  CHECK(stale_share(R"("read_replicas": 3)") == Approx(theory).epsilon(0.01));
  CHECK(stale_share(R"("read_replicas": 1, "reads": "any")") == Approx(theory / 2).epsilon(0.01));
  CHECK(stale_share(R"("read_replicas": 1, "reads": "primary")") == 0);
  CHECK(stale_share(R"("read_replicas": 0)") == 0);
  // Whoever waits for every replica leaves nothing to miss; a constant lag makes one of them all.
  CHECK(stale_share(R"("read_replicas": 2, "replication": "sync")") == 0);
  CHECK(stale_share(R"("read_replicas": 2, "replication": "semi_sync")") == 0);
}

TEST_CASE("database: semi-synchronous writes leave the slower replicas stale",
          "[models][database]") {
  const auto share = [](const std::string& replication) {
    ModelRig rig = rig_of(R"("connections": 100000, "read_replicas": 2, "replication": ")" +
                          replication + R"(", "replication_lag": {"exponential": "100ms"})");
    rig.add(load(500, 200'000, [](RandomStream& random) { return read_of(random.below(10)); }));
    rig.add(load(20, 8'000, [](RandomStream& random) { return write_of(random.below(10)); }));
    rig.run(Time{500s});
    return rig.value("db", "stale_reads");
  };
  const double async = share("async");
  const double semi_sync = share("semi_sync");
  CHECK(semi_sync > 0.05);
  CHECK(semi_sync < 0.8 * async);
  CHECK(share("sync") == 0);
}

TEST_CASE("database: a write takes as long as the replicas it waits for", "[models][database]") {
  const auto write_ms = [](const std::string& replication) {
    ModelRig rig = rig_of(R"("read_replicas": 2, "write_time": "10ms", "replication": ")" +
                              replication + R"(", "replication_lag": {"exponential": "20ms"})",
                          200'000s);
    rig.add(load(0.2, 39'000, [](RandomStream&) { return write_of(1); }));
    rig.run(Time{200'000s});
    CHECK(rig.value("db", "replication_lag_ms") == Approx(20).epsilon(0.02));
    return rig.value("db", "service_ms");
  };
  // The lesser of two exponentials of mean 20 ms has mean 10 ms, the greater 30 ms.
  CHECK(write_ms("async") == Approx(10).epsilon(1e-9));
  CHECK(write_ms("semi_sync") == Approx(20).epsilon(0.02));
  CHECK(write_ms("sync") == Approx(40).epsilon(0.02));
}

TEST_CASE("database: replies say which reads were stale", "[models][database]") {
  ModelRig rig = rig_of(R"("read_replicas": 1, "replication_lag": "1s", "read_time": "1ms")");
  rig.send(Time{0s}, "db", write_of(7));
  const Answer& before = rig.send(Time{5ms}, "db", read_of(7));
  const Answer& after = rig.send(Time{500ms}, "db", read_of(7));
  const Answer& other = rig.send(Time{500ms}, "db", read_of(8));
  // Its snapshot is older than the application of the write at 1.01 s, its answer is not.
  const Answer& across = rig.send(Time{1009'500us}, "db", read_of(7));
  const Answer& late = rig.send(Time{1011ms}, "db", read_of(7));
  rig.run(Time{2s});
  CHECK_FALSE(before.reply.stale);
  CHECK(after.reply.stale);
  CHECK_FALSE(other.reply.stale);
  CHECK(across.reply.stale);
  CHECK_FALSE(late.reply.stale);
  CHECK(rig.value("db", "stale_reads") == Approx(2.0 / 5));
  CHECK(rig.value("db[1]", "stale_reads") == Approx(2.0 / 5));
  CHECK(rig.value("db", "replication_lag_ms") == Approx(1000));
}

TEST_CASE("database: who waits too long for a connection is rejected", "[models][database]") {
  const std::string slow = R"("connections": 1, "read_time": "1s")";
  ModelRig patient = rig_of(slow);
  ModelRig hasty = rig_of(slow + R"(, "pool_timeout": "1500ms")");
  std::array<const Answer*, 3> waited{}, left{};
  for (std::size_t i = 0; i < 3; ++i) {
    waited[i] = &patient.send(Time{1s}, "db", read_of(i));
    left[i] = &hasty.send(Time{1s}, "db", read_of(i));
  }
  patient.run(Time{10s});
  hasty.run(Time{10s});
  CHECK(waited[2]->reply.ok());
  CHECK(waited[2]->took() == 3s);
  CHECK(patient.count("db", "pool_timeouts") == 0);
  CHECK(left[1]->reply.ok());
  CHECK(left[1]->took() == 2s);
  CHECK(left[2]->reply.status == Status::rejected);
  CHECK(left[2]->took() == 1500ms);
  CHECK(hasty.count("db", "pool_timeouts") == 1);
  CHECK(hasty.metric("db", "errors").causes.at("rejected") == 1);

  ModelRig none = rig_of(slow + R"(, "pool_timeout": "0s")");
  none.send(Time{1s}, "db", read_of(0));
  const Answer& at_once = none.send(Time{1s}, "db", read_of(1));
  none.run(Time{10s});
  CHECK(at_once.reply.status == Status::rejected);
  CHECK(at_once.took() == 0s);
}

TEST_CASE("database: the nodes of a shard are in different zones, and the primaries too",
          "[models][database]") {
  const auto zones_of = [](const std::string& parameters) {
    ModelRig::Options options;
    options.network.zones = {"a", "b"};
    ModelRig rig(
        {database()},
        R"({"db": {"kind": "database", "shards": 2, "read_replicas": 1)" + parameters + "}}",
        options);
    std::vector<Zone> zones;
    for (std::size_t i = 0; i < 4; ++i) zones.push_back(rig.instance("db", i).zone());
    return zones;
  };
  CHECK(zones_of("") == std::vector<Zone>{0, 1, 1, 0});
  CHECK(zones_of(R"(, "zones": ["b"])") == std::vector<Zone>{1, 1, 1, 1});
}

TEST_CASE("database: a call over the network takes its delay twice", "[models][database]") {
  ModelRig::Options options;
  options.network.same_zone = Distribution::constant(2ms);
  ModelRig rig({database()}, R"({"db": {"kind": "database", "read_time": "5ms"}})", options);
  const Answer& answer = rig.send(Time{1s}, "db", read_of(1));
  rig.run(Time{2s});
  CHECK(answer.took() == 9ms);
}

TEST_CASE("database: same seed, same answers, another seed - others", "[models][database]") {
  const auto mean = [](std::uint64_t seed) {
    ModelRig::Options options;
    options.seed = seed;
    ModelRig rig({database()},
                 R"({"db": {"kind": "database", "connections": 2, "read_replicas": 1,
                            "read_time": {"lognormal": {"mean": "8ms", "p99": "60ms"}}}})",
                 options);
    rig.add(load(100, 5'000, uniform_read));
    rig.run(Time{100s});
    return rig.value("db", "wait_ms");
  };
  CHECK(mean(1) == mean(1));
  CHECK(mean(1) != mean(2));
}

TEST_CASE("database: every fault in the parameters is told at once", "[models][database][input]") {
  const std::string text = testing::problems_of(database(), R"({
    "kind": "database", "shards": 0, "read_replicas": 101, "replication": "asinc",
    "reads": "replica", "connections": 0, "cores": 0, "pool_timeout": 5, "read_time": "5",
    "write_time": {"exponential": "-1ms"}, "replication_lag": "10", "start_time": "soon",
    "zones": "a", "sharding": "modulus"})");
  CAPTURE(text);
  for (const char* expected :
       {"/components/it/shards", "/components/it/read_replicas", "/components/it/replication",
        "did you mean \"async\"", "/components/it/reads", "did you mean \"replicas\"",
        "/components/it/connections", "/components/it/cores", "/components/it/pool_timeout",
        "/components/it/read_time", "/components/it/write_time", "/components/it/replication_lag",
        "/components/it/start_time", "/components/it/zones", "sharding"})
    CHECK(text.find(expected) != std::string::npos);

  CHECK(testing::problems_of(database(), R"({"kind": "database"})").empty());
  CHECK(testing::problems_of(database(), R"({"kind": "database", "read_replicas": 1,
                                             "replication": "sync"})")
            .empty());
  const std::string warning =
      testing::problems_of(database(), R"({"kind": "database", "replication": "sync"})");
  CHECK(warning.find("/components/it/replication") != std::string::npos);
  CHECK(warning.find("without read_replicas") != std::string::npos);
}

bool measures(ModelRig& rig, const std::string& metric) {
  try {
    rig.metric("db", metric);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

TEST_CASE("database: every metric that is listed is measured", "[models][database]") {
  // By one of the engines: none has them all.
  ModelRig sql = rig_of(R"("read_replicas": 1, "failover": "lease", "storage": {"rows": 10},
                              "locks": {}, "missing": "1%", "conflict": "1%",
                              "session": "read_your_writes",
                              "reshard": {"at": "1s", "shards": 2, "keys": 10})");
  ModelRig cassandra = rig_of(R"("cassandra": {})");
  ModelRig dynamodb = rig_of(R"("dynamodb": {})");
  for (ModelRig* rig : {&sql, &cassandra, &dynamodb}) {
    rig->send(Time{1s}, "db", read_of(1));
    rig->run(Time{2s});
  }
  for (const MetricInfo& metric : own_metrics(database())) {
    CAPTURE(metric.name);
    const bool measured = measures(sql, metric.name) || measures(cassandra, metric.name) ||
                          measures(dynamodb, metric.name);
    CHECK(measured);
  }
}

}  // namespace
}  // namespace highwater::database::database_test
