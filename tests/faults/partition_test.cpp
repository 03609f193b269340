// Partitions that cut some of the ways only.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/fault_params.h"
#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults::partition_test {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::SinkLog;

/// Services `api` and `db`, of three instances each in the zones a, b and c, and a fault from 1 s
/// to 2 s.
struct Bench {
  explicit Bench(const FaultKind& kind, const std::string& fault)
      : rig({service::service()}, R"({
          "db": {"kind": "service", "zones": ["a", "b", "c"], "replicas": 3, "workers": 1000,
                 "service_time": "0s"},
          "api": {"kind": "service", "zones": ["a", "b", "c"], "replicas": 3, "workers": 1000,
                  "endpoints": {"*": [{"call": "db", "timeout": "100ms"}]}}})",
            options()) {
    rig.fault(kind, R"({"at": "1s", "for": "1s", )" + fault + "}");
  }
  static ModelRig::Options options() {
    ModelRig::Options options;
    options.network.zones = {"a", "b", "c"};
    return options;
  }
  /// For each caller in turn "x" for each callee in turn that it does not reach, "." for others.
  std::string map() {
    // db is asked in turn: nine calls from each make each pair meet three times.
    std::vector<std::vector<const Answer*>> answers(3);
    std::vector<std::string> cells(3);
    for (int i = 0; i < 3; ++i)
      for (std::size_t caller = 0; caller < 3; ++caller)
        answers[caller].push_back(
            &rig.send_to_instance(Time{1500ms + i * 1ms}, "api", caller, Request{}));
    const Answer& after = rig.send_to_instance(Time{3s}, "api", 0, Request{});
    rig.run(Time{10s});
    CHECK(after.took() == 0s);
    std::string text;
    for (const auto& of_caller : answers) {
      for (const Answer* each : of_caller) text += each->reply.ok() ? '.' : 'x';
      text += ' ';
    }
    return text;
  }

  ModelRig rig;
};

/// The k-th call of caller i goes to callee (i + 3k) % 3 = i where callers alternate: so every
/// caller always asks the callee of its own number.
TEST_CASE("partition: between instances", "[faults]") {
  CHECK(Bench(partition(), R"("partition": "api[1] -> db")").map() == "... xxx ... ");
  CHECK(Bench(partition(), R"("partition": "api -> db[2]")").map() == "... ... xxx ");
  CHECK(Bench(partition(), R"("partition": "api[0] -> db[0]")").map() == "xxx ... ... ");
  CHECK(Bench(partition(), R"("partition": "api[0] -> db[1]")").map() == "... ... ... ");
  CHECK(Bench(partition(), R"("partition": "api -> db")").map() == "xxx xxx xxx ");
}

TEST_CASE("partition: of some callers, chosen at random", "[faults]") {
  const std::string two = Bench(partition(), R"("partition": "api -> db", "count": 2)").map();
  CHECK(std::count(two.begin(), two.end(), 'x') == 6);
  const std::string one = Bench(partition(), R"("partition": "db", "percent": "30%")").map();
  CHECK(std::count(one.begin(), one.end(), 'x') == 3);
}

const FaultScope kThere{{}, {}, std::pair<Zone, Zone>(0, 1), true, false};
const FaultScope kBoth{{}, {}, std::pair<Zone, Zone>(0, 1), true, true};

TEST_CASE("partition: between zones, whoever calls", "[faults]") {
  const Ends a_calls(Zone{0}, Zone{1}), b_calls(Zone{1}, Zone{0}), within(Zone{0}, Zone{0});
  for (const FaultScope& scope : {kThere, kBoth}) {
    CHECK(scope.concerns(a_calls, Direction::request));
    CHECK(scope.concerns(b_calls, Direction::reply));
    CHECK_FALSE(scope.concerns(within, Direction::request));
  }
  CHECK_FALSE(kThere.concerns(a_calls, Direction::reply));
  CHECK_FALSE(kThere.concerns(b_calls, Direction::request));
  CHECK(kBoth.concerns(a_calls, Direction::reply));
  CHECK(kBoth.concerns(b_calls, Direction::request));

  // Callers ask the callee of their own zone only.
  CHECK(Bench(partition(), R"("partition": "a -> b")").map() == "... ... ... ");
  CHECK(Bench(partition(), R"("partition": "b -> b")").map() == "... xxx ... ");
  CHECK(Bench(latency(), R"("latency": "c -> c", "add": "60ms")").map() == "... ... xxx ");
}

TEST_CASE("partition: one that heals leaves the others", "[faults]") {
  SinkLog log;
  ModelRig rig({testing::sink(log)}, testing::kOneSink);
  rig.fault(partition(), R"({"at": "1s", "for": "4s", "partition": "it", "count": 1})");
  rig.fault(partition(), R"({"at": "2s", "for": "1s", "partition": "it", "one_way": true})");
  const Answer& before = rig.send(Time{1500ms}, "it", Request{});
  const Answer& during = rig.send(Time{2500ms}, "it", Request{});
  const Answer& after = rig.send(Time{6s}, "it", Request{});
  rig.run(Time{10s});
  CHECK(before.at == Time{5s});
  CHECK(during.at == Time{5s});
  CHECK(after.took() == 0s);
}

TEST_CASE("partition: members of a component that are cut off from the others", "[faults]") {
  const auto members = [](const std::string& target) {
    return R"({"at": "1s", "partition": ")" + target + R"("})";
  };
  const auto reach = [&](const std::string& target) {
    SinkLog log;
    log.instances = 3;
    ModelRig rig({testing::sink(log)}, testing::kOneSink);
    Edge& ways = rig.directory().edge(rig.component("it"), rig.component("it"));
    rig.fault(partition(), members(target));
    rig.run(Time{2s});
    RandomStream random(1, "test", "delays");
    std::string text;
    for (std::size_t from = 0; from < 3; ++from)
      for (std::size_t to = 0; to < 3; ++to) {
        const Ends ends(rig.instance("it", from), rig.instance("it", to));
        const bool arrives = ways.datagram_time(ends, Direction::request, random).has_value();
        CHECK(arrives == ways.message_time(ends, Direction::request, random).has_value());
        if (from != to) text += arrives ? '.' : 'x';
      }
    return text;
  };
  CHECK(reach("it[1] -> it") == "x.xx.x");
  CHECK(reach("it[0] -> it[2]") == ".x..x.");
  CHECK(reach("it -> it") == "xxxxxx");
}

}  // namespace
}  // namespace highwater::faults::partition_test
