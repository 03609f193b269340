#include "models/algorithms/resilience/concurrency_limiter.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::resilience {
namespace {

ConcurrencyLimiter fixed(std::uint32_t limit, std::vector<double> shares = {}) {
  return ConcurrencyLimiter(std::make_unique<FixedLimit>(limit), std::move(shares));
}

TEST_CASE("concurrency_limiter: lets through what the limit says", "[overload]") {
  SplitMix bits{1};
  ConcurrencyLimiter limiter(
      std::make_unique<Aimd>(AimdOptions{.initial_limit = 2, .min_limit = 1}));
  const auto first = limiter.acquire(0);
  const auto second = limiter.acquire(0);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(second->in_flight == 2);
  CHECK_FALSE(limiter.acquire(0));
  limiter.release(*first, 5, Outcome::ignored, bits);
  CHECK(limiter.limit() == 2);  // it says nothing
  limiter.release(*second, 5, Outcome::success, bits);
  CHECK(limiter.limit() == 3);
  CHECK(limiter.in_flight() == 0);
  const auto third = limiter.acquire(6);
  limiter.release(*third, 7, Outcome::dropped, bits);
  CHECK(limiter.limit() == 2);
}

TEST_CASE("concurrency_limiter: shares count once the limit is reached", "[overload]") {
  ConcurrencyLimiter limiter = fixed(10, {0.9, 0.05});
  CHECK(limiter.limit(0) == 9);
  CHECK(limiter.limit(1) == 1);
  for (int i = 0; i < 10; ++i) REQUIRE(limiter.acquire(0, 0));  // beyond its share
  CHECK_FALSE(limiter.acquire(0, 0));
  CHECK(limiter.acquire(0, 1));  // its own, beyond the limit
  CHECK_FALSE(limiter.acquire(0, 1));
  CHECK_FALSE(limiter.acquire(0, ConcurrencyLimiter::kNoPartition));
  CHECK(limiter.in_flight() == 11);
}

TEST_CASE("concurrency_limiter: never more than the limit and all shares, and shares are kept",
          "[overload][property]") {
  CHECK(rc::check([] {
    const auto limit = *rc::gen::inRange<std::uint32_t>(0, 12);
    ConcurrencyLimiter limiter = fixed(limit, {0.5, 0.3, 0.2});
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    std::vector<ConcurrencyLimiter::Ticket> tickets;
    std::uint32_t shares = 0;
    for (std::size_t i = 0; i < 3; ++i) shares += limiter.limit(i);
    for (int i = 0; i < 200; ++i) {
      if (bits.bits() % 3 == 0 && !tickets.empty()) {
        limiter.release(tickets.back(), i, Outcome::success, bits);
        tickets.pop_back();
        continue;
      }
      const std::size_t partition = bits.bits() % 4;
      const bool entitled =
          partition < 3 && limiter.in_flight(partition) < limiter.limit(partition);
      const auto ticket = limiter.acquire(i, partition);
      if (entitled) RC_ASSERT(ticket.has_value());
      if (ticket) tickets.push_back(*ticket);
      RC_ASSERT(limiter.in_flight() == tickets.size());
      RC_ASSERT(limiter.in_flight() <= limit + shares);
    }
  }));
}

TEST_CASE("concurrency_limiter: a limit of 0 lets nobody through", "[overload]") {
  ConcurrencyLimiter limiter = fixed(0);
  CHECK_FALSE(limiter.acquire(0));
}

}  // namespace
}  // namespace highwater::resilience
