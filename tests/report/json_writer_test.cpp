#include "engine/report/json_writer.h"

#include <cmath>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/report/sample_results.h"

namespace highwater {
namespace {

using Json = nlohmann::ordered_json;

TEST_CASE("json: the document has the shape of the contract", "[report][json]") {
  const Json run = Json::parse(run_json(sample_results()));
  CHECK(run["schema"] == "highwater/run/1");
  CHECK(run["scenario"] == "users-api");
  CHECK(run["simulated_s"] == 600);
  CHECK(run["warmup_s"] == 60);
  CHECK(run["requests"]["issued"] == 4'799'213);
  const Json& users = run["clients"]["users"];
  CHECK(users["throughput_rps"]["value"] == 799.82);
  CHECK(users["throughput_rps"]["ci95"] == Json::array({799.82 - 0.91, 799.82 + 0.91}));
  CHECK(!users["throughput_rps"].contains("note"));
  CHECK(users["latency_ms"]["p999"]["value"] == 213.8);
  CHECK(users["latency_ms"]["max"]["ci95"].is_null());
  CHECK(users["latency_ms"]["resolution"] == 0.005);
  CHECK(users["errors"]["timeout"] == 10'330);
  const Json& api = run["components"]["api"];
  CHECK(api["kind"] == "service");
  CHECK(api["wait_ms"]["count"] == 4'318'441);
  CHECK(api["instances"].size() == 3);
  CHECK(api["instances"][1]["id"] == "api[1]");
  CHECK(api["instances"][1]["zone"] == "b");
  CHECK(run["components"]["nginx"]["ejections"] == 10);
  CHECK(run["objectives"][0]["met"] == true);
  CHECK(run["objectives"][2]["met"].is_null());
  CHECK(run["objectives"][2]["note"] == "the window lies outside the run");
  CHECK(run["events_log"][0]["t_s"] == 240);
  CHECK(run["topology"]["edges"][0]["from"] == "users");
  CHECK(run["topology"]["edges"][0]["to"] == "nginx");
  CHECK(!run.contains("series"));
}

TEST_CASE("json: what may differ between runs stands at the end, and nothing else does",
          "[report][json]") {
  Results one = sample_results();
  Results two = sample_results();
  CHECK(run_json(one) == run_json(two));
  two.wall_s = 99;
  two.started = "another time";
  two.host = "elsewhere";
  two.compiler = "Clang 14";
  two.command = "highwater run --jobs 2";
  two.scenario_file = "/elsewhere.json";
  const std::string first = run_json(one);
  const std::string second = run_json(two);
  CHECK(first != second);
  CHECK(first.substr(0, first.find("\"wall_s\"")) == second.substr(0, second.find("\"wall_s\"")));
  Json json = Json::parse(first);
  CHECK(std::prev(json.end()).key() == "host");
}

TEST_CASE("json: absent values, intervals and infinities are null, with the reason",
          "[report][json]") {
  const Json replay = Json::parse(run_json(replay_results()));
  const Json& latency = replay["clients"]["visitors"]["latency_ms"];
  CHECK(latency["p999"]["value"].is_null());
  CHECK(latency["p999"]["ci95"].is_null());
  CHECK(latency["p999"]["note"].get<std::string>().find("not enough samples") == 0);
  CHECK(latency["p99"]["value"] == 61.27);
  CHECK(latency["p99"]["ci95"].is_null());
  CHECK(replay["charts"][0]["values"].size() == 84);
  const Json hostile = Json::parse(run_json(hostile_results()));
  CHECK(hostile["faults"][1]["end_s"].is_null());
  Results odd = sample_results();
  odd.clients[0].throughput_rps.value = std::nan("");
  CHECK(Json::parse(run_json(odd))["clients"]["users"]["throughput_rps"]["value"].is_null());
}

TEST_CASE("json: a partial run says why", "[report][json]") {
  const Json empty = Json::parse(run_json(empty_results()));
  CHECK(empty["partial"] == true);
  CHECK(empty["partial_reason"] == "interrupted before the first replication ended");
  CHECK(empty["clients"].is_object());
  CHECK(empty["clients"].empty());
  CHECK(!Json::parse(run_json(sample_results())).contains("partial_reason"));
}

TEST_CASE("json: names with quotes and broken UTF-8 survive", "[report][json]") {
  const Json hostile = Json::parse(run_json(hostile_results()));  // throws on invalid UTF-8
  const std::string name = hostile["scenario"];
  CHECK(name.find("</script><img src=x onerror=\"alert(1)\">'\"&<!--") != name.npos);
  CHECK(json_quoted("a\"\\\n\xff") == "\"a\\\"\\\\\\n\xef\xbf\xbd\"");
}

TEST_CASE("json: an estimate stays on one line", "[report][json]") {
  Results results = sample_results();
  results.clients[0].availability = {.value = 0.5, .ci95 = Interval{0.25, 0.75}, .note = "why"};
  const std::string line = R"("availability": {"value": 0.5, "ci95": [0.25, 0.75], "note": "why"})";
  CHECK(run_json(results).find(line) != std::string::npos);
}

TEST_CASE("json: the manifest names the run's origin and files", "[report][json]") {
  const Json manifest = Json::parse(manifest_json(sample_results(), {"a", "b"}));
  CHECK(manifest["schema"] == "highwater/manifest/1");
  CHECK(manifest["seed"] == 1);
  CHECK(manifest["compiler"] == "GNU 12.2.0");
  CHECK(manifest["command"] == "highwater run scenarios/users-api.json --seed 1");
  CHECK(manifest["files"] == Json::array({"a", "b"}));
}

}  // namespace
}  // namespace highwater
