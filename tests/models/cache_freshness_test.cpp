// What keeps a cache's entries fresh and its origin alive: stale answers, single flights, early
// renewal, negative caching. Seeds are fixed, so a case that passes passes always.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cache/cache.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::cache {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::read_of;

/// A cache in front of an origin that takes 100 ms; `parameters` follow a ttl of 10 s.
struct Proxy {
  explicit Proxy(const std::string& parameters)
      : rig({cache(), testing::sink(log)},
            R"({"origin": {"kind": "sink"},
                "cache": {"kind": "cache", "origin": "origin", "ttl": "10s")" +
                (parameters.empty() ? "" : ", " + parameters) + "}}") {
    log.react = [this](const testing::Received& received) {
      return testing::Reaction{100ms, received.at >= broken_from ? Status::error : Status::ok,
                               false};
    };
  }
  const Answer& ask(Duration at, std::uint64_t key = 1) {
    return rig.send(Time{at}, "cache", read_of(key));
  }
  std::uint64_t count(const char* metric) { return rig.count("cache", metric); }

  Time broken_from = kNever;
  testing::SinkLog log;
  ModelRig rig;
};

TEST_CASE("cache: without single_flight a herd goes to the origin, with it one request does",
          "[models][cache][freshness]") {
  for (const bool shared : {false, true}) {
    Proxy proxy(shared ? R"("single_flight": true)" : "");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 20; ++i) answers.push_back(&proxy.ask(1s + i * 1ms));
    const Answer& later = proxy.ask(2s);
    proxy.rig.run(Time{5s});
    CHECK(proxy.log.received.size() == (shared ? 1 : 20));
    CHECK(proxy.count("origin_fetches") == (shared ? 1 : 20));
    CHECK(proxy.count("coalesced") == (shared ? 19 : 0));
    for (const Answer* answer : answers) CHECK((answer->reply.ok() && !answer->reply.hit));
    if (shared) CHECK(answers.back()->took() == 81ms);
    CHECK(later.reply.hit);
  }
}

TEST_CASE("cache: a shared request that fails fails for all who wait",
          "[models][cache][freshness]") {
  Proxy proxy(R"("single_flight": true)");
  proxy.broken_from = Time{0s};
  const Answer& first = proxy.ask(1s);
  const Answer& second = proxy.ask(1050ms);
  const Answer& next = proxy.ask(2s);  // nothing is remembered
  proxy.rig.run(Time{5s});
  CHECK(first.reply.status == Status::error);
  CHECK(second.reply.status == Status::error);
  CHECK(next.reply.status == Status::error);
  CHECK(proxy.log.received.size() == 2);
}

TEST_CASE("cache: a shared request dies with its cache", "[models][cache][freshness]") {
  Proxy proxy(R"("single_flight": true)");
  const Answer& first = proxy.ask(1s);
  const Answer& second = proxy.ask(1020ms);
  proxy.rig.at(Time{1050ms}, [&] { proxy.rig.instance("cache", 0).kill(false); });
  proxy.rig.run(Time{5s});
  CHECK(first.reply.status == Status::reset);
  CHECK(second.reply.status == Status::reset);
}

TEST_CASE("cache: stale answers serve while one request fetches anew",
          "[models][cache][freshness]") {
  Proxy proxy(R"("stale_while_revalidate": "5s")");
  proxy.ask(1s);  // stored at 1.1 s, fresh until 11.1 s
  const Answer& stale = proxy.ask(12s);
  const Answer& too = proxy.ask(12050ms);
  const Answer& fresh = proxy.ask(13s);
  const Answer& late = proxy.ask(28s);  // beyond 22.1 s + 5 s
  proxy.rig.run(Time{40s});
  CHECK((stale.reply.hit && stale.took() == 0s));
  CHECK((too.reply.hit && too.took() == 0s));
  CHECK(fresh.reply.hit);
  CHECK_FALSE(late.reply.hit);
  CHECK(proxy.log.received.size() == 3);
  CHECK(proxy.count("stale_served") == 2);

  Proxy without("");
  without.ask(1s);
  const Answer& miss = without.ask(12s);
  without.rig.run(Time{40s});
  CHECK_FALSE(miss.reply.hit);
}

TEST_CASE("cache: stale answers stand in for an origin that fails, for as long as was said",
          "[models][cache][freshness]") {
  Proxy proxy(R"("stale_if_error": "60s")");
  proxy.ask(1s);
  proxy.broken_from = Time{5s};
  const Answer& fresh = proxy.ask(10s);
  const Answer& stale = proxy.ask(30s);
  const Answer& dead = proxy.ask(72s);  // 11.1 s + 60 s
  proxy.rig.run(Time{100s});
  CHECK(fresh.reply.hit);
  CHECK(stale.reply.ok());
  CHECK(stale.took() == 100ms);  // the origin is asked first
  CHECK(dead.reply.status == Status::error);
  CHECK(proxy.count("stale_served") == 1);
}

TEST_CASE("cache: refresh_ahead fetches before the end, meanwhile the old answers",
          "[models][cache][freshness]") {
  Proxy proxy(R"("refresh_ahead": "50%")");
  proxy.ask(1s);
  const Answer& early = proxy.ask(5s);
  CHECK(proxy.log.received.empty());
  const Answer& ahead = proxy.ask(7s);  // after 6.1 s: fetched anew, good until 17.1 s
  const Answer& beyond = proxy.ask(12s);
  proxy.rig.run(Time{13s});
  CHECK(early.reply.hit);
  CHECK((ahead.reply.hit && ahead.took() == 0s));
  CHECK(beyond.reply.hit);
  CHECK(proxy.log.received.size() == 2);
}

