#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/kernel/time.h"
#include "engine/math/math.h"

namespace highwater {

/// A random duration: a service time, a network delay, a gap between arrivals.
///
/// A small value, cheap to copy and to draw from; tables of mixtures and samples are shared and
/// never change. A draw is rounded to the nearest nanosecond, is never negative, and is kLongestRun
/// where it would be longer. mean_s(), scv() and cdf() describe the law before that rounding.
///
/// Each factory has a check_ twin that says in one sentence what is wrong with the parameters, or
/// nothing; calling a factory with parameters its twin refuses is a bug. Every duration parameter
/// is at most kLongestRun.
class Distribution {
 public:
  /// One exponential branch, taken with probability `probability`.
  struct Branch {
    double probability = 0;
    Duration mean{};
  };
  struct Part;  // {probability, of}: one part of a mixture, below

  /// Always zero.
  Distribution() = default;

  /// Always `value`, which is >= 0.
  static Distribution constant(Duration value);
  /// Mean > 0.
  static Distribution exponential(Duration mean);
  /// The two numbers people know of a latency. Needs mean > 0 and mean < p99 < 14.96 mean: sigma is
  /// the smaller root of sigma^2/2 - z sigma + log(p99/mean) = 0 with z the 99 % normal quantile.
  static Distribution lognormal_mean_p99(Duration mean, Duration p99);
  /// cv = standard deviation / mean, in (0, 1000].
  static Distribution lognormal_mean_cv(Duration mean, double cv);
  /// Normal with mean >= 0 and sd >= 0, drawn again while negative; so where sd is not small beside
  /// the mean, mean_s() is above `mean`. The two must not both be 0.
  static Distribution normal(Duration mean, Duration sd);
  /// Between low and high, 0 <= low <= high.
  static Distribution uniform(Duration low, Duration high);
  /// Sum of k exponential phases, 1 <= k <= 10^6; scv = 1/k.
  static Distribution erlang(std::int64_t k, Duration mean);
  /// cv in [0.001, 100]; shape = 1/cv^2.
  static Distribution gamma(Duration mean, double cv);
  /// P(X > x) = exp(-(x/scale)^shape), shape in [0.05, 1000].
  static Distribution weibull(double shape, Duration scale);
  /// P(X > x) = (minimum/x)^alpha, alpha in [0.05, 1000]; infinite mean for alpha <= 1, infinite
  /// variance for alpha <= 2 (though no draw exceeds kLongestRun).
  static Distribution pareto(double alpha, Duration minimum);
  /// Probabilities >= 0 that add up to 1 within 10^-6 (they are scaled to exactly 1).
  static Distribution hyperexponential(const std::vector<Branch>& branches);
  /// The same for any laws; mixtures in mixtures are unfolded.
  static Distribution mixture(const std::vector<Part>& parts);
  /// Plain resampling: each draw is one of the samples, all equally likely; nothing between them.
  static Distribution empirical(std::vector<Duration> samples);

  static std::optional<std::string> check_constant(Duration value);
  static std::optional<std::string> check_exponential(Duration mean);
  static std::optional<std::string> check_lognormal_mean_p99(Duration mean, Duration p99);
  static std::optional<std::string> check_lognormal_mean_cv(Duration mean, double cv);
  static std::optional<std::string> check_normal(Duration mean, Duration sd);
  static std::optional<std::string> check_uniform(Duration low, Duration high);
  static std::optional<std::string> check_erlang(std::int64_t k, Duration mean);
  static std::optional<std::string> check_gamma(Duration mean, double cv);
  static std::optional<std::string> check_weibull(double shape, Duration scale);
  static std::optional<std::string> check_pareto(double alpha, Duration minimum);
  static std::optional<std::string> check_hyperexponential(const std::vector<Branch>& branches);
  static std::optional<std::string> check_mixture(const std::vector<Part>& parts);
  static std::optional<std::string> check_empirical(const std::vector<Duration>& samples);

  /// One draw from a RandomStream or a RequestRandom.
  template <class Generator>
  Duration draw(Generator& generator) const {
    if (kind_ == Kind::kConstant) return constant_;
    if (kind_ == Kind::kExponential) return rounded(scale_ * standard_exponential(generator));
    return draw_other(generator);
  }

  /// Mean in seconds; infinite for Pareto with alpha <= 1.
  double mean_s() const { return mean_ns_ * 1e-9; }
  /// Squared coefficient of variation, variance / mean^2; infinite for Pareto with alpha <= 2.
  double scv() const { return scv_; }
  /// P(X <= s), s in seconds.
  double cdf(double s) const;

  /// Whether every draw is the same and takes no random bits.
  bool is_constant() const { return kind_ == Kind::kConstant; }
  /// That draw, where is_constant().
  Duration constant_value() const;

  /// The same law with the text it was made from, so that a document can show it again as its
  /// author wrote it (parameters cannot be had back exactly, a file's name not at all). Ignored
  /// by ==.
  Distribution spelled(std::string text) const {
    Distribution same = *this;
    same.spelling_ = std::make_shared<const std::string>(std::move(text));
    return same;
  }
  /// That text; empty for a law made by a factory alone.
  std::string_view spelling() const { return spelling_ ? std::string_view(*spelling_) : ""; }

  /// Same family and same parameters (mixtures and samples by value).
  friend bool operator==(const Distribution& a, const Distribution& b);

