// What a recorder hands out at the end of a run is what was declared and recorded, by slice.

#include "engine/metrics/recorder.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/time_integral.h"

namespace highwater::recorder_test {
namespace {

constexpr Duration kRun = 200s;  // 200 slices of a second
constexpr Duration kSlice = 1s;

Time in_slice(std::size_t slice) {
  return Time{} + slice * kSlice + 1ms;
}

const MetricRecord& metric(const std::vector<OwnerRecord>& owners, std::string_view name) {
  const MetricRecord* const found = owners.front().find(name);
  REQUIRE(found != nullptr);
  return *found;
}

TEST_CASE("recorder: a tally and a timeline tell the same of the same observations", "[metrics]") {
  Simulation simulation;
  const TimeGrid grid(kRun, Duration{0});
  Recorder recorder(simulation, grid);
  Recorder::Owner& owner = recorder.owner("it");
  Tally& tally = owner.tally("tally");
  Tally& timeline = owner.timeline("timeline");
  recorder.start();
  // Late ones go back to slices of long before, as answers do that count by intended arrival.
  for (const std::size_t slice : {0U, 0U, 3U, 7U, 3U, 199U, 0U, 4U, 5U}) {
    const Duration value = 1us * static_cast<std::int64_t>(1 + 7 * slice);
    tally.record(in_slice(slice), value);
    timeline.record(in_slice(slice), value);
  }
  timeline.record(recorder.slice_of(in_slice(7)), 9us);
  tally.record(recorder.slice_of(in_slice(7)), 9us);
  simulation.run_until(Time{} + kRun);
  const std::vector<OwnerRecord> owners = recorder.finish();
  const MetricRecord& one = metric(owners, "tally");
  const MetricRecord& other = metric(owners, "timeline");
  CHECK(one.sums.weight[0] == 3);
  CHECK(one.sums.weight[3] == 2);
  CHECK(one.sums.sum[3] == 2 * 22'000.0);
  CHECK(one.sums.sum[7] == 50'000.0 + 9'000.0);
  CHECK(one.sums.sum == other.sums.sum);
  CHECK(one.sums.weight == other.sums.weight);
  CHECK(one.histogram.coarse(0).count() == 6);
  CHECK(one.histogram.coarse(1).count() == 3);
  CHECK(one.histogram.coarse(39).max_ns() == 1'394'000);
  for (std::size_t i = 0; i < one.histogram.coarse_slices(); ++i)
    REQUIRE(one.histogram.coarse(i) == other.histogram.coarse(i));
  CHECK(one.timeline.empty());
  REQUIRE(other.timeline.size() == grid.fine_slices());
  CHECK(other.timeline[3].count() == 2);
  CHECK(other.timeline[4].count() == 1);
}

TEST_CASE("recorder: rates and ratios that their owner counts by slice", "[metrics]") {
  Simulation simulation;
  const TimeGrid grid(kRun, Duration{0});
  Recorder recorder(simulation, grid);
  Recorder::Owner& owner = recorder.owner("it");
  owner.sliced_rate("rate", [](std::size_t slice) { return static_cast<double>(10 * slice); });
  owner.sliced_ratio(
      "ratio", [](std::size_t slice) { return static_cast<double>(slice); },
      [](std::size_t slice) { return static_cast<double>(2 * slice + 1); });
  recorder.start();
  simulation.run_until(Time{} + 100 * kSlice + 250ms);  // interrupted within slice 100
  const std::vector<OwnerRecord> owners = recorder.finish();
  const MetricRecord& rate = metric(owners, "rate");
  CHECK(rate.kind == MetricKind::rate);
  CHECK(rate.sums.sum[7] == 70);
  CHECK(rate.sums.weight[7] == 1);
  CHECK(rate.sums.weight[100] == 0.25);
  CHECK(rate.sums.weight[101] == 0);
  const MetricRecord& ratio = metric(owners, "ratio");
  CHECK(ratio.kind == MetricKind::ratio);
  CHECK(ratio.sums.sum[7] == 7);
  CHECK(ratio.sums.weight[7] == 15);
}

TEST_CASE("recorder: levels and counters are read where slices end", "[metrics]") {
  Simulation simulation;
  const TimeGrid grid(kRun, Duration{0});
  Recorder recorder(simulation, grid);
  Recorder::Owner& owner = recorder.owner("it");
  std::uint64_t events = 0;
  owner.time_average("level", [](Time now) { return 3 * seconds(now - Time{}); });
  owner.time_ratio(
      "share", [](Time now) { return seconds(now - Time{}); },
      [](Time now) { return 4 * seconds(now - Time{}); });
  owner.rate("rate", events);
  owner.count("count", events);
  recorder.start();
  Event event([](Event&) {});
  simulation.schedule_at(event, in_slice(20));
  simulation.run_until(in_slice(20));
  events = 12;  // in slice 20
  simulation.run_until(Time{} + kRun);
  const std::vector<OwnerRecord> owners = recorder.finish();
  CHECK(metric(owners, "level").sums.sum[50] == Approx(3));
  CHECK(metric(owners, "level").sums.weight[50] == Approx(1));
  CHECK(metric(owners, "share").sums.sum[199] == Approx(1));
  CHECK(metric(owners, "share").sums.weight[199] == Approx(4));
  CHECK(metric(owners, "rate").sums.sum[19] == 0);
  CHECK(metric(owners, "rate").sums.sum[20] == 12);
  CHECK(metric(owners, "rate").sums.sum[21] == 0);
  CHECK(metric(owners, "count").count == 12);
}

struct Bench {
  Simulation simulation;
  TimeGrid grid{kRun, Duration{0}};
  Recorder recorder{simulation, grid};
};

TEST_CASE("recorder: counts and causes are read at the end", "[metrics]") {
  Bench bench;
  Recorder::Owner& owner = bench.recorder.owner("api");
  std::uint64_t wasted = 0;
  owner.count("wasted", wasted);
  owner.count("doubled", [&] { return 2 * wasted; });
  owner.causes("errors", [&] { return std::map<std::string, std::uint64_t>{{"reset", wasted}}; });
  owner.most("highest", wasted);
  bench.recorder.start();
  bench.simulation.run_until(Time{kRun});
  wasted = 21;
  const auto records = bench.recorder.finish();
  CHECK(metric(records, "wasted").count == 21);
  CHECK(metric(records, "doubled").count == 42);
  CHECK(metric(records, "highest").count == 21);
  CHECK(metric(records, "highest").kind == MetricKind::most);
  CHECK(metric(records, "errors").causes == std::map<std::string, std::uint64_t>{{"reset", 21}});
  CHECK(metric(records, "errors").kind == MetricKind::causes);
}

TEST_CASE("recorder: owners are found by their ids", "[metrics]") {
  Simulation simulation;
  const TimeGrid grid(kRun, Duration{0});
  Recorder recorder(simulation, grid);
  Recorder::Owner& owner = recorder.owner("it");
  CHECK(recorder.find("it") == &owner);
  CHECK(recorder.find("other") == nullptr);
}

TEST_CASE("recorder: a run that ends early closes its open slice", "[metrics]") {
  Bench bench;
  TimeIntegral level(Time{}, 2);
  bench.recorder.owner("api").time_average("in_flight", [&](Time now) { return level.total(now); });
  bench.recorder.start();
  bench.simulation.run_until(Time{60200ms});
  const auto records = bench.recorder.finish();
  const SlicedSums& sums = metric(records, "in_flight").sums;
  CHECK(sums.weight[59] == Approx(1));
  CHECK(sums.weight[60] == Approx(0.2));
  CHECK(sums.sum[60] == Approx(0.4));
  CHECK(sums.weight[61] == 0);
}

TEST_CASE("recorder: owners and metrics come out in the order of their declaration", "[metrics]") {
  Bench bench;
  Recorder::Owner& second = bench.recorder.owner("b", "zone-a");
  Recorder::Owner& first = bench.recorder.owner("a");
  std::uint64_t n = 0;
  first.count("y", n);
  second.count("z", n);
  first.count("x", n);
  bench.recorder.start();
  const auto records = bench.recorder.finish();
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "b");
  CHECK(records[0].zone == "zone-a");
  CHECK(records[1].id == "a");
  CHECK(records[1].zone.empty());
  REQUIRE(records[1].metrics.size() == 2);
  CHECK(records[1].metrics[0].name == "y");
  CHECK(records[1].metrics[1].name == "x");
  CHECK(records[1].find("x") == &records[1].metrics[1]);
  CHECK(records[1].find("z") == nullptr);
}

}  // namespace
}  // namespace highwater::recorder_test
