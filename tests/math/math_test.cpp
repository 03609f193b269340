// The portable functions against long double, at a million points each, and as frozen bits: the
// bits are what must not depend on compiler, optimisation, C library or processor.

#include "engine/math/math.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater {
namespace {

static_assert(LDBL_MANT_DIG >= 64, "the reference needs more digits than the functions under test");

constexpr int kPoints = 200'000;

double ulps(double got, long double want) {
  int exponent = 0;
  std::frexp(static_cast<double>(want), &exponent);
  const long double unit = std::ldexp(1.0L, std::max(exponent - 53, -1074));
  return static_cast<double>(std::abs(static_cast<long double>(got) - want) / unit);
}

/// The largest error at random points between low and high, evenly spread.
template <class Function, class Reference>
double worst(double low, double high, Function function, Reference reference) {
  RandomStream stream(1, "math", "points");
  double result = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double x = low + (high - low) * stream.uniform();
    result = std::max(result, ulps(function(x), reference(static_cast<long double>(x))));
  }
  return result;
}

/// The same with the points' logarithms evenly spread.
template <class Function, class Reference>
double worst_spread(double low, double high, Function function, Reference reference) {
  RandomStream stream(1, "math", "spread points");
  double result = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double x = std::exp(std::log(low) + std::log(high / low) * stream.uniform());
    result = std::max(result, ulps(function(x), reference(static_cast<long double>(x))));
  }
  return result;
}

std::uint64_t bits(double x) {
  return std::bit_cast<std::uint64_t>(x);
}

TEST_CASE("math: exp and expm1 are within their stated errors", "[kernel][math]") {
  const auto reference = [](long double x) { return std::exp(x); };
  CHECK(worst(-708, 709.7, math::exp, reference) < 0.52);
  CHECK(worst(-2, 2, math::exp, reference) < 0.52);
  CHECK(worst(-745, -708, math::exp, reference) <= 1.0);
  const auto minus_one = [](long double x) { return std::expm1(x); };
  CHECK(worst(-40, 40, math::expm1, minus_one) < 2.0);
  CHECK(worst(-0.05, 0.05, math::expm1, minus_one) < 2.0);
  CHECK(worst_spread(1e-15, 1.0, math::expm1, minus_one) < 2.0);
}

TEST_CASE("math: log, log1p, log2 and log10 are within their stated errors", "[kernel][math]") {
  const auto reference = [](long double x) { return std::log(x); };
  CHECK(worst_spread(1e-307, 1e307, math::log, reference) < 0.52);
  CHECK(worst(0.9, 1.1, math::log, reference) < 0.52);
  CHECK(worst(0.99, 1.01, math::log, reference) < 0.52);
  CHECK(worst(0, 1e-307, math::log, reference) < 0.52);  // subnormal arguments among them
  const auto plus_one = [](long double x) { return std::log1p(x); };
  CHECK(worst_spread(1e-17, 1e20, math::log1p, plus_one) < 1.1);
  CHECK(worst(-1, 0, math::log1p, plus_one) < 1.1);
  CHECK(worst(-0.01, 0.01, math::log1p, plus_one) < 1.1);
  CHECK(worst(0.9, 1.1, math::log2, [](long double x) { return std::log2(x); }) < 0.51);
  CHECK(worst_spread(1e-300, 1e300, math::log2, [](long double x) { return std::log2(x); }) < 0.51);
  CHECK(worst(0.9, 1.1, math::log10, [](long double x) { return std::log10(x); }) < 0.51);
  CHECK(worst_spread(1e-300, 1e300, math::log10, [](long double x) { return std::log10(x); }) <
        0.51);
}

