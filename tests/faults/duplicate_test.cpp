// Messages that arrive twice: datagrams do, TCP drops the copy.

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/membership/virtual_network.h"
#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Caller;
using testing::ModelRig;
using testing::SinkLog;

TEST_CASE("duplicate: TCP drops the copy, which takes bandwidth and bytes", "[faults]") {
  const auto run = [](const std::string& rate) {
    SinkLog log;
    Caller caller(log, R"("transport": {"request_size": "54kB", "response_size": "4kB"})");
    caller.rig.fault(duplicate(),
                     R"({"at": "1s", "for": "4s", "duplicate": "it", "rate": )" + rate + "}");
    caller.rig.fault(bandwidth(), R"({"at": "1s", "bandwidth": "it", "rate": "8Mbit/s",
                                      "limit": "1MB"})");
    const Answer& first = caller.at(Time{2s});
    const Answer& second = caller.at(Time{2s});
    const Answer& after = caller.at(Time{6s});
    caller.rig.run(Time{10s});
    CHECK(first.took() == 50ms);
    CHECK(after.took() == 50ms);
    CHECK(log.size() == 3);
    CHECK(caller.edge().lost() == 0);
    return std::tuple(second.took(), caller.edge().duplicated(), caller.count("bytes_sent"),
                      caller.count("bytes_received"));
  };
  using All = std::tuple<Duration, std::uint64_t, std::uint64_t, std::uint64_t>;
  CHECK(run("0") == All(104ms, 0, 3 * 54'000, 3 * 4'000));
  CHECK(run("1") == All(158ms, 4, 5 * 54'000, 5 * 4'000));
}

TEST_CASE("duplicate: a share of the datagrams", "[faults]") {
  SinkLog log;
  ModelRig rig({testing::sink(log)}, testing::kOneSink);
  rig.send(Time{0s}, "it", Request{});
  rig.fault(duplicate(), R"({"at": "1s", "for": "1s", "duplicate": "it"})");
  rig.fault(duplicate(), R"({"at": "3s", "duplicate": "it", "rate": "25%"})");
  RandomStream random(1, "test", "delays");
  const auto share = [&](Duration at) {
    rig.run(Time{at});
    double copies = 0;
    for (int i = 0; i < 40'000; ++i)
      copies +=
          rig.edge("it").copy_time({kOutside, kOutside}, Direction::request, random).has_value() /
          40e3;
    return copies;
  };
  CHECK(share(500ms) == 0);
  CHECK(share(1500ms) == Approx(0.01).margin(0.0025));  // unless given
  CHECK(share(2500ms) == 0);
  CHECK(share(4s) == Approx(0.25).margin(0.01));
}

TEST_CASE("duplicate: a network of packets delivers what is not reliable twice", "[faults]") {
  struct Doubling final : membership::Ways {
    std::int64_t time(std::uint32_t, std::uint32_t, bool) override { return 10; }
    std::int64_t copy_time(std::uint32_t, std::uint32_t) override { return 25; }
  };
  Doubling ways;
  membership::NetworkOptions options;
  options.ways = &ways;
  membership::VirtualNetwork<int> network(options, 2);
  RandomStream random(1, "test", "network");
  network.send(0, 0, 1, false, 7, random);
  network.send(0, 0, 1, true, 8, random);
  std::vector<std::pair<std::int64_t, int>> got;
  while (network.next() != membership::VirtualNetwork<int>::kNever) {
    const std::int64_t at = network.next();
    network.deliver([&](std::uint32_t, const int& packet) { got.emplace_back(at, packet); });
  }
  CHECK(got == std::vector<std::pair<std::int64_t, int>>{{10, 7}, {10, 8}, {25, 7}});
}

TEST_CASE("duplicate: members bear with it", "[faults]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "replicas": 5, "service_time": "1ms",
                   "membership": "swim"}})");
  rig.fault(duplicate(), R"({"at": "5s", "duplicate": "api", "rate": "100%"})");
  rig.fault(kill(), R"({"at": "20s", "kill": "api[3]", "silent": true})");
  rig.run(Time{60s});
  CHECK(rig.directory().edge(rig.component("api"), rig.component("api")).duplicated() > 50);
  CHECK_FALSE(rig.instance("api", 3).listed());
  CHECK(rig.instance("api", 2).listed());
}

}  // namespace
}  // namespace highwater::faults
