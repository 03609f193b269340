#include "models/algorithms/limiting/sliding_log.h"

#include <catch2/catch.hpp>

#include "tests/limiting/windows.h"

namespace highwater::limiting {
namespace {

TEST_CASE("sliding_log: decides as python-limits 2.8.0 did", "[limiting][golden]") {
  CHECK(replay_python_limits("MovingWindowRateLimiter", [](const WindowOptions& options) {
          return SlidingLog(options);
        }) == 3 * 48 + 7 * 200);
}

TEST_CASE("sliding_log: an entry counts until it is more than a period old", "[limiting]") {
  Bench log{SlidingLog({2, kSecond})};
  CHECK(log.letters({0, 10, 20}) == "aad");
  CHECK(log.at(20) == Verdict::denied(kSecond - 19));
  CHECK(log.letters({kSecond, kSecond + 1, kSecond + 10, kSecond + 11}) == "dada");
}

TEST_CASE("sliding_log: costs take several entries", "[limiting]") {
  Bench log{SlidingLog({3, kSecond})};
  CHECK(log.at(0, 2) == Verdict::allowed());
  CHECK(log.at(1, 2) == Verdict::denied(kSecond));
  CHECK(log.at(1, 1) == Verdict::allowed());
  CHECK(log.at(2, 4) == Verdict::denied(kNever));
  CHECK(log.at(2, 0) == Verdict::allowed());
  CHECK(log.at(kSecond + 1, 2) == Verdict::allowed());
}

TEST_CASE("sliding_log: edges", "[limiting]") {
  CHECK(Bench{SlidingLog({0, kSecond})}.at(0) == Verdict::denied(kNever));
  CHECK(Bench{SlidingLog({2, 0})}.letters({0, 0, 0, 1}) == "aada");
  CHECK(Bench{SlidingLog({2, -1})}.letters({0, 0, 0, 1}) == "aada");
  Bench log{SlidingLog({1, kSecond})};
  // Where time goes back, the last entry is still the newest one.
  CHECK(log.letters({9 * kSecond, 0, 10 * kSecond + 1}) == "ada");
  log.rule.begin(log.state, 0);
  CHECK(log.at(10 * kSecond + 1) == Verdict::allowed());
}

}  // namespace
}  // namespace highwater::limiting
