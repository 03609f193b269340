// A local tier in each calling process, in front of a shared cache: what each tier answers, against
// closed forms, and how old it may be.

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cache/local_params.h"
#include "models/cache/near_caches.h"
#include "tests/caches/caches_rig.h"

namespace highwater::cache {
namespace {

/// Instances of a service with a local tier in front of a cache in front of a source.
struct Tiers {
  explicit Tiers(const std::string& local, const std::string& remote = "",
                 ModelRig::Options options = {}, const std::string& step = "",
                 const std::string& replicas = "2")
      : rig({cache(), service::service(), testing::sink(log)},
            R"({
          "db": {"kind": "sink"},
          "redis": {"kind": "cache")" +
                remote + R"(},
          "api": {"kind": "service", "replicas": )" +
                replicas + R"(, "workers": 100000, "endpoints": {
            "GET /": [{"cache": "redis", "local": {)" +
                local + "}" + step + R"(,
                       "miss": [{"call": "db"}]}],
            "PUT /": [{"call": "db", "op": "write"}, {"call": "redis", "op": "delete"}],
            "POST /": [{"call": "redis", "op": "write"}]}}})",
            std::move(options)) {
    log.react = [this](const testing::Received&) { return testing::Reaction{source, Status::ok}; };
    get = rig.world().symbols.intern("GET /");
    put = rig.world().symbols.intern("PUT /");
    post = rig.world().symbols.intern("POST /");
  }

  const Answer& ask(Duration at, std::size_t instance = 0, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "api", instance, read_of(key, get));
  }
  const Answer& change(Duration at, std::size_t instance = 0, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "api", instance, write_of(key, put));
  }
  std::uint64_t count(const char* metric) { return rig.count("redis", metric); }
  double value(const char* metric, Time from = Time{}) { return rig.value("redis", metric, from); }

  Duration source{};
  testing::SinkLog log;
  Symbol get = kNoSymbol, put = kNoSymbol, post = kNoSymbol;
  ModelRig rig;
};

ModelRig::Options for_time(Duration duration) {
  ModelRig::Options options;
  options.duration = duration;
  return options;
}

TEST_CASE("local tier: it is asked first, and each process has its own", "[caches]") {
  Tiers tiers(R"("ttl": "10s", "time": "50us")", R"(, "service_time": "1ms")");
  tiers.source = 100ms;
  const Answer& miss = tiers.ask(1s);
  const Answer& near = tiers.ask(2s);
  const Answer& far = tiers.ask(3s, 1);
  const Answer& over = tiers.ask(12s);
  tiers.rig.run(Time{20s});
  CHECK(miss.took() == 50us + 1ms + 100ms + 1ms);  // what is fetched is stored before the answer
  CHECK(near.took() == 50us);
  CHECK(far.took() == 50us + 1ms);
  CHECK(over.took() == 50us + 1ms);
  CHECK(tiers.count("local_lookups") == 4);
  CHECK(tiers.count("local_hits") == 1);
  CHECK(tiers.value("local_hit_ratio") == Approx(0.25));
  CHECK(tiers.count("lookups") == 3);
  CHECK(tiers.count("hits") == 2);
  CHECK(tiers.log.size() == 1);
}

TEST_CASE("local tier: what another process changes is stale until the ttl is over", "[caches]") {
  Tiers tiers(R"("ttl": "10s")");
  tiers.ask(1s, 0);
  tiers.ask(1500ms, 1);
  tiers.change(2s, 1);
  tiers.ask(3s, 0);   // stale
  tiers.ask(4s, 0);   // stale
  tiers.ask(5s, 1);   // its own: forgotten, read from the source and stored again
  tiers.ask(6s, 1);   // fresh
  tiers.ask(12s, 0);  // over: read anew
  tiers.ask(13s, 0);
  tiers.rig.run(Time{20s});
  CHECK(tiers.count("local_stale") == 2);
  CHECK(tiers.count("local_hits") == 4);
  CHECK(tiers.count("invalidations") == 0);
  CHECK(tiers.log.size() == 3);  // two reads, a write
}

TEST_CASE("local tier: a write that replaces what is stored makes it stale as well", "[caches]") {
  Tiers tiers(R"("ttl": "10s")");
  tiers.ask(1s, 0);
  tiers.ask(1s, 1);
  tiers.rig.send_to_instance(Time{2s}, "api", 1, write_of(1, tiers.post));
  tiers.ask(3s, 0);
  tiers.ask(3s, 1);
  tiers.rig.run(Time{5s});
  CHECK(tiers.count("local_stale") == 1);
  CHECK(tiers.count("local_hits") == 1);
}

