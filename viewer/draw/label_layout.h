#pragma once

#include <cstddef>
#include <vector>

namespace highwater::viewer {

/// A text that wants to begin at `x`.
struct LabelWish {
  float x = 0;
  float width = 0;
};

/// Where it came to stand: `lane` 0 is the first line of texts, 1 the one below, and so on.
struct LabelPlace {
  std::size_t label = 0;  ///< Index of the wish.
  float x = 0;
  int lane = 0;
};

/// Puts labels into lanes from `left` to `right` so that no two overlap, `gap` apart at least. Each
/// stands where it wishes to, moved only as far as it takes to stay inside, in the first lane that
/// has room. Labels that begin behind `right`, are wider than the lane or find all `lanes` taken
/// are left out. The order of the wishes decides who comes first where two begin at the same place.
std::vector<LabelPlace> place_labels(const std::vector<LabelWish>& wishes, float left, float right,
                                     int lanes, float gap);

}  // namespace highwater::viewer
