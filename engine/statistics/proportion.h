#pragma once

#include <cstdint>
#include <vector>

#include "engine/statistics/estimate.h"

namespace highwater {

/// The share of successes in independent tries with its exact 95 % interval: no probability outside
/// it would give so many, or so few, with 2.5 % or more (C. J. Clopper, E. S. Pearson, The use of
/// confidence or fiducial limits illustrated in the case of the binomial, Biometrika 26, 1934). It
/// covers 95 % at least, whatever the probability is.
///
/// No value without a try.
Estimate proportion_estimate(std::uint64_t successes, std::uint64_t tries);

/// The mean of independent values with Student's 95 % interval; none for fewer than two of them.
Estimate mean_estimate(const std::vector<double>& values);

}  // namespace highwater
