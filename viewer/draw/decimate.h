#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "viewer/draw/axis.h"
#include "viewer/draw/values.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// Indices [first, last) of a series.
struct Slice {
  std::size_t first = 0;
  std::size_t last = 0;

  std::size_t size() const { return last - first; }
};

/// What of ascending `x` (values) is in `view` (positions), with one neighbour on either side, so
/// that lines reach the edges.
Slice visible(const Values& x, AxisKind kind, Range view);

/// All samples that fall into one column of pixels.
struct Extremes {
  std::size_t column = 0;
  double lo = 0;
  double hi = 0;
  bool after_gap = false;  ///< There is a gap (NaN) between it and the extremes before it.
};

/// Least and largest of `lo` and `hi` (the same Values for a line) in each of `columns` equal
/// columns of `view`. Nothing is lost: every extreme among the samples of a column is one of its
/// extremes. Columns without a number are left out; samples beyond the edges count to the outer
/// columns.
std::vector<Extremes> extremes(const Values& x, const Values& lo, const Values& hi, Slice slice,
                               AxisKind kind, Range view, std::size_t columns);

}  // namespace highwater::viewer
