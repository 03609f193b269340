// Tasks side by side: results, order, who is cancelled with which reason, exceptions, and the whole
// group's cancellation.

#include "engine/kernel/combine.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/completion.h"
#include "engine/kernel/scope.h"

namespace highwater {
namespace {

// Notes its end: its value, or the reason it was cancelled for.
struct Trace {
  std::vector<std::string> log;
};

class Witness {
 public:
  Witness(Simulation& simulation, Trace& trace, int id)
      : simulation_(simulation), trace_(trace), id_(id) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() {
    if (finished_) return;
    const bool sibling = simulation_.cancel_reason() == CancelReason::sibling_finished;
    const bool late = simulation_.cancel_reason() == CancelReason::deadline;
    trace_.log.push_back(std::to_string(id_) + (sibling ? " unneeded"
                                                : late  ? " late"
                                                        : " killed"));
  }
  void finish() {
    finished_ = true;
    trace_.log.push_back(std::to_string(id_) + " done");
  }

 private:
  Simulation& simulation_;
  Trace& trace_;
  int id_;
  bool finished_ = false;
};

Task<int> member(Simulation& simulation, Trace& trace, int id, Duration after) {
  Witness witness(simulation, trace, id);
  if (after > Duration::zero()) co_await simulation.delay(after);
  witness.finish();
  co_return id;
}

Task<int> thrower(Simulation& simulation, Duration after, std::string what) {
  if (after > Duration::zero()) co_await simulation.delay(after);
  throw std::runtime_error(what);
}

// Runs a task as the only one of a world, to its end.
struct Bench {
  Simulation simulation;
  Trace trace;
  Scope scope{simulation};
  template <class Body>
  void run(const Body& body) {
    scope.spawn(body());
    simulation.run();
    CHECK(scope.size() == 0);
    CHECK(FramePool::live() == 0);
  }
};

TEST_CASE("when_all: a tuple of values, when the last has finished", "[kernel][combine]") {
  Bench b;
  const auto note = [&]() -> Task<> {
    co_await b.simulation.delay(3ns);
    b.trace.log.push_back("noted");
  };
  const auto text = []() -> Task<std::unique_ptr<std::string>> {
    co_return std::make_unique<std::string>("text");
  };
  b.run([&]() -> Task<> {
    auto [first, nothing, second, string] =
        co_await when_all(member(b.simulation, b.trace, 1, 9ns), note(),
                          member(b.simulation, b.trace, 2, 5ns), text());
    CHECK(first == 1);
    CHECK(second == 2);
    CHECK(*string == "text");
    CHECK(nothing == std::monostate{});
    CHECK(b.simulation.now() == Time{9ns});
    const auto none = co_await when_all();
    CHECK(std::tuple_size_v<decltype(none)> == 0);
  });
  CHECK(b.trace.log == std::vector<std::string>{"noted", "2 done", "1 done"});
}

TEST_CASE("when_all: a list, even when nobody waits", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 5; ++i) {
      tasks.push_back(member(b.simulation, b.trace, i, i % 2 == 0 ? 0ns : Duration{10 - i}));
    }
    const std::vector<int> values = co_await when_all(std::move(tasks));
    CHECK(values == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(b.simulation.now() == Time{9ns});
    std::vector<Task<int>> empty;
    const std::vector<int> none = co_await when_all(std::move(empty));
    CHECK(none.empty());
    std::vector<Task<int>> ready;
    for (int i = 0; i < 3; ++i) ready.push_back(member(b.simulation, b.trace, i, 0ns));
    const std::vector<int> at_once = co_await when_all(std::move(ready));
    CHECK(at_once.size() == 3);
  });
}

TEST_CASE("when_all: waits for all, then rethrows the first of the list", "[kernel][combine]") {
  Bench b;
  std::string caught;
  b.run([&]() -> Task<> {
    std::vector<Task<int>> tasks;
    tasks.push_back(member(b.simulation, b.trace, 1, 9ns));
    tasks.push_back(thrower(b.simulation, 5ns, "second"));
    tasks.push_back(thrower(b.simulation, 0ns, "third"));
    try {
      co_await when_all(std::move(tasks));
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    CHECK(b.simulation.now() == Time{9ns});
  });
  CHECK(caught == "second");
}

TEST_CASE("when_any: the first wins, the others are told why", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    const First<int> first = co_await when_any(b.simulation, member(b.simulation, b.trace, 1, 9ns),
                                               member(b.simulation, b.trace, 2, 5ns),
                                               member(b.simulation, b.trace, 3, 7ns));
    CHECK(first.index == 1);
    CHECK(first.value == 2);
    CHECK(b.simulation.now() == Time{5ns});
    CHECK(b.simulation.cancel_reason() == CancelReason::abandoned);
  });
  CHECK(b.trace.log == std::vector<std::string>{"2 done", "1 unneeded", "3 unneeded"});
  CHECK(b.simulation.now() == Time{5ns});
}

