// Terminal, JSON, CSV and HTML must say the same. Each document is read back by a reader of its own
// and compared with the others, number by number; what people read is compared within the rounding
// that it shows.

#include <cmath>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/report/csv_writer.h"
#include "engine/report/html_writer.h"
#include "engine/report/json_writer.h"
#include "engine/report/terminal_writer.h"
#include "tests/report/csv_rows.h"
#include "tests/report/sample_results.h"

namespace highwater {
namespace {

using Json = nlohmann::json;
using Numbers = std::map<std::string, std::vector<Json>>;  ///< name -> value, low, high

void add_metric(Numbers& numbers, const std::string& name, const Json& metric) {
  if (metric.is_number()) {
    numbers[name + "/value"] = {metric, nullptr, nullptr};
  } else if (metric.contains("ci95")) {
    const Json& ci = metric["ci95"];
    numbers[name + "/value"] = {metric["value"], ci.is_null() ? Json() : ci[0],
                                ci.is_null() ? Json() : ci[1]};
  } else {
    for (const auto& [key, value] : metric.items()) {
      Numbers inner;
      add_metric(inner, name, value);
      numbers[name + "/" + key] = inner[name + "/value"];
    }
  }
}

Numbers numbers_of(const Json& run) {
  Numbers numbers;
  add_metric(numbers, "//requests", run["requests"]);
  for (const auto& [id, client] : run["clients"].items()) {
    for (const auto& [name, metric] : client.items()) add_metric(numbers, id + "//" + name, metric);
  }
  for (const auto& [id, component] : run["components"].items()) {
    for (const auto& [name, metric] : component.items()) {
      if (name != "kind" && name != "instances") add_metric(numbers, id + "//" + name, metric);
    }
    for (const Json& instance : component["instances"]) {
      const std::string prefix = id + "/" + instance["id"].get<std::string>() + "/";
      for (const auto& [name, metric] : instance.items()) {
        if (name != "id" && name != "zone") add_metric(numbers, prefix + name, metric);
      }
    }
  }
  for (const Json& chart : run["charts"]) {
    for (std::size_t i = 0; i < chart["labels"].size(); ++i) {
      numbers[chart["component"].get<std::string>() + "//" + chart["title"].get<std::string>() +
              "/" + chart["labels"][i].get<std::string>()] = {chart["values"][i], nullptr, nullptr};
    }
  }
  return numbers;
}

Numbers numbers_of_csv(const std::string& csv) {
  Numbers numbers;
  std::vector<std::vector<std::string>> rows = csv_rows(csv);
  rows.erase(rows.begin());
  const auto number = [](const std::string& cell) {
    return cell.empty() ? Json() : Json(std::stod(cell));
  };
  for (const auto& row : rows) {
    numbers[row[0] + "/" + row[1] + "/" + row[2] + "/" + row[3]] = {number(row[5]), number(row[6]),
                                                                    number(row[7])};
  }
  return numbers;
}

std::string embedded(const std::string& page, const std::string& id) {
  const std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
  const std::size_t begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST_CASE("writers: JSON and CSV hold the same numbers", "[report][agree]") {
  for (const Results& results : {sample_results(), replay_results(), empty_results()}) {
    const Numbers json = numbers_of(Json::parse(run_json(results)));
    const Numbers csv = numbers_of_csv(summary_csv(results));
    CHECK(json.size() >= 5);
    CHECK(json == csv);
  }
}

TEST_CASE("writers: the HTML holds the very documents", "[report][agree]") {
  for (const Results& results :
       {sample_results(), replay_results(), hostile_results(), empty_results()}) {
    const std::string page = html_report(results);
    CHECK(Json::parse(embedded(page, "run")) == Json::parse(run_json(results)));
    CHECK(numbers_of_csv(Json::parse(embedded(page, "summary"))["csv"]) ==
          numbers_of_csv(summary_csv(results)));
  }
}

TEST_CASE("writers: the HTML's series are those of the CSV", "[report][agree]") {
  const Results results = sample_results();
  const Json series = Json::parse(embedded(html_report(results), "series"));
  std::map<std::string, std::vector<double>> csv;
  for (const auto& row : csv_rows(series_csv(results))) {
    if (row[0] != "time_s") csv[row[1] + "." + row[2]].push_back(std::stod(row[3]));
  }
  const auto same = [](const Json& json, const std::vector<double>& full) {
    std::vector<double> shown;
    for (const Json& value : json) {
      if (!value.is_null()) shown.push_back(value);
    }
    REQUIRE(shown.size() == full.size());
    for (std::size_t i = 0; i < full.size(); ++i) {
      CHECK(std::abs(shown[i] - full[i]) <= 1e-4 * std::abs(full[i]));
    }
  };
  same(series["clients"][0]["completed"], csv["users.completed_rps"]);
  same(series["clients"][0]["p99"], csv["users.latency_p99_ms"]);
  same(series["extras"][0]["series"][0]["values"], csv["email-topic.lag"]);
  same(series["extras"][1]["series"][0]["values"], csv["redis.hit_ratio"]);
  CHECK(csv.size() == 7 + 8 + 2);
}

/// A number with its unit as people read it, back in the unit of the JSON; `step` is what the last
/// digit stands for.
struct Read {
  double value = 0;
  double step = 0;
};

Read read(const std::string& shown) {
  static const std::regex form(R"(([\d.]+)\s*(µs|ms|s|%|k/s|M/s|/s)?)");
  std::smatch match;
  REQUIRE(std::regex_match(shown, match, form));
  const std::map<std::string, double> factors{{"µs", 1e-3}, {"ms", 1},    {"s", 1e3}, {"%", 0.01},
                                              {"k/s", 1e3}, {"M/s", 1e6}, {"/s", 1},  {"", 1}};
  const std::string digits = match[1];
  const std::size_t point = digits.find('.');
  const double decimals = point == digits.npos ? 0 : static_cast<double>(digits.size() - point - 1);
  const double factor = factors.at(match[2]);
  return {std::stod(digits) * factor, std::pow(10, -decimals) * factor};
}

TEST_CASE("writers: the terminal and the HTML table round what the JSON says", "[report][agree]") {
  const Results results = sample_results();
  const Json users = Json::parse(run_json(results))["clients"]["users"];
  const std::string text = terminal_summary(results, {.width = 200});
  const std::size_t begin = text.find("\n  users ");
  const std::size_t middle = text.find('\n', begin + 1);
  std::string values = text.substr(begin + 8, middle - begin - 8);
  std::string halves = text.substr(middle + 1, text.find('\n', middle + 1) - middle - 1);
  const std::vector<Json> wanted{users["throughput_rps"],    users["latency_ms"]["mean"],
                                 users["latency_ms"]["p50"], users["latency_ms"]["p95"],
                                 users["latency_ms"]["p99"], users["latency_ms"]["p999"],
                                 users["availability"]};
  const std::regex value_form(R"([\d.]+ ?(µs|ms|s|%|k/s|/s))");
  const std::regex half_form(R"(±[\d.]+)");
  std::sregex_iterator value(values.begin(), values.end(), value_form);
  std::sregex_iterator half(halves.begin(), halves.end(), half_form);
  const std::string page = html_report(results);
  for (const Json& estimate : wanted) {
    CAPTURE(estimate.dump(), values, halves);
    REQUIRE(value != std::sregex_iterator());
    REQUIRE(half != std::sregex_iterator());
    const Read shown = read(value->str());
    const double exact = estimate["value"];
    CHECK(std::abs(shown.value - exact) <= 0.5001 * shown.step);
    const double unit = shown.value / std::stod(value->str());
    const double half_width = std::stod(half->str().substr(std::string("±").size())) * unit;
    const double low = estimate["ci95"][0];
    const double high = estimate["ci95"][1];
    const double reach = std::max(exact - low, high - exact);
    CHECK(half_width >= reach * (1 - 1e-6));
    CHECK(half_width <= reach + shown.step * 1.001);
    // The HTML table has the same text in the same cell.
    CHECK(page.find(">" + value->str() + "<small>" + half->str() + "</small>") != page.npos);
    ++value;
    ++half;
  }
}

}  // namespace
}  // namespace highwater
