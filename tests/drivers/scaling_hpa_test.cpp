#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"
#include "tests/support/golden.h"

namespace highwater::testing {
namespace {

TEST_CASE("hpa driver: every recorded case as its pods stand in the file",
          "[drivers][scaling][golden]") {
  const auto recorded = golden_json("k8s_hpa.json")["replica_calc"];
  CHECK(recorded.size() == 240);
  for (const char* version : {"1.20", "1.23"}) {
    // All cases through one session, at one moment: recommendations do not remember.
    const auto session = start("hpa", {{"output", "recommendation"}, {"version", version}});
    for (const auto& one : recorded) {
      const nlohmann::json line = {{"time", 100000},
                                   {"replicas", one["current"]},
                                   {"target_cpu", one["target_util"]},
                                   {"pods", one["pods"]}};
      std::string out;
      CAPTURE(line.dump());
      CHECK(session->take(line.dump(), out) == "");
      CHECK(out == (one["err"] == "" ? std::to_string(one["replicas"].get<int>()) : "-") + "\n");
    }
    for (const auto& one : recorded) {
      const auto all = start("hpa", {{"output", "all"},
                                     {"target_cpu", one["target_util"].dump().c_str()},
                                     {"version", version}});
      const nlohmann::json line = {
          {"time", 100000}, {"replicas", one["current"]}, {"pods", one["pods"]}};
      std::string out;
      CHECK(all->take(line.dump(), out) == "");
      const std::string end = " " + one["utilization"].dump() + " " + one["raw"].dump() + "\n";
      if (one["err"] == "") CHECK_THAT(out, Catch::EndsWith(end));
    }
  }
}

TEST_CASE("hpa driver: every recorded run of the behaviors", "[drivers][scaling][golden]") {
  const std::string up = R"("scaleUp": {"stabilizationWindowSeconds": )";
  const std::string down = R"("scaleDown": {"stabilizationWindowSeconds": )";
  const std::vector<std::string> behaviors = {
      "{}",
      "{" + up + R"(60, "selectPolicy": "Min", "policies": [
        {"type": "Percent", "value": 10, "periodSeconds": 60},
        {"type": "Pods", "value": 5, "periodSeconds": 60}]}, )" +
          down + R"(120, "policies": [
        {"type": "Percent", "value": 10, "periodSeconds": 60}]}})",
      "{" + up + R"(0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 30}]}, )" + down +
          R"(0, "selectPolicy": "Disabled"}})",
      "{" + up + R"(0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}, )" +
          down + R"(0, "selectPolicy": "Min", "policies": [
        {"type": "Pods", "value": 2, "periodSeconds": 45},
        {"type": "Percent", "value": 20, "periodSeconds": 45}]}})"};
  for (const auto& [file, version] :
       {std::pair("k8s_hpa.json", "1.20"), std::pair("k8s_hpa_v123.json", "1.23")}) {
    const auto recorded = golden_json(file)["behaviors"];
    REQUIRE(recorded.size() == behaviors.size());
    for (std::size_t i = 0; i < behaviors.size(); ++i) {
      const auto& run = recorded[i];
      const auto session = start("hpa", {{"min_replicas", run["min"].dump().c_str()},
                                         {"max_replicas", run["max"].dump().c_str()},
                                         {"behavior", behaviors[i].c_str()},
                                         {"version", version},
                                         {"output", "all"}});
      for (const auto& row : run["rows"]) {
        const nlohmann::json line = {{"time", row[0]}, {"replicas", row[1]}, {"desired", row[2]}};
        std::string out;
        CAPTURE(line.dump(), i);
        CHECK(session->take(line.dump(), out) == "");
        CHECK(out == row[4].dump() + " " + row[2].dump() + " " + row[3].dump() + " " +
                         row[5].get<std::string>() + " - -\n");
      }
    }
  }
}

TEST_CASE("hpa driver: the final number by default", "[drivers][scaling]") {
  CHECK(drive("hpa", {{"target_cpu", "50"}, {"max_replicas", "10"}},
              {R"({"time": 15, "replicas": 2, "pods": [{"request_m": 100, "usage_m": 90},
                  {"request_m": 100, "usage_m": 80}]})",
               R"({"time": 30, "replicas": 4})",  // all metrics fail
               R"({"time": 45, "replicas": 20})", R"({"time": 60, "replicas": 0})"}) ==
        "4\n4\n10\n0\n");
  CHECK(drive("hpa", {{"no_behavior", "true"}}, {R"({"time": 0, "replicas": 1, "desired": 99})"}) ==
        "4\n");
}

