// The recorded decisions of the products, through their drivers: lines in, lines out.

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "models/drivers/seconds.h"
#include "tests/drivers/drive.h"
#include "tests/support/golden.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;
using Lines = std::vector<std::string>;
using Words = std::vector<std::pair<std::string, std::string>>;

/// drive() with options that are known at run time only.
std::string drive_with(const char* name, const Words& words, const Lines& lines) {
  Value options = Value::object();
  for (const auto& [option, text] : words) options.set(option, Value::string(text));
  Problems problems;
  const auto session = find(name)->start(options, problems);
  REQUIRE(problems.text() == "");
  std::string out;
  for (const std::string& line : lines) REQUIRE(session->take(line, out) == "");
  return out;
}

std::string delayed(std::int64_t delay) {
  return delay == 0 ? "allow\n" : "delay " + seconds_text(delay) + "\n";
}

TEST_CASE("drivers of limiting: token buckets of Go", "[drivers][golden]") {
  for (const char* file : {"token_bucket_go.json", "token_bucket_go_long.json"}) {
    const auto golden = golden_json(file);
    for (const auto& run : golden["runs"]) {
      const Words bucket = {{"rate", fmt::format("{}/s", run["rate"].get<double>())},
                            {"burst", std::to_string(run["burst"].get<int>())}};
      const auto lines_of = [](const nlohmann::json& rows) {
        Lines lines;
        for (const auto& row : rows)
          lines.push_back(fmt::format("{} {}", seconds_text(row[0]), row[1].get<std::uint32_t>()));
        return lines;
      };
      std::string expected;
      for (const auto& row : run["x_time_rate_allow"])
        expected += row[2].get<bool>() ? "allow\n" : "deny\n";
      CHECK(drive_with("token_bucket", bucket, lines_of(run["x_time_rate_allow"])) == expected);
      expected.clear();
      for (const auto& row : run["x_time_rate_reserve"])
        expected += row[2].get<bool>() ? delayed(row[3]) : "deny\n";
      Words reserve = bucket;
      reserve.emplace_back("reserve", "true");
      CHECK(drive_with("token_bucket", reserve, lines_of(run["x_time_rate_reserve"])) == expected);
      if (!run.contains("juju_takeavailable")) continue;
      expected.clear();
      for (const auto& row : run["juju_takeavailable"])
        expected += fmt::format("{}\n", row[2].get<int>());
      CHECK(drive_with("juju_take_available", {bucket[0], {"capacity", bucket[1].second}},
                       lines_of(run["juju_takeavailable"])) == expected);
    }
  }
}

TEST_CASE("drivers of limiting: nginx limit_req", "[drivers][golden]") {
  const auto golden = golden_json("nginx_limit_req.json");
  const std::vector<std::pair<const char*, Words>> zones = {
      {"lr_r5_b0", {{"rate", "5/s"}}},
      {"lr_r5_b3", {{"rate", "5r/s"}, {"burst", "3"}, {"nodelay", "true"}}},
      {"lr_r30m_b2", {{"rate", "30r/m"}, {"burst", "2"}, {"nodelay", "true"}}},
      {"lr_r100_b20", {{"rate", "100/s"}, {"burst", "20"}, {"nodelay", "true"}}}};
  for (const auto& [zone, words] : zones) {
    Lines lines;
    std::string expected;
    for (const auto& row : golden["rows"][zone]) {
      lines.push_back(seconds_text(row[0].get<std::int64_t>() * 1'000'000));
      expected += row[1] == 200 ? "allow\n" : "deny\n";
    }
    CHECK(drive_with("nginx_limit_req", words, lines) == expected);
  }
}

TEST_CASE("drivers of limiting: windows of python-limits", "[drivers][golden]") {
  const auto golden = golden_json("limits_py.json");
  for (const auto& run : golden["runs"]) {
    const std::string strategy = run["strategy"];
    const char* const driver = strategy == "FixedWindowRateLimiter"    ? "fixed_window"
                               : strategy == "MovingWindowRateLimiter" ? "sliding_log"
                                                                       : "elastic_window";
    Lines lines;
    std::string expected;
    for (const auto& row : run["rows"]) {
      lines.push_back(fmt::format("{:.3f}", row[0].get<double>()));
      expected += row[1] == 1 ? "allow\n" : "deny\n";
    }
    // As python-limits writes it: "5/minute", "3 per 2 second".
    CHECK(drive_with(driver, {{"rate", run["limit"]}}, lines) == expected);
  }
}

