// Health checks, probes and gossip that hear what is not true.

#include <string>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

struct Bench {
  explicit Bench(const std::string& api = "", const std::string& lb = "")
      : rig({service::service(), balancer::load_balancer()}, R"({
            "lb": {"kind": "load_balancer", "targets": ["api"], "max_fails": 0,
                   "health_check": {"interval": "1s", "fall": 2, "rise": 2})" +
                                                                 lb + R"(},
            "api": {"kind": "service", "replicas": 2, "workers": 100, "service_time": "10ms")" +
                                                                 api + "}}") {}
  /// How many of a hundred requests at `at` each instance gets.
  std::pair<std::uint64_t, std::uint64_t> share(Duration at) {
    rig.run(Time{at});
    const auto got = [&](std::size_t i) { return rig.instance("api", i).received(); };
    const std::pair before{got(0), got(1)};
    for (int i = 0; i < 100; ++i) answers.push_back(&rig.send(Time{at + 1ms}, "lb", Request{}));
    rig.run(Time{at + 500ms});
    return {got(0) - before.first, got(1) - before.second};
  }
  std::vector<const Answer*> answers;
  ModelRig rig;
};

using Share = std::pair<std::uint64_t, std::uint64_t>;

TEST_CASE("lie_health: a healthy instance is taken out, and back", "[faults]") {
  Bench bench;
  bench.rig.fault(lie_health(),
                  R"({"at": "4500ms", "for": "10s", "lie_health": "api[0]", "say": "down"})");
  CHECK(bench.share(2s) == Share{50, 50});
  CHECK(bench.share(5200ms) == Share{50, 50});  // one check is not enough
  CHECK(bench.share(7s) == Share{0, 100});
  CHECK(bench.share(20s) == Share{50, 50});
  for (const Answer* each : bench.answers) CHECK(each->took() == 10ms);
}

TEST_CASE("lie_health: a dead instance is kept in", "[faults]") {
  const auto lost = [](bool lies) {
    Bench bench;
    if (lies) bench.rig.fault(lie_health(), R"({"at": "1s", "lie_health": "api", "say": "up"})");
    bench.rig.fault(kill(), R"({"at": "2s", "kill": "api[1]"})");
    return bench.share(10s);
  };
  CHECK(lost(false) == Share{100, 0});
  CHECK(lost(true) == Share{100, 50});  // half of them are sent on to the other
}

TEST_CASE("lie_health: all of them at once", "[faults]") {
  Bench bench;
  bench.rig.fault(lie_health(), R"({"at": "1s", "lie_health": "api", "say": "down"})");
  bench.share(10s);
  for (const Answer* each : bench.answers) CHECK_FALSE(each->reply.ok());
}

TEST_CASE("lie_health: the bad one of two wins", "[faults]") {
  Bench bench;
  bench.rig.fault(lie_health(), R"({"at": "1s", "lie_health": "api[0]", "say": "up"})");
  bench.rig.fault(lie_health(),
                  R"({"at": "4500ms", "for": "10s", "lie_health": "api[0]", "say": "down"})");
  CHECK(bench.share(8s) == Share{0, 100});
  CHECK(bench.share(20s) == Share{50, 50});
}

TEST_CASE("lie_health: probes hear it", "[faults]") {
  const std::string probe = R"({"period": "1s", "failure_threshold": 3})";
  SECTION("readiness: it is not listed") {
    Bench bench(R"(, "readiness_probe": )" + probe);
    bench.rig.fault(lie_health(),
                    R"({"at": "500ms", "for": "20s", "lie_health": "api[0]", "say": "down"})");
    bench.rig.run(Time{10s});
    CHECK_FALSE(bench.rig.instance("api", 0).listed());
    CHECK(bench.rig.instance("api", 0).up());
    CHECK(bench.rig.instance("api", 1).listed());
    bench.rig.run(Time{30s});
    CHECK(bench.rig.instance("api", 0).listed());
  }
  SECTION("liveness: it is killed for nothing") {
    Bench bench(R"(, "liveness_probe": )" + probe);
    bench.rig.fault(lie_health(), R"({"at": "500ms", "for": "4s", "lie_health": "api[0]",
                                      "say": "down"})");
    bench.rig.run(Time{100s});
    CHECK(bench.rig.count("api", "restarts") == 1);
  }
  SECTION("liveness: one that hangs lives on") {
    const auto restarts = [&](bool lies) {
      Bench bench(R"(, "liveness_probe": )" + probe);
      if (lies)
        bench.rig.fault(lie_health(), R"({"at": "500ms", "lie_health": "api", "say": "up"})");
      bench.rig.fault(pause(), R"({"at": "10s", "for": "20s", "pause": "api[0]"})");
      bench.rig.run(Time{100s});
      return bench.rig.count("api", "restarts");
    };
    CHECK(restarts(false) == 1);
    CHECK(restarts(true) == 0);
  }
}

TEST_CASE("lie_health: members hear it", "[faults]") {
  const auto bench = [](const std::string& fault, const FaultKind& kind) {
    ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 5,
        "service_time": "1ms", "membership": "swim"}})");
    rig.fault(kind, fault);
    rig.run(Time{25s});
    const bool listed = rig.instance("api", 3).listed();
    rig.run(Time{100s});
    return std::pair{listed, rig.instance("api", 3).listed()};
  };
  CHECK(bench(R"({"at": "2s", "for": "30s", "lie_health": "api[3]", "say": "down"})",
              lie_health()) == std::pair{false, true});
  CHECK(bench(R"({"at": "2s", "for": "30s", "pause": "api[3]"})", pause()) ==
        std::pair{false, true});
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 5,
      "service_time": "1ms", "membership": "swim"}})");
  rig.fault(lie_health(), R"({"at": "1s", "for": "40s", "lie_health": "api[3]", "say": "up"})");
  rig.fault(kill(), R"({"at": "2s", "kill": "api[3]"})");
  rig.run(Time{40s});
  CHECK(rig.instance("api", 3).listed());
  rig.run(Time{100s});
  CHECK_FALSE(rig.instance("api", 3).listed());
}

TEST_CASE("lie_health: leaves no trace", "[faults]") {
  check_leaves_no_trace(lie_health(),
                        R"({"at": "5s", "for": "2s", "lie_health": "api", "say": "down"})",
                        R"(, "readiness_probe": {"period": "100ms", "timeout": "50ms"})");
}

TEST_CASE("lie_health: what it cannot be", "[faults]") {
  CHECK_THAT(problems_of(lie_health(), R"({"at": "1s", "lie_health": "api"})"),
             Catch::Contains("say"));
  CHECK_THAT(problems_of(lie_health(), R"({"at": "1s", "lie_health": "api", "say": "maybe"})"),
             Catch::Contains("down"));
}

}  // namespace
}  // namespace highwater::faults
