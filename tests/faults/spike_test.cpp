// More load for a while: the right number of requests, with the others where they were.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/client/client.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/scratch_file.h"
#include "tests/support/sink.h"
#include "tests/support/theory.h"

namespace highwater::faults {
namespace {

using testing::ModelRig;
using testing::problems_of;
using testing::Received;
using testing::sink;
using testing::SinkLog;

/// What a client with these parameters sends in `duration`, under these spikes.
SinkLog sent(const std::string& parameters, const std::vector<std::string>& spikes,
             Duration duration = 100s, std::uint64_t seed = 1) {
  SinkLog log;
  ModelRig::Options options;
  options.duration = duration;
  options.seed = seed;
  ModelRig rig({client::client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it", )" + parameters +
                   R"(}, "it": {"kind": "sink"}})",
               options);
  for (const std::string& json : spikes) rig.fault(spike(), json);
  rig.run(Time{duration});
  return log;
}

std::size_t between(const SinkLog& log, Duration from, Duration until) {
  return static_cast<std::size_t>(std::count_if(
      log.received.begin(), log.received.end(),
      [&](const Received& each) { return each.at >= Time{from} && each.at < Time{until}; }));
}

/// Ids and times, without those that only come because of a fault.
std::map<std::uint64_t, Time> own(const SinkLog& log) {
  std::map<std::uint64_t, Time> found;
  for (const Received& each : log.received)
    if ((each.request.id >> 39 & 1) == 0) found.emplace(each.request.id, each.at);
  return found;
}

const std::string kSpike = R"({"spike": "users", "at": "20s", "for": "40s", "factor": "3x"})";

TEST_CASE("spike: open arrivals are so many times as many, and the others where they were",
          "[faults]") {
  const std::string forms[] = {
      R"("arrivals": {"poisson": "100/s"})",
      R"("arrivals": {"constant": "100/s"})",
      R"("arrivals": {"renewal": {"gamma": {"mean": "10ms", "cv": 0.5}}})",
      R"("arrivals": {"stages": [{"hold": "50s", "rate": "100/s"}, {"ramp": "50s", "to": "0/s"}]})",
      R"("arrivals": {"diurnal": {"mean": "100/s", "peak": "2x", "at": "30s", "period": "50s"}})",
      R"("arrivals": {"mmpp": [{"rate": "300/s", "stay": "2s"}, {"rate": "20/s", "stay": "3s"}]})",
      R"("arrivals": {"poisson": "100/s", "batch": {"geometric": {"p": 0.3}}})"};
  for (const std::string& form : forms) {
    INFO(form);
    const SinkLog without = sent(form, {});
    const SinkLog with = sent(form, {kSpike});
    CHECK(own(with) == own(without));
    const auto usual = static_cast<double>(between(without, 20s, 60s));
    CHECK(static_cast<double>(between(with, 20s, 60s)) == Approx(3 * usual).epsilon(0.08));
    CHECK(between(with, 0s, 20s) == between(without, 0s, 20s));
    CHECK(between(with, 60s, 100s) == between(without, 60s, 100s));
  }
}

TEST_CASE("spike: the further requests of bursts come in the bursts", "[faults]") {
  const std::string bursts =
      R"("arrivals": {"mmpp": [{"rate": "500/s", "stay": "5s"}, {"rate": "0/s", "stay": "5s"}]})";
  const SinkLog with = sent(bursts, {R"({"spike": "users", "at": "0s", "factor": "2x"})"});
  // In no second without a request of the client's own is there one beside.
  std::map<std::int64_t, std::pair<int, int>> seconds;
  for (const Received& each : with.received) {
    auto& [own, besides] = seconds[(each.at - Time{}) / 1s];
    ++((each.request.id >> 39 & 1) == 0 ? own : besides);
  }
  int shared = 0;
  for (const auto& [second, counts] : seconds) {
    if (counts.first + counts.second < 100) continue;
    ++shared;
    CHECK(counts.first > counts.second / 2);
    CHECK(counts.second > counts.first / 2);
  }
  CHECK(shared > 20);
}

TEST_CASE("spike: a queue under it is an M/M/1 of the higher rate", "[faults]") {
  ModelRig::Options options;
  options.duration = 4000s;
  ModelRig rig({client::client(), service::service()},
               R"({"users": {"kind": "client", "calls": "api", "arrivals": {"poisson": "25/s"}},
                   "api": {"kind": "service", "service_time": {"exponential": "10ms"}}})",
               options);
  rig.fault(spike(), R"({"spike": "users", "at": "0s", "factor": "3x"})");
  rig.run(Time{4000s});
  CHECK(rig.value("users", "latency_ms") == Approx(1000 / (100.0 - 75)).epsilon(0.05));
}

TEST_CASE("spike: below one it leaves out by chance, and who is left is who was there",
          "[faults]") {
  const std::string form = R"("arrivals": {"poisson": "100/s"})";
  const auto without = own(sent(form, {}));
  const auto with =
      own(sent(form, {R"({"spike": "users", "at": "20s", "for": "40s", "factor": 0.25})"}));
  std::size_t kept = 0, all = 0;
  for (const auto& [id, at] : without) {
    const bool meanwhile = at >= Time{20s} && at < Time{60s};
    const auto found = with.find(id);
    if (!meanwhile) CHECK((found != with.end() && found->second == at));
    all += meanwhile;
    kept += meanwhile && found != with.end();
  }
  CHECK(static_cast<double>(kept) == Approx(0.25 * static_cast<double>(all)).epsilon(0.12));
  const auto none = own(sent(form, {R"({"spike": "users", "at": "0s", "factor": 0})"}));
  CHECK(none.empty());
}

TEST_CASE("spike: two that overlap multiply, and each leaves the other", "[faults]") {
  const std::string form = R"("arrivals": {"constant": "100/s"})";
  const SinkLog log =
      sent(form, {R"({"spike": "users", "at": "10s", "for": "40s", "factor": "2x"})",
                  R"({"spike": "users", "at": "30s", "for": "40s", "factor": "3x"})"});
  const auto rate = [&](Duration from, Duration until) {
    return static_cast<double>(between(log, from, until)) / seconds(until - from);
  };
  CHECK(rate(0s, 10s) == Approx(100).margin(1));
  CHECK(rate(10s, 30s) == Approx(200).margin(1));
  CHECK(rate(30s, 50s) == Approx(600).margin(2));
  CHECK(rate(50s, 70s) == Approx(300).margin(1));
  CHECK(rate(70s, 100s) == Approx(100).margin(1));
}

TEST_CASE("spike: it grows and fades by degrees", "[faults]") {
  const SinkLog log = sent(R"("arrivals": {"constant": "100/s"})",
                           {R"({"spike": "users", "at": "20s", "for": "40s", "factor": "11x",
                                "ramp": "20s", "fade": "20s"})"});
  // Twenty steps, of which the n-th has n twentieths: 21 / 40 of 10 more on average.
  CHECK(static_cast<double>(between(log, 20s, 40s)) == Approx(20 * (100 + 525)).epsilon(0.01));
  CHECK(static_cast<double>(between(log, 40s, 60s)) == Approx(20 * 1100).epsilon(0.01));
  CHECK(static_cast<double>(between(log, 60s, 80s)) == Approx(20 * (100 + 525)).epsilon(0.06));
  CHECK(between(log, 85s, 95s) == 1000);
}

TEST_CASE("spike: a closed loop gets further users, who go when they have thought", "[faults]") {
  // Each user sends once a second: the sink answers at once.
  const std::string loop = R"("arrivals": {"closed": {"users": 10, "think": "1s"}})";
  const SinkLog without = sent(loop, {});
  const SinkLog more =
      sent(loop, {R"({"spike": "users", "at": "20500ms", "for": "40s", "factor": "3x"})"});
  CHECK(own(more) == own(without));
  // Twenty more, who think first: 40 times each, once more at the end for the last of them.
  CHECK(more.size() - without.size() == 20 * 39);
  const SinkLog fewer =
      sent(loop, {R"({"spike": "users", "at": "20500ms", "for": "40s", "factor": 0.5})"});
  CHECK(between(fewer, 22s, 60s) == between(without, 22s, 60s) / 2);
  CHECK(between(fewer, 62s, 100s) == between(without, 62s, 100s));
}

TEST_CASE("spike: a trace is replayed more often, between its records", "[faults]") {
  std::string csv = "time,endpoint,key\n";
  for (int i = 0; i < 1000; ++i)
    csv += std::to_string(i) + ",GET /," + std::to_string(i % 7) + "\n";
  const ScratchFile file(csv);
  const std::string trace =
      R"("arrivals": {"trace": {"file": ")" + file.path().string() + R"(", "format": "csv"}})";
  const SinkLog without = sent(trace, {}, 1000s);
  const SinkLog with = sent(
      trace, {R"({"spike": "users", "at": "200500ms", "for": "400s", "factor": "2.5x"})"}, 1000s);
  REQUIRE(without.size() == 1000);
  CHECK(own(with) == own(without));
  CHECK(static_cast<double>(with.size()) == Approx(1000 + 400 * 1.5).margin(40));
  // Copies are about what the record before them is about.
  for (const Received& each : with.received) {
    const auto second = static_cast<std::size_t>((each.at - Time{}) / 1s);
    CHECK(each.request.key == without.received[second].request.key);
  }
}

TEST_CASE("spike: another client's requests are answered when they were", "[faults]") {
  const auto times = [](bool with) {
    SinkLog log;
    ModelRig rig({client::client(), service::service(), sink(log)},
                 R"({"users": {"kind": "client", "calls": "api", "arrivals": {"poisson": "50/s"}},
                     "api": {"kind": "service", "service_time": "10ms"},
                     "others": {"kind": "client", "calls": "it", "arrivals": {"poisson": "50/s"}},
                     "it": {"kind": "sink"}})");
    if (with) rig.fault(spike(), kSpike);
    rig.run(Time{100s});
    return log.times();
  };
  CHECK(times(true) == times(false));
}

TEST_CASE("spike: what it cannot be", "[faults]") {
  CHECK(problems_of(spike(), R"({"spike": "users[0]", "at": "1s"})").find("as a whole") !=
        std::string::npos);
  CHECK(
      problems_of(spike(), R"({"spike": "users", "at": "1s", "factor": 100000})").find("must be") !=
      std::string::npos);
  SinkLog log;
  ModelRig rig({client::client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it",
                             "arrivals": {"closed": {"users": 9000, "think": "1s"}}},
                   "it": {"kind": "sink"}})");
  CHECK_THROWS_WITH(rig.fault(spike(), R"({"spike": "users", "at": "1s", "factor": "2000x"})"),
                    Catch::Contains("10000000 users"));
  CHECK_THROWS_WITH(rig.fault(spike(), R"({"spike": "it", "at": "1s"})"),
                    Catch::Contains("spike is for these kinds: client"));
}

}  // namespace
}  // namespace highwater::faults