TEST_CASE("local tier: with broadcast an entry is stale for as long as the message takes",
          "[caches]") {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  options.network.cross_zone = Distribution::constant(10ms);
  Tiers tiers(R"("invalidation": "broadcast")", R"(, "zones": ["b"])", options);
  tiers.ask(1s, 0);  // in zone a
  tiers.ask(1s, 1);  // in zone b
  tiers.change(2s, 1);
  tiers.ask(2005ms, 0);  // stale: the message is under way
  tiers.ask(2015ms, 0);  // told
  tiers.rig.run(Time{5s});
  CHECK(tiers.count("local_stale") == 1);
  CHECK(tiers.count("local_hits") == 1);
  CHECK(tiers.count("invalidations") == 2);  // the process that changed it is told as well
}

TEST_CASE("local tier: an evicted key is invalidated, without being stale", "[caches]") {
  Tiers tiers(R"("invalidation": "broadcast")", R"(, "capacity": 1)");
  tiers.ask(1s, 0, 1);
  tiers.ask(2s, 0, 2);  // pushes 1 out
  tiers.ask(3s, 0, 1);
  tiers.rig.run(Time{5s});
  CHECK(tiers.count("invalidations") == 2);
  CHECK(tiers.count("local_hits") == 0);
  CHECK(tiers.count("local_stale") == 0);
}

TEST_CASE("local tier: a message that is lost on the way leaves the entry stale", "[caches]") {
  Tiers tiers(R"("invalidation": "broadcast")");
  tiers.ask(1s, 0);
  tiers.rig.fault(faults::partition(), R"({"at": "2s", "for": "2s", "partition": "api -> redis"})");
  // From beside the service.
  tiers.rig.send(Time{3s}, "redis", delete_of(1));
  tiers.ask(5s, 0);
  tiers.rig.run(Time{6s});
  CHECK(tiers.count("local_stale") == 1);
  CHECK(tiers.count("invalidations") == 0);
}

TEST_CASE("local tier: what is changed while it is read is not kept, or kept stale", "[caches]") {
  for (const bool told : {false, true}) {
    Tiers tiers(told ? R"("invalidation": "broadcast")" : R"("ttl": "100s")");
    tiers.source = 1s;
    tiers.ask(1s, 0);
    tiers.rig.send(Time{1500ms}, "redis", delete_of(1));
    tiers.ask(3s, 0);
    tiers.rig.run(Time{6s});
    CHECK(tiers.count("local_hits") == (told ? 0 : 1));
    CHECK(tiers.count("local_stale") == (told ? 0 : 1));
  }
}

TEST_CASE("local tier: a process that dies forgets it", "[caches]") {
  Tiers tiers(R"("ttl": "100s")");
  tiers.ask(1s, 0);
  tiers.rig.at(Time{2s}, [&] { tiers.rig.instance("api", 0).kill(false); });
  tiers.rig.at(Time{3s}, [&] { tiers.rig.instance("api", 0).revive(); });
  tiers.ask(4s, 0);
  tiers.ask(5s, 0);
  tiers.rig.run(Time{6s});
  CHECK(tiers.count("local_hits") == 1);
  CHECK(tiers.count("hits") == 1);
}

TEST_CASE("local tier: it answers while the cache is away", "[caches]") {
  Tiers tiers(R"("ttl": "100s")");
  tiers.rig.at(Time{2s}, [&] { tiers.rig.instance("redis", 0).kill(false); });
  tiers.ask(1s, 0, 1);
  tiers.ask(3s, 0, 1);
  tiers.ask(3s, 0, 2);  // from the source, and kept here
  tiers.ask(4s, 0, 2);
  tiers.rig.run(Time{6s});
  CHECK(tiers.log.size() == 2);
  CHECK(tiers.count("local_hits") == 2);
}

TEST_CASE("local tier: one miss of those that share a fetch fills it", "[caches]") {
  Tiers tiers(R"("ttl": "100s")", "", {}, R"(, "single_flight": true)");
  tiers.source = 100ms;
  for (int i = 0; i < 5; ++i) tiers.ask(1s, 0);
  tiers.ask(2s, 0);
  tiers.rig.run(Time{6s});
  CHECK(tiers.log.size() == 1);
  CHECK(tiers.count("local_hits") == 1);
}

/// Of renewals whose intervals are a pause and an exponential time, the mean number in (0, t]: the
/// k-th has come if k exponential times are over in t less k pauses.
double renewals(double rate, double pause, double t) {
  double sum = 0;
  for (int k = 1; k * pause < t; ++k) {
    const double x = rate * (t - k * pause);
    double term = std::exp(-x);
    double below = term;
    for (int i = 1; i < k; ++i) below += term *= x / i;
    sum += 1 - below;
  }
  return sum;
}

