// A sampler shows everything that is measured, each over the time since it was looked at before.

#include "engine/metrics/sampler.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/time_integral.h"

namespace highwater {
namespace {

/// One owner with a metric of each kind, and something that happens every second.
struct SampledBench {
  SampledBench() : grid(1000s, Duration{0}), recorder(simulation, grid), tick(*this) {
    Recorder::Owner& owner = recorder.owner("it");
    times = &owner.tally("times_ms");
    timeline = &owner.timeline("timeline_ms");
    owner.rate("rate", occurrences);
    owner.ratio("share", good, occurrences);
    owner.count("count", occurrences);
    owner.causes("errors", [this] {
      return std::map<std::string, std::uint64_t>{{"timeout", good}, {"reset", occurrences}};
    });
    owner.time_average("level", [this](Time now) { return level.total(now); });
    owner.most("most", highest);
    owner.sliced_rate("sliced", [](std::size_t) { return 1.0; });
    recorder.start();
    simulation.schedule_after(tick, 500ms);
    sampler = std::make_unique<Sampler>(recorder);
  }
  void happen() {
    ++occurrences;
    if (occurrences % 4 == 0) ++good;
    highest = occurrences;
    const Duration time = 1ms * static_cast<std::int64_t>(occurrences);
    times->record(simulation.now(), time);
    timeline->record(simulation.now(), time);
    level.set(simulation.now(), static_cast<std::int64_t>(occurrences));
    simulation.schedule_after(tick, 1s);
  }
  std::size_t column(const std::string& metric, const std::string& statistic = "") const {
    for (std::size_t i = 0; i < sampler->columns().size(); ++i)
      if (sampler->columns()[i].metric == metric && sampler->columns()[i].statistic == statistic)
        return i;
    throw std::runtime_error("no such column");
  }
  std::vector<float> after(Duration time) {
    simulation.run_until(Time{time});
    std::vector<float> values(sampler->columns().size());
    sampler->read(values);
    return values;
  }

  Simulation simulation;
  TimeGrid grid;
  Recorder recorder;
  Tally* times = nullptr;
  Tally* timeline = nullptr;
  std::uint64_t occurrences = 0, good = 0, highest = 0;
  TimeIntegral level;
  Timer<&SampledBench::happen> tick;
  std::unique_ptr<Sampler> sampler;
};

TEST_CASE("sampler: each kind of metric since the last look", "[metrics]") {
  SampledBench bench;
  bench.after(10s);
  const std::vector<float> values = bench.after(30s);  // occurrences 11 to 30
  CHECK(values[bench.column("rate")] == Approx(1));
  CHECK(values[bench.column("share")] == Approx(5.0 / 20));  // 12, 16, 20, 24, 28
  CHECK(values[bench.column("count")] == 20);
  CHECK(values[bench.column("errors")] == 25);
  CHECK(values[bench.column("most")] == 30);
  // Half a second of 10, a second of each from 11 to 29, half a second of 30.
  CHECK(values[bench.column("level")] == Approx((5 + 20.0 * 19 + 15) / 20));
  for (const std::string metric : {"times_ms", "timeline_ms"}) {
    CHECK(values[bench.column(metric, "count")] == 20);
    CHECK(values[bench.column(metric, "mean")] == Approx(20.5));
    CHECK(values[bench.column(metric, "p50")] == Approx(20).epsilon(0.005));
    CHECK(values[bench.column(metric, "max")] == Approx(30));
    CHECK(bench.sampler->times(bench.column(metric, "mean")).count() == 20);
  }
}

TEST_CASE("sampler: nothing where nothing was observed", "[metrics]") {
  SampledBench bench;
  bench.simulation.cancel(bench.tick);
  const std::vector<float> values = bench.after(10s);
  CHECK(std::isnan(values[bench.column("share")]));
  CHECK(std::isnan(values[bench.column("times_ms", "p99")]));
  CHECK(values[bench.column("times_ms", "count")] == 0);
  CHECK(values[bench.column("rate")] == 0);
}

TEST_CASE("sampler: what is counted by the intended arrival is not sampled", "[metrics]") {
  const SampledBench bench;
  CHECK_THROWS(bench.column("sliced"));
}

TEST_CASE("sampler: measurements are the same with and without one", "[metrics]") {
  const auto measured = [](bool sampled) {
    SampledBench bench;
    if (sampled)
      for (int i = 1; i < 100; ++i) bench.after(10s * i);
    bench.sampler.reset();
    bench.simulation.run_until(Time{1000s});
    std::vector<OwnerRecord> owners = bench.recorder.finish();
    std::vector<double> sums;
    for (const MetricRecord& metric : owners.front().metrics)
      sums.insert(sums.end(), metric.sums.sum.begin(), metric.sums.sum.end());
    return sums;
  };
  CHECK(measured(true) == measured(false));
}

TEST_CASE("sampler: it lets go of what it looked at", "[metrics]") {
  SampledBench bench;
  bench.after(10s);
  bench.sampler.reset();
  bench.simulation.run_until(Time{20s});  // its histograms are gone
  bench.sampler = std::make_unique<Sampler>(bench.recorder);
  CHECK(bench.after(30s)[bench.column("times_ms", "count")] == 10);
}

}  // namespace
}  // namespace highwater
