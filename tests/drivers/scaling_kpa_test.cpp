#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::testing {
namespace {

TEST_CASE("kpa driver: cases of autoscaler_test.go with averages given", "[drivers][scaling]") {
  // Target 10 of a total of 10 / 0.75, rates of 10.
  const Options options = {
      {"target", "13.333333333333334"}, {"target_utilization_percentage", "75"},
      {"max_scale_up_rate", "10"},      {"max_scale_down_rate", "10"},
      {"target_burst_capacity", "93"},  {"output", "all"}};
  CHECK(drive("kpa", options,
              {R"({"time": 0, "ready": 1, "record_only": true})",
               R"({"time": 0, "ready": 1, "stable": 100, "panic": 100})",
               R"({"time": 1, "ready": 10, "stable": 100, "panic": 1000})",
               R"({"time": 31, "ready": 10, "stable": 1, "panic": 1})",
               R"({"time": 62, "ready": 10, "stable": 1, "panic": 1})"}) ==
        "10 10 -180 panic Panic\n100 100 -960 panic Panic\n100 100 39 panic Panic\n"
        "1 1 39 stable Stable\n");
}

TEST_CASE("kpa driver: windows are filled second by second", "[drivers][scaling]") {
  std::vector<std::string> lines;
  for (int second = 0; second < 10; ++second)
    lines.push_back(R"({"time": )" + std::to_string(second) + R"(, "ready": 1, "pods": [)" +
                    (second < 6 ? "2, 3" : "0") + R"(], "record_only": )" +
                    (second == 9 ? "false}" : "true}"));
  // 30 over ten seconds in the stable window, 10 over the last six.
  CHECK(drive("kpa", {{"target", "1"}, {"target_utilization_percentage", "100"}, {"output", "all"}},
              lines) == "3 3 -212 panic Panic\n");
  CHECK(drive("kpa",
              {{"target", "1"},
               {"target_utilization_percentage", "100"},
               {"panic_threshold_percentage", "1000"},
               {"output", "desired"}},
              lines) == "3\n");
  CHECK(drive("kpa",
              {{"target", "1"},
               {"target_utilization_percentage", "100"},
               {"panic_threshold_percentage", "1000"},
               {"metric_aggregation_algorithm", "weighted-exponential"},
               {"output", "desired"}},
              lines) == "2\n");
}

TEST_CASE("kpa driver: without data and with options", "[drivers][scaling]") {
  CHECK(drive("kpa", {{"output", "all"}}, {R"({"time": 0, "ready": 3})"}) ==
        "3 - - panic NoMetrics\n");
  CHECK(drive("kpa", {{"output", "desired"}}, {R"({"time": 0, "ready": 3})"}) == "-\n");
  const std::vector<std::string> load = {R"({"time": 0, "ready": 1, "value": 1000})"};
  CHECK(drive("kpa", {}, load) == "15\n");                  // of 70
  CHECK(drive("kpa", {{"metric", "rps"}}, load) == "8\n");  // of 140
  CHECK(drive("kpa", {{"max_scale", "5"}}, load) == "5\n");
  CHECK(drive("kpa", {{"min_scale", "20"}}, load) == "20\n");
  CHECK(drive("kpa", {{"initial_scale", "30"}}, load) == "30\n");
  CHECK(drive("kpa", {{"activation_scale", "40"}}, load) == "40\n");
  CHECK(drive("kpa", {{"max_scale_up_rate", "3"}}, load) == "3\n");
  const std::vector<std::string> idle = {
      R"({"time": 0, "ready": 8, "replicas": 8, "record_only": true, "value": 0})",
      R"({"time": 61, "ready": 8, "replicas": 8, "value": 0})",
      R"({"time": 63, "ready": 8, "reachable": false, "value": 0})"};
  CHECK(drive("kpa", {{"output", "desired"}}, idle) == "4\n0\n");
  CHECK(drive("kpa", {{"output", "desired"}, {"max_scale_down_rate", "4"}}, idle) == "2\n0\n");
  CHECK(drive("kpa", {{"output", "desired"}, {"stable_window", "120s"}}, idle) == "8\n8\n");
  CHECK_THAT(problems_of("kpa", {{"target_burst_capacity", "-0.5"}}),
             Catch::Contains("-1 for any"));
  CHECK_THAT(problems_of("kpa", {{"min_scale", "3"}, {"max_scale", "2"}}),
             Catch::Contains("min_scale is more than max_scale"));
  CHECK_THAT(drive("kpa", {}, {R"({"time": 1, "stable": 3})"}),
             Catch::Contains("stable and panic stand together"));
  CHECK_THAT(drive("kpa", {}, {R"({"time": 1, "value": 3, "pods": [3]})"}),
             Catch::Contains("cannot stand together"));
  CHECK_THAT(drive("kpa", {}, {R"({"time": 1})", R"({"time": 0})"}),
             Catch::Contains("time goes back"));
}

TEST_CASE("kpa driver: the way to zero", "[drivers][scaling]") {
  const auto seconds_until_zero = [](Options options) {
    const auto session = start("kpa", options);
    std::string replicas = "1";
    for (int second = 0; second < 3000; second += 2) {
      std::string out;
      const std::string wrong =
          session->take(R"({"time": )" + std::to_string(second) + R"(, "ready": )" + replicas +
                            R"(, "value": )" + (second == 0 ? "5}" : "0}"),
                        out);
      REQUIRE(wrong == "");
      replicas = out.substr(0, out.size() - 1);
      if (replicas == "0") return second;
    }
    return -1;
  };
  CHECK(seconds_until_zero({}) == 62);
  CHECK(seconds_until_zero({{"target_burst_capacity", "0"}}) == 90);
  CHECK(seconds_until_zero(
            {{"target_burst_capacity", "0"}, {"scale_to_zero_grace_period", "100s"}}) == 160);
  CHECK(seconds_until_zero({{"scale_to_zero_pod_retention_period", "200s"}}) == 260);
  CHECK(seconds_until_zero({{"scale_down_delay", "300s"}}) == 360);
  CHECK(seconds_until_zero({{"disable_scale_to_zero", "true"}}) == -1);
  CHECK(drive("kpa", {{"progress_deadline", "10s"}},
              {R"({"time": 0, "ready": 0, "replicas": 1, "stable": 0, "panic": 0})",
               R"({"time": 39, "ready": 0, "replicas": 1, "stable": 0, "panic": 0})",
               R"({"time": 40, "ready": 0, "replicas": 1, "stable": 0, "panic": 0})"}) ==
        "1\n1\n0\n");
}

}  // namespace
}  // namespace highwater::testing
