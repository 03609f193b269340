// Caches with real contents: hit ratios, waits and losses against their closed forms, and what
// faults do to the contents. Seeds are fixed, so a case that passes passes always.

#include "models/cache/cache.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "engine/kernel/popularity.h"
#include "models/algorithms/caching/policy.h"
#include "models/cache/cache_params.h"
#include "models/cache/terms.h"
#include "models/database/database.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::cache {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::own_metrics;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& components, Duration duration = 1000s) {
  ModelRig::Options options;
  options.duration = duration;
  return ModelRig({cache(), database::database(), service::service()}, components, options);
}

ModelRig one_cache(const std::string& parameters, Duration duration = 1000s) {
  return rig_of(
      R"({"cache": {"kind": "cache")" + (parameters.empty() ? "" : ", " + parameters) + "}}",
      duration);
}

Load load(double per_second, std::uint64_t requests, std::function<Request(RandomStream&)> make) {
  Load load;
  load.to = "cache";
  load.per_second = per_second;
  load.requests = requests;
  load.make = std::move(make);
  return load;
}

Request with_terms(Request request, const CacheTerms& terms) {
  request.terms = &terms;
  return request;
}

TEST_CASE("cache: a key is there once it was stored", "[models][cache]") {
  ModelRig rig = one_cache(R"("service_time": "1ms")");
  const Answer& miss = rig.send(Time{1s}, "cache", read_of(7));
  const Answer& store = rig.send(Time{2s}, "cache", write_of(7));
  const Answer& hit = rig.send(Time{3s}, "cache", read_of(7));
  const Answer& other = rig.send(Time{3s}, "cache", read_of(8));
  rig.run(Time{4s});
  CHECK(miss.reply.ok());
  CHECK_FALSE(miss.reply.hit);
  CHECK(store.reply.ok());
  CHECK(hit.reply.hit);
  CHECK_FALSE(other.reply.hit);
  CHECK(hit.took() == 1ms);
  CHECK(other.took() == 2ms);  // one worker
  CHECK(rig.count("cache", "lookups") == 3);
  CHECK(rig.count("cache", "hits") == 1);
  CHECK(rig.value("cache", "hit_ratio") == Approx(1.0 / 3));
  CHECK(rig.value("cache", "wait_ms") == Approx(0.25));
  CHECK(rig.value("cache", "service_ms") == Approx(1));
  CHECK(rig.value("cache", "entries") == Approx((4 - 2.001) / 4));
}

TEST_CASE("cache: without a service time it answers in the same instant", "[models][cache]") {
  ModelRig rig = one_cache(R"("workers": 1)");
  const Answer& first = rig.send(Time{1s}, "cache", write_of(7));
  const Answer& second = rig.send(Time{1s}, "cache", read_of(7));
  rig.run(Time{2s});
  CHECK(first.took() == 0s);
  CHECK(second.took() == 0s);
  CHECK(second.reply.hit);
  CHECK(rig.value("cache", "utilization") == 0);
  CHECK(rig.metric("cache", "wait_ms").sums.weight[0] == 2);
  CHECK(rig.value("cache", "wait_ms") == 0);
  CHECK(rig.value("cache", "service_ms") == 0);
}

