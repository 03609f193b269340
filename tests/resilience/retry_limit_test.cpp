// No limit hands out more than it was given, whatever the order of events.
#include "models/algorithms/resilience/retry_limit.h"

#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/resilience/aws_retry_quota.h"
#include "models/algorithms/resilience/envoy_retry_budget.h"
#include "models/algorithms/resilience/finagle_retry_budget.h"
#include "models/algorithms/resilience/grpc_retry_throttle.h"
#include "models/algorithms/resilience/retry_ratio.h"

namespace highwater::resilience::retry_limit_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;

using Steps = std::vector<std::pair<std::uint16_t, bool>>;  // pause, and a request or a retry

/// Counts what happened at each moment, to add it up over a window.
struct Ledger {
  std::vector<std::pair<std::int64_t, bool>> events;
  std::pair<std::size_t, std::size_t> last(std::int64_t now, std::int64_t window) const {
    std::pair<std::size_t, std::size_t> sums;
    for (const auto& [t, is_retry] : events)
      if (t > now - window) ++(is_retry ? sums.second : sums.first);
    return sums;
  }
};

template <class Limit, class Holds>
bool never_more(Limit make, Holds holds) {
  return rc::check([&](const Steps& steps) {
    auto limit = make();
    Ledger ledger;
    std::int64_t now = 0;
    for (const auto& [pause, is_request] : steps) {
      now += pause % 1500 * kMs;
      if (is_request) {
        limit->began(now, {});
        ledger.events.push_back({now, false});
      } else if (limit->may_retry(now, TryResult::failed)) {
        ledger.events.push_back({now, true});
        RC_ASSERT(holds(ledger, now));
      }
    }
  });
}

TEST_CASE("retry limits: budgets give no more than deposits and reserve", "[resilience]") {
  const RetryBudgetOptions options{5000 * kMs, 1, 0.5};
  // What a retry took out of the reserve comes back: nine slices later with Finagle, and with
  // Linkerd, where a slice asked for late counts as two, after half of ttl at the earliest.
  const auto within = [](std::int64_t comes_back) {
    return [comes_back](const Ledger& ledger, std::int64_t now) {
      const auto [requests, retries] = ledger.last(now, std::int64_t{1} << 60);
      const std::int64_t reserves = 1 + now / comes_back;
      return static_cast<double>(retries) <=
             0.5 * static_cast<double>(requests) + 5 * static_cast<double>(reserves);
    };
  };
  CHECK(never_more([&] { return std::make_unique<FinagleRetryBudget>(options); },
                   within(4500 * kMs)));
  CHECK(never_more([&] { return std::make_unique<LinkerdRetryBudget>(options); },
                   within(2500 * kMs)));
}

TEST_CASE("retry limits: the ratio holds over the window", "[resilience]") {
  CHECK(never_more(
      [] {
        return std::make_unique<RetryRatio>(RetryRatioOptions{0.3, 16'000 * kMs});
      },
      [](const Ledger& ledger, std::int64_t now) {
        const auto [requests, retries] =
            ledger.last(now / (1000 * kMs) * 1000 * kMs, 15'000 * kMs + 1);
        const auto all = static_cast<double>(requests + retries);
        return static_cast<double>(retries) <= 0.3 * all + 1e-9;
      }));
}

TEST_CASE("retry limits: the quota gives no more than it has and gets", "[resilience]") {
  CHECK(rc::check([](const std::vector<std::uint8_t>& steps) {
    AwsRetryQuota quota({40, 5, 10, 1});
    std::size_t spent = 0;
    std::size_t back = 0;
    std::vector<Try> out;
    for (const std::uint8_t step : steps) {
      const TryResult why = step % 2 == 0 ? TryResult::failed : TryResult::timed_out;
      if (step % 8 < 4) {
        if (quota.may_retry(0, why)) {
          spent += why == TryResult::failed ? 5 : 10;
          out.push_back({true, why});
        }
      } else {
        Try attempt;
        if (!out.empty()) {
          attempt = out.back();
          out.pop_back();
        }
        quota.ended(0, attempt, TryResult::ok);
        back += !attempt.is_retry ? 1 : attempt.after == TryResult::failed ? 5 : 10;
      }
      RC_ASSERT(spent <= 40 + back);
      RC_ASSERT(quota.available() <= 40u);
    }
  }));
}

TEST_CASE("retry limits: retries at a time stay within Envoy's bound", "[resilience]") {
  CHECK(rc::check([](const std::vector<std::uint8_t>& steps) {
    EnvoyRetryBudget budget({50, 2});
    std::size_t firsts = 0;
    std::size_t retries = 0;
    for (const std::uint8_t step : steps) {
      if (step % 4 == 0 && firsts > 0) {
        --firsts;
        budget.ended(0, {}, TryResult::ok);
      } else if (step % 4 == 1 && retries > 0) {
        --retries;
        budget.ended(0, {true, TryResult::failed}, TryResult::failed);
      } else if (step % 4 == 2) {
        if (budget.may_retry(0, TryResult::failed)) {
          RC_ASSERT(retries < std::max<std::size_t>(2, (firsts + retries) / 2));
          ++retries;
          budget.began(0, {true, TryResult::failed});
        }
      } else {
        ++firsts;
        budget.began(0, {});
      }
      RC_ASSERT(budget.active() == firsts + retries);
      RC_ASSERT(budget.retries() == retries);
    }
  }));
}

}  // namespace
}  // namespace highwater::resilience::retry_limit_test
