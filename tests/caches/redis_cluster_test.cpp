// A cache as a Redis Cluster: replicas, failover and what it loses, and how clients find out.

#include "models/cache/redis_cluster.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/redis_cluster.h"
#include "models/cache/cache_client.h"
#include "models/cache/redis_cluster_params.h"
#include "models/sharding.h"
#include "tests/caches/caches_rig.h"

namespace highwater::cache {
namespace {

/// Three masters, two service instances that pass reads and writes on; beside it the rig's own
/// client.
struct Cluster {
  explicit Cluster(const std::string& cluster = R"("node_timeout": "2s")",
                   const std::string& parameters = "", std::uint64_t seed = 1)
      : rig({cache(), service::service()},
            R"({
          "cache": {"kind": "cache", "replicas": 3, "cluster": {)" +
                cluster + "}" + parameters +
                R"(},
          "api": {"kind": "service", "replicas": 2, "workers": 100000, "endpoints": {
            "GET /": [{"call": "cache"}],
            "PUT /": [{"call": "cache", "op": "write"}]}}})",
            options_of(seed)) {
    get = rig.world().symbols.intern("GET /");
  }
  static ModelRig::Options options_of(std::uint64_t seed) {
    ModelRig::Options options;
    options.duration = 200s;
    options.seed = seed;
    return options;
  }
  void kill(Duration at, std::size_t node, bool silent = false) {
    rig.at(Time{at}, [this, node, silent] { rig.instance("cache", node).kill(silent); });
  }
  void revive(Duration at, std::size_t node) {
    rig.at(Time{at}, [this, node] { rig.instance("cache", node).revive(); });
  }
  const Answer& read(Duration at, std::uint64_t key) {
    return rig.send(Time{at}, "cache", read_of(key));
  }
  const Answer& write(Duration at, std::uint64_t key) {
    return rig.send(Time{at}, "cache", write_of(key));
  }
  std::uint64_t count(const char* metric) { return rig.count("cache", metric); }

  Symbol get = kNoSymbol;
  ModelRig rig;
};

/// The first keys of a shard.
std::vector<std::uint64_t> keys_of(std::size_t shard, std::size_t count) {
  const Shards shards(hashing::Scheme::redis_slot, "cache", 3);
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 0; keys.size() < count; ++key)
    if (shards.of(key) == shard) keys.push_back(key);
  return keys;
}

TEST_CASE("redis cluster: keys are with the masters that have their slots", "[caches]") {
  Cluster cluster;
  for (std::uint64_t key = 0; key < 300; ++key) cluster.write(1s, key);
  cluster.rig.run(Time{2s});
  const std::vector<hashing::Target> targets{{"cache-0"}, {"cache-1"}, {"cache-2"}};
  const hashing::RedisSlots slots(targets);
  std::vector<std::uint64_t> expected(6);
  for (std::uint64_t key = 0; key < 300; ++key) ++expected[2 * *slots.lookup(std::to_string(key))];
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(cluster.rig.instance("cache", i).received() == expected[i]);
  CHECK(cluster.count("redirects") == 0);
}

TEST_CASE("redis cluster: a shard is away for as long as the specification says", "[caches]") {
  // Asked every 10 ms. Half a node timeout until a ping is sent, a node timeout until it has
  // failed, 500 ms to 1 s until its replica asks for votes; the rounds of looking around are 100 ms
  // apart.
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    Cluster cluster(R"("node_timeout": "2s", "require_full_coverage": false)", "", seed);
    const std::uint64_t key = keys_of(0, 1).front();
    const std::uint64_t other = keys_of(1, 1).front();
    cluster.write(1s, key);
    cluster.write(1s, other);
    const Duration death = 10s + seed * 170ms;
    cluster.kill(death, 0);
    std::vector<const Answer*> answers;
    std::vector<const Answer*> others;
    for (Duration at = 10s; at < 20s; at += 10ms) {
      answers.push_back(&cluster.read(at, key));
      others.push_back(&cluster.read(at, other));
    }
    cluster.rig.run(Time{20s});
    Duration last_failed{};
    for (const Answer* answer : answers)
      if (!answer->reply.ok()) {
        CHECK(answer->reply.status == Status::unavailable);
        last_failed = answer->sent - Time{death};
      } else {
        CHECK(answer->reply.hit);
      }
    CHECK(last_failed >= 2s + 500ms);
    CHECK(last_failed <= 2s + 1s + 1s + 400ms);
    CHECK(cluster.count("failovers") == 1);
    CHECK(cluster.rig.value("cache", "failover_ms") ==
          Approx(static_cast<double>(last_failed.count()) * 1e-6).margin(15));
    for (const Answer* answer : others) CHECK(answer->reply.hit);
  }
}

