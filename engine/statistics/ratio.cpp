#include "engine/statistics/ratio.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/check.h"
#include "engine/math/math.h"

namespace highwater {
namespace {

constexpr double kUpperTail = 0.975;             // of a two-sided 95 % interval
constexpr std::size_t kMostBatches = 60;         // in all replications together
constexpr std::size_t kFewestBatches = 24;       // merging stops before there are fewer
constexpr std::size_t kFewestForAnInterval = 4;  // below, Student's t has no power left
constexpr double kNegligible = 0.5;              // standard errors of the correlation
constexpr double kCaution = 0.5;                 // standard errors added to the correlation
constexpr double kLargestCorrelation = 0.8;
constexpr double kTooCorrelated = 0.5;
// Skewness from a few dozen batches comes out too small on average.
constexpr double kSkewnessCorrection = 1.25;
// Of a far share it comes out too large instead, for excursions are few and clumped.
constexpr double kShareOfBend = 0.75;

/// Power sums of the residuals z of all batches.
struct Residuals {
  double value = 0;   ///< The pooled ratio.
  double weight = 0;  ///< Total weight.
  double count = 0;   ///< Batches that have weight.
  double squares = 0;
  double cubes = 0;
  double correlation = 0;  ///< Lag 1, inside replications only.
};

/// The same replications in at most `parts` batches each. Where the number does not divide, batches
/// differ by one slice.
std::vector<BatchSequence> merged_into(const std::vector<BatchSequence>& replications,
                                       std::size_t parts) {
  std::vector<BatchSequence> merged;
  merged.reserve(replications.size());
  for (const BatchSequence& replication : replications) {
    const std::size_t size = replication.size();
    const std::size_t count = std::min(parts, size);
    BatchSequence& into = merged.emplace_back(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = i * size / count; j < (i + 1) * size / count; ++j) {
        into[i].sum += replication[j].sum;
        into[i].weight += replication[j].weight;
      }
    }
  }
  return merged;
}

Residuals residuals_of(const std::vector<BatchSequence>& replications) {
  Residuals result;
  double sum = 0;
  for (const BatchSequence& replication : replications) {
    for (const Batch& batch : replication) {
      sum += batch.sum;
      result.weight += batch.weight;
      result.count += batch.weight > 0 ? 1 : 0;
    }
  }
  if (result.weight <= 0) return result;
  result.value = sum / result.weight;
  double neighbours = 0;
  for (const BatchSequence& replication : replications) {
    double previous = 0;
    for (const Batch& batch : replication) {
      const double z = batch.sum - result.value * batch.weight;
      result.squares += z * z;
      result.cubes += z * z * z;
      neighbours += z * previous;
      previous = z;
    }
  }
  if (result.squares > 0) result.correlation = neighbours / result.squares;
  return result;
}

/// Batches merged far enough that what correlation they have left can be corrected.
Residuals settled_residuals(const std::vector<BatchSequence>& replications) {
  std::size_t longest = 0;
  for (const BatchSequence& replication : replications) {
    longest = std::max(longest, replication.size());
  }
  const std::size_t count = replications.size();
  std::size_t parts = std::min(longest, (kMostBatches + count - 1) / count);
  parts = std::max<std::size_t>(parts, 1);
  while (true) {
    const Residuals residuals = residuals_of(merged_into(replications, parts));
    const double noise = kNegligible / std::sqrt(std::max(1.0, residuals.count));
    if (residuals.correlation <= noise || parts / 2 * count < kFewestBatches) return residuals;
    parts /= 2;
  }
}

double cautious_correlation(const Residuals& residuals) {
  if (residuals.squares <= 0) return 0;
  return std::clamp(residuals.correlation + kCaution / std::sqrt(residuals.count), 0.0,
                    kLargestCorrelation);
}

/// Variance of a sum of correlated batches over that of as many independent ones.
double inflation(double correlation) {
  return (1 + correlation) / (1 - correlation);
}

/// A sixth of the skewness of the mean: the amount by which Student's quantiles are bent.
double bend(const Residuals& residuals, double batches_per_independent_one) {
  const double n = residuals.count;
  if (n < 3 || residuals.squares <= 0) return 0;
  const double variance = residuals.squares / (n - 1);
  const double third_moment = residuals.cubes * n / ((n - 1) * (n - 2));
  const double skewness = third_moment / (variance * std::sqrt(variance));
  const double independent = n / batches_per_independent_one;
  return std::clamp(kSkewnessCorrection * skewness / (6 * std::sqrt(independent)), -kLargestBend,
                    kLargestBend);
}

double cube_root(double x) {
  return x < 0 ? -math::pow(-x, 1.0 / 3.0) : (x > 0 ? math::pow(x, 1.0 / 3.0) : 0.0);
}

}  // namespace

