#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

using Catch::Contains;

TEST_CASE("what a scenario says arrives in the system") {
  const Prepared ready =
      prepared(mm1(R"("description": "d", "faults": [{"at": "5s", "kill": "api"}],
             "network": {"zones": ["a", "b"], "same_zone": "1ms",
                         "links": [{"between": ["b", "a"], "latency": "7ms"}]},)"),
               {"run.warmup=1s", "run.seed=9", "run.max_in_flight=77", "api.replicas=3"});
  REQUIRE(ready.system);
  const System& system = *ready.system;
  CHECK(system.name == "mm1");
  CHECK(system.description == "d");
  CHECK(system.duration == Duration(std::chrono::seconds(10)));
  CHECK(system.warmup == Duration(std::chrono::seconds(1)));
  CHECK(system.seed == 9);
  CHECK(system.replications == 4);
  CHECK(system.max_in_flight == 77);
  CHECK(system.network.zones == std::vector<std::string>{"a", "b"});
  REQUIRE(system.network.links.size() == 1);
  CHECK(system.network.links[0].a == 1);
  CHECK(system.network.links[0].b == 0);
  CHECK(system.faults.at(0)->text() == "kill api");
  CHECK(system.parts.at(1).kind->info.name == "service");
  CHECK(system.topology.nodes.at(1).instances == 3);
  REQUIRE(system.topology.edges.size() == 1);
  CHECK(system.topology.nodes[system.topology.edges[0].to].id == "api");
}

TEST_CASE("runs without a steady state are terminating") {
  CHECK_FALSE(prepared(mm1()).system->terminating);
  const auto with = [](const std::string& arrivals) {
    return prepared(mm1(), {"users.arrivals=" + arrivals}).system->terminating;
  };
  CHECK(with(R"({"stages": [{"hold": "5s", "rate": "10/s"}]})"));
  CHECK(with(R"({"diurnal": {"mean": "50/s", "peak": "2x", "at": "20h"}})"));
  CHECK_FALSE(with(R"({"constant": "10/s"})"));
  CHECK_FALSE(with(R"({"closed": {"users": 3, "think": "1s"}})"));
  CHECK(prepared(mm1(R"("faults": [{"at": "5s", "kill": "api"}],)")).system->terminating);
}

TEST_CASE("calls to endpoints that are not there are found before the run") {
  const std::string text =
      R"({"highwater": 1, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "1/s"}, "mix": {"GET /a": "100%"},
                  "calls": "lb"},
        "lb": {"kind": "load_balancer", "targets": ["api"]},
        "api": {"kind": "service", "endpoints": {
            "GET /a": [{"parallel": [[{"call": "other", "endpoint": "PUT /c"}]]}], "GET /b": []}},
        "other": {"kind": "service", "endpoints": {"PUT /cc": [], "PUT /d": []}}}})";
  CHECK_THAT(prepared(text).problems,
             Contains("/components/api/endpoints/GET ~1a/0/parallel/0/0/endpoint") &&
                 Contains("\"PUT /cc\""));
  CHECK_THAT(prepared(text, {R"(users.mix={"GET /c": "100%"})"}).problems,
             Contains("/components/users/mix/GET ~1c") && Contains("\"lb\" has no endpoint"));
  CHECK(prepared(text, {R"(api.endpoints["GET /a"]=[])"}).system);
}

TEST_CASE("zones that are not there are found before the run, wherever they stand") {
  const auto problems_of = [](const std::string& component) {
    return prepared(R"({"highwater": 1, "network": {"zones": ["east"]}, "components": {
                         "users": {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": "db"},
                         "db": )" +
                    component + "}}")
        .problems;
  };
  CHECK_THAT(problems_of(R"({"kind": "database", "cassandra": {"zones": ["eas"]}})"),
             Contains("/components/db/cassandra/zones/0: unknown zone \"eas\"; did you mean"));
  CHECK_THAT(problems_of(R"({"kind": "database", "dynamodb": {"zones": ["eas"]}})"),
             Contains("/components/db/dynamodb/zones/0: unknown zone"));
  CHECK_THAT(problems_of(R"({"kind": "service", "service_time": "1ms", "pod": {"cluster": "k8s"}},
                            "k8s": {"kind": "cluster", "node_groups": {"big": {
                              "cpu": 1, "memory": "1GiB", "zones": ["east", "eas"]}}})"),
             Contains("/components/k8s/node_groups/big/zones/1: unknown zone"));
  CHECK(problems_of(R"({"kind": "database", "cassandra": {"zones": ["east"]}})").empty());
}

TEST_CASE("functions that cannot be used so are found before the run") {
  const std::string text =
      R"({"highwater": 1, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": "thumb"},
        "thumb": {"kind": "function", "account": "resize", "steps": [{"publish": "resize"}]},
        "resize": {"kind": "function", "service_time": "1s"}}})";
  const Prepared ready = prepared(text);
  CHECK(ready.problems == "");
  CHECK(ready.system->topology.edges.size() == 2);  // the account is no edge
  CHECK_THAT(prepared(text, {"thumb.account=users"}).problems,
             Contains("/components/thumb/account") && Contains("only a function"));
  CHECK_THAT(prepared(text, {"thumb.account=rezise"}).problems, Contains("\"resize\""));
  CHECK_THAT(prepared(text, {"resize.account=thumb"}).problems, Contains("name that one"));
  CHECK_THAT(
      prepared(text, {R"(components.resize={"kind": "function", "endpoints": {"a": [], "b": []}})"})
          .problems,
      Contains("/components/thumb/steps/0/publish") && Contains("several endpoints"));
}

