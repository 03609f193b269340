#include "models/algorithms/limiting/shared.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/limiting/fixed_window.h"
#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

/// INCRBY and EXPIRE of one client, with nothing in between.
Verdict incr_expire(SharedCounter::Value& value, std::int64_t now, std::uint32_t cost,
                    const WindowOptions& options) {
  const auto decision = SharedCounter::decide(SharedCounter::increase(value, now, cost), cost,
                                              options.limit, options.period);
  if (decision.must_expire) SharedCounter::expire(value, now, options.period);
  return decision.verdict;
}

TEST_CASE("shared: INCR and EXPIRE without a race are a fixed window", "[limiting][property]") {
  CHECK(rc::check([] {
    const WindowOptions options{*rc::gen::inRange<std::uint32_t>(0, 5), kSecond};
    SharedCounter::Value value;
    Bench window{FixedWindow(options)};
    Bench redis{RedisWindow(options)};
    std::int64_t now = 0;
    const auto steps =
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 7));
    for (const std::int64_t step : steps) {
      now += step * 170 * kMillisecond;  // never exactly a period apart
      const auto cost = static_cast<std::uint32_t>(step % 3);
      const Verdict verdict = incr_expire(value, now, cost, options);
      RC_ASSERT(verdict.kind == window.at(now, cost).kind);
      RC_ASSERT(verdict.kind == redis.at(now, cost).kind);
    }
  }));
}

TEST_CASE("shared: a client that dies before EXPIRE shuts everybody out for ever", "[limiting]") {
  const WindowOptions options{2, kSecond};
  SharedCounter::Value value;
  CHECK(SharedCounter::increase(value, 0, 1) == 1);  // and no EXPIRE follows
  CHECK(incr_expire(value, 1, 1, options).is_admitted());
  CHECK_FALSE(incr_expire(value, 2, 1, options).is_admitted());
  CHECK_FALSE(incr_expire(value, 1'000'000 * kSecond, 1, options).is_admitted());
}

TEST_CASE("shared: who reads before another has written decides on what is old", "[limiting]") {
  SharedCounter::Value value;
  const std::int64_t seen_by_a = SharedCounter::get(value, 0);
  const std::int64_t seen_by_b = SharedCounter::get(value, 0);
  CHECK(seen_by_a == seen_by_b);  // both find room for one, and a limit of one lets two through
  SharedCounter::increase(value, 1, 1);
  SharedCounter::expire(value, 1, kSecond);
  CHECK(SharedCounter::get(value, kSecond + kMillisecond - 1) == 1);
  CHECK(SharedCounter::get(value, kSecond + kMillisecond) == 0);
  CHECK_FALSE(SharedCounter::expire(value, kSecond + kMillisecond, kSecond));
}

TEST_CASE("redis_fixed_window: the last millisecond belongs to the window", "[limiting]") {
  Bench window{RedisWindow({1, kSecond})};
  CHECK(window.letters({5, kSecond, kSecond + kMillisecond - 1}) == "add");
  CHECK(window.at(kSecond) == Verdict::denied(kMillisecond));
  CHECK(window.at(kSecond + kMillisecond) == Verdict::allowed());
  CHECK(Bench{RedisWindow({1, kMillisecond - 1})}.letters({0, 0, 0}) == "aaa");
  CHECK(Bench{RedisWindow({0, kSecond})}.at(0) == Verdict::denied(kNever));
  CHECK(Bench{RedisWindow({1, kSecond})}.at(0, 2) == Verdict::denied(kNever));
}

TEST_CASE("shared: the forms say what they cost", "[limiting]") {
  for (std::size_t i = 0; i < kSharedForms.size(); ++i) {
    const SharedFormInfo& info = kSharedForms[i];
    CHECK(static_cast<std::size_t>(info.form) == i);
    CHECK(info.round_trips <= info.most_round_trips);
    CHECK_FALSE(info.fails_by.empty());
  }
  CHECK_FALSE(kSharedForms[3].is_atomic);
}

}  // namespace
}  // namespace highwater::limiting
