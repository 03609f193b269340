// Faults of caches: emptied, expired together, lost.

#include <set>

#include "models/cache/cache.h"
#include "models/faults/store_faults.h"
#include "models/service/service.h"
#include "tests/faults/stores_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults::caches_test {
namespace {

using Catch::Contains;
using testing::sink;
using testing::SinkLog;

/// A cache beside the data.
struct Bench {
  explicit Bench(const std::string& more = "") : rig({cache::cache()}, text(more)) {}
  static std::string text(const std::string& more) {
    return R"({"touched": {"kind": "cache", "service_time": "0s")" + more + "}}";
  }
  void fill(Duration at, std::uint64_t keys) {
    for (std::uint64_t key = 0; key < keys; ++key) rig.send(Time{at}, "touched", write_of(key));
  }
  std::vector<const Answer*> look(Duration at, std::uint64_t keys) {
    std::vector<const Answer*> answers;
    for (std::uint64_t key = 0; key < keys; ++key)
      answers.push_back(&rig.send(Time{at}, "touched", read_of(key)));
    return answers;
  }

  ModelRig rig;
};

std::size_t hits(const std::vector<const Answer*>& answers) {
  std::size_t sum = 0;
  for (const Answer* answer : answers) sum += answer->reply.hit;
  return sum;
}

TEST_CASE("flush: all of it, or the same share under every policy", "[faults][costly]") {
  for (const char* policy :
       {"lru", "fifo", "clock", "sieve", "lfu", "arc", "two_queue", "slru", "s3_fifo", "w_tinylfu",
        "redis_lru", "redis_lfu", "redis_volatile_ttl", "memcached", "random", "worst"}) {
    CAPTURE(policy);
    Bench bench(std::string(R"(, "capacity": 5000, "ttl": "1h", "policy": ")") + policy + '"');
    bench.rig.fault(flush(), R"({"flush": "touched", "at": "2s", "fraction": "30%"})");
    bench.rig.fault(flush(), R"({"flush": "touched", "at": "4s"})");
    bench.fill(1s, 4000);
    const auto some = bench.look(3s, 4000);
    const auto none = bench.look(5s, 4000);
    bench.fill(6s, 4000);  // what is left of the policy still works
    const auto all = bench.look(7s, 4000);
    bench.rig.run(Time{10s});
    CHECK(hits(some) == Approx(2800).margin(4 * 29));
    CHECK(hits(none) == 0);
    CHECK(hits(all) > 3000);  // some policies put newcomers to the test
  }
}

TEST_CASE("flush: one node alone, named in the log with what it had", "[faults]") {
  Bench bench(R"(, "replicas": 4)");
  bench.rig.fault(flush(), R"({"flush": "touched[1]", "at": "2s"})");
  bench.fill(1s, 400);
  const auto after = bench.look(3s, 400);
  bench.rig.run(Time{10s});
  CHECK(hits(after) == Approx(300).margin(20));
  CHECK(bench.rig.happenings()[0].text ==
        "flush touched[1]: " + std::to_string(400 - hits(after)) + " entries");
}

TEST_CASE("flush: replicas follow it with their lag, and refuse it themselves", "[faults]") {
  const auto after = [](const std::string& target) {
    Bench bench(R"(, "replicas": 3, "cluster": {"replicas_per_shard": 1, "read_from": "replica",
                   "replication_lag": "1s"})");
    bench.rig.fault(flush(), R"({"flush": ")" + target + R"(", "at": "10s"})");
    bench.fill(1s, 400);
    const auto soon = bench.look(10500ms, 400);
    const auto late = bench.look(12s, 400);
    bench.rig.run(Time{20s});
    return std::pair{hits(soon), hits(late)};
  };
  CHECK(after("touched") == std::pair{std::size_t{400}, std::size_t{0}});
  CHECK(after("touched[1]") == std::pair{std::size_t{400}, std::size_t{400}});
}

TEST_CASE("flush: what is saved is flushed with it, what is lost is not", "[faults]") {
  const auto after_restart = [](const FaultKind& kind, const std::string& fault) {
    Bench bench(R"(, "restore": {"append_only": {"fsync": "0s"}})");
    bench.rig.fault(kind, fault);
    bench.fill(1s, 100);
    const auto before = bench.look(3s, 100);
    bench.rig.at(Time{4s}, [&] { bench.rig.instance("touched", 0).kill(false); });
    bench.rig.at(Time{5s}, [&] { bench.rig.instance("touched", 0).revive(); });
    const auto after = bench.look(20s, 100);
    bench.rig.run(Time{30s});
    CHECK(hits(before) == 0);
    return hits(after);
  };
  CHECK(after_restart(flush(), R"({"flush": "touched", "at": "2s"})") == 0);
  CHECK(after_restart(lose_data(), R"({"lose_data": "touched", "at": "2s"})") == 100);
}

TEST_CASE("flush: the local tiers of a service", "[faults]") {
  ModelRig rig({cache::cache(), service::service()}, R"({
    "touched": {"kind": "cache", "service_time": "1ms"},
    "api": {"kind": "service", "replicas": 2, "workers": 100, "endpoints": {"*": [
      {"cache": "touched", "local": {"ttl": "1h"}, "miss": [{"wait": "10ms"}]}]}}})");
  rig.fault(flush(), R"({"flush": "api[0]", "at": "10s"})");
  std::vector<const Answer*> last;
  for (int i = 0; i < 4; ++i)
    for (int second : {1, 5, 15}) {
      const Answer& answer = rig.send_to_instance(Time{second * 1s + i * 100ms}, "api",
                                                  static_cast<std::size_t>(i % 2), read_of(7));
      if (second == 15) last.push_back(&answer);
    }
  rig.run(Time{20s});
  CHECK(last[0]->took() == 1ms);  // from the shared cache
  CHECK(last[1]->took() == 0ms);
  CHECK(last[2]->took() == 0ms);
}

