// A handler that sleeps before it answers.

#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/function/function.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::kOneSink;
using testing::ModelRig;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;

TEST_CASE("delay: a worker sleeps with its request", "[faults]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "workers": 1, "service_time": "10ms"}})");
  rig.fault(delay(), R"({"at": "1s", "for": "2s", "delay": "api", "sleep": "100ms"})");
  const Answer& before = rig.send(Time{500ms}, "api", Request{});
  const Answer& first = rig.send(Time{2s}, "api", Request{});
  const Answer& second = rig.send(Time{2s}, "api", Request{});
  const Answer& after = rig.send(Time{4s}, "api", Request{});
  rig.run(Time{10s});
  CHECK(before.took() == 10ms);
  CHECK(first.took() == 110ms);
  CHECK(second.took() == 220ms);
  CHECK(after.took() == 10ms);
  CHECK(rig.value("api", "utilization") * 10 == Approx(0.24).epsilon(1e-6));
  CHECK(rig.value("api", "cpu_utilization") * 10 == Approx(0.04).epsilon(1e-6));
}

TEST_CASE("delay: who has no workers does other things meanwhile", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(delay(), R"({"at": "1s", "for": "2s", "delay": "it", "sleep": "100ms"})");
  rig.fault(delay(), R"({"at": "1s", "for": "1s", "delay": "it", "sleep": "50ms"})");
  const Answer& first = rig.send(Time{1500ms}, "it", Request{});
  const Answer& second = rig.send(Time{1500ms}, "it", Request{});
  const Answer& one = rig.send(Time{2500ms}, "it", Request{});
  rig.run(Time{10s});
  CHECK(first.took() == 150ms);  // both faults'
  CHECK(second.took() == 150ms);
  CHECK(one.took() == 100ms);
}

TEST_CASE("delay: errors come as late, refusals at once", "[faults]") {
  SinkLog log;
  log.react = [](const Received& each) {
    return Reaction{0ms, each.request.key == 0 ? Status::error : Status::rejected};
  };
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(delay(), R"({"at": "1s", "delay": "it", "sleep": "100ms"})");
  const Answer& error = rig.send(Time{2s}, "it", testing::read_of(0));
  const Answer& refusal = rig.send(Time{2s}, "it", testing::read_of(1));
  rig.run(Time{10s});
  CHECK(error.took() == 100ms);
  CHECK(error.reply.status == Status::error);
  CHECK(refusal.took() == 0ms);
}

TEST_CASE("delay: dies with the process", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(delay(), R"({"at": "1s", "delay": "it", "sleep": "1s"})");
  rig.fault(kill(), R"({"at": "2500ms", "for": "1ms", "kill": "it"})");
  const Answer& answer = rig.send(Time{2s}, "it", Request{});
  rig.run(Time{10s});
  CHECK(answer.reply.status == Status::reset);
  CHECK(answer.took() == 500ms);
}

TEST_CASE("delay: of a share, by its law, growing", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(delay(), R"({"at": "100s", "delay": "it", "sleep": {"uniform": ["100ms", "300ms"]},
                         "rate": "25%", "ramp": "20s"})");
  std::vector<const Answer*> half, all;
  for (int i = 0; i < 4000; ++i) {
    half.push_back(&rig.send(Time{109500ms}, "it", Request{}));
    all.push_back(&rig.send(Time{200s}, "it", Request{}));
  }
  rig.run(Time{300s});
  const auto look = [](const std::vector<const Answer*>& answers, double mean_ms) {
    int late = 0;
    double sum = 0;
    for (const Answer* each : answers) {
      late += each->took() > 0ms;
      sum += milliseconds(each->took());
    }
    CHECK(late == Approx(1000).margin(110));
    CHECK(sum / late == Approx(mean_ms).epsilon(0.03));
  };
  look(half, 100);
  look(all, 200);
}

TEST_CASE("delay: a function's invocation is billed for it, and times out", "[faults]") {
  const auto run = [](const std::string& timeout) {
    ModelRig rig({function::function()}, R"({"f": {"kind": "function", "service_time": "100ms",
        "cold_start": "0ms", "start_time": "0ms", "memory": "1769MiB", "timeout": ")" +
                                             timeout + R"("}})");
    rig.fault(delay(), R"({"at": "1s", "delay": "f", "sleep": "400ms"})");
    const Answer& answer = rig.send(Time{2s}, "f", Request{});
    rig.run(Time{10s});
    const auto billed = rig.component("f").billed_gb_seconds();
    return std::tuple{answer.took(), answer.reply.status, billed.value_or(0)};
  };
  const auto [took, status, billed] = run("3s");
  const auto [cut, error, less] = run("300ms");
  CHECK(status == Status::ok);
  CHECK(error == Status::error);
  CHECK(took - cut == 200ms);
  CHECK(billed / less == Approx(500.0 / 300).epsilon(0.01));
}

TEST_CASE("delay: leaves no trace", "[faults]") {
  check_leaves_no_trace(delay(), R"({"at": "5s", "for": "2s", "delay": "api",
                                     "sleep": {"exponential": "20ms"}, "rate": "50%"})");
}

}  // namespace
}  // namespace highwater::faults
