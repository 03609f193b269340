#include "engine/report/csv_writer.h"

#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/report/csv_rows.h"
#include "tests/report/sample_results.h"

namespace highwater {
namespace {

using Row = std::vector<std::string>;

TEST_CASE("csv: every row of the summary has the eight cells", "[report][csv]") {
  for (const Results& results : {sample_results(), replay_results(), hostile_results()}) {
    const std::vector<Row> rows = csv_rows(summary_csv(results));
    REQUIRE(rows.size() > 100);
    CHECK(rows[0] == Row{"component", "instance", "metric", "statistic", "unit", "value", "ci_low",
                         "ci_high"});
    for (const Row& row : rows) CHECK(row.size() == 8);
  }
}

TEST_CASE("csv: values stand with their intervals", "[report][csv]") {
  const std::vector<Row> rows = csv_rows(summary_csv(sample_results()));
  const auto has = [&rows](const Row& row) {
    return std::find(rows.begin(), rows.end(), row) != rows.end();
  };
  CHECK(has({"", "", "requests", "issued", "requests", "4799213", "", ""}));
  CHECK(has({"users", "", "latency_ms", "p999", "ms", "213.8", "202.8", "232.8"}));
  CHECK(has({"users", "", "latency_ms", "max", "ms", "1893.4", "", ""}));
  CHECK(has({"users", "", "errors", "timeout", "requests", "10330", "", ""}));
  CHECK(has({"api", "api[1]", "errors", "connection_reset", "requests", "612", "", ""}));
  CHECK(has({"nginx", "", "ejections", "value", "1", "10", "", ""}));
}

TEST_CASE("csv: an absent value is an empty cell", "[report][csv]") {
  const std::vector<Row> rows = csv_rows(summary_csv(replay_results()));
  const Row wanted{"visitors", "", "latency_ms", "p999", "ms", "", "", ""};
  CHECK(std::find(rows.begin(), rows.end(), wanted) != rows.end());
}

TEST_CASE("csv: series have a row for each observation", "[report][csv]") {
  const Results results = sample_results();
  const std::vector<Row> rows = csv_rows(series_csv(results));
  CHECK(rows[0] == Row{"time_s", "component", "metric", "value"});
  // Seven series of the client, eight instances, two extras of which one begins with an empty bin.
  CHECK(rows.size() == 1 + 300 * (7 + 8 + 2) - 1);
  CHECK(rows[1][0] == "0");
  CHECK(rows[2][0] == "2");
  CHECK(rows[1][1] == "users");
  CHECK(rows[1][2] == "offered_rps");
  CHECK(std::stod(rows[1][3]) == results.series.clients[0].offered_rps[0]);
}

TEST_CASE("csv: intervals of the series name the stretch that they are of", "[report][csv]") {
  const Results results = sample_results();
  const std::vector<Row> rows = csv_rows(intervals_csv(results));
  CHECK(rows[0] == Row{"time_s", "end_s", "component", "metric", "value", "ci_low", "ci_high"});
  // Two bands of 60 groups each, of which one has nothing to say of the first.
  REQUIRE(rows.size() == 1 + 2 * 60 - 1);
  CHECK(rows[1][0] == "0");
  CHECK(rows[1][1] == "10");
  CHECK(rows[60][1] == "600");
  CHECK(rows[61][0] == "10");
  CHECK(rows[61][3] == "latency_p99_ms");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(std::stod(rows[i][5]) <= std::stod(rows[i][4]));
    CHECK(std::stod(rows[i][4]) <= std::stod(rows[i][6]));
  }
}

TEST_CASE("csv: nothing to say is a header alone", "[report][csv]") {
  CHECK(csv_rows(series_csv(empty_results())).size() == 1);
  CHECK(csv_rows(intervals_csv(empty_results())).size() == 1);
  CHECK(csv_rows(summary_csv(empty_results())).size() == 6);  // the five totals of requests
}

}  // namespace
}  // namespace highwater
