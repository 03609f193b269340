#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/resilience/retry_limit.h"

namespace highwater::resilience {

struct AwsRetryQuotaOptions {
  std::uint32_t capacity = 500;  ///< Tokens, all there at the beginning.
  std::uint32_t retry_cost = 5;
  std::uint32_t timeout_retry_cost = 10;  ///< Of a retry after a time-out.
  std::uint32_t no_retry_increment = 1;   ///< What a success at the first try gives back.
};

/// resilience AwsRetryQuota: retries are paid from one bucket of tokens; a retry that succeeds
/// brings its cost back, a success at the first try one token.
///
/// Tokens come back by successes only, not by time: without any, 100 retries after failures or 50
/// after time-outs are all there are.
///
/// Source   botocore retries/standard.py RetryQuotaChecker, retries/quota.py RetryQuota; AWS SDKs
///          and Tools Reference Guide, retry behavior, standard mode.
/// Checked  tests/resilience/aws_retry_quota_test.cpp: cases of botocore's test_standard.py.
class AwsRetryQuota final : public RetryLimit {
 public:
  explicit AwsRetryQuota(const AwsRetryQuotaOptions& options = {})
      : options_(options), available_(options.capacity) {}

  void ended(std::int64_t, const Try& attempt, TryResult how) override {
    if (how == TryResult::ok)
      release(attempt.is_retry ? cost(attempt.after) : options_.no_retry_increment);
  }
  bool may_retry(std::int64_t, TryResult why) override {
    if (cost(why) > available_) return false;
    available_ -= cost(why);
    return true;
  }
  void dropped(std::int64_t, TryResult why) override { release(cost(why)); }

  std::uint32_t available() const { return available_; }

 private:
  std::uint32_t cost(TryResult why) const {
    return why == TryResult::timed_out ? options_.timeout_retry_cost : options_.retry_cost;
  }
  void release(std::uint32_t tokens) {
    available_ += std::min(tokens, options_.capacity - available_);
  }

  AwsRetryQuotaOptions options_;
  std::uint32_t available_;
};

}  // namespace highwater::resilience
