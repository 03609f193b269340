// The parts of the pending set alone: what the property test of event order can not see.

#include "engine/kernel/pending_set.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"

namespace highwater {
namespace {

struct Plain : Event {
  Plain() : Event([](Event&) {}) {}
};

TEST_CASE("event key: order is time, then sequence, and the parts come back", "[kernel]") {
  const EventKey a = event_key(Time{5ns}, 7, 3);
  CHECK(time_of(a) == Time{5ns});
  CHECK(slot_of(a) == 3);
  CHECK(a < event_key(Time{6ns}, 0, 0));
  CHECK(a < event_key(Time{5ns}, 8, 0));
  CHECK(event_key(Time{5ns}, 6, kLargestSlot) < a);
  const EventKey largest = event_key(kNever, kLargestSequence, kLargestSlot);
  CHECK(time_of(largest) == kNever);
  CHECK(slot_of(largest) == kLargestSlot);
  CHECK(largest == ~EventKey{0});
  CHECK(with_slot(a, 9) == event_key(Time{5ns}, 7, 9));
}

TEST_CASE("key heap: sorts, with holes and filtering in between", "[kernel][property]") {
  RandomStream random(random_key(1, "heap", "test"));
  for (std::size_t size = 1; size < 300; ++size) {
    KeyHeap heap;
    std::vector<EventKey> expected;
    for (std::size_t i = 0; i < 3 * size; ++i) {
      const EventKey key =
          event_key(Time{Duration{static_cast<std::int64_t>(random.below(50))}}, i, 0);
      heap.push(key);
      expected.push_back(key);
      if (random.below(3) == 0) {
        const auto smallest = std::min_element(expected.begin(), expected.end());
        REQUIRE(heap.top() == *smallest);
        heap.pop();
        expected.erase(smallest);
      }
      REQUIRE(heap.size() == expected.size());
    }
    heap.filter([](EventKey key) { return time_of(key) != Time{7ns}; });
    std::erase_if(expected, [](EventKey key) { return time_of(key) == Time{7ns}; });
    std::sort(expected.begin(), expected.end());
    for (const EventKey key : expected) {
      REQUIRE(heap.top() == key);
      heap.pop();
    }
    REQUIRE(heap.empty());
  }
}

TEST_CASE("pending set: cancelled entries never dominate", "[kernel]") {
  Simulation simulation;
  std::deque<Plain> events(20'000);
  PendingSet set;
  std::uint64_t sequence = 0;
  RandomStream random(random_key(1, "set", "cancel"));
  // Arms and cancels far more often than events are due.
  for (int round = 0; round < 20; ++round) {
    for (Plain& event : events) {
      if (event.pending()) set.cancel(event);
      set.push(event, Time{Duration{1 + static_cast<std::int64_t>(random.below(1'000'000))}},
               sequence++);
      REQUIRE(set.held() <= 2 * set.size() + 128);
    }
  }
  CHECK(set.size() == events.size());
  for (std::size_t i = 0; i + 1 < events.size(); ++i) set.cancel(events[i]);
  CHECK(set.size() == 1);
  CHECK(set.held() < 200);
  CHECK(set.slots() <= 4'096);
}

TEST_CASE("pending set: memory follows the population down", "[kernel]") {
  PendingSet set;
  std::deque<Plain> events(200'000);
  std::uint64_t sequence = 0;
  RandomStream random(random_key(1, "set", "shrink"));
  for (Plain& event : events) {
    set.push(event, Time{Duration{1 + static_cast<std::int64_t>(random.below(1'000'000))}},
             sequence++);
  }
  CHECK(set.slots() >= events.size());
  Plain last;
  set.push(last, Time{2s}, sequence++);
  Time due;
  Time before{};
  std::size_t popped = 0;
  while (set.next(due) && due < Time{2s}) {
    REQUIRE(due >= before);
    before = due;
    REQUIRE(set.pop() != nullptr);
    ++popped;
  }
  CHECK(popped == events.size());
  CHECK(set.slots() <= 8'192);
  CHECK(last.pending());  // under a new number
  CHECK(set.pop() == &last);
  CHECK_FALSE(set.next(due));
}

TEST_CASE("pending set: an event cancelled among many equal times is the one that is gone",
          "[kernel]") {
  PendingSet set;
  std::deque<Plain> events(5'000);
  std::uint64_t sequence = 0;
  for (Plain& event : events) set.push(event, Time{1s}, sequence++);
  for (std::size_t i = 0; i < events.size(); i += 3) set.cancel(events[i]);
  Time due;
  for (std::size_t i = 0; i < events.size();) {
    if (i % 3 == 0) {
      ++i;
      continue;
    }
    REQUIRE(set.next(due));
    Event* const event = set.pop();
    if (event == nullptr) continue;  // a cancelled entry surfaces
    REQUIRE(event == &events[i]);
    ++i;
  }
  CHECK(set.size() == 0);
}

}  // namespace
}  // namespace highwater
