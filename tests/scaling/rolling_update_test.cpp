#include "models/algorithms/scaling/rolling_update.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::scaling::rolling_update_test {
namespace {

constexpr std::int64_t kSecond = RollingUpdate::kSecond;

RollingUpdate controller(IntOrPercent surge, IntOrPercent unavailable) {
  return RollingUpdate({surge, unavailable, 600 * kSecond});
}

ReplicaSet set_of(std::uint32_t size, std::uint32_t available) {
  return {size, size, available, available, std::nullopt, std::nullopt};
}

TEST_CASE("rolling_update: surge is rounded up and unavailable down", "[scaling]") {
  const auto both = [](IntOrPercent surge, IntOrPercent unavailable, std::uint32_t replicas) {
    const RollingUpdate made = controller(surge, unavailable);
    return std::pair(made.max_surge(replicas), made.max_unavailable(replicas));
  };
  using P = std::pair<std::uint32_t, std::uint32_t>;
  CHECK(both({25, true}, {25, true}, 10) == P(3, 2));
  // deployment_util_test.go TestResolveFenceposts.
  CHECK(both({0, true}, {0, true}, 0) == P(0, 0));
  CHECK(both({39, true}, {39, true}, 10) == P(4, 3));
  CHECK(both({0, true}, {10, true}, 1) == P(0, 1));
  CHECK(both({0, false}, {0, false}, 10) == P(0, 1));
  CHECK(both({1, true}, {1, true}, 5) == P(1, 0));
  CHECK(both({0, false}, {50, false}, 10) == P(0, 10));
  CHECK(IntOrPercent{100, true}.rounded_up(4'000'000'000u) == 4'000'000'000u);
  CHECK(IntOrPercent{1, true}.rounded_up(1) == 1);
  CHECK(IntOrPercent{99, true}.rounded_down(1) == 0);
}

TEST_CASE("rolling_update: growing as in rolling_test.go", "[scaling]") {
  struct Case {
    std::uint32_t replicas, surge, old_size, new_size, expected;
  };
  for (const Case& one : {Case{10, 0, 10, 0, 0}, Case{10, 2, 10, 0, 2}, Case{10, 2, 5, 0, 7},
                          Case{10, 2, 10, 2, 2}}) {
    CAPTURE(one.surge, one.old_size, one.new_size);
    const std::vector<ReplicaSet> sets{set_of(one.old_size, 0), set_of(one.new_size, 0)};
    CHECK(controller({one.surge, false}, {0, false}).new_replicas(one.replicas, sets) ==
          one.expected);
  }
  // More than there should be shrinks to the size.
  std::vector<ReplicaSet> sets{set_of(2, 0), set_of(11, 0)};
  CHECK(controller({2, false}, {0, false}).sync(0, 10, sets));
  CHECK(sets[1].replicas == 10);
}

TEST_CASE("rolling_update: shrinking as in rolling_test.go", "[scaling]") {
  struct Case {
    std::uint32_t unavailable, old_size, new_size, old_ready, new_ready, expected;
  };
  for (const Case& one :
       {Case{0, 10, 0, 10, 0, 9}, Case{2, 10, 0, 10, 0, 8}, Case{2, 10, 0, 8, 0, 8},
        Case{2, 10, 0, 9, 0, 8}, Case{2, 8, 2, 8, 0, 8}}) {
    CAPTURE(one.unavailable, one.old_size, one.new_size, one.old_ready);
    std::vector<ReplicaSet> sets{set_of(one.old_size, one.old_ready),
                                 set_of(one.new_size, one.new_ready)};
    for (ReplicaSet& set : sets) set.desired_annotation = 10;
    controller({0, false}, {one.unavailable, false}).sync(0, 10, sets);
    CHECK(sets[0].replicas == one.expected);
    CHECK(sets[1].replicas == one.new_size);
  }
}

TEST_CASE("rolling_update: pods that are not available go first and the oldest set first",
          "[scaling]") {
  std::vector<ReplicaSet> sets{set_of(4, 3), set_of(6, 4), set_of(0, 0)};
  sets[2].desired_annotation = 10;
  controller({0, false}, {4, false}).sync(0, 10, sets);
  // Four may go: one and two that are broken, then one more of the oldest.
  CHECK(sets[0].replicas == 2);
  CHECK(sets[1].replicas == 4);
}

struct ScaleCase {
  const char* name;
  std::uint32_t before, after;
  std::uint32_t surge_before, surge_after;
  std::vector<std::uint32_t> sizes;  // the oldest first, the new one last
  std::vector<std::uint32_t> expected;
};

TEST_CASE("rolling_update: resizing in proportion as in TestScale", "[scaling]") {
  const std::vector<ScaleCase> cases = {
      {"10 to 12", 10, 12, 0, 0, {10}, {12}},
      {"10 to 5", 10, 5, 0, 0, {10}, {5}},
      {"5 to 10", 5, 10, 0, 0, {3, 2}, {6, 4}},
      {"5 to 3", 5, 3, 0, 0, {3, 2}, {2, 1}},
      {"9 to 4", 9, 4, 0, 0, {1, 8}, {0, 4}},
      {"7 to 10", 7, 10, 0, 0, {2, 3, 2}, {3, 4, 3}},
      {"13 to 8", 13, 8, 0, 0, {3, 8, 2}, {2, 5, 1}},
      {"3 to 4, the new one grows", 3, 4, 0, 0, {1, 1, 1}, {1, 1, 2}},
      {"3 to 2, the oldest shrinks", 3, 2, 0, 0, {1, 1, 1}, {0, 1, 1}},
      {"4 to 5 without a new one", 4, 5, 0, 0, {2, 2, 0}, {2, 3, 0}},
      {"6 to 0", 6, 0, 0, 0, {1, 2, 3}, {0, 0, 0}},
      {"with surge", 10, 20, 2, 2, {6, 6}, {11, 11}},
      {"surge and size", 10, 50, 3, 6, {8, 5}, {34, 22}},
      {"size and template", 10, 14, 0, 0, {3, 7, 0}, {4, 10, 0}},
  };
  for (const ScaleCase& one : cases) {
    CAPTURE(one.name);
    std::vector<ReplicaSet> sets;
    for (const std::uint32_t size : one.sizes) {
      sets.push_back(set_of(size, 0));
      sets.back().desired_annotation = one.before;
      sets.back().max_annotation = one.before + one.surge_before;
    }
    // maxUnavailable does not matter here; 1 keeps a surge of 0 from being contradictory.
    controller({one.surge_after, false}, {1, false}).sync(0, one.after, sets);
    for (std::size_t i = 0; i < sets.size(); ++i) {
      CAPTURE(i);
      CHECK(sets[i].replicas == one.expected[i]);
    }
  }
}

TEST_CASE("rolling_update: a set that failed to be resized is caught up", "[scaling]") {
  // TestScale, failed rs update: of three sets one still says 3.
  std::vector<ReplicaSet> sets{set_of(1, 0), set_of(1, 0), set_of(2, 0)};
  for (ReplicaSet& set : sets) {
    set.desired_annotation = 5;
    set.max_annotation = 5;
  }
  sets[1].desired_annotation = 3;
  sets[1].max_annotation = 3;
  controller({0, false}, {1, false}).sync(0, 5, sets);
  CHECK(sets[1].replicas == 2);
}

TEST_CASE("rolling_update: a new set that is whole ends the old ones on a resize", "[scaling]") {
  std::vector<ReplicaSet> sets{set_of(2, 2), set_of(5, 5)};
  sets[0].desired_annotation = 9;
  sets[1].desired_annotation = 5;
  CHECK(controller({1, false}, {0, false}).sync(0, 5, sets));
  CHECK(sets[0].replicas == 0);
  CHECK(sets[1].replicas == 5);
}

TEST_CASE("rolling_update: sets without annotations go by the pods that there are", "[scaling]") {
  std::vector<ReplicaSet> sets{set_of(3, 3), set_of(2, 2)};
  sets[0].desired_annotation = sets[1].desired_annotation = 5;
  controller({0, false}, {1, false}).sync(0, 10, sets);
  CHECK(sets[0].replicas == 6);
  CHECK(sets[1].replicas == 4);
}

TEST_CASE("rolling_update: status", "[scaling]") {
  RollingUpdate made = controller({1, false}, {0, false});
  std::vector<ReplicaSet> sets{set_of(2, 2), set_of(0, 0)};
  made.sync(0, 2, sets);
  CHECK(made.status() == RolloutStatus::progressing);
  sets[1].created = 1;
  made.sync(10 * kSecond, 2, sets);  // a pod more is progress
  made.sync(610 * kSecond, 2, sets);
  CHECK(made.status() == RolloutStatus::progressing);
  made.sync(611 * kSecond, 2, sets);
  CHECK(made.status() == RolloutStatus::deadline_exceeded);
  CHECK(sets[1].replicas == 1);  // which changes nothing
  sets[1].ready = 1;
  made.sync(700 * kSecond, 2, sets);
  CHECK(made.status() == RolloutStatus::progressing);
  sets[0] = set_of(0, 0);
  sets[1] = set_of(2, 2);
  made.sync(710 * kSecond, 2, sets);
  CHECK(made.status() == RolloutStatus::complete);
  sets[1].available = 1;
  made.sync(9999 * kSecond, 2, sets);
  CHECK(made.status() == RolloutStatus::complete);  // a pod that breaks later is no rollout
  RollingUpdate patient({{1, false}, {0, false}, std::nullopt});
  std::vector<ReplicaSet> stuck{set_of(2, 2), set_of(0, 0)};
  patient.sync(0, 2, stuck);
  patient.sync(1'000'000 * kSecond, 2, stuck);
  CHECK(patient.status() == RolloutStatus::progressing);
  std::vector<ReplicaSet> none;
  CHECK_FALSE(patient.sync(0, 2, none));
}

/// Pods that follow their sets: some become available each time, and some break again.
TEST_CASE("rolling_update: keeps its bounds and ends", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto replicas = *rc::gen::inRange<std::uint32_t>(0, 40);
    const auto any = [] {
      return IntOrPercent{*rc::gen::inRange<std::uint32_t>(0, 60), *rc::gen::arbitrary<bool>()};
    };
    const RollingUpdate::Options options{any(), any(), 600 * kSecond};
    RollingUpdate made(options);
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    std::vector<ReplicaSet> sets{set_of(replicas, replicas), set_of(0, 0)};
    const bool rolls_over = *rc::gen::arbitrary<bool>();
    const std::uint32_t most = replicas + made.max_surge(replicas);
    const std::uint32_t least = replicas - made.max_unavailable(replicas);
    int rounds = 0;
    for (; rounds < 2000; ++rounds) {
      if (rolls_over && rounds == 10) sets.push_back(set_of(0, 0));
      made.sync(rounds * kSecond, replicas, sets);
      std::uint32_t total = 0;
      std::uint32_t available = 0;
      for (ReplicaSet& set : sets) {
        // Pods of a set that shrank go at once, those not available first.
        set.created = set.replicas;
        set.available = std::min(set.available, set.replicas);
        total += set.replicas;
        available += set.available;
      }
      RC_ASSERT(total <= most);
      RC_ASSERT(available >= least);
      // Each pod that was made becomes available some time.
      for (ReplicaSet& set : sets) {
        if (set.available < set.replicas && bits.bits() % 2 == 0) ++set.available;
        set.ready = set.available;
      }
      if (made.status() == RolloutStatus::complete && (!rolls_over || rounds > 10)) break;
    }
    RC_ASSERT(rounds < 2000);
    RC_ASSERT(sets.back().replicas == replicas);
    RC_ASSERT(sets.back().available == replicas);
    RC_ASSERT(sets.front().replicas == 0u);
  }));
}

}  // namespace
}  // namespace highwater::scaling::rolling_update_test