TEST_CASE("drivers of limiting: rate-limiter-flexible", "[drivers][golden]") {
  const auto golden = golden_json("rate_limiter_flexible.json");
  for (const auto& run : golden["runs"]) {
    const auto& given = run["options"];
    Words words = {{"points", std::to_string(given["points"].get<int>())},
                   {"duration", std::to_string(given["duration"].get<int>()) + "s"},
                   {"retry_after", "true"}};
    if (given.contains("blockDuration"))
      words.emplace_back("block_duration", std::to_string(given["blockDuration"].get<int>()) + "s");
    Lines lines;
    std::string expected;
    for (const auto& row : run["rows"]) {
      lines.push_back(seconds_text(row[0].get<std::int64_t>() * 1'000'000));
      expected += row[1] == 1
                      ? "allow\n"
                      : "deny " + seconds_text(row[3].get<std::int64_t>() * 1'000'000) + "\n";
    }
    CHECK(drive_with("rate_limiter_flexible", words, lines) == expected);
  }
}

TEST_CASE("drivers of limiting: a limit for each key", "[drivers]") {
  CHECK(drive("fixed_window", {{"rate", "1/minute"}, {"per_key", "true"}},
              {"0 10.0.0.7", "1 10.0.0.8", "2 10.0.0.7", "60 10.0.0.7", "60 10.0.0.8 2"}) ==
        "allow\nallow\ndeny\nallow\ndeny\n");
  CHECK(drive("gcra", {{"rate", "1/s"}, {"per_key", "true"}, {"keys", "1"}, {"when_full", "deny"}},
              {"0 a", "0 b", "2 b"}) == "allow\ndeny\nallow\n");
  CHECK(drive("gcra", {{"rate", "1/s"}, {"per_key", "true"}, {"keys", "1"}},
              {"0 a", "0 b", "0 a"}) == "allow\nallow\nallow\n");
}

TEST_CASE("drivers of limiting: places come back when requests end", "[drivers]") {
  CHECK(drive("concurrency_limit", {{"limit", "2"}},
              {"0", "0", "0", "1 done", "1", "2 done 2", "2 2", "2"}) ==
        "allow\nallow\ndeny\nallow\nallow\ndeny\n");
  CHECK(drive("concurrency_limit", {{"limit", "1"}, {"per_key", "true"}},
              {"0 a", "0 b", "0 a", "1 a done", "1 a"}) == "allow\nallow\ndeny\nallow\n");
}

TEST_CASE("drivers of limiting: redis-cell's answers", "[drivers]") {
  // The README's command, CL.THROTTLE user123 15 30 60 1.
  CHECK(drive("redis_cell", {{"max_burst", "15"}, {"count_per_period", "30"}, {"period", "60s"}},
              {"0"}) == "0 16 15 -1 2\n");
  CHECK(drive("redis_cell", {{"max_burst", "1"}, {"count_per_period", "1"}, {"period", "2500ms"}},
              {"0", "0 0", "0", "0", "0 3", "2.4999"}) ==
        "0 2 1 -1 3\n0 2 1 -1 3\n0 2 0 -1 5\n1 2 0 3 5\n1 2 0 -1 5\n1 2 0 0 3\n");
}

