// Points of presence near the clients, an origin shield behind them, and what each tier does for
// the one behind it.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cache/points_of_presence.h"
#include "models/client/client.h"
#include "tests/caches/caches_rig.h"

namespace highwater::cache {
namespace {

/// Three zones: eu and us are 40 ms apart, asia is 100 ms from eu and 80 ms from us.
ModelRig::Options world_of(Duration duration = 1000s) {
  ModelRig::Options options;
  options.duration = duration;
  options.network.zones = {"eu", "us", "asia"};
  options.network.same_zone = Distribution::constant(5ms);
  options.network.links = {{0, 1, Distribution::constant(40ms)},
                           {0, 2, Distribution::constant(100ms)},
                           {1, 2, Distribution::exponential(80ms)}};
  return options;
}

/// An edge of two instances in each of eu and us in front of a shield in eu in front of a source
/// there; a service in each zone passes requests on.
struct Cdn {
  explicit Cdn(const std::string& edge = "", const std::string& shield = "",
               Duration duration = 1000s)
      : rig({cache(), service::service(), testing::sink(log)},
            R"({
          "origin": {"kind": "sink"},
          "shield": {"kind": "cache", "origin": "origin", "zones": ["eu"])" +
                shield + R"(},
          "edge": {"kind": "cache", "origin": "shield", "routing": "nearest", "replicas": 4,
                   "zones": ["eu", "us"])" +
                edge + R"(},
          "users": {"kind": "service", "replicas": 3, "workers": 100000,
                    "endpoints": {"*": [{"call": "edge"}]}}})",
            world_of(duration)) {
    log.zones = {0};
    log.react = [this](const testing::Received& received) {
      return testing::Reaction{source, received.at >= broken_from ? Status::error : Status::ok};
    };
  }
  const Answer& ask(Duration at, std::size_t zone, std::uint64_t key = 1) {
    return rig.send_to_instance(Time{at}, "users", zone, read_of(key));
  }
  Duration source{};
  Time broken_from = kNever;
  testing::SinkLog log;
  ModelRig rig;
};

TEST_CASE("cdn: requests go to the nearest zone, and to one instance there by key", "[caches]") {
  Cdn cdn;
  for (std::uint64_t key = 0; key < 100; ++key)
    for (std::size_t zone : {0u, 1u, 2u}) cdn.ask(1s, zone, key);
  cdn.rig.run(Time{10s});
  // Instances 0 and 2 are in eu, 1 and 3 in us, to which asia is nearer.
  const auto received = [&](std::size_t i) { return cdn.rig.instance("edge", i).received(); };
  CHECK(received(0) + received(2) == 100);
  CHECK(received(1) + received(3) == 200);
  CHECK(received(0) > 20);
  CHECK(received(2) > 20);
}

TEST_CASE("cdn: a hit takes the way to the edge, a miss the way to the tier that has it",
          "[caches]") {
  Cdn cdn;
  cdn.source = 200ms;
  const Answer& miss = cdn.ask(1s, 1);
  const Answer& hit = cdn.ask(3s, 1);
  const Answer& elsewhere = cdn.ask(5s, 0);
  cdn.rig.run(Time{10s});
  // The rig itself stands outside: 5 ms each way to the service.
  CHECK(miss.took() == 10ms + 10ms + 80ms + 10ms + 200ms);
  CHECK(hit.took() == 10ms + 10ms);
  CHECK(elsewhere.took() == 10ms + 10ms + 10ms);  // the shield has it
  CHECK(cdn.log.size() == 1);
}

