#include "models/algorithms/resilience/gradient2.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/overload/limit_replay.h"

namespace highwater::resilience {
namespace {

TEST_CASE("gradient2: moves as Netflix' does", "[overload][golden]") {
  SplitMix bits{1};
  const auto golden = golden_json("concurrency_limits.json");
  Gradient2 plain{Gradient2Options{}};
  CHECK(replay(golden["runs"]["Gradient2Limit default"], plain, bits) == 240);
  Gradient2 other{{.initial_limit = 50, .min_limit = 5}};
  CHECK(replay(golden["runs"]["Gradient2Limit initial 50 min 5"], other, bits) == 240);
  const auto longer = golden_json("concurrency_limits_long.json");
  std::size_t samples = 0;
  for (const auto& run : longer["runs"]) {
    const auto& given = run["options"];
    if (run["driver"] != "gradient2" || given.contains("windowed")) continue;
    CAPTURE(given.dump());
    Gradient2Options options;
    options.initial_limit = count(given, "initial_limit", options.initial_limit);
    options.min_limit = count(given, "min_limit", options.min_limit);
    options.max_concurrency = count(given, "max_concurrency", options.max_concurrency);
    options.smoothing = option(given, "smoothing", options.smoothing);
    options.queue_size = count(given, "queue_size", options.queue_size);
    options.long_window = count(given, "long_window", options.long_window);
    options.rtt_tolerance = option(given, "rtt_tolerance", options.rtt_tolerance);
    Gradient2 limit(options);
    samples += replay(run["rows"], limit, bits);
  }
  CHECK(samples == 2400);
}

TEST_CASE("gradient2: edges", "[overload]") {
  SplitMix bits{1};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Gradient2 limit{{.initial_limit = 50, .smoothing = nan, .rtt_tolerance = nan}};
  limit.sample(0, 0, 50, false, bits);
  limit.sample(0, -1, 50, false, bits);
  CHECK(limit.long_rtt() == 0);
  CHECK(limit.limit() == 50);
  limit.sample(0, 100, 24, false, bits);  // less than half is used
  CHECK(limit.limit() == 50);
  limit.sample(0, 100, 25, false, bits);
  CHECK(limit.limit() == 50);  // 50.8: the defaults stand in for what is no number
  limit.sample(0, 100, 50, false, bits);
  CHECK(limit.limit() == 51);
  Gradient2 contradiction{{.initial_limit = 50, .min_limit = 90, .max_concurrency = 10}};
  contradiction.sample(0, 1, 50, false, bits);
  CHECK(contradiction.limit() == 90);
}

}  // namespace
}  // namespace highwater::resilience
