#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "engine/math/math.h"

namespace highwater::membership {

/// Whose formula turns silence into a level of suspicion.
enum class PhiFormula : std::uint8_t { hayashibara, akka, cassandra };

struct PhiOptions {
  PhiFormula formula = PhiFormula::akka;
  std::uint32_t window = 1000;                   ///< Intervals kept, at least 1.
  std::int64_t min_std_deviation = 100'000'000;  ///< min-std-deviation; Hayashibara and Akka
  std::int64_t acceptable_heartbeat_pause = 3'000'000'000;  ///< Akka
  std::int64_t first_heartbeat_estimate = 1'000'000'000;    ///< Akka: heartbeat-interval
  std::int64_t initial_value = 2'000'000'000;               ///< Cassandra: fd_initial_value_ms
  std::int64_t max_interval = 2'000'000'000;  ///< Cassandra: longer ones are not counted
};

/// membership PhiAccrual: a level of suspicion that grows with silence, instead of a verdict.
///
/// phi = -log10 of the chance that the heartbeat still comes, given the intervals so far: at 1 one
/// error in ten is to be expected, at 8 one in 10^8. The formulas differ in what they take the
/// intervals for:
///   hayashibara  normal, with their mean and standard deviation;
///   akka         the same, the mean longer by the acceptable pause, the tail by a logistic
///   formula,
///                the deviation not below a minimum; the first heartbeat counts as two intervals
///                around the estimate;
///   cassandra    exponential: phi = silence / mean / ln 10, intervals beyond the maximum left out,
///                the first one taken from a setting.
///
/// Time O(1), by running sums; memory one interval each.
///
/// At the edges  before the first heartbeat phi is 0. Time that stands still or goes backwards
/// since
///          the last heartbeat gives the phi of no silence, and counts as an interval of 0. Phi is
///          never NaN; where the chance is below what a double can say, it is infinite
///          (Hayashibara, Akka). A deviation of 0 without a minimum: phi is 0 up to the mean,
///          infinite after it.
/// Source   N. Hayashibara et al., The phi Accrual Failure Detector, SRDS 2004; Akka 2.6,
///          akka-remote PhiAccrualFailureDetector.scala; Apache Cassandra 4.1,
///          gms/FailureDetector.java (phi_convict_threshold 8, PHI_FACTOR 1 / ln 10).
/// Checked  tests/membership/phi_accrual_test.cpp: Akka's table of phis; both closed forms; it
/// grows
///          with silence.
class PhiAccrual {
 public:
  explicit PhiAccrual(PhiOptions options) : options_(options) {
    options_.window = std::max(1u, options_.window);
    intervals_.reserve(std::min(options_.window, 4096u));
  }

  void heartbeat(std::int64_t now) {
    if (!last_) {
      if (options_.formula == PhiFormula::akka) {
        const std::int64_t deviation = options_.first_heartbeat_estimate / 4;
        add(options_.first_heartbeat_estimate - deviation);
        add(options_.first_heartbeat_estimate + deviation);
      } else if (options_.formula == PhiFormula::cassandra) {
        add(options_.initial_value);
      }
      last_ = now;
      return;
    }
    const std::int64_t interval = std::max<std::int64_t>(0, now - *last_);
    last_ = std::max(*last_, now);
    if (options_.formula == PhiFormula::cassandra && interval > options_.max_interval) return;
    add(interval);
  }
  /// A heartbeat that ends a time in which the node counted as gone, phi being too high: Akka does
  /// not learn from such an interval.
  void heartbeat_after_absence(std::int64_t now) { last_ = std::max(last_.value_or(now), now); }

  std::size_t intervals() const { return intervals_.size(); }
  double mean() const {  // nanoseconds
    return intervals_.empty() ? 0
                              : static_cast<double>(sum_) / static_cast<double>(intervals_.size());
  }
  double deviation() const {
    if (intervals_.empty()) return 0;
    const double m = mean();
    const auto n = static_cast<double>(intervals_.size());
    const double variance = squares_ / n - m * m;
    return variance > 0 ? root(variance) : 0;
  }

  double phi(std::int64_t now) const {
    if (!last_ || intervals_.empty()) return 0;
    const auto silence = static_cast<double>(std::max<std::int64_t>(0, now - *last_));
    if (options_.formula == PhiFormula::cassandra) {
      constexpr double kFactor = 0.4342944819032518;  // 1 / ln 10
      const double m = mean();
      if (m <= 0) return silence > 0 ? std::numeric_limits<double>::infinity() : 0;
      return kFactor * silence / m;
    }
    const double floor = static_cast<double>(std::max<std::int64_t>(0, options_.min_std_deviation));
    const double sigma = std::max(deviation(), floor);
    if (options_.formula == PhiFormula::akka) {
      const double m = mean() + static_cast<double>(
                                    std::max<std::int64_t>(0, options_.acceptable_heartbeat_pause));
      return of_normal(silence, m, sigma, true);
    }
    return of_normal(silence, mean(), sigma, false);
  }

 private:
  // Milliseconds in Akka; the ratio is the same.
  static double of_normal(double silence, double mean, double sigma, bool logistic) {
    if (!(sigma > 0)) return silence > mean ? std::numeric_limits<double>::infinity() : 0;
    const double y = (silence - mean) / sigma;
    if (!logistic) {
      // The upper tail, of which the symmetric lower one is the more exact beyond the mean.
      return -math::log10(math::normal_cdf(-y));
    }
    const double e = math::exp(-y * (1.5976 + 0.070566 * y * y));
    const double later = silence > mean ? e / (1.0 + e) : 1.0 - 1.0 / (1.0 + e);
    return -math::log10(later);
  }

  static double root(double x) { return std::sqrt(x); }  // exact, unlike other functions of <cmath>

  void add(std::int64_t interval) {
    const auto d = static_cast<double>(interval);
    if (intervals_.size() == options_.window) {
      const std::int64_t old = intervals_[oldest_];
      sum_ -= old;
      squares_ -= static_cast<double>(old) * static_cast<double>(old);
      intervals_[oldest_] = interval;
      oldest_ = oldest_ + 1 == options_.window ? 0 : oldest_ + 1;
    } else {
      intervals_.push_back(interval);
    }
    sum_ += interval;
    squares_ += d * d;
  }

  PhiOptions options_;
  std::vector<std::int64_t> intervals_;
  std::size_t oldest_ = 0;
  std::int64_t sum_ = 0;
  double squares_ = 0;
  std::optional<std::int64_t> last_;
};

}  // namespace highwater::membership
