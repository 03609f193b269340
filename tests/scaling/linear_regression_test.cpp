#include "models/algorithms/scaling/linear_regression.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::scaling::linear_regression_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("linear regression: the line by hand", "[scaling]") {
  // Means 15 s and 2.25; 45 / 500 = 0.09 a second.
  const std::vector<ReplicaSample> history{
      {0, 1}, {10 * kSecond, 2}, {20 * kSecond, 2}, {30 * kSecond, 4}};
  CHECK(line_at(history, 15 * kSecond) == Approx(2.25));
  CHECK(line_at(history, 30 * kSecond) == Approx(3.6));
  CHECK(line_at(history, 60 * kSecond) == Approx(6.3));
  CHECK(line_at(history, -100 * kSecond) == Approx(-8.1));
}

TEST_CASE("linear regression: the cases of the product's test", "[scaling]") {
  // 1 to 4 replicas, 10 s apart, the last 9 s ago; its answers 5, 6 and 7 are rounded up.
  const std::vector<ReplicaSample> history{
      {33 * kSecond, 1}, {43 * kSecond, 2}, {53 * kSecond, 3}, {63 * kSecond, 4}};
  const std::int64_t now = 72 * kSecond;
  CHECK(line_at(history, now) == Approx(4.9));
  CHECK(line_at(history, now + 10 * kSecond) == Approx(5.9));
  CHECK(line_at(history, now + 15 * kSecond) == Approx(6.4));
}

TEST_CASE("linear regression: neither order nor the distance from zero matter", "[scaling]") {
  const std::int64_t late = std::int64_t{40} * 365 * 86'400 * kSecond;
  const std::vector<ReplicaSample> forth{{0, 5}, {7 * kSecond, 3}, {9 * kSecond, 8}};
  const std::vector<ReplicaSample> back{
      {late + 9 * kSecond, 8}, {late, 5}, {late + 7 * kSecond, 3}};
  CHECK(line_at(forth, 20 * kSecond) == Approx(line_at(back, late + 20 * kSecond)));
}

TEST_CASE("linear regression: without a slope the mean", "[scaling]") {
  const std::vector<ReplicaSample> alone{{kSecond, 7}};
  CHECK(line_at(alone, 100 * kSecond) == 7);
  const std::vector<ReplicaSample> together{{kSecond, 1}, {kSecond, 2}, {kSecond, 6}};
  CHECK(line_at(together, 100 * kSecond) == 3);
  const std::vector<ReplicaSample> level{{0, 3}, {kSecond, 3}, {5 * kSecond, 3}};
  CHECK(line_at(level, 999 * kSecond) == 3);
}

}  // namespace
}  // namespace highwater::scaling::linear_regression_test
