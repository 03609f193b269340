#include "engine/kernel/distribution.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

using Complaint = std::optional<std::string>;

constexpr double kZ99 = 0x1.29c5c4630ff0fp1;  // the 99 % quantile of the standard normal

double nanoseconds(Duration d) {
  return static_cast<double>(d.count());
}

std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6);
  return {text, end.ptr};
}

Complaint check_time(const char* what, Duration value, bool zero_allowed) {
  if (value < Duration::zero()) return std::string(what) + " must not be negative";
  if (!zero_allowed && value == Duration::zero()) return std::string(what) + " must be above 0";
  if (value > kLongestRun) return std::string(what) + " must be at most 416 days (2^55 ns)";
  return std::nullopt;
}

Complaint check_number(const char* what, double value, double low, double high) {
  if (value >= low && value <= high) return std::nullopt;  // refuses NaN too
  return std::string(what) + " must be between " + number(low) + " and " + number(high);
}

Complaint check_probability(double probability) {
  if (probability >= 0.0 && probability <= 1.0) return std::nullopt;
  return "each probability must be between 0 and 1";
}

Complaint check_total(double total) {
  if (total > 1.0 - 1e-6 && total < 1.0 + 1e-6) return std::nullopt;
  return "the probabilities add up to " + number(total) + ", not to 1";
}

/// Running sums of the probabilities, scaled so that the last is exactly 1.
template <class Item>
std::vector<double> cumulate(const std::vector<Item>& items) {
  std::vector<double> sums;
  double sum = 0;
  for (const Item& item : items) sums.push_back(sum += item.probability);
  for (double& value : sums) value /= sum;
  return sums;
}

struct Moments {
  double mean = 0;
  double second = 0;  // E[X^2]

  void add(double weight, double part_mean, double part_scv) {
    mean += weight * part_mean;
    second += weight * part_mean * part_mean * (1.0 + part_scv);
  }
  double scv() const {
    if (mean == 0.0) return 0.0;
    if (second == math::kInfinity) return math::kInfinity;
    return std::max(0.0, second / (mean * mean) - 1.0);
  }
};

}  // namespace

Complaint Distribution::check_constant(Duration value) {
  return check_time("it", value, true);
}

Complaint Distribution::check_exponential(Duration mean) {
  return check_time("the mean", mean, false);
}

Complaint Distribution::check_lognormal_mean_p99(Duration mean, Duration p99) {
  if (Complaint complaint = check_time("the mean", mean, false)) return complaint;
  if (Complaint complaint = check_time("p99", p99, false)) return complaint;
  if (p99 <= mean) return "p99 must be above the mean";
  const double ratio = nanoseconds(p99) / nanoseconds(mean);
  const double largest = math::exp(0.5 * kZ99 * kZ99);
  if (ratio < largest * (1.0 - 1e-9)) return std::nullopt;
  return "p99 is " + number(ratio) + " times the mean, but that of a lognormal is always below " +
         number(std::floor(largest * 100.0) / 100.0) + " times its mean";
}

Complaint Distribution::check_lognormal_mean_cv(Duration mean, double cv) {
  if (Complaint complaint = check_time("the mean", mean, false)) return complaint;
  if (!(cv > 0.0 && cv <= 1000.0)) return "cv must be above 0 and at most 1000";
  return std::nullopt;
}

Complaint Distribution::check_normal(Duration mean, Duration sd) {
  if (Complaint complaint = check_time("the mean", mean, true)) return complaint;
  if (Complaint complaint = check_time("sd", sd, true)) return complaint;
  if (mean == Duration::zero() && sd == Duration::zero()) return "mean and sd are both 0";
  return std::nullopt;
}

Complaint Distribution::check_uniform(Duration low, Duration high) {
  if (Complaint complaint = check_time("the lower end", low, true)) return complaint;
  if (Complaint complaint = check_time("the upper end", high, true)) return complaint;
  if (high < low) return "the lower end must not be above the upper end";
  return std::nullopt;
}

Complaint Distribution::check_erlang(std::int64_t k, Duration mean) {
  if (k < 1 || k > 1'000'000) return "k must be between 1 and 1000000";
  return check_time("the mean", mean, false);
}

