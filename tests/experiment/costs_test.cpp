// Prices of components, and what a system costs by them.

#include "engine/experiment/costs.h"

#include <string>

#include <catch2/catch.hpp>

#include "engine/report/metric_view.h"
#include "engine/report/terminal_writer.h"
#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

using Catch::Contains;

/// 100 requests a second, evenly, to three instances.
std::string priced(const std::string& price, const std::string& more = "") {
  return R"({"highwater": 1, "run": {"duration": "100s", "warmup": "0s", "replications": 3}, )" +
         more + R"( "components": {
      "users": {"kind": "client", "arrivals": {"constant": "100/s"}, "calls": "api"},
      "api": {"kind": "service", "replicas": 3, "service_time": "1ms", "price": )" +
         price + "}}}";
}

double cost(const Results& results, const std::string& metric) {
  return find_estimate(results.cost.value().metrics, metric).value.value();
}
double cost_of(const Results& results, std::size_t component) {
  return find_estimate(results.components.at(component).metrics, "cost_per_hour").value.value();
}

TEST_CASE("cost: for hours, instances and requests") {
  CHECK(cost(run(priced(R"({"hour": 2})")), "per_hour") == Approx(2));
  CHECK(cost(run(priced(R"({"instance_hour": 0.5})")), "per_hour") == Approx(1.5));
  // 360,000 requests an hour.
  CHECK(cost(run(priced(R"({"million_requests": 10})")), "per_hour") == Approx(3.6).epsilon(0.001));
  const Results all = run(priced(R"({"hour": 2, "instance_hour": 0.5, "million_requests": 10})"));
  CHECK(cost(all, "per_hour") == Approx(7.1).epsilon(0.001));
  CHECK(cost(all, "per_million_requests") == Approx(7.1 / 0.36).epsilon(0.001));
  CHECK(cost_of(all, 0) == Approx(7.1).epsilon(0.001));
  CHECK(all.cost->currency == "USD");
}

TEST_CASE("cost: everything that has a price is in the sum, and nothing else") {
  const std::string text = R"({"highwater": 1, "run": {"duration": "100s", "replications": 3},
    "currency": "EUR", "objectives": ["cost.per_hour < 3.4", "cost.per_hour < 3.6",
                                      "db.cost_per_hour <= 3", "cost.per_million_requests < 9"],
    "components": {
      "users": {"kind": "client", "arrivals": {"constant": "100/s"}, "calls": "api"},
      "api": {"kind": "service", "endpoints": {"/": [{"call": "db"}, {"call": "free"}]},
              "price": {"hour": 0.5}},
      "db": {"kind": "database", "read_replicas": 2, "read_time": "1ms",
             "price": {"instance_hour": 1}},
      "free": {"kind": "external", "latency": "1ms"}}})";
  const Results results = run(text);
  CHECK(cost(results, "per_hour") == Approx(3.5));
  CHECK(results.cost->currency == "EUR");
  CHECK(find_metric(results.components.at(2).metrics, "cost_per_hour") == nullptr);
  CHECK(results.objectives.at(0).met == false);
  CHECK(results.objectives.at(1).met == true);
  CHECK(results.objectives.at(2).met == true);
  CHECK(results.objectives.at(3).met == false);  // 3.5 / 0.36
  const std::string summary = terminal_summary(results, {});
  CHECK_THAT(summary, Contains("3.50 EUR an hour (2.56k a month)") &&
                          Contains("EUR per million requests completed"));
}

TEST_CASE("cost: an instance is paid for from its order until it has gone") {
  const std::string text = R"({"highwater": 1, "run": {"duration": "1000s", "replications": 2},
    "components": {
      "users": {"kind": "client", "arrivals": {"stages": [
          {"hold": "300s", "rate": "10/s"}, {"hold": "700s", "rate": "35/s"}]}, "calls": "api"},
      "api": {"kind": "service", "workers": 10, "cores": 1, "service_time": "50ms",
              "start_time": "100s", "price": {"instance_hour": 1},
              "autoscaler": {"hpa": {"target_cpu": "90%"}, "max_replicas": 10}}}})";
  const Results results = run(text);
  // A second one, 1.75 / 0.9, is there from some 330 s on, and takes requests 100 s later.
  const double second = cost(results, "per_hour") - 1;
  CHECK(second > 0.6);
  CHECK(second < 0.7);
}