TEST_CASE("when_any: one that need not wait wins before the next is started", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    std::vector<Task<int>> tasks;
    tasks.push_back(member(b.simulation, b.trace, 1, 9ns));
    tasks.push_back(member(b.simulation, b.trace, 2, 0ns));
    tasks.push_back(member(b.simulation, b.trace, 3, 0ns));
    const First<int> first = co_await when_any(b.simulation, std::move(tasks));
    CHECK(first.index == 1);
  });
  CHECK(b.trace.log == std::vector<std::string>{"2 done", "1 unneeded"});
}

TEST_CASE("when_any: two that finish at the same instant", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    const First<int> first = co_await when_any(b.simulation, member(b.simulation, b.trace, 1, 5ns),
                                               member(b.simulation, b.trace, 2, 5ns));
    CHECK(first.index == 0);
  });
  CHECK(b.trace.log == std::vector<std::string>{"1 done", "2 unneeded"});
}

TEST_CASE("when_any: what the first threw is rethrown", "[kernel][combine]") {
  Bench b;
  std::string caught;
  b.run([&]() -> Task<> {
    try {
      co_await when_any(b.simulation, member(b.simulation, b.trace, 1, 9ns),
                        thrower(b.simulation, 5ns, "oh"));
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
  });
  CHECK(caught == "oh");
  CHECK(b.trace.log == std::vector<std::string>{"1 unneeded"});
}

Task<bool> vote(Simulation& simulation, Trace& trace, int id, Duration after, bool yes) {
  const int value = co_await member(simulation, trace, id, after);
  co_return yes&& value == id;
}

TEST_CASE("quorum: ends when reached", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    std::vector<Task<bool>> votes;
    votes.push_back(vote(b.simulation, b.trace, 0, 5ns, true));
    votes.push_back(vote(b.simulation, b.trace, 1, 3ns, false));
    votes.push_back(vote(b.simulation, b.trace, 2, 9ns, true));
    votes.push_back(vote(b.simulation, b.trace, 3, 7ns, true));
    const QuorumResult<bool> result = co_await quorum(b.simulation, 2, std::move(votes));
    CHECK(result.reached);
    CHECK(b.simulation.now() == Time{7ns});
    CHECK(result.values == std::vector<std::optional<bool>>{true, false, std::nullopt, true});
  });
  CHECK(b.trace.log == std::vector<std::string>{"1 done", "0 done", "3 done", "2 unneeded"});
}

TEST_CASE("quorum: ends when it is out of reach", "[kernel][combine]") {
  Bench b;
  const auto lookup = [&](Duration after, std::optional<int> value) -> Task<std::optional<int>> {
    co_await b.simulation.delay(after);
    co_return value;
  };
  const auto failing = [&]() -> Task<std::optional<int>> {
    co_await b.simulation.delay(1ns);
    throw std::runtime_error("lost");
  };
  b.run([&]() -> Task<> {
    std::vector<Task<std::optional<int>>> lookups;
    lookups.push_back(lookup(9ns, 1));
    lookups.push_back(lookup(4ns, std::nullopt));
    lookups.push_back(failing());
    const auto result = co_await quorum(b.simulation, 2, std::move(lookups));
    CHECK_FALSE(result.reached);
    CHECK(b.simulation.now() == Time{4ns});
    CHECK_FALSE(result.values[0].has_value());
    CHECK(result.values[1].has_value());
    CHECK_FALSE(result.values[2].has_value());
    std::vector<Task<bool>> too_few;
    too_few.push_back(vote(b.simulation, b.trace, 0, 5ns, true));
    const auto hopeless = co_await quorum(b.simulation, 2, std::move(too_few));
    CHECK_FALSE(hopeless.reached);
    std::vector<Task<bool>> nobody;
    const auto trivial = co_await quorum(b.simulation, 0, std::move(nobody));
    CHECK(trivial.reached);
    CHECK(b.simulation.now() == Time{4ns});
  });
  CHECK(b.trace.log.empty());
}

