#pragma once

#include <cstddef>
#include <span>

#include "engine/statistics/estimate.h"
#include "engine/statistics/sliced.h"

namespace highwater {

/// Whether a run ends for a reason of its own (a trace, stages, a fault), so that its moments are
/// not alike and only whole replications can be compared.
enum class Terminating : bool { kNo, kYes };

/// Replications from which intervals rest on them alone.
inline constexpr std::size_t kEnoughReplications = 10;

/// The value of a metric in a window: (sum of sums) / (sum of weights) over all replications, with
/// a 95 % interval. Ten or more replications give Student's interval over them; fewer give batch
/// means pooled from all of them; a terminating run has its replications only, so that one of them
/// gives a value without an interval, and a note. ratio.h describes the two methods.
///
/// value is absent where nothing was observed; ci95 where the window holds too little to judge
/// from. A metric that never varied has an interval of no width.
Estimate ratio_estimate(std::span<const SlicedSums* const> replications, Window window,
                        Terminating terminating);

/// The same for a share of occurrences, such as an availability or a hit ratio (sums good, weights
/// all, 0 <= sum <= weight), with the interval kept inside [0, 1]. When all are good or none is,
/// the other end is 3 / n away: with more than three bad ones expected in n independent tries,
/// seeing none is rarer than 5 % (J. A. Hanley, A. Lippman-Hand, JAMA 249, 1983).
Estimate share_estimate(std::span<const SlicedSums* const> replications, Window window,
                        Terminating terminating);

/// The q-quantile of the pooled sample, in nanoseconds, with a 95 % interval.
///
/// The interval is that of the share of observations above the quantile (by ratio_estimate's rules,
/// over replications or batches of coarse slices), carried back through the pooled distribution
/// (J. G. Woodruff, Confidence intervals for medians and other position measures, J. American
/// Statistical Association 47, 1952). It follows the steepness of the tail on each side, and needs
/// no density. The bucket width of the histogram is no part of it: state Histogram::resolution()
/// beside.
///
/// value is absent, with a note of how many are needed, when fewer than 10 observations are to be
/// expected beyond the quantile: for p99, fewer than 1,000. ci95 is absent, with a note, when a
/// steady-state run holds fewer than four independent excursions beyond it, judged by how well the
/// median is known: slow requests come in clumps, and intervals from a few clumps miss too often.
Estimate quantile_estimate(std::span<const SlicedHistogram* const> replications, double q,
                           Window window, Terminating terminating);

/// The largest observation in ns. It has no interval: it grows with the length of the run.
Estimate maximum_estimate(std::span<const SlicedHistogram* const> replications, Window window);

/// The same in another unit; factor > 0. scaled(e, 1e-6) turns nanoseconds into milliseconds.
Estimate scaled(Estimate estimate, double factor);

/// For an unstable queue: the value stays, the interval goes, and the note says why.
Estimate without_interval(Estimate estimate, const char* why);

}  // namespace highwater
