#include "models/algorithms/limiting/resilience4j_rate_limiter.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

std::int64_t nanoseconds(const nlohmann::json& text) {
  return std::stoll(text.get<std::string>());
}

TEST_CASE("resilience4j_rate_limiter: reserves as version 2.2.0 did", "[limiting][golden]") {
  std::size_t decisions = 0;
  const auto golden = golden_json("resilience4j_rate_limiter.json");
  for (const auto& run : golden["runs"]) {
    const auto& options = run["options"];
    CAPTURE(options.dump());
    Bench limiter{Resilience4jRateLimiter(
        {static_cast<std::uint32_t>(nanoseconds(options["limit_for_period"])),
         nanoseconds(options["limit_refresh_period"]), nanoseconds(options["timeout_duration"])})};
    for (const auto& row : run["rows"]) {
      const Verdict verdict = limiter.at(row[0], row[1]);
      const auto wait = row[2].get<std::int64_t>();
      REQUIRE(verdict.is_admitted() == (wait >= 0));
      REQUIRE(verdict.delay == std::max<std::int64_t>(0, wait));
      ++decisions;
    }
  }
  CHECK(decisions == 6 * 220);
}

TEST_CASE("resilience4j_rate_limiter: edges", "[limiting]") {
  CHECK(Bench{Resilience4jRateLimiter({0, kSecond, kSecond})}.at(0) == Verdict::denied(kNever));
  Bench strict{Resilience4jRateLimiter({2, kSecond, 0})};
  CHECK(strict.letters({0, 0, 0, kSecond}) == "aada");
  CHECK(strict.at(kSecond, 0) == Verdict::allowed());
  CHECK(strict.at(kSecond + 1, 2) == Verdict::denied(kSecond - 1));
  // Time going back to an earlier cycle takes away what the cycles in between had brought.
  Bench back{Resilience4jRateLimiter({1, kSecond, 0})};
  CHECK(back.letters({9 * kSecond, 0}) == "ad");
  Bench patient{Resilience4jRateLimiter({2, kSecond, kNever})};
  CHECK(patient.at(0, 7) == Verdict::after(3 * kSecond));
}

}  // namespace
}  // namespace highwater::limiting