TEST_CASE("cost: dead machines cost as much as living ones") {
  const Results results =
      run(priced(R"({"instance_hour": 1})", R"("faults": [{"at": "10s", "kill": "api[0]"}],)"));
  CHECK(cost(results, "per_hour") == Approx(3));
}

TEST_CASE("cost: a function costs by the memory that it uses") {
  const std::string text = R"({"highwater": 1, "run": {"duration": "100s", "replications": 3},
    "components": {
      "users": {"kind": "client", "arrivals": {"constant": "100/s"}, "calls": "f"},
      "f": {"kind": "function", "memory": "2048MiB", "cold_start": "0s",
            "steps": [{"wait": "50ms"}],
            "price": {"gb_second": 0.0001, "million_requests": 0.2}}}})";
  // 0.05 s of 2 GB a hundred times a second.
  CHECK(cost(run(text), "per_hour") == Approx(3.6 + 0.072).epsilon(0.01));
}

TEST_CASE("cost: what is sent costs by its bytes, whichever way it goes") {
  const std::string text = R"({"highwater": 1, "run": {"duration": "100s", "replications": 3},
    "components": {
      "users": {"kind": "client", "arrivals": {"constant": "100/s"},
                "calls": {"to": "api", "transport": {"request_size": "1kB",
                                                     "response_size": "100kB"}}},
      "api": {"kind": "service", "price": {"gb_sent": 0.1}, "endpoints": {"/": [
        {"call": "db", "transport": {"request_size": "10kB", "response_size": "1MB"}}]}},
      "db": {"kind": "database", "read_time": "1ms", "price": {"gb_sent": 0.01}}}})";
  const Results results = run(text);
  // 100 kB of answers and 10 kB of queries; 1 MB of rows.
  CHECK(cost_of(results, 0) == Approx(0.1 * 3600 * 100 * 110e3 / 1e9).epsilon(0.01));
  CHECK(cost_of(results, 1) == Approx(0.01 * 3600 * 100 * 1e6 / 1e9).epsilon(0.01));
}

TEST_CASE("cost: an unpriced system has none") {
  const Results results = run(mm1());
  CHECK_FALSE(results.cost);
  CHECK_THAT(run_json(results), !Contains("\"cost\""));
  CHECK_THAT(terminal_summary(results, {}), !Contains("Cost"));
}

TEST_CASE("cost: prices that mean nothing are refused") {
  CHECK_THAT(prepared(priced(R"({"gb_second": 1})")).problems,
             Contains("/components/api/price/gb_second") && Contains("a function is"));
  CHECK_THAT(prepared(priced(R"({"gb_sent": 1})")).problems,
             Contains("/components/api/price/gb_sent") && Contains("transport"));
  CHECK_THAT(prepared(priced(R"({"hour": -1})")).problems, Contains("/components/api/price/hour"));
  CHECK_THAT(prepared(priced(R"({"instance_hours": 1})")).problems,
             Contains("instance_hour") && Contains("did you mean"));
  CHECK_THAT(prepared(priced(R"({"hour": 1})", R"("currency": "",)")).problems,
             Contains("/currency"));
  const std::string cluster = R"({"highwater": 1, "components": {
      "users": {"kind": "client", "arrivals": {"constant": "1/s"}, "calls": "api"},
      "api": {"kind": "service", "service_time": "1ms"},
      "k8s": {"kind": "cluster", "node_groups": {"n": {"cpu": 1, "memory": "1GiB"}},
              "price": {"million_requests": 1}}}})";
  CHECK_THAT(prepared(cluster).problems, Contains("no requests reach a cluster"));
  CHECK_THAT(prepared(mm1(), {R"(users.price={"hour": 1})"}).problems, Contains("price"));
  CHECK_THAT(prepared(mm1(R"("objectives": ["cost.per_hour < 1"],)")).problems,
             Contains("/objectives/0") && Contains("no component has a \"price\""));
  CHECK_THAT(prepared(mm1(R"("objectives": ["cost.per_our < 1"],)")).problems,
             Contains("per_hour"));
  const std::string named = R"({"highwater": 1, "components": {
      "users": {"kind": "client", "arrivals": {"constant": "1/s"}, "calls": "cost"},
      "cost": {"kind": "service", "service_time": "1ms"}}})";
  CHECK(prepared(named).problems.empty());
  CHECK_THAT(prepared(named, {R"(cost.price={"hour": 1})"}).problems,
             Contains("may not be called \"cost\""));
}

}  // namespace
}  // namespace highwater::testing
