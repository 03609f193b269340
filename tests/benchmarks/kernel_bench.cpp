// Speed of the kernel through its public API. Rates are per second of processor time; machines
// differ, so compare ratios between rows that were run together.
//
//   mm1_tasks        customers of an M/M/1 at 80 %: one spawned task each, a Resource, two delays
//   mm1_events       the same with bare events, for what tasks and the resource cost
//   hold             events, each of which schedules itself again, at a constant number pending
//   timeout          steps of actors, each of which arms a timeout and cancels the one before
//   spawn_await      tasks spawned and awaited that never wait

#include <cmath>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/kernel/processor_sharing.h"
#include "engine/kernel/random.h"
#include "engine/kernel/resource.h"
#include "engine/kernel/scope.h"

namespace highwater {
namespace {

constexpr double kMeanService = 1e6;  // nanoseconds
constexpr double kLoad = 0.8;

Duration nanoseconds(double d) {
  return Duration{static_cast<std::int64_t>(d)};
}

struct Mm1 {
  Simulation simulation;
  Resource server{simulation, 1};
  Scope customers{simulation};
  RandomStream random{random_key(1, "mm1", "all")};
  std::int64_t done = 0;
  double sojourns = 0;

  Task<> customer() {
    const Time arrival = simulation.now();
    const Lease lease = co_await server.acquire();
    co_await simulation.delay(nanoseconds(kMeanService * standard_exponential(random)));
    sojourns += seconds(simulation.now() - arrival);
    ++done;
  }
  Task<> source() {
    while (true) {
      co_await simulation.delay(nanoseconds(kMeanService / kLoad * standard_exponential(random)));
      customers.spawn(customer());
    }
  }
};

void mm1_tasks(benchmark::State& state) {
  Mm1 world;
  world.customers.spawn(world.source());
  for (auto _ : state) world.simulation.run_until(world.simulation.now() + 100s);
  state.counters["mean"] = world.sojourns / static_cast<double>(world.done) * 1e3;
  state.SetItemsProcessed(world.done);
}
BENCHMARK(mm1_tasks);

class Mm1Events {
 public:
  Mm1Events() { simulation_.schedule_now(arrive_); }
  void run(Duration span) { simulation_.run_until(simulation_.now() + span); }
  std::int64_t done() const { return done_; }

 private:
  void arrive() {
    simulation_.schedule_after(arrive_,
                               nanoseconds(kMeanService / kLoad * standard_exponential(random_)));
    line_.push_back(simulation_.now());
    if (line_.size() == 1) start();
  }
  void start() {
    simulation_.schedule_after(depart_, nanoseconds(kMeanService * standard_exponential(random_)));
  }
  void depart() {
    sojourns_ += seconds(simulation_.now() - line_.front());
    ++done_;
    line_.pop_front();
    if (!line_.empty()) start();
  }

  Simulation simulation_;
  Timer<&Mm1Events::arrive> arrive_{*this};
  Timer<&Mm1Events::depart> depart_{*this};
  RandomStream random_{random_key(1, "mm1", "all")};
  std::deque<Time> line_;
  std::int64_t done_ = 0;
  double sojourns_ = 0;
};

void mm1_events(benchmark::State& state) {
  Mm1Events world;
  for (auto _ : state) world.run(100s);
  state.SetItemsProcessed(world.done());
}
BENCHMARK(mm1_events);

// Increments for the hold model, all with a mean near 1 ms.
enum class Increment { exponential, skewed, bimodal, lognormal, constant, equal_ticks };

Duration draw(Increment increment, RandomStream& random) {
  constexpr double kMean = 1e6;
  switch (increment) {
    case Increment::exponential:
      return nanoseconds(kMean * standard_exponential(random));
    case Increment::skewed: {  // 99 % tiny, 1 % huge
      const double scale = random.below(100) == 0 ? 99 * kMean : 0.01 * kMean;
      return nanoseconds(scale * standard_exponential(random));
    }
    case Increment::bimodal: {
      const double centre = random.below(2) == 0 ? 0.1 * kMean : 1.9 * kMean;
      return nanoseconds(centre * (0.95 + 0.1 * random.uniform()));
    }
    case Increment::lognormal:
      return nanoseconds(kMean * math::exp(2 * standard_normal(random) - 2));
    case Increment::constant:
      return nanoseconds(kMean);
    case Increment::equal_ticks:
      return nanoseconds(kMean * static_cast<double>(1 + random.below(2)));
  }
  return Duration{1};
}

struct HoldWorld {
  struct Holder : Event {
    explicit Holder(HoldWorld& w) : Event(&Holder::fire), world(w) {}
    static void fire(Event& event) {
      HoldWorld& world = static_cast<Holder&>(event).world;
      world.simulation.schedule_after(event, draw(world.increment, world.random));
    }
    HoldWorld& world;
  };

