#include "models/algorithms/resilience/retry_ratio.h"

#include <limits>

#include <catch2/catch.hpp>

namespace highwater::resilience {
namespace {

constexpr std::int64_t kS = 1'000'000'000;

TEST_CASE("retry ratio: a tenth of what is sent", "[resilience]") {
  RetryRatio limit;
  CHECK_FALSE(limit.may_retry(0, TryResult::failed));
  for (int i = 0; i < 8; ++i) limit.began(0, {});
  CHECK_FALSE(limit.may_retry(0, TryResult::failed));
  limit.began(0, {});
  CHECK(limit.may_retry(0, TryResult::failed));  // one of ten
  limit.began(0, {true, TryResult::failed});     // counted when it was allowed
  CHECK_FALSE(limit.may_retry(0, TryResult::failed));
}

TEST_CASE("retry ratio: what was long ago is forgotten", "[resilience]") {
  RetryRatio limit;
  for (int i = 0; i < 90; ++i) limit.began(0, {});
  CHECK(limit.may_retry(100 * kS, TryResult::failed));
  CHECK_FALSE(limit.may_retry(130 * kS, TryResult::failed));
  for (int i = 0; i < 20; ++i) limit.began(1000 * kS, {});
  CHECK(limit.may_retry(1000 * kS, TryResult::failed));
  CHECK(limit.may_retry(0, TryResult::failed));  // a clock gone back stands still
  CHECK_FALSE(limit.may_retry(0, TryResult::failed));
}

TEST_CASE("retry ratio: all and nothing", "[resilience]") {
  RetryRatio all({1, kS});
  for (int i = 0; i < 10; ++i) CHECK(all.may_retry(i, TryResult::failed));
  for (const double odd : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    RetryRatio none({odd, kS});
    for (int i = 0; i < 100; ++i) none.began(0, {});
    CHECK_FALSE(none.may_retry(0, TryResult::failed));
  }
  RetryRatio moment({0.5, 0});
  moment.began(0, {});
  CHECK(moment.may_retry(0, TryResult::failed));
  CHECK_FALSE(moment.may_retry(1000, TryResult::failed));
}

}  // namespace
}  // namespace highwater::resilience
