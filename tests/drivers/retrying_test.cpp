#include "models/drivers/retrying.h"

#include <cmath>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"
#include "tests/support/golden.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

std::vector<double> numbers(const std::string& out) {
  std::istringstream stream(out);
  std::vector<double> list;
  for (double x; stream >> x;) list.push_back(x);
  return list;
}

TEST_CASE("drivers of retrying: cockatiel's pauses", "[drivers]") {
  const nlohmann::json golden = golden_json("cockatiel_backoff.json");
  std::vector<std::string> draws;
  for (std::size_t i = 0; i < 12; ++i) draws.push_back(golden["u"][i].dump());
  const std::pair<const char*, const char*> kinds[] = {
      {"cockatiel_none", "noJitterGenerator"},
      {"cockatiel_full", "fullJitterGenerator"},
      {"cockatiel_half", "halfJitterGenerator"},
      {"decorrelated_v2", "decorrelatedJitterGenerator"}};
  for (const auto& [kind, generator] : kinds) {
    const auto pauses =
        numbers(drive("backoff", {{"kind", kind}, {"initial", "100ms"}, {"max", "10s"}}, draws));
    REQUIRE(pauses.size() == 12);
    for (std::size_t i = 0; i < 12; ++i) {
      CAPTURE(kind, i);
      CHECK(pauses[i] == Approx(golden["runs"][generator][i].get<double>() / 1000).epsilon(1e-13));
    }
  }
}

TEST_CASE("drivers of retrying: pauses end and draws are draws", "[drivers]") {
  CHECK(drive("backoff",
              {{"kind", "cenkalti"}, {"jitter", "0"}, {"max_elapsed", "2s"}, {"multiplier", "2"}},
              {"0", "0", "0"}) == "0.5\n1\nstop\n");
  CHECK(drive("backoff", {{"kind", "constant"}, {"initial", "250"}}, {"0.5"}) == "0.25\n");
  for (const char* draw : {"1", "-0.1", "nan", "", "0.5x"})
    CHECK_THAT(drive("backoff", {}, {draw}), Catch::Contains("a number in [0, 1)"));
}

TEST_CASE("drivers of retrying: gRPC's tokens", "[drivers]") {
  const nlohmann::json golden = golden_json("grpc_retry_throttle.json");
  std::vector<std::string> lines;
  for (const auto& row : golden["rows"]) lines.push_back(row[0] == 1 ? "success" : "failure");
  std::istringstream out(drive("grpc_retry_throttle", {}, lines));
  for (const auto& row : golden["rows"]) {
    std::string verdict;
    double tokens = 0;
    REQUIRE(out >> verdict >> tokens);
    CHECK(verdict == (row[2] == 1 ? "allow" : "deny"));
    CHECK(tokens == row[1].get<double>());
  }
  CHECK(drive("grpc_retry_throttle", {{"milli_tokens", "true"}, {"token_ratio", "0.1239"}},
              {"failure", "success", "timeout", "refused", "failure 10", "failure -1"}) ==
        "allow 9\nallow 9.123\nallow 8.123\nallow 8.123\nallow 7.123\ndeny 6.123\n");
  CHECK_THAT(drive("grpc_retry_throttle", {}, {"success 5"}), Catch::Contains("PUSHBACK_MS"));
}

TEST_CASE("drivers of retrying: Finagle's budget", "[drivers]") {
  const nlohmann::json golden = golden_json("retrying.json");
  for (const auto& run : golden["finagle"]) {
    std::vector<std::string> lines;
    std::string expected;
    for (const auto& row : run["rows"]) {
      std::string time = row[0].dump();
      while (time.size() < 4) time = "0" + time;
      time.insert(time.size() - 3, ".");
      lines.push_back(time + (row[1] == 1 ? " retry" : " request"));
      if (row[1] == 1) expected += row[3] == 1 ? "allow\n" : "deny\n";
    }
    const std::string ttl = run["ttl_ms"].dump() + "ms";
    const std::string least = run["min_retries_per_sec"].dump();
    const std::string percent = run["percent_can_retry"].dump();
    CHECK(drive("retry_budget",
                {{"ttl", ttl.c_str()},
                 {"min_retries_per_sec", least.c_str()},
                 {"percent_can_retry", percent.c_str()}},
                lines) == expected);
  }
  const std::vector<std::string> three = {"0 request", "0 request", "0 request", "0 retry"};
  CHECK(drive("retry_budget", {{"min_retries_per_sec", "0"}, {"percent_can_retry", "0.3"}},
              three) == "deny\n");
  CHECK(drive("retry_budget",
              {{"min_retries_per_sec", "0"}, {"percent_can_retry", "0.3"}, {"linkerd", "true"}},
              three) == "allow\n");
  CHECK_THAT(problems_of("retry_budget", {{"ttl", "61"}}), Catch::Contains("ttl"));
}