double bent_quantile(double t, double bend) {
  bend = std::clamp(bend, -kLargestBend, kLargestBend);
  if (std::abs(bend) < 1e-6) return t;
  return (cube_root(1 + 6 * bend * (t - bend)) - 1) / (2 * bend);
}

Interval interval_of(const RatioInterval& ratio) {
  const double t = math::student_t_quantile(kUpperTail, ratio.degrees);
  const double below = bent_quantile(t, ratio.bend) * ratio.standard_error;
  const double above = -bent_quantile(-t, ratio.bend) * ratio.standard_error;
  return {ratio.value - std::max(0.0, below), ratio.value + std::max(0.0, above)};
}

Interval share_interval_of(const RatioInterval& ratio) {
  const double share = ratio.value;
  HIGHWATER_CHECK(share > 0 && share < 1);
  // With g = log(share / (1 - share)): g' = 1 / (share (1 - share)), and g'' / (2 g') takes
  // (1 - 2 share) / (2 share (1 - share)) standard errors off a sixth of the skewness.
  const double error = ratio.standard_error / (share * (1 - share));
  const double bend = kShareOfBend * ratio.bend - 0.5 * error * (1 - 2 * share);
  const double t = math::student_t_quantile(kUpperTail, ratio.degrees);
  const double below = std::max(0.0, bent_quantile(t, bend) * error);
  const double above = std::max(0.0, -bent_quantile(-t, bend) * error);
  const double odds = share / (1 - share);
  return {1 / (1 + math::exp(below) / odds), 1 / (1 + math::exp(-above) / odds)};
}

std::optional<RatioInterval> batch_means_interval(const std::vector<BatchSequence>& replications) {
  HIGHWATER_CHECK(!replications.empty());
  const Residuals residuals = settled_residuals(replications);
  const bool whole_replications =
      residuals_of(merged_into(replications, 1)).count == residuals.count;
  if (residuals.count < (whole_replications ? 2.0 : double{kFewestForAnInterval})) {
    return std::nullopt;
  }
  const double correlation = cautious_correlation(residuals);
  const double factor = inflation(correlation);
  const double n = residuals.count;
  const double variance = factor * residuals.squares * n / (n - 1);
  return RatioInterval{residuals.value, std::sqrt(variance) / residuals.weight,
                       std::max(1.0, n / factor - 1), bend(residuals, factor),
                       residuals.correlation > kTooCorrelated};
}

std::optional<RatioInterval> replication_interval(const std::vector<BatchSequence>& replications,
                                                  bool steady_state) {
  HIGHWATER_CHECK(!replications.empty());
  const Residuals whole = residuals_of(merged_into(replications, 1));
  const double n = whole.count;
  if (n < 2) return std::nullopt;
  double amount = 0;
  if (steady_state) {
    const Residuals batches = settled_residuals(replications);
    amount = bend(batches, inflation(cautious_correlation(batches)));
  }
  const double variance = whole.squares * n / (n - 1);
  return RatioInterval{whole.value, std::sqrt(variance) / whole.weight, n - 1, amount, false};
}

}  // namespace highwater