Complaint Distribution::check_gamma(Duration mean, double cv) {
  if (Complaint complaint = check_time("the mean", mean, false)) return complaint;
  return check_number("cv", cv, 0.001, 100.0);
}

Complaint Distribution::check_weibull(double shape, Duration scale) {
  if (Complaint complaint = check_number("shape", shape, 0.05, 1000.0)) return complaint;
  return check_time("scale", scale, false);
}

Complaint Distribution::check_pareto(double alpha, Duration minimum) {
  if (Complaint complaint = check_number("alpha", alpha, 0.05, 1000.0)) return complaint;
  return check_time("min", minimum, false);
}

Complaint Distribution::check_hyperexponential(const std::vector<Branch>& branches) {
  if (branches.empty()) return "there must be at least one branch";
  double total = 0;
  for (const Branch& branch : branches) {
    if (Complaint complaint = check_probability(branch.probability)) return complaint;
    if (Complaint complaint = check_time("each mean", branch.mean, false)) return complaint;
    total += branch.probability;
  }
  return check_total(total);
}

Complaint Distribution::check_mixture(const std::vector<Part>& parts) {
  if (parts.empty()) return "there must be at least one part";
  double total = 0;
  for (const Part& part : parts) {
    if (Complaint complaint = check_probability(part.probability)) return complaint;
    total += part.probability;
  }
  return check_total(total);
}

Complaint Distribution::check_empirical(const std::vector<Duration>& samples) {
  if (samples.empty()) return "there must be at least one sample";
  for (const Duration sample : samples) {
    if (Complaint complaint = check_time("each sample", sample, true)) return complaint;
  }
  return std::nullopt;
}

Distribution Distribution::constant(Duration value) {
  HIGHWATER_CHECK(!check_constant(value));
  Distribution result;
  result.constant_ = value;
  result.mean_ns_ = nanoseconds(value);
  return result;
}

Distribution Distribution::exponential(Duration mean) {
  HIGHWATER_CHECK(!check_exponential(mean));
  Distribution result(Kind::kExponential, nanoseconds(mean), 0.0);
  result.mean_ns_ = nanoseconds(mean);
  result.scv_ = 1.0;
  return result;
}

Distribution Distribution::lognormal(double mean_ns, double sigma) {
  Distribution result(Kind::kLognormal, mean_ns * math::exp(-0.5 * sigma * sigma), sigma);
  result.mean_ns_ = mean_ns;
  result.scv_ = math::expm1(sigma * sigma);
  return result;
}

Distribution Distribution::lognormal_mean_p99(Duration mean, Duration p99) {
  HIGHWATER_CHECK(!check_lognormal_mean_p99(mean, p99));
  const double log_ratio = math::log(nanoseconds(p99) / nanoseconds(mean));
  // z - sqrt(z^2 - 2 log_ratio), written so that a small ratio loses no digits.
  const double sigma = 2.0 * log_ratio / (kZ99 + std::sqrt(kZ99 * kZ99 - 2.0 * log_ratio));
  return lognormal(nanoseconds(mean), sigma);
}

Distribution Distribution::lognormal_mean_cv(Duration mean, double cv) {
  HIGHWATER_CHECK(!check_lognormal_mean_cv(mean, cv));
  return lognormal(nanoseconds(mean), std::sqrt(math::log1p(cv * cv)));
}

Distribution Distribution::normal(Duration mean, Duration sd) {
  HIGHWATER_CHECK(!check_normal(mean, sd));
  Distribution result(Kind::kNormal, nanoseconds(mean), nanoseconds(sd));
  result.mean_ns_ = nanoseconds(mean);
  if (sd == Duration::zero()) return result;
  // With a = -mean/sd and l = density(a) / P(Z > a), the part above 0 has mean m + sd l and
  // variance sd^2 (1 + a l - l^2). Source: N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous
  // Univariate Distributions, vol. 1, 1994, section 13.10.1.
  constexpr double kInverseSqrtTwoPi = 0x1.9884533d43651p-2;
  const double a = -nanoseconds(mean) / nanoseconds(sd);
  const double l = kInverseSqrtTwoPi * math::exp(-0.5 * a * a) / math::normal_cdf(-a);
  result.mean_ns_ += nanoseconds(sd) * l;
  const double relative = nanoseconds(sd) / result.mean_ns_;
  result.scv_ = relative * relative * (1.0 + a * l - l * l);
  return result;
}