TEST_CASE("cdn: misses of all edges at the same time are one request to the origin", "[caches]") {
  for (const bool collapse : {true, false}) {
    const std::string flight = collapse ? R"(, "single_flight": true)" : "";
    Cdn cdn(flight, flight);
    cdn.source = 1s;
    for (int i = 0; i < 50; ++i)
      for (std::size_t zone : {0u, 1u, 2u}) cdn.ask(1s + i * 1ms, zone);
    cdn.rig.run(Time{10s});
    CHECK(cdn.log.size() == (collapse ? 1 : 150));
    // One from each point of presence reaches the shield.
    CHECK(cdn.rig.instance("shield", 0).received() == (collapse ? 2 : 150));
    CHECK(cdn.rig.count("shield", "coalesced") == (collapse ? 1 : 0));
    CHECK(cdn.rig.count("edge", "coalesced") == (collapse ? 148 : 0));
  }
}

TEST_CASE("cdn: hit ratios of ttls, tier by tier", "[caches]") {
  // A key that is asked for at rate r is fetched once in 1 / r + d + T: d is how long that takes,
  // in which others wait for it, T how long it is used. What comes to the shield from two points of
  // presence is as good as Poisson.
  const std::string flight = R"(, "single_flight": true)";
  Cdn cdn(R"(, "ttl": "200ms")" + flight, R"(, "ttl": "20s")" + flight, 1000s);
  cdn.rig.add(load_of("users", 150, 1000s,
                      [](RandomStream& random) { return read_of(random.below(100)); }));
  cdn.rig.run(Time{1000s});
  const auto fetches = [](double rate, double takes) { return rate / (1 + rate * (0.2 + takes)); };
  const double eu = fetches(0.5, 0.010);
  const double us = fetches(1, 0.080);  // asia's too
  CHECK(cdn.rig.value("edge", "hit_ratio", Time{50s}) ==
        Approx((0.5 * 0.2 * eu + 1 * 0.2 * us) / 1.5).epsilon(0.04));
  CHECK(cdn.rig.value("shield", "hit_ratio", Time{50s}) ==
        Approx((eu + us) * 20 / (1 + (eu + us) * 20)).epsilon(0.01));
  CHECK(static_cast<double>(cdn.log.size()) / 1000 ==
        Approx(100 * (eu + us) / (1 + (eu + us) * 20)).epsilon(0.03));
}

TEST_CASE("cdn: stale answers stand in where the origin fails, at either tier", "[caches]") {
  for (const bool at_edge : {true, false}) {
    const std::string stale = R"(, "ttl": "10s", "stale_if_error": "1h")";
    Cdn cdn(at_edge ? stale : R"(, "ttl": "1s")", at_edge ? R"(, "ttl": "1s")" : stale);
    cdn.ask(1s, 0);
    cdn.broken_from = Time{2s};
    const Answer& old = cdn.ask(100s, 0);
    const Answer& none = cdn.ask(100s, 0, 2);
    cdn.rig.run(Time{200s});
    CHECK(old.reply.ok());
    CHECK(none.reply.status == Status::error);
    CHECK(cdn.rig.count(at_edge ? "edge" : "shield", "stale_served") == 1);
  }
}

TEST_CASE("cdn: that there is nothing is kept at the edge", "[caches]") {
  Cdn cdn(R"(, "ttl": "1h", "absent": "100%", "negative_ttl": "10s")");
  cdn.ask(1s, 0);
  cdn.ask(2s, 0);
  cdn.ask(20s, 0);
  cdn.rig.run(Time{30s});
  CHECK(cdn.rig.count("edge", "negative_hits") == 1);
  CHECK(cdn.rig.instance("shield", 0).received() == 2);
}

TEST_CASE("cdn: a dead point of presence is refused, or led around with a membership", "[caches]") {
  for (const bool detected : {false, true}) {
    Cdn cdn(detected ? R"(, "membership": {"swim": {}})" : "");
    // Both instances in us.
    for (const std::size_t i : {1u, 3u})
      cdn.rig.at(Time{10s}, [&, i] { cdn.rig.instance("edge", i).kill(false); });
    const Answer& answer = cdn.ask(100s, 1);
    cdn.rig.run(Time{110s});
    CHECK(answer.reply.ok() == detected);
    if (detected) CHECK(answer.took() >= 10ms + 80ms);  // in eu
  }
}

