#include "models/algorithms/scaling/disruption_budget.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling::disruption_budget_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::vector<BudgetPod> healthy(std::size_t count) {
  std::vector<BudgetPod> pods;
  for (std::size_t i = 0; i < count; ++i) pods.push_back({.id = i});
  return pods;
}

DisruptionBudget min_available(IntOrPercent value) {
  return DisruptionBudget({.min_available = value, .max_unavailable = std::nullopt});
}
DisruptionBudget max_unavailable(IntOrPercent value) {
  return DisruptionBudget({.min_available = std::nullopt, .max_unavailable = value});
}

TEST_CASE("disruption_budget: how many may go", "[scaling]") {
  const auto status = [](DisruptionBudget budget, std::size_t pods, std::uint32_t expected) {
    const BudgetStatus found = budget.update(0, healthy(pods), expected);
    return std::vector<std::uint32_t>{found.disruptions_allowed, found.current_healthy,
                                      found.desired_healthy, found.expected_pods};
  };
  using V = std::vector<std::uint32_t>;
  CHECK(status(min_available({3, false}), 4, 99) == V{1, 4, 3, 4});
  CHECK(status(min_available({3, false}), 2, 2) == V{0, 2, 3, 2});
  CHECK(status(min_available({28, true}), 10, 10) == V{7, 10, 3, 10});  // 2.8 up
  CHECK(status(min_available({30, true}), 10, 10) == V{7, 10, 3, 10});
  CHECK(status(max_unavailable({1, false}), 3, 5) == V{0, 3, 4, 5});
  CHECK(status(max_unavailable({3, false}), 5, 5) == V{3, 5, 2, 5});
  CHECK(status(max_unavailable({28, true}), 10, 10) == V{3, 10, 7, 10});  // 2.8 up
  CHECK(status(max_unavailable({30, true}), 7, 7) == V{3, 7, 4, 7});
  CHECK(status(max_unavailable({9, false}), 5, 5) == V{5, 5, 0, 5});
  CHECK(status(max_unavailable({0, false}), 5, 5) == V{0, 5, 5, 5});
  CHECK(status(max_unavailable({100, true}), 0, 0) == V{0, 0, 0, 0});
  CHECK(status(min_available({0, false}), 0, 0) == V{0, 0, 0, 0});  // none there: none may go
  CHECK(status(DisruptionBudget({}), 3, 3) == V{3, 3, 0, 3});
}

TEST_CASE("disruption_budget: who is ready and not leaving is healthy", "[scaling]") {
  auto pods = healthy(5);
  pods[0].ready = false;
  pods[1].deleting = true;
  DisruptionBudget budget = min_available({2, false});
  CHECK(budget.update(0, pods, 5).current_healthy == 3);
  CHECK(budget.status().disruptions_allowed == 1);
}

TEST_CASE("disruption_budget: an eviction counts for two minutes or until the pod is gone",
          "[scaling]") {
  auto pods = healthy(4);
  DisruptionBudget budget = min_available({2, false});
  budget.update(0, pods, 4);
  CHECK(budget.evict(0, pods, 0) == Eviction::allowed);
  CHECK(budget.evict(0, pods, 1) == Eviction::allowed);
  CHECK(budget.evict(0, pods, 2) == Eviction::denied);
  CHECK(budget.update(119 * kSecond, pods, 4).current_healthy == 2);
  CHECK(budget.evict(119 * kSecond, pods, 2) == Eviction::denied);
  CHECK(budget.update(120 * kSecond, pods, 4).current_healthy == 4);  // it was not deleted
  CHECK(budget.evict(120 * kSecond, pods, 0) == Eviction::allowed);
  pods.erase(pods.begin());  // gone
  CHECK(budget.update(130 * kSecond, pods, 4).current_healthy == 3);
  CHECK(budget.evict(130 * kSecond, pods, 0) == Eviction::unknown_pod);
}