TEST_CASE("math: pow is within its stated error", "[kernel][math]") {
  RandomStream stream(1, "math", "pow");
  double largest = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double spread = stream.uniform();
    const double x = i % 2 == 0 ? math::exp(-20 + 40 * spread) : 0.5 + spread;
    const double target = -690 + 1380 * stream.uniform();  // so that results reach every exponent
    const double y = i % 3 == 0 ? target / 100 : target / std::log(x);
    if (std::abs(y * std::log(x)) > 700) continue;
    largest = std::max(largest, ulps(math::pow(x, y), std::pow(static_cast<long double>(x),
                                                               static_cast<long double>(y))));
  }
  CHECK(largest < 0.52);
}

TEST_CASE("math: cos2pi, lgamma and normal_cdf are within their stated errors", "[kernel][math]") {
  constexpr long double kTwoPi = 6.283185307179586476925286766559005768L;
  CHECK(worst(0, 0.2, math::cos2pi, [](long double x) { return std::cos(kTwoPi * x); }) < 1.7);
  CHECK(worst(0.125, 0.375, math::cos2pi,
              [](long double x) { return std::sin(kTwoPi * (0.25L - x)); }) < 1.7);
  const auto log_gamma = [](long double x) { return std::lgamma(x); };
  CHECK(worst_spread(1e-12, 1e12, math::lgamma, log_gamma) < 4.0);
  CHECK(worst(0.5, 2.5, math::lgamma, log_gamma) < 4.0);
  CHECK(worst(2.5, 30, math::lgamma, log_gamma) < 4.0);
  const auto normal = [](long double x) { return 0.5L * std::erfc(-x / std::sqrt(2.0L)); };
  CHECK(worst(-37, 8, math::normal_cdf, normal) < 8.0);
  CHECK(worst(-1, 1, math::normal_cdf, normal) < 8.0);
}

TEST_CASE("math: the tables hold what they claim", "[kernel][math]") {
  for (int i = 0; i < 128; ++i) {
    const math::tables::PowerOfTwo& power = math::tables::kPowersOfTwo[i];
    const long double exact = std::exp2(static_cast<long double>(i) / 128);
    CHECK(std::abs(power.value * (1.0L + power.tail) / exact - 1) < 3e-19L);
    CHECK(power.value == static_cast<double>(exact));
    const math::tables::Logarithm& entry = math::tables::kLogarithms[i];
    const double c = std::bit_cast<double>(std::uint64_t{0x3fe6000000000000} +
                                           (static_cast<std::uint64_t>(i) << 45));
    CHECK(entry.inverse * 1024 == std::nearbyint(1024 / c));
    CHECK(std::ldexp(entry.high, 42) == std::nearbyint(std::ldexp(entry.high, 42)));
    const long double sum = static_cast<long double>(entry.high) + entry.low;
    CHECK(std::abs(sum + std::log(static_cast<long double>(entry.inverse))) < 4e-20L);
  }
}