TEST_CASE("cdn: requests from outside of every zone are spread over all", "[caches]") {
  Cdn cdn;
  cdn.rig.add(load_of("edge", 100, 100s, [](RandomStream&) { return read_of(1); }));
  cdn.rig.run(Time{200s});
  std::vector<double> received;
  for (std::size_t i = 0; i < 4; ++i)
    received.push_back(static_cast<double>(cdn.rig.instance("edge", i).received()));
  CHECK(received[0] + received[2] == Approx(5000).epsilon(0.05));
  CHECK(received[1] + received[3] == Approx(5000).epsilon(0.05));
}

TEST_CASE("client: users in zones ask in turn, from where they are", "[caches]") {
  testing::SinkLog log;
  ModelRig rig({cache(), client::client(), testing::sink(log)}, R"({
    "origin": {"kind": "sink"},
    "edge": {"kind": "cache", "origin": "origin", "routing": "nearest", "replicas": 2,
             "zones": ["eu", "us"]},
    "users": {"kind": "client", "arrivals": {"constant": "10/s"}, "zones": ["eu", "us"],
              "calls": {"to": "edge"}}})",
               world_of(100s));
  rig.run(Time{100s});
  const double eu = static_cast<double>(rig.instance("edge", 0).received());
  const double us = static_cast<double>(rig.instance("edge", 1).received());
  CHECK(eu > 490);
  CHECK(us == Approx(eu).margin(1));
  CHECK(rig.value("users", "latency_ms", Time{10s}) == Approx(10));
}

TEST_CASE("cdn: nearest needs zones", "[caches]") {
  testing::SinkLog log;
  ModelRig rig({cache(), testing::sink(log)}, R"({
    "edge": {"kind": "cache", "origin": "origin", "routing": "nearest"},
    "origin": {"kind": "sink"}})");
  Problems problems;
  const auto value = parse_json(R"({"kind": "cache", "origin": "origin", "routing": "nearest"})",
                                problems.add_source("test.json"), problems);
  const std::string path = "/components/edge";
  rig.component("edge").examine({*value, path, problems});
  CHECK(problems.text().find("no zones") != std::string::npos);
  CHECK(testing::problems_of(cache(), R"({"kind": "cache", "routing": "near"})").find("nearest") !=
        std::string::npos);
}

TEST_CASE("local tier: it stands in front of a cache beside the data, and is the same in all steps",
          "[caches]") {
  testing::SinkLog log;
  const std::string service = R"({"kind": "service", "endpoints": {
      "GET /a": [{"cache": "redis", "local": {"ttl": "1s"}, "miss": []}],
      "GET /b": [{"cache": "redis", "local": {"ttl": "2s"}, "miss": []}],
      "GET /c": [{"cache": "edge", "local": {"ttl": "1s"}, "miss": []}],
      "GET /d": [{"cache": "origin", "local": {"ttl": "1s"}, "miss": []}]}})";
  ModelRig rig({cache(), service::service(), testing::sink(log)}, R"({
    "origin": {"kind": "sink"}, "redis": {"kind": "cache"},
    "edge": {"kind": "cache", "origin": "origin"}, "api": )" + service +
                                                                      "}");
  Problems problems;
  const auto value = parse_json(service, problems.add_source("test.json"), problems);
  const std::string path = "/components/api";
  rig.component("api").examine({*value, path, problems});
  const std::string text = problems.text();
  CHECK(text.find("share one local tier, and another step says {\"ttl\": \"1s\"}") !=
        std::string::npos);
  CHECK(text.find("\"edge\" is not") != std::string::npos);
  CHECK(text.find("\"origin\" is not") != std::string::npos);
  CHECK(problems.error_count() == 3);
}

}  // namespace
}  // namespace highwater::cache
