#include "models/algorithms/resilience/finagle_retry_budget.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::resilience::finagle_retry_budget_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kS = 1000 * kMs;

TEST_CASE("finagle retry budget: balance and decisions as recorded", "[resilience]") {
  const auto runs = golden_json("retrying.json")["finagle"];
  REQUIRE(runs.size() == 6);
  for (const auto& run : runs) {
    FinagleRetryBudget budget({run["ttl_ms"].get<std::int64_t>() * kMs, run["min_retries_per_sec"],
                               run["percent_can_retry"]});
    for (const auto& row : run["rows"]) {
      CAPTURE(run["ttl_ms"].dump(), row.dump());
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      if (row[1] == 0) {
        budget.began(now, {});
      } else {
        CHECK(budget.may_retry(now, TryResult::failed) == (row[3] == 1));
      }
      CHECK(budget.balance(now) == row[2]);
    }
  }
}

TEST_CASE("finagle retry budget: costs and reserve of the defaults", "[resilience]") {
  FinagleRetryBudget budget;
  CHECK(budget.balance(0) == 100);
  for (int i = 0; i < 5; ++i) budget.began(0, {});
  CHECK(budget.balance(0) == 101);
  budget.began(0, {.is_retry = true, .after = TryResult::failed});
  CHECK(budget.balance(0) == 101);  // retries pay nothing
  FinagleRetryBudget empty({10 * kS, 0, 0});
  empty.began(0, {});
  CHECK(empty.balance(0) == 0);
  CHECK_FALSE(empty.may_retry(0, TryResult::failed));
}

TEST_CASE("finagle retry budget: settings beyond its limits", "[resilience]") {
  FinagleRetryBudget nan({0, 1, std::numeric_limits<double>::quiet_NaN()});
  CHECK(nan.balance(0) == 1);  // the reserve of one second alone
  CHECK(nan.may_retry(0, TryResult::failed));
  CHECK_FALSE(nan.may_retry(0, TryResult::failed));
  CHECK(nan.may_retry(2 * kS, TryResult::failed));
  FinagleRetryBudget huge({3600 * kS, 0, 1e9});
  huge.began(0, {});
  CHECK(huge.balance(0) == 1000);
  CHECK(huge.balance(70 * kS) == 0);
  CHECK(huge.balance(-70 * kS) == 0);
}

// tower's tests: tps_empty, tps_leaky, tps_slots, tps_reserve.
TEST_CASE("linkerd retry budget: tower's cases", "[resilience]") {
  LinkerdRetryBudget empty({kS, 0, 1});
  CHECK_FALSE(empty.may_retry(0, TryResult::failed));

  LinkerdRetryBudget leaky({kS, 0, 1});
  leaky.began(0, {});
  CHECK_FALSE(leaky.may_retry(3 * kS, TryResult::failed));

  LinkerdRetryBudget slots({kS, 0, 0.5});
  slots.began(0, {});
  slots.began(0, {});
  CHECK(slots.may_retry(901 * kMs, TryResult::failed));
  const std::int64_t then = 901 * kMs + 2001 * kMs;
  slots.began(then, {});
  slots.began(then + 301 * kMs, {});
  slots.began(then + 1102 * kMs, {});
  CHECK(slots.may_retry(then + 1102 * kMs, TryResult::failed));

  LinkerdRetryBudget reserve({kS, 5, 1});
  for (int i = 0; i < 5; ++i) CHECK(reserve.may_retry(0, TryResult::failed));
  CHECK_FALSE(reserve.may_retry(0, TryResult::failed));
}

TEST_CASE("linkerd retry budget: whole numbers make 0.3 a third", "[resilience]") {
  LinkerdRetryBudget linkerd({10 * kS, 0, 0.3});
  FinagleRetryBudget finagle({10 * kS, 0, 0.3});
  for (int i = 0; i < 3; ++i) {
    linkerd.began(0, {});
    finagle.began(0, {});
  }
  CHECK(linkerd.may_retry(0, TryResult::failed));
  CHECK_FALSE(finagle.may_retry(0, TryResult::failed));
}

}  // namespace
}  // namespace highwater::resilience::finagle_retry_budget_test
