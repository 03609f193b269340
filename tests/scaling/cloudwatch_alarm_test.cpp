#include "models/algorithms/scaling/cloudwatch_alarm.h"

#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

CloudwatchAlarm::Options above(double threshold, std::uint32_t periods) {
  CloudwatchAlarm::Options options;
  options.threshold = threshold;
  options.comparison = AlarmComparison::greater_than_threshold;
  options.evaluation_periods = periods;
  return options;
}

TEST_CASE("cloudwatch_alarm: rings after so many datapoints and as long as they go on",
          "[scaling]") {
  CloudwatchAlarm alarm(above(50, 3));
  const std::vector<double> values{60, 60, 50, 51, 52, 53, 54, 40, 60};
  const std::vector<bool> rings{false, false, false, false, false, true, true, false, false};
  for (std::size_t i = 0; i < values.size(); ++i) {
    CAPTURE(i);
    CHECK(alarm.observe(static_cast<std::int64_t>(i + 1) * kMinute, values[i]) == rings[i]);
    CHECK(alarm.datapoint() == values[i]);
  }
}

TEST_CASE("cloudwatch_alarm: a datapoint is made of all values of its period", "[scaling]") {
  for (const auto& [statistic, point] :
       {std::pair(AlarmStatistic::average, 40.0), std::pair(AlarmStatistic::minimum, 10.0),
        std::pair(AlarmStatistic::maximum, 80.0)}) {
    CloudwatchAlarm::Options options = above(5, 1);
    options.statistic = statistic;
    CloudwatchAlarm alarm(options);
    CHECK_FALSE(alarm.observe(15 * kMinute / 60, 30));
    CHECK_FALSE(alarm.observe(30 * kMinute / 60, 80));
    CHECK_FALSE(alarm.observe(45 * kMinute / 60, 10));
    CHECK(alarm.observe(70 * kMinute / 60, 9));  // the first look in the next period
    CHECK(alarm.datapoint() == point);
  }
}

TEST_CASE("cloudwatch_alarm: comparisons take the threshold in or not", "[scaling]") {
  const auto rings = [](AlarmComparison comparison, double value) {
    CloudwatchAlarm::Options options = above(50, 1);
    options.comparison = comparison;
    return CloudwatchAlarm(options).observe(kMinute, value);
  };
  CHECK(rings(AlarmComparison::greater_than_or_equal_to_threshold, 50));
  CHECK_FALSE(rings(AlarmComparison::greater_than_threshold, 50));
  CHECK(rings(AlarmComparison::greater_than_threshold, 51));
  CHECK_FALSE(rings(AlarmComparison::less_than_threshold, 50));
  CHECK(rings(AlarmComparison::less_than_threshold, 49));
  CHECK(rings(AlarmComparison::less_than_or_equal_to_threshold, 50));
  CHECK_FALSE(rings(AlarmComparison::less_than_or_equal_to_threshold, 51));
}

TEST_CASE("cloudwatch_alarm: missing data begins the count anew", "[scaling]") {
  CloudwatchAlarm empty(above(50, 2));
  CHECK_FALSE(empty.observe(kMinute, 60));
  CHECK_FALSE(empty.observe(2 * kMinute, std::nullopt));
  CHECK_FALSE(empty.datapoint().has_value());
  CHECK_FALSE(empty.observe(3 * kMinute, 60));
  CHECK(empty.observe(4 * kMinute, 60));
  CHECK_FALSE(empty.observe(9 * kMinute, 60));  // four periods without anybody looking
  CHECK(empty.observe(10 * kMinute, 60));
  for (const double bad : {std::nan(""), HUGE_VAL}) CHECK_FALSE(empty.observe(11 * kMinute, bad));
}

TEST_CASE("cloudwatch_alarm: time that stands still or goes back changes nothing", "[scaling]") {
  CloudwatchAlarm alarm(above(50, 1));
  CHECK(alarm.observe(kMinute, 60));
  CHECK_FALSE(alarm.observe(kMinute, 60));
  CHECK_FALSE(alarm.observe(kMinute / 2, 60));
  CHECK(alarm.datapoint() == 60);
  CHECK_FALSE(alarm.observe(2 * kMinute, 40));
}

TEST_CASE("cloudwatch_alarm: periods of nothing do not divide by it", "[scaling]") {
  CloudwatchAlarm::Options options = above(50, 0);
  options.period = 0;
  CloudwatchAlarm alarm(options);
  CHECK(alarm.observe(5, 60));
  CHECK(alarm.observe(6, 60));
}

TEST_CASE("cloudwatch_alarm: agrees with a list of datapoints", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto periods = *rc::gen::inRange<std::uint32_t>(1, 6);
    CloudwatchAlarm alarm(above(50, periods));
    std::vector<bool> breaches;
    for (std::int64_t minute = 1; minute < 60; ++minute) {
      const auto kind = *rc::gen::inRange(0, 8);
      std::optional<double> value;
      if (kind > 0) value = kind > 2 ? 60.0 : 40.0;
      breaches.push_back(value == 60.0);
      bool all = breaches.size() >= periods;
      for (std::size_t i = 0; all && i < periods; ++i) all = breaches[breaches.size() - 1 - i];
      RC_ASSERT(alarm.observe(minute * kMinute, value) == all);
    }
  }));
}

}  // namespace
}  // namespace highwater::scaling
