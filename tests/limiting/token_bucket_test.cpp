#include "models/algorithms/limiting/token_bucket.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

// Both the golden recording and a longer one with other rates, times that go back and stand still.
TEST_CASE("token_bucket: decides as x/time/rate did", "[limiting][golden]") {
  std::size_t decisions = 0;
  for (const char* file : {"token_bucket_go.json", "token_bucket_go_long.json"}) {
    const auto golden = golden_json(file);
    for (const auto& run : golden["runs"]) {
      const double rate = run["rate"];
      const std::uint32_t burst = run["burst"];
      CAPTURE(file, rate, burst);
      Bench allow{TokenBucket({rate, burst})};
      for (const auto& row : run["x_time_rate_allow"]) {
        const bool allowed = row[2];
        REQUIRE(allow.at(row[0], row[1]).is_admitted() == allowed);
        ++decisions;
      }
      Bench reserve{TokenBucket({rate, burst, true})};
      for (const auto& row : run["x_time_rate_reserve"]) {
        const Verdict verdict = reserve.at(row[0], row[1]);
        const bool ok = row[2];
        REQUIRE(verdict.is_admitted() == ok);
        if (ok) REQUIRE(verdict.delay == row[3].get<std::int64_t>());
        ++decisions;
      }
    }
  }
  CHECK(decisions == 3 * (60 + 36) + 8 * (250 + 250));
}

TEST_CASE("token_bucket: reservations wait no longer than they may", "[limiting]") {
  Bench bucket{TokenBucket({1, 1, true, 2 * kSecond})};
  CHECK(bucket.at(0) == Verdict::allowed());
  CHECK(bucket.at(0) == Verdict::after(kSecond));
  CHECK(bucket.at(0) == Verdict::after(2 * kSecond));
  CHECK(bucket.at(0) == Verdict::denied(kSecond));
  CHECK(bucket.at(kSecond) == Verdict::after(2 * kSecond));
}

TEST_CASE("token_bucket: edges", "[limiting]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(Bench{TokenBucket({infinity, 0})}.at(0, 1000) == Verdict::allowed());
  for (const double rate : {0.0, -3.0, nan}) {
    Bench bucket{TokenBucket({rate, 2, true})};
    CHECK(bucket.letters({0, 0, kSecond, 1000 * kSecond}) == "aadd");
    CHECK(bucket.at(1000 * kSecond).retry_after == kNever);
  }
  Bench none{TokenBucket({5, 0})};
  CHECK(none.at(100 * kSecond) == Verdict::denied(kNever));
  CHECK(none.at(100 * kSecond, 0) == Verdict::allowed());
  Bench bucket{TokenBucket({1, 3})};
  CHECK(bucket.at(0, 4) == Verdict::denied(kNever));
  CHECK(bucket.at(0, 3) == Verdict::allowed());
  CHECK(bucket.at(kSecond / 2) == Verdict::denied(kSecond / 2));
  // The far future and back: times as large as they come.
  CHECK(bucket.at(kNever, 3) == Verdict::allowed());
}

TEST_CASE("token_bucket: time set back counts again, as in x/time", "[limiting]") {
  Bench bucket{TokenBucket({1, 2})};
  CHECK(bucket.letters({0, 0}) == "aa");
  CHECK(bucket.at(2 * kSecond) == Verdict::allowed());
  CHECK(bucket.at(0) == Verdict::allowed());  // the clock is at 0 again
  CHECK(bucket.at(kSecond) == Verdict::allowed());
  CHECK_FALSE(bucket.at(kSecond).is_admitted());
}

}  // namespace
}  // namespace highwater::limiting
