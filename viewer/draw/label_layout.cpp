#include "viewer/draw/label_layout.h"

#include <algorithm>
#include <numeric>

namespace highwater::viewer {

std::vector<LabelPlace> place_labels(const std::vector<LabelWish>& wishes, float left, float right,
                                     int lanes, float gap) {
  std::vector<std::size_t> order(wishes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return wishes[a].x < wishes[b].x; });
  std::vector<float> ends(static_cast<std::size_t>(std::max(0, lanes)), left - gap);
  std::vector<LabelPlace> places;
  for (const std::size_t index : order) {
    const LabelWish& wish = wishes[index];
    if (wish.x > right || wish.width > right - left) continue;
    const float x = std::clamp(wish.x, left, right - wish.width);
    const auto lane =
        std::find_if(ends.begin(), ends.end(), [&](float end) { return end + gap <= x; });
    if (lane == ends.end()) continue;
    *lane = x + wish.width;
    places.push_back({index, x, static_cast<int>(lane - ends.begin())});
  }
  return places;
}

}  // namespace highwater::viewer
