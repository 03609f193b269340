#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/resilience/retry_limit.h"

namespace highwater::resilience {

struct EnvoyRetryBudgetOptions {
  double budget_percent = 20;               ///< Of the requests active and pending.
  std::uint32_t min_retry_concurrency = 3;  ///< Retries at a time that are always allowed.
};

/// resilience EnvoyRetryBudget: so many retries at a time, in proportion to the requests at a time.
///
/// A retry counts from its being allowed, its pause included, until it has ended; a request counts
/// while it is on its way. max_retries, the circuit breaker's limit that holds where no budget is
/// set, is a budget of 0 % with that minimum; Envoy's default is 3.
///
/// Edges: a percentage that is NaN or negative counts as 0.
///
/// Source   Envoy source/common/upstream/resource_manager_impl.h RetryBudgetImpl (budget_interval
///          0), source/common/router/retry_state_impl.cc.
/// Checked  tests/resilience/envoy_retry_budget_test.cpp: by its formula, and
///          ResourceManagerImplTest.RetryBudgetOverrideGauge.
class EnvoyRetryBudget final : public RetryLimit {
 public:
  explicit EnvoyRetryBudget(const EnvoyRetryBudgetOptions& options = {})
      : percent_(options.budget_percent > 0 ? std::min(options.budget_percent, 1e6) : 0),
        minimum_(options.min_retry_concurrency) {}

  void began(std::int64_t, const Try&) override { ++active_; }
  void ended(std::int64_t, const Try& attempt, TryResult) override {
    --active_;
    if (attempt.is_retry) --retries_;
  }
  bool may_retry(std::int64_t, TryResult) override {
    if (retries_ >= most()) return false;
    ++retries_;
    return true;
  }
  void dropped(std::int64_t, TryResult) override { --retries_; }

  /// Retries at a time that are allowed now.
  std::uint64_t most() const {
    return std::max(static_cast<std::uint64_t>(percent_ / 100.0 * static_cast<double>(active_)),
                    minimum_);
  }
  std::uint64_t retries() const { return retries_; }
  std::uint64_t active() const { return active_; }

 private:
  double percent_;
  std::uint64_t minimum_;
  std::uint64_t active_ = 0;
  std::uint64_t retries_ = 0;
};

}  // namespace highwater::resilience