TEST_CASE("cache: workers and line are those of M/M/c/K", "[models][cache][costly]") {
  const std::string exponential = R"("service_time": {"exponential": "1ms"})";
  const auto any = [](RandomStream& random) { return read_of(random.below(100)); };
  SECTION("one worker, three in all: losses of M/M/1/3") {
    ModelRig rig = one_cache(exponential + R"(, "queue": {"capacity": 2})", 1000s);
    rig.add(load(800, 790'000, any));
    rig.run(Time{1000s});
    const double rho = 0.8;
    const double loss = (1 - rho) * rho * rho * rho / (1 - rho * rho * rho * rho);
    const double rejected =
        static_cast<double>(rig.instance("cache", 0).answers()[Status::rejected]);
    CHECK(rejected / 790'000 == Approx(loss).epsilon(0.02));
    CHECK(rig.value("cache", "utilization", Time{10s}) ==
          Approx(rho * (1 - loss) * (790.0 / 800 * 1000 - 10) / 990).epsilon(0.01));
  }
  SECTION("two workers: waits of M/M/2") {
    ModelRig rig = one_cache(exponential + R"(, "workers": 2)", 1000s);
    rig.add(load(1400, 1'380'000, any));
    rig.run(Time{1000s});
    // Erlang C for rho = 0.7 on two servers is 2 rho^2 / (1 + rho); the wait C / (2 mu - lambda).
    const double wait_ms = 2 * 0.49 / 1.7 / (2000 - 1400) * 1000;
    CHECK(rig.value("cache", "wait_ms", Time{20s}) == Approx(wait_ms).epsilon(0.02));
    CHECK(rig.value("cache", "queue_length", Time{20s}) ==
          Approx(1.4 * wait_ms * (1380.0 / 1.4 - 20) / 980).epsilon(0.02));
  }
  SECTION("no line at all") {
    ModelRig rig = one_cache(R"("service_time": "1s", "queue": {"capacity": 0})");
    const Answer& served = rig.send(Time{1s}, "cache", read_of(1));
    const Answer& refused = rig.send(Time{1s}, "cache", read_of(1));
    rig.run(Time{3s});
    CHECK(served.reply.ok());
    CHECK(refused.reply.status == Status::rejected);
  }
}

/// In front of an origin that answers at once and has everything.
std::string read_through(const std::string& parameters) {
  return R"({"cache": {"kind": "cache", "origin": "origin", )" + parameters +
         R"(}, "origin": {"kind": "cache"}})";
}

/// Hit ratio of LRU under independent references, by Che's approximation: an entry stays for a
/// characteristic time t after its last use, where the expected contents fill the cache.
/// Source: H. Che, Y. Tung, Z. Wang, IEEE JSAC 20(7), 2002.
double che(const KeyPopularity& keys, double capacity) {
  double low = 0;
  double high = 1e12;
  const auto sum = [&](double t, bool hits) {
    double total = 0;
    for (std::uint64_t k = 0; k < keys.items(); ++k) {
      const double p = keys.probability(k);
      total += (hits ? p : 1) * -std::expm1(-p * t);
    }
    return total;
  };
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (sum(middle, false) < capacity ? low : high) = middle;
  }
  return sum(low, true);
}

TEST_CASE("cache: LRU under independent references has the hit ratio of Che's approximation",
          "[models][cache][costly]") {
  const KeyPopularity keys = KeyPopularity::zipf(10'000, 0.8);
  const auto hit_ratio = [&](const std::string& policy, std::uint64_t capacity) {
    ModelRig rig = rig_of(
        read_through(R"("policy": ")" + policy + R"(", "capacity": )" + std::to_string(capacity)));
    rig.add(load(1000, 900'000, [&](RandomStream& random) { return read_of(keys.draw(random)); }));
    rig.run(Time{1000s});
    // What went in is still there or was pushed out.
    CHECK(rig.count("cache", "lookups") - rig.count("cache", "hits") ==
          rig.count("cache", "evictions") + capacity);
    CHECK(rig.value("cache", "entries", Time{500s}) == Approx(capacity));
    return rig.value("cache", "hit_ratio", Time{100s});
  };
  const double lru = hit_ratio("lru", 1000);
  CHECK(lru == Approx(che(keys, 1000)).epsilon(0.01));
  CHECK(hit_ratio("lru", 4000) == Approx(che(keys, 4000)).epsilon(0.01));
  // Redis samples five keys: a little worse than exact LRU.
  const double redis = hit_ratio("redis_lru", 1000);
  CHECK(redis < lru);
  CHECK(redis == Approx(lru).epsilon(0.05));
}

TEST_CASE("cache: the ttl decides how often a key is fetched anew", "[models][cache][costly]") {
  // A key asked for r times a second and kept for ttl is missed once in 1 + r ttl requests.
  const auto hit_ratio = [](const std::string& parameters, std::optional<Duration> own = {}) {
    ModelRig rig = rig_of(read_through(parameters));
    const CacheTerms terms{own, {}};
    rig.add(load(1000, 500'000, [&](RandomStream& random) {
      return with_terms(read_of(random.below(100)), terms);
    }));
    rig.run(Time{1000s});
    return rig.value("cache", "hit_ratio");
  };
  CHECK(hit_ratio(R"("ttl": "300ms")") == Approx(3.0 / 4).epsilon(0.01));
  CHECK(hit_ratio(R"("ttl": "100ms")") == Approx(1.0 / 2).epsilon(0.01));
  CHECK(hit_ratio(R"("workers": 1)") == Approx(1 - 100.0 / 500'000).epsilon(1e-6));
  CHECK(hit_ratio(R"("ttl": "300ms")", 100ms) == Approx(1.0 / 2).epsilon(0.01));
}

TEST_CASE("cache: a store's own ttl wins over the cache's", "[models][cache]") {
  ModelRig rig = one_cache(R"("ttl": "1s")");
  rig.send(Time{1s}, "cache", write_of(1));
  const CacheTerms longer{3s, {}};
  const CacheTerms shorter{100ms, {}};
  rig.send(Time{1s}, "cache", with_terms(write_of(2), longer));
  rig.send(Time{1s}, "cache", with_terms(write_of(3), shorter));
  std::vector<const Answer*> early, late;
  for (std::uint64_t key = 1; key <= 3; ++key) {
    early.push_back(&rig.send(Time{1500ms}, "cache", read_of(key)));
    late.push_back(&rig.send(Time{3s}, "cache", read_of(key)));
  }
  rig.run(Time{10s});
  CHECK(early[0]->reply.hit);
  CHECK(early[1]->reply.hit);
  CHECK_FALSE(early[2]->reply.hit);
  CHECK_FALSE(late[0]->reply.hit);
  CHECK(late[1]->reply.hit);
  CHECK(rig.count("cache", "expirations") == 2);
}

TEST_CASE("cache: every entry is accounted for", "[models][cache][property]") {
  for (const std::string policy : {"lru", "redis_lru"}) {
    for (const std::string capacity : {"", R"(, "capacity": 300)"}) {
      CAPTURE(policy, capacity);
      ModelRig rig = one_cache(R"("policy": ")" + policy + R"(", "ttl": "500ms")" + capacity, 200s);
      std::uint64_t next = 0;
      rig.add(load(1000, 100'000, [&](RandomStream&) { return write_of(next++); }));
      // The last store is long over when every key is looked up once more.
      Load look;
      look.to = "cache";
      look.per_second = 10'000;
      look.begin = Time{150s};
      look.requests = 100'000;
      std::uint64_t key = 0;
      look.make = [&](RandomStream&) { return read_of(key++); };
      rig.add(std::move(look));
      rig.run(Time{200s});
      CHECK(rig.count("cache", "hits") == 0);
      CHECK(rig.count("cache", "evictions") + rig.count("cache", "expirations") == 100'000);
      CHECK((rig.count("cache", "evictions") > 0) == !capacity.empty());
      CHECK(rig.count("cache", "expirations") > 0);
      // Lazy expiry alone keeps dead entries until somebody looks; Redis also sweeps.
      if (capacity.empty()) CHECK((rig.value("cache", "entries") > 10'000) == (policy == "lru"));
    }
  }
}

TEST_CASE("cache: each key lives on one instance, and is lost with it", "[models][cache][fault]") {
  ModelRig rig = one_cache(R"("replicas": 3, "start_time": "1s")", 20s);
  for (std::uint64_t key = 0; key < 300; ++key) rig.send(Time{1s}, "cache", write_of(key));
  rig.at(Time{5s}, [&rig] { rig.instance("cache", 1).kill(false); });
  rig.at(Time{6s}, [&rig] { rig.instance("cache", 1).revive(); });
  std::vector<const Answer*> before, down, starting, after;
  for (std::uint64_t key = 0; key < 300; ++key) {
    before.push_back(&rig.send(Time{4s}, "cache", read_of(key)));
    down.push_back(&rig.send(Time{5500ms}, "cache", read_of(key)));
    starting.push_back(&rig.send(Time{6500ms}, "cache", read_of(key)));
    after.push_back(&rig.send(Time{8s}, "cache", read_of(key)));
  }
  rig.run(Time{20s});
  std::size_t lost = 0;
  for (std::size_t key = 0; key < 300; ++key) {
    const bool there = rig.component("cache").route(read_of(key), rig.instance("cache", 0)) ==
                       &rig.instance("cache", 1);
    lost += there;
    CHECK(before[key]->reply.hit);
    CHECK((down[key]->reply.status == Status::unavailable) == there);
    CHECK((starting[key]->reply.status == Status::unavailable) == there);
    CHECK(after[key]->reply.hit == !there);
  }
  CHECK(lost > 70);
  CHECK(lost < 130);
  CHECK(rig.value("cache[1]", "hit_ratio", Time{7s}) == 0);
  CHECK(rig.value("cache[0]", "hit_ratio", Time{7s}) == 1);
  CHECK(rig.value("cache", "entries", Time{10s}) == Approx(300 - static_cast<double>(lost)));
  CHECK(rig.value("cache[1]", "entries", Time{10s}) == 0);
}

TEST_CASE("cache: a kill resets those at work and those in line", "[models][cache][fault]") {
  for (const bool silent : {false, true}) {
    ModelRig rig = one_cache(R"("service_time": "1s", "workers": 2)", 10s);
    std::vector<const Answer*> caught;
    for (std::uint64_t i = 0; i < 5; ++i)
      caught.push_back(&rig.send(Time{1s}, "cache", read_of(i)));
    rig.at(Time{1500ms}, [&] { rig.instance("cache", 0).kill(silent); });
    rig.at(Time{2500ms}, [&] { rig.instance("cache", 0).revive(); });
    const Answer& later = rig.send(Time{3s}, "cache", read_of(1));
    rig.run(Time{10s});
    for (const Answer* answer : caught) {
      CHECK(answer->answered == !silent);
      if (!silent) CHECK(answer->reply.status == Status::reset);
    }
    CHECK(later.took() == 1s);
    CHECK(rig.instance("cache", 0).in_flight() == 0);
    CHECK(rig.value("cache", "utilization") == Approx((2 * 0.5 + 1) / 2 / 10));
    CHECK(rig.value("cache", "queue_length") == Approx(3 * 0.5 / 10));
  }
}

TEST_CASE("cache: slowness stretches the service time", "[models][cache][fault]") {
  ModelRig rig = one_cache(R"("service_time": "10ms")");
  rig.at(Time{1s}, [&rig] { rig.instance("cache", 0).slow(4); });
  rig.at(Time{2s}, [&rig] { rig.instance("cache", 0).restore_speed(4); });
  const Answer& slow = rig.send(Time{1500ms}, "cache", read_of(1));
  const Answer& fast = rig.send(Time{3s}, "cache", read_of(1));
  rig.run(Time{4s});
  CHECK(slow.took() == 40ms);
  CHECK(fast.took() == 10ms);
}

TEST_CASE("cache: what is about an origin or a ttl needs one", "[models][cache][input]") {
  const auto problems = [](const std::string& more) {
    return testing::problems_of(cache(), R"({"kind": "cache", )" + more + "}");
  };
  using Catch::Contains;
  CHECK_THAT(problems(R"("single_flight": true)"), Contains("there is none"));
  CHECK_THAT(problems(R"("stale_if_error": "1s", "ttl": "1s")"), Contains("there is none"));
  CHECK_THAT(problems(R"("expiry": "sliding")"), Contains("needs a ttl"));
  CHECK_THAT(problems(R"("origin": "it2", "stale_while_revalidate": "1s")"),
             Contains("is about the end of an entry's ttl"));
}

TEST_CASE("cache: `sharding` names the scheme that places the keys", "[models][cache]") {
  for (const char* scheme : {"modulo", "ketama", "redis_slot", "jump"}) {
    CAPTURE(scheme);
    ModelRig rig({cache()}, R"({"cache": {"kind": "cache", "replicas": 3, "sharding": ")" +
                                std::string(scheme) + "\"}}");
    const auto info = std::find_if(hashing::kSchemes.begin(), hashing::kSchemes.end(),
                                   [&](const auto& each) { return each.name == scheme; });
    const Shards shards(info->scheme, "cache", 3);
    for (std::uint64_t key = 0; key < 200; ++key)
      CHECK(rig.component("cache").route(read_of(key), rig.instance("cache", 0)).to ==
            &rig.instance("cache", shards.of(key)));
  }
}

TEST_CASE("cache: options of another policy are refused, those of its own count",
          "[models][cache][input]") {
  const auto problems = [](const std::string& more) {
    return testing::problems_of(cache(), R"({"kind": "cache", )" + more + "}");
  };
  using Catch::Contains;
  CHECK_THAT(problems(R"("arc": {})"), Contains("/components/it/arc: the policy is lru"));
  CHECK_THAT(problems(R"("policy": "redis_lru", "redis_lfu": {})"),
             Contains("the policy is redis_lru"));
  CHECK(problems(R"("policy": "redis_volatile_lfu", "redis_lfu": {"samples": 10})").empty());
  CHECK_THAT(problems(R"("policy": "redis_lru", "redis_sampling": {"samples": 65})"),
             Contains("1 to 64"));
  CHECK_THAT(problems(R"("replicas": 2, "sharding": "range")"), Contains("cut them into ranges"));
  CHECK_THAT(problems(R"("sharding": "jump")"), Contains("no effect on a single instance"));

  const auto hits = [](const std::string& parameters) {
    ModelRig rig({cache()}, R"({"cache": {"kind": "cache", "capacity": 100, )" + parameters + "}}");
    RandomStream random(random_key(1, "test", "keys"));
    for (std::int64_t i = 0; i < 6000; ++i) {
      const double u = random.uniform();
      const auto key = static_cast<std::uint64_t>(1000 * u * u * u);
      rig.send(Time{Duration{i * 20'000'000}}, "cache", read_of(key));
      rig.send(Time{Duration{i * 20'000'000 + 1}}, "cache", write_of(key));
    }
    rig.run(Time{1000s});
    return rig.count("cache", "hits");
  };
  const auto differ = [&](const std::string& policy, const std::string& options) {
    const std::string word = R"("policy": ")" + policy + '"';
    CAPTURE(policy, options);
    CHECK(hits(word) != hits(word + ", " + options));
  };
  differ("arc", R"("arc": {"reading": "golang_lru"})");
  differ("two_queue", R"("two_queue": {"recent_share": "60%"})");
  differ("two_queue", R"("two_queue": {"ghost_share": "5%"})");
  differ("slru", R"("slru": {"protected_share": "20%"})");
  differ("s3_fifo", R"("s3_fifo": {"small_share": "50%"})");
  differ("s3_fifo", R"("s3_fifo": {"ghost_share": "5%"})");
  differ("s3_fifo", R"("s3_fifo": {"move_to_main_uses": 3})");
  differ("redis_lru", R"("redis_sampling": {"samples": 1})");
  differ("redis_lfu", R"("redis_lfu": {"samples": 1})");
  differ("redis_lfu", R"("redis_lfu": {"log_factor": 1})");
  differ("redis_lfu", R"("redis_lfu": {"decay_time": 0})");
}

TEST_CASE("cache: a volatile policy refuses keys that nothing may leave for", "[models][cache]") {
  ModelRig rig({cache()}, R"({"cache": {"kind": "cache", "capacity": 10,
                                        "policy": "redis_volatile_lru"}})");
  for (std::uint64_t key = 0; key < 25; ++key) rig.send(Time{1s}, "cache", write_of(key));
  rig.run(Time{2s});
  CHECK(rig.count("cache", "refusals") == 15);
  CHECK(rig.count("cache", "evictions") == 0);
}

TEST_CASE("cache: instances are spread over the zones", "[models][cache]") {
  const auto zones_of = [](const std::string& parameters) {
    ModelRig::Options options;
    options.network.zones = {"a", "b", "c"};
    ModelRig rig({cache()}, R"({"cache": {"kind": "cache", "replicas": 4)" + parameters + "}}",
                 options);
    std::vector<Zone> zones;
    for (std::size_t i = 0; i < 4; ++i) zones.push_back(rig.instance("cache", i).zone());
    return zones;
  };
  CHECK(zones_of("") == std::vector<Zone>{0, 1, 2, 0});
  CHECK(zones_of(R"(, "zones": ["c", "a"])") == std::vector<Zone>{2, 0, 2, 0});
}

TEST_CASE("cache with an origin: keys of different endpoints are different entries",
          "[models][cache][origin]") {
  ModelRig rig = rig_of(R"({"cache": {"kind": "cache", "origin": "db"},
                            "db": {"kind": "database", "read_time": "5ms"}})");
  Symbols& symbols = rig.world().symbols;
  const Symbol user = symbols.intern("GET /users/{id}");
  const Symbol order = symbols.intern("GET /orders/{id}");
  const Symbol put_user = symbols.intern("PUT /users/{id}");
  const auto hit = [](const Answer& answer) { return answer.reply.ok() && answer.reply.hit; };
  const Answer& fetched = rig.send(Time{1s}, "cache", read_of(1, user));
  const Answer& user_again = rig.send(Time{2s}, "cache", read_of(1, user));
  const Answer& order_first = rig.send(Time{2s}, "cache", read_of(1, order));
  const Answer& other_user = rig.send(Time{2s}, "cache", read_of(2, user));
  const Answer& changed = rig.send(Time{3s}, "cache", read_of(1, put_user));  // unsafe by its name
  const Answer& user_changed = rig.send(Time{4s}, "cache", read_of(1, user));
  const Answer& order_stays = rig.send(Time{4s}, "cache", read_of(1, order));
  const Answer& written = rig.send(Time{5s}, "cache", write_of(1, order));  // by its operation
  const Answer& order_changed = rig.send(Time{6s}, "cache", read_of(1, order));
  rig.run(Time{10s});
  CHECK_FALSE(hit(fetched));
  CHECK(fetched.took() == 5ms);
  CHECK(hit(user_again));
  CHECK(user_again.took() == 0s);
  CHECK_FALSE(hit(order_first));
  CHECK_FALSE(hit(other_user));
  CHECK(changed.reply.ok());
  CHECK(changed.took() == 5ms);
  CHECK_FALSE(hit(user_changed));
  CHECK(hit(order_stays));
  CHECK(written.took() == 10ms);
  CHECK_FALSE(hit(order_changed));
  CHECK(rig.count("db", "reads") == 6);
  CHECK(rig.count("db", "writes") == 1);
}

TEST_CASE("cache with an origin: errors are passed on and not stored", "[models][cache][origin]") {
  ModelRig rig = rig_of(R"({"cache": {"kind": "cache", "origin": "db", "service_time": "1ms"},
                            "db": {"kind": "database", "read_time": "5ms"}})");
  rig.send(Time{500ms}, "cache", read_of(2));
  rig.at(Time{1s}, [&rig] { rig.instance("db", 0).fail_share(1); });
  rig.at(Time{2s}, [&rig] { rig.instance("db", 0).stop_failing(1); });
  const Answer& failed = rig.send(Time{1500ms}, "cache", read_of(1));
  const Answer& failed_write = rig.send(Time{1500ms}, "cache", write_of(2));
  const Answer& kept = rig.send(Time{1600ms}, "cache", read_of(2));
  const Answer& fetched = rig.send(Time{3s}, "cache", read_of(1));
  const Answer& found = rig.send(Time{4s}, "cache", read_of(1));
  rig.run(Time{10s});
  CHECK(failed.reply.status == Status::error);
  CHECK(failed_write.reply.status == Status::error);
  CHECK(kept.reply.hit);  // a write that failed changed nothing
  CHECK(fetched.reply.ok());
  CHECK_FALSE(fetched.reply.hit);
  CHECK(fetched.took() == 6ms);
  CHECK(found.reply.hit);
  // The worker is not kept while the origin works.
  CHECK(rig.value("cache", "service_ms") == Approx(1));
}

TEST_CASE("cache with an origin: the call to it has its own policy", "[models][cache][origin]") {
  const auto status = [](const std::string& policy) {
    ModelRig rig = rig_of(R"({"cache": {"kind": "cache", "origin": "db")" + policy + R"(},
                              "db": {"kind": "database", "connections": 1, "read_time": "5ms"}})");
    rig.at(Time{1s}, [&rig] { rig.instance("db", 0).kill(false); });
    rig.at(Time{2s}, [&rig] { rig.instance("db", 0).revive(); });
    rig.send(Time{3s}, "db", read_of(1));
    const Answer& held_up = rig.send(Time{3s}, "cache", read_of(1));
    const Answer& down = rig.send(Time{1900ms}, "cache", read_of(2));
    rig.run(Time{10s});
    CHECK((down.reply.ok() || down.reply.status == Status::error));  // 502 of its own
    return std::pair{held_up.reply.cause(), down.reply.cause()};
  };
  CHECK(status("") == std::pair{Status::ok, Status::unavailable});
  CHECK(status(R"(, "timeout": "7ms")") == std::pair{Status::timeout, Status::unavailable});
  CHECK(status(R"(, "retry": {"attempts": 2, "backoff": "500ms", "jitter": "none"})") ==
        std::pair{Status::ok, Status::ok});
}

TEST_CASE("cache with an origin: an entry made from a stale answer stays stale",
          "[models][cache][origin]") {
  ModelRig rig = rig_of(R"({"cache": {"kind": "cache", "origin": "db", "ttl": "5s"},
                            "db": {"kind": "database", "read_replicas": 1,
                                   "replication_lag": "1s"}})");
  rig.send(Time{1s}, "db", write_of(1));
  const Answer& fetched = rig.send(Time{1500ms}, "cache", read_of(1));
  const Answer& found = rig.send(Time{3s}, "cache", read_of(1));
  const Answer& fresh = rig.send(Time{8s}, "cache", read_of(1));
  rig.run(Time{10s});
  CHECK(fetched.reply.stale);
  CHECK(found.reply.hit);
  CHECK(found.reply.stale);
  CHECK_FALSE(fresh.reply.hit);
  CHECK_FALSE(fresh.reply.stale);
}

TEST_CASE("cache: answers whatever its origin answers", "[models][cache][origin]") {
  ModelRig rig = rig_of(R"({"edge": {"kind": "cache", "origin": "api"},
                            "aside": {"kind": "cache"},
                            "api": {"kind": "service", "endpoints": {
                              "GET /users/{id}": [{"compute": "1ms"}],
                              "PUT /users/{id}": [{"compute": "1ms"}]}}})");
  const Symbol known = rig.world().symbols.intern("GET /users/5");
  const Symbol unknown = rig.world().symbols.intern("GET /orders/5");
  CHECK(rig.component("edge").answers(known));
  CHECK_FALSE(rig.component("edge").answers(unknown));
  CHECK(rig.component("aside").answers(unknown));
}

TEST_CASE("cache: cache-aside from a service's steps", "[models][cache]") {
  ModelRig rig = rig_of(R"({
    "api": {"kind": "service", "workers": 10, "endpoints": {
      "GET /users/{id}": [{"compute": "1ms"},
                          {"cache": "redis", "ttl": "300s", "miss": [{"call": "db"}]}]}},
    "redis": {"kind": "cache", "policy": "redis_lru", "service_time": "0.1ms", "ttl": "1s"},
    "db": {"kind": "database", "read_time": "5ms"}})");
  const Answer& miss = rig.send(Time{1s}, "api", read_of(7));
  const Answer& hit = rig.send(Time{200s}, "api", read_of(7));
  const Answer& expired = rig.send(Time{400s}, "api", read_of(7));
  rig.at(Time{500s}, [&rig] { rig.instance("redis", 0).kill(false); });
  const Answer& without = rig.send(Time{501s}, "api", read_of(7));
  rig.run(Time{600s});
  CHECK(miss.took() == 6200us);  // compute, look up, load, store
  CHECK(hit.took() == 1100us);
  CHECK(expired.took() == 6200us);
  CHECK(without.reply.ok());
  CHECK(without.took() == 6ms);
}

TEST_CASE("cache: same seed, same evictions, another seed - others", "[models][cache]") {
  const auto hits = [](std::uint64_t seed) {
    ModelRig::Options options;
    options.seed = seed;
    ModelRig rig({cache()}, read_through(R"("policy": "redis_lru", "capacity": 50)"), options);
    rig.add(load(100, 20'000, [](RandomStream& random) {
      return read_of(random.below(2) == 0 ? random.below(20) : random.below(500));
    }));
    rig.run(Time{1000s});
    return rig.count("cache", "hits");
  };
  CHECK(hits(1) == hits(1));
  CHECK(hits(1) != hits(2));
}

