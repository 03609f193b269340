// Tasks and scopes: values, exceptions, stack, cancellation in every state, frames counted.

#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/kernel/completion.h"
#include "engine/kernel/scope.h"

namespace highwater {
namespace {

Task<int> answer(Simulation& simulation, Duration after, int value) {
  co_await simulation.delay(after);
  co_return value;
}

Task<> nothing() {
  co_return;
}

Task<> await_many(std::int64_t count, std::int64_t& done) {
  for (std::int64_t i = 0; i < count; ++i) {
    co_await nothing();
    ++done;
  }
}

Task<int> depth(int levels) {
  if (levels == 0) co_return 0;
  const int below = co_await depth(levels - 1);
  co_return below + 1;
}

Task<> ping(Simulation& simulation, std::int64_t count, std::int64_t& done) {
  for (std::int64_t i = 0; i < count; ++i) {
    co_await simulation.yield();
    ++done;
  }
}

TEST_CASE("task: ten million awaits in a row need no stack", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  std::int64_t done = 0;
  scope.spawn(await_many(10'000'000, done));
  CHECK(done == 10'000'000);
  CHECK(FramePool::live() == 0);
}

TEST_CASE("task: wake-ups in a row need no stack", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  std::int64_t done = 0;
  scope.spawn(ping(simulation, 1'000'000, done));
  simulation.run();
  CHECK(done == 1'000'000);
  CHECK(simulation.now() == Time{});
  CHECK(simulation.events() == 1'000'000);
}

// Waits until somebody calls let_go().
class Door : private Resumption {
 public:
  explicit Door(Simulation& simulation) : Resumption(simulation) {}
  void let_go() { resume_now(); }

