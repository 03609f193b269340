#include "viewer/session/history.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernel/check.h"

namespace highwater::viewer {
namespace {

constexpr std::size_t kMostIntervals = 600;
constexpr std::size_t kLeastIntervals = 60;
constexpr std::size_t kMostValues = 25'000'000;

}  // namespace

std::size_t History::Heat::row_of(double ms) {
  if (!(ms > kFloorMs)) return 0;
  const double row = std::log10(ms / kFloorMs) * static_cast<double>(kRowsPerDecade);
  return std::min(static_cast<std::size_t>(row), kRows - 1);
}

double History::Heat::begin_ms(std::size_t row) {
  return kFloorMs * std::pow(10.0, static_cast<double>(row) / static_cast<double>(kRowsPerDecade));
}

History::History(Duration run, std::size_t intervals, std::size_t columns, std::size_t heats)
    : run_(run),
      interval_((run + Duration{static_cast<std::int64_t>(intervals) - 1}) /
                static_cast<std::int64_t>(intervals)),
      planned_(static_cast<std::size_t>((run.count() + interval_.count() - 1) / interval_.count())),
      columns_(columns),
      heats_(heats),
      values_(planned_ * columns, std::numeric_limits<float>::quiet_NaN()),
      heat_values_(planned_ * heats * Heat::kRows) {
  HIGHWATER_CHECK(run > Duration{0} && intervals > 0);
}

std::size_t History::intervals_for(Duration run, std::size_t columns) {
  const std::size_t affordable =
      std::max(kLeastIntervals, kMostValues / std::max<std::size_t>(columns, 1));
  const auto whole = static_cast<std::size_t>(run.count());  // an interval is not empty
  return std::clamp(std::min(affordable, whole), std::size_t{1}, kMostIntervals);
}

Duration History::end_of(std::size_t interval) const {
  return std::min(interval_ * static_cast<std::int64_t>(interval + 1), run_);
}

std::size_t History::interval_at(double time_s) const {
  const double at = std::floor(time_s / seconds(interval_));
  if (!(at > 0)) return 0;
  return std::min(static_cast<std::size_t>(at), planned_ - 1);
}

}  // namespace highwater::viewer
