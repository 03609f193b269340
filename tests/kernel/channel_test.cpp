// Channels and conditions: order, bounds, closing, and cancellation at every point where a value or
// a wake-up is on its way.

#include "engine/kernel/channel.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/condition.h"
#include "engine/kernel/random.h"
#include "engine/kernel/scope.h"

namespace highwater {
namespace {

Task<> produce(Simulation& simulation, Channel<int>& channel, int first, int count, Duration gap,
               int& sent) {
  for (int i = 0; i < count; ++i) {
    if (gap > Duration::zero()) co_await simulation.delay(gap);
    const bool taken = co_await channel.send(first + i);
    if (!taken) co_return;
    ++sent;
  }
}

Task<> consume(Simulation& simulation, Channel<int>& channel, Duration gap, std::vector<int>& got) {
  while (true) {
    const std::optional<int> value = co_await channel.receive();
    if (!value) co_return;
    got.push_back(*value);
    if (gap > Duration::zero()) co_await simulation.delay(gap);
  }
}

TEST_CASE("channel: values arrive in order under every bound", "[kernel][channel]") {
  const std::size_t capacity =
      GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100});
  const Duration producing = GENERATE(0ns, 3ns);
  const Duration consuming = GENERATE(0ns, 5ns);
  CAPTURE(capacity, producing.count(), consuming.count());
  Simulation simulation;
  Channel<int> channel(simulation, capacity);
  Scope scope(simulation);
  std::vector<int> got;
  int sent = 0;
  scope.spawn(produce(simulation, channel, 0, 50, producing, sent));
  if (capacity < 50 && producing == 0ns) CHECK(sent == static_cast<int>(capacity));
  scope.spawn(consume(simulation, channel, consuming, got));
  simulation.run();
  REQUIRE(got.size() == 50);
  for (int i = 0; i < 50; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
  CHECK(sent == 50);
  CHECK(scope.size() == 1);  // the consumer waits for more
  channel.close();
  simulation.run();
  CHECK(scope.size() == 0);
}

TEST_CASE("channel: receivers are served in the order they came", "[kernel][channel]") {
  Simulation simulation;
  Channel<int> channel(simulation);
  Scope scope(simulation);
  std::vector<std::vector<int>> got(3);
  for (auto& list : got) scope.spawn(consume(simulation, channel, 10ns, list));
  int sent = 0;
  scope.spawn(produce(simulation, channel, 0, 6, 0ns, sent));
  CHECK(sent == 6);  // unbounded
  simulation.run();
  CHECK(got == std::vector<std::vector<int>>{{0, 3}, {1, 4}, {2, 5}});
  channel.close();
  simulation.run();
}

TEST_CASE("channel: close lets receivers drain and turns senders away", "[kernel][channel]") {
  Simulation simulation;
  Channel<int> channel(simulation, 2);
  Scope scope(simulation);
  int sent = 0;
  scope.spawn(produce(simulation, channel, 0, 5, 0ns, sent));
  CHECK(sent == 2);
  channel.close();
  CHECK(channel.closed());
  simulation.run();
  CHECK(sent == 2);
  CHECK(scope.size() == 0);
  CHECK_FALSE(channel.try_send(9));
  std::vector<int> got;
  scope.spawn(consume(simulation, channel, 0ns, got));
  CHECK(got == std::vector<int>{0, 1});
  CHECK(scope.size() == 0);
}

TEST_CASE("channel: trying never waits", "[kernel][channel]") {
  Simulation simulation;
  Channel<std::unique_ptr<int>> channel(simulation, 1);
  CHECK_FALSE(channel.try_receive().has_value());
  auto value = std::make_unique<int>(1);
  CHECK(channel.try_send(value));
  CHECK(value == nullptr);
  auto second = std::make_unique<int>(2);
  CHECK_FALSE(channel.try_send(second));
  REQUIRE(second != nullptr);
  CHECK(channel.size() == 1);
  CHECK(**channel.try_receive() == 1);
  CHECK(channel.empty());
}

TEST_CASE("channel: a cancelled sender withdraws its value", "[kernel][channel]") {
  Simulation simulation;
  Channel<int> channel(simulation, 1);
  Scope first(simulation);
  Scope second(simulation);
  int sent = 0;
  int sent_too = 0;
  first.spawn(produce(simulation, channel, 0, 2, 0ns, sent));
  second.spawn(produce(simulation, channel, 10, 1, 0ns, sent_too));
  first.cancel();
  std::vector<int> got;
  Scope receiver(simulation);
  receiver.spawn(consume(simulation, channel, 0ns, got));
  simulation.run();
  CHECK(got == std::vector<int>{0, 10});
  CHECK(sent == 1);
  CHECK(sent_too == 1);
}

TEST_CASE("channel: a cancelled receiver gives back what it had not seen", "[kernel][channel]") {
  Simulation simulation;
  Channel<int> channel(simulation);
  Scope first(simulation);
  Scope second(simulation);
  std::vector<int> lost;
  std::vector<int> got;
  first.spawn(consume(simulation, channel, 0ns, lost));
  CHECK(channel.try_send(1));  // handed to the first, who has not run yet
  CHECK(channel.try_send(2));
  SECTION("to the line") {
    first.cancel();
    CHECK(channel.size() == 2);
    second.spawn(consume(simulation, channel, 0ns, got));
  }
  SECTION("to the next receiver") {
    CHECK(channel.size() == 1);
    CHECK(channel.try_receive() == 2);
    second.spawn(consume(simulation, channel, 0ns, got));
    first.cancel();
    CHECK(channel.try_send(2));
  }
  simulation.run();
  CHECK(got == std::vector<int>{1, 2});
  CHECK(lost.empty());
  second.cancel();
  CHECK(FramePool::live() == 0);
}

TEST_CASE("channel: nothing is lost or made up under cancellation", "[kernel][channel][property]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    RandomStream random(random_key(seed, "channel", "test"));
    Simulation simulation;
    Channel<int> channel(simulation, random.below(4));
    Scope producers(simulation);
    Scope consumers(simulation);
    int taken = 0;
    int received = 0;
    const auto producer = [&]() -> Task<> {
      for (int i = 0; i < 20; ++i) {
        co_await simulation.delay(Duration{static_cast<std::int64_t>(random.below(4))});
        const bool ok = co_await channel.send(1);
        if (ok) ++taken;
      }
    };
    const auto consumer = [&]() -> Task<> {
      while (true) {
        const std::optional<int> value = co_await channel.receive();
        if (!value) co_return;
        received += *value;
        co_await simulation.delay(Duration{static_cast<std::int64_t>(random.below(5))});
      }
    };
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 3; ++i) {
        producers.spawn(producer());
        consumers.spawn(consumer());
      }
      simulation.run_until(simulation.now() +
                           Duration{static_cast<std::int64_t>(random.below(40))});
      if (random.below(2) == 0) consumers.cancel();
    }
    simulation.run_until(simulation.now() + 1us);
    channel.close();
    simulation.run();
    while (std::optional<int> value = channel.try_receive()) received += *value;
    CHECK(taken == received);
    CHECK(taken > 50);
    producers.cancel();
    consumers.cancel();
  }
  CHECK(FramePool::live() == 0);
}