TEST_CASE("cache: every fault in the parameters is told at once", "[models][cache][input]") {
  const std::string text = testing::problems_of(cache(), R"({
    "kind": "cache", "policy": "lrru", "capacity": 0, "ttl": "0s", "service_time": 1,
    "workers": 0, "queue": {"capacty": 1}, "replicas": 0, "zones": 3, "start_time": -1,
    "timeout": 1})");
  CAPTURE(text);
  for (const char* expected :
       {"/components/it/policy", "did you mean \"lru\"", "/components/it/capacity",
        "/components/it/ttl", "/components/it/service_time", "/components/it/workers",
        "/components/it/queue/capacty", "did you mean \"capacity\"", "/components/it/replicas",
        "/components/it/zones", "/components/it/start_time", "/components/it/timeout"})
    CHECK(text.find(expected) != std::string::npos);
  const std::string without_origin =
      testing::problems_of(cache(), R"({"kind": "cache", "timeout": "1s", "retry": 3})");
  CAPTURE(without_origin);
  for (const char* expected : {"/components/it/timeout", "/components/it/retry", "`origin`"})
    CHECK(without_origin.find(expected) != std::string::npos);
  CHECK(testing::problems_of(cache(), R"({"kind": "cache"})").empty());
  CHECK(testing::problems_of(cache(), R"({"kind": "cache", "origin": "x", "timeout": "1s",
                                          "retry": 3})")
            .empty());
}

