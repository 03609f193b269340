// The token bucket of an edge: hand-computed traces.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Caller;
using testing::problems_of;
using testing::SinkLog;

// A million bytes a second.
std::string throttle(const std::string& more = "") {
  return R"({"at": "2s", "for": "5s", "bandwidth": "api -> it", "rate": "8Mbit/s")" + more + "}";
}

TEST_CASE("bandwidth: a message waits for a token for each of its bytes", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"request_size": "104kB", "response_size": "2kB"})");
  caller.rig.fault(bandwidth(), throttle(R"(, "limit": "1MB")"));
  const Answer& before = caller.at(Time{1s});
  const Answer& first = caller.at(Time{3s});
  const Answer& second = caller.at(Time{3s});
  const Answer& third = caller.at(Time{4s});
  const Answer& after = caller.at(Time{8s});
  caller.rig.run(Time{10s});
  CHECK(before.took() == 0s);
  CHECK(first.took() == 100ms);   // a burst of 4,000 bytes goes at once
  CHECK(second.took() == 204ms);  // answers of 2,000 bytes go in bursts
  CHECK(third.took() == 100ms);
  CHECK(after.took() == 0s);
  CHECK(caller.edge().lost() == 0);
}

TEST_CASE("bandwidth: callees have a bucket for their answers", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"response_size": "10kB"})");
  caller.rig.fault(bandwidth(), throttle(R"(, "burst": "1kB")"));
  const Answer& first = caller.at(Time{3s});
  const Answer& second = caller.at(Time{3s + 100ms});
  caller.rig.run(Time{10s});
  CHECK(first.took() == 9ms);
  CHECK(second.took() == 9ms);
}

TEST_CASE("bandwidth: what finds the line full is dropped, and sent again", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"request_size": "54kB"})");
  caller.rig.fault(bandwidth(), throttle(R"(, "limit": "40kB")"));
  const Answer& first = caller.at(Time{3s});
  const Answer& second = caller.at(Time{3s});
  const Answer& third = caller.at(Time{3s + 20ms});
  caller.rig.run(Time{10s});
  CHECK(first.took() == 50ms);
  // 50,000 bytes wait; after 200 ms nothing does, and there is a whole burst again.
  CHECK(second.took() == 250ms);
  // 30,000 bytes wait.
  CHECK(third.took() == 30ms + 54ms);
  CHECK(caller.edge().lost() == 1);
  CHECK(caller.count("retransmissions") == 1);
}

TEST_CASE("bandwidth: unless given the line holds what goes in 400 ms", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"request_size": "404kB"})");
  caller.rig.fault(bandwidth(), throttle());
  std::vector<const Answer*> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(&caller.at(Time{3s}));
  caller.rig.run(Time{10s});
  CHECK(answers[0]->took() == 400ms);
  CHECK(answers[1]->took() == 804ms);
  CHECK(answers[2]->took() > 804ms);  // 804 ms are more than the line holds
  CHECK(caller.edge().lost() > 0);
}

TEST_CASE("bandwidth: it comes and goes by degrees", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"request_size": "104kB"})");
  caller.rig.fault(bandwidth(), throttle(R"(, "ramp": "2s", "fade": "2s")"));
  const Answer& growing = caller.at(Time{2s + 950ms});
  const Answer& full = caller.at(Time{5s});
  const Answer& fading = caller.at(Time{8s + 50ms});
  caller.rig.run(Time{20s});
  CHECK(growing.took() == 50ms);  // half of its strength: twice the rate
  CHECK(full.took() == 100ms);
  CHECK(fading.took() == 50ms);
}

TEST_CASE("bandwidth: what is wrong with it is said", "[faults][input]") {
  CHECK_THAT(problems_of(bandwidth(), R"({"at": "1s", "bandwidth": "api"})"),
             Catch::Contains("rate"));
  CHECK_THAT(problems_of(bandwidth(),
                         R"({"at": "1s", "bandwidth": "api", "rate": "1Mbit/s", "limit": "1kB"})"),
             Catch::Contains("limit"));
  SinkLog log;
  const std::string silent =
      GENERATE(as<std::string>(), R"("timeout": "1s")", R"("transport": {})");
  Caller caller(log, silent);
  CHECK_THAT(testing::examined(caller.rig, bandwidth(), throttle()),
             Catch::Contains("says how large its messages are"));
  Caller sized(log, R"("transport": {"request_size": "1kB"})");
  CHECK(testing::examined(sized.rig, bandwidth(), throttle()).empty());
}

}  // namespace
}  // namespace highwater::faults
