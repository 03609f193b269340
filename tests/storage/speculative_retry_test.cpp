#include "models/algorithms/storage/speculative_retry.h"

#include <catch2/catch.hpp>

namespace highwater::storage {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
using Kind = SpeculativeRetryKind;

TEST_CASE("speculative_retry: never, always, after a time", "[models][database]") {
  CHECK_FALSE(SpeculativeRetry({.kind = Kind::never}).threshold(10 * kSecond));
  SpeculativeRetry always({.kind = Kind::always});
  CHECK(always.threshold(0) == 0);
  CHECK(always.always());
  SpeculativeRetry fixed({.kind = Kind::fixed, .delay = 50 * kMillisecond});
  CHECK(fixed.threshold(0) == 2'500 * kMillisecond);  // half a timeout, until the first update
  CHECK(fixed.threshold(5 * kSecond) == 50 * kMillisecond);
  CHECK_FALSE(fixed.always());
  SpeculativeRetry late({.kind = Kind::fixed, .delay = 6 * kSecond});
  CHECK_FALSE(late.threshold(5 * kSecond));
}

TEST_CASE("speculative_retry: a percentile of what was answered, found every timeout",
          "[models][database]") {
  SpeculativeRetry retry({.percentile = 99, .read_timeout = 2 * kSecond});
  CHECK(retry.threshold(0) == kSecond);
  for (std::int64_t i = 1; i <= 1'000; ++i) retry.answered(kSecond, i * kMillisecond);
  CHECK(retry.threshold(2 * kSecond - 1) == kSecond);
  const auto found = retry.threshold(2 * kSecond);
  CHECK(*found >= 990 * kMillisecond);
  CHECK(*found <= 1'190 * kMillisecond);
  for (std::int64_t i = 1; i <= 100'000; ++i) retry.answered(3 * kSecond, kMillisecond);
  CHECK(retry.threshold(3 * kSecond) == found);
  CHECK(*retry.threshold(4 * kSecond) <= 1'200'000);
  // Nothing but faded reads: it stays as it is until there are others.
  SpeculativeRetry idle({.percentile = 99});
  CHECK(idle.threshold(1'000 * kSecond) == 2'500 * kMillisecond);
}

TEST_CASE("speculative_retry: the lower or the higher of both", "[models][database]") {
  for (const bool lower : {true, false}) {
    SpeculativeRetry retry({.kind = lower ? Kind::min : Kind::max, .delay = 20 * kMillisecond});
    for (int i = 0; i < 100; ++i) retry.answered(0, 5 * kMillisecond);
    const auto quick = retry.threshold(5 * kSecond);
    CHECK((lower ? *quick < 6'100'000 : *quick == 20 * kMillisecond));
    for (int i = 0; i < 100'000; ++i) retry.answered(6 * kSecond, 100 * kMillisecond);
    const auto slow = retry.threshold(10 * kSecond);
    CHECK((lower ? *slow == 20 * kMillisecond : *slow >= 100 * kMillisecond));
  }
}

}  // namespace
}  // namespace highwater::storage
