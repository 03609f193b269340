#include "models/algorithms/resilience/windowed_limit.h"

#include <memory>

#include <catch2/catch.hpp>

#include "models/algorithms/resilience/gradient2.h"
#include "tests/overload/limit_replay.h"

namespace highwater::resilience {
namespace {

std::unique_ptr<ConcurrencyLimit> inner_of(const nlohmann::json& run) {
  const auto& given = run["options"];
  if (run["driver"] == "aimd") {
    AimdOptions options;
    options.min_limit = count(given, "min_limit", options.min_limit);
    options.timeout = duration(given, "timeout", options.timeout);
    return std::make_unique<Aimd>(options);
  }
  Gradient2Options options;
  options.initial_limit = count(given, "initial_limit", options.initial_limit);
  options.min_limit = count(given, "min_limit", options.min_limit);
  return std::make_unique<Gradient2>(options);
}

TEST_CASE("windowed_limit: moves as Netflix' does", "[overload][golden]") {
  SplitMix bits{1};
  const auto golden = golden_json("concurrency_limits_long.json");
  std::size_t samples = 0;
  for (const auto& run : golden["runs"]) {
    const auto& given = run["options"];
    if (!given.contains("windowed")) continue;
    CAPTURE(given.dump());
    WindowedLimitOptions options;
    options.min_window_time = duration(given, "min_window_time", options.min_window_time);
    options.max_window_time = duration(given, "max_window_time", options.max_window_time);
    options.window_size = count(given, "window_size", options.window_size);
    options.min_rtt_threshold = duration(given, "min_rtt_threshold", options.min_rtt_threshold);
    if (given.contains("percentile")) options.percentile = option(given, "percentile", 0);
    options.percentile_window_size =
        count(given, "percentile_window_size", options.percentile_window_size);
    WindowedLimit limit(options, inner_of(run));
    samples += replay(run["rows"], limit, bits);
  }
  CHECK(samples == 4 * 800);
}

/// Remembers what it is given.
struct Probe final : ConcurrencyLimit {
  std::vector<std::int64_t> rtts;
  bool dropped = false;
  std::uint32_t limit() const override { return 1; }
  void sample(std::int64_t, std::int64_t rtt, std::uint32_t, bool drop, AnyBits) override {
    rtts.push_back(rtt);
    dropped = drop;
  }
};

TEST_CASE("windowed_limit: small windows and percentiles", "[overload]") {
  SplitMix bits{1};
  const auto fill = [&](WindowedLimitOptions options) {
    options.min_rtt_threshold = 1;
    auto probe = std::make_unique<Probe>();
    Probe* const seen = probe.get();
    WindowedLimit limit(options, std::move(probe));
    limit.sample(1, 5, 1, true, bits);  // a window of its own, too small
    for (std::int64_t i = 1; i <= 12; ++i) limit.sample(2, 100 * i, 1, false, bits);
    limit.sample(2'000'000'000, 1300, 1, false, bits);
    CHECK_FALSE(seen->dropped);
    REQUIRE(seen->rtts.size() <= 1);
    return seen->rtts.empty() ? 0 : seen->rtts[0];
  };
  CHECK(fill({}) == 700);  // the mean of 100 to 1300
  CHECK(fill({.window_size = 14}) == 0);
  CHECK(fill({.percentile = 0.5, .percentile_window_size = 100}) == 700);
  CHECK(fill({.percentile = 0.5}) == 500);  // only the first ten are kept
  CHECK(fill({.percentile = 0.001, .percentile_window_size = 100}) == 100);
  CHECK(fill({.percentile = 0.99, .percentile_window_size = 100}) == 1300);
  CHECK(fill({.percentile = 0.5, .percentile_window_size = 9}) == 0);
}

}  // namespace
}  // namespace highwater::resilience
