// The section "mesh": what sidecars add to calls, to the nanosecond; the defaults that it gives to
// calls, where they go and where not; what they are good for against closed forms.

#include "models/mesh/mesh.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/scenario/expand.h"
#include "engine/scenario/reference.h"
#include "engine/scenario/schema.h"
#include "tests/experiment/experiment_support.h"

namespace highwater {
namespace {

using Catch::Matchers::Contains;
using testing::catalog;
using testing::language;
using testing::prepared;
using testing::run;

/// One request a second to a, which calls b: 10 ms and 5 ms.
std::string chain(const std::string& mesh, const std::string& call = "",
                  const std::string& more = "") {
  return R"({"highwater": 1, "name": "chain", "run": {"duration": "100s", "replications": 1}, )" +
         (mesh.empty() ? std::string() : R"("mesh": {)" + mesh + "}, ") + R"("components": {
      "users": {"kind": "client", "arrivals": {"constant": "1/s"}, "calls": "lb"},
      "lb": {"kind": "load_balancer", "targets": ["a"]},
      "a": {"kind": "service", "endpoints": {"GET /": [{"compute": "10ms"}, {"call": "b")" +
         call + R"(}]}},
      "b": {"kind": "service", "service_time": "5ms"}})" +
         more + "}";
}
const std::string kOneMs = R"("sidecar": {"latency": "1ms"})";

double latency_of(const Results& results) {
  return *results.clients.front().latency_ms.mean.value;
}
const MetricResult* metric_of(const Results& results, const std::string& id,
                              const std::string& name) {
  for (const ComponentResult& component : results.components)
    if (component.id == id) return find_metric(component.metrics, name);
  for (const ClientResult& client : results.clients)
    if (client.id == id) return find_metric(client.metrics, name);
  return nullptr;
}
double value_of(const Results& results, const std::string& id, const std::string& name) {
  const MetricResult* const metric = metric_of(results, id, name);
  REQUIRE(metric != nullptr);
  if (const auto* times = std::get_if<TimeSummary>(&metric->value)) return *times->mean.value;
  return *std::get<Estimate>(metric->value).value;
}
std::uint64_t policy_count(const Results& results, const std::string& id, const std::string& name) {
  const MetricResult* const metric = metric_of(results, id, "calls");
  REQUIRE(metric != nullptr);
  for (const auto& [cause, count] : std::get<CountsByCause>(metric->value))
    if (cause == name) return count;
  return 0;
}

TEST_CASE("mesh: a run ends with requests under way, whoever is named first", "[mesh]") {
  const Results results = run(R"({"highwater": 1, "name": "busy",
    "run": {"duration": "20s", "replications": 4}, "mesh": {}, "components": {
      "b": {"kind": "service", "replicas": 2, "service_time": {"exponential": "10ms"}},
      "a": {"kind": "service", "workers": 64, "endpoints": {"*": [{"call": "b"}]}},
      "users": {"kind": "client", "arrivals": {"poisson": "190/s"}, "calls": "a"}}})");
  CHECK(value_of(results, "b", "utilization") > 0.9);
}

TEST_CASE("mesh: a call passes a sidecar twice for each end that has one", "[mesh]") {
  const auto ms = [](const std::string& who) { return latency_of(run(chain(kOneMs + who))); };
  CHECK(latency_of(run(chain(""))) == Approx(15));
  // The balancer is a proxy itself: two times to a, four times between a and b.
  CHECK(ms("") == Approx(21));
  CHECK(ms(R"(, "exclude": ["b"])") == Approx(19));
  CHECK(ms(R"(, "exclude": ["a"])") == Approx(17));
  CHECK(ms(R"(, "only": ["a"])") == Approx(19));
  CHECK(ms(R"(, "only": ["a", "b"])") == Approx(21));
  CHECK(ms(R"(, "only": ["users", "lb", "a", "b"])") == Approx(27));
  CHECK(ms(R"(, "only": ["users"])") == Approx(17));
}

TEST_CASE("mesh: what sidecars add is reported by the caller, and the CPU where they are",
          "[mesh]") {
  const Results results = run(chain(R"("sidecar": {"latency": "1ms", "cpu": "2ms"})"));
  CHECK(value_of(results, "lb", "sidecar_ms") == Approx(2));
  CHECK(value_of(results, "a", "sidecar_ms") == Approx(4));
  CHECK(metric_of(results, "b", "sidecar_ms") == nullptr);  // calls nobody
  CHECK(metric_of(results, "users", "sidecar_ms") == nullptr);
  // One request a second in, and for a one out.
  CHECK(value_of(results, "a", "sidecar_cores") == Approx(0.004).epsilon(0.02));
  CHECK(value_of(results, "b", "sidecar_cores") == Approx(0.002).epsilon(0.02));
  CHECK(metric_of(results, "lb", "sidecar_cores") == nullptr);
  CHECK(metric_of(run(chain("")), "a", "sidecar_cores") == nullptr);
}

TEST_CASE("mesh: two proxies take what Istio's were measured to take", "[mesh]") {
  const Results results = run(chain("", "", ""), {"run.duration=20000s", "mesh={\"exclude\": []}"});
  const MetricResult* const added = metric_of(results, "a", "sidecar_ms");
  REQUIRE(added != nullptr);
  const auto& times = std::get<TimeSummary>(added->value);
  CHECK(*times.mean.value == Approx(4 * 0.28).epsilon(0.01));
  CHECK(*times.p90.value == Approx(1.7).epsilon(0.03));
  CHECK(*times.p99.value == Approx(2.7).epsilon(0.05));
}

TEST_CASE("mesh: latencies of sidecars and of faults add up, and cuts heal", "[mesh]") {
  const Results slow =
      run(chain(kOneMs, "", R"(, "faults": [{"at": "0s", "latency": "a -> b", "add": "3ms"}])"));
  CHECK(latency_of(slow) == Approx(27));
  // Whoever waits for the heal passes the sidecars once all the same.
  const Results cut = run(
      chain(kOneMs, "", R"(, "faults": [{"at": "10.5s", "for": "10s", "partition": "a -> b"}])"));
  CHECK(*cut.clients.front().availability.value == 1);
  CHECK(value_of(cut, "a", "sidecar_ms") == Approx(4));
  CHECK(value_of(cut, "b", "sidecar_cores") * 99 / 0.35e-3 == Approx(99).epsilon(0.03));
}

TEST_CASE("mesh: draws of sidecars change no other draws", "[mesh]") {
  const std::string random = R"({"highwater": 1, "run": {"duration": "50s", "replications": 1},
      "components": {"users": {"kind": "client", "arrivals": {"poisson": "5/s"}, "calls": "a"},
                     "a": {"kind": "service", "workers": 100,
                           "service_time": {"exponential": "20ms"}}}})";
  const Results plain = run(random);
  const Results meshed = run(random, {R"(mesh={"sidecar": {"latency": "5ms"}})"});
  CHECK(latency_of(meshed) - latency_of(plain) == Approx(10).epsilon(1e-6));
  CHECK(value_of(meshed, "a", "service_ms") == Approx(value_of(plain, "a", "service_ms")));
}

