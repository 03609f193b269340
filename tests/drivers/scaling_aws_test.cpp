#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::testing {
namespace {

/// A line a minute, the capacity being what was decided before.
std::string minutes(const std::string& name, Options options, int replicas,
                    const std::vector<int>& metrics) {
  const auto session = start(name, options);
  std::string all;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    std::string out;
    const std::string wrong = session->take(
        R"({"time": )" + std::to_string(60 * (i + 1)) + R"(, "replicas": )" +
            std::to_string(replicas) + R"(, "metric": )" + std::to_string(metrics[i]) + "}",
        out);
    REQUIRE(wrong == "");
    replicas = std::stoi(out);
    all += std::to_string(replicas) + " ";
  }
  return all;
}

TEST_CASE("target_tracking driver: three minutes out and fifteen in", "[drivers][scaling]") {
  CHECK(minutes("target_tracking", {{"target", "50"}}, 4, {80, 80, 80, 80, 75}) == "4 4 7 7 7 ");
  CHECK(minutes("target_tracking", {{"target", "50"}, {"max_capacity", "6"}}, 4, {80, 80, 80}) ==
        "4 4 6 ");
  CHECK(minutes("target_tracking", {{"target", "50"}, {"scale_out_cooldown", "0s"}}, 4,
                {80, 80, 80, 80}) == "4 4 7 12 ");
  const std::vector<int> idle(16, 10);
  CHECK(minutes("target_tracking", {{"target", "50"}}, 10, idle).substr(42) == "2 2 ");
  CHECK(
      minutes("target_tracking", {{"target", "50"}, {"min_capacity", "4"}}, 10, idle).substr(42) ==
      "4 4 ");
  CHECK(minutes("target_tracking", {{"target", "50"}, {"disable_scale_in", "true"}}, 10, idle)
            .substr(42) == "10 10 ");
  CHECK(minutes("target_tracking", {{"target", "50"}, {"scale_in_cooldown", "0s"}}, 10, idle)
            .substr(42) == "2 1 ");
  CHECK(drive("target_tracking", {{"target", "50"}, {"output", "all"}},
              {R"({"time": 60, "replicas": 2, "pods": [90, 70]})",
               R"({"time": 120, "replicas": 2, "pods": [90, 70]})",
               R"({"time": 150, "replicas": 2, "pods": []})",
               R"({"time": 180, "replicas": 2, "pods": [90, 70]})",
               R"({"time": 170, "replicas": 2})"}) ==
        "2 NoAlarm\n2 NoAlarm\n2 NoAlarm\n4 DesiredWithinRange\n"
        "{\"time\": 170, \"replicas\": 2}: time goes back\n");
  CHECK_THAT(problems_of("target_tracking", {{"target", "0"}}), Catch::Contains("more than 0"));
  CHECK_THAT(problems_of("target_tracking", {}), Catch::Contains("target"));
  CHECK_THAT(problems_of("target_tracking",
                         {{"target", "5"}, {"min_capacity", "5"}, {"max_capacity", "4"}}),
             Catch::Contains("min_capacity is more than max_capacity"));
}

const char* const kDocumented =
    R"([{"Threshold": 60, "AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": [
          {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 10},
          {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 30}]},
        {"threshold": 40, "comparison_operator": "LessThanOrEqualToThreshold",
         "adjustment_type": "PercentChangeInCapacity", "step_adjustments": [
          {"metric_interval_upper_bound": -10, "scaling_adjustment": -30},
          {"metric_interval_lower_bound": -10, "metric_interval_upper_bound": 0,
           "scaling_adjustment": -10}]}])";

TEST_CASE("step_scaling driver: the example of the documentation", "[drivers][scaling]") {
  CHECK(minutes("step_scaling", {{"policies", kDocumented}, {"service", "ec2_auto_scaling"}}, 10,
                {50, 60, 70, 72, 40, 40, 40, 40, 30}) == "10 11 13 13 13 13 13 12 9 ");
  CHECK(minutes("step_scaling",
                {{"policies", kDocumented},
                 {"service", "ec2_auto_scaling"},
                 {"estimated_instance_warmup", "60s"}},
                10, {60, 70, 40}) == "11 14 13 ");
  CHECK(minutes("step_scaling",
                {{"policies", R"([{"threshold": 9, "evaluation_periods": 2, "period": 120,
                   "statistic": "Maximum", "adjustment_type": "PercentChangeInCapacity",
                   "min_adjustment_magnitude": 3, "step_adjustments": [
                   {"metric_interval_lower_bound": 0, "scaling_adjustment": 1}]}])"}},
                10, {10, 0, 10, 0, 10}) == "10 10 10 13 13 ");
  CHECK_THAT(problems_of("step_scaling", {{"policies", R"([{"threshold": 1}])"}}),
             Catch::Contains("step_adjustments"));
  CHECK_THAT(problems_of("step_scaling", {{"policies", R"([{"treshold": 1}])"}}),
             Catch::Contains("did you mean \"threshold\""));
}

