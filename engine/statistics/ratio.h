#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/statistics/estimate.h"

namespace highwater {

/// What a stretch of a run contributed to a ratio (sum of sums) / (sum of weights).
struct Batch {
  double sum = 0;
  double weight = 0;
};

/// The batches of one replication, equally long in simulated time and in its order.
using BatchSequence = std::vector<Batch>;

/// A ratio and how well it is known.
struct RatioInterval {
  double value = 0;
  double standard_error = 0;
  double degrees = 0;  ///< Of freedom, for Student's t.
  double bend = 0;     ///< A sixth of the skewness of the mean, kept within kLargestBend.
  /// Neighbouring batches are still so alike that the correction cannot be trusted: the run is
  /// short beside the memory of the system.
  bool still_correlated = false;
};

/// Beyond this the cubic behind bent_quantile turns round too early.
inline constexpr double kLargestBend = 0.2;

/// What becomes of the quantile t of Student's distribution when the statistic has the given bend:
/// the interval reaches from value - bent_quantile(t, bend) * standard_error to
/// value - bent_quantile(-t, bend) * standard_error. bend is clamped to +-kLargestBend.
double bent_quantile(double t, double bend);

/// The 95 % interval: Student's quantiles, bent for the skewness.
Interval interval_of(const RatioInterval& ratio);

/// The same for a ratio that is a share, strictly between 0 and 1: built on the scale of its log
/// odds, where a small share is nearly symmetric, and carried back, so that it stays a share.
Interval share_interval_of(const RatioInterval& ratio);

/// Interval from batch means pooled over all replications, for steady state.
///
/// With theta the pooled ratio, z_i = sum_i - theta * weight_i is what batch i adds to its error
/// (the linearised ratio estimator, so that batches may have random counts). Batches are merged
/// two by two until neighbours show no correlation, or some 24 to 48 are left; the correlation that
/// is left, raised by half its standard error because it is an estimate, widens the interval as in
/// a first-order autoregression, by (1 + phi) / (1 - phi), and takes degrees of freedom away. The
/// quantiles of Student's t are bent for the skewness of the mean (Johnson's expansion in Willink's
/// closed form), which queues need: their means err downwards far more often than upwards.
///
/// nullopt when fewer than four batches have weight, or fewer than two in the case that all of them
/// are whole replications.
///
/// Source: A. Tafazzoli, J. R. Wilson, E. K. Lada, N. M. Steiger, Performance of Skart: a skewness-
/// and autoregression-adjusted batch means procedure for simulation analysis, INFORMS J. Computing
/// 23 (2011); R. Willink, A confidence interval and test for the mean of an asymmetric
/// distribution, Communications in Statistics: Theory and Methods 34 (2005); W. G. Cochran,
/// Sampling Techniques, chapter 6, for the ratio. The constants are ours, chosen by the coverage
/// test.
std::optional<RatioInterval> batch_means_interval(const std::vector<BatchSequence>& replications);

/// Interval from whole replications, one residual each, with Student's t of R - 1 degrees. In
/// steady state its quantiles are bent for the skewness of the mean as above; the skewness comes
/// from the batches, since a dozen replications say little about it. In a terminating run batches
/// at different times are not alike, and the quantiles stay Student's.
///
/// nullopt when fewer than two replications have weight.
std::optional<RatioInterval> replication_interval(const std::vector<BatchSequence>& replications,
                                                  bool steady_state);

}  // namespace highwater
