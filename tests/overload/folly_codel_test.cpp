#include "models/algorithms/resilience/folly_codel.h"

#include <catch2/catch.hpp>

namespace highwater::resilience::folly_codel_test {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

bool drops(FollyCodel& codel, std::int64_t now_ms, std::int64_t delay_ms) {
  return codel.dequeue(now_ms * kMillisecond, delay_ms * kMillisecond) == QueueDecision::drop;
}

// What folly/executors/test/CodelTest.cpp demands: overload shows from the second request of the
// interval after the one in which it was seen, and only for who waited for twice the target.
TEST_CASE("folly_codel: drops within an interval that follows a slow one", "[overload]") {
  FollyCodel codel;
  CHECK_FALSE(drops(codel, 0, 100));   // begins an interval that has ended already
  CHECK_FALSE(drops(codel, 50, 100));  // ends it, and begins one that is overloaded
  CHECK(codel.is_overloaded());
  CHECK(drops(codel, 60, 100));
  CHECK_FALSE(drops(codel, 70, 10));  // not more than twice the target
  CHECK(drops(codel, 80, 11));
  CHECK_FALSE(drops(codel, 150, 100 - 99));  // the interval lasts to 150, inclusive
  CHECK_FALSE(drops(codel, 151, 100));       // its shortest wait was 1 ms
  CHECK_FALSE(codel.is_overloaded());
  CHECK_FALSE(drops(codel, 160, 100));
  CHECK_FALSE(drops(codel, 260, 100));  // the first of an interval never is
  CHECK(drops(codel, 261, 100));
}

TEST_CASE("folly_codel: load is the shortest wait of twice the target", "[overload]") {
  FollyCodel codel;
  CHECK(codel.load() == 0);
  drops(codel, 0, 5);
  CHECK(codel.load() == 50);
  drops(codel, 0, 3);
  CHECK(codel.load() == 30);
  drops(codel, 1, 500);
  CHECK(codel.load() == 100);
}

TEST_CASE("folly_codel: edges", "[overload]") {
  // The target is taken as the interval where it lies above it.
  FollyCodel narrow({.interval = kMillisecond, .target_delay = 50 * kMillisecond});
  drops(narrow, 0, 10);
  drops(narrow, 10, 10);
  CHECK(drops(narrow, 11, 3));
  FollyCodel nothing({.interval = 0, .target_delay = 0});
  CHECK_FALSE(drops(nothing, 0, 1));
  CHECK(nothing.load() == 100);
  FollyCodel back({}, 1000 * kMillisecond);
  for (std::int64_t now = 900; now < 1000; ++now) CHECK_FALSE(drops(back, now, 500));
}

}  // namespace
}  // namespace highwater::resilience::folly_codel_test
