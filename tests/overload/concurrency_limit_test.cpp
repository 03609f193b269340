#include "models/algorithms/resilience/concurrency_limit.h"

#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/overload/limit_replay.h"

namespace highwater::resilience {
namespace {

AimdOptions aimd_options(const nlohmann::json& given) {
  AimdOptions options;
  options.initial_limit = count(given, "initial_limit", options.initial_limit);
  options.min_limit = count(given, "min_limit", options.min_limit);
  options.max_limit = count(given, "max_limit", options.max_limit);
  options.backoff_ratio = option(given, "backoff_ratio", options.backoff_ratio);
  options.timeout = duration(given, "timeout", options.timeout);
  return options;
}

TEST_CASE("aimd: moves as Netflix' does", "[overload][golden]") {
  SplitMix bits{1};
  const auto golden = golden_json("concurrency_limits.json");
  Aimd plain{AimdOptions{}};
  CHECK(replay(golden["runs"]["AIMDLimit default"], plain, bits) == 240);
  const auto longer = golden_json("concurrency_limits_long.json");
  std::size_t samples = 0;
  for (const auto& run : longer["runs"]) {
    if (run["driver"] != "aimd" || run["options"].contains("windowed")) continue;
    CAPTURE(run["options"].dump());
    Aimd limit(aimd_options(run["options"]));
    samples += replay(run["rows"], limit, bits);
  }
  CHECK(samples == 1400);
}

TEST_CASE("aimd: edges", "[overload]") {
  SplitMix bits{1};
  Aimd outside{{.initial_limit = 5, .min_limit = 20, .max_limit = 10}};
  CHECK(outside.limit() == 5);  // until the first sample
  outside.sample(0, 1, 0, false, bits);
  CHECK(outside.limit() == 10);
  for (const double ratio : {std::numeric_limits<double>::quiet_NaN(), 0.4, 1.0}) {
    Aimd limit{{.initial_limit = 100, .min_limit = 1, .backoff_ratio = ratio}};
    limit.sample(0, 1, 0, true, bits);
    CHECK(limit.limit() == 90);
  }
  Aimd slow{{.initial_limit = 100, .min_limit = 1, .timeout = 10}};
  slow.sample(0, 10, 0, false, bits);
  CHECK(slow.limit() == 100);
  slow.sample(0, 11, 100, false, bits);
  CHECK(slow.limit() == 90);
}

TEST_CASE("fixed_limit: stays", "[overload]") {
  SplitMix bits{1};
  FixedLimit limit(7);
  limit.sample(0, 1, 7, true, bits);
  CHECK(limit.limit() == 7);
}

}  // namespace
}  // namespace highwater::resilience