TEST_CASE("herd: entries end together, once and again while it lasts", "[faults]") {
  Bench bench(R"(, "ttl": "100s", "ttl_jitter": "50%")");
  bench.rig.fault(herd(), R"({"herd": "touched", "at": "120s", "for": "200s"})");
  bench.fill(100s, 100);
  const auto before = bench.look(119s, 100);
  const auto gone = bench.look(120500ms, 100);
  for (std::uint64_t key = 0; key < 100; ++key)  // stored over half a minute
    bench.rig.send(Time{150s + Duration{300ms} * key}, "touched", write_of(key));
  const auto kept = bench.look(219s, 100);
  const auto again = bench.look(221s, 100);
  bench.fill(400s, 100);
  const auto jittered = bench.look(475s, 100);
  bench.rig.run(Time{900s});
  CHECK(hits(before) == 100);
  CHECK(hits(gone) == 0);
  CHECK(hits(kept) == 100);
  CHECK(hits(again) == 0);
  CHECK(hits(jittered) == Approx(50).margin(20));
}

TEST_CASE("herd: what has expired may still be served while it is fetched anew", "[faults]") {
  SinkLog log;
  log.react = [](const testing::Received&) { return testing::Reaction{10ms}; };
  ModelRig rig({cache::cache(), sink(log)},
               R"({"it": {"kind": "sink"}, "touched": {"kind": "cache", "service_time": "0s",
                   "origin": "it", "ttl": "1h", "stale_while_revalidate": "10s"}})");
  rig.fault(herd(), R"({"herd": "touched", "at": "10s", "for": "1s"})");
  rig.send(Time{1s}, "touched", read_of(1));
  const Answer& stale = rig.send(Time{11s}, "touched", read_of(1));
  const Answer& fresh = rig.send(Time{12s}, "touched", read_of(1));
  rig.run(Time{20s});
  CHECK(stale.reply.hit);
  CHECK(stale.took() == 0ms);
  CHECK(fresh.reply.hit);
  CHECK(log.size() == 2);
  CHECK(rig.count("touched", "stale_served") == 1);
}

TEST_CASE("lose_data: a share of a node's entries, and its replicas keep theirs", "[faults]") {
  Bench bench(R"(, "replicas": 3, "cluster": {"replicas_per_shard": 1, "read_from": "replica",
                 "replication_lag": "1ms"})");
  bench.rig.fault(lose_data(), R"({"lose_data": "touched[2]", "at": "10s"})");
  bench.fill(1s, 100);
  const auto replica = bench.look(11s, 100);
  bench.rig.run(Time{20s});
  CHECK(hits(replica) == 100);
}

