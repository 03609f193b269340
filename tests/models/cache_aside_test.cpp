// Cache-aside from a service's steps: what an instance does with what the cache says, and with
// those who miss at the same time.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cache/cache.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::cache {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

/// Two instances of a service that keep what a source of 100 ms says in a cache: `step` follows
/// the cache step's ttl of 10 s, `parameters` the cache's kind.
struct Aside {
  explicit Aside(const std::string& step, const std::string& parameters = "")
      : rig({cache(), service::service(), testing::sink(log)}, R"({
          "db": {"kind": "sink"},
          "redis": {"kind": "cache")" + joined(parameters) + R"(},
          "api": {"kind": "service", "replicas": 2, "workers": 10000, "endpoints": {
            "GET /": [{"cache": "redis", "ttl": "10s")" + joined(step) +
                                                                   R"(, "miss": [{"call": "db"}]}],
            "PUT /": [{"call": "db", "op": "write"}, {"call": "redis", "op": "delete"}]}}})") {
    log.react = [this](const testing::Received& received) {
      return testing::Reaction{100ms, received.at >= broken_from ? Status::error : Status::ok,
                               false};
    };
    get = rig.world().symbols.intern("GET /");
    put = rig.world().symbols.intern("PUT /");
  }
  static std::string joined(const std::string& more) { return more.empty() ? "" : ", " + more; }

  const Answer& ask(Duration at, std::size_t instance = 0, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "api", instance, read_of(key, get));
  }
  const Answer& change(Duration at, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "api", 0, write_of(key, put));
  }
  std::size_t reads() const {
    return static_cast<std::size_t>(std::count_if(
        log.received.begin(), log.received.end(),
        [](const testing::Received& each) { return each.request.operation == Operation::read; }));
  }
  std::uint64_t count(const char* metric) { return rig.count("redis", metric); }

  Time broken_from = kNever;
  Symbol get = kNoSymbol;
  Symbol put = kNoSymbol;
  testing::SinkLog log;
  ModelRig rig;
};

TEST_CASE("cache-aside: a write deletes what is stored", "[models][cache][aside]") {
  Aside aside("");
  aside.ask(1s);
  const Answer& hit = aside.ask(2s, 1);
  aside.change(3s);
  const Answer& miss = aside.ask(4s);
  aside.rig.run(Time{10s});
  CHECK(hit.took() == 0s);
  CHECK(miss.took() == 100ms);
  CHECK(aside.reads() == 2);
}

TEST_CASE("cache-aside: stale answers serve while each instance fetches anew once",
          "[models][cache][aside]") {
  Aside aside(R"("stale_while_revalidate": "5s")");
  aside.ask(1s);  // fresh until 11.1 s
  std::vector<const Answer*> stale;
  for (std::size_t instance : {0u, 0u, 1u, 1u}) stale.push_back(&aside.ask(12s, instance));
  const Answer& fresh = aside.ask(13s);
  const Answer& late = aside.ask(28s);
  aside.rig.run(Time{40s});
  for (const Answer* answer : stale) CHECK(answer->took() == 0s);
  CHECK(fresh.took() == 0s);
  CHECK(late.took() == 100ms);
  CHECK(aside.reads() == 4);  // the first, one for each instance, the late one
  CHECK(aside.count("stale_served") == 4);
}

TEST_CASE("cache-aside: with a lease one instance alone fetches anew", "[models][cache][aside]") {
  Aside aside(R"("stale_while_revalidate": "5s", "lease_wait": "10ms")");
  aside.ask(1s);
  for (std::size_t i = 0; i < 6; ++i) aside.ask(12s, i % 2);
  aside.rig.run(Time{13s});
  CHECK(aside.reads() == 2);
  CHECK(aside.count("leases") == 2);
  CHECK(aside.count("lease_waits") == 0);
}

TEST_CASE("cache-aside: stale answers stand in for a source that fails", "[models][cache][aside]") {
  Aside aside(R"("stale_if_error": "60s")");
  aside.ask(1s);
  aside.broken_from = Time{5s};
  const Answer& stale = aside.ask(30s);
  const Answer& dead = aside.ask(72s);
  aside.rig.run(Time{100s});
  CHECK(stale.reply.ok());
  CHECK(stale.took() == 100ms);  // the source is asked first
  CHECK(dead.reply.status == Status::error);

  Aside without("");
  without.ask(1s);
  without.broken_from = Time{5s};
  const Answer& error = without.ask(30s);
  without.rig.run(Time{100s});
  CHECK(error.reply.status == Status::error);
}

