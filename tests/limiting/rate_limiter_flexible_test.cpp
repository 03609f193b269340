#include "models/algorithms/limiting/rate_limiter_flexible.h"

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

RateLimiterFlexibleOptions options_of(const nlohmann::json& given) {
  RateLimiterFlexibleOptions options;
  options.points = given["points"];
  options.duration = given["duration"].get<std::int64_t>() * kSecond;
  options.block_duration = given.value("blockDuration", std::int64_t{0}) * kSecond;
  options.exec_evenly = given.value("execEvenly", false);
  if (given.contains("execEvenlyMinDelayMs"))
    options.exec_evenly_min_delay =
        given["execEvenlyMinDelayMs"].get<std::int64_t>() * kMillisecond;
  return options;
}

TEST_CASE("rate_limiter_flexible: decides as version 11.4.0 did", "[limiting][golden]") {
  std::size_t decisions = 0;
  for (const char* file : {"rate_limiter_flexible.json", "rate_limiter_flexible_long.json"}) {
    const auto golden = golden_json(file);
    for (const auto& run : golden["runs"]) {
      CAPTURE(file, run["options"].dump());
      Bench limiter{RateLimiterFlexible(options_of(run["options"]))};
      for (const auto& row : run["rows"]) {
        const bool bare = row.size() == 4;  // without points and delays
        const std::int64_t now = row[0].get<std::int64_t>() * kMillisecond;
        const std::uint32_t points = bare ? 1 : row[1].get<std::uint32_t>();
        const bool allowed = row[bare ? 1 : 2].get<int>() != 0;
        const std::int64_t delay = bare ? 0 : row[5].get<std::int64_t>() * kMillisecond;
        CAPTURE(now, points);
        const Verdict verdict = limiter.at(now, points);
        REQUIRE(verdict.is_admitted() == allowed);
        REQUIRE(verdict.delay == delay);
        REQUIRE(limiter.rule.remaining(limiter.state) == row[bare ? 2 : 3].get<std::int64_t>());
        const auto before_next = row[bare ? 3 : 4].get<std::int64_t>();
        // The library takes a delay off, down to 0, and says -1 for never.
        if (delay == 0 && before_next >= 0)
          REQUIRE(limiter.rule.before_next(limiter.state, now) == before_next * kMillisecond);
        ++decisions;
      }
    }
  }
  CHECK(decisions == 3 * 48 + 8 * 160);
}

TEST_CASE("rate_limiter_flexible: edges", "[limiting]") {
  CHECK(Bench{RateLimiterFlexible({0, kSecond})}.at(0) == Verdict::denied(kNever));
  CHECK(Bench{RateLimiterFlexible({0, kSecond})}.at(0, 0) == Verdict::allowed());
  Bench for_ever{RateLimiterFlexible({2, 0})};
  CHECK(for_ever.letters({0, 1, 2, kNever / 2}) == "aadd");
  CHECK(for_ever.at(kNever / 2).retry_after == kNever);
  Bench window{RateLimiterFlexible({1, kSecond})};
  CHECK(window.letters({9 * kSecond, 0, 9 * kSecond, 10 * kSecond}) == "adda");
  // Milliseconds: what lies within the same one is the same time.
  Bench fine{RateLimiterFlexible({1, 2 * kMillisecond})};
  CHECK(fine.letters({kMillisecond - 1, 2 * kMillisecond - 1, 2 * kMillisecond}) == "ada");
}

// Seen beside 11.4.0: node's timers end at 2^31 - 1 ms, and know no fractions.
TEST_CASE("rate_limiter_flexible: what node's timers do not reach is over at once", "[limiting]") {
  constexpr std::int64_t kLongest = 2'147'483'647 * kMillisecond;
  Bench longest{RateLimiterFlexible({1, kLongest})};
  CHECK(longest.letters({0, kLongest - kMillisecond, kLongest}) == "ada");
  Bench month{RateLimiterFlexible({1, 30 * 86'400 * kSecond})};
  CHECK(month.letters({0, kMillisecond - 1, kMillisecond}) == "ada");
  CHECK(month.at(kMillisecond).retry_after == kMillisecond);
  CHECK(month.rule.before_next(month.state, kMillisecond) == 30 * 86'400 * kSecond);
  Bench block{RateLimiterFlexible({1, kSecond, kLongest + kMillisecond})};
  CHECK(block.letters({0, 1, 2, kMillisecond}) == "adda");
  Bench even{RateLimiterFlexible({2, 0, 0, true, kLongest})};
  CHECK(even.at(0) == Verdict::allowed());
  CHECK(even.at(1) == Verdict::allowed());  // no end, no delay
  Bench slow{RateLimiterFlexible({3, kSecond, 0, true, kLongest})};
  CHECK(slow.at(0) == Verdict::allowed());
  CHECK(slow.at(0) == Verdict::after(kMillisecond));  // twice the longest
  Bench nothing{RateLimiterFlexible({3, kSecond, 0, true, kSecond})};
  CHECK(nothing.at(0, 0) == Verdict::allowed());
  CHECK(nothing.at(0, 0) == Verdict::after(kMillisecond));  // nothing times the least delay
  Bench odd{RateLimiterFlexible({1, 2 * kMillisecond + 1})};
  CHECK(odd.letters({0, kMillisecond, 2 * kMillisecond}) == "ada");
  Bench short_{RateLimiterFlexible({1, 1})};
  CHECK(short_.letters({0, kMillisecond - 1, kMillisecond}) == "ada");
}

}  // namespace
}  // namespace highwater::limiting