Distribution Distribution::uniform(Duration low, Duration high) {
  HIGHWATER_CHECK(!check_uniform(low, high));
  const double width = nanoseconds(high - low);
  Distribution result(Kind::kUniform, nanoseconds(low), width);
  result.mean_ns_ = nanoseconds(low) + 0.5 * width;
  if (width > 0) result.scv_ = width * width / 12.0 / (result.mean_ns_ * result.mean_ns_);
  return result;
}

Distribution Distribution::erlang(std::int64_t k, Duration mean) {
  HIGHWATER_CHECK(!check_erlang(k, mean));
  const double phases = static_cast<double>(k);
  Distribution result(Kind::kErlang, nanoseconds(mean) / phases, phases);
  result.mean_ns_ = nanoseconds(mean);
  result.scv_ = 1.0 / phases;
  return result;
}

Distribution Distribution::gamma(Duration mean, double cv) {
  HIGHWATER_CHECK(!check_gamma(mean, cv));
  const double shape = 1.0 / (cv * cv);
  Distribution result(Kind::kGamma, nanoseconds(mean) / shape, shape);
  result.mean_ns_ = nanoseconds(mean);
  result.scv_ = cv * cv;
  return result;
}

Distribution Distribution::weibull(double shape, Duration scale) {
  HIGHWATER_CHECK(!check_weibull(shape, scale));
  const double inverse = 1.0 / shape;
  Distribution result(Kind::kWeibull, nanoseconds(scale), inverse);
  const double log_first = math::lgamma(1.0 + inverse);  // E[X^n] = scale^n Gamma(1 + n/shape)
  result.mean_ns_ = nanoseconds(scale) * math::exp(log_first);
  result.scv_ = math::expm1(math::lgamma(1.0 + 2.0 * inverse) - 2.0 * log_first);
  return result;
}

Distribution Distribution::pareto(double alpha, Duration minimum) {
  HIGHWATER_CHECK(!check_pareto(alpha, minimum));
  Distribution result(Kind::kPareto, nanoseconds(minimum), 1.0 / alpha);
  result.mean_ns_ = alpha > 1.0 ? nanoseconds(minimum) * alpha / (alpha - 1.0) : math::kInfinity;
  result.scv_ = alpha > 2.0 ? 1.0 / (alpha * (alpha - 2.0)) : math::kInfinity;
  return result;
}

Distribution Distribution::hyperexponential(const std::vector<Branch>& branches) {
  HIGHWATER_CHECK(!check_hyperexponential(branches));
  auto tables = std::make_shared<Tables>();
  tables->cumulative = cumulate(branches);
  Moments moments;
  double before = 0;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const double mean = nanoseconds(branches[i].mean);
    tables->branch_means.push_back(mean);
    moments.add(tables->cumulative[i] - before, mean, 1.0);
    before = tables->cumulative[i];
  }
  Distribution result(Kind::kHyperexponential, 0.0, 0.0);
  result.mean_ns_ = moments.mean;
  result.scv_ = moments.scv();
  result.tables_ = std::move(tables);
  return result;
}

Distribution Distribution::mixture(const std::vector<Part>& parts) {
  HIGHWATER_CHECK(!check_mixture(parts));
  std::vector<Part> flat;
  for (const Part& part : parts) {
    if (part.probability == 0.0) continue;
    if (part.of.kind_ != Kind::kMixture) {
      flat.push_back(part);
      continue;
    }
    const Tables& inner = *part.of.tables_;  // has no mixture in it
    double before = 0;
    for (std::size_t i = 0; i < inner.parts.size(); ++i) {
      flat.push_back({part.probability * (inner.cumulative[i] - before), inner.parts[i]});
      before = inner.cumulative[i];
    }
  }
  auto tables = std::make_shared<Tables>();
  tables->cumulative = cumulate(flat);
  Moments moments;
  double before = 0;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    tables->parts.push_back(flat[i].of);
    moments.add(tables->cumulative[i] - before, flat[i].of.mean_ns_, flat[i].of.scv_);
    before = tables->cumulative[i];
  }
  Distribution result(Kind::kMixture, 0.0, 0.0);
  result.mean_ns_ = moments.mean;
  result.scv_ = moments.scv();
  result.tables_ = std::move(tables);
  return result;
}