TEST_CASE("cache-aside: refresh_ahead fetches before the end", "[models][cache][aside]") {
  Aside aside(R"("refresh_ahead": "50%")");
  aside.ask(1s);                        // good until 11.1 s
  aside.ask(5s);                        // too early
  const Answer& ahead = aside.ask(7s);  // good until 17.1 s with this
  const Answer& beyond = aside.ask(12s, 1);
  aside.rig.run(Time{12s});
  CHECK(ahead.took() == 0s);
  CHECK(beyond.took() == 0s);
  CHECK(aside.reads() == 2);
}

// With `left` to go a use fetches with probability exp(-left / fetch time).
TEST_CASE("cache-aside: early_expiration knows how long the source took",
          "[models][cache][aside]") {
  Aside aside(R"("early_expiration": 1)");
  constexpr std::uint64_t kKeys = 4000;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    aside.ask(1s, 0, key);
    aside.ask(10'950ms, 0, key);  // 150 ms before the end
  }
  aside.rig.run(Time{11s});
  const double share = static_cast<double>(aside.reads() - kKeys) / kKeys;
  CHECK(share == Approx(std::exp(-1.5)).margin(0.02));  // three standard deviations
}

TEST_CASE("cache-aside: each instance's misses of a key share one fetch",
          "[models][cache][aside]") {
  for (const bool shared : {false, true}) {
    Aside aside(shared ? R"("single_flight": true)" : "");
    std::vector<const Answer*> answers;
    for (std::size_t i = 0; i < 20; ++i)
      answers.push_back(&aside.ask(1s + Duration{1ms} * static_cast<int>(i), i % 2));
    const Answer& other = aside.ask(1010ms, 0, 2);
    aside.rig.run(Time{5s});
    CHECK(aside.reads() == (shared ? 3 : 21));
    CHECK(other.took() == 100ms);
    if (shared) CHECK(answers.back()->took() == 82ms);  // with the second instance's first
    for (const Answer* answer : answers) CHECK(answer->reply.ok());
  }
}

TEST_CASE("cache-aside: a shared fetch that fails fails for all, and is not remembered",
          "[models][cache][aside]") {
  Aside aside(R"("single_flight": true)");
  aside.broken_from = Time{0s};
  const Answer& first = aside.ask(1s);
  const Answer& second = aside.ask(1050ms);
  const Answer& next = aside.ask(2s);
  aside.rig.run(Time{5s});
  for (const Answer* answer : {&first, &second, &next})
    CHECK(answer->reply.status == Status::error);
  CHECK(second.took() == 50ms);
  CHECK(aside.reads() == 2);
}

