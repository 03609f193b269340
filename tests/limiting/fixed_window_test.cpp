#include "models/algorithms/limiting/fixed_window.h"

#include <catch2/catch.hpp>

#include "tests/limiting/windows.h"

namespace highwater::limiting {
namespace {

TEST_CASE("fixed_window: decides as python-limits 2.8.0 did", "[limiting][golden]") {
  CHECK(replay_python_limits("FixedWindowRateLimiter", [](const WindowOptions& options) {
          return FixedWindow(options);
        }) == 3 * 48 + 7 * 200);
}

TEST_CASE("elastic_window: decides as python-limits 2.8.0 did", "[limiting][golden]") {
  CHECK(
      replay_python_limits("FixedWindowElasticExpiryRateLimiter", [](const WindowOptions& options) {
        return FixedWindow(options, true);
      }) == 3 * 48 + 7 * 200);
}

TEST_CASE("fixed_window: begins with the first hit, and reaches its bound", "[limiting]") {
  Bench window{FixedWindow({2, kSecond})};
  const std::int64_t first = kSecond / 3;
  CHECK(window.letters({first, first + kSecond - 1}) == "aa");
  CHECK(window.at(first + kSecond - 1) == Verdict::denied(1));
  CHECK(window.letters({first + kSecond, first + kSecond}) == "aa");  // four within a second
  CHECK(window.rule.remaining(window.state, first + kSecond) == 0);
  CHECK(window.rule.remaining(window.state, first + 2 * kSecond) == 2);
}

TEST_CASE("fixed_window: counts what it refuses", "[limiting]") {
  Bench window{FixedWindow({5, kSecond})};
  CHECK(window.at(0, 4) == Verdict::allowed());
  CHECK(window.at(1, 3) == Verdict::denied(kSecond - 1));
  CHECK(window.at(2, 1) == Verdict::denied(kSecond - 2));
  CHECK(window.at(kSecond, 6) == Verdict::denied(kNever));
}

TEST_CASE("elastic_window: who keeps knocking stays out", "[limiting]") {
  Bench window{FixedWindow({1, kSecond}, true)};
  CHECK(window.letters({0, kSecond / 2, kSecond, 2 * kSecond - 1, 3 * kSecond - 1}) == "addda");
}

TEST_CASE("fixed_window: edges", "[limiting]") {
  CHECK(Bench{FixedWindow({0, kSecond})}.at(0) == Verdict::denied(kNever));
  CHECK(Bench{FixedWindow({0, kSecond})}.at(0, 0) == Verdict::allowed());
  CHECK(Bench{FixedWindow({1, 0})}.letters({0, 0, 0}) == "aaa");
  CHECK(Bench{FixedWindow({1, -5})}.letters({0, 0}) == "aa");
  Bench window{FixedWindow({1, kSecond})};
  CHECK(window.letters({9 * kSecond, 0, 9 * kSecond, 10 * kSecond}) == "adda");
  Bench late{FixedWindow({1, kNever})};
  CHECK(late.letters({9, kNever - 1, kNever}) == "ada");
}

TEST_CASE("fixed_window_aligned: a window for each period of the clock", "[limiting]") {
  Bench window{AlignedWindow({{2, kSecond}, 0})};
  const std::int64_t end = kSecond - 1;
  CHECK(window.letters({end, end, end, kSecond, kSecond, kSecond}) == "aadaad");
  Bench shifted{AlignedWindow({{1, kSecond}, kSecond / 4})};
  CHECK(shifted.letters({0, kSecond / 2, kSecond * 3 / 4}) == "ada");
  CHECK(shifted.at(kSecond) == Verdict::denied(kSecond * 3 / 4));
  Bench negative{AlignedWindow({{1, kSecond}, 0})};
  CHECK(negative.letters({-1, 0, -1}) == "aaa");  // going back begins a window anew
  CHECK(negative.at(0, 2) == Verdict::denied(kNever));
}

}  // namespace
}  // namespace highwater::limiting
