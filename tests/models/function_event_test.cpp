// Events: what steps publish to a function. When each try comes is worked out by hand from the
// documented pauses; no event is lost or made up.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/function/function.h"
#include "models/messaging/topic.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::function {
namespace {

using Catch::Matchers::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::Reaction;
using testing::Received;
using testing::SinkLog;

/// A service "api" that publishes to the function "f", which calls the sink "it".
class EventRig : public ModelRig {
 public:
  EventRig(SinkLog& log, const std::string& parameters, const std::string& more = "",
           Options options = days())
      : ModelRig({function(), service::service(), messaging::topic(), testing::sink(log)},
                 R"({"api": {"kind": "service", "endpoints": {"x": [{"publish": "f"}]}},
                     "it": {"kind": "sink"},
                     "f": {"kind": "function", "cold_start": "0s", )" +
                     parameters + "}" + more + "}",
                 std::move(options)) {}

  static Options days() {
    Options options;
    options.duration = 86'400s;
    return options;
  }
  std::uint64_t ended(const std::string& how) {
    const auto& causes = metric("f", "events").causes;
    const auto found = causes.find(how);
    return found == causes.end() ? 0 : found->second;
  }
};

const char* const kCall = R"("steps": [{"call": "it"}])";

Status fails(const Received&) {
  return Status::error;
}

TEST_CASE("function events: the publisher does not wait for the function", "[models][function]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{2s}; };
  EventRig rig(log, kCall);
  const Answer& answer = rig.send(Time{1s}, "api", testing::read_of(7));
  rig.run(Time{100s});
  CHECK(answer.reply.ok());
  CHECK(answer.took() == 0s);
  REQUIRE(log.size() == 1);
  CHECK(log.received[0].request.key == 7);
  CHECK(log.received[0].at == Time{1s});
  CHECK(rig.count("f", "events_received") == 1);
  CHECK(rig.ended("processed") == 1);
  CHECK(rig.value("f", "events_queued") == Approx(2.0 / 100));
  CHECK(rig.value("f", "concurrency") == Approx(2.0 / 100));
  CHECK(rig.value("f", "service_ms") == Approx(2000));
  CHECK(rig.value("f", "event_age_ms") == 0);
}

TEST_CASE("function events: one that fails is tried again after a minute, then two",
          "[models][function]") {
  SinkLog log;
  log.react = [](const Received& request) { return Reaction{0s, fails(request)}; };
  const auto times = [&](const std::string& parameters) {
    log.received.clear();
    EventRig rig(log, kCall + parameters);
    rig.send(Time{1s}, "api", Request{});
    rig.run(Time{2000s});
    CHECK(rig.ended("failed") == 1);
    CHECK(rig.count("f", "event_retries") == log.size() - 1);
    CHECK(rig.value("f", "events_queued") ==
          Approx(seconds(log.received.back().at - Time{1s}) / 2000));
    return log.times();
  };
  CHECK(times("") == std::vector<Duration>{1s, 61s, 181s});
  CHECK(times(R"(, "events": {"retries": 1})") == std::vector<Duration>{1s, 61s});
  CHECK(times(R"(, "events": {"retries": 0})") == std::vector<Duration>{1s});
}

TEST_CASE("function events: each try draws anew, and one that succeeds is the last",
          "[models][function]") {
  SinkLog log;
  log.react = [&](const Received&) {
    return Reaction{0s, log.size() < 2 ? Status::error : Status::ok};
  };
  EventRig rig(log, R"("steps": [{"wait": {"exponential": "1s"}}, {"call": "it"}])");
  rig.send(Time{1s}, "api", Request{});
  rig.run(Time{2000s});
  REQUIRE(log.size() == 2);
  const Duration first = log.received[0].at - Time{1s};
  const Duration second = log.received[1].at - log.received[0].at - 60s;
  CHECK(first > 0s);
  CHECK(second > 0s);
  CHECK(first != second);
  CHECK(rig.ended("processed") == 1);
  CHECK(rig.ended("failed") == 0);
  // Of two invocations.
  CHECK(rig.value("f", "event_age_ms") == Approx(milliseconds(first + 60s) / 2));
}

TEST_CASE("function events: the function's time-out is a failure", "[models][function]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{.never = true}; };
  EventRig rig(log, kCall);
  rig.send(Time{1s}, "api", Request{});
  rig.run(Time{2000s});
  CHECK(log.times() == std::vector<Duration>{1s, 64s, 187s});
  CHECK(rig.count("f", "timeouts") == 3);
  CHECK(rig.ended("failed") == 1);
}

TEST_CASE("function events: throttled ones come again ever later", "[models][function]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{20s}; };
  EventRig rig(log, std::string(kCall) + R"(, "timeout": "60s", "reserved_concurrency": 1)");
  rig.send(Time{1s}, "api", Request{});
  rig.send(Time{1s}, "api", Request{});
  rig.run(Time{2000s});
  // After 1, 2, 4, 8 and 16 s: the first four times the other one still runs.
  CHECK(log.times() == std::vector<Duration>{1s, 32s});
  CHECK(rig.metric("f", "throttled").causes.at("reserved") == 5);
  CHECK(rig.count("f", "event_retries") == 5);
  CHECK(rig.ended("processed") == 2);
}

TEST_CASE("function events: throttled for good they expire", "[models][function]") {
  SinkLog log;
  const auto throttled = [&](const std::string& events) {
    EventRig rig(log, std::string(kCall) + R"(, "reserved_concurrency": 0)" + events);
    rig.send(Time{0s}, "api", Request{});
    rig.run(Time{86'400s});
    CHECK(rig.ended("expired") == 1);
    CHECK(log.size() == 0);
    return std::pair{rig.metric("f", "throttled").causes.at("reserved"),
                     rig.value("f", "events_queued") * 86'400};
  };
  // 1 + 2 + … + 256 s are 511 s; after that every 300 s: 70 more times fit into six hours.
  const auto usual = throttled("");
  CHECK(usual.first == 1 + 9 + 70);
  CHECK(usual.second == Approx(21'600));
  // At 0, 1, 3, 7, 15, 31 and 63 s; the next would be at 127 s.
  const auto shorter = throttled(R"(, "events": {"max_age": "100s"})");
  CHECK(shorter.first == 7);
  CHECK(shorter.second == Approx(100));
}

TEST_CASE("function events: what is given up goes where it is to go", "[models][function]") {
  SinkLog log;
  log.react = [](const Received& request) { return Reaction{0s, fails(request)}; };
  EventRig rig(log, std::string(kCall) + R"(, "events": {"retries": 0, "on_failure": "g"})",
               R"(, "g": {"kind": "function", "cold_start": "0s", "steps": [{"wait": "1s"}]})");
  rig.send(Time{1s}, "api", Request{});
  rig.run(Time{100s});
  CHECK(rig.count("g", "events_received") == 1);
  CHECK(rig.metric("g", "events").causes.at("processed") == 1);
  CHECK(rig.count("f", "events_undelivered") == 0);
  // To a topic, whose only broker is down.
  EventRig lost(log, std::string(kCall) + R"(, "events": {"retries": 0, "on_failure": "dead"})",
                R"(, "dead": {"kind": "topic", "append_time": "0s"})");
  lost.at(Time{500ms}, [&] { lost.instance("dead", 0).kill(false); });
  lost.send(Time{1s}, "api", Request{});
  lost.at(Time{2s}, [&] { lost.instance("dead", 0).revive(); });
  lost.send(Time{3s}, "api", Request{});
  lost.run(Time{100s});
  CHECK(lost.ended("failed") == 2);
  CHECK(lost.count("f", "events_undelivered") == 1);
  CHECK(lost.instance("dead", 0).answers()[Status::ok] == 1);
}

TEST_CASE("function events: they survive their zone", "[models][function]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{5s}; };
  EventRig rig(log, std::string(kCall) + R"(, "timeout": "60s")");
  rig.send(Time{1s}, "api", Request{});
  rig.at(Time{2s}, [&] { rig.instance("f", 0).kill(false); });
  rig.at(Time{4s}, [&] { rig.instance("f", 0).revive(); });
  rig.run(Time{100s});
  // Dies at 2 s, tries again at 3 s where nothing is up, and at 5 s.
  CHECK(log.times() == std::vector<Duration>{1s, 5s});
  CHECK(rig.ended("processed") == 1);
  CHECK(rig.count("f", "event_retries") == 2);
}

TEST_CASE("function events: those that wait count towards the run's limit", "[models][function]") {
  // The rig's limit is 10 million: there is room for so many beside ten events, and no more.
  const auto full = [](Time at, std::uint64_t others) {
    SinkLog log;
    EventRig rig(log, std::string(kCall) + R"(, "reserved_concurrency": 0,
                                               "events": {"max_age": "60s"})");
    for (int i = 0; i < 10; ++i) rig.send(Time{1s}, "api", Request{});
    rig.at(at, [&] { rig.world().in_flight.keep(others); });
    rig.run(Time{100s});
    return rig.world().in_flight.reached();
  };
  CHECK_FALSE(full(Time{10s}, 9'999'990));
  CHECK(full(Time{10s}, 9'999'991));
  CHECK_FALSE(full(Time{70s}, 10'000'000));  // they have expired
}

TEST_CASE("function events: none is lost or made up", "[models][function][property]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SinkLog log;
    ModelRig::Options options = EventRig::days();
    options.seed = seed;
    options.network.zones = {"a", "b"};
    EventRig rig(log, R"("steps": [{"wait": {"exponential": "300ms"}}, {"fail": "20%"}],
                         "timeout": "900ms", "reserved_concurrency": 4,
                         "events": {"max_age": "150s"})",
                 "", options);
    Load requests;
    requests.to = "api";
    requests.per_second = 20;
    requests.requests = 2000;
    rig.add(requests);
    rig.at(Time{20s}, [&] { rig.instance("f", 0).kill(false); });
    rig.at(Time{40s}, [&] { rig.instance("f", 0).revive(); });
    rig.run(Time{1000s});
    CHECK(rig.count("f", "events_received") == 2000);
    CHECK(rig.ended("processed") + rig.ended("failed") + rig.ended("expired") == 2000);
    CHECK(rig.ended("processed") > 0);
    CHECK(rig.ended("expired") > 0);
  }
}

TEST_CASE("function events: a message names no endpoint", "[models][function]") {
  SinkLog log;
  EventRig rig(log, R"("endpoints": {"a": [], "b": []})");
  const Answer& answer = rig.send(Time{1s}, "api", Request{});
  rig.run(Time{2s});
  CHECK(answer.reply.status == Status::error);
  CHECK(rig.count("f", "events_received") == 0);
}

TEST_CASE("function events: it may be called and published to, not consumed from",
          "[models][function]") {
  CHECK(function().info.callable);
  CHECK(function().info.publishable);
  CHECK_FALSE(function().info.consumable);
}

}  // namespace
}  // namespace highwater::function