TEST_CASE(
    "redis cluster: with full coverage required all shards refuse until there is a new master",
    "[caches]") {
  for (const bool required : {true, false}) {
    Cluster cluster(R"("node_timeout": "2s", "require_full_coverage": )" +
                    std::string(required ? "true" : "false"));
    const std::uint64_t other = keys_of(1, 1).front();
    cluster.write(1s, other);
    cluster.kill(10s, 0);
    Duration refused{};
    std::vector<const Answer*> answers;
    for (Duration at = 10s; at < 20s; at += 10ms) answers.push_back(&cluster.read(at, other));
    cluster.rig.run(Time{20s});
    for (const Answer* answer : answers)
      if (!answer->reply.ok()) {
        CHECK(answer->reply.status == Status::rejected);
        refused += 10ms;
      }
    CHECK((cluster.count("cluster_down") > 0) == required);
    // From FAIL to the new master.
    if (required) {
      CHECK(refused >= 500ms);
      CHECK(refused <= 1300ms);
    } else {
      CHECK(refused == 0s);
    }
  }
}

TEST_CASE("redis cluster: without replicas a shard stays away until it is back, and empty",
          "[caches]") {
  Cluster cluster(
      R"("replicas_per_shard": 0, "node_timeout": "2s", "require_full_coverage": false)");
  const std::uint64_t key = keys_of(1, 1).front();
  cluster.write(1s, key);
  cluster.kill(10s, 1);
  cluster.revive(60s, 1);
  const Answer& away = cluster.read(50s, key);
  const Answer& back = cluster.read(70s, key);
  cluster.rig.run(Time{80s});
  CHECK(away.reply.status == Status::unavailable);
  CHECK(back.reply.ok());
  CHECK_FALSE(back.reply.hit);
  CHECK(cluster.count("failovers") == 0);
}

TEST_CASE("redis cluster: what a master had not sent is lost: rate times lag", "[caches]") {
  Cluster cluster(R"("node_timeout": "2s", "replication_lag": "50ms")");
  const std::vector<std::uint64_t> keys = keys_of(0, 1000);
  // A key each millisecond, until the death: the last 50 are lost.
  for (std::size_t i = 0; i < keys.size(); ++i)
    cluster.write(9s + static_cast<int>(i) * 1ms, keys[i]);
  cluster.kill(9s + 999'500us, 0);
  std::vector<const Answer*> answers;
  for (const std::uint64_t key : keys) answers.push_back(&cluster.read(30s, key));
  cluster.rig.run(Time{40s});
  CHECK(cluster.count("failover_lost_writes") == 50);
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(answers[i]->reply.hit == (i < 950));
}

TEST_CASE("redis cluster: a lost deletion leaves the old entry", "[caches]") {
  Cluster cluster(R"("node_timeout": "2s", "replication_lag": "50ms")");
  const std::uint64_t key = keys_of(0, 1).front();
  cluster.write(1s, key);
  cluster.rig.send(Time{9980ms}, "cache", delete_of(key));
  cluster.kill(10s, 0);
  const Answer& old = cluster.read(30s, key);
  cluster.rig.run(Time{40s});
  CHECK(old.reply.hit);
  CHECK(cluster.count("failover_lost_writes") == 1);
}

TEST_CASE("redis cluster: every process is redirected once for every shard that moved",
          "[caches]") {
  Cluster cluster(R"("node_timeout": "2s", "require_full_coverage": false)");
  const std::uint64_t first = keys_of(0, 1).front();
  const std::uint64_t second = keys_of(1, 1).front();
  const auto all_ask = [&](Duration at, std::uint64_t key) {
    cluster.read(at, key);
    for (std::size_t i : {0u, 1u})
      cluster.rig.send_to_instance(Time{at}, "api", i, read_of(key, cluster.get));
  };
  // Three processes have their maps before anything moves.
  all_ask(1s, first);
  cluster.kill(10s, 0);
  cluster.revive(20s, 0);  // a replica from now on: it says where to go
  all_ask(30s, first);
  all_ask(31s, first);
  all_ask(31s, second);
  cluster.kill(40s, 2);
  cluster.revive(50s, 2);
  all_ask(60s, second);
  all_ask(61s, second);
  all_ask(61s, first);
  cluster.rig.run(Time{80s});
  CHECK(cluster.count("failovers") == 2);
  CHECK(cluster.count("redirects") == 3 * 2);
}

TEST_CASE("redis cluster: a redirect costs one more round trip", "[caches]") {
  ModelRig::Options options;
  options.network.same_zone = Distribution::constant(5ms);
  ModelRig rig({cache()}, R"({"cache": {"kind": "cache", "replicas": 3,
                              "cluster": {"node_timeout": "2s"}}})",
               options);
  const std::uint64_t key = keys_of(0, 1).front();
  const Answer& before = rig.send(Time{1s}, "cache", read_of(key));
  rig.at(Time{10s}, [&] { rig.instance("cache", 0).kill(false); });
  rig.at(Time{20s}, [&] { rig.instance("cache", 0).revive(); });
  const Answer& redirected = rig.send(Time{30s}, "cache", read_of(key));
  const Answer& after = rig.send(Time{31s}, "cache", read_of(key));
  rig.run(Time{40s});
  CHECK(before.took() == 10ms);
  CHECK(redirected.took() == 20ms);
  CHECK(after.took() == 10ms);
}

