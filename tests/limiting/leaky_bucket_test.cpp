#include "models/algorithms/limiting/leaky_bucket.h"

#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/limiting/gcra.h"
#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

TEST_CASE("leaky_bucket: what would run over is refused", "[limiting]") {
  Bench bucket{LeakyBucket({2, 3})};
  CHECK(bucket.letters({0, 0, 0, 0}) == "aaad");
  CHECK(bucket.at(kSecond / 4) == Verdict::denied(kSecond / 4));
  CHECK(bucket.at(kSecond / 2) == Verdict::allowed());
  CHECK(bucket.at(kSecond / 2, 4) == Verdict::denied(kNever));
  CHECK(bucket.at(kSecond / 2, 0) == Verdict::allowed());
  CHECK(bucket.at(0) == Verdict::denied(kSecond));  // the clock is not set back
  CHECK(bucket.at(kSecond) == Verdict::allowed());
}

// At rates of 1 in 2^n seconds the arithmetic of both is exact.
TEST_CASE("leaky_bucket: decides as GCRA does", "[limiting][property]") {
  CHECK(rc::check([] {
    const auto burst = *rc::gen::inRange<std::uint32_t>(0, 6);
    const auto times =
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 5));
    Bench bucket{LeakyBucket({4, burst})};
    Bench gcra{Gcra({4, kSecond, burst})};
    std::int64_t now = 0;
    for (const std::int64_t step : times) {
      now += step * kSecond / 16;
      const auto cost = static_cast<std::uint32_t>(step % 3 + 1);
      RC_ASSERT(bucket.at(now, cost) == gcra.at(now, cost));
    }
  }));
}

TEST_CASE("leaky_bucket as a queue: requests leave evenly spaced", "[limiting]") {
  Bench queue{LeakyQueue({10, 2})};
  CHECK(queue.at(0) == Verdict::allowed());
  CHECK(queue.at(0) == Verdict::after(kSecond / 10));
  CHECK(queue.at(0) == Verdict::after(kSecond / 5));
  CHECK(queue.at(0) == Verdict::denied(kSecond / 10));
  CHECK(queue.at(kSecond / 10) == Verdict::after(kSecond / 5));
  CHECK(queue.at(kSecond, 3) == Verdict::allowed());
  CHECK(queue.at(kSecond) == Verdict::denied(kSecond / 10));
  CHECK(queue.at(kSecond, 0) == Verdict::allowed());
}

TEST_CASE("leaky_bucket: edges", "[limiting]") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(Bench{LeakyBucket({infinity, 0})}.letters({0, 0, 0}) == "aaa");
  CHECK(Bench{LeakyQueue({infinity, 0})}.letters({0, 0, 0}) == "aaa");
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(Bench{LeakyBucket({rate, 2})}.letters({0, 0, 0, 99 * kSecond}) == "aadd");
    CHECK(Bench{LeakyQueue({rate, 2})}.letters({0, 0, 99 * kSecond}) == "add");
  }
  CHECK(Bench{LeakyBucket({1, 0})}.at(9 * kSecond) == Verdict::denied(kNever));
  CHECK(Bench{LeakyQueue({1, 0})}.letters({0, 1, kSecond}) == "ada");
}

}  // namespace
}  // namespace highwater::limiting
