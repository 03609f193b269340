// Resources: who is served when, what the line does at its limits, cancellation in every state, and
// exact time integrals. The property test checks every grant against a plain list of who waits.

#include "engine/kernel/resource.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "engine/kernel/scope.h"

namespace highwater {
namespace {

struct Log {
  std::vector<std::pair<int, std::int64_t>> served;  // who, and since when in ns
  std::vector<int> ids() const {
    std::vector<int> all;
    for (const auto& [id, since] : served) all.push_back(id);
    return all;
  }
};

Task<> visit(Resource& resource, Duration service, int id, Log& log) {
  const Lease lease = co_await resource.acquire();
  log.served.emplace_back(id, resource.simulation().now().time_since_epoch().count());
  co_await resource.simulation().delay(service);
}

Task<> visit_with(Resource& resource, AcquireOptions options, Duration service, int id, Log& log,
                  LeaseStatus& status) {
  const Lease lease = co_await resource.acquire(options);
  status = lease.status();
  if (!lease) co_return;
  log.served.emplace_back(id, resource.simulation().now().time_since_epoch().count());
  co_await resource.simulation().delay(service);
}

TEST_CASE("resource: a free server is taken without an event", "[kernel][resource]") {
  Simulation simulation;
  Resource resource(simulation, 2);
  Scope scope(simulation);
  Log log;
  scope.spawn(visit(resource, 10ns, 1, log));
  scope.spawn(visit(resource, 10ns, 2, log));
  CHECK(log.ids() == std::vector<int>{1, 2});
  CHECK(resource.busy() == 2);
  scope.spawn(visit(resource, 10ns, 3, log));
  CHECK(resource.waiting() == 1);
  simulation.run();
  CHECK(log.served.back() == std::pair<int, std::int64_t>{3, 10});
  CHECK(simulation.events() == 4);  // three services and one wake-up
  CHECK(resource.busy() == 0);
}

TEST_CASE("resource: disciplines", "[kernel][resource]") {
  Simulation simulation;
  Scope scope(simulation);
  Log log;
  std::vector<LeaseStatus> status(6);
  const auto discipline = GENERATE(Discipline::fifo, Discipline::lifo, Discipline::priority);
  Resource resource(simulation, 1, {.discipline = discipline});
  const std::vector<std::uint32_t> priority{5, 2, 7, 2, 0, 7};
  for (int i = 0; i < 6; ++i) {
    const auto index = static_cast<std::size_t>(i);
    scope.spawn(visit_with(resource, {.priority = priority[index]}, 10ns, i, log, status[index]));
  }
  simulation.run();
  if (discipline == Discipline::fifo) CHECK(log.ids() == std::vector<int>{0, 1, 2, 3, 4, 5});
  if (discipline == Discipline::lifo) CHECK(log.ids() == std::vector<int>{0, 5, 4, 3, 2, 1});
  if (discipline == Discipline::priority) CHECK(log.ids() == std::vector<int>{0, 4, 1, 3, 2, 5});
}

TEST_CASE("resource: many priorities, pruned and used again", "[kernel][resource]") {
  Simulation simulation;
  Scope scope(simulation);
  Resource resource(simulation, 1, {.discipline = Discipline::priority});
  for (int round = 0; round < 3; ++round) {
    Log log;
    std::vector<LeaseStatus> status(500);
    for (int i = 0; i < 500; ++i) {
      const auto urgency = static_cast<std::uint32_t>((i * 7919 + round) % 1'000);
      scope.spawn(visit_with(resource, {.priority = i == 0 ? 0 : urgency + 1}, 10ns,
                             i == 0 ? -1 : static_cast<int>(urgency), log,
                             status[static_cast<std::size_t>(i)]));
    }
    simulation.run();
    const std::vector<int> ids = log.ids();
    CHECK(ids.size() == 500);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
  }
}

TEST_CASE("resource: a full line rejects, a deadline expires", "[kernel][resource]") {
  Simulation simulation;
  Resource resource(simulation, 1, {.capacity = 1});
  Scope scope(simulation);
  Log log;
  std::vector<LeaseStatus> status(6);
  scope.spawn(visit_with(resource, {}, 10ns, 0, log, status[0]));
  scope.spawn(visit_with(resource, {.deadline = Time{6ns}}, 10ns, 1, log, status[1]));
  scope.spawn(visit_with(resource, {}, 10ns, 2, log, status[2]));
  CHECK(status[0] == LeaseStatus::acquired);
  CHECK(status[2] == LeaseStatus::rejected);
  simulation.run_until(Time{6ns});
  CHECK(status[1] == LeaseStatus::expired);
  CHECK(resource.waiting() == 0);
  // Too late already, but only for who would have to wait.
  scope.spawn(visit_with(resource, {.deadline = Time{6ns}}, 10ns, 3, log, status[3]));
  CHECK(status[3] == LeaseStatus::expired);
  simulation.run_until(Time{20ns});
  scope.spawn(visit_with(resource, {.deadline = Time{6ns}}, 10ns, 4, log, status[4]));
  CHECK(status[4] == LeaseStatus::acquired);
  simulation.run();
  CHECK(log.ids() == std::vector<int>{0, 4});
  CHECK(resource.busy() == 0);
  CHECK(simulation.pending() == 0);
}

TEST_CASE("resource: no place to wait at all", "[kernel][resource]") {
  Simulation simulation;
  Resource resource(simulation, 1, {.capacity = 0});
  Lease held = resource.try_acquire();
  CHECK(static_cast<bool>(held));
  const Lease refused = resource.try_acquire();
  CHECK(refused.status() == LeaseStatus::rejected);
  Scope scope(simulation);
  Log log;
  LeaseStatus status = LeaseStatus::none;
  scope.spawn(visit_with(resource, {}, 1ns, 0, log, status));
  CHECK(status == LeaseStatus::rejected);
  held.release();
  CHECK(held.status() == LeaseStatus::none);
  held.release();  // once is enough
  CHECK(resource.busy() == 0);
  scope.spawn(visit_with(resource, {}, 1ns, 0, log, status));
  CHECK(status == LeaseStatus::acquired);
}

TEST_CASE("lease: moves", "[kernel][resource]") {
  Simulation simulation;
  Resource resource(simulation, 2);
  Lease a = resource.try_acquire();
  Lease b = std::move(a);
  CHECK_FALSE(static_cast<bool>(a));
  CHECK(static_cast<bool>(b));
  CHECK(resource.busy() == 1);
  Lease c = resource.try_acquire();
  c = std::move(b);  // gives back what it held
  CHECK(resource.busy() == 1);
  c = Lease();
  CHECK(resource.busy() == 0);
}

TEST_CASE("resource: a grant and a deadline at the same instant", "[kernel][resource]") {
  Simulation simulation;
  Resource resource(simulation, 1);
  Scope scope(simulation);
  Log log;
  std::vector<LeaseStatus> status(3);
  // The release at 10 ns was scheduled before the deadline: the waiter gets the server.
  scope.spawn(visit_with(resource, {}, 10ns, 0, log, status[0]));
  scope.spawn(visit_with(resource, {.deadline = Time{10ns}}, 10ns, 1, log, status[1]));
  simulation.run();
  CHECK(status[1] == LeaseStatus::acquired);
  // The other way round: the deadline was scheduled first.
  const auto late_release = [&]() -> Task<> {
    const Lease lease = co_await resource.acquire();
    co_await simulation.delay(5ns);
    co_await simulation.delay(5ns);
  };
  const Time start = simulation.now();
  scope.spawn(late_release());
  scope.spawn(visit_with(resource, {.deadline = start + 10ns}, 10ns, 2, log, status[2]));
  simulation.run();
  CHECK(status[2] == LeaseStatus::expired);
  CHECK(resource.busy() == 0);
}

TEST_CASE("resource: cancelled waiters leave the line, granted ones give back",
          "[kernel][resource]") {
  Simulation simulation;
  const auto discipline = GENERATE(Discipline::fifo, Discipline::lifo, Discipline::priority);
  Resource resource(simulation, 1, {.discipline = discipline});
  Scope holder(simulation);
  Scope victims(simulation);
  Scope others(simulation);
  Log log;
  LeaseStatus status = LeaseStatus::none;
  LeaseStatus timed = LeaseStatus::none;
  holder.spawn(visit(resource, 10ns, 0, log));
  victims.spawn(visit(resource, 10ns, 1, log));
  victims.spawn(visit_with(resource, {.deadline = Time{1us}}, 10ns, 2, log, timed));
  simulation.run_until(Time{5ns});
  CHECK(resource.waiting() == 2);
  victims.cancel();
  CHECK(resource.waiting() == 0);
  CHECK(simulation.pending() == 1);  // the deadline is gone, too
  // Granted, but not yet resumed: the server goes to the next in line.
  victims.spawn(visit(resource, 10ns, 3, log));
  simulation.run_until(Time{6ns});
  holder.cancel();  // releases
  CHECK(resource.busy() == 1);
  CHECK(resource.waiting() == 0);
  others.spawn(visit_with(resource, {.priority = 9}, 10ns, 4, log, status));
  CHECK(resource.waiting() == 1);
  victims.cancel();
  CHECK(resource.busy() == 1);
  CHECK(resource.waiting() == 0);
  simulation.run();
  CHECK(log.ids() == std::vector<int>{0, 4});
  CHECK(log.served.back().second == 6);
  CHECK(resource.busy() == 0);
  CHECK(FramePool::live() == 0);
}

TEST_CASE("resource: resizing grants at once and shrinks gently", "[kernel][resource]") {
  Simulation simulation;
  Resource resource(simulation, 1);
  Scope scope(simulation);
  Log log;
  for (int i = 0; i < 5; ++i) scope.spawn(visit(resource, 10ns, i, log));
  simulation.run_until(Time{2ns});
  resource.resize(3);
  CHECK(resource.busy() == 3);
  CHECK(resource.waiting() == 2);
  simulation.run_until(Time{4ns});
  CHECK(log.ids() == std::vector<int>{0, 1, 2});
  resource.resize(1);
  CHECK(resource.busy() == 3);
  simulation.run_until(Time{11ns});  // one of three is over: nobody may follow
  CHECK(resource.busy() == 2);
  CHECK(resource.waiting() == 2);
  simulation.run_until(Time{13ns});  // the other two: one may follow
  CHECK(resource.busy() == 1);
  CHECK(resource.waiting() == 1);
  resource.resize(0);
  simulation.run();
  CHECK(resource.busy() == 0);
  CHECK(resource.waiting() == 1);
  resource.resize(1);
  simulation.run();
  CHECK(log.served.size() == 5);
}

TEST_CASE("time integral: exact at any length", "[kernel]") {
  TimeIntegral integral;
  integral.set(Time{1s}, 3);
  integral.set(Time{2s}, 5);
  CHECK(integral.total(Time{2s}) == 3.0);
  CHECK(integral.total(Time{4s}) == 13.0);
  integral.add(Time{4s}, -5);
  CHECK(integral.value() == 0);
  CHECK(integral.total(Time{100s}) == 13.0);
  // A hundred days at a million, then one nanosecond at one: a double sum would lose that.
  TimeIntegral exact(Time{}, 1'000'000);
  const Time end{24h * 100};
  exact.set(end, 0);
  const double before = exact.total(end);
  CHECK(before == 8.64e12);
  TimeIntegral later(end, 1);
  CHECK(later.total(end + 1ns) == 1e-9);
}

// Visitors with random arrivals, services, priorities, deadlines and cancellations; each checks at
// its grant that it was the one to be served among all that stood in line.
class GrantTest {
 public:
  GrantTest(std::uint64_t seed, Discipline discipline)
      : random_(random_key(seed, "resource", "test")),
        discipline_(discipline),
        resource_(simulation_, 3, {.discipline = discipline, .capacity = 40}) {}

  void run() {
    sources_.spawn(source());
    simulation_.run();
    CHECK(wrong_ == 0);
    CHECK(visitors_ == kVisitors);
    CHECK(acquired_ + rejected_ + expired_ + cancelled_ == kVisitors);
    CHECK(acquired_ > 500);
    CHECK(rejected_ > 10);
    CHECK(expired_ > 50);
    CHECK(cancelled_ > 20);
    CHECK(resource_.busy() == 0);
    CHECK(line_.empty());
    CHECK(FramePool::live() == 0);
    const Time now = simulation_.now();
    CHECK(resource_.busy_integral(now) == Approx(busy_seconds_).epsilon(1e-12));
    CHECK(resource_.waiting_integral(now) == Approx(waiting_seconds_).epsilon(1e-12));
  }

 private:
  static constexpr int kVisitors = 3'000;
  struct InLine {
    int id;
    std::uint32_t priority;
  };

  Duration up_to(std::int64_t mean) {
    return Duration{1 +
                    static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * mean)))};
  }
  bool is_best(int id) const {
    if (discipline_ == Discipline::fifo) return line_.front().id == id;
    if (discipline_ == Discipline::lifo) return line_.back().id == id;
    const auto best =
        std::min_element(line_.begin(), line_.end(),
                         [](const InLine& a, const InLine& b) { return a.priority < b.priority; });
    return best->id == id;
  }
  void leave_line(int id) {
    std::erase_if(line_, [id](const InLine& entry) { return entry.id == id; });
  }

