#include <cmath>
#include <regex>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/report/html_series.h"
#include "engine/report/html_topology.h"
#include "engine/report/html_writer.h"
#include "engine/report/json_writer.h"
#include "engine/report/report_assets.h"
#include "tests/report/sample_results.h"

namespace highwater {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_CASE("html: one file that asks for nothing from outside", "[report][html]") {
  const std::string page = html_report(sample_results());
  CHECK(contains(page, "default-src 'none'; script-src 'sha256-"));
  CHECK(!contains(page, "unsafe-eval"));
  CHECK(!contains(page, "script-src 'unsafe-inline'"));
  CHECK(!contains(page, " src="));
  CHECK(!contains(page, "<link"));
  CHECK(!contains(page, "@import"));
  CHECK(!std::regex_search(page, std::regex(R"(\{\{[a-z_]+\}\})")));  // no placeholder left
  CHECK(page.ends_with("</html>\n"));
}

TEST_CASE("html: the parts built in are whole", "[report][html]") {
  CHECK(report_template().starts_with("<!doctype html>"));
  CHECK(contains(std::string(report_script()), "root.dataset.ready = '1'"));
  CHECK(contains(std::string(dygraphs_script()), "Dygraph"));
  CHECK(report_script_sha256().size() == 64);
  CHECK(dygraphs_script_sha256().size() == 64);
  // A </script> or <!-- inside would end or confuse the element around it.
  for (const std::string_view script : {report_script(), dygraphs_script()}) {
    CHECK(script.find("</script") == script.npos);
    CHECK(script.find("<!--") == script.npos);
    CHECK(script.find('\r') == script.npos);  // a browser would hash it as a line feed
  }
}

TEST_CASE("html: verdict, key figures, tables and reproduction", "[report][html]") {
  const std::string page = html_report(sample_results());
  CHECK(contains(page, "✗ 2 of 3 objectives missed"));
  CHECK(contains(page, "<b>61.3 ms</b>"));
  CHECK(contains(page, "✓ objective &lt; 250ms"));
  CHECK(contains(page, "✗ objective &gt;= 99.9%"));
  CHECK(contains(page, "<th scope=\"row\">api[1]</th><td class=\"text\">b</td>"));
  CHECK(contains(page, "10,330 timeout, 612 unavailable, 57 rejected"));
  CHECK(contains(page, "<code>highwater run scenarios/users-api.json --seed 1</code>"));
  CHECK(contains(page, "1:00 cut from every replication (given)"));
  CHECK(contains(page, "from replications alone"));
  CHECK(contains(page, "id=\"throughput\""));
  CHECK(contains(page, "data-extra=\"1\""));
  CHECK(!contains(page, "data-extra=\"2\""));
  CHECK(!contains(page, "<select id=\"client\""));  // one client: nothing to choose
}

TEST_CASE("html: several clients can be chosen, the busiest first", "[report][html]") {
  Results results = replay_results();
  results.clients[1].requests.issued = 5000;
  const std::string page = html_report(results);
  CHECK(contains(page, "<option value=\"1\" selected>robots</option>"));
  CHECK(contains(page, "p99 latency · robots"));
  CHECK(contains(page, "Hourly load of the log"));
  CHECK(contains(page, "day 17, 10 h: "));
  CHECK(contains(page, "not enough samples: p99.9 needs 10,000, there are 1,204"));
}

TEST_CASE("html: markup in names stays text", "[report][html]") {
  const std::string page = html_report(hostile_results());
  CHECK(!contains(page, "<img"));
  CHECK(count(page, "<script") == 5);
  CHECK(count(page, "</script>") == 5);
  CHECK(!contains(page, "<!--"));
  CHECK(contains(page, "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;"));
  CHECK(contains(page, "{{title}}"));  // what looks like a placeholder is left alone
}

TEST_CASE("html: an empty run has a page too", "[report][html]") {
  const std::string page = html_report(empty_results());
  CHECK(contains(page, "Partial result."));
  CHECK(contains(page, "interrupted before the first replication ended"));
  CHECK(!contains(page, "<svg"));
  CHECK(!contains(page, "class=\"chart\""));
}

TEST_CASE("html: the topology draws every node and call, with quoted attributes",
          "[report][html]") {
  const Results results = sample_results();
  const std::string svg = topology_svg(results);
  CHECK(count(svg, "<g transform") == results.topology.nodes.size());
  CHECK(count(svg, "<path d=") == results.topology.edges.size());
  CHECK(count(svg, "stroke-dasharray") == 2);  // the two asynchronous edges
  CHECK(contains(svg, "users-db (database), 2 instances, 209/s, utilization 87.1%, busy"));
  CHECK(contains(svg, "api → users-db: 209/s, 1.20% errors"));
  CHECK(contains(svg, "users calls nginx; nginx calls api"));
  for (std::size_t at = svg.find('='); at != svg.npos; at = svg.find('=', at + 1)) {
    CHECK(svg[at + 1] == '"');
  }
  CHECK(topology_svg(empty_results()).empty());
  CHECK(svg == topology_svg(results));
}

TEST_CASE("html: a graph of any coordinates stays inside its frame", "[report][html]") {
  Results results = sample_results();
  for (TopologyNode& node : results.topology.nodes) {
    node.column -= 3;
    node.row += 10;
  }
  CHECK(topology_svg(results) == topology_svg(sample_results()));
}

TEST_CASE("html: more bins than a chart can show are merged", "[report][html]") {
  Results results;
  const std::size_t bins = 1500;  // three become one
  ClientSeries client;
  client.client = "users";
  client.heat_floor_ms = 1;
  client.heat_ratio = 2;
  client.heat_rows = 4;
  for (std::size_t i = 0; i < bins; ++i) {
    results.series.times_s.push_back(static_cast<double>(i));
    for (auto* values : {&client.offered_rps, &client.completed_rps, &client.failed_rps,
                         &client.p50_ms, &client.p90_ms, &client.p99_ms, &client.p999_ms}) {
      values->push_back(static_cast<double>(i % 3));
    }
    for (const double n : {0.0, 2.0, 1.0, 0.0}) client.heat_counts.push_back(n);
  }
  client.offered_rps[1] = std::nan("");
  client.p99_ms[3] = client.p99_ms[4] = client.p99_ms[5] = std::nan("");
  results.series.bin_s = 1;
  results.series.clients.push_back(client);
  const auto json = nlohmann::json::parse(series_json(results));
  CHECK(json["bin"] == 3);
  CHECK(json["times"].size() == 500);
  CHECK(json["times"][1] == 3);
  const auto& merged = json["clients"][0];
  CHECK(merged["offered"][0] == 1);  // the mean of 0 and 2, the empty bin left out
  CHECK(merged["completed"][1] == 1);
  CHECK(merged["p99"][0] == 2);  // the largest: a spike stays visible
  CHECK(merged["p99"][1].is_null());
  CHECK(merged["heat"]["rows"] == 2);  // rows that nobody ever hit are cut
  CHECK(merged["heat"]["floor_ms"] == 2);
  CHECK(merged["heat"]["largest"] == 6);
  CHECK(merged["heat"]["columns"] == 500);
}

}  // namespace
}  // namespace highwater
