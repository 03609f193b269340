#include "viewer/draw/plot_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "viewer/draw/decimate.h"
#include "viewer/draw/stack.h"

namespace highwater::viewer {
namespace {

constexpr double kAir = 0.06;          // share of the range, chosen
constexpr double kLeastDecades = 0.5;  // chosen: a flat line on a logarithmic axis is not noise
constexpr double kLimitAbove = 2.5;    // chosen: data keep two fifths of the height
constexpr double kLimitDecades = 1.2;  // the same on a logarithmic axis

// The range of all values that have a position. Kept as values: taking the logarithm of each would
// cost more than everything else.
class Bounds {
 public:
  explicit Bounds(AxisKind kind)
      : kind_(kind), above_(kind == AxisKind::logarithmic ? 0 : -kEverything) {}

  void add(double value) {
    // Comparisons with NaN are false.
    if (!(value > above_) || !(value < kEverything)) return;
    lo_ = std::min(lo_, value);
    hi_ = std::max(hi_, value);
  }

  std::optional<Range> range() const {
    if (lo_ > hi_) return std::nullopt;
    return Range{to_position(kind_, lo_), to_position(kind_, hi_)};
  }

 private:
  static constexpr double kEverything = std::numeric_limits<double>::infinity();

  AxisKind kind_;
  double above_;
  double lo_ = kEverything;
  double hi_ = -kEverything;
};

// Dots are in no order, so each is looked at.
void add_dots(Bounds& bounds, const Series& series, AxisKind x_kind, Range x) {
  for (std::size_t i = 0; i < series.x.size(); ++i)
    if (x.contains(to_position(x_kind, series.x[i]))) bounds.add(series.y[i]);
}

void add_series(Bounds& bounds, const Series& series, AxisKind x_kind, Range x) {
  if (series.kind == SeriesKind::scatter) return add_dots(bounds, series, x_kind, x);
  const Slice slice = visible(series.x, x_kind, x);
  const bool band = series.kind == SeriesKind::band;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    bounds.add(series.y[i]);
    if (band) bounds.add(series.second[i]);
  }
  if (series.kind == SeriesKind::bars && slice.size() > 0) bounds.add(0);
}

void add_areas(Bounds& bounds, std::vector<const Series*> areas, AxisKind x_kind, Range x) {
  const Stack stack = stack_of(std::move(areas), x_kind, x);
  if (stack.tops.empty() || stack.slice.size() == 0) return;
  bounds.add(0);
  for (const std::vector<double>& tops : stack.tops)
    for (const double top : tops) bounds.add(top);
}

Range with_limits(Range range, const PlotItems& items, AxisKind kind) {
  for (const LimitMark& limit : items.limits) {
    const double position = to_position(kind, limit.at);
    if (!std::isfinite(position)) continue;
    const bool near = kind == AxisKind::logarithmic ? position < range.hi + kLimitDecades
                                                    : position < range.hi * kLimitAbove;
    if (near) range.hi = std::max(range.hi, position);
    if (near && position < range.lo && range.lo - position < kLimitDecades) range.lo = position;
  }
  return range;
}

Range with_air(Range range, AxisKind kind, double headroom) {
  if (kind == AxisKind::logarithmic && range.width() < kLeastDecades) {
    const double middle = (range.lo + range.hi) / 2;
    range = {middle - kLeastDecades / 2, middle + kLeastDecades / 2};
  }
  const bool from_zero = kind == AxisKind::linear && range.lo >= 0;
  if (from_zero) range.lo = 0;
  if (range.hi <= range.lo) range.hi = range.lo + (range.lo > 0 ? range.lo * 0.2 : 1);
  const double width = range.width();
  const double top = range.hi + width * kAir;
  const double bottom = from_zero ? 0 : range.lo - width * kAir;
  return {bottom, bottom + (top - bottom) / (1 - std::min(headroom, 0.5))};
}

bool shows(const PlotState& state, const Series& series) {
  return !state.hidden.contains(series.name);
}

}  // namespace

std::optional<Range> data_range(const PlotItems& items, const PlotOptions& options,
                                const PlotState& state, Range x) {
  if (!options.rows.empty()) {
    if (items.heats.empty() && items.series.empty()) return std::nullopt;
    return Range{0, static_cast<double>(options.rows.size())};
  }
  Bounds bounds(options.y.kind);
  std::vector<const Series*> areas;
  for (const Series& series : items.series) {
    if (!shows(state, series)) continue;
    if (series.kind == SeriesKind::area) {
      areas.push_back(&series);
    } else {
      add_series(bounds, series, options.x.kind, x);
    }
  }
  add_areas(bounds, areas, options.x.kind, x);
  for (const HeatMap& heat : items.heats) {
    if (heat.cells.empty()) continue;
    bounds.add(heat.y_from);
    bounds.add(heat.y_to);
  }
  return bounds.range();
}

Range fitted_range(std::optional<Range> data, const PlotItems& items, const PlotOptions& options,
                   double headroom) {
  if (!options.rows.empty()) return {0, static_cast<double>(options.rows.size())};
  const AxisKind kind = options.y.kind;
  const Range nothing = kind == AxisKind::logarithmic ? Range{0, 3} : Range{0, 1};
  Range range = data.value_or(nothing);
  const bool grid_only = data && !items.heats.empty();
  if (!grid_only) range = with_air(with_limits(range, items, kind), kind, headroom);
  if (options.y.lo) range.lo = to_position(kind, *options.y.lo);
  if (options.y.hi) range.hi = to_position(kind, *options.y.hi);
  if (!(range.width() > 0)) range.hi = range.lo + 1;
  return range;
}

}  // namespace highwater::viewer
