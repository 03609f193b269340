#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace highwater::scaling {

/// How trend or season join the level: added to it, or multiplied with it.
enum class Composition : std::uint8_t { additive, multiplicative };

/// scaling holt_winters: exponential smoothing with trend and season, one step ahead.
///
/// Of each value level, trend and season learn their share: alpha, beta and gamma. The first level
/// and trend are those of the straight line through the first ten values without their seasons,
/// the first seasons the mean distances from a centered moving average over a season, of at most
/// five seasons unless ten values need more.
///
/// Assumes  fixed shares: nothing is optimized.
/// Edges    Too few values (needed()), any that is not above 0 with a multiplicative part, or a
///          result that is no finite number: no forecast.
/// Source   statsmodels 0.14 tsa.ExponentialSmoothing.fit(optimized=False), initialization_method
///          "estimated", which is the heuristic of Hyndman, Koehler, Ord and Snyder, Forecasting
///          with Exponential Smoothing, 2.6.
/// Checked  tests/scaling/holt_winters_test.cpp: steps by hand, forecasts recorded from statsmodels
class HoltWinters {
 public:
  struct Options {
    double alpha = 0;  ///< Of the level, 0 to 1.
    double beta = 0;   ///< Of the trend.
    double gamma = 0;  ///< Of the season.
    Composition trend = Composition::additive;
    Composition seasonal = Composition::additive;
    std::uint32_t seasonal_periods = 2;  ///< Values of a season; at least 2.
  };

  struct State {
    double level = 0;
    double trend = 0;
    std::vector<double> seasons;  ///< Of the next seasonal_periods values, in their order.
  };

  explicit HoltWinters(const Options& options) : options_(options) {
    options_.seasonal_periods = std::max(2u, options_.seasonal_periods);
  }

  /// Values without which nothing is forecast: two seasons, and ten with a whole moving average.
  static std::uint64_t needed(std::uint64_t seasonal_periods) {
    return std::max(2 * seasonal_periods, kLine + 2 * (seasonal_periods / 2));
  }

  /// The value after the last of `series`, not rounded.
  std::optional<double> forecast(std::span<const double> series) const {
    if (series.size() < needed(options_.seasonal_periods)) return std::nullopt;
    const bool multiplies = options_.trend == Composition::multiplicative ||
                            options_.seasonal == Composition::multiplicative;
    const auto none = [](double value) { return !(value > 0); };
    if (multiplies && std::any_of(series.begin(), series.end(), none)) return std::nullopt;
    const double ahead = forecast(series, beginning(series));
    if (!std::isfinite(ahead)) return std::nullopt;
    return ahead;
  }

  /// The same from a state before the first value that is known.
  double forecast(std::span<const double> series, State state) const {
    for (std::size_t i = 0; i < series.size(); ++i)
      learn(series[i], state, state.seasons[i % state.seasons.size()]);
    return seasoned(trended(state), state.seasons[series.size() % state.seasons.size()]);
  }

  /// The heuristic's state before the first value. @param series  At least needed() values.
  State beginning(std::span<const double> series) const {
    const std::size_t period = options_.seasonal_periods;
    const std::size_t half = period / 2;
    const std::size_t least = kLine + 2 * half;
    const std::size_t cycles =
        std::max(std::min<std::size_t>(5, series.size() / period), (least + period - 1) / period);
    const std::size_t count = std::min(series.size(), cycles * period);

    std::vector<double> smooth(count);  // from `half` on, up to `half` before the end
    std::vector<double> sums(period, 0.0);
    std::vector<double> counts(period, 0.0);
    for (std::size_t i = half; i + half < count; ++i) {
      smooth[i] = centered(series, i);
      sums[i % period] += unseasoned(series[i], smooth[i]);
      ++counts[i % period];
    }
    State state;
    double mean = 0;
    for (std::size_t i = 0; i < period; ++i) {
      state.seasons.push_back(sums[i] / counts[i]);
      mean += state.seasons[i] / static_cast<double>(period);
    }
    for (double& season : state.seasons) season = unseasoned(season, mean);

    constexpr double kMiddle = (kLine + 1) / 2.0;  // of the times 1 to 10
    double level = 0;
    for (std::size_t i = 0; i < kLine; ++i) level += smooth[half + i] / kLine;
    double together = 0;
    double spread = 0;
    for (std::size_t i = 0; i < kLine; ++i) {
      const double off = static_cast<double>(i + 1) - kMiddle;
      together += off * (smooth[half + i] - level);
      spread += off * off;
    }
    const double slope = together / spread;
    state.level = level - slope * kMiddle;
    state.trend = options_.trend == Composition::additive ? slope : 1 + slope / state.level;
    return state;
  }

 private:
  static constexpr std::size_t kLine = 10;  // values that the first line goes through

  double trended(const State& state) const {
    return options_.trend == Composition::additive ? state.level + state.trend
                                                   : state.level * state.trend;
  }
  double seasoned(double value, double season) const {
    return options_.seasonal == Composition::additive ? value + season : value * season;
  }
  double unseasoned(double value, double season) const {
    return options_.seasonal == Composition::additive ? value - season : value / season;
  }

  void learn(double value, State& state, double& season) const {
    const double expected = trended(state);
    const double before = state.level;
    state.level = options_.alpha * unseasoned(value, season) + (1 - options_.alpha) * expected;
    const double growth =
        options_.trend == Composition::additive ? state.level - before : state.level / before;
    state.trend = options_.beta * growth + (1 - options_.beta) * state.trend;
    season = options_.gamma * unseasoned(value, expected) + (1 - options_.gamma) * season;
  }

  /// The mean of the season around `i`; where it is even, half of either end.
  double centered(std::span<const double> series, std::size_t i) const {
    const std::size_t period = options_.seasonal_periods;
    const std::size_t half = period / 2;
    double sum = 0;
    for (std::size_t k = i - half; k <= i + half; ++k) sum += series[k];
    if (period % 2 == 0) sum -= (series[i - half] + series[i + half]) / 2;
    return sum / static_cast<double>(period);
  }

  Options options_;
};

}  // namespace highwater::scaling
