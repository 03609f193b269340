#include "engine/model/network.h"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::Reaction;
using testing::sink;
using testing::SinkLog;

/// A message that notes when it came over.
class Message {
 public:
  explicit Message(Simulation& simulation) : simulation_(simulation), arrival_(*this) {}
  Event& event() { return arrival_; }
  std::optional<Time> at;

 private:
  void arrived() { at = simulation_.now(); }
  Simulation& simulation_;
  Timer<&Message::arrived> arrival_;
};

NetworkPlan three_zones() {
  NetworkPlan plan;
  plan.zones = {"a", "b", "c"};
  plan.same_zone = Distribution::constant(1ms);
  plan.cross_zone = Distribution::constant(5ms);
  plan.links = {{0, 2, Distribution::constant(9ms)}};
  return plan;
}

/// How long a message takes; nothing where it is there at once.
std::optional<Duration> carried(const NetworkPlan& plan, Zone from, Zone to, Duration extra = {},
                                std::uint64_t request = 1, std::uint64_t number = 1,
                                std::uint64_t seed = 1) {
  Simulation simulation;
  Network network(simulation, plan, seed);
  Message message(simulation);
  if (!network.carry(message.event(), from, to, request, number, extra)) return std::nullopt;
  simulation.run_until(Time{1h});
  REQUIRE(message.at);
  return *message.at - Time{};
}

TEST_CASE("network: delays by zones, and by links in either direction", "[model][network]") {
  const NetworkPlan plan = three_zones();
  CHECK(carried(plan, 0, 0) == 1ms);
  CHECK(carried(plan, 2, 2) == 1ms);
  CHECK(carried(plan, 0, 1) == 5ms);
  CHECK(carried(plan, 1, 0) == 5ms);
  CHECK(carried(plan, 1, 2) == 5ms);
  CHECK(carried(plan, 0, 2) == 9ms);
  CHECK(carried(plan, 2, 0) == 9ms);
  CHECK(carried(plan, kOutside, 1) == 1ms);
  CHECK(carried(plan, 1, kOutside) == 1ms);
  CHECK(carried(plan, kOutside, kOutside) == 1ms);
}

TEST_CASE("network: what takes no time is there at once", "[model][network]") {
  NetworkPlan plan;
  CHECK_FALSE(carried(plan, kOutside, kOutside));
  CHECK(carried(plan, kOutside, kOutside, 3ms) == 3ms);
  plan.zones = {"a", "b"};
  plan.cross_zone = Distribution::constant(2ms);
  CHECK_FALSE(carried(plan, 0, 0));
  CHECK(carried(plan, 0, 1) == 2ms);
  CHECK(carried(plan, 0, 1, 3ms) == 5ms);
}

TEST_CASE("network: a delay belongs to its message", "[model][network]") {
  NetworkPlan plan;
  plan.same_zone = Distribution::exponential(2ms);
  const auto delay = carried(plan, kOutside, kOutside, {}, 7, 3);
  CHECK(carried(plan, kOutside, kOutside, {}, 7, 3) == delay);
  CHECK(carried(plan, kOutside, kOutside, 10ms, 7, 3) == *delay + 10ms);
  CHECK(carried(plan, kOutside, kOutside, {}, 7, 4) != delay);
  CHECK(carried(plan, kOutside, kOutside, {}, 8, 3) != delay);
  CHECK(carried(plan, kOutside, kOutside, {}, 7, 3, 2) != delay);
  double mean = 0;
  for (std::uint64_t i = 0; i < 4000; ++i)
    mean += milliseconds(*carried(plan, kOutside, kOutside, {}, i, ~i)) / 4000;
  CHECK(mean == Approx(2).margin(0.16));  // five standard errors
}

TEST_CASE("network: knows its zones by name", "[model][network]") {
  const NetworkPlan plan = three_zones();
  Simulation simulation;
  const Network network(simulation, plan, 1);
  CHECK(network.zones() == 3);
  CHECK(network.zone("b") == 1);
  CHECK(network.zone_name(2) == "c");
  CHECK(network.zone_name(kOutside).empty());
}

TEST_CASE("network: a round trip takes the way twice, each one's own", "[model][network]") {
  SinkLog log;
  log.instances = 3;
  log.zones = {0, 1, 2};
  ModelRig::Options options;
  options.network = three_zones();
  ModelRig rig({sink(log)}, R"({"it": {"kind": "sink"}})", options);
  for (std::size_t i = 0; i < 3; ++i) {
    const Answer& answer = rig.send_to_instance(Time{1s}, "it", i, Request{});
    rig.run(Time{2s + static_cast<int>(i) * 1s});
    CHECK(answer.took() == 2ms);  // clients stand outside every zone
  }
}

}  // namespace
}  // namespace highwater