TEST_CASE("lose_data: a host that loses power has what its file or snapshot has", "[faults]") {
  for (const char* saved :
       {R"({"append_only": {"fsync": "10s"}})", R"({"snapshot": {"interval": "10s"}})"}) {
    CAPTURE(saved);
    Bench bench(std::string(R"(, "restore": )") + saved);
    bench.rig.fault(lose_data(), R"({"lose_data": "touched", "at": "15s", "what": "unsynced"})");
    bench.rig.fault(lose_data(), R"({"lose_data": "touched", "at": "20s", "for": "5s",
                                     "what": "unsynced"})");
    bench.fill(1s, 100);
    for (std::uint64_t key = 100; key < 150; ++key)
      bench.rig.send(Time{12s}, "touched", write_of(key));
    const auto after = bench.look(16s, 150);
    const auto off = bench.look(22s, 150);
    const auto again = bench.look(26s, 150);
    bench.rig.run(Time{30s});
    CHECK(hits(after) == 100);
    CHECK(hits(off) == 0);
    CHECK(off[0]->reply.status == Status::unavailable);
    CHECK(hits(again) == 100);
  }
}

TEST_CASE("lose_node: the ring shrinks once its callers know, and grows again", "[faults]") {
  for (const bool late : {false, true}) {
    CAPTURE(late);
    Bench bench(R"(, "replicas": 4, "restore": {"append_only": {"fsync": "0s"}},
                   "start_time": "5s", "sharding": "ketama")");
    bench.rig.fault(lose_node(),
                    std::string(R"({"lose_node": "touched[1]", "at": "10s", "for": "20s")") +
                        (late ? R"(, "noticed_after": "10s"})" : "}"));
    bench.fill(1s, 1000);
    const auto soon = bench.look(11s, 1000);
    bench.fill(22s, 1000);  // lost ones go elsewhere
    const auto shared = bench.look(25s, 1000);
    const auto starting = bench.look(32s, 1000);
    const auto back = bench.look(40s, 1000);
    bench.rig.run(Time{50s});
    const auto refused = [](const std::vector<const Answer*>& answers) {
      std::size_t sum = 0;
      for (const Answer* answer : answers) sum += answer->reply.status == Status::unavailable;
      return sum;
    };
    const std::size_t its = 1000 - hits(soon);
    CHECK(its == Approx(250).margin(120));
    CHECK(refused(soon) == (late ? its : 0));
    CHECK(hits(shared) == 1000);
    CHECK(hits(starting) == 1000);
    CHECK(refused(back) == 0);
    CHECK(hits(back) == 1000 - its);  // what it had saved is gone too
  }
}