TEST_CASE("disruption_budget: who costs nothing may always go", "[scaling]") {
  auto pods = healthy(3);
  pods[0].pending_or_done = true;
  pods[1].deleting = true;
  DisruptionBudget budget = min_available({3, false});
  budget.update(0, pods, 3);
  CHECK(budget.status().disruptions_allowed == 0);
  CHECK(budget.evict(0, pods, 0) == Eviction::allowed);
  CHECK(budget.evict(0, pods, 1) == Eviction::allowed);
  CHECK(budget.evict(0, pods, 2) == Eviction::denied);
}

TEST_CASE("disruption_budget: pods that are not ready go where enough are healthy", "[scaling]") {
  auto pods = healthy(4);
  pods[3].ready = false;
  const auto answer = [&](std::uint32_t needed, UnhealthyPodEviction policy) {
    DisruptionBudget budget({.min_available = IntOrPercent{needed, false},
                             .max_unavailable = std::nullopt,
                             .unhealthy_pod_eviction_policy = policy});
    budget.update(0, pods, 4);
    return budget.evict(0, pods, 3);
  };
  CHECK(answer(3, UnhealthyPodEviction::if_healthy_budget) == Eviction::allowed);
  CHECK(answer(4, UnhealthyPodEviction::if_healthy_budget) == Eviction::denied);
  CHECK(answer(4, UnhealthyPodEviction::always_allow) == Eviction::allowed);
  DisruptionBudget budget = min_available({3, false});
  budget.update(0, pods, 4);
  CHECK(budget.evict(0, pods, 3) == Eviction::allowed);
  CHECK(budget.status().disruptions_allowed == 0);  // it was free of charge
}

TEST_CASE("disruption_budget: no more than 2000 that have not gone", "[scaling]") {
  const auto pods = healthy(2500);
  DisruptionBudget budget = min_available({0, false});
  budget.update(0, pods, 2500);
  for (std::uint64_t i = 0; i <= 2000; ++i) CHECK(budget.evict(0, pods, i) == Eviction::allowed);
  CHECK(budget.evict(0, pods, 2001) == Eviction::too_many);
}

TEST_CASE("disruption_budget: never fewer than desired by evictions", "[scaling][property]") {
  CHECK(rc::check([] {
    const IntOrPercent value{*rc::gen::inRange<std::uint32_t>(0, 100), *rc::gen::arbitrary<bool>()};
    DisruptionBudget budget =
        *rc::gen::arbitrary<bool>() ? min_available(value) : max_unavailable(value);
    const auto count = *rc::gen::inRange<std::size_t>(1, 30);
    auto pods = healthy(count);
    const auto expected = static_cast<std::uint32_t>(count);
    std::int64_t now = 0;
    std::vector<bool> leaving(count);
    std::uint64_t next_id = count;
    for (int i = 0; i < 100; ++i) {
      now += kSecond;
      const auto i_pod = *rc::gen::inRange<std::size_t>(0, count);
      if (*rc::gen::inRange(0, 4) == 0) pods[i_pod].ready = !pods[i_pod].ready;
      const BudgetStatus status = budget.update(now, pods, expected);
      std::uint32_t ready = 0;
      for (std::size_t k = 0; k < count; ++k) ready += pods[k].ready && !leaving[k];
      RC_ASSERT(status.current_healthy == ready);
      RC_ASSERT(status.disruptions_allowed ==
                (ready > status.desired_healthy ? ready - status.desired_healthy : 0));
      std::uint32_t allowed = 0;
      for (int attempt = 0; attempt < 5; ++attempt) {
        const auto k = *rc::gen::inRange<std::size_t>(0, count);
        if (!pods[k].ready || leaving[k]) continue;
        if (budget.evict(now, pods, pods[k].id) != Eviction::allowed) continue;
        ++allowed;
        leaving[k] = true;
      }
      RC_ASSERT(allowed <= status.disruptions_allowed);
      RC_ASSERT(ready - allowed >= std::min(ready, status.desired_healthy));
      // Those that leave are gone a little later, and others start in their place.
      for (std::size_t k = 0; k < count; ++k) {
        if (!leaving[k] || *rc::gen::inRange(0, 3) != 0) continue;
        leaving[k] = false;
        pods[k] = {.id = next_id++, .ready = false};
      }
    }
  }));
}

}  // namespace
}  // namespace highwater::scaling::disruption_budget_test
