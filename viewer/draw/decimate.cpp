#include "viewer/draw/decimate.h"

#include <algorithm>
#include <cmath>

namespace highwater::viewer {

Slice visible(const Values& x, AxisKind kind, Range view) {
  const std::size_t begin = x.lower_bound(from_position(kind, view.lo));
  const std::size_t end = x.lower_bound(from_position(kind, view.hi));
  return {begin == 0 ? 0 : begin - 1, std::min(x.size(), end + 2)};
}

std::vector<Extremes> extremes(const Values& x, const Values& lo, const Values& hi, Slice slice,
                               AxisKind kind, Range view, std::size_t columns) {
  std::vector<Extremes> result;
  if (columns == 0 || !(view.width() > 0)) return result;
  const double last = static_cast<double>(columns - 1);
  const double per_position = static_cast<double>(columns) / view.width();
  bool gap = true;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    const double low = lo[i];
    const double high = hi[i];
    const double position = to_position(kind, x[i]);
    if (!std::isfinite(low) || !std::isfinite(high) || !std::isfinite(position)) {
      gap = true;
      continue;
    }
    const double place = std::floor((position - view.lo) * per_position);
    const auto column = static_cast<std::size_t>(std::clamp(place, 0.0, last));
    if (gap || result.back().column != column) {
      result.push_back({column, low, high, gap});
      gap = false;
    } else {
      result.back().lo = std::min(result.back().lo, low);
      result.back().hi = std::max(result.back().hi, high);
    }
  }
  return result;
}

}  // namespace highwater::viewer
