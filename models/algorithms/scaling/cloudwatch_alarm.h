#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace highwater::scaling {

/// How an alarm compares its datapoints with its threshold.
enum class AlarmComparison : std::uint8_t {
  greater_than_or_equal_to_threshold,
  greater_than_threshold,
  less_than_threshold,
  less_than_or_equal_to_threshold,
};

/// What a period's values become: one datapoint.
enum class AlarmStatistic : std::uint8_t { average, minimum, maximum };

/// scaling cloudwatch_alarm: an alarm over the last datapoints of a metric.
///
/// The values of one period make one datapoint; a period of a minute that ends at t takes what
/// comes after t - 60 s up to t itself. The alarm rings while each of the last evaluation_periods
/// datapoints breaches the threshold: at the end of every period, as long as that goes on, as it
/// does for scaling policies.
///
/// Assumes  all of the datapoints have to breach (datapoints to alarm = evaluation periods, the
///          default). A period without values is missing data: the alarm has insufficient data and
///          does not ring until evaluation_periods datapoints follow each other again. CloudWatch
///          may look back further for a datapoint that is missing; that is not documented to the
///          end and is not modelled. Datapoints are there at once; CloudWatch has them a little
///          later.
/// Edges    A value that is no finite number is no value. A value for a period that has ended is
///          dropped, also where time goes back. A period of 0 or less is a nanosecond.
/// Source   AWS documentation: CloudWatch User Guide, Using Amazon CloudWatch alarms (evaluating an
///          alarm; missing data).
/// Checked  tests/scaling/cloudwatch_alarm_test.cpp
class CloudwatchAlarm {
 public:
  struct Options {
    double threshold = 0;
    AlarmComparison comparison = AlarmComparison::greater_than_or_equal_to_threshold;
    AlarmStatistic statistic = AlarmStatistic::average;
    std::int64_t period = 60'000'000'000;
    std::uint32_t evaluation_periods = 1;
  };

  explicit CloudwatchAlarm(const Options& options) : options_(options) {
    options_.period = std::max<std::int64_t>(1, options_.period);
    options_.evaluation_periods = std::max<std::uint32_t>(1, options_.evaluation_periods);
  }

  /// Looks at the metric. @return whether a period has ended, just now or since the last look, with
  /// the alarm ringing.
  bool observe(std::int64_t now, std::optional<double> value) {
    const std::int64_t period = period_of(now);
    if (!begun_) current_ = period;
    begun_ = true;
    if (period < current_) return false;
    bool rings = false;
    if (period > current_) {
      rings = end_period();
      if (period > current_) {  // whole periods without any value
        breaching_ = 0;
        datapoint_.reset();
        rings = false;
      }
      current_ = period;
    }
    if (value && std::isfinite(*value)) add(*value);
    if (now == period * options_.period) rings = end_period();
    return rings;
  }

  /// The last whole period's; none where there was no value.
  std::optional<double> datapoint() const { return datapoint_; }
  const Options& options() const { return options_; }

 private:
  /// The number of the period that takes values of that time: it ends with it or after it.
  std::int64_t period_of(std::int64_t time) const {
    return time / options_.period + (time % options_.period > 0);
  }

  void add(double value) {
    sum_ += value;
    least_ = count_ == 0 ? value : std::min(least_, value);
    greatest_ = count_ == 0 ? value : std::max(greatest_, value);
    ++count_;
  }

  /// @return whether the alarm rings.
  bool end_period() {
    datapoint_.reset();
    if (count_ > 0) {
      switch (options_.statistic) {
        case AlarmStatistic::average:
          datapoint_ = sum_ / static_cast<double>(count_);
          break;
        case AlarmStatistic::minimum:
          datapoint_ = least_;
          break;
        case AlarmStatistic::maximum:
          datapoint_ = greatest_;
          break;
      }
    }
    breaching_ = datapoint_ && breaches(*datapoint_) ? breaching_ + 1 : 0;
    ++current_;
    count_ = 0;
    sum_ = 0;
    return breaching_ >= options_.evaluation_periods;
  }

  bool breaches(double point) const {
    switch (options_.comparison) {
      case AlarmComparison::greater_than_or_equal_to_threshold:
        return point >= options_.threshold;
      case AlarmComparison::greater_than_threshold:
        return point > options_.threshold;
      case AlarmComparison::less_than_threshold:
        return point < options_.threshold;
      case AlarmComparison::less_than_or_equal_to_threshold:
        return point <= options_.threshold;
    }
    return false;  // no other value exists; compilers cannot know
  }

  Options options_;
  bool begun_ = false;
  std::int64_t current_ = 0;  // number of the period that is going on
  double sum_ = 0;
  double least_ = 0;
  double greatest_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t breaching_ = 0;  // datapoints in a row
  std::optional<double> datapoint_;
};

}  // namespace highwater::scaling