TEST_CASE("faults that strike too late or nothing are reported") {
  const auto fault = [](const std::string& json) {
    return prepared(mm1(R"("faults": [)" + json + "],"));
  };
  const Prepared late = fault(R"({"at": "10s", "kill": "api"})");
  CHECK(late.system);
  CHECK_THAT(late.problems, Contains("/faults/0/at") && Contains("warning"));
  CHECK_THAT(fault(R"({"at": "1s", "kill": "api[1]"})").problems, Contains("1 instance"));
  CHECK_THAT(fault(R"({"at": "1s", "kill": "api[0]", "count": 1})").problems,
             Contains("/faults/0/count"));
  CHECK_THAT(fault(R"({"at": "1s", "latency": "api -> users", "add": "1ms"})").problems,
             Contains("sends nothing"));
  CHECK(fault(R"({"at": "1s", "latency": "users -> api", "add": "1ms"})").problems.empty());
}

TEST_CASE("faults of processes may be aimed at a zone, others not") {
  const auto problems = [](const std::string& verb, const std::string& zone) {
    return prepared(mm1(R"("network": {"zones": ["a", "b"]}, "faults": [{"at": "1s", ")" + verb +
                        R"(": ")" + zone + R"("}],)"))
        .problems;
  };
  for (const char* verb : {"kill", "slow", "error"}) {
    CHECK(problems(verb, "a").empty());
    CHECK_THAT(problems(verb, "b"), Contains("nothing is in zone \"b\""));
  }
  CHECK_THAT(problems("leak_connections", "a -> b"), Contains("between zones there is no pool"));
  for (const char* verb : {"drain", "partition"})
    CHECK_THAT(problems(verb, "a"),
               Contains("/faults/0/" + std::string(verb) + ": \"a\" is no component"));
}

TEST_CASE("conditions of faults are read and held to what there is") {
  const auto with = [](const std::string& fault) {
    return prepared(mm1(R"("faults": [{"kill": "api", )" + fault + "}],"));
  };
  const Prepared good = with(R"("when": "api.utilization > 90% over 30s", "for": "1s")");
  REQUIRE(good.system);
  REQUIRE(good.system->triggers[0]->metric);
  CHECK(good.system->triggers[0]->metric->over == 30s);
  CHECK(with(R"("when": "users.latency.p99 > 1s")").system->triggers[0]->metric->over == 10s);
  CHECK_THAT(with(R"("when": "api.utilisation > 90%")").problems, Contains("did you mean"));
  CHECK_THAT(with(R"("when": "api.utilization > 90% during 1s..2s")").problems,
             Contains("over 30s"));
  CHECK_THAT(with(R"("when": "api.hit_ratio > 90%")").problems, Contains("no metric"));
  CHECK_THAT(with(R"("when": "api.oom_kills > 3")").problems, Contains("does not measure"));
  CHECK_THAT(with(R"("when": "faults[0] ends")").problems, Contains("wait for itself"));
  CHECK_THAT(with(R"("when": "faults[7] ends")").problems, Contains("does not exist"));
  CHECK_THAT(with(R"("when": "api.utilization > 90% over 0s")").problems, Contains("1ms"));
}

TEST_CASE("faults that contradict each other are reported where they overlap") {
  const auto with = [](const std::string& second) {
    return prepared(mm1(R"("faults": [{"lie_health": "api", "say": "up", "at": "1s", "for": "2s"},
                           {"lie_health": "api", )" +
                        second + "}],"))
        .problems;
  };
  CHECK_THAT(with(R"("say": "down", "at": "2s", "for": "1s")"),
             Contains("/faults/1") && Contains("contradicts faults[0]"));
  CHECK(with(R"("say": "down", "at": "3s", "for": "1s")").empty());
  CHECK(with(R"("say": "up", "at": "2s", "for": "1s")").empty());
}

TEST_CASE("an objective within so long of a fault needs one whose time is known") {
  const Prepared ready =
      prepared(mm1(R"("faults": [{"kill": "api", "random": {"rate": "1/s"}, "for": "1s"}],
             "objectives": ["users.availability > 99% within 1s of faults[0]"],)"));
  CHECK_THAT(ready.problems, Contains("has no \"at\""));
}

TEST_CASE("a catalog is a language") {
  CHECK(language().kinds.size() == model_kinds().size());
  CHECK(language().faults.size() == fault_kinds().size() + 1);  // outage logs
  std::size_t sources = 0;
  for (const KindInfo& kind : language().kinds) sources += kind.sends_load ? 1 : 0;
  CHECK(sources == 1);
}

}  // namespace
}  // namespace highwater::testing
