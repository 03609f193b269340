#include "models/algorithms/limiting/juju_bucket.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

JujuBucketOptions at_rate(double rate, std::int64_t capacity) {
  JujuBucketOptions options;
  options.capacity = capacity;
  REQUIRE(JujuBucket::set_rate(rate, options));
  return options;
}

TEST_CASE("juju_bucket: decides as version 1.0.1 did", "[limiting][golden]") {
  std::size_t decisions = 0;
  for (const char* file : {"token_bucket_go.json", "token_bucket_go_long.json"}) {
    const auto golden = golden_json(file);
    for (const auto& run : golden["runs"]) {
      if (!run.contains("juju_takeavailable")) continue;
      JujuBucketOptions options = at_rate(run["rate"], run["burst"]);
      CAPTURE(file, options.fill_interval, options.quantum);
      Bench available{JujuBucket(options)};
      for (const auto& row : run["juju_takeavailable"]) {
        REQUIRE(available.rule.take_available(available.state, row[0], row[1]) == row[2]);
        ++decisions;
      }
      if (!run.contains("juju_takemaxduration")) continue;
      options.max_wait = run["max_wait"];
      Bench takes{JujuBucket(options)};
      for (const auto& row : run["juju_takemaxduration"]) {
        const Verdict verdict = takes.at(row[0], row[1]);
        const bool ok = row[2];
        REQUIRE(verdict.is_admitted() == ok);
        if (ok) REQUIRE(verdict.delay == row[3].get<std::int64_t>());
        ++decisions;
      }
    }
    if (!golden.contains("juju_quantum")) continue;
    for (const auto& run : golden["juju_quantum"]) {
      Bench bucket{JujuBucket({run[0], run[1], run[2]})};
      for (const auto& row : run[3]) {
        const bool ok = row[2];
        REQUIRE(bucket.at(row[0], row[1]).is_admitted() == ok);
        ++decisions;
      }
    }
  }
  CHECK(decisions == 3 * 36 + 7 * 400 + 9 * 80);
}

// A bucket that was full for long fills twice in a row: the bound of two capacities is reached.
TEST_CASE("juju_bucket: counts ticks that passed while it was full, unless told to forget them",
          "[limiting]") {
  JujuBucketOptions options{kSecond, 1, 10};
  Bench old{JujuBucket(options)};
  CHECK(old.at(100 * kSecond, 10).is_admitted());
  CHECK(old.at(100 * kSecond, 10).is_admitted());
  CHECK_FALSE(old.at(100 * kSecond).is_admitted());
  options.forget_ticks_while_full = true;
  Bench mended{JujuBucket(options)};
  CHECK(mended.at(100 * kSecond, 10).is_admitted());
  CHECK(mended.at(100 * kSecond, 1) == Verdict::denied(kSecond));
}

TEST_CASE("juju_bucket: finds a quantum for rates that nanoseconds cannot express", "[limiting]") {
  JujuBucketOptions options = at_rate(10, 5);
  CHECK(options.fill_interval == 100'000'000);
  CHECK(options.quantum == 1);
  options = at_rate(3e9, 5);
  CHECK(options.fill_interval == 1);
  CHECK(options.quantum == 3);
  const JujuBucketOptions before = options;
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(JujuBucket::set_rate(rate, options));
    CHECK(options.fill_interval == before.fill_interval);
  }
}

TEST_CASE("juju_bucket: edges", "[limiting]") {
  Bench least{JujuBucket({0, -4, 0})};  // each counts as 1
  CHECK(least.letters({0, 0, 1, 1}) == "adad");
  CHECK(least.at(1, 0) == Verdict::allowed());
  CHECK(least.at(5, 2) == Verdict::denied(kNever));
  CHECK(least.rule.take_available(least.state, 9, 0) == 0);
  Bench owing{JujuBucket({kSecond, 1, 2, 10 * kSecond})};
  CHECK(owing.at(0, 5) == Verdict::after(3 * kSecond));
  CHECK(owing.at(kSecond) == Verdict::after(3 * kSecond));
}

}  // namespace
}  // namespace highwater::limiting