TEST_CASE("redis cluster: clients try again as often as they are told", "[caches]") {
  for (const std::uint64_t most : {0u, 3u}) {
    Cluster cluster(
        R"("replicas_per_shard": 0, "require_full_coverage": false, "max_redirects": )" +
        std::to_string(most));
    const std::uint64_t key = keys_of(0, 1).front();
    cluster.read(1s, key);
    cluster.kill(2s, 0);
    const Answer& answer = cluster.read(3s, key);
    cluster.rig.run(Time{5s});
    CHECK(answer.reply.status == Status::unavailable);
    std::uint64_t messages = 0;
    for (std::size_t i = 0; i < 3; ++i) messages += cluster.rig.instance("cache", i).received();
    CHECK(messages == 1 + 1 + most);
  }
}

TEST_CASE("redis cluster: a silent death is found out by the socket's timeout", "[caches]") {
  for (const char* timeout : {"100ms", "30s"}) {
    Cluster cluster(R"("node_timeout": "2s", "socket_timeout": ")" + std::string(timeout) + "\"");
    const std::uint64_t key = keys_of(0, 1).front();
    cluster.write(1s, key);
    cluster.kill(10s, 0, true);
    const Answer& slow = cluster.read(20s, key);
    const Answer& quick = cluster.read(22s, key);
    cluster.rig.run(Time{25s});
    const bool learns = timeout[0] == '1';
    CHECK(slow.answered == learns);
    CHECK(quick.answered == learns);
    if (!learns) continue;
    CHECK(slow.reply.hit);
    CHECK(slow.took() == 100ms);
    CHECK(quick.took() == 0s);  // its map is new
  }
}

TEST_CASE("redis cluster: a caller that gives up does not keep its client from learning",
          "[caches]") {
  Cluster cluster(R"("node_timeout": "2s", "socket_timeout": "1s")");
  const std::uint64_t key = keys_of(0, 1).front();
  cluster.write(1s, key);
  cluster.kill(10s, 0, true);
  const Answer& given_up =
      cluster.rig.send(Time{20s}, "cache", read_of(key), testing::timeout_of(100ms));
  const Answer& later = cluster.read(22s, key);
  cluster.rig.run(Time{25s});
  CHECK(given_up.reply.status == Status::timeout);
  CHECK(later.reply.hit);
  CHECK(later.took() == 0s);
}

