// No decision takes memory once everything is as large as it gets.
#include <cstddef>
#include <cstdint>

#include <catch2/catch.hpp>

#include "models/algorithms/resilience/resilience.h"
#include "tests/resilience/replay.h"
#include "tests/support/counted_new.h"

namespace highwater::resilience {
namespace {

template <class Act>
std::uint64_t allocated_by(Act act) {
  for (int i = 0; i < 5000; ++i) act(i);
  const std::uint64_t before = allocations_so_far();
  for (int i = 5000; i < 20'000; ++i) act(i);
  return allocations_so_far() - before;
}

TEST_CASE("allocations: they are counted", "[resilience]") {
  CHECK(allocated_by([](int) {
          int* volatile one = new int(1);  // else the compiler leaves both out
          delete one;
        }) == 15'000);
}

TEST_CASE("allocations: none by breakers in steady state", "[resilience]") {
  for (const BreakerInfo& info : kBreakers) {
    CAPTURE(info.name);
    const auto breaker = make_breaker(info.policy);
    SplitMix bits{1};
    CHECK(allocated_by([&](int i) {
            const bool bad = i / 500 % 2 == 0;
            call(*breaker, i * 40 * kMs, bits.bits() % 100 < (bad ? 20u : 95u));
            breaker->state(i * 40 * kMs);
          }) == 0);
  }
}

TEST_CASE("allocations: none by pauses and limits and hedges", "[resilience]") {
  for (const BackoffInfo& info : kBackoffs) {
    CAPTURE(info.name);
    Backoff backoff(info.kind);
    CHECK(allocated_by([&](int i) {
            backoff.next(i % 100 / 100.0);
            if (i % 10 == 0) backoff.reset();
          }) == 0);
  }
  GrpcRetryThrottle doubles;
  GrpcMilliThrottle millis;
  FinagleRetryBudget finagle;
  LinkerdRetryBudget linkerd;
  EnvoyRetryBudget envoy;
  AwsRetryQuota aws;
  RetryRatio ratio;
  for (RetryLimit* limit : {static_cast<RetryLimit*>(&doubles), static_cast<RetryLimit*>(&millis),
                            static_cast<RetryLimit*>(&finagle), static_cast<RetryLimit*>(&linkerd),
                            static_cast<RetryLimit*>(&envoy), static_cast<RetryLimit*>(&aws),
                            static_cast<RetryLimit*>(&ratio)})
    CHECK(allocated_by([&](int i) {
            limit->began(i * 7 * kMs, {});
            limit->ended(i * 7 * kMs, {}, i % 3 == 0 ? TryResult::failed : TryResult::ok);
            if (i % 3 == 0 && limit->may_retry(i * 7 * kMs, TryResult::failed)) {
              const Try retry{true, TryResult::failed};
              limit->began(i * 7 * kMs, retry);
              limit->ended(i * 7 * kMs, retry, TryResult::ok);
            }
          }) == 0);
  HedgeDelay hedge(*parse_speculative_retry("99p"));
  HedgeBudget budget(0.05, 10);
  CHECK(allocated_by([&](int i) {
          hedge.observe(i * 7 * kMs, i % 97 * kMs);
          hedge.delay(i * 7 * kMs);
          budget.request();
          budget.may_hedge();
          GrpcHedging call({3, kMs}, i);
          call.send(i + kMs, false);
        }) == 0);
}

TEST_CASE("allocations: none by bulkheads and deadlines", "[resilience]") {
  for (const BulkheadInfo& info : kBulkheads) {
    CAPTURE(info.name);
    BulkheadOptions options = info.defaults;
    options.max_concurrent = 5;
    options.max_threads = 8;
    options.queue = 20;
    options.max_wait = 30 * kMs;
    Bulkhead bulkhead(info.kind, options);
    SplitMix bits{2};
    CHECK(allocated_by([&](int i) {
            const std::int64_t now = i * kMs;
            if (bits.bits() % 2 == 0 && bulkhead.running() > 0) {
              bulkhead.leave(now);
            } else {
              bulkhead.enter(now, static_cast<std::uint64_t>(i));
            }
            while (bulkhead.expired(now)) continue;
          }) == 0);
  }
  CHECK(allocated_by([](int i) {
          const Deadline child = Deadline::in(i, 50 * kMs).child(i, 20 * kMs, kMs);
          decode_grpc_timeout(encode_grpc_timeout(child.remaining(i)).view());
        }) == 0);
}

}  // namespace
}  // namespace highwater::resilience
