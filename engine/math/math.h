#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "engine/math/math_tables.h"

/// Elementary functions that give the same bits with every compiler, C library and processor.
///
/// libm's exp, log and pow may not: glibc picks variants with or without fused multiply-add by CPU,
/// and versions differ. Nothing here calls libm except for sqrt and floor, which are exact, and all
/// is built with -ffp-contract=off and the default rounding (to nearest). The elementary functions
/// are constexpr. Errors are in units in the last place (ulp) against 80-bit long double;
/// math_test.cpp measures them again. NaN in gives NaN out; outside the domain the result is NaN or
/// infinite as in C, without errno or exceptions.
namespace highwater::math {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kPi = 0x1.921fb54442d18p1;

/// An unevaluated sum: high is the nearest double to high + low.
struct DoubleDouble {
  double high = 0;
  double low = 0;
};

namespace detail {

inline constexpr double kLn2High = 0x1.62e42fefa38p-1;  // 42 bits: times an exponent it is exact
inline constexpr double kLn2Low = 0x1.ef35793c7673p-45;
inline constexpr std::uint64_t kFirstLogarithm = 0x3fe5f00000000000;  // 0.6875 less half a step

/// a + b exactly, for any a and b (Knuth).
constexpr DoubleDouble two_sum(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a * b exactly, without fused multiply-add (Dekker), for |a|, |b| < 2^995.
constexpr DoubleDouble two_product(double a, double b) {
  constexpr double kSplit = 0x1.0000002p27;
  const double a_big = kSplit * a;
  const double a_high = a_big - (a_big - a);
  const double a_low = a - a_high;
  const double b_big = kSplit * b;
  const double b_high = b_big - (b_big - b);
  const double b_low = b - b_high;
  const double product = a * b;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

/// x = 2^exponent * (1 + first + second) / inverse exactly, with |first + second| < 0.0043;
/// for x within 1/512 of 1 the entry is that of 1: exponent 0, inverse 1.
struct Reduced {
  const tables::Logarithm* entry;
  double exponent;
  double first;
  double second;
};

constexpr Reduced reduce_logarithm(double x) {  // x > 0 and finite
  std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  int shift = 0;
  if (bits < 0x0010000000000000) {  // subnormal
    bits = std::bit_cast<std::uint64_t>(x * 0x1p52);
    shift = 52;
  }
  const std::uint64_t offset = bits - kFirstLogarithm;
  const auto exponent = static_cast<std::int64_t>(offset) >> 52;
  const std::uint64_t z = bits - (offset & 0xfff0000000000000);  // 0.685 < value < 1.371
  const tables::Logarithm& entry = tables::kLogarithms[(offset >> 45) & 127];
  // The inverse has 11 bits, so both products are exact, and so is the subtraction.
  const double z_high = std::bit_cast<double>(z & ~std::uint64_t{0x7ff});
  const double z_low = std::bit_cast<double>(z) - z_high;
  return {&entry, static_cast<double>(exponent - shift), z_high * entry.inverse - 1.0,
          z_low * entry.inverse};
}

/// (log(1 + r) - r + r^2/2) / r^3 for |r| < 0.0043, relative to r to 2^-59.
constexpr double log1p_rest(double r) {
  const double r2 = r * r;
  return (1.0 / 3 - r * (1.0 / 4)) + r2 * ((1.0 / 5 - r * (1.0 / 6)) + r2 * (1.0 / 7));
}

/// The same to 2^-74, for log_extended().
constexpr double log1p_rest_extended(double r) {
  const double r2 = r * r;
  const double r4 = r2 * r2;
  return log1p_rest(r) - r4 * r * (1.0 / 8 - r * (1.0 / 9));
}

constexpr double log_normal_range(double x) {  // x > 0 and finite
  const Reduced reduced = reduce_logarithm(x);
  const double r = reduced.first + reduced.second;
  const double r2 = r * r;
  const double whole = reduced.exponent * kLn2High + reduced.entry->high;  // exact
  const double high = whole + r;
  const double lost = (reduced.first - r) + reduced.second;
  const double low =
      ((whole - high) + r) + (lost + (reduced.exponent * kLn2Low + reduced.entry->low));
  return high + (low + (r2 * r * log1p_rest(r) - 0.5 * r2));
}

/// 2^k * (1 + t) for any integer k that can matter; the result may be subnormal or infinite.
constexpr double scale(double mantissa, std::int64_t k) {
  if (k > 1000) {
    mantissa *= 0x1p1000;
    k -= 1000;
    if (k > 1000) return mantissa * 0x1p1000;
  } else if (k < -1000) {
    mantissa *= 0x1p-1000;
    k += 1000;
    if (k < -1000) return 0.0;
  }
  return mantissa * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

/// x + low = (128 k + i) log(2)/128 + r with |r| < 0.0028.
struct ReducedPower {
  std::int64_t exponent;
  const tables::PowerOfTwo* entry;
  double r;
};

constexpr ReducedPower reduce_power(double x, double low) {  // |x| < 800
  constexpr double kStepsPerUnit = 0x1.71547652b82fep7;
  constexpr double kStepHigh = 0x1.62e42ffp-8;  // 33 bits: times a step number it is exact
  constexpr double kStepLow = -0x1.718432a1b0e26p-42;
  constexpr double kRound = 0x1.8p52;  // adding it rounds to an integer, kept in the low bits
  const double shifted = x * kStepsPerUnit + kRound;
  const double steps = shifted - kRound;
  const auto step = static_cast<std::int64_t>(steps);
  return {step >> 7, &tables::kPowersOfTwo[static_cast<std::uint64_t>(step) & 127],
          ((x - steps * kStepHigh) - steps * kStepLow) + low};
}

constexpr double exp_of_sum(double x, double low) {
  if (!(x < 710.0)) return x == x ? kInfinity : x;  // the latter is NaN
  if (x < -746.0) return 0.0;
  const ReducedPower p = reduce_power(x, low);
  const double r = p.r;
  const double r2 = r * r;
  const double rest =
      p.entry->tail + r + (r2 * (0.5 + r * (1.0 / 6)) + r2 * r2 * (1.0 / 24 + r * (1.0 / 120)));
  const double mantissa = p.entry->value + p.entry->value * rest;
  if (p.exponent > 1000 || p.exponent < -1000) [[unlikely]]
    return scale(mantissa, p.exponent);
  return mantissa * std::bit_cast<double>(static_cast<std::uint64_t>(p.exponent + 1023) << 52);
}

constexpr bool is_positive_finite(double x) {
  return x > 0 && x < kInfinity;
}

/// log(x) for x that is zero, negative, infinite or NaN.
constexpr double log_special(double x) {
  if (x == 0) return -kInfinity;
  return x < 0 ? kNaN : x;
}

}  // namespace detail

/// e^x. Error < 0.52 ulp (subnormal results: 1). About 3 ns.
/// Method: 2^(k/128) from a table times a Taylor polynomial (P. T. P. Tang, ACM TOMS 15(2), 1989,
/// https://doi.org/10.1145/63522.214389).
constexpr double exp(double x) {
  return detail::exp_of_sum(x, 0.0);
}

/// e^x - 1, accurate near 0. Error < 2 ulp.
constexpr double expm1(double x) {
  if (!(x < 700.0) || x < -50.0) return exp(x) - 1.0;
  const detail::ReducedPower p = detail::reduce_power(x, 0.0);
  const double r = p.r;
  const double r2 = r * r;
  const double rest =
      r + (p.entry->tail + (r2 * (0.5 + r * (1.0 / 6)) +
                            r2 * r2 * ((1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720))));
  const double power = detail::scale(p.entry->value, p.exponent);
  return (power - 1.0) + power * rest;  // where power is 1, this is rest: relative accuracy is kept
}

/// Natural logarithm; -infinity at 0, NaN below. Error < 0.52 ulp. About 5 ns.
/// Method: table of 128 reciprocals with 11 bits, so that the reduction is exact without fused
/// multiply-add, and a Taylor polynomial (P. T. P. Tang, ACM TOMS 16(4), 1990,
/// https://doi.org/10.1145/98267.98294).
constexpr double log(double x) {
  if (!detail::is_positive_finite(x)) [[unlikely]]
    return detail::log_special(x);
  return detail::log_normal_range(x);
}

/// log(1 + x), accurate near 0; x > -1. Error < 1.1 ulp.
constexpr double log1p(double x) {
  if (x > -0x1p-9 && x < 0x1p-9) return x - x * x * (0.5 - x * detail::log1p_rest(x));
  const double sum = 1.0 + x;
  if (!detail::is_positive_finite(sum)) return detail::log_special(sum);
  if (x > 0x1p60) return log(x);
  const double lost = x > 1.0 ? 1.0 - (sum - x) : x - (sum - 1.0);
  return detail::log_normal_range(sum) + lost / sum;
}

/// log(x) with about 68 correct bits, for x > 0 and finite.
constexpr DoubleDouble log_extended(double x) {
  const detail::Reduced reduced = detail::reduce_logarithm(x);
  const DoubleDouble r = detail::two_sum(reduced.first, reduced.second);
  const DoubleDouble square = detail::two_product(r.high, r.high);
  const double whole = reduced.exponent * detail::kLn2High + reduced.entry->high;  // exact
  const DoubleDouble first = detail::two_sum(whole, r.high);
  const DoubleDouble second = detail::two_sum(first.high, -0.5 * square.high);
  const double tail = reduced.exponent * detail::kLn2Low + reduced.entry->low;
  const double low =
      (first.low + second.low) + (tail + r.low * (1.0 - r.high)) +
      (square.high * r.high * detail::log1p_rest_extended(r.high) - 0.5 * square.low);
  const double high = second.high + low;
  return {high, (second.high - high) + low};
}

/// x^y for x >= 0 (NaN for x < 0, even where y is an integer). Error < 0.52 ulp. About 20 ns.
constexpr double pow(double x, double y) {
  if (y == 0 || x == 1) return 1.0;
  if (x != x || y != y) return kNaN;
  if (x < 0) return kNaN;
  if (x == 0) return y > 0 ? 0.0 : kInfinity;
  if (x == kInfinity) return y > 0 ? kInfinity : 0.0;
  if (y > 0x1p64 || y < -0x1p64) return (x > 1) == (y > 0) ? kInfinity : 0.0;
  const DoubleDouble logarithm = log_extended(x);
  const DoubleDouble product = detail::two_product(y, logarithm.high);
  return detail::exp_of_sum(product.high, product.low + y * logarithm.low);
}

/// log(x) / log(2), exact for powers of two. Error < 0.51 ulp.
constexpr double log2(double x) {
  if (!detail::is_positive_finite(x)) return detail::log_special(x);
  const DoubleDouble logarithm = log_extended(x);
  constexpr double kHigh = 0x1.71547652b82fep0;
  constexpr double kLow = 0x1.777d0ffda0d24p-56;
  const DoubleDouble product = detail::two_product(logarithm.high, kHigh);
  return product.high + (product.low + (logarithm.high * kLow + logarithm.low * kHigh));
}

/// log(x) / log(10), exact for powers of ten that are doubles. Error < 0.51 ulp.
constexpr double log10(double x) {
  if (!detail::is_positive_finite(x)) return detail::log_special(x);
  const DoubleDouble logarithm = log_extended(x);
  constexpr double kHigh = 0x1.bcb7b1526e50ep-2;
  constexpr double kLow = 0x1.95355baaafad3p-57;
  const DoubleDouble product = detail::two_product(logarithm.high, kHigh);
  return product.high + (product.low + (logarithm.high * kLow + logarithm.low * kHigh));
}

/// cos(2 pi x): the argument is in turns, so that whole periods are exact. |x| < 2^52, else NaN.
/// Error < 1.7 ulp; cos2pi(0.25) is exactly 0.
double cos2pi(double x);

/// log of the gamma function for x > 0, NaN for x < 0. Error < 4 ulp, near its zeros 1 and 2 too.
double lgamma(double x);

/// Phi(x), the cumulative distribution of the standard normal. Error < 8 ulp, in the tail too.
/// Method: W. J. Cody, Math. Comp. 23, 1969, https://doi.org/10.1090/S0025-5718-1969-0247736-4, in
/// the form of his Algorithm 715, ACM TOMS 19(1), 1993, https://doi.org/10.1145/151271.151273.
double normal_cdf(double x);

/// The x with Phi(x) = p; -infinity at 0, infinity at 1, NaN outside. Error < 4 ulp.
/// Method: AS 241 (M. J. Wichura, Applied Statistics 37(3), 1988, https://doi.org/10.2307/2347330).
double normal_quantile(double p);

/// P(a, x) = gamma(a, x) / Gamma(a) for a > 0 and x >= 0: the cumulative distribution of a gamma
/// variable with shape a and scale 1; chi-square with n degrees at c is P(n/2, c/2). Relative error
/// < 1e-12 for a <= 10^6. Method: power series for x < a + 1, else 1 - gamma_tail.
double gamma_cdf(double a, double x);

/// 1 - P(a, x), to the same accuracy where it is the smaller. Method: Legendre's continued fraction
/// for x >= a + 1.
double gamma_tail(double a, double x);

/// Student's t with `degrees` > 0 degrees of freedom (any real): P(T <= t). Relative error < 1e-13.
double student_t_cdf(double t, double degrees);

/// The t with P(T <= t) = p; p in (0, 1), degrees > 0. Error < 1e-13, relative, or absolute near
/// p = 0.5. Costs microseconds: for tables and intervals, not for draws.
/// Method: Newton's iteration from the normal quantile.
double student_t_quantile(double p, double degrees);

}  // namespace highwater::math
