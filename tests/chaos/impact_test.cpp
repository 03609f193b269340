// What a fault did, from what was seen with it and without it.

#include "engine/chaos/impact.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

/// A hundred seconds of the two clients in which nothing changes, made up by hand.
struct Made {
  Made() : ready(testing::ready(testing::experiment(R"(, "method": [])"))) {
    signals = signals_of(*ready.system);
    for (Observation* of : {&seen, &usual}) {
      of->interval = 1s;
      of->values.assign(signals.size(), std::vector<float>(100, 0));
      of->kept.assign(2, std::vector<std::int8_t>(100, 1));
    }
    for (const char* client : {"users", "others"}) {
      fill(client, "issued", "", 0, 100, 50);
      fill(client, "completed", "", 0, 100, 50);
      fill(client, "latency_ms", "p99", 0, 100, 20);
    }
    fill("api", "utilization", "", 0, 100, 0.5F);
    fill("api", "hit_ratio", "", 0, 100, 0.9F);
    usual = seen;
  }
  /// Sets what is seen with the fault.
  void fill(const std::string& component, const std::string& metric, const std::string& statistic,
            std::size_t first, std::size_t last, float value) {
    for (std::size_t i = 0; i < signals.size(); ++i)
      if (signals[i].component == component && signals[i].metric == metric &&
          (statistic.empty() || signals[i].statistic == statistic))
        for (std::size_t t = first; t < last; ++t) seen.values[i][t] = value;
  }
  void miss(std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) seen.kept[0][t] = 0;
  }
  ChaosImpact impact(const std::vector<FaultStrike>& strikes) {
    ImpactTable table(*ready.system, signals, {"it", "other"}, 5s);
    table.add(strikes, seen, usual);
    return table.impacts()[strikes.front().fault];
  }

  testing::Ready ready;
  std::vector<Signal> signals;
  Observation seen, usual;
};

const FaultStrike kStrike{0, "kill api[0]", 20, 40};

TEST_CASE("impact: nothing that differs is nothing done") {
  Made made;
  const ChaosImpact impact = made.impact({kStrike});
  CHECK(impact.strikes == 1);
  CHECK(impact.detected == 0);
  CHECK(impact.unrecovered == 0);
  CHECK(impact.lost.value == 0);
  CHECK(impact.reach.empty());
}

TEST_CASE("impact: times to detect and to recover") {
  Made made;
  made.miss(24, 52);
  const ChaosImpact impact = made.impact({kStrike});
  CHECK(impact.detected == 1);
  CHECK(impact.detect_s.value == 5);    // the 25th second ends it
  CHECK(impact.recover_s.value == 12);  // from 40 s until 52 s
  CHECK(impact.unrecovered == 0);
}

TEST_CASE("impact: what is missed without the fault as well is not its doing") {
  Made made;
  made.miss(10, 90);
  made.usual.kept[0] = made.seen.kept[0];
  CHECK(made.impact({kStrike}).detected == 0);
}

TEST_CASE("impact: not met again is not recovered, and what sustains it is named") {
  Made made;
  made.miss(24, 100);
  made.fill("api", std::string(kAttempts), "", 24, 100, 300);
  for (std::size_t i = 0; i < made.signals.size(); ++i)
    if (made.signals[i].component == "api" && made.signals[i].metric == kAttempts)
      made.usual.values[i].assign(100, 100);
  const ChaosImpact impact = made.impact({kStrike});
  CHECK(impact.unrecovered == 1);
  CHECK_THAT(impact.sustained_by, Catch::Contains("retries") && Catch::Contains("3 times"));
  // A fault that never ends has nothing to recover from.
  CHECK(made.impact({{0, "kill api[0]", 20, std::nullopt}}).unrecovered == 0);
}

TEST_CASE("impact: requests lost, the peak, the budget and the reach until it recovered") {
  Made made;
  made.miss(20, 40);
  made.fill("users", "failed", "", 20, 40, 5);
  made.fill("users", "failed", "", 80, 90, 7);  // long after: something else
  made.fill("users", "latency_ms", "p99", 30, 31, 900);
  made.fill("api", "utilization", "", 20, 40, 0.9F);
  const ChaosImpact impact = made.impact({kStrike});
  CHECK(impact.lost.value == 100);
  CHECK(impact.slowest_client == "users");
  CHECK(impact.peak_p99_ms.value == 900);
  CHECK(impact.usual_p99_ms.value == 20);
  REQUIRE(impact.budgets.size() == 2);
  CHECK(*impact.budgets[0].burnt.value == Approx(100 / (0.01 * 5000)));
  CHECK(*impact.budgets[1].burnt.value == 0);
  REQUIRE(impact.reach.size() == 2);
  CHECK(impact.reach[0].component == "users");
  CHECK(impact.reach[1].component == "api");
  CHECK(impact.reach[1].metric == "utilization");
  CHECK(impact.reach[1].then == Approx(0.9));
}

TEST_CASE("impact: each strike ends where the next begins") {
  Made made;
  made.miss(20, 30);
  made.miss(60, 70);
  const std::vector<FaultStrike> strikes{{0, "a", 20, 25}, {1, "b", 60, 65}};
  const ChaosImpact first = made.impact(strikes);
  CHECK(first.strikes == 1);
  CHECK(first.recover_s.value == 5);
  CHECK(first.detected == 1);
}

TEST_CASE("impact: over several runs there are intervals") {
  Made made;
  ImpactTable table(*made.ready.system, made.signals, {"it"}, 5s);
  for (const std::size_t end : {50U, 52U, 54U}) {
    made.seen.kept[0].assign(100, 1);
    made.miss(24, end);
    table.add({kStrike}, made.seen, made.usual);
  }
  const ChaosImpact impact = table.impacts()[0];
  CHECK(impact.strikes == 3);
  CHECK(*impact.recover_s.value == 12);
  REQUIRE(impact.recover_s.ci95);
  CHECK(impact.recover_s.ci95->low == Approx(12 - 4.303 * 2 / std::sqrt(3.0)).margin(0.01));
  CHECK(table.times_s().size() == 100);
  CHECK(table.series()[0].p99_ms[0] == 20);
}

}  // namespace
}  // namespace highwater::chaos
