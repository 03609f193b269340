// The order of events against an oracle: a multimap keyed by (time, order of scheduling). Random
// programs schedule through every mechanism (pending set, lanes, ring), cancel and reschedule, from
// outside and from within events, at populations that cross every change of data structure.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"

namespace highwater {
namespace {

// How far ahead events are scheduled.
enum class Spacing { even, ties, skewed, bimodal, heavy, drifting };

class OrderTest {
 public:
  OrderTest(std::uint64_t seed, std::size_t target, Spacing spacing)
      : random_(random_key(seed, "order", "test")), target_(target), spacing_(spacing) {
    for (const Duration delay : {Duration{0}, Duration{1}, Duration{700}, Duration{40'000}}) {
      lanes_.push_back(&simulation_.lane(delay));
    }
    for (std::size_t i = 0; i < target + target / 2 + 8; ++i) {
      nodes_.push_back(std::make_unique<Node>(*this));
    }
  }

  // Grows the population to the target, holds it there, lets it fall, and runs to the end.
  // With `single`, one event at a time.
  void run(std::size_t steps, bool single = false) {
    while (expected_.size() < target_) arm(pick());
    while (fired_ < steps) {
      const Duration span{static_cast<std::int64_t>(random_.below(30'000))};
      const Time end = expected_.begin()->first.first + span;
      if (single)
        step_until(end);
      else
        simulation_.run_until(end);
      REQUIRE(simulation_.now() == end);
      REQUIRE((expected_.empty() || expected_.begin()->first.first > end));
      while (expected_.size() < (target_ + 1) / 2) arm(pick());
    }
    growing_ = false;
    simulation_.run();
    REQUIRE(expected_.empty());
    REQUIRE(simulation_.events() == fired_);
    REQUIRE(wrong_ == 0);
    REQUIRE(simulation_.pending() == 0);
  }

 private:
  using Oracle = std::map<std::pair<Time, std::uint64_t>, const void*>;

  struct Node : Event {
    explicit Node(OrderTest& t) : Event(&Node::fire), test(t) {}
    static void fire(Event& event) {
      Node& self = static_cast<Node&>(event);
      self.test.on_fire(self);
    }
    OrderTest& test;
    Oracle::iterator expected{};
  };

  Duration ahead() {
    const std::uint64_t bits = random_.bits();
    switch (spacing_) {
      case Spacing::even:
        return Duration{static_cast<std::int64_t>(bits % 100'000)};
      case Spacing::ties:
        return Duration{static_cast<std::int64_t>(bits % 5) * 10'000};
      case Spacing::skewed:
        return Duration{static_cast<std::int64_t>(bits % 100 == 0 ? bits % 9'000'000 : bits % 900)};
      case Spacing::bimodal:
        return Duration{
            static_cast<std::int64_t>(bits % 2 == 0 ? bits % 64 : 50'000'000 + bits % 64)};
      case Spacing::heavy:  // log-uniform over ten decades
        return Duration{static_cast<std::int64_t>(bits >> (30 + bits % 30))};
      case Spacing::drifting: {  // the scale changes a thousandfold, up and down
        const std::uint64_t phase = fired_ / (4 * target_ + 1) % 10;
        const std::uint64_t scale = std::uint64_t{1} << (phase < 5 ? 2 * phase : 2 * (9 - phase));
        return Duration{static_cast<std::int64_t>(bits % (100 * scale))};
      }
    }
    return Duration{0};
  }

  void step_until(Time end) {
    for (;;) {
      const std::uint64_t before = fired_;
      if (!simulation_.step(end)) break;
      REQUIRE(fired_ == before + 1);
      REQUIRE(simulation_.events() == fired_);
    }
  }

  Node& pick() { return *nodes_[random_.below(nodes_.size())]; }

  void disarm(Node& node) {
    if (!node.pending()) return;
    expected_.erase(node.expected);
    simulation_.cancel(node);
  }
  void arm(Node& node) {
    disarm(node);
    Time due = simulation_.now();
    switch (random_.below(8)) {
      case 0:
        simulation_.schedule_now(node);
        break;
      case 1:
      case 2: {
        Lane& lane = *lanes_[random_.below(lanes_.size())];
        due += lane.delay();
        simulation_.schedule_after(node, lane);
        break;
      }
      case 3:
        due += ahead();
        simulation_.schedule_at(node, due);
        break;
      default: {
        const Duration delay = ahead();
        due += delay;
        simulation_.schedule_after(node, delay);
      }
    }
    if (!node.pending() || node.due() != due) ++wrong_;
    node.expected = expected_.emplace(std::pair{due, armed_++}, &node).first;
  }
  void on_fire(Node& node) {
    ++fired_;
    if (expected_.empty() || expected_.begin()->second != &node ||
        expected_.begin()->first.first != simulation_.now() || node.pending()) {
      ++wrong_;
      simulation_.stop();
      return;
    }
    expected_.erase(expected_.begin());
    if (!growing_) {
      if (random_.below(16) == 0) disarm(pick());
      return;
    }
    if (expected_.size() < target_ + target_ / 4 + 4) arm(random_.below(2) == 0 ? node : pick());
    if (random_.below(4) == 0) disarm(pick());
    if (random_.below(4) == 0) arm(pick());
  }

  Simulation simulation_;
  RandomStream random_;
  const std::size_t target_;
  const Spacing spacing_;
  std::vector<Lane*> lanes_;
  Oracle expected_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::uint64_t armed_ = 0;
  std::uint64_t fired_ = 0;
  std::uint64_t wrong_ = 0;
  bool growing_ = true;
};

TEST_CASE("event order: every mechanism against an oracle", "[kernel][property]") {
  const Spacing spacing = GENERATE(Spacing::even, Spacing::ties, Spacing::skewed, Spacing::bimodal,
                                   Spacing::heavy, Spacing::drifting);
  const std::size_t target = GENERATE(as<std::size_t>{}, 1, 3, 20, 300, 1'000, 3'000, 20'000);
  CAPTURE(static_cast<int>(spacing), target);
  OrderTest test(static_cast<std::uint64_t>(spacing) * 1'000 + target, target, spacing);
  test.run(4 * target + 3'000);
}

TEST_CASE("event order: one at a time they come in the same order", "[kernel][property]") {
  const Spacing spacing = GENERATE(Spacing::even, Spacing::ties, Spacing::bimodal);
  const std::size_t target = GENERATE(as<std::size_t>{}, 1, 20, 1'000);
  CAPTURE(static_cast<int>(spacing), target);
  OrderTest test(static_cast<std::uint64_t>(spacing) * 1'000 + target, target, spacing);
  test.run(4 * target + 3'000, true);
}

TEST_CASE("event order: many seeds against an oracle", "[kernel][property][nightly]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    for (int spacing = 0; spacing < 6; ++spacing) {
      CAPTURE(seed, spacing);
      const std::size_t target = std::size_t{1} << (seed % 17);
      OrderTest test(seed, target, static_cast<Spacing>(spacing));
      test.run(6 * target + 2'000);
    }
  }
}

// Records the order in which its events fire.
class Recorder {
 public:
  struct Mark : Event {
    Mark(std::vector<int>& l, int n) : Event(&Mark::fire), log(l), number(n) {}
    static void fire(Event& event) {
      const Mark& self = static_cast<Mark&>(event);
      self.log.push_back(self.number);
    }
    std::vector<int>& log;
    int number;
  };

  Event& mark(int number) {
    marks_.push_back(std::make_unique<Mark>(log, number));
    return *marks_.back();
  }
  std::vector<int> log;

 private:
  std::vector<std::unique_ptr<Mark>> marks_;
};

TEST_CASE("event order: ties across heap, lane and ring go by order of scheduling", "[kernel]") {
  Simulation simulation;
  Recorder recorder;
  Lane& lane = simulation.lane(10ns);
  simulation.schedule_after(recorder.mark(1), lane);
  simulation.schedule_at(recorder.mark(2), Time{10ns});
  simulation.schedule_after(recorder.mark(3), lane);
  simulation.schedule_after(recorder.mark(4), 10ns);
  simulation.schedule_after(recorder.mark(5), lane);
  // Fires first at 10 ns, since it was scheduled for then at 0: its zero delays go last.
  struct First : Event {
    First(Simulation& s, Recorder& r) : Event(&First::fire), simulation(s), recorder(r) {}
    static void fire(Event& event) {
      First& self = static_cast<First&>(event);
      self.simulation.schedule_now(self.recorder.mark(6));
      self.simulation.schedule_after(self.recorder.mark(7), Duration{0});
      self.simulation.schedule_at(self.recorder.mark(8), self.simulation.now());
      self.simulation.schedule_after(self.recorder.mark(9), self.simulation.lane(0ns));
    }
    Simulation& simulation;
    Recorder& recorder;
  };
  First early(simulation, recorder);
  simulation.schedule_at(early, Time{9ns});
  simulation.schedule_at(recorder.mark(0), Time{9ns});
  simulation.run();
  CHECK(recorder.log == std::vector<int>{0, 6, 7, 8, 9, 1, 2, 3, 4, 5});
}

TEST_CASE("event order: what is due now goes before the ring though the heap is spread meanwhile",
          "[kernel]") {
  Simulation simulation;
  Recorder recorder;
  struct Crowd : Event {
    Crowd(Simulation& s, Recorder& r) : Event(&Crowd::fire), simulation(s), recorder(r) {}
    static void fire(Event& event) {
      Crowd& self = static_cast<Crowd&>(event);
      self.simulation.schedule_now(self.recorder.mark(1'000));
      for (int i = 0; i < 3'000; ++i) {
        self.simulation.schedule_after(self.recorder.mark(2'000 + i), Duration{1 + i});
      }
    }
    Simulation& simulation;
    Recorder& recorder;
  };
  Crowd crowd(simulation, recorder);
  simulation.schedule_at(crowd, Time{1us});
  for (int i = 0; i < 300; ++i) simulation.schedule_at(recorder.mark(i), Time{1us});
  simulation.run();
  CHECK(recorder.log.size() == 3'301);
  CHECK(std::is_sorted(recorder.log.begin(), recorder.log.end()));
}

TEST_CASE("simulation: clock, end of run and stop", "[kernel]") {
  Simulation simulation;
  Recorder recorder;
  simulation.schedule_at(recorder.mark(1), Time{5ns});
  simulation.schedule_at(recorder.mark(2), Time{6ns});
  simulation.run_until(Time{5ns});  // inclusive
  CHECK(recorder.log == std::vector<int>{1});
  CHECK(simulation.now() == Time{5ns});
  simulation.run_until(Time{5ns});
  CHECK(simulation.events() == 1);
  simulation.run_until(Time{100ns});
  CHECK(simulation.now() == Time{100ns});
  CHECK(recorder.log == std::vector<int>{1, 2});

  struct Stopper : Event {
    explicit Stopper(Simulation& s) : Event(&Stopper::fire), simulation(s) {}
    static void fire(Event& event) { static_cast<Stopper&>(event).simulation.stop(); }
    Simulation& simulation;
  };
  Stopper stopper(simulation);
  simulation.schedule_at(stopper, Time{110ns});
  simulation.schedule_at(recorder.mark(3), Time{110ns});
  simulation.run_until(Time{200ns});
  CHECK(simulation.now() == Time{110ns});
  CHECK(recorder.log == std::vector<int>{1, 2});
  simulation.run_until(Time{200ns});
  CHECK(recorder.log == std::vector<int>{1, 2, 3});
}

TEST_CASE("simulation: delays beyond every run become never", "[kernel]") {
  Simulation simulation;
  Recorder recorder;
  simulation.run_until(Time{7s});
  simulation.schedule_after(recorder.mark(1), Duration::max());
  simulation.schedule_after(recorder.mark(2), simulation.lane(Duration::max()));
  CHECK(simulation.after(Duration::max()) == kNever);
  simulation.run_until(Time{kLongestRun});
  CHECK(recorder.log.empty());
}

TEST_CASE("event: destruction cancels, wherever it stands", "[kernel]") {
  Simulation simulation;
  Recorder kept;
  {
    Recorder gone;
    simulation.schedule_at(gone.mark(1), Time{5ns});
    simulation.schedule_after(gone.mark(2), simulation.lane(5ns));
    simulation.schedule_now(gone.mark(3));
    simulation.schedule_at(kept.mark(4), Time{5ns});
    simulation.schedule_after(kept.mark(5), simulation.lane(5ns));
    simulation.schedule_now(kept.mark(6));
  }
  simulation.run();
  CHECK(kept.log == std::vector<int>{6, 4, 5});
  CHECK(simulation.events() == 3);
}

TEST_CASE("event: outliving the simulation is harmless", "[kernel]") {
  Recorder recorder;
  Event& heap = recorder.mark(1);
  Event& lane = recorder.mark(2);
  Event& ring = recorder.mark(3);
  {
    Simulation simulation;
    simulation.schedule_at(heap, Time{5ns});
    simulation.schedule_after(lane, simulation.lane(5ns));
    simulation.schedule_now(ring);
  }
  CHECK_FALSE(heap.pending());
  CHECK_FALSE(lane.pending());
  CHECK_FALSE(ring.pending());
}

TEST_CASE("lane: a cancelled first event neither fires nor holds up the others", "[kernel]") {
  Simulation simulation;
  Recorder recorder;
  Lane& lane = simulation.lane(100ns);
  CHECK(&lane == &simulation.lane(100ns));
  CHECK(&lane != &simulation.lane(101ns));
  Event& first = recorder.mark(1);
  simulation.schedule_after(first, lane);
  simulation.run_until(Time{10ns});
  simulation.schedule_after(recorder.mark(2), lane);
  simulation.cancel(first);
  CHECK_FALSE(first.pending());
  simulation.run_until(Time{109ns});
  CHECK(recorder.log.empty());
  CHECK(simulation.events() == 0);
  simulation.run_until(Time{110ns});
  CHECK(recorder.log == std::vector<int>{2});
  CHECK(simulation.events() == 1);
}

struct Ticker {
  explicit Ticker(Simulation& s) : simulation(s) {}
  void on_tick() {
    if (++ticks < 3) simulation.schedule_after(timer, 1ms);
  }
  Simulation& simulation;
  int ticks = 0;
  Timer<&Ticker::on_tick> timer{*this};
};

TEST_CASE("timer: calls its owner and may be scheduled again from the call", "[kernel]") {
  Simulation simulation;
  Ticker ticker(simulation);
  simulation.schedule_after(ticker.timer, 1ms);
  simulation.reschedule_after(ticker.timer, 2ms);
  simulation.run();
  CHECK(ticker.ticks == 3);
  CHECK(simulation.now() == Time{4ms});
}

}  // namespace
}  // namespace highwater