  // Counts the time until it is destroyed.
  struct Stopwatch {
    ~Stopwatch() { total += seconds(simulation.now() - since); }
    Simulation& simulation;
    double& total;
    Time since;
  };
  struct Place {
    ~Place() {
      if (!settled) {
        test.leave_line(id);
        ++test.cancelled_;
      }
    }
    GrantTest& test;
    int id;
    bool settled = false;
  };

  Task<> visitor(int id, AcquireOptions options, Duration service) {
    Place place{*this, id};
    Lease lease;
    {
      const bool must_wait = resource_.busy() >= resource_.servers();
      if (must_wait && resource_.waiting() < 40) line_.push_back({id, options.priority});
      const Stopwatch watch{simulation_, waiting_seconds_, simulation_.now()};
      lease = co_await resource_.acquire(options);
      place.settled = true;
      if (lease && must_wait && !is_best(id)) ++wrong_;
      leave_line(id);
    }
    if (line_.size() < resource_.waiting()) ++wrong_;  // more: granted, not resumed yet
    if (resource_.waiting() > 0 && resource_.busy() < resource_.servers()) ++wrong_;
    switch (lease.status()) {
      case LeaseStatus::acquired:
        ++acquired_;
        break;
      case LeaseStatus::rejected:
        ++rejected_;
        break;
      case LeaseStatus::expired:
        if (simulation_.now() != options.deadline) ++wrong_;
        ++expired_;
        break;
      case LeaseStatus::none:
        ++wrong_;
    }
    if (!lease) co_return;
    const Stopwatch watch{simulation_, busy_seconds_, simulation_.now()};
    co_await simulation_.delay(service);
  }