TEST_CASE("redis cluster: reads from replicas are as old as the lag", "[caches]") {
  Cluster cluster(R"("read_from": "replica", "replicas_per_shard": 2, "replication_lag": "100ms")");
  const std::uint64_t key = keys_of(0, 1).front();
  cluster.write(1s, key);
  const Answer& missing = cluster.read(1050ms, key);
  const Answer& there = cluster.read(1150ms, key);
  cluster.write(2s, key);
  const Answer& stale = cluster.read(2050ms, key);
  const Answer& fresh = cluster.read(2150ms, key);
  for (int i = 0; i < 400; ++i) cluster.read(3s + i * 1ms, key);
  cluster.kill(4s, 1);
  cluster.kill(4s, 2);
  const Answer& master = cluster.read(5s, key);
  cluster.rig.run(Time{6s});
  CHECK_FALSE(missing.reply.hit);
  CHECK(there.reply.hit);
  CHECK_FALSE(there.reply.stale);
  CHECK(stale.reply.hit);
  CHECK(stale.reply.stale);
  CHECK_FALSE(fresh.reply.stale);
  CHECK(master.reply.hit);
  CHECK(cluster.rig.instance("cache", 1).received() > 150);
  CHECK(cluster.rig.instance("cache", 2).received() > 150);
  CHECK(cluster.rig.instance("cache", 0).received() <= 4);
}

TEST_CASE("redis cluster: a master that is back in time takes its replicas' data away",
          "[caches]") {
  // Without persistence it is empty, and they copy it; with an append-only file it has everything.
  for (const bool persists : {false, true}) {
    Cluster cluster(R"("node_timeout": "15s")",
                    persists ? R"(, "restore": {"append_only": {"fsync": "0s"}})" : "");
    const std::uint64_t key = keys_of(0, 1).front();
    cluster.write(1s, key);
    cluster.kill(10s, 0);
    cluster.revive(11s, 0);
    cluster.kill(40s, 0);  // for good: its replica leads
    const Answer& answer = cluster.read(90s, key);
    cluster.rig.run(Time{100s});
    CHECK(answer.reply.ok());
    CHECK(answer.reply.hit == persists);
    CHECK(cluster.count("failovers") == 1);
  }
}

TEST_CASE("redis cluster: an old master copies the new one", "[caches]") {
  Cluster cluster;
  const std::vector<std::uint64_t> keys = keys_of(0, 2);
  cluster.write(1s, keys[0]);
  cluster.kill(10s, 0);
  cluster.write(25s, keys[1]);
  cluster.revive(30s, 0);
  cluster.kill(50s, 1);
  const Answer& old = cluster.read(80s, keys[0]);
  const Answer& newer = cluster.read(80s, keys[1]);
  cluster.rig.run(Time{90s});
  CHECK(cluster.count("failovers") == 2);
  CHECK(cluster.count("failover_lost_writes") == 0);
  CHECK(old.reply.hit);
  CHECK(newer.reply.hit);
}

TEST_CASE("redis cluster: evictions of the master are its replicas' too", "[caches]") {
  Cluster cluster(R"("node_timeout": "2s")", R"(, "capacity": 2)");
  const std::vector<std::uint64_t> keys = keys_of(0, 3);
  cluster.write(1s, keys[0]);
  cluster.write(2s, keys[1]);
  cluster.read(3s, keys[0]);
  cluster.write(4s, keys[2]);  // keys[1] leaves, which a replica that saw no reads would keep
  cluster.kill(10s, 0);
  const Answer& used = cluster.read(20s, keys[0]);
  const Answer& evicted = cluster.read(20s, keys[1]);
  cluster.rig.run(Time{30s});
  CHECK(used.reply.hit);
  CHECK_FALSE(evicted.reply.hit);
}

TEST_CASE("redis cluster: prefilled keys are at the replicas as well", "[caches]") {
  Cluster cluster(R"("node_timeout": "2s")", R"(, "prefill": 100)");
  const std::uint64_t key = keys_of(0, 1).front();
  cluster.kill(1s, 0);
  const Answer& answer = cluster.read(20s, key);
  cluster.rig.run(Time{30s});
  CHECK(answer.reply.hit);
}

TEST_CASE("redis cluster: hot keys have copies on several shards", "[caches]") {
  Cluster cluster(R"("node_timeout": "2s")",
                  R"(, "hot_keys": {"share": "50%", "window": "1s", "copies": 3})");
  for (int i = 0; i < 300; ++i) cluster.read(1s + i * 10ms, 1);
  const Answer& write = cluster.write(4100ms, 1);
  for (int i = 0; i < 50; ++i) cluster.read(4200ms + i * 10ms, 1);
  cluster.rig.run(Time{5s});
  CHECK(write.reply.ok());
  for (std::size_t master : {0u, 2u, 4u})
    CHECK(cluster.rig.instance("cache", master).received() > 40);
  CHECK(cluster.count("hits") == 50);
  CHECK(cluster.count("redirects") == 0);
}

