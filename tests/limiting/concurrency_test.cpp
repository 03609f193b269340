#include "models/algorithms/limiting/concurrency.h"

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

TEST_CASE("concurrency_limit: a place is free when somebody has gone", "[limiting]") {
  RuleLimiter limiter{Concurrency({3})};
  CHECK(limiter.is_idle(0));
  CHECK(limiter.admit(0, 2) == Verdict::allowed());
  CHECK(limiter.admit(1) == Verdict::allowed());
  CHECK(limiter.admit(2) == Verdict::denied(0));
  limiter.finish(3);
  CHECK(limiter.admit(3, 2) == Verdict::denied(0));
  CHECK(limiter.admit(3) == Verdict::allowed());
  CHECK_FALSE(limiter.is_idle(9));
  limiter.finish(4, 99);  // more than there are
  CHECK(limiter.is_idle(4));
  CHECK(limiter.admit(5, 3) == Verdict::allowed());
}

TEST_CASE("concurrency_limit: edges", "[limiting]") {
  RuleLimiter none{Concurrency({0})};
  CHECK(none.admit(0) == Verdict::denied(kNever));
  CHECK(none.admit(0, 0) == Verdict::allowed());
  RuleLimiter most{Concurrency({0xffff'ffff})};
  CHECK(most.admit(0, 0xffff'ffff) == Verdict::allowed());
  CHECK(most.admit(0) == Verdict::denied(0));
}

}  // namespace
}  // namespace highwater::limiting