TEST_CASE("with_deadline: the value in time, or the task cancelled", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    const auto in_time =
        co_await with_deadline(b.simulation, member(b.simulation, b.trace, 1, 5ns), Time{6ns});
    CHECK(in_time == 1);
    CHECK(b.simulation.now() == Time{5ns});
    const auto late =
        co_await with_deadline(b.simulation, member(b.simulation, b.trace, 2, 5ns), Time{9ns});
    CHECK_FALSE(late.has_value());
    CHECK(b.simulation.now() == Time{9ns});
    Lane& lane = b.simulation.lane(3ns);
    const auto by_lane =
        co_await with_timeout(b.simulation, member(b.simulation, b.trace, 3, 5ns), lane);
    CHECK_FALSE(by_lane.has_value());
    const auto quick =
        co_await with_timeout(b.simulation, member(b.simulation, b.trace, 4, 2ns), lane);
    CHECK(quick == 4);
    const auto at_once =
        co_await with_timeout(b.simulation, member(b.simulation, b.trace, 5, 0ns), lane);
    CHECK(at_once == 5);
    const auto past =
        co_await with_deadline(b.simulation, member(b.simulation, b.trace, 6, 0ns), Time{1ns});
    CHECK_FALSE(past.has_value());
    const auto never =
        co_await with_deadline(b.simulation, member(b.simulation, b.trace, 7, 1s), kNever);
    CHECK(never == 7);
  });
  CHECK(b.trace.log ==
        std::vector<std::string>{"1 done", "2 late", "3 late", "4 done", "5 done", "7 done"});
  CHECK(b.simulation.pending() == 0);
}

TEST_CASE("with_deadline: at the same instant the one due first wins", "[kernel][combine]") {
  Bench b;
  b.run([&]() -> Task<> {
    // The member's delay was scheduled before the deadline.
    const auto tie =
        co_await with_deadline(b.simulation, member(b.simulation, b.trace, 1, 5ns), Time{5ns});
    CHECK(tie == 1);
    bool caught = false;
    try {
      co_await with_deadline(b.simulation, thrower(b.simulation, 1ns, "oh"), kNever);
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
  });
}

TEST_CASE("groups are cancelled as a whole, nested ones too", "[kernel][combine]") {
  Bench b;
  const auto inner = [&](int base) -> Task<int> {
    const First<int> first =
        co_await when_any(b.simulation, member(b.simulation, b.trace, base, 50ns),
                          member(b.simulation, b.trace, base + 1, 60ns));
    co_return first.value;
  };
  const auto outer = [&]() -> Task<> {
    const auto both = co_await when_all(inner(1), inner(3));
    CHECK(std::get<0>(both) == 0);  // never reached
  };
  b.scope.spawn(outer());
  b.simulation.run_until(Time{10ns});
  b.scope.cancel();
  CHECK(FramePool::live() == 0);
  CHECK(b.trace.log.size() == 4);
  CHECK(b.trace.log.front().find("killed") != std::string::npos);
  CHECK(b.simulation.pending() == 0);
}

TEST_CASE("a member of a group may cancel the scope it belongs to", "[kernel][combine]") {
  Bench b;
  const auto suicide = [&]() -> Task<int> {
    co_await b.simulation.delay(5ns);
    b.scope.cancel();
    b.trace.log.push_back("still here");
    co_return 0;
  };
  const auto body = [&]() -> Task<> {
    co_await when_any(b.simulation, member(b.simulation, b.trace, 1, 50ns), suicide());
    b.trace.log.push_back("went on");  // the winner hands over without waiting
    co_await b.simulation.yield();
    b.trace.log.push_back("never");
  };
  b.scope.spawn(body());
  b.simulation.run();
  CHECK(FramePool::live() == 0);
  CHECK(b.trace.log == std::vector<std::string>{"still here", "1 unneeded", "went on"});
}

TEST_CASE("a loser's answer is broken with the group's reason", "[kernel][combine]") {
  Bench b;
  CancelReason reason = CancelReason::abandoned;
  Scope waiters(b.simulation);
  Completion<int> answer(b.simulation);
  const auto waiter = [&]() -> Task<> {
    const Outcome<int> outcome = co_await answer;
    reason = outcome.reason();
  };
  waiters.spawn(waiter());
  const auto owing = [&](CompletionSender<int> sender) -> Task<int> {
    co_await b.simulation.delay(50ns);
    sender.send(1);
    co_return 1;
  };
  b.run([&]() -> Task<> {
    CompletionSender<int> sender = answer.sender();
    co_await when_any(b.simulation, owing(std::move(sender)),
                      member(b.simulation, b.trace, 1, 5ns));
  });
  CHECK(reason == CancelReason::sibling_finished);
}

}  // namespace
}  // namespace highwater