TEST_CASE("hpa driver: metrics of every kind", "[drivers][scaling]") {
  const std::string metrics =
      R"([{"type": "Resource", "name": "memory", "averageUtilization": 50},
          {"type": "Pods", "name": "qps", "average_value": 10},
          {"type": "Object", "name": "queue", "value": "30"},
          {"type": "External", "name": "lag", "average_value": "500m"}])";
  const auto replicas = [&](const std::string& memory, const std::string& qps,
                            const std::string& queue, const std::string& lag) {
    const std::string pod = R"({"requests": {"memory": 1000}, "metrics": {"memory": )" + memory +
                            R"(, "qps": )" + qps + "}}";
    return drive("hpa", {{"metrics", metrics.c_str()}, {"output", "recommendation"}},
                 {R"({"time": 0, "replicas": 2, "pods": [)" + pod + "," + pod +
                  R"(], "metrics": {"queue": )" + queue + R"(, "lag": )" + lag + "}}"});
  };
  CHECK(replicas("500", "10", "30", "1") == "2\n");
  CHECK(replicas("1500", "10", "30", "1") == "6\n");
  CHECK(replicas("500", "24.5", "30", "1") == "5\n");
  CHECK(replicas("500", "10", "120", "1") == "8\n");
  CHECK(replicas("500", "10", "30", "4.5") == "9\n");
  // A failing metric: the others may scale up only.
  CHECK(drive("hpa", {{"metrics", metrics.c_str()}, {"output", "recommendation"}},
              {R"({"time": 0, "replicas": 2, "pods": [{"started": 0}], "metrics": {"queue": 3}})",
               R"({"time": 0, "replicas": 2, "pods": [{"started": 0}, {"started": 0}],
                   "metrics": {"queue": 300}})"}) == "-\n20\n");
}