/// 200 requests a second to a service that calls another one, whose answers fail by chance.
std::string failing(const std::string& mesh, const std::string& call = "",
                    const std::string& more = "") {
  return R"({"highwater": 1, "run": {"duration": "100s", "replications": 1},
      "mesh": {"sidecar": {"latency": "0s"})" +
         mesh + R"(}, "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "200/s"}, "calls": "a"},
      "a": {"kind": "service", "workers": 1000, "endpoints": {"GET /": [{"call": "b")" +
         call + R"(}]}},
      "b": {"kind": "service", "workers": 1000, "replicas": 4,
            "endpoints": {"GET /": [{"wait": "1ms"}, {"fail": "30%"}]}})" +
         more + "}}";
}

TEST_CASE("mesh: k tries of what fails with p succeed with 1 - p^k", "[mesh]") {
  const auto availability = [](const std::string& mesh, const std::string& call = "") {
    return *run(failing(mesh, call)).clients.front().availability.value;
  };
  // Four standard deviations of a share of 20000 requests.
  const auto about = [](double share) {
    return Approx(share).margin(4 * std::sqrt(share * (1 - share) / 20'000));
  };
  CHECK(availability("") == about(0.7));
  for (const int tries : {2, 3, 4}) {
    INFO(tries);
    const std::string retry =
        R"(, "retry": {"attempts": )" + std::to_string(tries) + R"(, "backoff": "1ms"})";
    CHECK(availability(retry) == about(1 - std::pow(0.3, tries)));
    // A call's own policy takes its place.
    CHECK(availability(retry, R"(, "retry": 1)") == about(0.7));
    CHECK(availability(retry, R"(, "retry": {"attempts": 2, "backoff": "1ms"})") == about(0.91));
    // Others are added to it.
    CHECK(availability(retry, R"(, "timeout": "1s")") == about(1 - std::pow(0.3, tries)));
  }
}

TEST_CASE("mesh: defaults go to calls between processes that speak HTTP, from meshed callers",
          "[mesh]") {
  const std::string scenario = R"({"highwater": 1, "mesh": {"timeout": "1s"}, "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": "a"},
      "a": {"kind": "service", "endpoints": {"GET /": [
          {"call": "b"}, {"call": "db"}, {"call": "x"}, {"call": "b", "timeout": "2s"},
          {"repeat": {"times": 2, "steps": [{"call": "lb"}]}},
          {"cache": "redis", "miss": [{"call": "f"}]}, {"publish": "t"}]},
          "sessions": {"in_process": {}, "login": [{"call": "b"}]}},
      "b": {"kind": "service", "endpoints": {"GET /": [{"call": "x"}]}},
      "lb": {"kind": "load_balancer", "targets": ["b"]},
      "x": {"kind": "external", "latency": "1ms"},
      "f": {"kind": "function", "service_time": "1ms"},
      "db": {"kind": "database"}, "redis": {"kind": "cache", "capacity": 10},
      "t": {"kind": "topic"}}})";
  const auto filled = [&](const std::string& setting) {
    Problems problems;
    const auto document =
        read_document(scenario, "test.json", "", language(), {{setting}, {}}, problems);
    INFO(problems.text());
    REQUIRE(document);
    return write_json_line(*document->root().find("components"));
  };
  const std::string usual = filled("mesh.timeout=1s");
  CHECK_THAT(usual, Contains(R"("calls":"a")") || Contains(R"("calls": "a")"));
  const auto count = [](const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++found;
    return found;
  };
  // b, x, lb, f and the login's b from a; x from b.
  CHECK(count(usual, R"("timeout": "1s")") == 6);
  CHECK(count(usual, R"("timeout": "2s")") == 1);
  CHECK(count(filled("mesh.only=[\"users\"]"), R"("timeout": "1s")") == 1);
  CHECK(count(filled("mesh.exclude=[\"a\"]"), R"("timeout": "1s")") == 1);
  CHECK(count(filled("mesh.exclude=[\"a\", \"b\"]"), R"("timeout": "1s")") == 0);
}