TEST_CASE("math: the ends of the domains", "[kernel][math]") {
  const double nan = math::kNaN;
  const double inf = math::kInfinity;
  CHECK(math::exp(0) == 1);
  CHECK(math::exp(710) == inf);
  CHECK(math::exp(709.782712893384) < inf);
  CHECK(math::exp(-inf) == 0);
  CHECK(math::exp(-745.1) == 0x1p-1074);
  CHECK(math::exp(-746) == 0);
  CHECK(std::isnan(math::exp(nan)));
  CHECK(math::expm1(inf) == inf);
  CHECK(math::expm1(-inf) == -1);
  CHECK(math::expm1(1e-300) == 1e-300);
  CHECK(std::isnan(math::expm1(nan)));
  CHECK(math::log(1) == 0);
  CHECK(math::log(0) == -inf);
  CHECK(math::log(inf) == inf);
  CHECK(std::isnan(math::log(-1)));
  CHECK(std::isnan(math::log(nan)));
  CHECK(math::log1p(-1) == -inf);
  CHECK(math::log1p(inf) == inf);
  CHECK(std::isnan(math::log1p(-1.5)));
  CHECK(math::log1p(1e-300) == 1e-300);
  CHECK(math::pow(0, 2) == 0);
  CHECK(math::pow(0, -2) == inf);
  CHECK(math::pow(0, 0) == 1);
  CHECK(math::pow(inf, -1) == 0);
  CHECK(math::pow(1, inf) == 1);
  CHECK(math::pow(2, inf) == inf);
  CHECK(math::pow(0.5, inf) == 0);
  CHECK(math::pow(2, 1e300) == inf);
  CHECK(math::pow(2, 1023) == 0x1p1023);
  CHECK(math::pow(2, -1074) == 0x1p-1074);
  CHECK(math::pow(10, 22) == 1e22);
  CHECK(std::isnan(math::pow(-2, 2)));
  CHECK(std::isnan(math::pow(nan, 2)));
  CHECK(math::log2(0x1p-1074) == -1074);
  CHECK(math::log2(8) == 3);
  CHECK(math::log10(1e22) == 22);
  CHECK(math::log10(0) == -inf);
  CHECK(math::cos2pi(0) == 1);
  CHECK(math::cos2pi(0.25) == 0);
  CHECK(math::cos2pi(0.5) == -1);
  CHECK(math::cos2pi(1e9 + 0.75) == 0);
  CHECK(math::cos2pi(-0.3) == math::cos2pi(0.3));
  CHECK(std::isnan(math::cos2pi(inf)));
  CHECK(math::lgamma(1) == 0);
  CHECK(math::lgamma(2) == 0);
  CHECK(math::lgamma(0) == inf);
  CHECK(math::lgamma(inf) == inf);
  CHECK(std::isnan(math::lgamma(-0.5)));
  CHECK(math::normal_cdf(0) == 0.5);
  CHECK(math::normal_cdf(-inf) == 0);
  CHECK(math::normal_cdf(inf) == 1);
  CHECK(math::normal_quantile(0) == -inf);
  CHECK(math::normal_quantile(1) == inf);
  CHECK(math::normal_quantile(0.5) == 0);
  CHECK(std::isnan(math::normal_quantile(1.5)));
  CHECK(math::gamma_cdf(2, 0) == 0);
  CHECK(math::gamma_tail(2, inf) == 0);
  CHECK(std::isnan(math::gamma_cdf(0, 1)));
  CHECK(math::student_t_cdf(0, 3) == 0.5);
  CHECK(math::student_t_cdf(-inf, 3) == 0);
  CHECK(std::isnan(math::student_t_quantile(0, 3)));
  CHECK(std::isnan(math::student_t_quantile(0.5, 0)));
}

TEST_CASE("math: constant expressions give the same values", "[kernel][math]") {
  constexpr double exp_one = math::exp(1.0);
  constexpr double log_three = math::log(3.0);
  constexpr double power = math::pow(3.0, 0.7);
  volatile double one = 1.0;
  volatile double three = 3.0;
  CHECK(exp_one == math::exp(one));
  CHECK(log_three == math::log(three));
  CHECK(power == math::pow(three, 0.7));
}

TEST_CASE("math: normal quantiles invert the distribution", "[kernel][math]") {
  // From tables computed with 40 digits.
  CHECK(math::normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-15));
  CHECK(math::normal_quantile(0.99) == Approx(2.326347874040841).epsilon(1e-15));
  CHECK(math::normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-15));
  CHECK(math::normal_quantile(1e-300) == Approx(-37.04709629936120).epsilon(1e-14));
  for (double p = 1e-12; p < 0.99; p = p * 1.37 + 1e-4 * p) {
    CAPTURE(p);
    CHECK(math::normal_cdf(math::normal_quantile(p)) == Approx(p).epsilon(2e-14));
  }
}