Distribution Distribution::empirical(std::vector<Duration> samples) {
  HIGHWATER_CHECK(!check_empirical(samples));
  std::sort(samples.begin(), samples.end());
  const double count = static_cast<double>(samples.size());
  double sum = 0;
  for (const Duration sample : samples) sum += nanoseconds(sample);
  const double mean = sum / count;
  double squares = 0;
  for (const Duration sample : samples) {
    const double difference = nanoseconds(sample) - mean;
    squares += difference * difference;
  }
  Distribution result(Kind::kEmpirical, 0.0, 0.0);
  result.mean_ns_ = mean;
  if (mean > 0) result.scv_ = squares / count / (mean * mean);
  auto tables = std::make_shared<Tables>();
  tables->samples = std::move(samples);
  result.tables_ = std::move(tables);
  return result;
}

Duration Distribution::constant_value() const {
  HIGHWATER_CHECK(is_constant());
  return constant_;
}

double Distribution::cdf(double s) const {
  const double x = s * 1e9;
  if (!(x >= 0.0)) return 0.0;
  switch (kind_) {
    case Kind::kConstant:  // whole nanoseconds, so that 0.02 s * 10^9 is not just beside 20 ms
      return std::floor(x + 0.5) >= nanoseconds(constant_) ? 1.0 : 0.0;
    case Kind::kExponential:
      return -math::expm1(-x / scale_);
    case Kind::kLognormal:
      return x > 0 ? math::normal_cdf(math::log(x / scale_) / shape_) : 0.0;
    case Kind::kNormal: {
      if (shape_ == 0.0) return x >= scale_ ? 1.0 : 0.0;
      const double kept = math::normal_cdf(scale_ / shape_);
      return 1.0 - math::normal_cdf((scale_ - x) / shape_) / kept;
    }
    case Kind::kUniform:
      if (x >= scale_ + shape_) return 1.0;
      return x <= scale_ ? 0.0 : (x - scale_) / shape_;
    case Kind::kErlang:
    case Kind::kGamma:
      return math::gamma_cdf(shape_, x / scale_);
    case Kind::kWeibull:
      return -math::expm1(-math::pow(x / scale_, 1.0 / shape_));
    case Kind::kPareto:
      return x <= scale_ ? 0.0 : -math::expm1(math::log(scale_ / x) / shape_);
    case Kind::kHyperexponential:
    case Kind::kMixture:
    case Kind::kEmpirical:
      break;
  }
  return cdf_from_tables(s);
}

double Distribution::cdf_from_tables(double s) const {
  if (kind_ == Kind::kEmpirical) {
    const Duration x = rounded(s * 1e9);
    const auto& samples = tables_->samples;
    const auto above = std::upper_bound(samples.begin(), samples.end(), x);
    return static_cast<double>(above - samples.begin()) / static_cast<double>(samples.size());
  }
  double sum = 0;
  double before = 0;
  for (std::size_t i = 0; i < tables_->cumulative.size(); ++i) {
    const double probability = tables_->cumulative[i] - before;
    before = tables_->cumulative[i];
    sum +=
        probability * (kind_ == Kind::kMixture ? tables_->parts[i].cdf(s)
                                               : -math::expm1(-s * 1e9 / tables_->branch_means[i]));
  }
  return sum;
}

bool operator==(const Distribution& a, const Distribution& b) {
  if (a.kind_ != b.kind_ || a.constant_ != b.constant_) return false;
  if (a.scale_ != b.scale_ || a.shape_ != b.shape_) return false;
  if (a.tables_ == b.tables_) return true;  // the same tables, or none
  if (!a.tables_ || !b.tables_) return false;
  return a.tables_->cumulative == b.tables_->cumulative &&
         a.tables_->branch_means == b.tables_->branch_means &&
         a.tables_->parts == b.tables_->parts && a.tables_->samples == b.tables_->samples;
}

}  // namespace highwater
