// Groups whose members leave and join again, over and over.

#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/models/messaging_rig.h"

namespace highwater::messaging {
namespace {

using faults::kill;
using faults::rebalance;
using testing::Load;
using testing::write_of;

struct Outcome {
  std::uint64_t rebalances, processed, duplicates;
  double end_to_end_ms;
};

Outcome storm(const std::string& group, const std::vector<std::string>& faults,
              const FaultKind* other = nullptr) {
  testing::ModelRig rig({topic(), consumer_group()},
                        R"({"events": {"kind": "topic", "append_time": "0s", "partitions": 6,
                     "partitioner": "round_robin"},
          "crew": {"kind": "consumer_group", "topic": "events", "consumers": 3,
                   "steps": [{"wait": "5ms"}], "heartbeat_interval": "1s",
                   "initial_rebalance_delay": "0s", )" +
                            group + "}}");
  for (const std::string& json : faults) rig.fault(rebalance(), json);
  if (other != nullptr) rig.fault(*other, R"({"kill": "crew[1]", "at": "60s", "for": "30s"})");
  Load load;
  load.to = "events";
  load.per_second = 100;
  load.requests = 19'000;
  load.make = [](RandomStream&) { return write_of(1); };
  rig.add(load);
  rig.run(Time{300s});
  return {rig.count("crew", "rebalances"), rig.count("crew", "processed"),
          rig.count("crew", "duplicates"), rig.value("crew", "end_to_end_ms")};
}

const std::string kStorm =
    R"({"rebalance": "crew[1]", "at": "20300ms", "for": "99s", "every": "10s"})";

TEST_CASE("rebalance: each round is a rebalance, and partitions lie idle meanwhile", "[faults]") {
  const Outcome calm = storm(R"("assignor": "range")", {});
  const Outcome eager = storm(R"("assignor": "range")", {kStorm});
  const Outcome cooperative = storm(R"("assignor": "cooperative_sticky")", {kStorm});
  // Ten rounds: each time it leaves, and joins a group that has begun to rebalance over that.
  CHECK(eager.rebalances == calm.rebalances + 10);
  CHECK(cooperative.rebalances >= calm.rebalances + 10);
  // Each time a third of the partitions lies idle for 700 ms, until the others' next heartbeats.
  CHECK(eager.end_to_end_ms > 1.5 * calm.end_to_end_ms);
  CHECK(cooperative.end_to_end_ms > 1.5 * calm.end_to_end_ms);
  for (const Outcome& each : {calm, eager, cooperative}) {
    CHECK(each.processed == 19'000);
    CHECK(each.duplicates == 0);
  }
}

TEST_CASE("rebalance: static members come back to their places", "[faults]") {
  const Outcome calm = storm(R"("assignor": "range", "static_members": true)", {});
  const Outcome hit = storm(R"("assignor": "range", "static_members": true)", {kStorm});
  CHECK(hit.rebalances == calm.rebalances);
  CHECK(hit.processed == 19'000);
  CHECK(hit.end_to_end_ms < 2 * calm.end_to_end_ms);
}

TEST_CASE("rebalance: the more often, the worse", "[faults]") {
  const auto every = [](const std::string& time) {
    return storm(R"("assignor": "range")",
                 {R"({"rebalance": "crew", "count": 2, "at": "20s", "for": "99s", "every": ")" +
                  time + "\"}"});
  };
  CHECK(every("5s").rebalances > every("20s").rebalances + 10);
  CHECK(every("5s").end_to_end_ms > every("20s").end_to_end_ms);
}

TEST_CASE("rebalance: one member dead, and two storms at once", "[faults]") {
  const FaultKind dying = kill();
  const Outcome both =
      storm(R"("assignor": "cooperative_sticky", "session_timeout": "10s")",
            {kStorm, R"({"rebalance": "crew", "at": "50s", "for": "50s", "every": "7s"})"}, &dying);
  CHECK(both.processed == 19'000);
}

TEST_CASE("rebalance: what it cannot be", "[faults]") {
  CHECK_THROWS_WITH(testing::ModelRig({topic(), consumer_group()},
                                      R"({"events": {"kind": "topic"},
                            "crew": {"kind": "consumer_group", "topic": "events", "steps": []}})")
                        .fault(rebalance(), R"({"rebalance": "crew", "at": "1s"})"),
                    Catch::Contains("has no assignor"));
  CHECK(testing::problems_of(rebalance(), R"({"rebalance": "crew", "at": "1s", "every": "0s"})")
            .find("every") != std::string::npos);
}

}  // namespace
}  // namespace highwater::messaging
