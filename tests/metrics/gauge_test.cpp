// A gauge shows what a metric was over the last so much time.

#include "engine/metrics/gauge.h"

#include <cstdint>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "engine/kernel/time_integral.h"

namespace highwater {
namespace {

/// One owner with a metric of each kind, and something that happens every second.
struct Bench {
  Bench() : grid(1000s, Duration{0}), recorder(simulation, grid), tick(*this) {
    Recorder::Owner& owner = recorder.owner("it");
    times = &owner.tally("times_ms");
    owner.rate("rate", occurrences);
    owner.ratio("share", good, occurrences);
    owner.count("count", occurrences);
    owner.causes("errors", [this] {
      return std::map<std::string, std::uint64_t>{{"timeout", good}, {"reset", occurrences}};
    });
    owner.time_average("level", [this](Time now) { return level.total(now); });
    owner.most("most", highest);
    owner.sliced_rate("sliced", [this](std::size_t slice) {
      return slice == 0 ? static_cast<double>(occurrences) : 0.0;
    });
    recorder.start();
    simulation.schedule_after(tick, 500ms);  // between the steps of gauges
  }
  void happen() {
    ++occurrences;
    if (occurrences % 4 == 0) ++good;
    highest = occurrences;
    times->record(simulation.now(), 1ms * static_cast<std::int64_t>(occurrences));
    level.set(simulation.now(), static_cast<std::int64_t>(occurrences));
    simulation.schedule_after(tick, 1s);
  }
  double after(Duration time, const Gauge& gauge) {
    simulation.run_until(Time{time});
    return gauge.value().value();
  }

  Simulation simulation;
  TimeGrid grid;
  Recorder recorder;
  Tally* times = nullptr;
  std::uint64_t occurrences = 0, good = 0, highest = 0;
  TimeIntegral level;
  Timer<&Bench::happen> tick;
};

TEST_CASE("gauge: nothing until a window has passed", "[metrics]") {
  Bench bench;
  const Gauge gauge(bench.recorder, "it", "rate", "", 20s);
  bench.simulation.run_until(Time{19s});
  CHECK_FALSE(gauge.value());
  CHECK(bench.after(20s, gauge) == Approx(1));
}

TEST_CASE("gauge: each kind of metric over its window", "[metrics]") {
  Bench bench;
  const Gauge rate(bench.recorder, "it", "rate", "", 20s);
  const Gauge share(bench.recorder, "it", "share", "", 20s);
  const Gauge count(bench.recorder, "it", "count", "", 20s);
  const Gauge timeouts(bench.recorder, "it", "errors", "timeout", 20s);
  const Gauge errors(bench.recorder, "it", "errors", "", 20s);
  const Gauge level(bench.recorder, "it", "level", "", 20s);
  const Gauge most(bench.recorder, "it", "most", "", 20s);
  const Gauge sliced(bench.recorder, "it", "sliced", "", 20s);
  const Duration now = 100s + 250ms;  // the window began at 80 s
  CHECK(bench.after(now, rate) == Approx(20 / 20.25));
  CHECK(*share.value() == Approx(5 / 20.0));
  CHECK(*count.value() == 20);
  CHECK(*timeouts.value() == 5);
  CHECK(*errors.value() == 25);
  // 80 for half a second, then 81 to 99 for a second each, and 100 for the rest.
  CHECK(*level.value() == Approx((40 + 19 * 90 + 75) / 20.25));
  CHECK(*most.value() == 100);
  CHECK(*sliced.value() == Approx(20 / 20.25));
}

TEST_CASE("gauge: statistics of times", "[metrics]") {
  Bench bench;
  const Gauge mean(bench.recorder, "it", "times_ms", "mean", 20s);
  const Gauge median(bench.recorder, "it", "times_ms", "p50", 20s);
  const Gauge p99(bench.recorder, "it", "times_ms", "p99", 20s);
  const Gauge most(bench.recorder, "it", "times_ms", "max", 20s);
  // Times of 81 to 100 ms.
  CHECK(bench.after(100s + 250ms, mean) == Approx(90.5).margin(0.01));
  CHECK(*median.value() == Approx(90).epsilon(0.01));
  CHECK(*p99.value() == Approx(100).epsilon(0.01));
  CHECK(*most.value() == 100);
  bench.simulation.cancel(bench.tick);
  bench.simulation.run_until(Time{200s});
  CHECK_FALSE(mean.value());  // nothing happened in the last window
}

TEST_CASE("gauge: one that is gone leaves the metric as it was", "[metrics]") {
  Bench bench;
  {
    const Gauge gauge(bench.recorder, "it", "times_ms", "mean", 20s);
    bench.simulation.run_until(Time{50s});
  }
  const Gauge other(bench.recorder, "it", "times_ms", "max", 10s);
  CHECK(bench.after(100s + 250ms, other) == 100);
  bench.simulation.run_until(Time{1000s});
  CHECK(bench.recorder.finish().front().find("times_ms")->sums.weight[0] > 0);
}

TEST_CASE("gauge: what is not measured has no value", "[metrics]") {
  Bench bench;
  const Gauge nobody(bench.recorder, "nobody", "rate", "", 1s);
  const Gauge nothing(bench.recorder, "it", "nothing", "", 1s);
  bench.simulation.run_until(Time{50s});
  CHECK_FALSE(nobody.value());
  CHECK_FALSE(nothing.value());
  CHECK_FALSE(Gauge::measures(bench.recorder, "it", "nothing"));
  CHECK(Gauge::measures(bench.recorder, "it", "rate"));
}

}  // namespace
}  // namespace highwater