  Task<> source() {
    while (visitors_ < kVisitors) {
      // Bursts, so that the line is empty at times and full at others.
      const std::int64_t mean = visitors_ / 500 % 2 == 0 ? 200'000 : 450'000;
      co_await simulation_.delay(up_to(mean));
      AcquireOptions options;
      options.priority = static_cast<std::uint32_t>(random_.below(5));
      if (random_.below(4) == 0) options.deadline = simulation_.now() + up_to(4'000'000);
      Scope& scope = random_.below(4) == 0 ? doomed_ : clients_;
      const Duration service = up_to(1'000'000);
      scope.spawn(visitor(visitors_++, options, service));
      if (random_.below(50) == 0) doomed_.cancel();
    }
  }

  Simulation simulation_;
  RandomStream random_;
  Discipline discipline_;
  Resource resource_;
  Scope sources_{simulation_};
  Scope clients_{simulation_};
  Scope doomed_{simulation_};
  std::vector<InLine> line_;
  int visitors_ = 0;
  int acquired_ = 0;
  int rejected_ = 0;
  int expired_ = 0;
  int cancelled_ = 0;
  int wrong_ = 0;
  double busy_seconds_ = 0;
  double waiting_seconds_ = 0;
};

TEST_CASE("resource: every grant goes to whom the discipline says",
          "[kernel][resource][property]") {
  const auto discipline = GENERATE(Discipline::fifo, Discipline::lifo, Discipline::priority);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(static_cast<int>(discipline), seed);
    GrantTest(seed, discipline).run();
  }
}