  struct Wait {
    Door& door;
    bool await_ready() const { return false; }
    template <std::derived_from<detail::TaskPromise> Promise>
    void await_suspend(std::coroutine_handle<Promise> task) {
      door.remember(task);
    }
    void await_resume() const {}
  };
  Wait opened() { return Wait{*this}; }
};

// An event that opens a door.
struct Opener : Event {
  explicit Opener(Door& d) : Event(&Opener::fire), door(d) {}
  static void fire(Event& event) { static_cast<Opener&>(event).door.let_go(); }
  Door& door;
};

TEST_CASE("task: resumed by an event itself, it runs before all else that is due", "[kernel]") {
  Simulation simulation;
  std::vector<int> order;
  Door door(simulation);
  Opener opener(door);
  Scope scope(simulation);
  const auto body = [&]() -> Task<> {
    co_await door.opened();
    order.push_back(1);
    scope.cancel();  // it runs, so it goes on until it next waits
    order.push_back(2);
    co_await simulation.yield();
    order.push_back(3);
  };
  const auto after = [&]() -> Task<> {
    co_await simulation.delay(5ns);
    order.push_back(4);
  };
  Scope others(simulation);
  scope.spawn(body());
  simulation.schedule_at(opener, Time{5ns});
  others.spawn(after());
  simulation.run();
  CHECK(order == std::vector<int>{1, 2, 4});
  CHECK(simulation.events() == 2);
  CHECK(scope.size() == 0);
  CHECK(FramePool::live() == 0);
}

TEST_CASE("task: starts lazily, gives its value, frees its frame", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  int got = 0;
  {
    Task<int> never_awaited = answer(simulation, 1ns, 1);
    CHECK(FramePool::live() == 1);
    CHECK(simulation.pending() == 0);
  }
  CHECK(FramePool::live() == 0);
  const auto body = [&]() -> Task<> {
    got = co_await answer(simulation, 5ns, 42);
    got += co_await depth(1'000);
    Task<int> kept = answer(simulation, 1ns, 100);
    Task<int> moved = std::move(kept);
    CHECK_FALSE(static_cast<bool>(kept));
    got += co_await std::move(moved);
  };
  scope.spawn(body());
  CHECK(scope.size() == 1);
  CHECK(got == 0);
  simulation.run();
  CHECK(got == 1'142);
  CHECK(simulation.now() == Time{6ns});
  CHECK(scope.size() == 0);
  CHECK(FramePool::live() == 0);
}

TEST_CASE("task: values need neither copies nor defaults", "[kernel]") {
  struct Odd {
    explicit Odd(int v) : value(std::make_unique<int>(v)) {}
    std::unique_ptr<int> value;
  };
  Simulation simulation;
  Scope scope(simulation);
  int got = 0;
  const auto make = [&]() -> Task<Odd> {
    co_await simulation.yield();
    co_return Odd(5);
  };
  const auto body = [&]() -> Task<> {
    const Odd odd = co_await make();
    got = *odd.value;
  };
  scope.spawn(body());
  simulation.run();
  CHECK(got == 5);
}

TEST_CASE("task: an exception reaches the awaiter", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  std::string caught;
  const auto thrower = [&]() -> Task<int> {
    co_await simulation.delay(1ns);
    throw std::runtime_error("broken");
  };
  const auto between = [&]() -> Task<int> {
    const int value = co_await thrower();
    co_return value;
  };
  const auto body = [&]() -> Task<> {
    try {
      co_await between();
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
  };
  scope.spawn(body());
  simulation.run();
  CHECK(caught == "broken");
  CHECK(FramePool::live() == 0);
}

// Runs a function in a child process; the signal that ended it.
template <class Function>
int signal_of(Function function) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(3);
    function();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("task: what can only be a bug stops the program", "[kernel]") {
  CHECK(signal_of([] {}) == 0);
  CHECK(signal_of([] {
          Simulation simulation;
          Scope scope(simulation);
          const auto body = []() -> Task<> {
            throw std::runtime_error("nobody listens");
            co_return;
          };
          scope.spawn(body());
        }) == SIGABRT);
  CHECK(signal_of([] {
          Simulation simulation;
          simulation.run_until(Time{5ns});
          Event event([](Event&) {});
          simulation.schedule_at(event, Time{4ns});
        }) == SIGABRT);
  CHECK(signal_of([] {
          Simulation simulation;
          Event event([](Event&) {});
          simulation.schedule_at(event, Time{4ns});
          simulation.schedule_at(event, Time{5ns});
        }) == SIGABRT);
  CHECK(signal_of([] {
          Simulation simulation;
          Event event([](Event&) {});
          simulation.schedule_after(event, -1ns);
        }) == SIGABRT);
  CHECK(signal_of([] {  // from within another task, whose stack it would nest on
          Simulation simulation;
          Door door(simulation);
          Scope scope(simulation);
          const auto wait = [&]() -> Task<> { co_await door.opened(); };
          const auto open = [&]() -> Task<> {
            door.let_go();
            co_return;
          };
          scope.spawn(wait());
          scope.spawn(open());
        }) == SIGABRT);
}

// Counts how many of it exist, as what a task holds.
struct Held {
  explicit Held(int& n) : count(n) { ++count; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { --count; }
  int& count;
};

Task<> hold_forever(Simulation& simulation, int& count, int levels) {
  const Held held(count);
  if (levels > 0) {
    co_await hold_forever(simulation, count, levels - 1);
  } else {
    co_await simulation.delay(1h);
  }
}

TEST_CASE("scope: cancel destroys every chain of awaits", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  int held = 0;
  for (int i = 0; i < 100; ++i) scope.spawn(hold_forever(simulation, held, 9));
  simulation.run_until(Time{1s});
  CHECK(held == 1'000);
  CHECK(FramePool::live() == 1'000);
  CHECK(scope.size() == 100);
  scope.cancel();
  CHECK(held == 0);
  CHECK(FramePool::live() == 0);
  CHECK(scope.size() == 0);
  CHECK(simulation.pending() == 0);
  scope.spawn(hold_forever(simulation, held, 0));  // a cancelled scope may be used again
  CHECK(scope.size() == 1);
  scope.cancel();
  CHECK(held == 0);
}

TEST_CASE("scope: its end is the end of its tasks", "[kernel]") {
  Simulation simulation;
  int held = 0;
  {
    Scope scope(simulation);
    scope.spawn(hold_forever(simulation, held, 3));
    CHECK(held == 4);
  }
  CHECK(held == 0);
  CHECK(FramePool::live() == 0);
}

TEST_CASE("scope: tasks are cancelled wherever they wait", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  int resumed = 0;
  const auto in_ring = [&]() -> Task<> {
    co_await simulation.yield();
    ++resumed;
  };
  const auto in_lane = [&]() -> Task<> {
    co_await simulation.delay(simulation.lane(5ns));
    ++resumed;
  };
  const auto in_heap = [&]() -> Task<> {
    co_await simulation.until(Time{7ns});
    ++resumed;
  };
  scope.spawn(in_ring());
  scope.spawn(in_lane());
  scope.spawn(in_heap());
  scope.cancel();
  simulation.run();
  CHECK(resumed == 0);
  CHECK(FramePool::live() == 0);
  scope.spawn(in_ring());
  scope.spawn(in_lane());
  scope.spawn(in_heap());
  simulation.run();
  CHECK(resumed == 3);
}

TEST_CASE("scope: a task that cancels its own scope ends when it next waits", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  std::vector<std::string> log;
  int held = 0;
  const auto suicide = [&](bool nested) -> Task<> {
    const Held mine(held);
    co_await simulation.delay(5ns);
    const auto inner = [&]() -> Task<> {
      const Held inner_held(held);
      scope.cancel();
      CHECK(scope.size() == 0);
      log.push_back("cancelled");
      co_await nothing();  // no wait: goes on
      log.push_back("going on");
      co_await simulation.yield();
      log.push_back("never");
    };
    if (nested) {
      co_await inner();
    } else {
      scope.cancel();
      log.push_back("returned");
    }
  };
  scope.spawn(hold_forever(simulation, held, 2));
  scope.spawn(suicide(true));
  simulation.run();
  CHECK(log == std::vector<std::string>{"cancelled", "going on"});
  CHECK(held == 0);
  CHECK(FramePool::live() == 0);
  log.clear();
  scope.spawn(suicide(false));
  simulation.run();
  CHECK(log == std::vector<std::string>{"returned"});
  CHECK(held == 0);
  CHECK(FramePool::live() == 0);
  CHECK(scope.size() == 0);
}

TEST_CASE("scope: cancelled through another scope's task, before the first event, too",
          "[kernel]") {
  Simulation simulation;
  Scope victim(simulation);
  Scope killer(simulation);
  int held = 0;
  bool went_on = false;
  const auto kill = [&]() -> Task<> {
    victim.cancel();
    co_return;
  };
  const auto body = [&]() -> Task<> {
    const Held mine(held);
    killer.spawn(kill());  // runs on top of this task
    went_on = true;
    co_await simulation.yield();
    went_on = false;
  };
  victim.spawn(body());  // outside of any event
  CHECK(went_on);
  CHECK(held == 0);
  CHECK(FramePool::live() == 0);
  simulation.run();
  CHECK(went_on);

  const auto later = [&]() -> Task<> {
    co_await simulation.delay(1ns);
    co_await body();
  };
  victim.spawn(hold_forever(simulation, held, 0));
  victim.spawn(later());
  simulation.run();
  CHECK(went_on);
  CHECK(held == 0);
  CHECK(FramePool::live() == 0);
}

TEST_CASE("scope: tasks spawned by the destructors of cancelled ones live", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  int restarted = 0;
  struct Restart {
    ~Restart() {
      const auto again = [](int& n) -> Task<> {
        ++n;
        co_return;
      };
      scope.spawn(again(restarted));
    }
    Scope& scope;
    int& restarted;
  };
  const auto body = [&]() -> Task<> {
    const Restart restart{scope, restarted};
    co_await simulation.delay(1h);
  };
  scope.spawn(body());
  scope.cancel();
  CHECK(restarted == 1);
  CHECK(FramePool::live() == 0);
}

Task<> serve(Simulation& simulation, Duration work, CompletionSender<int> reply) {
  co_await simulation.delay(work);
  reply.send(7);
}

struct Call {
  bool answered = false;
  int value = 0;
  CancelReason reason = CancelReason::abandoned;
  Time at{};
};

Task<> call(Simulation& simulation, Scope& server, Duration work, Call& result) {
  Completion<int> reply(simulation);
  server.spawn(serve(simulation, work, reply.sender()));
  const Outcome<int> outcome = co_await reply;
  result.answered = outcome.has_value();
  if (outcome) {
    result.value = outcome.value();
  } else {
    result.reason = outcome.reason();
  }
  result.at = simulation.now();
}

TEST_CASE("scope: while it is frozen none of its tasks goes on", "[kernel]") {
  Simulation simulation;
  Scope frozen(simulation), other(simulation);
  std::vector<std::string> log;
  const auto say = [&](const char* what, Duration first, Duration then) -> Task<> {
    co_await simulation.delay(first);
    log.push_back(what + std::to_string(simulation.now().time_since_epoch() / 1ms));
    co_await simulation.delay(then);
    log.push_back(what + std::to_string(simulation.now().time_since_epoch() / 1ms));
  };
  frozen.spawn(say("a", 5ms, 1ms));
  frozen.spawn(say("b", 3ms, 30ms));
  frozen.spawn(say("c", 15ms, 1ms));
  other.spawn(say("o", 5ms, 1ms));
  simulation.run_until(Time{2ms});
  frozen.freeze();
  simulation.run_until(Time{10ms});
  CHECK(log == std::vector<std::string>{"o5", "o6"});
  CHECK(frozen.size() == 3);
  frozen.thaw();
  simulation.run();
  // In the order in which they were due.
  CHECK(log == std::vector<std::string>{"o5", "o6", "b10", "a10", "a11", "c15", "c16", "b40"});
}

TEST_CASE("scope: what a frozen one keeps goes with its tasks", "[kernel]") {
  Simulation simulation;
  {
    Scope scope(simulation);
    bool went_on = false;
    const auto wait = [&]() -> Task<> {
      co_await simulation.delay(1ms);
      went_on = true;
    };
    scope.spawn(wait());
    scope.freeze();
    simulation.run_until(Time{5ms});
    scope.cancel();
    scope.thaw();
    simulation.run();
    CHECK_FALSE(went_on);
    scope.spawn(wait());
    scope.freeze();
    simulation.run_until(Time{10ms});
  }
  // Others are not held up by one that is no more.
  Scope next(simulation);
  bool ran = false;
  const auto run = [&]() -> Task<> {
    co_await simulation.delay(1ms);
    ran = true;
  };
  next.spawn(run());
  simulation.run();
  CHECK(ran);
}

TEST_CASE("completion: the answer or the reason for its absence reaches the waiter", "[kernel]") {
  Simulation simulation;
  Scope clients(simulation);
  Call result;
  SECTION("answered") {
    Scope server(simulation);
    clients.spawn(call(simulation, server, 5ns, result));
    simulation.run();
    CHECK(result.answered);
    CHECK(result.value == 7);
    CHECK(result.at == Time{5ns});
  }
  SECTION("killed") {
    Scope server(simulation);
    clients.spawn(call(simulation, server, 5ns, result));
    simulation.run_until(Time{3ns});
    server.cancel(CancelReason::killed);
    CHECK(result.at == Time{});  // through the ring, not at once
    simulation.run();
    CHECK_FALSE(result.answered);
    CHECK(result.reason == CancelReason::killed);
    CHECK(result.at == Time{3ns});
  }
  SECTION("shut down") {
    {
      Scope server(simulation);
      clients.spawn(call(simulation, server, 5ns, result));
      simulation.run_until(Time{3ns});
    }
    simulation.run();
    CHECK(result.reason == CancelReason::shutdown);
  }
  SECTION("dropped without an answer") {
    Scope server(simulation);
    const auto drop = [](CompletionSender<int> sender) -> Task<> {
      CHECK(static_cast<bool>(sender));
      co_return;
    };
    const auto body = [&]() -> Task<> {
      Completion<int> reply(simulation);
      server.spawn(drop(reply.sender()));
      const Outcome<int> outcome = co_await reply;
      CHECK_FALSE(outcome.has_value());
      result.reason = outcome.reason();
      result.at = Time{1ns};
    };
    clients.spawn(body());
    simulation.run();
    CHECK(result.reason == CancelReason::abandoned);
    CHECK(result.at == Time{1ns});
  }
  SECTION("the waiter dies first") {
    Scope server(simulation);
    clients.spawn(call(simulation, server, 5ns, result));
    clients.cancel();
    simulation.run();
    CHECK_FALSE(result.answered);
    CHECK(simulation.now() == Time{5ns});
  }
  clients.cancel();
  CHECK(FramePool::live() == 0);
}

TEST_CASE("completion: waiting with a limit, then again", "[kernel]") {
  Simulation simulation;
  Scope scope(simulation);
  Scope server(simulation);
  std::vector<std::string> log;
  const auto body = [&]() -> Task<> {
    Completion<int> reply(simulation);
    server.spawn(serve(simulation, 10ns, reply.sender()));
    const auto first = co_await reply.wait_until(Time{3ns});
    log.push_back(first ? "answer" : "timeout");
    CHECK(simulation.now() == Time{3ns});
    const auto second = co_await reply.wait_for(simulation.lane(2ns));
    log.push_back(second ? "answer" : "timeout");
    CHECK(simulation.now() == Time{5ns});
    const auto past = co_await reply.wait_until(Time{5ns});  // no wait at all
    log.push_back(past ? "answer" : "timeout");
    const auto third = co_await reply.wait_until(Time{20ns});
    REQUIRE(third.has_value());
    CHECK(simulation.now() == Time{10ns});
    CHECK(third->value() == 7);
    log.push_back("answer");
    // The same instant: the answer was due first.
    server.spawn(serve(simulation, 10ns, reply.sender()));
    const auto tie = co_await reply.wait_until(Time{20ns});
    log.push_back(tie ? "answer" : "timeout");
  };
  scope.spawn(body());
  simulation.run();
  CHECK(log == std::vector<std::string>{"timeout", "timeout", "timeout", "answer", "answer"});
  CHECK(scope.size() == 0);
}

TEST_CASE("completion: senders move, and only the first answer counts", "[kernel]") {
  Simulation simulation;
  Completion<std::string> text(simulation);
  CompletionSender<std::string> first = text.sender();
  CompletionSender<std::string> second = std::move(first);
  CHECK_FALSE(static_cast<bool>(first));
  first.send("nothing");
  CHECK_FALSE(text.ready());
  second.send("once");
  second.send("twice");
  CHECK(text.ready());
  Scope scope(simulation);
  std::string got;
  const auto body = [&]() -> Task<> {
    Outcome<std::string> outcome = co_await text;
    got = *outcome;
  };
  scope.spawn(body());
  CHECK(got == "once");
  Completion<> done(simulation);
  done.sender().send();
  CHECK(done.ready());
}

TEST_CASE("frame pool: frames return to the thread's lists, large ones too", "[kernel]") {
  void* const a = FramePool::allocate(300);
  FramePool::release(a, 300);
  void* const b = FramePool::allocate(290);  // the same size class
#if !defined(__SANITIZE_ADDRESS__) && !defined(__has_feature)
  CHECK(a == b);
#endif
  void* const large = FramePool::allocate(100'000);
  CHECK(FramePool::live() == 2);
  FramePool::release(large, 100'000);
  FramePool::release(b, 290);
  CHECK(FramePool::live() == 0);
  std::int64_t live_elsewhere = -1;
  std::thread other([&] {
    Simulation simulation;
    Scope scope(simulation);
    std::int64_t done = 0;
    scope.spawn(ping(simulation, 10, done));
    simulation.run();
    live_elsewhere = FramePool::live();
  });
  other.join();
  CHECK(live_elsewhere == 0);
}

}  // namespace
}  // namespace highwater
