#include "models/algorithms/resilience/envoy_retry_budget.h"

#include <limits>

#include <catch2/catch.hpp>

namespace highwater::resilience {
namespace {

constexpr Try kRetry{true, TryResult::failed};

TEST_CASE("envoy retry budget: minimum and share", "[resilience]") {
  EnvoyRetryBudget budget;
  CHECK(budget.most() == 3);
  for (int i = 0; i < 19; ++i) budget.began(0, {});
  CHECK(budget.most() == 3);
  budget.began(0, {});
  CHECK(budget.most() == 4);
  for (int i = 0; i < 4; ++i) CHECK(budget.may_retry(0, TryResult::failed));
  CHECK_FALSE(budget.may_retry(0, TryResult::failed));
  CHECK(budget.retries() == 4);
  budget.ended(0, {}, TryResult::ok);
  CHECK(budget.most() == 3);
  budget.dropped(0, TryResult::failed);
  CHECK_FALSE(budget.may_retry(0, TryResult::failed));  // three still count
  budget.began(0, kRetry);
  budget.ended(0, kRetry, TryResult::failed);
  CHECK(budget.may_retry(0, TryResult::failed));
}

TEST_CASE("envoy retry budget: a share above one and none at all", "[resilience]") {
  EnvoyRetryBudget all({100, 0});
  CHECK_FALSE(all.may_retry(0, TryResult::failed));
  all.began(0, {});
  CHECK(all.may_retry(0, TryResult::failed));
  CHECK_FALSE(all.may_retry(0, TryResult::failed));
  CHECK(EnvoyRetryBudget({20, 5}).most() == 5);  // RetryBudgetOverrideGauge
  for (const double odd : {0.0, -5.0, std::numeric_limits<double>::quiet_NaN()}) {
    EnvoyRetryBudget none({odd, 1});
    for (int i = 0; i < 100; ++i) none.began(0, {});
    CHECK(none.most() == 1);
  }
  EnvoyRetryBudget endless({std::numeric_limits<double>::infinity(), 0});
  endless.began(0, {});
  CHECK(endless.most() == 10'000);
}

}  // namespace
}  // namespace highwater::resilience