TEST_CASE("drivers of retrying: limits by Finagle's names and by ours", "[drivers]") {
  const std::vector<std::string> lines = {"0 retry", "0 retry", "0 retry"};
  const char* const two = "allow\nallow\ndeny\n";
  CHECK(drive("retry_budget", {{"ttl", "1"}, {"min_retries_per_sec", "2"}}, lines) == two);
  CHECK(drive("retry_budget", {{"ttl", "1s"}, {"min_rate", "2/s"}}, lines) == two);
  CHECK_THAT(problems_of("retry_budget", {{"min_rate", "2"}, {"min_retries_per_sec", "2"}}),
             Catch::Contains("given too"));
  CHECK_THAT(problems_of("grpc_retry_throttle", {{"max_tokens", "0"}}),
             Catch::Contains("max_tokens: must be 0.001 to 1000"));
}

TEST_CASE("drivers of retrying: Envoy's budget", "[drivers]") {
  CHECK(drive("envoy_retry_budget", {{"budget_percent", "50"}, {"min_retry_concurrency", "1"}},
              {"request", "request", "request", "retry", "retry", "retry", "retry done", "retry",
               "done"}) == "allow\nallow\ndeny\nallow\n");
  CHECK(drive("envoy_retry_budget", {}, {"done", "retry done"}) ==
        "done: no request is on its way\nretry done: no retry is on its way\n");
}

TEST_CASE("drivers of retrying: the quota of AWS SDKs", "[drivers]") {
  CHECK(drive("aws_retry_quota", {{"capacity", "20"}},
              {"a failure", "b timeout", "a timeout", "b success", "c success", "d refused",
               "a timeout"}) == "allow 15\nallow 5\ndeny 5\nend 15\nend 16\nend 16\nallow 6\n");
}

TEST_CASE("drivers of retrying: hedges", "[drivers]") {
  CHECK(drive("hedge", {{"speculative_retry", "50ms"}}, {"0 0.02", "1 0.2", "2 0.05"}) ==
        "none\nhedge 0.05\nnone\n");
  CHECK(drive("hedge", {{"speculative_retry", "100ms"}, {"budget", "50%"}, {"burst", "0"}},
              {"0 1", "1 1", "2 1", "3 1"}) == "none\nhedge 0.1\nnone\nhedge 0.1\n");
  // Until the first answer the initial delay holds.
  CHECK_THAT(drive("hedge", {{"speculative_retry", "95p"}, {"initial_delay", "1s"}},
                   {"0 0.01", "0.001 0.5", "2 0.6"}),
             Catch::StartsWith("none\nnone\nhedge 0.5"));
  CHECK_THAT(problems_of("hedge", {{"speculative_retry", "100p"}}),
             Catch::Contains("speculative_retry"));
}

TEST_CASE("drivers of retrying: bulkheads", "[drivers]") {
  CHECK(drive("bulkhead", {{"kind", "cockatiel"}, {"max_concurrent", "1"}, {"queue", "1"}},
              {"0 2", "0.5 1", "1 1", "2.5 1"}) == "runs 0\nruns 2\nrejected\nruns 3\n");
  CHECK(drive("bulkhead",
              {{"kind", "resilience4j_semaphore"}, {"max_concurrent", "1"}, {"max_wait", "1s"}},
              {"0 2", "0.5 1", "1.5 1"}) == "runs 0\nrejected\nruns 2\n");
  const nlohmann::json golden = golden_json("retrying.json");
  for (const auto& run : golden["bulkhead"]) {
    std::vector<std::string> lines;
    std::string expected;
    for (const auto& row : run["rows"]) {
      const auto text = [](const nlohmann::json& ms) {
        std::string digits = ms.dump();
        while (digits.size() < 4) digits = "0" + digits;
        digits.insert(digits.size() - 3, ".");
        return digits;
      };
      lines.push_back(text(row[0]) + " " + text(row[1]));
      std::string start = text(row[2] == -2 ? nlohmann::json(0) : row[2]);
      start.erase(start.find_last_not_of('0') + 1);
      if (start.ends_with('.')) start.pop_back();
      expected += row[2] == -2 ? "rejected\n" : "runs " + start + "\n";
    }
    const std::string slots = run["capacity"].dump();
    const std::string queue = run["queue"].dump();
    CHECK(
        drive("bulkhead",
              {{"kind", "cockatiel"}, {"max_concurrent", slots.c_str()}, {"queue", queue.c_str()}},
              lines) == expected);
  }
}

TEST_CASE("drivers of retrying: gRPC time-outs", "[drivers]") {
  CHECK(
      drive("grpc_timeout", {}, {"encode 0.25", "encode 123.456789001", "decode 3S", "decode x"}) ==
      "250m\n123457m\n3\ninvalid\n");
  CHECK(drive("grpc_timeout", {{"library", "java"}}, {"encode 123.456789001"}) == "123456m\n");
  CHECK(drive("grpc_timeout", {{"library", "js"}}, {"encode 0.2501"}) == "251m\n");
  CHECK_THAT(drive("grpc_timeout", {}, {"3S"}), Catch::Contains("encode SECONDS"));
}

}  // namespace
}  // namespace highwater::drivers