Task<> wait_for_it(Condition& condition, int id, std::vector<int>& woken) {
  co_await condition.wait();
  woken.push_back(id);
}

TEST_CASE("condition: one, all, and nobody", "[kernel][condition]") {
  Simulation simulation;
  Condition condition(simulation);
  Scope scope(simulation);
  std::vector<int> woken;
  condition.notify_one();
  condition.notify_all();  // no memory
  for (int i = 0; i < 4; ++i) scope.spawn(wait_for_it(condition, i, woken));
  CHECK(condition.has_waiters());
  condition.notify_one();
  CHECK(woken.empty());  // through the ring
  simulation.run();
  CHECK(woken == std::vector<int>{0});
  condition.notify_all();
  scope.spawn(wait_for_it(condition, 9, woken));  // too late for this one
  simulation.run();
  CHECK(woken == std::vector<int>{0, 1, 2, 3});
  CHECK(scope.size() == 1);
  scope.cancel();
  CHECK_FALSE(condition.has_waiters());
}

TEST_CASE("condition: a cancelled waiter passes the wake-up on", "[kernel][condition]") {
  Simulation simulation;
  Condition condition(simulation);
  Scope first(simulation);
  Scope second(simulation);
  std::vector<int> woken;
  first.spawn(wait_for_it(condition, 1, woken));
  first.spawn(wait_for_it(condition, 2, woken));
  second.spawn(wait_for_it(condition, 3, woken));
  condition.notify_one();
  first.cancel();
  simulation.run();
  CHECK(woken == std::vector<int>{3});
}

TEST_CASE("condition: waiting with a limit", "[kernel][condition]") {
  Simulation simulation;
  Condition condition(simulation);
  Scope scope(simulation);
  std::vector<std::string> log;
  const auto body = [&]() -> Task<> {
    const bool first = co_await condition.wait_until(Time{5ns});
    log.push_back(first ? "notified" : "late");
    CHECK(simulation.now() == Time{5ns});
    const bool second = co_await condition.wait_for(simulation.lane(20ns));
    log.push_back(second ? "notified" : "late");
    CHECK(simulation.now() == Time{10ns});
    const bool third = co_await condition.wait_until(Time{10ns});
    log.push_back(third ? "notified" : "late");
    const bool fourth = co_await condition.wait_until(kNever);
    log.push_back(fourth ? "notified" : "late");
  };
  const auto notify = [&]() -> Task<> {
    co_await simulation.until(Time{10ns});
    condition.notify_one();
    co_await simulation.until(Time{1s});
    condition.notify_one();
  };
  scope.spawn(body());
  scope.spawn(notify());
  simulation.run();
  CHECK(log == std::vector<std::string>{"late", "notified", "late", "notified"});
  CHECK(simulation.now() == Time{1s});
  CHECK(simulation.pending() == 0);
  CHECK(scope.size() == 0);
}

}  // namespace
}  // namespace highwater
