#include "models/drivers/breaker_session.h"

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

TEST_CASE("breaker session: calls that last end on their way", "[drivers]") {
  CHECK(drive("pybreaker", {{"fail_max", "2"}, {"reset_timeout", "10"}},
              {"0 failure 2", "1 failure 0.5", "1.4 success", "1.5 success", "3 success"}) ==
        "allowed closed\nallowed closed\nallowed closed\nallowed closed\nallowed closed\n");
  CHECK(drive("pybreaker", {{"fail_max", "2"}, {"reset_timeout", "10"}},
              {"0 failure 2", "1 failure 0.5", "2 success"}) ==
        "allowed closed\nallowed closed\nrejected open\n");
}

TEST_CASE("breaker session: slow is what the product makes of it", "[drivers]") {
  CHECK(drive("resilience4j", {{"sliding_window_size", "1"}, {"minimum_number_of_calls", "1"}},
              {"0 slow"}) == "allowed open\n");
  // A duration given is what it takes: not slow to resilience4j below its minute.
  CHECK(drive("resilience4j", {{"sliding_window_size", "1"}, {"minimum_number_of_calls", "1"}},
              {"0 slow 59", "59 success"}) == "allowed closed\nallowed closed\n");
  CHECK(drive("opossum", {}, {"0 slow"}) == "allowed open\n");
  CHECK(drive("opossum", {{"timeout", "false"}}, {"0 slow"}) == "allowed closed\n");
  CHECK(drive("pybreaker", {{"fail_max", "1"}}, {"0 slow"}) == "allowed closed\n");
}

TEST_CASE("breaker session: a time-out ends a call when it is over", "[drivers]") {
  CHECK(drive("opossum", {{"timeout", "1s"}}, {"0 success 5", "0.999 success", "1 success"}) ==
        "allowed closed\nallowed closed\nallowed closed\n");
  CHECK(drive("opossum", {{"timeout", "1s"}, {"error_threshold_percentage", "30"}},
              {"0 success 5", "0.999 success", "1 success"}) ==
        "allowed closed\nallowed closed\nrejected open\n");
}

TEST_CASE("breaker session: who waits for a test is answered after it", "[drivers]") {
  CHECK(drive("cockatiel_consecutive", {{"threshold", "1"}, {"half_open_after", "1s"}},
              {"0 failure", "1 success 2", "2 failure", "2.5 success", "3.5 success"}) ==
        "allowed open\nallowed half_open\nallowed open\nrejected open\nrejected open\n");
  CHECK(drive("cockatiel_consecutive", {{"threshold", "1"}, {"half_open_after", "1s"}},
              {"0 failure", "1 success 2", "2 success"}) ==
        "allowed open\nallowed half_open\nallowed closed\n");
}

TEST_CASE("breaker session: lines that are wrong change nothing", "[drivers]") {
  const std::string out = drive("pybreaker", {{"fail_max", "1"}},
                                {"1 success", "x success", "2 failur", "2", "0.5 failure",
                                 "2 success 1 1", "2 success y", "", "3 success"});
  CHECK_THAT(out, Catch::Contains("expected seconds"));
  CHECK_THAT(out, Catch::Contains("did you mean \"failure\"?"));
  CHECK_THAT(out, Catch::Contains("time goes back"));
  CHECK_THAT(out, Catch::StartsWith("allowed closed\n"));
  CHECK_THAT(out, Catch::EndsWith("allowed closed\n"));
}

TEST_CASE("breaker session: options that no product takes", "[drivers]") {
  CHECK_THAT(problems_of("cockatiel_count", {{"size", "5"}, {"minimum_number_of_calls", "6"}}),
             Catch::Contains("more than the size of the window"));
  CHECK_THAT(problems_of("resilience4j", {{"sliding_window_size", "0"}}),
             Catch::Contains("sliding_window_size"));
  CHECK_THAT(problems_of("opossum", {{"timeout", "true"}}), Catch::Contains("timeout"));
  CHECK_THAT(problems_of("cockatiel_consecutive", {{"generator", "ful"}}), Catch::Contains("full"));
  CHECK_THAT(problems_of("hystrix", {{"health_snapshot_interval_in_milliseconds", "0"}}),
             Catch::Contains("/health_snapshot_interval: must be at least 1ms, found \"0ms\""));
}

TEST_CASE("breaker session: hystrix and drawn waits", "[drivers]") {
  std::vector<std::string> lines(20, "0 failure");
  lines.push_back("0.5 success");
  lines.push_back("5.501 success");
  const std::string out = drive("hystrix", {}, lines);
  CHECK_THAT(out, Catch::EndsWith("allowed closed\nrejected open\nallowed closed\n"));
  const auto with_seed = [](const char* seed) {
    return drive("cockatiel_consecutive",
                 {{"threshold", "1"}, {"generator", "decorrelated"}, {"seed", seed}},
                 {"0 failure", "0.02 failure", "0.05 failure", "0.1 failure", "0.2 failure",
                  "0.4 failure", "0.8 failure", "1.6 failure"});
  };
  CHECK(with_seed("1") == with_seed("1"));
  CHECK(with_seed("1") != with_seed("2"));
}

}  // namespace
}  // namespace highwater::drivers
