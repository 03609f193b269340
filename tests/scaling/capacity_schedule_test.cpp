#include "models/algorithms/scaling/capacity_schedule.h"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::scaling {
namespace {

constexpr ReplicaLimits kUsual{2, 10};

/// Every change until `end`, as "when min-max".
std::string changes(const CapacitySchedule& schedule, std::int64_t end) {
  std::string text;
  ReplicaLimits before = schedule.limits(-1);
  for (std::optional<std::int64_t> at = schedule.next(-1); at && *at <= end;
       at = schedule.next(*at)) {
    const ReplicaLimits now = schedule.limits(*at);
    if (now != before)
      text += std::to_string(*at) + " " + std::to_string(now.min) + "-" + std::to_string(now.max) +
              ", ";
    before = now;
  }
  return text;
}

TEST_CASE("capacity schedule: none changes nothing", "[scaling]") {
  const CapacitySchedule none(kUsual, {});
  CHECK(none.limits(5) == kUsual);
  CHECK_FALSE(none.next(5).has_value());
}

TEST_CASE("capacity schedule: an action holds from its moment on, for its time", "[scaling]") {
  const CapacitySchedule once(kUsual, {{100, 50, std::nullopt, 5u, std::nullopt}});
  CHECK(once.limits(99) == kUsual);
  CHECK(once.limits(100) == ReplicaLimits{5, 10});
  CHECK(once.limits(149) == ReplicaLimits{5, 10});
  CHECK(once.limits(150) == kUsual);
  CHECK(once.next(0) == 100);
  CHECK(once.next(99) == 100);
  CHECK(once.next(100) == 150);
  CHECK_FALSE(once.next(150).has_value());
  const CapacitySchedule for_good(kUsual, {{0, {}, {}, 4u, 4u}});
  CHECK(changes(for_good, 1000) == "0 4-4, ");
  CHECK(for_good.next(-1) == 0);
}

TEST_CASE("capacity schedule: it comes again", "[scaling]") {
  const CapacitySchedule daily(kUsual, {{8, 4, 24, 6u, 20u}});
  CHECK(changes(daily, 60) == "8 6-20, 12 2-10, 32 6-20, 36 2-10, 56 6-20, 60 2-10, ");
  // Day and night as two actions without an end, as AWS has them.
  const CapacitySchedule two(kUsual, {{8, {}, 24, 6u, 20u}, {20, {}, 24, 1u, 3u}});
  CHECK(changes(two, 60) == "8 6-20, 20 1-3, 32 6-20, 44 1-3, 56 6-20, ");
}

TEST_CASE("capacity schedule: which began last counts, for each bound by itself", "[scaling]") {
  const CapacitySchedule over(
      kUsual,
      {{10, {}, {}, 4u, 8u}, {20, 10, {}, 6u, std::nullopt}, {25, 20, {}, std::nullopt, 7u}});
  CHECK(changes(over, 99) == "10 4-8, 20 6-8, 25 6-7, 30 4-7, 45 4-8, ");
  // Of those that begin together the later one in the list.
  const CapacitySchedule together(kUsual, {{10, {}, {}, 4u, {}}, {10, {}, {}, 3u, {}}});
  CHECK(changes(together, 99) == "10 3-10, ");
  const CapacitySchedule against(kUsual, {{10, {}, {}, 12u, {}}});
  CHECK(changes(against, 99) == "10 10-10, ");
}

}  // namespace
}  // namespace highwater::scaling