TEST_CASE("hpa driver: ready, times and windows of pods", "[drivers][scaling]") {
  const auto recommendation = [](const std::string& second) {
    return drive("hpa", {{"target_cpu", "50"}, {"output", "recommendation"}},
                 {R"({"time": 1000, "replicas": 2, "pods": [{"request_m": 100, "usage_m": 100}, )" +
                  second + "]}"});
  };
  CHECK(recommendation(R"({"request_m": 100, "usage_m": 100})") == "4\n");
  CHECK(recommendation(R"({"request_m": 100})") == "2\n");  // missing: uses nothing
  CHECK(recommendation(R"({"request_m": 100, "usage_m": 100, "ready": "none"})") == "2\n");
  CHECK(recommendation(R"({"request_m": 100, "usage_m": 100, "ready": "unknown"})") == "4\n");
  CHECK(recommendation(R"({"request_m": 100, "usage_m": 100, "phase": "Pending"})") == "2\n");
  CHECK(recommendation(R"({"request_m": 100, "usage_m": 100, "deleting": true})") == "2\n");
  // Started 100 s ago, ready for 30 s: a sample over 60 s reaches back too far, one over 15 not.
  const std::string young = R"({"request_m": 100, "usage_m": 100, "started": 900, "transition": )";
  CHECK(recommendation(young + R"(970, "metric_time": 1000, "metric_window_s": 60})") == "2\n");
  CHECK(recommendation(young + R"(970, "metric_time": 1000, "metric_window_s": 15})") == "4\n");
  CHECK(recommendation(young + R"(970, "metric_age_s": 20, "metric_window_s": 15})") == "2\n");
  CHECK(recommendation(R"({"request_m": 100, "usage_m": 100, "ready": false, "age_s": 900,
                           "transition_age_s": 800})") == "4\n");
  CHECK(drive("hpa", {{"target_cpu", "50"}, {"output", "recommendation"}},
              {R"({"time": 0, "replicas": 1, "pods": [{"request_m": 100, "usage_m": 200}],
                   "other_usage_m": [5, 6]})"}) == "4\n");
}

TEST_CASE("hpa driver: flags change what is recommended", "[drivers][scaling]") {
  const auto with = [](Options options, const std::string& pod) {
    return drive("hpa", options, {R"({"time": 1000, "replicas": 1, "pods": [)" + pod + "]}"});
  };
  const std::string busy = R"({"request_m": 100, "usage_m": 96})";
  CHECK(with({}, busy) == "2\n");  // 96 of 80
  CHECK(with({{"tolerance", "0.3"}}, busy) == "1\n");
  CHECK(with({{"behavior", R"({"scaleUp": {"tolerance": 0.3}})"}, {"version", "1.33"}}, busy) ==
        "1\n");
  const std::string young =
      R"({"request_m": 100, "usage_m": 96, "age_s": 100, "transition_age_s": 10})";
  CHECK(with({}, young) == "1\n");
  CHECK(with({{"cpu_initialization_period", "60s"}}, young) == "2\n");
  const std::string never =
      R"({"request_m": 100, "usage_m": 96, "ready": false, "age_s": 900, "transition_age_s": 880})";
  CHECK(with({}, never) == "1\n");
  CHECK(with({{"initial_readiness_delay", "10s"}}, never) == "2\n");
  const std::vector<std::string> falling = {R"({"time": 0, "replicas": 8, "desired": 8})",
                                            R"({"time": 60, "replicas": 8, "desired": 4})"};
  CHECK(drive("hpa", {}, falling) == "8\n8\n");
  CHECK(drive("hpa", {{"scale_down_stabilization", "30s"}}, falling) == "8\n4\n");
  // What there was at the beginning counts as recommended then.
  const std::vector<std::string> late = {R"({"time": 290, "replicas": 8, "desired": 4})"};
  CHECK(drive("hpa", {}, late) == "8\n");
  CHECK(drive("hpa", {}, {R"({"time": 301, "replicas": 8, "desired": 4})"}) == "4\n");
  CHECK(drive("hpa", {{"created", "200s"}}, {R"({"time": 301, "replicas": 8, "desired": 4})"}) ==
        "8\n");
}

TEST_CASE("hpa driver: predictions join what is asked for", "[drivers][scaling]") {
  const char* line =
      R"({"models": [{"linear": {"lookAhead": "60s", "historySize": 3}}], "decisionType": "mean"})";
  const std::vector<std::string> ramp = {R"({"time": 15, "replicas": 4, "desired": 4})",
                                         R"({"time": 30, "replicas": 4, "desired": 5})",
                                         R"({"time": 45, "replicas": 7, "desired": 6})"};
  // 1 more every 15 s, so 4 more in a minute; the mean of that and what is asked for.
  CHECK(drive("hpa", {{"predict", line}, {"output", "all"}}, ramp) ==
        "4 4 4 DesiredWithinRange - -\n7 7 7 DesiredWithinRange - -\n"
        "8 8 8 DesiredWithinRange - -\n");
  CHECK(drive("hpa", {{"predict", line}, {"max_replicas", "7"}}, ramp) == "4\n7\n7\n");
  // From metrics too, and not where they fail.
  const auto at = [](int time, int usage) {
    return R"({"time": )" + std::to_string(time) +
           R"(, "replicas": 1, "pods": [{"request_m": 100, "usage_m": )" + std::to_string(usage) +
           "}]}";
  };
  CHECK(drive("hpa", {{"predict", line}, {"target_cpu", "50"}, {"output", "recommendation"}},
              {at(15, 100), R"({"time": 30, "replicas": 1})", at(45, 200)}) == "2\n-\n6\n");
  CHECK_THAT(problems_of("hpa", {{"predict", R"({"models": [{"linear": {"lookAhed": "1s"}}]})"}}),
             Catch::Contains("did you mean \"look_ahead\""));
}

TEST_CASE("hpa driver: what is wrong is said", "[drivers][scaling]") {
  CHECK_THAT(problems_of("hpa", {{"min_replicas", "5"}, {"max_replicas", "3"}}),
             Catch::Contains("min_replicas is more than max_replicas"));
  CHECK_THAT(problems_of("hpa", {{"behavior", R"({"scaleUpp": {}})"}}),
             Catch::Contains("did you mean \"scale_up\""));
  CHECK_THAT(problems_of("hpa", {{"behavior", R"({"scaleUp": {"tolerance": 0.1}})"}}),
             Catch::Contains("needs version 1.33"));
  CHECK_THAT(problems_of("hpa", {{"behavior", "{}"}, {"no_behavior", "true"}}),
             Catch::Contains("cannot stand together"));
  CHECK_THAT(problems_of("hpa", {{"metrics", "[]"}}), Catch::Contains("no metric"));
  CHECK_THAT(problems_of("hpa", {{"metrics", R"([{"type": "Pods"}])"}}),
             Catch::Contains("exactly one of"));
  CHECK_THAT(problems_of("hpa", {{"metrics", R"([{"type": "Pods", "value": 1}])"}}),
             Catch::Contains("needs the type Object or External"));
  CHECK_THAT(
      problems_of("hpa", {{"metrics", R"([{"type": "External", "average_utilization": 1}])"}}),
      Catch::Contains("needs the type Resource"));
  CHECK_THAT(problems_of("hpa", {{"metrics", R"([{"type": "External", "value": 0}])"}}),
             Catch::Contains("more than 0"));
  CHECK_THAT(problems_of("hpa", {{"target_cpu", "0"}}), Catch::Contains("must be 1 to"));
  CHECK_THAT(problems_of("hpa", {{"metrics", R"([{"type": "Pods", "average_value": 1}])"},
                                 {"target_cpu", "50"}}),
             Catch::Contains("cannot stand together"));
  const std::string out =
      drive("hpa", {},
            {R"({"time": 5, "replicas": 1})", R"({"time": 4, "replicas": 1})",
             R"({"time": 5, "replicas": 1, "pods": [{"usge_m": 5}]})",
             R"({"time": 5, "replicas": 1, "pods": [{"started": 1, "age_s": 2}]})"});
  CHECK_THAT(out, Catch::Contains("time goes back"));
  CHECK_THAT(out, Catch::Contains("/pods/0/usge_m: unknown key \"usge_m\"; did you mean "
                                  "\"usage_m\"?"));
  CHECK_THAT(out, Catch::Contains("a time and its age cannot stand together"));
}

}  // namespace
}  // namespace highwater::testing
