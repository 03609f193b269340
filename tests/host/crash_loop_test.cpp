#include "models/algorithms/host/crash_loop.h"

#include <vector>

#include <catch2/catch.hpp>

namespace highwater::host {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("crash_loop: at once, then 10 s, 20 s, … up to five minutes", "[host]") {
  CrashLoop loop({});
  std::vector<std::int64_t> waits;
  std::int64_t now = 0;
  for (int i = 0; i < 8; ++i) {
    const std::int64_t wait = loop.ended(now + kSecond, now);
    waits.push_back(wait / kSecond);
    now += kSecond + wait;
  }
  CHECK(waits == std::vector<std::int64_t>{0, 10, 20, 40, 80, 160, 300, 300});
  CHECK(loop.restarts() == 8);
}

TEST_CASE("crash_loop: a process that ran for long begins anew", "[host]") {
  CrashLoop loop({});
  CHECK(loop.ended(kSecond, 0) == 0);
  CHECK(loop.ended(2 * kSecond, kSecond) == 10 * kSecond);
  CHECK(loop.ended(612 * kSecond, 12 * kSecond) == 20 * kSecond);  // ten minutes are not more
  CHECK(loop.ended(1300 * kSecond, 632 * kSecond) == 0);
  CHECK(loop.ended(1301 * kSecond, 1300 * kSecond) == 10 * kSecond);
}

TEST_CASE("crash_loop: odd numbers", "[host]") {
  CrashLoop shrinking({kSecond, 0.5, 100 * kSecond, 600 * kSecond});
  shrinking.ended(0, 0);
  CHECK(shrinking.ended(0, 0) == kSecond);
  CHECK(shrinking.ended(0, 0) == kSecond);
  CrashLoop capped({50 * kSecond, 1e300, 20 * kSecond, 600 * kSecond});
  capped.ended(0, 0);
  CHECK(capped.ended(0, 0) == 20 * kSecond);
  CHECK(capped.ended(-5, 0) == 20 * kSecond);
}

}  // namespace
}  // namespace highwater::host
