#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/scaling/policy.h"
#include "tests/drivers/drive.h"

namespace highwater::testing {
namespace {

TEST_CASE("scaling drivers: every policy and the rest of the family", "[drivers][scaling]") {
  std::set<std::string> names;
  for (const drivers::Driver& driver : drivers::scaling()) {
    CHECK(driver.family == "scaling");
    names.insert(driver.name);
  }
  for (const scaling::ScalerPolicyInfo& info : scaling::kScalerPolicies)
    CHECK(names.contains(std::string(info.name)));
  CHECK(names == std::set<std::string>{"hpa", "kpa", "target_tracking", "step_scaling",
                                       "simple_scaling", "lambda_concurrency", "cluster_autoscaler",
                                       "rolling_update", "pdb"});
}

TEST_CASE("scaling drivers: a line that is wrong changes nothing and says the nearest word",
          "[drivers][scaling]") {
  const auto answer = [](const char* name, Options options, const std::string& line) {
    const auto session = start(name, options);
    std::string out;
    const std::string wrong = session->take(line, out);
    CHECK(out.empty());
    return wrong;
  };
  const auto suggests = Catch::Contains("did you mean");
  CHECK_THAT(answer("hpa", {}, R"({"time": 0, "replica": 1})"), suggests);
  CHECK_THAT(answer("kpa", {}, R"({"time": 0, "redy": 1})"), suggests);
  CHECK_THAT(
      answer("target_tracking", {{"target", "50"}}, R"({"time": 0, "replicas": 1, "metrc": 3})"),
      suggests);
  CHECK_THAT(answer("lambda_concurrency", {}, R"({"time": 0, "invok": 3})"), suggests);
  CHECK_THAT(answer("rolling_update", {}, R"({"rolout": {"replicas": 3}})"), suggests);
  CHECK_THAT(answer("pdb", {{"min_available", "1"}}, R"({"time": 0, "evct": "a"})"), suggests);
}

}  // namespace
}  // namespace highwater::testing