TEST_CASE("mesh: what show prints is a scenario with the same results", "[mesh]") {
  const std::string text = failing(R"(, "retry": {"attempts": 2, "backoff": "1ms"}, "timeout": "1s",
                 "outlier_detection": {"max_ejection_percent": "50%"})");
  Problems problems;
  const auto document = read_document(text, "test.json", "", language(), {}, problems);
  REQUIRE(document);
  const std::string shown = write_json(expand(*document, language(), ""));
  INFO(shown);
  CHECK_THAT(shown, Contains("\"mesh\""));
  CHECK(prepared(shown).problems == "");
  const Results once = run(text, {"run.duration=5s"});
  const Results again = run(shown, {"run.duration=5s"});
  CHECK(latency_of(once) == latency_of(again));
  CHECK(policy_count(once, "a", "retries") == policy_count(again, "a", "retries"));
  CHECK(policy_count(once, "a", "retries") > 100);
}

TEST_CASE("mesh: a setting reaches the calls, at once and afterwards", "[mesh]") {
  Problems problems;
  const auto document =
      read_document(failing(R"(, "retry": 2)"), "test.json", "", language(), {}, problems);
  REQUIRE(document);
  Problems later = document->problems();
  const auto changed = change_document(*document, language(), {"mesh.retry=5"}, later);
  REQUIRE(changed);
  const auto retry_of = [](const Document& one) {
    const Value& endpoint = *one.root().find("components")->find("a")->find("endpoints");
    return endpoint.find("GET /")->elements().front().find("retry")->number();
  };
  CHECK(retry_of(*document) == 2);
  CHECK(retry_of(*changed) == 5);
}

