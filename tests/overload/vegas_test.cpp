#include "models/algorithms/resilience/vegas.h"

#include <catch2/catch.hpp>

#include "tests/algorithms/scripted_bits.h"
#include "tests/overload/limit_replay.h"

namespace highwater::resilience {
namespace {

// What Netflix drew for the golden run is not recorded. With a first factor of 0.5 + 0.277 / 2 the
// one probe of the run comes where it must have come, and all 240 limits follow.
TEST_CASE("vegas: moves as Netflix' does", "[overload][golden]") {
  const auto golden = golden_json("concurrency_limits.json");
  ScriptedBits scripted{{static_cast<std::uint64_t>(0.277 * 0x1p53) << 11, ~std::uint64_t{0}}};
  Vegas plain(VegasOptions{}, scripted);
  CHECK(replay(golden["runs"]["VegasLimit default"], plain, scripted) == 240);
  CHECK(scripted.used_up());
  const auto longer = golden_json("concurrency_limits_long.json");
  std::size_t samples = 0;
  for (const auto& run : longer["runs"]) {
    if (run["driver"] != "vegas") continue;
    const auto& given = run["options"];
    CAPTURE(given.dump());
    VegasOptions options;
    options.initial_limit = count(given, "initial_limit", options.initial_limit);
    options.max_concurrency = count(given, "max_concurrency", options.max_concurrency);
    options.smoothing = option(given, "smoothing", options.smoothing);
    options.probe_multiplier = count(given, "probe_multiplier", options.probe_multiplier);
    if (given.contains("alpha")) options.alpha = count(given, "alpha", 0);
    if (given.contains("beta")) options.beta = count(given, "beta", 0);
    SplitMix bits{count(given, "seed", 0)};
    Vegas limit(options, bits);
    samples += replay(run["rows"], limit, bits);
  }
  CHECK(samples == 2400);
}

TEST_CASE("vegas: a probe takes the round trip of the moment for that without load", "[overload]") {
  ScriptedBits bits{{0, 0, 0}};  // the factor is 0.5
  Vegas limit({.initial_limit = 4, .probe_multiplier = 2}, bits);
  limit.sample(0, 100, 4, false, bits);
  CHECK(limit.noload_rtt() == 100);
  limit.sample(0, 300, 0, false, bits);
  limit.sample(0, 300, 0, false, bits);
  CHECK(limit.noload_rtt() == 100);
  limit.sample(0, 300, 0, false, bits);  // 0.5 * 2 * 4 samples
  CHECK(limit.noload_rtt() == 300);
}

TEST_CASE("vegas: edges", "[overload]") {
  SplitMix bits{1};
  Vegas limit({.initial_limit = 10}, bits);
  limit.sample(0, 0, 10, true, bits);
  limit.sample(0, -5, 10, true, bits);
  CHECK(limit.limit() == 10);
  CHECK(limit.noload_rtt() == 0);
  Vegas whole({.initial_limit = 10, .smoothing = 7}, bits);  // as 1
  whole.sample(0, 100, 10, false, bits);
  whole.sample(0, 100, 10, false, bits);
  CHECK(whole.limit() == 16);
  for (int i = 0; i < 100; ++i) whole.sample(0, 200, 10, true, bits);
  CHECK(whole.limit() == 1);
}

}  // namespace
}  // namespace highwater::resilience