TEST_CASE("redis cluster: whatever dies, every call ends and all agree in the end", "[caches]") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Cluster cluster(R"("node_timeout": "1s", "socket_timeout": "200ms", "read_from": "replica")",
                    R"(, "capacity": 50, "restore": "snapshot")", seed);
    const auto any = [&](RandomStream& random) {
      Request request = read_of(random.below(300));
      request.operation = random.uniform() < 0.3   ? Operation::write
                          : random.uniform() < 0.1 ? Operation::remove
                                                   : Operation::read;
      return request;
    };
    std::uint64_t answered = 0;
    for (const char* to : {"cache", "api"}) {
      Load load = load_of(to, 100, 80s, [&, api = to[0] == 'a'](RandomStream& random) {
        Request request = any(random);
        if (api) request = read_of(request.key, cluster.get);
        return request;
      });
      load.answered = [&](const Request&, const Answer&) { ++answered; };
      cluster.rig.add(std::move(load));
    }
    RandomStream random(seed, "test", "deaths");
    std::vector<char> dead(8);
    for (Duration at = 2s; at < 90s; at += Duration{500ms} + random.below(2000) * 1ms) {
      const std::size_t which = random.below(8);  // the last two are the service's
      const bool silent = random.below(2) == 0;
      const char* id = which < 6 ? "cache" : "api";
      cluster.rig.at(Time{at}, [&cluster, &dead, which, silent, id] {
        Instance& instance = cluster.rig.instance(id, which < 6 ? which : which - 6);
        if (dead[which] != 0)
          instance.revive();
        else
          instance.kill(silent && which < 6);
        dead[which] = !dead[which];
      });
    }
    cluster.rig.at(Time{100s}, [&] {
      for (std::size_t i = 0; i < 8; ++i)
        if (dead[i] != 0) cluster.rig.instance(i < 6 ? "cache" : "api", i < 6 ? i : i - 6).revive();
    });
    std::vector<const Answer*> last;
    for (std::uint64_t key = 0; key < 30; ++key) last.push_back(&cluster.read(140s, key));
    cluster.rig.run(Time{150s});
    for (const Answer* answer : last) CHECK(answer->reply.ok());
    CHECK(answered == 16'000);
  }
}

TEST_CASE("redis cluster: partitioned from each other all refuse, and recover", "[caches]") {
  Cluster cluster;
  const std::uint64_t key = keys_of(0, 1).front();
  cluster.write(1s, key);
  cluster.rig.fault(faults::partition(),
                    R"({"at": "10s", "for": "20s", "partition": "cache -> cache"})");
  const Answer& before = cluster.read(11s, key);
  const Answer& cut = cluster.read(25s, key);
  const Answer& healed = cluster.read(60s, key);
  cluster.rig.run(Time{70s});
  CHECK(before.reply.hit);
  CHECK(cut.reply.status == Status::rejected);
  CHECK(healed.reply.hit);
  CHECK(cluster.count("failovers") == 0);
}

TEST_CASE("redis cluster: what is wrong is said", "[caches]") {
  const auto problems = [](const std::string& parameters) {
    return testing::problems_of(cache(), R"({"kind": "cache", )" + parameters + "}");
  };
  CHECK(problems(R"("replicas": 3, "cluster": {})").empty());
  CHECK(problems(R"("replicas": 3, "sharding": "redis_slot", "cluster": {})").empty());
  CHECK(problems(R"("replicas": 2, "cluster": {})").find("3 masters") != std::string::npos);
  CHECK(problems(R"("replicas": 100, "cluster": {})").find("more than 128") != std::string::npos);
  CHECK(problems(R"("replicas": 3, "cluster": {"node_timeout": "0s"})").find("node_timeout") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 3, "sharding": "ketama", "cluster": {})").find("redis_slot") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 3, "origin": "db", "cluster": {})").find("beside the data") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 3, "membership": {"swim": {}}, "cluster": {})").find("own") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 3, "routing": "nearest", "cluster": {})").find("slot") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 3, "ttl": "1s", "expiry": "sliding", "cluster": {})")
            .find("not simulated") != std::string::npos);
  CHECK(problems(R"("replicas": 3, "cluster": {"replicas_per_shard": 0, "read_from": "replica"})")
            .find("no replicas") != std::string::npos);
}

}  // namespace
}  // namespace highwater::cache
