// A target that answers 429 above a rate.

#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::sink;
using testing::SinkLog;

/// Requests every 10ms for 10s, as many as were served, the rest refused at once.
std::size_t served(const std::string& more, std::uint32_t instances = 1) {
  SinkLog log;
  log.instances = instances;
  ModelRig rig({sink(log)}, testing::kOneSink);
  rig.fault(throttle(), R"({"at": "1s", "for": "20s", "throttle": "it", )" + more + "}");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(&rig.send(Time{2s + 10ms * i}, "it", Request{}));
  rig.run(Time{30s});
  std::size_t ok = 0;
  for (const Answer* each : answers) {
    ok += each->reply.ok();
    if (!each->reply.ok()) CHECK(each->reply.status == Status::rejected);
    CHECK(each->took() == 0ms);
  }
  CHECK(ok == log.size());
  return ok;
}

TEST_CASE("throttle: a token bucket", "[faults]") {
  CHECK(served(R"("rate": "12.5/s")") == 125);               // every eighth
  CHECK(served(R"("rate": "12.5/s", "burst": 11)") == 135);  // ten more at first
  CHECK(served(R"("rate": "1000/s")") == 1000);
}

TEST_CASE("throttle: for all that it hits together", "[faults]") {
  CHECK(served(R"("rate": "12.5/s")", 4) == 125);
  CHECK(served(R"("rate": "12.5/s", "count": 2)", 4) == 500 + 125);
}

TEST_CASE("throttle: several let through what each of them does", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, testing::kOneSink);
  rig.fault(throttle(), R"({"at": "1s", "for": "10s", "throttle": "it", "rate": "25/s"})");
  rig.fault(throttle(), R"({"at": "1s", "for": "5s", "throttle": "it", "rate": "12.5/s"})");
  for (int i = 0; i < 400; ++i) rig.send(Time{2s + 10ms * i}, "it", Request{});
  for (int i = 0; i < 400; ++i) rig.send(Time{7s + 10ms * i}, "it", Request{});
  for (int i = 0; i < 400; ++i) rig.send(Time{12s + 10ms * i}, "it", Request{});
  rig.run(Time{30s});
  CHECK(log.size() == 50 + 100 + 400);
}

TEST_CASE("throttle: leaves no trace", "[faults]") {
  check_leaves_no_trace(throttle(),
                        R"({"at": "5s", "for": "2s", "throttle": "api", "rate": "20/s"})");
}

TEST_CASE("throttle: what it cannot be", "[faults]") {
  CHECK_THAT(problems_of(throttle(), R"({"at": "1s", "throttle": "api"})"),
             Catch::Contains("rate"));
  CHECK_THAT(problems_of(throttle(), R"({"at": "1s", "throttle": "api", "rate": "1/s",
                                         "burst": 0})"),
             Catch::Contains("/burst"));
}

}  // namespace
}  // namespace highwater::faults
