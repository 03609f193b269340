// What takes targets out, driven from outside. The algorithms have tests of their own.

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;
using testing::problems_of;

std::vector<std::string> times(int count, const char* line) {
  return std::vector<std::string>(static_cast<std::size_t>(count), line);
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.size() - 1;
  return text.substr(text.rfind('\n', end - 1) + 1, end - text.rfind('\n', end - 1) - 1);
}

TEST_CASE("envoy_outlier_detection: five errors in a row, out for 30 s, then for 60 s",
          "[drivers]") {
  CHECK(drive("envoy_outlier_detection", {{"hosts", "a,b"}, {"max_ejection_percent", "50%"}},
              times(4, "end b 500") + std::vector<std::string>{"end b 503", "at 29.9", "at 30"} +
                  times(5, "end b timeout") + std::vector<std::string>{"at 89", "at 90"}) ==
        "-\n-\n-\n-\nb\nb\n-\n-\n-\n-\n-\nb\nb\n-\n");
}

TEST_CASE("envoy_outlier_detection: the success rate at the end of an interval", "[drivers]") {
  std::vector<std::string> lines;
  for (const char* host : {"a", "b", "c", "d", "e"})
    lines = lines + times(200, (std::string("end ") + host + " 200").c_str());
  for (int i = 0; i < 100; ++i)
    lines = lines + std::vector<std::string>{"end e 500", "end e 500", "end e 200"};
  CHECK(last_line(drive("envoy_outlier_detection",
                        {{"hosts", "a,b,c,d,e"}, {"max_ejection_percent", "20%"}},
                        lines + std::vector<std::string>{"at 10"})) == "e");
  CHECK(last_line(drive("envoy_outlier_detection", {{"hosts", "a,b,c,d,e"}},
                        lines + std::vector<std::string>{"at 10"})) == "-");
  CHECK(last_line(drive("envoy_outlier_detection", {{"hosts", "a,b,c,d,e"}, {"explain", "true"}},
                        lines + std::vector<std::string>{"at 10"})) ==
        "- over_limit e success_rate");
}

TEST_CASE("envoy_outlier_detection: health checks and members come and go", "[drivers]") {
  CHECK(drive("envoy_outlier_detection",
              {{"hosts", "a,b"},
               {"consecutive_5xx", "1"},
               {"max_ejection_percent", "50%"},
               {"explain", "true"}},
              {"end a 500", "end b 500", "check a", "end b failure", "leave b", "join b"}) ==
        "a ejected a consecutive_5xx\n"
        "a over_limit b consecutive_5xx\n"
        "- returned a consecutive_5xx\n"
        "b ejected b consecutive_5xx\n"
        "-\n"
        "-\n");
  CHECK(drive("envoy_outlier_detection",
              {{"hosts", "a"},
               {"consecutive_5xx", "1"},
               {"always_eject_one", "true"},
               {"health_check_returns", "false"}},
              {"end a 500", "check a"}) == "a\na\n");
}

TEST_CASE("envoy_outlier_detection: what is wrong is said", "[drivers]") {
  CHECK(
      drive("envoy_outlier_detection", {{"hosts", "a"}},
            {"end b 200", "end a", "end a 2x", "at -1", "at 5", "at 4", "check", "ended a 200"}) ==
      "end b 200: \"b\" is none of the hosts\n"
      "end a: expected a status such as 503, success, failure, connect_success, "
      "connect_success_final, connect_failed or timeout, found \"\"\n"
      "end a 2x: expected a status such as 503, success, failure, connect_success, "
      "connect_success_final, connect_failed or timeout, found \"2x\"\n"
      "at -1: expected seconds, such as 12.5, found \"-1\"\n"
      "-\n"
      "at 4: time goes back\n"
      "check: \"\" is none of the hosts\n"
      "ended a 200: expected end NAME STATUS, end NAME RESULT, check NAME, leave NAME, join "
      "NAME or at SECONDS, found \"ended a 200\"\n");
  CHECK_THAT(problems_of("envoy_outlier_detection", {{"hosts", "a,b,a"}}),
             Catch::Contains("\"a\" is named twice"));
  CHECK_THAT(problems_of("envoy_outlier_detection", {{"hosts", "a"}, {"max_ejection_time", "1s"}}),
             Catch::Contains("max_ejection_time is below base_ejection_time"));
  CHECK_THAT(drive("envoy_outlier_detection", {{"hosts", "a"}, {"interval", "1ms"}}, {"at 1e9"}),
             Catch::Contains("more than a million intervals"));
}

TEST_CASE("finagle_failure_accrual: dead after failures in a row, revived by a probe",
          "[drivers]") {
  CHECK(drive("finagle_failure_accrual", {{"consecutive_failures", "2"}},
              {"1 failure", "2 failure", "6.9 success", "7 ignored", "7 success", "8 failure",
               "9 success", "9 fine", "8 success", "x success"}) ==
        "allowed alive\nallowed dead\nrejected dead\nallowed probe_open\nallowed alive\n"
        "allowed alive\nallowed alive\n"
        "9 fine: expected SECONDS success, SECONDS failure or SECONDS ignored, found \"9 fine\"\n"
        "8 success: time goes back\n"
        "x success: expected seconds, such as 12.5, found \"x\"\n");
  CHECK_THAT(problems_of("finagle_failure_accrual",
                         {{"mark_dead_start", "5s"}, {"mark_dead_maximum", "1s"}}),
             Catch::Contains("mark_dead_maximum is below mark_dead_start"));
}

}  // namespace
}  // namespace highwater::drivers