TEST_CASE("math: gamma_cdf agrees with the sums and integrals it generalises", "[kernel][math]") {
  for (const double x : {0.01, 0.5, 3.0, 12.0, 40.0, 100.0}) {
    CAPTURE(x);
    long double poisson = 0;  // P(Poisson(x) < 12) = 1 - P(12, x)
    long double term = std::exp(-static_cast<long double>(x));
    for (int k = 0; k < 12; ++k) {
      poisson += term;
      term *= x / (k + 1.0L);
    }
    CHECK(math::gamma_tail(12, x) == Approx(static_cast<double>(poisson)).epsilon(1e-12));
    CHECK(math::gamma_cdf(1, x) == Approx(-math::expm1(-x)).epsilon(1e-13));
    CHECK(math::gamma_cdf(0.5, x) == Approx(std::erf(std::sqrt(x))).epsilon(1e-13));
    CHECK(math::gamma_cdf(7.5, x) + math::gamma_tail(7.5, x) == Approx(1.0).epsilon(1e-14));
  }
  // Large shapes: a Poisson sum of 30 digits, and the median near a - 1/3.
  CHECK(math::gamma_tail(20000, 20200) == Approx(0.0789923699889005002).epsilon(1e-13));
  CHECK(math::gamma_cdf(1e6, 1e6 - 1.0 / 3.0) == Approx(0.5).epsilon(1e-9));
  CHECK(math::gamma_tail(5, 300) == Approx(1.7609176946831842e-122).epsilon(1e-12).margin(0));
}

TEST_CASE("math: Student's t", "[kernel][math]") {
  constexpr double kPi = 3.141592653589793;
  for (const double t : {0.0, 1e-3, 0.4, 1.0, 3.0, 50.0, 1e6}) {
    CAPTURE(t);
    CHECK(math::student_t_cdf(-t, 1) == Approx(std::atan2(1.0, t) / kPi).epsilon(1e-13));
    const double root = std::sqrt(2 + t * t);  // tail for two degrees: 1/(root (root + t))
    CHECK(math::student_t_cdf(-t, 2) == Approx(1 / (root * (root + t))).epsilon(1e-13));
    CHECK(math::student_t_cdf(t, 7.3) == 1 - math::student_t_cdf(-t, 7.3));
  }
  // The printed tables, with more digits.
  CHECK(math::student_t_quantile(0.975, 1) == Approx(12.7062047361747046).epsilon(1e-13));
  CHECK(math::student_t_quantile(0.975, 4) == Approx(2.77644510519779436).epsilon(1e-13));
  CHECK(math::student_t_quantile(0.995, 19) == Approx(2.86093460646497919).epsilon(1e-13));
  CHECK(math::student_t_quantile(0.025, 30) == Approx(-2.04227245630123831).epsilon(1e-13));
  CHECK(math::student_t_quantile(0.95, 1e18) == Approx(1.6448536269514722).epsilon(1e-14));
  CHECK(math::student_t_quantile(0.5, 3) == 0);
  for (const double degrees : {0.5, 1.0, 3.7, 29.0, 1e3, 1e6, 1e9}) {
    for (const double p : {1e-9, 0.005, 0.2, 0.6, 0.95, 0.9995}) {
      CAPTURE(degrees, p);
      const double t = math::student_t_quantile(p, degrees);
      CHECK(math::student_t_cdf(t, degrees) == Approx(p).epsilon(1e-13));
    }
  }
}

