#include "models/client/request_log.h"

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/model_rig.h"

namespace highwater::client {
namespace {

using testing::ModelRig;

TEST_CASE("request log: counts and times requests where they were meant to be sent",
          "[models][client]") {
  ModelRig::Options options;
  options.duration = 100s;  // slices of half a second
  ModelRig rig({}, "{}", options);
  RequestLog log(rig.world(), rig.world().recorder.owner("users"));
  for (int i = 0; i < 5; ++i) log.issued(Time{10s});
  CHECK(rig.world().in_flight.in_flight() == 5);
  rig.at(Time{20s}, [&] {
    log.ended(Time{10s}, Status::ok);
    log.ended(Time{10s}, Status::rejected);
    log.ended(Time{10s}, Status::timeout);
    log.ended(Time{10s}, Status::abandoned);
  });
  rig.run(Time{100s});
  CHECK(rig.world().in_flight.in_flight() == 1);
  CHECK(rig.count("users", "issued") == 5);
  CHECK(rig.count("users", "completed") == 1);
  CHECK(rig.count("users", "rejected") == 1);
  CHECK(rig.count("users", "failed") == 2);
  CHECK(rig.metric("users", "errors").causes ==
        std::map<std::string, std::uint64_t>{
            {"abandoned", 1}, {"rejected", 1}, {"timeout", 1}, {"unavailable", 0}});
  const std::size_t meant = 20;
  CHECK(rig.metric("users", "offered_rps").sums.sum[meant] == 5);
  CHECK(rig.metric("users", "offered_rps").sums.weight[meant] == Approx(0.5));
  CHECK(rig.metric("users", "throughput_rps").sums.sum[meant] == 1);
  CHECK(rig.metric("users", "failed_rps").sums.sum[meant] == 3);
  CHECK(rig.metric("users", "availability").sums.sum[meant] == 1);
  CHECK(rig.metric("users", "availability").sums.weight[meant] == 4);
  CHECK(rig.metric("users", "latency_ms").sums.sum[meant] == 10e9);
  CHECK(rig.metric("users", "failed_latency_ms").sums.sum[meant] == 30e9);
  CHECK(rig.metric("users", "latency_ms").timeline[meant].count() == 1);
}

TEST_CASE("in-flight limit: stops a run that fills up", "[models][client]") {
  Simulation simulation;
  InFlightLimit limit(simulation, 2);
  limit.begin();
  limit.begin();
  CHECK_FALSE(limit.reached());
  limit.end();
  limit.begin();
  CHECK_FALSE(limit.reached());
  limit.begin();
  CHECK(limit.reached());
}

}  // namespace
}  // namespace highwater::client
