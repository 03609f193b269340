// Every recording of a circuit breaker, through its driver.
#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/drivers/seconds.h"
#include "tests/drivers/drive.h"
#include "tests/support/golden.h"

namespace highwater::drivers {
namespace {

using Strings = std::map<std::string, std::string>;

std::vector<std::string> drive_lines(const std::string& name, const Strings& options,
                                     const std::vector<std::string>& lines) {
  Value object = Value::object();
  for (const auto& [option, text] : options) object.set(option, Value::string(text));
  Problems problems;
  const auto session = find(name)->start(object, problems);
  INFO(problems.text());
  REQUIRE(session != nullptr);
  std::string out;
  for (const std::string& line : lines) {
    INFO(line);
    REQUIRE(session->take(line, out) == "");
  }
  session->end(out);
  std::vector<std::string> answers;
  std::istringstream stream(out);
  for (std::string answer; std::getline(stream, answer);) answers.push_back(answer);
  REQUIRE(answers.size() == lines.size());
  return answers;
}

std::string at(const nlohmann::json& ms) {
  return seconds_text(ms.get<std::int64_t>() * 1'000'000);
}

void compare(const std::string& name, const Strings& options, const std::vector<std::string>& lines,
             const std::vector<std::string>& expected) {
  CAPTURE(name);
  const auto answers = drive_lines(name, options, lines);
  REQUIRE(answers.size() == expected.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    INFO("line " << i << ": " << lines[i]);
    CHECK(answers[i] == expected[i]);
  }
}

TEST_CASE("drivers of resilience: pybreaker's recording", "[drivers]") {
  const nlohmann::json golden = golden_json("pybreaker_trace.json");
  const Strings options[] = {
      {},
      {{"fail_max", "3"}, {"reset_timeout", "10"}, {"success_threshold", "2"}},
      {{"reset_timeout", "60s"}}};
  REQUIRE(golden["runs"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::string> lines;
    std::vector<std::string> expected;
    for (const auto& row : golden["runs"][i]["rows"]) {
      lines.push_back(row[0].dump() + (row[1] == 1 ? " success" : " failure"));
      std::string state = row[3];
      std::replace(state.begin(), state.end(), '-', '_');
      expected.push_back((row[2] == "open" ? "rejected " : "allowed ") + state);
    }
    compare("pybreaker", options[i], lines, expected);
  }
}

TEST_CASE("drivers of resilience: resilience4j's recording", "[drivers]") {
  const nlohmann::json golden = golden_json("resilience4j_trace.json");
  const std::map<std::string, Strings> options = {
      {"default (COUNT_BASED 100, min 100, 50%, wait 60s, half-open 10)", {}},
      {"COUNT_BASED size 10 min 5 rate 50 wait 5s half 3 slow 80% >2s",
       {{"sliding_window_type", "COUNT_BASED"},
        {"sliding_window_size", "10"},
        {"minimum_number_of_calls", "5"},
        {"wait_duration_in_open_state", "5000"},
        {"permitted_number_of_calls_in_half_open_state", "3"},
        {"slow_call_rate_threshold", "80%"},
        {"slow_call_duration_threshold", "2s"}}},
      {"TIME_BASED 10s min 8 rate 40 wait 4s half 4",
       {{"sliding_window_type", "time_based"},
        {"sliding_window_size", "10"},
        {"minimum_number_of_calls", "8"},
        {"failure_rate_threshold", "40"},
        {"wait_duration_in_open_state", "4s"},
        {"permitted_number_of_calls_in_half_open_state", "4"}}}};
  REQUIRE(golden["runs"].size() == options.size());
  for (const auto& [name, given] : options) {
    std::vector<std::string> lines;
    std::vector<std::string> expected;
    for (const auto& row : golden["runs"][name]) {
      const char* const kinds[] = {" success", " failure", " slow"};
      lines.push_back(at(row[0]) + kinds[row[1].get<std::size_t>()]);
      std::string state = row[3];
      std::transform(state.begin(), state.end(), state.begin(),
                     [](char c) { return c == '_' ? c : static_cast<char>(c - 'A' + 'a'); });
      expected.push_back((row[2] == 1 ? "allowed " : "rejected ") + state);
    }
    compare("resilience4j", given, lines, expected);
  }
}

TEST_CASE("drivers of resilience: opossum's recording", "[drivers]") {
  const nlohmann::json golden = golden_json("opossum_trace.json");
  const Strings options[] = {{{"timeout", "false"}},
                             {{"timeout", "0"}, {"volume_threshold", "10"}},
                             {{"timeout", "false"},
                              {"error_threshold_percentage", "30"},
                              {"reset_timeout", "5000"},
                              {"rolling_count_timeout", "4s"},
                              {"rolling_count_buckets", "4"},
                              {"volume_threshold", "5"}}};
  REQUIRE(golden["runs"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::string> lines;
    std::vector<std::string> expected;
    for (const auto& row : golden["runs"][i]["rows"]) {
      lines.push_back(at(row[0]) + (row[1] == 1 ? " success" : " failure"));
      const std::string state = row[3] == "half" ? "half_open" : row[3];
      expected.push_back((row[2] == "open" ? "rejected " : "allowed ") + state);
    }
    compare("opossum", options[i], lines, expected);
  }
}

TEST_CASE("drivers of resilience: cockatiel's recording", "[drivers]") {
  const nlohmann::json golden = golden_json("cockatiel_breakers.json");
  const std::pair<const char*, Strings> drivers[] = {
      {"cockatiel_consecutive", {{"threshold", "5"}, {"half_open_after", "10s"}}},
      {"cockatiel_count",
       {{"threshold", "0.5"},
        {"size", "10"},
        {"minimum_number_of_calls", "5"},
        {"half_open_after", "5000"}}},
      {"cockatiel_sampling",
       {{"threshold", "40%"},
        {"duration", "10000"},
        {"minimum_rps", "1"},
        {"half_open_after", "5s"}}}};
  REQUIRE(golden["runs"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<std::string> lines;
    std::vector<std::string> expected;
    for (const auto& row : golden["runs"][i]["rows"]) {
      lines.push_back(at(row[0]) + (row[1] == 1 ? " success" : " failure"));
      const char* const states[] = {"closed", "open", "half_open"};
      expected.push_back((row[2] == "open" ? std::string("rejected ") : std::string("allowed ")) +
                         states[row[3].get<std::size_t>()]);
    }
    compare(drivers[i].first, drivers[i].second, lines, expected);
  }
}

TEST_CASE("drivers of resilience: overlapping calls of all products", "[drivers]") {
  const nlohmann::json golden = golden_json("breakers_overlap.json");
  REQUIRE(golden["runs"].size() == 17);
  for (const auto& run : golden["runs"]) {
    const std::string name = run["driver"];
    CAPTURE(name, run["options"].dump());
    Strings options;
    for (const auto& [option, text] : run["options"].items()) options[option] = text;
    options.erase("throw_new_error_on_trip");  // pybreaker's own, which decides nothing
    std::vector<std::string> lines;
    for (const auto& row : run["rows"])
      lines.push_back(at(row[0]) + (row[1] == 1 ? " success" : " failure") +
                      (row[2] == 0 ? std::string() : " " + at(row[2])));
    const auto answers = drive_lines(name, options, lines);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto& row = run["rows"][i];
      INFO(lines[i] << " -> " << answers[i] << ", recorded " << row.dump());
      const bool allowed = row[3] == 1 || row[3] == 3;
      CHECK(answers[i].starts_with(allowed ? "allowed " : "rejected "));
      const char* const states[] = {" closed", " open", " half_open"};
      if (row[4] != 9) CHECK(answers[i].ends_with(states[row[4].get<std::size_t>()]));
    }
  }
}

TEST_CASE("drivers of resilience: hystrix by its own names and by ours", "[drivers]") {
  // Twenty calls that last two seconds fail where the time-out is one, and open it.
  std::vector<std::string> lines(20, "0 success 2");
  lines.push_back("3 success");
  const auto last = [&](testing::Options options) {
    const std::string out = testing::drive("hystrix", options, lines);
    return out.substr(out.rfind('\n', out.size() - 2) + 1);
  };
  CHECK(last({}) == "rejected open\n");
  CHECK(last({{"execution_timeout_in_milliseconds", "1000"}}) == "rejected open\n");
  CHECK(last({{"execution_timeout_in_milliseconds", "2500"}}) == "allowed closed\n");
  CHECK(last({{"execution_timeout", "2500"}}) == "allowed closed\n");
  CHECK(last({{"execution_timeout", "2500ms"}}) == "allowed closed\n");
  CHECK(last({{"error_threshold_percentage", "100"}}) == "rejected open\n");
  CHECK(last({{"sleep_window_in_milliseconds", "1400"}}) == "allowed closed\n");
  CHECK_THAT(testing::problems_of("hystrix", {{"execution_timeout_in_milliseconds", "1000"},
                                              {"execution_timeout", "1s"}}),
             Catch::Contains("execution_timeout_in_milliseconds") && Catch::Contains("given too"));
}

TEST_CASE("drivers of resilience: a percentage is compared as it was written", "[drivers]") {
  // 7 of 100 is 7.000000000000001 to opossum: above 7.
  std::vector<std::string> lines(93, "0 success");
  lines.insert(lines.end(), 7, "0 failure");
  const std::string out = testing::drive(
      "opossum", {{"error_threshold_percentage", "7"}, {"volume_threshold", "100"}}, lines);
  CHECK_THAT(out, Catch::EndsWith("allowed closed\nallowed open\n"));
}

TEST_CASE("drivers of resilience: limits are those of scenarios", "[drivers]") {
  CHECK_THAT(testing::problems_of("pybreaker", {{"fail_max", "0"}}), Catch::Contains("fail_max"));
  CHECK_THAT(testing::problems_of("resilience4j", {{"failure_rate_threshold", "0"}}),
             Catch::Contains("failure_rate_threshold"));
  CHECK_THAT(testing::problems_of("opossum", {{"error_threshold_percentage", "101"}}),
             Catch::Contains("error_threshold_percentage"));
  CHECK_THAT(testing::problems_of("pybreaker", {{"throw_new_error_on_trip", "false"}}),
             Catch::Contains("unknown key"));
}

}  // namespace
}  // namespace highwater::drivers
