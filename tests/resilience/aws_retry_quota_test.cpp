#include "models/algorithms/resilience/aws_retry_quota.h"

#include <catch2/catch.hpp>

namespace highwater::resilience {
namespace {

constexpr Try kAfterFailure{true, TryResult::failed};
constexpr Try kAfterTimeout{true, TryResult::timed_out};

// botocore tests/unit/retries/test_standard.py TestRetryQuotaChecker.
TEST_CASE("aws retry quota: what retries cost and bring back", "[resilience]") {
  AwsRetryQuota quota;
  CHECK(quota.may_retry(0, TryResult::failed));
  CHECK(quota.available() == 495);
  quota.ended(0, kAfterFailure, TryResult::ok);
  CHECK(quota.available() == 500);
  CHECK(quota.may_retry(0, TryResult::timed_out));
  CHECK(quota.available() == 490);
  quota.ended(0, {}, TryResult::ok);
  CHECK(quota.available() == 491);
  quota.ended(0, kAfterTimeout, TryResult::failed);  // not a success: nothing comes back
  CHECK(quota.available() == 491);
  quota.ended(0, kAfterTimeout, TryResult::ok);
  CHECK(quota.available() == 500);
  quota.ended(0, {}, TryResult::ok);
  CHECK(quota.available() == 500);
}

TEST_CASE("aws retry quota: a hundred retries and no more", "[resilience]") {
  AwsRetryQuota quota;
  for (int i = 0; i < 100; ++i) CHECK(quota.may_retry(0, TryResult::failed));
  CHECK_FALSE(quota.may_retry(0, TryResult::failed));
  for (int i = 0; i < 4; ++i) quota.ended(0, {}, TryResult::ok);
  CHECK_FALSE(quota.may_retry(0, TryResult::failed));
  quota.ended(0, {}, TryResult::ok);
  CHECK_FALSE(quota.may_retry(0, TryResult::timed_out));
  CHECK(quota.may_retry(0, TryResult::failed));
  quota.dropped(0, TryResult::failed);
  CHECK(quota.available() == 5);
  AwsRetryQuota none({0, 5, 10, 1});
  none.ended(0, {}, TryResult::ok);
  CHECK_FALSE(none.may_retry(0, TryResult::failed));
}

}  // namespace
}  // namespace highwater::resilience