TEST_CASE("math: frozen bits", "[kernel][math][golden]") {
  // The same with gcc and clang, at -O0 and -O3, with and without fused multiply-add in the C
  // library. They change only when a method changes.
  struct Frozen {
    double x;
    std::uint64_t exp, log, log1p, expm1, pow, cos2pi, lgamma, normal_cdf;
  };
  static const Frozen kFrozen[] = {
      {1e-12, 0x3ff0000000001198, 0xc03ba18a998fffa0, 0x3d719799812de065, 0x3d719799812df3bd,
       0x3bb2ccd204112b27, 0x3ff0000000000000, 0x403ba18a998ffefe, 0x3fdfffffffffe3ed},
      {0.1, 0x3ff1aec7b35a00d4, 0xc0026bb1bbb55515, 0x3fb8663f793c46c7, 0x3fbaec7b35a00d3a,
       0x3f946e75df96dc9a, 0x3fe9e3779b97f4a8, 0x4002058e35f3deed, 0x3fdd7375f15b2f1e},
      {0.3, 0x3ff599058c8c1a96, 0xbff34378fcbda721, 0x3fd0ca937be1b9db, 0x3fd6641632306a56,
       0x3fc08819f76d9f8d, 0xbfd3c6ef372fe94f, 0x3ff188637a6c4196, 0x3fd87423a677e90f},
      {0.99, 0x400587a5f064dcf9, 0xbf8495453e6fd4bc, 0x3fe60532ef13c385, 0x3ffb0f4be0c9b9f3,
       0x3fef7539525d0687, 0x3fefefd5bfe443fe, 0x3f77fb35b942e13b, 0x3fc49e8032343398},
      {1.003, 0x4005cfc47357cca4, 0x3f688a09a34ca9d6, 0x3fe63a8a5df80e86, 0x3ffb9f88e6af9948,
       0x3ff014e959dddc75, 0x3feffe8b722921b1, 0xbf5c400d57145539, 0x3fc437107949ab65},
      {1.7, 0x4015e552770df8a7, 0x3fe0fae81914a991, 0x3fefc8b7f138bde9, 0x4011e552770df8a7,
       0x4003b7b1f59f3e83, 0xbfd3c6ef372fe954, 0xbfb886da6f118371, 0x3fa6d148ca287905},
      {6.4, 0x4082cec2a33743cc, 0x3ffdb365858403a3, 0x40000307f2440124, 0x4082c6c2a33743cc,
       0x40377838a78e3dea, 0xbfe9e3779b97f4b4, 0x4015efb9bde12776, 0x3dd55ad729b7f92a},
      {35.9, 0x432bb7cfbde66446, 0x400ca559985db8c5, 0x400cdd9e04865a43, 0x432bb7cfbde66444,
       0x407b835ee4fe9983, 0x3fe9e3779b97f478, 0x4056f1e108c02288, 0x056c63e9153e4d52},
  };
  for (const Frozen& f : kFrozen) {
    CAPTURE(f.x);
    CHECK(bits(math::exp(f.x)) == f.exp);
    CHECK(bits(math::log(f.x)) == f.log);
    CHECK(bits(math::log1p(f.x)) == f.log1p);
    CHECK(bits(math::expm1(f.x)) == f.expm1);
    CHECK(bits(math::pow(f.x, 1.7)) == f.pow);
    CHECK(bits(math::cos2pi(f.x)) == f.cos2pi);
    CHECK(bits(math::lgamma(f.x)) == f.lgamma);
    CHECK(bits(math::normal_cdf(-f.x)) == f.normal_cdf);
  }
  // A hundred thousand values of each, folded into one number.
  RandomStream stream(1, "math", "frozen");
  std::uint64_t folded = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = math::exp(-20 + 30 * stream.uniform());
    const double p = stream.uniform();
    for (const double value :
         {x, math::exp(-x), math::log(x), math::log1p(x), math::expm1(-x), math::pow(x, 3 * p),
          math::cos2pi(x), math::lgamma(x), math::normal_cdf(3 - x), math::normal_quantile(p)}) {
      folded = detail::mix_bits(folded ^ bits(value));
    }
  }
  for (int i = 0; i < 100; ++i) {
    const double p = stream.uniform();
    const double degrees = 1 + 50 * stream.uniform();
    folded = detail::mix_bits(folded ^ bits(math::student_t_quantile(p, degrees)));
    folded = detail::mix_bits(folded ^ bits(math::gamma_cdf(degrees, 100 * p)));
  }
  CHECK(folded == 0x71b24a64d6725ccc);
}

}  // namespace
}  // namespace highwater
