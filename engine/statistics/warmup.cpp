#include "engine/statistics/warmup.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "engine/kernel/check.h"
#include "engine/math/math.h"
#include "engine/statistics/ratio.h"

namespace highwater {
namespace {

constexpr std::size_t kFewestBatches = 10;
constexpr std::size_t kErraticBatches = 5;  // at the end; no cut is looked for among them
constexpr double kConfidence = 0.9999;      // on each side
constexpr std::size_t kSafeShare = 20;      // one twentieth is cut in any case

/// The coarse slices of all replications together. A short last one is left out.
std::vector<Batch> pooled_batches(std::span<const SlicedSums* const> replications) {
  const std::size_t count = replications.front()->slices() / kFineSlicesPerCoarse;
  std::vector<Batch> batches(count);
  for (std::size_t j = 0; j < count; ++j) {
    for (const SlicedSums* replication : replications) {
      for (std::size_t i = j * kFineSlicesPerCoarse; i < (j + 1) * kFineSlicesPerCoarse; ++i) {
        batches[j].sum += replication->sum[i];
        batches[j].weight += replication->weight[i];
      }
    }
  }
  return batches;
}

/// Whether the fine slices [from, cut) differ from those after by more than the noise.
bool differs(std::span<const SlicedSums* const> replications, std::size_t from, std::size_t cut) {
  Batch before;
  double weight_after = 0;
  std::vector<BatchSequence> after;
  for (const SlicedSums* replication : replications) {
    BatchSequence& sequence = after.emplace_back();
    for (std::size_t i = from; i < replication->slices(); ++i) {
      if (i < cut) {
        before.sum += replication->sum[i];
        before.weight += replication->weight[i];
      } else {
        sequence.push_back({replication->sum[i], replication->weight[i]});
        weight_after += replication->weight[i];
      }
    }
  }
  if (before.weight <= 0) return false;
  const std::optional<RatioInterval> rest = batch_means_interval(after);
  if (!rest) return false;
  // The part before is shorter, so its mean has a larger error and more of the skewness.
  const double lengths = weight_after / before.weight;
  const double error = rest->standard_error * std::sqrt(1 + lengths);
  const double bend = rest->bend * std::sqrt(lengths);
  const double t = math::student_t_quantile(kConfidence, rest->degrees);
  const double difference = before.sum / before.weight - rest->value;
  return difference < -bent_quantile(t, bend) * error ||
         difference > -bent_quantile(-t, bend) * error;
}

/// The cut with the smallest MSER, in coarse slices: among all but the last, and in the first half.
struct Cuts {
  std::size_t anywhere = 0;
  std::size_t first_half = 0;
};
Cuts best_cuts(const std::vector<Batch>& batches) {
  Cuts cuts;
  double best_anywhere = std::numeric_limits<double>::infinity();
  double best_first_half = best_anywhere;
  // From the end to the beginning, so that each cut adds one batch to the weighted mean and sum of
  // squared deviations (D. H. D. West's update, Communications of the ACM 22, 1979).
  double weight = 0;
  double mean = 0;
  double squares = 0;
  for (std::size_t j = batches.size(); j-- > 0;) {
    if (batches[j].weight > 0) {
      weight += batches[j].weight;
      const double deviation = batches[j].sum / batches[j].weight - mean;
      mean += deviation * (batches[j].weight / weight);
      squares += batches[j].weight * deviation * (batches[j].sum / batches[j].weight - mean);
    }
    if (j + kErraticBatches > batches.size() || weight <= 0) continue;
    const double mser = squares / (weight * weight);
    // <= : of equal cuts the smallest wins, which keeps a constant metric whole.
    if (mser <= best_anywhere) {
      best_anywhere = mser;
      cuts.anywhere = j;
    }
    if (2 * j <= batches.size() && mser <= best_first_half) {
      best_first_half = mser;
      cuts.first_half = j;
    }
  }
  return cuts;
}

}  // namespace

WarmUp mser5(std::span<const SlicedSums* const> replications) {
  if (replications.empty()) return {};
  for (const SlicedSums* replication : replications) {
    HIGHWATER_CHECK(replication->slices() == replications.front()->slices());
  }
  const std::vector<Batch> batches = pooled_batches(replications);
  std::size_t with_weight = 0;
  for (const Batch& batch : batches) with_weight += batch.weight > 0 ? 1 : 0;
  if (with_weight < kFewestBatches) return {};

  const Cuts cuts = best_cuts(batches);
  const std::size_t first_half = cuts.first_half * kFineSlicesPerCoarse;
  const std::size_t anywhere = cuts.anywhere * kFineSlicesPerCoarse;
  WarmUp result;
  result.settled = anywhere <= first_half || !differs(replications, first_half, anywhere);
  result.fine_slices = (batches.size() + kSafeShare / 2) / kSafeShare * kFineSlicesPerCoarse;
  if (!result.settled || differs(replications, 0, first_half)) {
    result.fine_slices = std::max(result.fine_slices, first_half);
  }
  return result;
}

}  // namespace highwater