  HoldWorld(std::int64_t pending, Increment i) : increment(i) {
    for (std::int64_t n = 0; n < pending; ++n) {
      holders.emplace_back(*this);
      simulation.schedule_after(holders.back(), draw(increment, random));
    }
  }

  Increment increment;
  Simulation simulation;
  RandomStream random{random_key(1, "hold", "all")};
  std::deque<Holder> holders;
};

void hold(benchmark::State& state, Increment increment) {
  const std::int64_t pending = state.range(0);
  HoldWorld world(pending, increment);
  // Steps of about a fifth of a mean increment, after a warm-up of five.
  const Duration step = std::max<Duration>(200us, Duration{200'000'000'000 / pending});
  world.simulation.run_until(Time{5ms});
  const std::uint64_t before = world.simulation.events();
  for (auto _ : state) world.simulation.run_until(world.simulation.now() + step);
  state.SetItemsProcessed(static_cast<std::int64_t>(world.simulation.events() - before));
}
void sizes(benchmark::internal::Benchmark* b) {
  for (const std::int64_t n : {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000}) b->Arg(n);
}
BENCHMARK_CAPTURE(hold, exponential, Increment::exponential)->Apply(sizes);
BENCHMARK_CAPTURE(hold, skewed, Increment::skewed)->Apply(sizes);
BENCHMARK_CAPTURE(hold, bimodal, Increment::bimodal)->Apply(sizes);
BENCHMARK_CAPTURE(hold, lognormal, Increment::lognormal)->Apply(sizes);
BENCHMARK_CAPTURE(hold, equal_ticks, Increment::equal_ticks)->Apply(sizes);

struct TimeoutWorld {
  struct Actor : Event {
    explicit Actor(TimeoutWorld& w) : Event(&Actor::fire), world(w) {}
    static void fire(Event& event) {
      Actor& self = static_cast<Actor&>(event);
      TimeoutWorld& world = self.world;
      world.simulation.cancel(self.timeout);
      world.simulation.schedule_after(self.timeout, world.lane);
      world.simulation.schedule_after(self, draw(Increment::exponential, world.random));
    }
    static void expire(Event& event) { benchmark::DoNotOptimize(&event); }
    TimeoutWorld& world;
    Event timeout{&Actor::expire};
  };

  explicit TimeoutWorld(std::int64_t count) {
    for (std::int64_t n = 0; n < count; ++n) {
      actors.emplace_back(*this);
      simulation.schedule_after(actors.back(), draw(Increment::exponential, random));
    }
  }

  Simulation simulation;
  Lane& lane = simulation.lane(50ms);
  RandomStream random{random_key(1, "timeout", "all")};
  std::deque<Actor> actors;
};

void timeout(benchmark::State& state) {
  TimeoutWorld world(state.range(0));
  const Duration step = std::max<Duration>(200us, Duration{200'000'000'000 / state.range(0)});
  world.simulation.run_until(Time{5ms});
  const std::uint64_t before = world.simulation.events();
  for (auto _ : state) world.simulation.run_until(world.simulation.now() + step);
  state.SetItemsProcessed(static_cast<std::int64_t>(world.simulation.events() - before));
}
BENCHMARK(timeout)->Arg(1'000)->Arg(100'000);

Task<int> immediate(int value) {
  co_return value;
}
Task<> awaiter(std::int64_t& sum) {
  sum += co_await immediate(1);
}

void spawn_await(benchmark::State& state) {
  Simulation simulation;
  Scope scope(simulation);
  std::int64_t sum = 0;
  for (auto _ : state) scope.spawn(awaiter(sum));
  state.SetItemsProcessed(sum);
}
BENCHMARK(spawn_await);

// Jobs that arrive faster than they leave until `range` are there, then one for one.
void processor_sharing(benchmark::State& state) {
  Simulation simulation;
  ProcessorSharing processor(simulation, 4);
  Scope scope(simulation);
  RandomStream random{random_key(1, "sharing", "all")};
  std::int64_t done = 0;
  const auto work = [&]() -> Task<> {
    while (true) {
      co_await processor.serve(nanoseconds(1e6 * standard_exponential(random)));
      ++done;
    }
  };
  for (std::int64_t n = 0; n < state.range(0); ++n) scope.spawn(work());
  for (auto _ : state) simulation.run_until(simulation.now() + 100ms);
  state.SetItemsProcessed(done);
}
BENCHMARK(processor_sharing)->Arg(10)->Arg(1'000);

}  // namespace
}  // namespace highwater

BENCHMARK_MAIN();