TEST_CASE("cache-aside: a shared fetch dies with its instance", "[models][cache][aside][fault]") {
  Aside aside(R"("single_flight": true, "stale_while_revalidate": "5s")");
  aside.ask(1s, 0, 2);
  aside.rig.at(Time{12'050ms}, [&] { aside.rig.instance("api", 0).kill(false); });
  aside.rig.at(Time{13s}, [&] { aside.rig.instance("api", 0).revive(); });
  const Answer& first = aside.ask(12s);
  const Answer& second = aside.ask(12'020ms);
  aside.ask(12s, 0, 2);  // stale, fetched anew meanwhile
  const Answer& again = aside.ask(14s);
  const Answer& stale = aside.ask(14s, 0, 2);
  const Answer& fresh = aside.ask(17'500ms, 0, 2);
  aside.rig.run(Time{20s});
  CHECK(first.reply.status == Status::reset);
  CHECK(second.reply.status == Status::reset);
  CHECK(again.took() == 100ms);
  CHECK(stale.took() == 0s);
  CHECK(fresh.took() == 0s);
}

TEST_CASE("cache-aside: whoever waits for a fetch that is given up fetches himself",
          "[models][cache][aside]") {
  testing::SinkLog log;
  int asked = 0;
  log.react = [&](const testing::Received&) {
    return testing::Reaction{asked++ == 0 ? Duration{10s} : Duration{100ms}, Status::ok, false};
  };
  // Of two lists the first done is enough: the other one is cancelled, and its fetch with it.
  ModelRig rig({cache(), service::service(), testing::sink(log)}, R"({
      "db": {"kind": "sink"},
      "redis": {"kind": "cache"},
      "api": {"kind": "service", "workers": 10, "endpoints": {
        "GET /": [{"choose": [{"p": 1, "steps": [{"parallel": [
          [{"cache": "redis", "single_flight": true, "miss": [{"call": "db"}]}],
          [{"wait": "50ms"}]], "quorum": 1}]}]}]}}})");
  const Answer& first = rig.send(Time{1s}, "api", read_of(1));
  const Answer& second = rig.send(Time{1020ms}, "api", read_of(1));
  rig.run(Time{30s});
  CHECK(first.took() == 50ms);
  CHECK(second.took() == 50ms);
  // The second waited for the first's fetch, and began its own when that was given up.
  REQUIRE(log.size() == 2);
  CHECK(log.times()[1] == 1050ms);
}

TEST_CASE("cache-aside: that there is nothing is known for negative_ttl",
          "[models][cache][aside]") {
  const auto reads = [](const char* step) {
    Aside aside(step);
    for (std::uint64_t key = 0; key < 100; ++key)
      for (const Duration at : {1s, 2s, 5s}) aside.ask(at, 0, key);
    aside.rig.run(Time{9s});
    return std::vector<std::uint64_t>{aside.reads(), aside.count("negative_hits")};
  };
  CHECK(reads(R"("absent": 0)") == std::vector<std::uint64_t>{100, 0});
  CHECK(reads(R"("absent": 1)") == std::vector<std::uint64_t>{300, 0});
  CHECK(reads(R"("absent": 1, "negative_ttl": "3s")") == std::vector<std::uint64_t>{200, 100});
}

TEST_CASE("cache-aside: with leases one of all instances fetches, the others ask again",
          "[models][cache][aside][lease]") {
  Aside aside(R"("lease_wait": "30ms")");
  std::vector<const Answer*> answers;
  for (std::size_t i = 0; i < 20; ++i) answers.push_back(&aside.ask(1s, i % 2));
  aside.rig.run(Time{5s});
  CHECK(aside.reads() == 1);
  CHECK(aside.count("leases") == 1);
  CHECK(aside.count("lease_waits") == 19 * 4);  // at 0, 30, 60 and 90 ms
  CHECK(answers.front()->took() == 100ms);
  CHECK(answers.back()->took() == 120ms);
}

TEST_CASE("cache-aside: a lease that is not used is given again after the lease time",
          "[models][cache][aside][lease]") {
  Aside aside(R"("lease_wait": "100ms")", R"("lease_time": "3s")");
  aside.broken_from = Time{0s};
  aside.rig.at(Time{2s}, [&] { aside.broken_from = kNever; });
  const Answer& failed = aside.ask(1s);
  const Answer& waits = aside.ask(1050ms);
  aside.rig.run(Time{20s});
  CHECK(failed.reply.status == Status::error);
  CHECK(waits.reply.ok());
  CHECK(waits.took() == 3s + 100ms);  // asks at 4.05 s, the lease given at 1 s being over
}

// The race of section 3.2.1: what was read before a write must not be stored after its delete.
TEST_CASE("cache-aside: a delete makes a lease void, so that no stale value is stored",
          "[models][cache][aside][lease]") {
  for (const bool leases : {false, true}) {
    Aside aside(leases ? R"("lease_wait": "10ms")" : "");
    aside.log.react = [](const testing::Received& received) {
      const bool reads = received.request.operation == Operation::read;
      return testing::Reaction{reads ? 100ms : 20ms, Status::ok, false};
    };
    const Answer& old = aside.ask(1s);  // reads before the write, stores after its delete
    aside.change(1050ms);
    const Answer& next = aside.ask(2s);
    aside.rig.run(Time{5s});
    CHECK(old.reply.ok());
    CHECK(next.took() == (leases ? 100ms : 0ms));  // 0: what it got is stale
    CHECK(aside.count("void_stores") == (leases ? 1 : 0));
  }
}

TEST_CASE("cache-aside: everything wrong with a cache step is told", "[models][cache][input]") {
  const std::string text = testing::problems_of(service::service(), R"({
    "kind": "service", "endpoints": {"GET /": [
      {"cache": "redis", "stale_if_error": "1s", "negative_ttl": "1s", "lease_wait": "0s",
       "absent": 2, "single_fligt": true, "miss": []}]}})");
  CAPTURE(text);
  for (const char* expected : {"/lease_wait", "/absent", "did you mean \"single_flight\""})
    CHECK(text.find(expected) != std::string::npos);
  const std::string without = testing::problems_of(service::service(), R"({
    "kind": "service", "endpoints": {"GET /": [
      {"cache": "redis", "stale_if_error": "1s", "negative_ttl": "1s", "miss": []}]}})");
  CAPTURE(without);
  for (const char* expected : {"/stale_if_error", "there is none", "/negative_ttl", "`absent`"})
    CHECK(without.find(expected) != std::string::npos);
}

}  // namespace
}  // namespace highwater::cache
