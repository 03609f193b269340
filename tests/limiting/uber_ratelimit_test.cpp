#include "models/algorithms/limiting/uber_ratelimit.h"

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

TEST_CASE("uber_ratelimit: sleeps as long as version 0.3.1 did", "[limiting][golden]") {
  std::size_t decisions = 0;
  const auto golden = golden_json("uber_ratelimit.json");
  for (const auto& run : golden["runs"]) {
    Bench limiter{
        UberRatelimit({run["rate"], run["per_s"].get<std::int64_t>() * kSecond, run["slack"]})};
    for (const auto& row : run["rows"]) {
      REQUIRE(limiter.at(row[0]) == Verdict::after(row[1]));
      ++decisions;
    }
  }
  CHECK(decisions == 1000);
}

TEST_CASE("uber_ratelimit: slack is what was not used, up to its bound", "[limiting]") {
  Bench limiter{UberRatelimit({10, kSecond, 3})};
  CHECK(limiter.at(0) == Verdict::allowed());
  // Ten requests' time later: three are made up for, besides the one that is due.
  CHECK(limiter.letters(std::vector<std::int64_t>(5, kSecond)) == "aaaaw");
  Bench strict{UberRatelimit({10, kSecond, 0})};
  CHECK(strict.at(0) == Verdict::allowed());
  CHECK(strict.letters({kSecond, kSecond}) == "aw");
}

TEST_CASE("uber_ratelimit: edges", "[limiting]") {
  CHECK(Bench{UberRatelimit({0, kSecond, 10})}.at(5) == Verdict::denied(kNever));
  Bench limiter{UberRatelimit({1, kSecond, 0})};
  CHECK(limiter.at(10 * kSecond, 3) == Verdict::after(2 * kSecond));
  CHECK(limiter.at(10 * kSecond, 0) == Verdict::allowed());
  CHECK(limiter.at(0) == Verdict::after(13 * kSecond));  // the schedule stays where it was
  CHECK(Bench{UberRatelimit({5, 0, 0})}.letters({0, 0, 0}) == "aaa");
}

}  // namespace
}  // namespace highwater::limiting
