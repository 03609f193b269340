#include "engine/statistics/intervals.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/kernel/check.h"
#include "engine/statistics/ratio.h"

namespace highwater {
namespace {

constexpr double kNeededBeyondQuantile = 10;
constexpr double kNeededExcursions = 4;
constexpr const char* kNothingObserved = "nothing was observed after the warm-up";
constexpr const char* kOneReplication =
    "a terminating run needs at least two replications for an interval";
constexpr const char* kTooShort = "the run is too short for an interval";
constexpr const char* kStillCorrelated =
    "the run is short beside the memory of the system: the interval may be too narrow";

std::vector<BatchSequence> fine_batches(std::span<const SlicedSums* const> replications,
                                        Window window) {
  std::vector<BatchSequence> batches;
  batches.reserve(replications.size());
  for (const SlicedSums* replication : replications) {
    HIGHWATER_CHECK(window.first_slice <= window.last_slice);
    HIGHWATER_CHECK(window.last_slice <= replication->slices());
    BatchSequence& sequence = batches.emplace_back();
    sequence.reserve(window.last_slice - window.first_slice);
    for (std::size_t i = window.first_slice; i < window.last_slice; ++i) {
      sequence.push_back({replication->sum[i], replication->weight[i]});
    }
  }
  return batches;
}

double total_weight(const std::vector<BatchSequence>& replications) {
  double weight = 0;
  for (const BatchSequence& replication : replications) {
    for (const Batch& batch : replication) weight += batch.weight;
  }
  return weight;
}

double total_sum(const std::vector<BatchSequence>& replications) {
  double sum = 0;
  for (const BatchSequence& replication : replications) {
    for (const Batch& batch : replication) sum += batch.sum;
  }
  return sum;
}

/// Which method applies, as the rules of the header say.
std::optional<RatioInterval> known_ratio(const std::vector<BatchSequence>& replications,
                                         Terminating terminating) {
  if (terminating == Terminating::kYes) return replication_interval(replications, false);
  if (replications.size() >= kEnoughReplications) return replication_interval(replications, true);
  return batch_means_interval(replications);
}

/// For each coarse slice: observations above the cut, of all.
std::vector<BatchSequence> shares_above(std::span<const SlicedHistogram* const> replications,
                                        Histogram::Cut cut, Window window) {
  std::vector<BatchSequence> batches;
  batches.reserve(replications.size());
  for (const SlicedHistogram* replication : replications) {
    const CoarseRange range = coarse_range(window, replication->coarse_slices());
    BatchSequence& sequence = batches.emplace_back();
    for (std::size_t i = range.first; i < range.last; ++i) {
      const Histogram& slice = replication->coarse(i);
      sequence.push_back({slice.count_above(cut), static_cast<double>(slice.count())});
    }
  }
  return batches;
}

/// As many independent observations as would know the share above the median as well. The median is
/// used for every quantile: beyond a far quantile there are so few excursions that the variance
/// they show is small exactly when the quantile came out too low, and to trust intervals by that
/// would choose the wrong ones.
double independent_observations(std::span<const SlicedHistogram* const> replications,
                                const Histogram& pooled, Window window) {
  const double count = static_cast<double>(pooled.count());
  const std::optional<RatioInterval> median =
      batch_means_interval(shares_above(replications, pooled.cut_at(0.5), window));
  if (!median || median->standard_error <= 0) return count;
  const double variance = median->standard_error * median->standard_error;
  return std::min(count, median->value * (1 - median->value) / variance);
}

std::string why_no_interval(std::size_t replications, Terminating terminating) {
  if (terminating == Terminating::kYes && replications < 2) return kOneReplication;
  return kTooShort;
}

}  // namespace

Estimate ratio_estimate(std::span<const SlicedSums* const> replications, Window window,
                        Terminating terminating) {
  const std::vector<BatchSequence> batches = fine_batches(replications, window);
  const double weight = total_weight(batches);
  if (weight <= 0) return {std::nullopt, std::nullopt, kNothingObserved};
  Estimate estimate;
  estimate.value = total_sum(batches) / weight;
  const std::optional<RatioInterval> ratio = known_ratio(batches, terminating);
  if (!ratio) {
    estimate.note = why_no_interval(replications.size(), terminating);
    return estimate;
  }
  estimate.ci95 = interval_of(*ratio);
  if (ratio->still_correlated) estimate.note = kStillCorrelated;
  return estimate;
}

Estimate share_estimate(std::span<const SlicedSums* const> replications, Window window,
                        Terminating terminating) {
  Estimate estimate = ratio_estimate(replications, window, terminating);
  if (!estimate.value || !estimate.ci95) return estimate;
  const double all = total_weight(fine_batches(replications, window));
  const double unseen = std::min(1.0, 3 / all);
  if (*estimate.value >= 1) {
    estimate.ci95 = Interval{1 - unseen, 1};
  } else if (*estimate.value <= 0) {
    estimate.ci95 = Interval{0, unseen};
  } else {
    estimate.ci95->low = std::max(0.0, estimate.ci95->low);
    estimate.ci95->high = std::min(1.0, estimate.ci95->high);
  }
  return estimate;
}

Estimate quantile_estimate(std::span<const SlicedHistogram* const> replications, double q,
                           Window window, Terminating terminating) {
  HIGHWATER_CHECK(q > 0 && q < 1);
  Histogram pooled;
  for (const SlicedHistogram* replication : replications) pooled.merge(replication->merged(window));
  if (pooled.empty()) return {std::nullopt, std::nullopt, kNothingObserved};
  // The comparison leaves room for 1 - 0.99 being a little more than 0.01.
  const double count = static_cast<double>(pooled.count());
  const double beyond = std::min(q, 1 - q);
  if (count * beyond < kNeededBeyondQuantile * (1 - 1e-9)) {
    const double needed = std::ceil(kNeededBeyondQuantile / beyond * (1 - 1e-9));
    return {std::nullopt, std::nullopt,
            fmt::format("not enough samples: {} of the {:.0f} needed", pooled.count(), needed)};
  }
  Estimate estimate;
  estimate.value = pooled.quantile_ns(q);

  const std::vector<BatchSequence> beyond_quantile =
      shares_above(replications, pooled.cut_at(q), window);
  const std::optional<RatioInterval> share = known_ratio(beyond_quantile, terminating);
  if (!share) {
    estimate.note = why_no_interval(replications.size(), terminating);
    return estimate;
  }
  if (terminating == Terminating::kNo) {
    const double independent = independent_observations(replications, pooled, window);
    if (independent * beyond < kNeededExcursions) {
      estimate.note = fmt::format(
          "too few independent excursions for an interval: about {:.1f} of the {:.0f} needed; run "
          "longer",
          independent * beyond, kNeededExcursions);
      return estimate;
    }
  }
  // More observations above the quantile than expected would mean that it really lies higher.
  const Interval above = share_interval_of(*share);
  estimate.ci95 =
      Interval{std::min(*estimate.value, pooled.interpolated_quantile_ns(1 - above.high)),
               std::max(*estimate.value, pooled.interpolated_quantile_ns(1 - above.low))};
  if (share->still_correlated) estimate.note = kStillCorrelated;
  return estimate;
}

Estimate maximum_estimate(std::span<const SlicedHistogram* const> replications, Window window) {
  Estimate estimate;
  for (const SlicedHistogram* replication : replications) {
    const CoarseRange range = coarse_range(window, replication->coarse_slices());
    for (std::size_t i = range.first; i < range.last; ++i) {
      const Histogram& slice = replication->coarse(i);
      if (slice.empty()) continue;
      const double largest = static_cast<double>(slice.max_ns());
      estimate.value = std::max(estimate.value.value_or(largest), largest);
    }
  }
  estimate.note = estimate.value ? "the largest that was seen; it grows with the length of the run"
                                 : kNothingObserved;
  return estimate;
}

Estimate scaled(Estimate estimate, double factor) {
  HIGHWATER_CHECK(factor > 0);
  if (estimate.value) *estimate.value *= factor;
  if (estimate.ci95)
    estimate.ci95 = Interval{estimate.ci95->low * factor, estimate.ci95->high * factor};
  return estimate;
}

Estimate without_interval(Estimate estimate, const char* why) {
  estimate.ci95.reset();
  estimate.note = why;
  return estimate;
}

}  // namespace highwater