TEST_CASE("caches: faults leave others as they are, and nothing behind", "[faults]") {
  const std::string caches = R"({
    "touched": {"kind": "cache", "replicas": 3, "ttl": "2s", "service_time": {"exponential": "1ms"},
                "sharding": "ketama"},
    "other": {"kind": "cache", "replicas": 3, "ttl": "2s",
              "service_time": {"exponential": "1ms"}}})";
  const std::vector<ModelKind> kinds{cache::cache()};
  check_confined(kinds, caches, requests_about(100), 100, lose_node(),
                 R"({"lose_node": "touched", "count": 1, "at": "10s", "for": "10s"})");
  // Every node is like every other one. Of a map that comes with MOVED while a node is down reads
  // of replicas would know too few of them, until it is moved again.
  for (const auto& [from, kind, fault] :
       {std::tuple{"master", kill_leader(),
                   R"({"kill_leader": "touched", "at": "10s", "for": "10s"})"},
        std::tuple{
            "replica", replication_lag(),
            R"({"replication_lag": "touched", "at": "10s", "for": "10s", "add": "500ms"})"}}) {
    const std::string cluster = std::string(R"({"kind": "cache", "replicas": 3, "ttl": "2s",
        "service_time": {"exponential": "1ms"}, "cluster": {"replicas_per_shard": 1,
        "node_timeout": "2s", "replication_lag": "1ms", "read_from": ")") +
                                from + "\"}}";
    check_confined(kinds, R"({"touched": )" + cluster + R"(, "other": )" + cluster + "}",
                   requests_about(100), 100, kind, fault);
  }
  // Beside the data hits are as quick as misses: seen through a service.
  const std::string fronted = R"({
    "touched": {"kind": "service", "workers": 100, "endpoints": {"*": [
       {"cache": "store", "ttl": "500ms", "miss": [{"wait": "10ms"}]}]}},
    "store": {"kind": "cache", "service_time": "1ms"},
    "other": {"kind": "service", "workers": 100, "endpoints": {"*": [
       {"cache": "store2", "ttl": "500ms", "miss": [{"wait": "10ms"}]}]}},
    "store2": {"kind": "cache", "service_time": "1ms"}})";
  const std::vector<ModelKind> both{cache::cache(), service::service()};
  for (const auto& [kind, fault] :
       {std::pair{flush(), R"({"flush": "store", "at": "10s"})"},
        std::pair{flush(), R"({"flush": "store", "at": "10s", "fraction": "50%"})"},
        std::pair{lose_data(), R"({"lose_data": "store", "at": "10s", "fraction": "80%"})"},
        std::pair{herd(), R"({"herd": "store", "at": "10s", "for": "10s"})"}})
    check_confined(both, fronted, requests_about(100, 0), 100, kind, fault);
}

TEST_CASE("caches: what is wrong is said", "[faults]") {
  const std::vector<ModelKind> kinds{cache::cache(), service::service()};
  const std::string plain = R"({"c": {"kind": "cache"},
                                "s": {"kind": "service", "service_time": "1ms"}})";
  const auto wrong = [&](const FaultKind& kind, const std::string& fault) {
    return wrong_with(kinds, plain, kind, fault);
  };
  CHECK_THAT(wrong(flush(), R"({"flush": "s", "at": "1s"})"), Contains("has no \"local\" tier"));
  CHECK_THAT(problems_of(flush(), R"({"flush": "c", "at": "1s", "for": "1s"})"),
             Contains("over at once"));
  CHECK_THAT(wrong(lose_data(), R"({"lose_data": "c", "at": "1s", "for": "1s"})"),
             Contains("does not come back"));
  CHECK_THAT(wrong(lose_data(), R"({"lose_data": "s", "at": "1s"})"), Contains("these kinds"));
  CHECK_THAT(wrong(lose_data(), R"({"lose_data": "c", "at": "1s", "what": "unsynced"})"),
             Contains("has no \"restore\""));
  CHECK_THAT(wrong(lose_data(), R"({"lose_data": "c", "at": "1s", "what": "corrupt"})"),
             Contains("without checksums"));
  CHECK_THAT(wrong(herd(), R"({"herd": "c", "at": "1s", "every": "1s"})"),
             Contains("is for clients"));
  CHECK_THAT(wrong_with({cache::cache(), service::service()}, R"({"c": {"kind": "cache",
                 "origin": "s"}, "s": {"kind": "service", "service_time": "1ms"}})",
                        herd(), R"({"herd": "c", "at": "1s"})"),
             Contains("nothing that it stores expires"));
  const std::string cluster = R"({"c": {"kind": "cache", "replicas": 3, "cluster": {}}})";
  CHECK_THAT(wrong_with(kinds, cluster, lose_node(),
                        R"({"lose_node": "c", "at": "1s", "noticed_after": "1s"})"),
             Contains("finds out by itself"));
  CHECK_THAT(wrong(kill_leader(), R"({"kill_leader": "c", "at": "1s"})"),
             Contains("is no \"cluster\""));
  CHECK_THAT(wrong(replication_lag(), R"({"replication_lag": "c", "at": "1s", "add": "1s"})"),
             Contains("with replicas"));
  CHECK_THAT(wrong_with(kinds, cluster, replication_lag(),
                        R"({"replication_lag": "c", "at": "1s", "paused": true})"),
             Contains("could be paused"));
}

}  // namespace
}  // namespace highwater::faults::caches_test