TEST_CASE("mesh: a canary gets a tenth of the calls", "[mesh]") {
  const Results results =
      run(failing(R"(, "split": [{"of": "b", "to": "canary", "share": "10%"}])", "",
                  R"(, "canary": {"kind": "service", "workers": 100, "service_time": "1ms"})"));
  const double canary = value_of(results, "canary", "throughput_rps") / 200;
  CHECK(canary == Approx(0.1).margin(4 * std::sqrt(0.1 * 0.9 / 20'000)));
  // The canary does not fail.
  CHECK(*results.clients.front().availability.value == Approx(0.1 + 0.9 * 0.7).margin(0.014));
}

TEST_CASE("mesh: an instance whose answers are errors is let alone after five", "[mesh]") {
  const Results results =
      run(R"({"highwater": 1, "run": {"duration": "100s", "warmup": "0s", "replications": 1},
      "mesh": {"outlier_detection": {"base_ejection_time": "200s", "max_ejection_percent": "25%"}},
      "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "50/s"}, "calls": "a"},
      "a": {"kind": "service", "workers": 100, "replicas": 2,
            "endpoints": {"GET /": [{"call": "b"}]}},
      "b": {"kind": "service", "workers": 100, "replicas": 4, "service_time": "1ms"}},
      "faults": [{"at": "1s", "error": "b[2]", "rate": "100%"}]})");
  CHECK(policy_count(results, "a", "ejections") == 2);  // each caller for itself
  CHECK(results.requests.failed == 10);
}

TEST_CASE("mesh: what is wrong with it is said, and once", "[mesh]") {
  const auto wrong = [](const std::string& mesh) { return prepared(chain(mesh)).problems; };
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(wrong(R"("exclude": [])") == "");
  CHECK_THAT(wrong(R"("exclude": ["c"])"), Contains("no component \"c\""));
  CHECK_THAT(wrong(R"("only": ["a"], "exclude": ["a"])"), Contains("under \"only\" too"));
  CHECK_THAT(wrong(R"("sidecars": {})"), Contains("sidecar"));
  CHECK_THAT(wrong(R"("only": ["users"], "exclude": [], "split":
                      [{"of": "b", "to": "a", "share": 0.1}])"),
             Contains("to be split"));
  CHECK_THAT(wrong(R"("split": [{"of": "b", "to": "b", "share": 0.1}])"),
             Contains("gets the rest"));
  CHECK_THAT(wrong(R"("exclude": ["a", "b"])"),
             Contains("warning") && Contains("passes a sidecar"));
  const std::string nobody = wrong(R"("fallback": "c")");
  CHECK_THAT(nobody, Contains("no component \"c\""));
  CHECK(lines(nobody) == lines(wrong(R"("exclude": ["c"])")));
  const std::string mistaken = wrong(R"("timeout": "1")");
  CHECK_THAT(mistaken, Contains("/mesh/timeout"));
  CHECK(lines(mistaken) == lines(wrong(R"("timeout": "2")")));
  CHECK_THAT(mistaken, !Contains("components"));
  CHECK_THAT(prepared(R"({"highwater": 1, "mesh": 5, "components": {}})").problems,
             Contains("/mesh"));
  CHECK_THAT(prepared(R"({"highwater": 1, "mesh": {"timeout": "1s"}, "components": [1]})").problems,
             Contains("/components"));
  CHECK_THAT(prepared(R"({"highwater": 1, "mesh": {"timeout": "1s"}, "components": {
                          "a": 5, "b": {"kind": 3, "call": "x"}}})")
                 .problems,
             Contains("/components/a"));
  CHECK_THAT(prepared(R"({"highwater": 1, "components": {"mesh": {"kind": "service"}}})").problems,
             Contains("like a section"));
}

TEST_CASE("mesh: the reference and the schema know it", "[mesh]") {
  CHECK_THAT(kind_list(language()), Contains("mesh"));
  CHECK_THAT(full_reference(language()), Contains("## mesh"));
  const Value schema = json_schema(language());
  CHECK(schema.find("properties")->find("mesh") != nullptr);
  CHECK(language_json(language()).find("sections")->elements().size() == 1);
  const auto& top = language().top;
  const auto at = [&](const char* name) {
    return std::find_if(top.begin(), top.end(), [&](const auto& one) { return one.name == name; });
  };
  CHECK(at("network") < at("mesh"));
  CHECK(at("mesh") < at("components"));
}

}  // namespace
}  // namespace highwater
