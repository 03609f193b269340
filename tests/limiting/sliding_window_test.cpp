#include "models/algorithms/limiting/sliding_window.h"

#include <catch2/catch.hpp>

#include "tests/limiting/windows.h"

namespace highwater::limiting {
namespace {

SlidingWindow plain(std::uint32_t limit, std::int64_t period) {
  SlidingWindowOptions options;
  options.window = {limit, period};
  return SlidingWindow(options);
}

// Recorded at Unix time 1,700,000,000, whose place in a window decides.
TEST_CASE("sliding_window: decides as python-limits 5.8.0 did", "[limiting][golden]") {
  CHECK(replay_python_limits("SlidingWindowCounterRateLimiter", [](const WindowOptions& options) {
          return SlidingWindow({options, WindowStart::clock, 1'700'000'000 * kSecond, true});
        }) == 7 * 200);
}

TEST_CASE("sliding_window: Cloudflare's example", "[limiting]") {
  // 42 requests in the minute before, 18 in this one, 15 seconds of which have passed: 49.5.
  Bench window{plain(50, 60 * kSecond)};
  for (int i = 0; i < 42; ++i) REQUIRE(window.at(i) == Verdict::allowed());
  for (int i = 0; i < 18; ++i) REQUIRE(window.at(75 * kSecond - 1) == Verdict::allowed());
  CHECK(window.rule.estimate(window.state, 75 * kSecond) == 49.5);
  CHECK_FALSE(window.at(75 * kSecond).is_admitted());  // it would be 50.5
  Bench rounded{SlidingWindow({{50, 60 * kSecond}, WindowStart::clock, 0, true})};
  rounded.state = window.state;
  CHECK(rounded.at(75 * kSecond) == Verdict::allowed());  // 49 and one more
}

TEST_CASE("sliding_window: a burst at the end of a window fools it", "[limiting]") {
  Bench window{plain(10, kSecond)};
  int admitted = 0;
  for (int i = 0; i < 10; ++i) admitted += window.at(kSecond - 1).is_admitted();
  for (int i = 0; i < 10; ++i) admitted += window.at(2 * kSecond - 2).is_admitted();
  CHECK(admitted == 19);  // within a second
}

TEST_CASE("sliding_window: windows may begin with the first hit", "[limiting]") {
  const std::int64_t first = kSecond / 3;
  Bench window{SlidingWindow({{2, kSecond}, WindowStart::first_hit, 0, true})};
  CHECK(window.letters({first, first, first + kSecond / 2}) == "aad");
  // At its very end the window has not moved yet, and nothing of it is left to weigh.
  CHECK(window.at(first + kSecond) == Verdict::denied(1));
  CHECK(window.at(first + kSecond + 1) == Verdict::allowed());  // floor(2 * 0.99...) + 1
  CHECK(window.at(first + kSecond * 3 / 2) == Verdict::denied(1));
  CHECK(window.at(first + kSecond * 3 / 2 + 1) == Verdict::allowed());
  // Both windows long gone: a new one begins with the next hit.
  CHECK(window.letters({99 * kSecond + 1, 99 * kSecond + 1, 99 * kSecond + 1}) == "aad");
}

TEST_CASE("sliding_window: edges", "[limiting]") {
  CHECK(Bench{plain(0, kSecond)}.at(0) == Verdict::denied(kNever));
  CHECK(Bench{plain(0, kSecond)}.at(0, 0) == Verdict::allowed());
  CHECK(Bench{plain(1, 0)}.letters({0, 0, 2}) == "ada");
  CHECK(Bench{plain(3, kSecond)}.at(0, 4) == Verdict::denied(kNever));
  Bench window{plain(1, kSecond)};
  CHECK(window.letters({9 * kSecond, 8 * kSecond, 8 * kSecond}) == "aad");
}

}  // namespace
}  // namespace highwater::limiting
