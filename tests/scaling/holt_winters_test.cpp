#include "models/algorithms/scaling/holt_winters.h"

#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::scaling {
namespace {

constexpr Composition kAdd = Composition::additive;
constexpr Composition kMul = Composition::multiplicative;

HoltWinters halves(Composition trend, Composition seasonal) {
  return HoltWinters({0.5, 0.5, 0.5, trend, seasonal, 2});
}

TEST_CASE("holt winters: steps by hand", "[scaling]") {
  // 14: level (12 + 11) / 2 = 11.5, trend (1.5 + 1) / 2 = 1.25, its season (3 + 2) / 2 = 2.5.
  // 9: level (11 + 12.75) / 2 = 11.875, trend (0.375 + 1.25) / 2 = 0.8125.
  const std::vector<double> two{14, 9};
  CHECK(halves(kAdd, kAdd).forecast(two, {10, 1, {2, -2}}) == 11.875 + 0.8125 + 2.5);
  // 24: level (12 + 10) / 2 = 11, trend (3 + 2) / 2 = 2.5, its season (2.4 + 2) / 2 = 2.2.
  // 4: level (8 + 13.5) / 2 = 10.75, trend (-0.25 + 2.5) / 2 = 1.125.
  const std::vector<double> factors{24, 4};
  CHECK(halves(kAdd, kMul).forecast(factors, {8, 2, {2, 0.5}}) == Approx((10.75 + 1.125) * 2.2));
  // 20: level (16 + 12) / 2 = 14, trend (14 / 8 + 1.5) / 2 = 1.625.
  const std::vector<double> one{20};
  CHECK(halves(kMul, kAdd).forecast(one, {8, 1.5, {4, -4}}) == 14 * 1.625 - 4);
  // 32: the same level and trend, of 32 / 2.
  const std::vector<double> both{32};
  CHECK(halves(kMul, kMul).forecast(both, {8, 1.5, {2, 0.5}}) == 14 * 1.625 * 0.5);
  // Nothing seen yet: the state itself.
  CHECK(halves(kAdd, kAdd).forecast({}, {10, 1, {2, -2}}) == 13);
}

TEST_CASE("holt winters: where it begins, by hand", "[scaling]") {
  // 5 + i, and 1 more and less in turn: the moving average has 5 + i again, from i = 1 on.
  std::vector<double> series;
  for (int i = 0; i < 12; ++i) series.push_back(5 + i + (i % 2 == 0 ? 1 : -1));
  const HoltWinters still({0, 0, 0, kAdd, kAdd, 2});
  const HoltWinters::State state = still.beginning(series);
  CHECK(state.level == Approx(5));
  CHECK(state.trend == Approx(1));
  REQUIRE(state.seasons.size() == 2);
  CHECK(state.seasons[0] == Approx(1));
  CHECK(state.seasons[1] == Approx(-1));
  // Who learns nothing goes on from there: 13 steps of 1. The heuristic is half a season late.
  CHECK(still.forecast(series) == Approx(5 + 13 + 1));
  CHECK(HoltWinters({0, 0, 0, kMul, kAdd, 2}).beginning(series).trend == Approx(1.2));
}

TEST_CASE("holt winters: the cases of the product's test", "[scaling]") {
  // Its answers are 3, 1 and 6, rounded up.
  const std::vector<double> thirteen{1, 3, 1, 1, 3, 1, 1, 3, 1, 1, 3, 1, 1};
  const auto first = HoltWinters({0.9, 0.9, 0.3, kAdd, kAdd, 3}).forecast(thirteen);
  REQUIRE(first.has_value());
  CHECK((*first > 2 && *first <= 3));
  const std::vector<double> fifteen{1, 3, 1, 1, 3, 1, 1, 3, 1, 1, 3, 1, 1, 3, 1};
  const auto second = HoltWinters({0.3, 0.3, 0.9, kMul, kAdd, 3}).forecast(fifteen);
  REQUIRE(second.has_value());
  CHECK((*second > 0 && *second <= 1));
  const std::vector<double> nineteen{1, 1, 1, 1, 2, 1, 1, 3, 1, 1, 4, 1, 1, 5, 1, 1, 6, 1, 1};
  const auto third = HoltWinters({0.005, 0.9, 0.4, kAdd, kMul, 3}).forecast(nineteen);
  REQUIRE(third.has_value());
  CHECK((*third > 5 && *third <= 6));
}

struct Recorded {
  Composition trend;
  Composition seasonal;
  std::uint32_t period;
  double alpha, beta, gamma;
  std::vector<double> series;
  double level, first_trend, first_season, forecast;
};

/// Made by statsmodels 0.13.5: ExponentialSmoothing(series, trend, seasonal, seasonal_periods),
/// fit(smoothing_level, smoothing_trend, smoothing_seasonal, optimized=False).forecast(1).
const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> all{
      {kAdd,
       kAdd,
       2,
       0.95,
       0.63,
       0.58,
       {10, 9, 8, 10, 9, 10, 11, 10, 10, 11, 10, 11, 11, 12},
       8.73333333333,
       0.20303030303,
       -0.25,
       6.80831714585},
      {kAdd,
       kAdd,
       3,
       0.64,
       0.37,
       0.55,
       {9, 12, 7, 9, 14, 6, 9, 13, 7, 11, 14, 8},
       9.04444444444,
       0.155555555556,
       -0.296296296296,
       11.2255320096},
      {kAdd,
       kAdd,
       4,
       0.45,
       0.61,
       0.07,
       {9, 13, 9, 6, 10, 14, 11, 6, 10, 14, 12, 6, 11, 16, 11},
       9.40833333333,
       0.148484848485,
       -0.104166666667,
       7.09413302549},
      {kAdd,
       kAdd,
       5,
       0.82,
       0.28,
       0.39,
       {9, 14, 11, 7, 5, 10, 15, 13, 9, 7, 11, 15, 14, 9, 9, 13, 16, 15, 9, 9, 13, 18},
       9.01333333333,
       0.248484848485,
       0.136666666667,
       17.3824710795},
      {kAdd,
       kAdd,
       12,
       0.06,
       0.07,
       0.21,
       {8,  11, 12, 13, 12, 13, 9,  8,  7,  8,  7,  9,  11, 14, 16, 17, 15, 14, 12, 12, 10, 9,  9,
        11, 13, 16, 18, 18, 17, 17, 15, 13, 13, 12, 12, 14, 17, 18, 21, 21, 21, 20, 17, 15, 14, 14},
       9.675,
       0.250757575758,
       -0.467013888889,
       14.1909700502},
      {kAdd,
       kMul,
       2,
       0.47,
       0.12,
       0.49,
       {8, 9, 9, 10, 10, 11, 10, 10, 10, 11, 11, 12, 12},
       8.95,
       0.209090909091,
       0.975255870414,
       12.6971968925},
      {kAdd,
       kMul,
       3,
       0.91,
       0.36,
       0.22,
       {9, 12, 5, 10, 14, 6, 11, 14, 7, 12, 14, 8, 12, 16, 8, 12, 15, 10, 13},
       8.64444444444,
       0.282828282828,
       1.0473941673,
       17.7312896312},
      {kAdd,
       kMul,
       4,
       0.36,
       0.22,
       0.23,
       {10, 13, 9, 6, 11, 15, 11, 7, 11, 14, 11, 7, 10, 15, 11, 8, 13, 17, 12, 10, 14, 18},
       10.0916666667,
       0.0856060606061,
       1.01592215556,
       13.97291666},
      {kAdd,
       kMul,
       5,
       0.95,
       0.72,
       0.46,
       {9, 13, 13, 7, 5, 11, 14, 13, 9, 6, 11, 15, 13, 10, 8, 12, 15},
       9.42666666667,
       0.166060606061,
       1.06489934973,
       10.9703379989},
      {kAdd,
       kMul,
       12,
       0.91,
       0.35,
       0.46,
       {9,  11, 12, 13, 14, 13, 9, 9, 8,  7,  7,  9,  11, 13, 16,
        16, 16, 15, 12, 12, 10, 9, 9, 11, 13, 16, 17, 18, 17},
       9.95,
       0.217424242424,
       0.973082447845,
       14.8992323867},
      {kMul,
       kAdd,
       2,
       0.68,
       0.53,
       0.48,
       {10, 9, 10, 10, 9, 9, 10, 11, 11, 11, 12, 10, 11, 12, 11, 11},
       8.91666666667,
       1.0256584537,
       0.125,
       9.9596143556},
      {kMul,
       kAdd,
       3,
       0.28,
       0.51,
       0.81,
       {10, 12, 5, 9, 12, 6, 9, 15, 6, 10, 15, 8, 11},
       8.2,
       1.0310421286,
       -0.25,
       16.3899140435},
      {kMul,
       kAdd,
       4,
       0.97,
       0.22,
       0.95,
       {10, 14, 10, 6, 9, 14, 11, 7, 10, 14, 11, 6, 11, 15, 12, 9, 13, 16, 13, 9, 12, 18},
       9.74166666667,
       1.00925421884,
       -0.1953125,
       16.3096491358},
      {kMul,
       kAdd,
       5,
       0.23,
       0.88,
       0.08,
       {10, 12, 12, 7, 6, 11, 14, 13, 8, 6, 11, 15, 14, 10, 8, 12, 16, 16, 9, 10},
       9.36,
       1.01825951826,
       0.156666666667,
       13.6004285891},
      {kMul,
       kAdd,
       12,
       0.18,
       0.35,
       0.02,
       {8,  12, 12, 13, 13, 13, 11, 8,  6,  8,  8,  10, 11, 13, 16, 16, 15, 15, 13, 11, 9,
        10, 9,  12, 14, 16, 18, 19, 18, 16, 15, 13, 11, 11, 11, 13, 16, 18, 21, 20, 20},
       10.075,
       1.02067824648,
       -0.196180555556,
       18.7050680523},
      {kMul,
       kMul,
       2,
       0.22,
       0.23,
       0.2,
       {8, 8, 9, 11, 10, 9, 10, 11, 11, 11, 11, 12, 12, 11},
       8.6,
       1.0322410148,
       0.993703366364,
       12.2193433456},
      {kMul,
       kMul,
       3,
       0.29,
       0.46,
       0.16,
       {9, 12, 5, 9, 12, 7, 10, 13, 6, 11, 15, 8, 11, 15},
       8.13333333333,
       1.03427719821,
       1.026111712,
       7.78322263368},
      {kMul,
       kMul,
       4,
       0.63,
       0.08,
       0.96,
       {8, 13, 9, 7, 9, 13, 11, 6, 10, 14, 10, 7, 12, 15, 12, 7, 13, 16, 13, 9, 13},
       9.23333333333,
       1.01534296029,
       1.01529496341,
       17.1609979642},
      {kMul,
       kMul,
       5,
       0.03,
       0.13,
       0.36,
       {10, 13, 12, 8,  6,  10, 15, 12, 9,  7,  10, 16, 15, 10,
        8,  13, 15, 15, 10, 10, 14, 18, 16, 12, 10, 14, 17},
       9.48,
       1.02032988109,
       0.990631442971,
       18.1267422502},
      {kMul,
       kMul,
       12,
       0.33,
       0.65,
       0.69,
       {9,  11, 12, 13, 13, 11, 10, 8,  6,  8,  8,  8,  11, 14, 15,
        17, 16, 14, 13, 10, 10, 9,  11, 11, 15, 16, 17, 19, 17, 17},
       9.575,
       1.02626790094,
       0.975435789908,
       14.3221013307},
  };
  return all;
}

