#include "models/algorithms/limiting/bucket4j.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

std::int64_t number(const nlohmann::json& text) {
  return std::stoll(text.get<std::string>());
}

TEST_CASE("bucket4j: consumes and waits as version 8.19 did", "[limiting][golden]") {
  std::size_t decisions = 0;
  const auto golden = golden_json("bucket4j.json");
  for (const auto& run : golden["runs"]) {
    const auto& given = run["options"];
    CAPTURE(given.dump());
    Bucket4jOptions options;
    options.capacity = number(given["capacity"]);
    options.refill_tokens = number(given["refill_tokens"]);
    options.refill_period = number(given["refill_period"]);
    options.initial_tokens = number(given["initial_tokens"]);
    options.intervally = given["intervally"] == "true";
    Bench bucket{Bucket4j(options)};
    for (const auto& row : run["rows"]) {
      const std::uint32_t cost = row[1];
      const Verdict verdict = bucket.at(row[0], cost);
      REQUIRE(verdict.is_admitted() == (row[2] == 1));
      if (verdict.is_admitted()) {
        REQUIRE(bucket.state.size == row[3].get<std::int64_t>());
      } else if (cost <= options.capacity) {
        REQUIRE(verdict.retry_after == row[4].get<std::int64_t>());
      }
      ++decisions;
    }
  }
  CHECK(decisions == 8 * 220);
}

TEST_CASE("bucket4j: edges", "[limiting]") {
  Bench least{Bucket4j({0, -1, 0})};  // each counts as 1
  CHECK(least.letters({0, 0, 1, 1}) == "adad");
  CHECK(least.at(9, 0) == Verdict::allowed());
  CHECK(least.at(9, 2) == Verdict::denied(kNever));
  Bench bucket{Bucket4j({2, 1, kSecond})};
  CHECK(bucket.letters({9 * kSecond, 9 * kSecond, 0, 10 * kSecond}) == "aada");
  // Beyond 64 bits it goes on in doubles.
  Bench vast{Bucket4j({kNever, kNever, kSecond, false, 0})};
  CHECK(vast.at(kSecond / 2, 0xffff'ffff) == Verdict::allowed());
}

}  // namespace
}  // namespace highwater::limiting