TEST_CASE("simple_scaling driver: cooldowns", "[drivers][scaling]") {
  const char* policies =
      R"([{"threshold": 70, "scaling_adjustment": 2},
          {"threshold": 30, "comparison_operator": "LessThanThreshold", "cooldown": 120,
           "adjustment_type": "PercentChangeInCapacity", "scaling_adjustment": -50}])";
  CHECK(minutes("simple_scaling", {{"policies", policies}, {"max_size", "20"}}, 4,
                {80, 80, 80, 80, 10, 10, 80, 80}) == "6 6 6 6 6 3 3 5 ");
  CHECK(minutes("simple_scaling", {{"policies", policies}, {"default_cooldown", "60s"}}, 4,
                {80, 80}) == "6 8 ");
  CHECK(minutes("simple_scaling", {{"policies", policies}, {"min_size", "3"}}, 4, {10}) == "3 ");
  CHECK_THAT(
      problems_of("simple_scaling", {{"policies", policies}, {"min_size", "3"}, {"max_size", "2"}}),
      Catch::Contains("min_size is more than max_size"));
}

TEST_CASE("lambda_concurrency driver: what becomes of requests", "[drivers][scaling]") {
  CHECK(drive("lambda_concurrency", {{"account_concurrency", "5000"}},
              {R"({"time": 0, "invoke": 800})", R"({"time": 1, "invoke": 800})",
               R"({"time": 2, "finish": 500, "invoke": 700})"}) ==
        "warm 0 cold 800 provisioned 0 throttled 0\n"
        "warm 0 cold 300 provisioned 0 throttled 500\n"
        "warm 500 cold 100 provisioned 0 throttled 100\n");
  const char* functions = R"({"a": {"reservedConcurrency": 100, "provisioned_concurrency": 20},
                              "b": {}})";
  CHECK(drive("lambda_concurrency", {{"account_concurrency", "150"}, {"functions", functions}},
              {R"({"time": 0, "function": "a", "invoke": 110})",
               R"({"time": 0, "function": "b", "invoke": 60})",
               R"({"time": 1, "function": "a", "finish": 90, "invoke": 15})",
               R"({"time": 1, "function": "c", "invoke": 1})",
               R"({"time": 1, "function": "b", "finish": 51})"}) ==
        "warm 0 cold 80 provisioned 20 throttled 10\n"
        "warm 0 cold 50 provisioned 0 throttled 10\n"
        "warm 5 cold 0 provisioned 10 throttled 0\n"
        "{\"time\": 1, \"function\": \"c\", \"invoke\": 1}: \"c\" is none of the functions\n"
        "{\"time\": 1, \"function\": \"b\", \"finish\": 51}: 50 requests are in progress, 51 "
        "cannot end\n");
  CHECK(drive("lambda_concurrency",
              {{"account_concurrency", "9000"},
               {"scaling", "regional_burst"},
               {"burst_limit", "500"},
               {"burst_increment", "100"}},
              {R"({"time": 0, "invoke": 600})", R"({"time": 60, "invoke": 600})"}) ==
        "warm 0 cold 500 provisioned 0 throttled 100\n"
        "warm 0 cold 100 provisioned 0 throttled 500\n");
  CHECK(drive("lambda_concurrency", {{"scaling_units", "10"}, {"scaling_interval", "1s"}},
              {R"({"time": 0, "invoke": 20})", R"({"time": 1, "invoke": 20})"}) ==
        "warm 0 cold 10 provisioned 0 throttled 10\nwarm 0 cold 10 provisioned 0 throttled 10\n");
  const std::vector<std::string> pause = {R"({"time": 0, "invoke": 3})",
                                          R"({"time": 1, "finish": 3})",
                                          R"({"time": 100, "invoke": 3})"};
  CHECK_THAT(drive("lambda_concurrency", {}, pause),
             Catch::EndsWith("warm 3 cold 0 provisioned 0 throttled 0\n"));
  CHECK_THAT(drive("lambda_concurrency", {{"idle_timeout", "60s"}}, pause),
             Catch::EndsWith("warm 0 cold 3 provisioned 0 throttled 0\n"));
  std::string flood;
  for (int i = 0; i < 30; ++i) flood = R"({"time": 0, "finish": 1, "invoke": 1})";
  std::vector<std::string> quick = {R"({"time": 0, "invoke": 1})"};
  quick.insert(quick.end(), 30, flood);
  CHECK_THAT(drive("lambda_concurrency", {{"account_concurrency", "1"}}, quick),
             Catch::Contains("throttled 1"));
  CHECK_THAT(drive("lambda_concurrency", {{"account_concurrency", "1"}, {"requests_per_unit", "0"}},
                   quick),
             !Catch::Contains("throttled 1"));
  CHECK_THAT(drive("lambda_concurrency", {{"concurrency", "1"}}, {R"({"time": 0, "invoke": 3})"}),
             Catch::Contains("cold 1") && Catch::Contains("throttled 2"));
  CHECK_THAT(
      problems_of("lambda_concurrency", {{"concurrency", "1"}, {"account_concurrency", "2"}}),
      Catch::Contains("account_concurrency"));
  CHECK_THAT(problems_of("lambda_concurrency", {{"functions", "{}"}}),
             Catch::Contains("no function"));
}

}  // namespace
}  // namespace highwater::testing