TEST_CASE("holt winters: as statsmodels forecasts", "[scaling][golden]") {
  constexpr double kDigits = 1e-10;  // twelve were recorded
  for (const Recorded& one : recorded()) {
    CAPTURE(one.period, one.alpha);
    const HoltWinters model({one.alpha, one.beta, one.gamma, one.trend, one.seasonal, one.period});
    const HoltWinters::State state = model.beginning(one.series);
    CHECK(state.level == Approx(one.level).epsilon(kDigits));
    CHECK(state.trend == Approx(one.first_trend).epsilon(kDigits));
    CHECK(state.seasons.front() == Approx(one.first_season).epsilon(kDigits));
    const auto forecast = model.forecast(one.series);
    REQUIRE(forecast.has_value());
    CHECK(*forecast == Approx(one.forecast).epsilon(kDigits));
  }
}

TEST_CASE("holt winters: nothing is said where nothing can be", "[scaling]") {
  CHECK(HoltWinters::needed(2) == 12);
  CHECK(HoltWinters::needed(5) == 14);
  CHECK(HoltWinters::needed(10) == 20);
  CHECK(HoltWinters::needed(11) == 22);
  const HoltWinters model({0.5, 0.5, 0.5, kAdd, kAdd, 5});
  CHECK_FALSE(model.forecast(std::vector<double>(13, 4.0)).has_value());
  CHECK(model.forecast(std::vector<double>(14, 4.0)) == Approx(4));
  // A factor cannot be learned from nothing.
  std::vector<double> with_none(14, 4.0);
  with_none[3] = 0;
  CHECK(model.forecast(with_none).has_value());
  CHECK_FALSE(HoltWinters({0.5, 0.5, 0.5, kMul, kAdd, 5}).forecast(with_none).has_value());
  CHECK_FALSE(HoltWinters({0.5, 0.5, 0.5, kAdd, kMul, 5}).forecast(with_none).has_value());
  with_none[3] = std::numeric_limits<double>::infinity();
  CHECK_FALSE(model.forecast(with_none).has_value());
}

}  // namespace
}  // namespace highwater::scaling