TEST_CASE("drivers of limiting: each option changes decisions", "[drivers]") {
  const Lines burst = {"0", "0", "0", "0.6", "1.2"};
  CHECK(drive("nginx_limit_req", {{"rate", "2/s"}, {"burst", "2"}, {"delay", "1"}}, burst) ==
        "allow\nallow\ndelay 0.5\ndelay 0.4\ndelay 0.3\n");
  CHECK(drive("leaky_bucket_queue", {{"rate", "2/s"}, {"burst", "1"}}, burst) ==
        "allow\ndelay 0.5\ndeny\ndelay 0.4\ndelay 0.3\n");
  CHECK(drive("uber_ratelimit", {{"rate", "2/s"}, {"slack", "0"}}, burst) ==
        "allow\ndelay 0.5\ndelay 1\ndelay 0.9\ndelay 0.8\n");
  CHECK(drive("token_bucket", {{"rate", "2/s"}, {"reserve", "true"}, {"max_wait", "500ms"}},
              burst) == "allow\ndelay 0.5\ndeny\ndelay 0.4\ndelay 0.3\n");
  CHECK(drive("sliding_window", {{"rate", "1/s"}, {"phase", "500ms"}}, burst) ==
        "allow\ndeny\ndeny\ndeny\ndeny\n");
  CHECK(drive("sliding_window", {{"rate", "1/s"}, {"phase", "500ms"}, {"floor", "true"}}, burst) ==
        "allow\ndeny\ndeny\nallow\ndeny\n");
  CHECK(drive("fixed_window_aligned", {{"rate", "1/s"}, {"phase", "500ms"}}, burst) ==
        "allow\ndeny\ndeny\nallow\ndeny\n");
  CHECK(drive("envoy_local_rate_limit", {{"fill_interval", "1s"}, {"timer", "true"}},
              {"0.5", "1", "1.9"}) == "allow\nallow\ndeny\n");
  CHECK(drive("envoy_local_rate_limit", {{"fill_interval", "1s"}}, {"0.5", "1", "1.9"}) ==
        "allow\ndeny\nallow\n");
  CHECK(drive("juju_bucket", {{"fill_interval", "1s"}, {"capacity", "2"}}, {"9 2", "9 2"}) ==
        "allow\nallow\n");
  CHECK(drive("juju_bucket",
              {{"fill_interval", "1s"}, {"capacity", "2"}, {"forget_ticks_while_full", "true"}},
              {"9 2", "9 2"}) == "allow\ndeny\n");
  CHECK(drive("gcra", {{"rate", "1/s"}, {"retry_after", "true"}}, {"0", "0.25", "0 2"}) ==
        "allow\ndeny 0.75\ndeny never\n");
}

TEST_CASE("drivers of limiting: what is wrong is said", "[drivers]") {
  using Catch::Contains;
  CHECK_THAT(problems_of("token_bucket", {}), Contains("rate"));
  CHECK_THAT(problems_of("token_bucket", {{"rate", "5"}}), Contains("\"5/s\""));
  CHECK_THAT(problems_of("token_bucket", {{"rate", "5/s"}, {"max_wait", "1s"}}),
             Contains("without reserve"));
  CHECK_THAT(problems_of("fixed_window", {{"rate", "0.5/s"}}), Contains("whole number"));
  CHECK_THAT(problems_of("sliding_log", {{"rate", "999999999/s"}}), Contains("entries"));
  CHECK_THAT(problems_of("juju_bucket", {}), Contains("either a rate or a fill_interval"));
  CHECK_THAT(problems_of("juju_bucket", {{"rate", "0/s"}}), Contains("nanoseconds"));
  CHECK_THAT(problems_of("juju_bucket", {{"rate", "1/s"}, {"quantum", "2"}}), Contains("quantum"));
  CHECK_THAT(problems_of("nginx_limit_req", {{"rate", "5/s"}, {"nodelay", "true"}, {"delay", "1"}}),
             Contains("give one of them"));
  CHECK_THAT(problems_of("nginx_limit_req", {{"rate", "1/day"}}), Contains("0.001"));
  CHECK_THAT(problems_of("rate_limiter_flexible", {{"exec_evenly_min_delay", "1s"}}),
             Contains("without exec_evenly"));
  CHECK_THAT(
      problems_of("sliding_window", {{"rate", "5/s"}, {"start", "first_hit"}, {"phase", "1s"}}),
      Contains("follow no clock"));
  CHECK(drive("gcra", {{"rate", "1/s"}}, {"x", "0 y", "0 1 2", "1", "1  1"}) ==
        "x: expected seconds, such as 12.5, found \"x\"\n"
        "0 y: expected a cost in whole numbers, found \"y\"\n"
        "0 1 2: more words than a time, a key and a cost\n"
        "allow\n"
        "1  1: expected a cost in whole numbers, found \"\"\n");
  CHECK(drive("gcra", {{"rate", "1/s"}, {"per_key", "true"}}, {"0"}) ==
        "0: expected a key behind the time\n");
}

}  // namespace
}  // namespace highwater::drivers
