// Latency that grows and fades, and that of some messages only.

#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::kOneSink;
using testing::ModelRig;
using testing::sink;
using testing::SinkLog;

TEST_CASE("latency: grows and fades by degrees, beside another", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(latency(), R"({"at": "2s", "for": "4s", "latency": "it", "add": "10ms",
                           "jitter": "2ms", "ramp": "2s", "fade": "2s"})");
  rig.fault(latency(), R"({"at": "5s", "for": "10s", "latency": "it", "add": "1ms"})");
  const Answer& before = rig.send(Time{1s}, "it", Request{});
  const Answer& growing = rig.send(Time{2950ms}, "it", Request{});
  const Answer& full = rig.send(Time{4500ms}, "it", Request{});
  const Answer& both = rig.send(Time{5500ms}, "it", Request{});
  const Answer& fading = rig.send(Time{7050ms}, "it", Request{});
  const Answer& other = rig.send(Time{9s}, "it", Request{});
  const Answer& after = rig.send(Time{16s}, "it", Request{});
  rig.run(Time{20s});
  CHECK(before.took() == 0ms);
  CHECK(growing.took() == 12ms);  // half of it, both ways
  CHECK(full.took() == 24ms);
  CHECK(both.took() == 26ms);
  CHECK(fading.took() == 14ms);
  CHECK(other.took() == 2ms);
  CHECK(after.took() == 0ms);
}

TEST_CASE("latency: of one caller, on the way to one callee", "[faults]") {
  SinkLog log;
  log.instances = 2;
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "replicas": 2,
                   "endpoints": {"*": [{"call": "it"}]}}})");
  rig.fault(latency(), R"({"at": "1s", "latency": "api[0] -> it[1]", "add": "10ms"})");
  // The sinks are asked in turn.
  const Answer& first = rig.send_to_instance(Time{2s}, "api", 0, Request{});
  const Answer& second = rig.send_to_instance(Time{3s}, "api", 0, Request{});
  rig.send_to_instance(Time{4s}, "api", 1, Request{});
  const Answer& of_other = rig.send_to_instance(Time{5s}, "api", 1, Request{});
  rig.run(Time{10s});
  CHECK(first.took() == 0ms);
  CHECK(second.took() == 20ms);
  CHECK(of_other.took() == 0ms);
}

}  // namespace
}  // namespace highwater::faults
