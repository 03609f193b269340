#include "engine/statistics/precision.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr double kMostGrowth = 4;  // times the replications done: a first width may mislead
constexpr double kSpare = 1.1;

/// Half width over what is wanted, at most 1 when reached; infinite when it cannot be told.
double excess(const Estimate& estimate, double relative) {
  if (!estimate.value || !estimate.ci95) return HUGE_VAL;
  const double half_width =
      std::max(*estimate.value - estimate.ci95->low, estimate.ci95->high - *estimate.value);
  const double wanted = relative * std::abs(*estimate.value);
  if (half_width <= wanted) return half_width > 0 ? half_width / wanted : 0;
  return wanted > 0 ? half_width / wanted : HUGE_VAL;
}

}  // namespace

PrecisionRule::PrecisionRule(double relative, std::size_t most) : relative_(relative), most_(most) {
  HIGHWATER_CHECK(relative > 0 && relative < 1);
  HIGHWATER_CHECK(most >= kFirstLook);
}

bool PrecisionRule::reached(const Estimate& estimate) const {
  return excess(estimate, relative_) <= 1;
}

std::size_t PrecisionRule::next(std::size_t done, std::span<const Estimate> estimates) const {
  if (done < kFirstLook) return kFirstLook;
  double worst = 0;
  for (const Estimate& estimate : estimates) worst = std::max(worst, excess(estimate, relative_));
  if (worst <= 1 || done >= most_) return done;
  // The width falls with the square root of the number of replications.
  const double growth = std::min(kMostGrowth, worst * worst * kSpare);
  const auto wanted = static_cast<std::size_t>(std::ceil(growth * static_cast<double>(done)));
  return std::min(most_, std::max(done + 1, wanted));
}

}  // namespace highwater
