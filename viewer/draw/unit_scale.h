#pragma once

#include <string>

#include "viewer/draw/format.h"

namespace highwater::viewer {

/// One way to write a unit: the number times `factor`, then `suffix`.
struct UnitScale {
  double below = 0;  ///< For numbers that are smaller than this once they are scaled and rounded.
  double factor = 1;
  const char* suffix = "";  ///< With its leading space where one belongs.
};

/// The scale that suits `value`, after it was rounded to `digits` significant digits. Ratios and
/// points of time have none of their own.
const UnitScale& scale_for(double value, Unit unit, int digits);

}  // namespace highwater::viewer