// The mean of an M/M/1 at 80 %: five times the mean service. With 400,000 customers the standard
// error is 1.4 % (Whitt, Management Science 35(11), 1989), so 6 % is more than four of them.
TEST_CASE("resource: M/M/1 has its textbook mean, and Little's law holds exactly",
          "[kernel][resource][statistical]") {
  Simulation simulation;
  Resource server(simulation, 1);
  Scope scope(simulation);
  RandomStream random(random_key(7, "mm1", "test"));
  double sojourns = 0;
  double waits = 0;
  constexpr int kCustomers = 400'000;
  const auto customer = [&]() -> Task<> {
    const Time arrival = simulation.now();
    const Lease lease = co_await server.acquire();
    waits += seconds(simulation.now() - arrival);
    const double service = standard_exponential(random);
    co_await simulation.delay(Duration{static_cast<std::int64_t>(service * 1e9)});
    sojourns += seconds(simulation.now() - arrival);
  };
  const auto source = [&]() -> Task<> {
    for (int i = 0; i < kCustomers; ++i) {
      const double gap = standard_exponential(random) / 0.8;
      co_await simulation.delay(Duration{static_cast<std::int64_t>(gap * 1e9)});
      scope.spawn(customer());
    }
  };
  scope.spawn(source());
  simulation.run();
  CHECK(sojourns / kCustomers == Approx(5.0).epsilon(0.06));
  const Time now = simulation.now();
  CHECK(server.busy_integral(now) / seconds(now) == Approx(0.8).epsilon(0.01));
  CHECK(server.waiting_integral(now) == Approx(waits).epsilon(1e-9));
  CHECK(server.busy_integral(now) == Approx(sojourns - waits).epsilon(1e-9));
}

}  // namespace
}  // namespace highwater