TEST_CASE("cache: every metric that is listed is measured", "[models][cache]") {
  ModelRig inline_cache({cache()}, R"({
    "cache": {"kind": "cache", "capacity": 10, "origin": "db", "breaker": "opossum",
              "pool": {"size": 5}, "replicas": 2, "membership": "swim"},
    "db": {"kind": "cache", "capacity": 10}})");
  ModelRig connected({cache()}, R"({
    "cache": {"kind": "cache", "capacity": 10, "origin": "db", "transport": {}},
    "db": {"kind": "cache", "capacity": 10}})");
  ModelRig cluster({cache(), service::service()}, R"({
    "cache": {"kind": "cache", "replicas": 3, "cluster": {}, "hot_keys": {}},
    "api": {"kind": "service", "endpoints": {
      "*": [{"cache": "cache", "local": {"ttl": "1s"}, "miss": []}]}}})");
  std::set<std::string> measured;
  for (ModelRig* rig : {&inline_cache, &connected, &cluster}) {
    rig->send(Time{1s}, "cache", read_of(1));
    rig->run(Time{2s});
    for (const MetricInfo& metric : own_metrics(cache())) try {
        rig->metric("cache", metric.name);
        measured.insert(metric.name);
      } catch (const std::logic_error&) {
        // the other one has it
      }
  }
  for (const MetricInfo& metric : own_metrics(cache())) {
    CAPTURE(metric.name);
    CHECK(measured.contains(metric.name));
  }
}

TEST_CASE("cache: every policy of the family can be named", "[models][cache]") {
  std::set<std::string> words;
  for (const FieldInfo& field : cache().info.fields())
    if (field.name == "policy")
      for (const WordInfo& word : field.type().words) words.insert(word.word);
  std::set<std::string> family;
  for (const caching::PolicyInfo& info : caching::kPolicies) family.emplace(info.name);
  CHECK(words == family);
  CHECK(words.size() == 20);
}

}  // namespace
}  // namespace highwater::cache