// A use with `left` to go fetches with probability exp(-left / fetch time / beta).
TEST_CASE("cache: early_expiration fetches early by XFetch's chance",
          "[models][cache][freshness]") {
  const auto share = [](const char* beta) {
    Proxy proxy(std::string(R"("early_expiration": )") + beta);
    constexpr std::uint64_t kKeys = 4000;
    for (std::uint64_t key = 0; key < kKeys; ++key) {
      proxy.ask(1s, key);
      proxy.ask(11s, key);  // 100 ms before the end
    }
    proxy.rig.run(Time{20s});
    return static_cast<double>(proxy.log.received.size() - kKeys) / kKeys;
  };
  CHECK(share("1") == Approx(std::exp(-1.0)).margin(0.04));
  CHECK(share("0.25") == Approx(std::exp(-4.0)).margin(0.012));
}

// Poisson uses at rate r: an entry of a fixed ttl T is hit with probability 1 - 1 / (1 + rT), one
// whose end slides with 1 - exp(-rT).
TEST_CASE("cache: fixed and sliding expiry against renewal theory", "[models][cache][freshness]") {
  const auto hit_ratio = [](const char* expiry) {
    testing::SinkLog log;
    ModelRig::Options options;
    options.duration = 40'000s;
    ModelRig rig({cache(), testing::sink(log)},
                 R"({"origin": {"kind": "sink"}, "cache": {"kind": "cache", "origin": "origin",
                     "ttl": "10s", "expiry": ")" +
                     std::string(expiry) + "\"}}",
                 options);
    Load load;
    load.to = "cache";
    load.per_second = 0.1;
    load.requests = 3900;
    load.make = [](RandomStream&) { return read_of(1); };
    rig.add(load);
    rig.run(Time{40'000s});
    return static_cast<double>(rig.count("cache", "hits")) / 3900;
  };
  CHECK(hit_ratio("fixed") == Approx(0.5).margin(0.04));
  CHECK(hit_ratio("sliding") == Approx(1 - std::exp(-1.0)).margin(0.04));
}

TEST_CASE("cache: ttl_jitter breaks up what was stored together", "[models][cache][freshness]") {
  const auto most_at_once = [](const char* more) {
    Proxy proxy(more);
    for (std::uint64_t key = 0; key < 500; ++key) proxy.ask(1s, key);
    for (std::int64_t tick = 0; tick < 100; ++tick)
      for (std::uint64_t key = 0; key < 500; ++key) proxy.ask(5s + tick * 100ms, key);
    proxy.rig.run(Time{20s});
    std::map<std::int64_t, std::size_t> fetched;
    for (const testing::Received& each : proxy.log.received)
      if (each.at > Time{2s}) ++fetched[each.at.time_since_epoch().count()];
    std::size_t most = 0;
    for (const auto& [at, count] : fetched) most = std::max(most, count);
    return most;
  };
  CHECK(most_at_once("") == 500);
  CHECK(most_at_once(R"("ttl_jitter": "50%")") < 60);
}

TEST_CASE("cache: that there is nothing is stored only where negative_ttl says for how long",
          "[models][cache][freshness]") {
  const auto fetches = [](const char* more) {
    Proxy proxy(more);
    std::vector<const Answer*> second;
    for (std::uint64_t key = 0; key < 1000; ++key) {
      proxy.ask(1s, key);
      second.push_back(&proxy.ask(2s, key));  // both kinds are stored
      proxy.ask(5s, key);                     // what is absent is stored no longer
    }
    proxy.rig.run(Time{10s});
    const auto hits = std::count_if(second.begin(), second.end(),
                                    [](const Answer* answer) { return answer->reply.hit; });
    const std::size_t origin = proxy.log.received.size();
    const std::size_t negative = proxy.count("negative_hits");
    return std::vector<std::size_t>{static_cast<std::size_t>(hits), origin, negative};
  };
  CHECK(fetches("") == std::vector<std::size_t>{1000, 1000, 0});
  const auto forgotten = fetches(R"("absent": "30%")");
  const std::size_t absent = 1000 - forgotten[0];
  CHECK(absent == Approx(300).margin(45));  // three standard deviations
  CHECK(forgotten == std::vector<std::size_t>{1000 - absent, 1000 + 2 * absent, 0});
  CHECK(fetches(R"("absent": "30%", "negative_ttl": "3s")") ==
        std::vector<std::size_t>{1000, 1000 + absent, absent});
  // No grace for it: the answer may have changed.
  CHECK(fetches(R"("absent": "30%", "negative_ttl": "3s", "stale_while_revalidate": "1h")") ==
        std::vector<std::size_t>{1000, 1000 + absent, absent});
}

TEST_CASE("cache: an answer past its end is not made fresh by its use", "[models][cache]") {
  Proxy proxy(R"("expiry": "sliding", "stale_while_revalidate": "5s")");
  proxy.ask(1s);
  proxy.broken_from = Time{2s};
  proxy.ask(10s);                        // slides to 20 s
  const Answer& stale = proxy.ask(22s);  // answers, and fails to be fetched anew
  const Answer& late = proxy.ask(26s);
  proxy.rig.run(Time{40s});
  CHECK(stale.reply.hit);
  CHECK_FALSE(late.reply.hit);
}

}  // namespace
}  // namespace highwater::cache
