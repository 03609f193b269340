#include "engine/math/math.h"

#include <cmath>
#include <cstddef>

namespace highwater::math {
namespace {

constexpr double kSqrtTwoPi = 0x1.40d931ff62706p1;
constexpr double kInverseSqrtTwoPi = 0x1.9884533d43651p-2;

/// c[0] + c[1] x + … + c[N-1] x^(N-1) by Horner's rule.
template <std::size_t N>
double polynomial(const double (&c)[N], double x) {
  double sum = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

/// log Gamma(2 + z) for -0.75 <= z <= 0.5: z (1 - Euler's constant) + sum of (-1)^k (zeta(k) - 1)
/// z^k / k.
double log_gamma_near_two(double z) {
  static constexpr double kZetaTerms[] = {
      0x1.4a34cc4a60fa6p-2,  -0x1.13e001a557607p-4,  0x1.51322ac7d8483p-6,  -0x1.e404fc218f5f2p-8,
      0x1.7add6eadb6c3p-9,   -0x1.38ac5c2bf8e08p-10, 0x1.0b36af86396e9p-11, -0x1.d3fd4c76d2fc8p-13,
      0x1.a127b0f17d65ap-14, -0x1.78de5bd7c81efp-15, 0x1.580dcee66eb02p-16, -0x1.3cbc963ce2243p-17,
      0x1.2597a39f34aacp-18, -0x1.11b2eb7679541p-19, 0x1.0064cdeb22f0fp-20, -0x1.e2600d93cfd2fp-22,
      0x1.c76bbb3f07a4dp-23, -0x1.af5a6cbbf8a97p-24, 0x1.99b93c2070b0fp-25, -0x1.862c734df3eacp-26,
      0x1.7469daccfadcdp-27, -0x1.6434a8447aeadp-28, 0x1.555a877ffd2c3p-29, -0x1.47b1679258d0ep-30,
      0x1.3b15d2b2fc10cp-31, -0x1.2f69a9fabe3ep-32,  0x1.24932a337434cp-33, -0x1.1a7c26ec2523cp-34,
      0x1.11116e693ed98p-35, -0x1.08424cbc543d8p-36, 0x1.000026e3f644fp-37, -0x1.f07c514fc9f0ap-39,
      0x1.e1e2026aafcd8p-40, -0x1.d41d56e5ee2e2p-41, 0x1.c71c7f6f10e37p-42, -0x1.bacf9a27bc89bp-43,
      0x1.af28718a10d6ep-44, -0x1.a41a45603e5b6p-45};
  constexpr double kOneMinusEuler = 0x1.b0ee6072093cep-2;
  return z * (kOneMinusEuler + z * polynomial(kZetaTerms, z));
}

/// What Stirling's formula lacks: log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2), for x >= 10.
double stirling_rest(double x) {
  static constexpr double kTerms[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                      1.0 / 1188, -691.0 / 360360, 1.0 / 156};
  return polynomial(kTerms, 1.0 / (x * x)) / x;
}

double log_gamma_stirling(double x) {
  constexpr double kHalfLogTwoPi = 0x1.d67f1c864beb5p-1;
  if (x > 1e17) return x * (log(x) - 1.0);
  const DoubleDouble logarithm = log_extended(x);
  const DoubleDouble product = detail::two_product(x - 0.5, logarithm.high);
  const DoubleDouble sum = detail::two_sum(product.high, -x);
  return sum.high +
         (sum.low + product.low + (x - 0.5) * logarithm.low + (kHalfLogTwoPi + stirling_rest(x)));
}

/// x^a e^-x / Gamma(a + 1). For large a Stirling's formula, arranged so that nothing cancels.
double poisson_weight(double a, double x) {
  if (a < 10.0) return exp(a * log(x) - x - lgamma(a + 1.0));
  const double offset = (x - a) / a;
  return exp(a * (log1p(offset) - offset) - stirling_rest(a)) / (kSqrtTwoPi * std::sqrt(a));
}

constexpr int kMostTerms = 1'000'000;
constexpr double kConverged = 0x1p-54;

/// P(a, x) as a power series; all terms positive, quick for x < a + 1.
double gamma_series(double a, double x) {
  double term = 1.0;
  double sum = 1.0;
  for (int n = 1; n < kMostTerms && term > sum * kConverged; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * poisson_weight(a, x);
}

/// 1 - P(a, x) as Legendre's continued fraction by Lentz's method, quick for x > a + 1.
double gamma_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1.0 - a;
  double c = 1.0 / kTiny;
  double d = 1.0 / b;
  double h = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const double numerator = -n * (n - a);
    b += 2.0;
    d = numerator * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1.0 / d;
    const double factor = d * c;
    h *= factor;
    if (std::abs(factor - 1.0) < 0x1p-52) break;
  }
  return h * a * poisson_weight(a, x);
}

/// log Gamma(a + 1/2) - log Gamma(a), without cancellation for large a.
double log_gamma_half_step(double a) {
  if (a < 10.0) return lgamma(a + 0.5) - lgamma(a);
  return a * log1p(0.5 / a) + 0.5 * log(a) - 0.5 + (stirling_rest(a + 0.5) - stirling_rest(a));
}

/// I_x(a, b) B(a, b) / (x^a y^b) with y = 1 - x given too, quick for x < a/(a + b); a continued
/// fraction in which nothing cancels for large a. Source: A. R. DiDonato, A. H. Morris,
/// ACM TOMS 18(3), 1992 (BFRAC in algorithm 708), https://doi.org/10.1145/131766.131776.
double beta_fraction(double a, double b, double x, double y) {
  const double lead = 1.0 + ((a + b) * y - b);
  double c = kInfinity;
  double d = (a + 1.0) / (lead * a);
  double result = d;
  for (int i = 1; i < kMostTerms; ++i) {
    const double n = i;
    const double s = a + 2.0 * n - 1.0;
    const double w = n * (b - n) * x;
    const double alpha = ((a + n - 1.0) / s) * ((a + b + n - 1.0) / s) * w * x;
    const double beta = n + w / s + (a + n) / (s + 2.0) * (lead + n * (1.0 + y));
    d = 1.0 / (beta + alpha * d);
    c = beta + alpha / c;
    const double factor = c * d;
    result *= factor;
    if (std::abs(factor - 1.0) < 0x1p-51) break;
  }
  return result;
}

/// I_y(1/2, a) B(1/2, a) / (2 sqrt(y) x^a) as a power series; all terms positive.
double half_beta_series(double a, double y) {
  double term = 1.0;
  double sum = 1.0;
  for (int n = 0; n < kMostTerms && term > sum * kConverged; ++n) {
    term *= (a + 0.5 + n) / (1.5 + n) * y;
    sum += term;
  }
  return sum;
}

/// log of the constant of Student's density: Gamma((v + 1)/2) / (sqrt(v pi) Gamma(v/2)).
double student_log_constant(double degrees) {
  return log_gamma_half_step(0.5 * degrees) - 0.5 * log(degrees * kPi);
}

double student_density(double t, double degrees) {
  return exp(student_log_constant(degrees) - 0.5 * (degrees + 1.0) * log1p(t * t / degrees));
}

/// P(T > t) for t >= 0: half the incomplete beta function I(v/2, 1/2) at x = v/(v + t^2).
double student_tail(double t, double degrees) {
  if (t == kInfinity) return 0.0;
  const double a = 0.5 * degrees;
  const double ratio = t * t / degrees;
  const double x = 1.0 / (1.0 + ratio);
  const double y = 1.0 / (1.0 + 1.0 / ratio);
  const double slice = t * student_density(t, degrees);  // sqrt(y) x^a / B(a, 1/2)
  if (x < (a + 1.0) / (a + 2.5)) return 0.5 * slice * beta_fraction(a, 0.5, x, y);
  return 0.5 - slice * half_beta_series(a, y);
}

}  // namespace

double cos2pi(double x) {
  static constexpr double kCosine[] = {0x1p0,
                                       -0x1.3bd3cc9be45dep4,
                                       0x1.03c1f081b5ac4p6,
                                       -0x1.55d3c7e3cbffap6,
                                       0x1.e1f506891babbp5,
                                       -0x1.a6d1f2a204a8cp4,
                                       0x1.f9d38a3763cc3p2,
                                       -0x1.b6e24f44b128fp0,
                                       0x1.20c62c2f2d7f5p-2};
  static constexpr double kSineRest[] = {
      -0x1.4abbce625be53p5, 0x1.466bc6775aae2p6, -0x1.32d2cce62bd86p6,  0x1.50783487ee782p5,
      -0x1.e3074fde8871fp3, 0x1.e8f434d018d63p1, -0x1.6fadb9f155744p-1, 0x1.aaec32af93359p-4};
  if (!(std::abs(x) < 0x1p52)) return kNaN;
  double turn = std::abs(x - std::floor(x + 0.5));  // in [0, 1/2]: cosine is even
  const bool negative = turn > 0.25;
  if (negative) turn = 0.5 - turn;  // exact, as is the next line
  double value = 0;
  if (turn <= 0.125) {
    value = polynomial(kCosine, turn * turn);
  } else {
    const double t = 0.25 - turn;  // cos(2 pi turn) = sin(2 pi t)
    constexpr double kTwoPiLow = 0x1.1a62633145c07p-52;
    const double t2 = t * t;
    value = t * (2.0 * kPi) + t * (kTwoPiLow + t2 * polynomial(kSineRest, t2));
  }
  return negative ? -value : value;
}

double lgamma(double x) {
  if (!(x > 0)) return x == 0 ? kInfinity : kNaN;
  if (x == kInfinity) return x;
  if (x < 0.5) return lgamma(1.0 + x) - log(x);
  if (x < 1.25) return log_gamma_near_two(x - 1.0) - log1p(x - 1.0);
  if (x >= 10.0) return log_gamma_stirling(x);
  double product = 1.0;
  while (x >= 2.5) {
    x -= 1.0;
    product *= x;
  }
  return log_gamma_near_two(x - 2.0) + (product > 1.0 ? log(product) : 0.0);
}

double gamma(double x) {
  return exp(lgamma(x));
}

double normal_cdf(double x) {
  static constexpr double kCentreTop[] = {18154.981253343561249, 1067.6894854603709582,
                                          161.02823106855587881, 2.2352520354606839287,
                                          .065682337918207449113};
  static constexpr double kCentreBottom[] = {45507.789335026729956, 10260.932208618978205,
                                             976.09855173777669322, 47.20258190468824187, 1.0};
  static constexpr double kMiddleTop[] = {
      9842.7148383839780218, 11602.651437647350124, 6848.1904505362823326,
      2494.5375852903726711, 597.27027639480026226, 93.506656132177855979,
      8.8831497943883759412, .39894151208813466764, 1.0765576773720192317e-8};
  static constexpr double kMiddleBottom[] = {
      19685.429676859990727, 38912.003286093271411, 34900.952721145977266,
      18615.571640885098091, 6485.558298266760755,  1519.377599407554805,
      235.38790178262499861, 22.266688044328115691, 1.0};
  static constexpr double kFarTop[] = {2.9112874951168792e-5, .001421619193227893466,
                                       .022235277870649807,   .1274011611602473639,
                                       .21589853405795699,    .02307344176494017303};
  static constexpr double kFarBottom[] = {7.29751555083966205e-5, .00378239633202758244,
                                          .0659881378689285515,   .468238212480865118,
                                          1.28426009614491121,    1.0};
  if (x != x) return x;
  const double size = std::abs(x);
  if (size <= 0.66291) {
    return 0.5 + x * (polynomial(kCentreTop, x * x) / polynomial(kCentreBottom, x * x));
  }
  if (size > 40.0) return x > 0 ? 1.0 : 0.0;
  double ratio = 0;  // tail / exp(-x^2/2)
  if (size < 5.656854248) {
    ratio = polynomial(kMiddleTop, size) / polynomial(kMiddleBottom, size);
  } else {
    const double inverse = 1.0 / (size * size);
    const double rest = inverse * polynomial(kFarTop, inverse) / polynomial(kFarBottom, inverse);
    ratio = (kInverseSqrtTwoPi - rest) / size;
  }
  // The square of the first few bits is exact, so that its rounding is not multiplied by x^2.
  const double coarse = std::floor(size * 16.0) / 16.0;
  const double fine = (size - coarse) * (size + coarse);
  const double tail = exp(-0.5 * coarse * coarse) * exp(-0.5 * fine) * ratio;
  return x > 0 ? 1.0 - tail : tail;
}

double normal_quantile(double p) {
  static constexpr double kA[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                  1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                  4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                  3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double kB[] = {1.0,
                                  4.2313330701600911252e+1,
                                  6.8718700749205790830e+2,
                                  5.3941960214247511077e+3,
                                  2.1213794301586595867e+4,
                                  3.9307895800092710610e+4,
                                  2.8729085735721942674e+4,
                                  5.2264952788528545610e+3};
  static constexpr double kC[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                  5.76949722146069140550e0,  3.64784832476320460504e0,
                                  1.27045825245236838258e0,  2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double kD[] = {1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double kE[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                  1.78482653991729133580e0,  2.96560571828504891230e-1,
                                  2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double kF[] = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinity : p == 1 ? kInfinity : kNaN;
  const double centred = p - 0.5;
  if (std::abs(centred) <= 0.425) {
    const double r = 0.180625 - centred * centred;
    return centred * (polynomial(kA, r) / polynomial(kB, r));
  }
  const double r = std::sqrt(-log(centred < 0 ? p : 1.0 - p));
  const double size = r <= 5.0 ? polynomial(kC, r - 1.6) / polynomial(kD, r - 1.6)
                               : polynomial(kE, r - 5.0) / polynomial(kF, r - 5.0);
  return centred < 0 ? -size : size;
}

double gamma_cdf(double a, double x) {
  if (!(a > 0) || !(x >= 0)) return kNaN;
  if (x == 0) return 0.0;
  if (x == kInfinity) return 1.0;
  return x < a + 1.0 ? gamma_series(a, x) : 1.0 - gamma_fraction(a, x);
}

double gamma_tail(double a, double x) {
  if (!(a > 0) || !(x >= 0)) return kNaN;
  if (x == 0) return 1.0;
  if (x == kInfinity) return 0.0;
  return x < a + 1.0 ? 1.0 - gamma_series(a, x) : gamma_fraction(a, x);
}

double student_t_cdf(double t, double degrees) {
  if (!(degrees > 0) || t != t) return kNaN;
  if (t < 0) return student_tail(-t, degrees);
  return 1.0 - student_tail(t, degrees);
}

double student_t_quantile(double p, double degrees) {
  if (!(p > 0 && p < 1) || !(degrees > 0)) return kNaN;
  const double tail = p < 0.5 ? p : 1.0 - p;
  if (tail == 0.5) return 0.0;
  double t = -normal_quantile(tail);
  if (degrees > 1e17) return normal_quantile(p);  // the same to the last digit
  // The tail is convex and the normal quantile lies left of the answer, so Newton's iteration
  // climbs towards it without overshooting; it ends where rounding keeps it from climbing on.
  for (int i = 0; i < 5000; ++i) {
    const double step = (student_tail(t, degrees) - tail) / student_density(t, degrees);
    t += step;
    if (!(step > 0x1p-52 * t)) break;
  }
  return p < 0.5 ? -t : t;
}

}  // namespace highwater::math