TEST_CASE("local tier: hit ratios of ttls in two tiers", "[caches]") {
  // Each of 50 keys is asked for at rate r by each process. The local tier answers while an entry
  // lasts: r T / (1 + r T). The shared cache sees renewals whose intervals are T and an exponential
  // time, and misses the first after its own ttl.
  Tiers tiers(R"("ttl": "300ms")", R"(, "ttl": "2s")", for_time(1000s));
  tiers.rig.add(load_of("api", 200, 1000s, [&](RandomStream& random) {
    return read_of(random.below(50), tiers.get);
  }));
  // Round robin over two processes: a key's requests at one are as good as Poisson.
  tiers.rig.run(Time{1000s});
  const double rate = 200.0 / 50 / 2;
  CHECK(tiers.value("local_hit_ratio", Time{10s}) ==
        Approx(rate * 0.3 / (1 + rate * 0.3)).epsilon(0.02));
  // Of two processes: the one that stored it, with its next after the pause, and the other one,
  // which comes at its own rate whenever.
  const double other = 2 * rate / (1 + rate * 0.3);
  const double hits = renewals(rate, 0.3, 2) + other;
  CHECK(tiers.value("hit_ratio", Time{10s}) == Approx(hits / (1 + hits)).epsilon(0.02));
}

TEST_CASE("local tier: LRU behind LRU under independent references", "[caches]") {
  // One entry in the local tier, two in the shared cache, one process. The local tier hits where a
  // key follows itself. The others are a chain of distinct keys, from i to j with p_j / (1 - p_i),
  // in which i has its share in proportion to p_i (1 - p_i); the shared cache has the last two of
  // them, so that it hits where a key comes back at once.
  const std::array<double, 4> p{0.5, 0.25, 0.15, 0.1};
  double local = 0;
  double weight = 0;
  double back = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    local += p[i] * p[i];
    weight += p[i] * (1 - p[i]);
    for (std::size_t j = 0; j < p.size(); ++j)
      if (j != i) back += p[i] * (1 - p[i]) * p[j] / (1 - p[i]) * p[i] / (1 - p[j]);
  }
  Tiers tiers(R"("ttl": "1h", "capacity": 1)", R"(, "capacity": 2)", for_time(200s), "", "1");
  tiers.rig.add(load_of("api", 200, 200s, [&](RandomStream& random) {
    double u = random.uniform();
    std::uint64_t key = 0;
    while (key + 1 < p.size() && (u -= p[key]) >= 0) ++key;
    return read_of(key, tiers.get);
  }));
  tiers.rig.run(Time{200s});
  // Three standard deviations of a share of 40,000, at most.
  CHECK(tiers.value("local_hit_ratio") == Approx(local).margin(0.0075));
  CHECK(tiers.value("hit_ratio") == Approx(back / weight).margin(0.0095));
}

TEST_CASE("local tier: policy and capacity are its own", "[caches]") {
  const auto hits = [](const std::string& local) {
    Tiers tiers(local);
    int second = 1;
    for (int round = 0; round < 10; ++round)
      for (std::uint64_t key : {1u, 2u, 3u}) tiers.ask(Duration{second++ * 1s}, 0, key);
    tiers.rig.run(Time{100s});
    return tiers.count("local_hits");
  };
  CHECK(hits(R"("ttl": "1h", "capacity": 3)") == 27);
  CHECK(hits(R"("ttl": "1h", "capacity": 2)") == 0);  // a loop that is too long for LRU
  CHECK(hits(R"("ttl": "1h", "capacity": 2, "policy": "worst")") > 5);
}

TEST_CASE("local tier: what is wrong with it is said", "[caches]") {
  const auto problems = [](const std::string& local) {
    return testing::problems_of(service::service(), R"({"kind": "service", "endpoints": {"*": [
        {"cache": "redis", "local": )" + local + R"(, "miss": []}]}})");
  };
  CHECK(problems(R"({"ttl": "1s"})").empty());
  CHECK(problems(R"({"invalidation": "broadcast"})").empty());
  CHECK(problems("{}").find("stays stale") != std::string::npos);
  CHECK(problems(R"({"capacity": 0})").find("capacity") != std::string::npos);
  CHECK(problems(R"({"ttl": "0s"})").find("ttl") != std::string::npos);
  CHECK(problems(R"({"invalidation": "broadcst"})").find("broadcast") != std::string::npos);
}

}  // namespace
}  // namespace highwater::cache