 private:
  enum class Kind : std::uint8_t {
    kConstant,
    kExponential,
    kLognormal,
    kNormal,
    kUniform,
    kErlang,
    kGamma,
    kWeibull,
    kPareto,
    kHyperexponential,
    kMixture,
    kEmpirical,
  };
  struct Tables;
  static constexpr double kLargestErlangProduct = 8;  // above, a gamma draw is cheaper

  Distribution(Kind kind, double scale, double shape) : kind_(kind), scale_(scale), shape_(shape) {}

  static Distribution lognormal(double mean_ns, double sigma);
  static Duration rounded(double ns) {
    constexpr double kCap = static_cast<double>(kLongestRun.count());
    if (!(ns < kCap)) return kLongestRun;
    return Duration{static_cast<std::int64_t>(ns + 0.5)};
  }

  double cdf_from_tables(double s) const;

  template <class Generator>
  Duration draw_other(Generator& generator) const;
  template <class Generator>
  double draw_simple_ns(Generator& generator) const;

  Kind kind_ = Kind::kConstant;
  Duration constant_{};
  // What the two parameters are, in ns where they are times:
  //   exponential mean, - · lognormal median, sigma · normal mean, sd · uniform low, high - low ·
  //   erlang mean of a phase, k · gamma scale, shape · weibull scale, 1/shape ·
  //   pareto minimum, 1/alpha
  double scale_ = 0;
  double shape_ = 0;
  double mean_ns_ = 0;
  double scv_ = 0;
  std::shared_ptr<const Tables> tables_;
  std::shared_ptr<const std::string> spelling_;
};

struct Distribution::Part {
  double probability = 0;
  Distribution of;
};

/// Shared, immutable data of the laws that need more than two numbers.
struct Distribution::Tables {
  std::vector<double> cumulative;    // of the parts' probabilities; the last is exactly 1
  std::vector<double> branch_means;  // ns, hyperexponential
  std::vector<Distribution> parts;   // none of them a mixture
  std::vector<Duration> samples;     // ascending

  /// The part a uniform draw falls in.
  std::size_t part(double uniform) const {
    std::size_t i = 0;
    if (cumulative.size() > 8) {
      std::size_t count = cumulative.size() - 1;  // binary search for the first above `uniform`
      while (count > 0) {
        const std::size_t half = count / 2;
        const bool right = cumulative[i + half] <= uniform;
        i = right ? i + half + 1 : i;
        count = right ? count - half - 1 : half;
      }
      return i;
    }
    while (i + 1 < cumulative.size() && cumulative[i] <= uniform) ++i;
    return i;
  }
};

/// A gamma draw with scale 1. Method: Marsaglia and Tsang's squeeze for shape >= 1; below 1 a draw
/// of shape + 1 times U^(1/shape). Takes about 1.05 normal and 1.05 uniform draws.
/// Source: G. Marsaglia, W. W. Tsang, ACM TOMS 26(3), 2000, https://doi.org/10.1145/358407.358414.
template <class Generator>
double standard_gamma(Generator& generator, double shape) {
  const double boost = shape < 1.0 ? math::exp(-standard_exponential(generator) / shape) : 1.0;
  const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
  const double c = (1.0 / 3.0) / std::sqrt(d);
  for (;;) {
    const double x = standard_normal(generator);
    const double t = 1.0 + c * x;
    if (t <= 0.0) continue;
    const double v = t * t * t;
    const double u = generator.uniform();
    const double x2 = x * x;
    if (u < 1.0 - 0.0331 * x2 * x2) return boost * d * v;
    if (math::log(u) < 0.5 * x2 + d * (1.0 - v + math::log(v))) return boost * d * v;
  }
}

template <class Generator>
double Distribution::draw_simple_ns(Generator& generator) const {
  switch (kind_) {
    case Kind::kConstant:
      return static_cast<double>(constant_.count());
    case Kind::kExponential:
      return scale_ * standard_exponential(generator);
    case Kind::kLognormal:
      return scale_ * math::exp(shape_ * standard_normal(generator));
    case Kind::kNormal:
      for (;;) {  // mean >= 0, so at least every second draw ends this
        const double x = scale_ + shape_ * standard_normal(generator);
        if (x >= 0) return x;
      }
    case Kind::kUniform:
      return scale_ + shape_ * generator.uniform();
    case Kind::kErlang: {
      if (shape_ > kLargestErlangProduct) return scale_ * standard_gamma(generator, shape_);
      double product = 1.0;  // of at most 8 factors above 2^-53: no underflow
      for (double phase = 0; phase < shape_; ++phase) product *= generator.uniform();
      return -scale_ * math::log(product);
    }
    case Kind::kGamma:
      return scale_ * standard_gamma(generator, shape_);
    case Kind::kWeibull:
      return scale_ * math::exp(shape_ * math::log(-math::log(generator.uniform())));
    case Kind::kPareto:
      return scale_ * math::exp(-shape_ * math::log(generator.uniform()));
    case Kind::kHyperexponential: {
      const double mean = tables_->branch_means[tables_->part(generator.uniform())];
      return mean * standard_exponential(generator);
    }
    case Kind::kEmpirical:
      return static_cast<double>(
          tables_->samples[generator.below(tables_->samples.size())].count());
    case Kind::kMixture:
      break;  // draw_other() chose the part
  }
  HIGHWATER_CHECK(false);
}

template <class Generator>
[[gnu::noinline]] Duration Distribution::draw_other(Generator& generator) const {
  if (kind_ != Kind::kMixture) return rounded(draw_simple_ns(generator));
  const Distribution& part = tables_->parts[tables_->part(generator.uniform())];
  return rounded(part.draw_simple_ns(generator));
}

}  // namespace highwater
