#include "viewer/draw/color_map.h"

#include <algorithm>
#include <vector>

namespace highwater::viewer {
namespace {

// Between `b` and `c`, with the neighbours deciding on the direction (Catmull-Rom).
double through(double a, double b, double c, double d, double t) {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

Lab between(std::span<const Lab> stops, double at) {
  const std::size_t last = stops.size() - 1;
  const std::size_t i = std::min(static_cast<std::size_t>(at), last - 1);
  const double t = at - static_cast<double>(i);
  const Lab& a = stops[i == 0 ? 0 : i - 1];
  const Lab& b = stops[i];
  const Lab& c = stops[i + 1];
  const Lab& d = stops[std::min(i + 2, last)];
  return {through(a.lightness, b.lightness, c.lightness, d.lightness, t),
          through(a.a, b.a, c.a, d.a, t), through(a.b, b.b, c.b, d.b, t)};
}

}  // namespace

ColorMap::ColorMap(std::span<const Lab> stops) {
  constexpr std::size_t kFine = 1024;  // chosen: eight for each colour
  std::vector<Lab> fine;
  std::vector<double> travelled;
  for (std::size_t i = 0; i <= kFine; ++i) {
    const double at =
        static_cast<double>(i) * static_cast<double>(stops.size() - 1) / static_cast<double>(kFine);
    fine.push_back(between(stops, at));
    travelled.push_back(i == 0 ? 0 : travelled.back() + distance(fine[i - 1], fine[i]));
  }
  for (std::size_t i = 0; i < kSteps; ++i) {
    const double goal = travelled.back() * static_cast<double>(i) / static_cast<double>(kSteps - 1);
    const auto found = std::lower_bound(travelled.begin(), travelled.end(), goal);
    const auto index = static_cast<std::size_t>(found - travelled.begin());
    colors_[i] = from_lab(fine[std::min(index, kFine)]);
  }
}

}  // namespace highwater::viewer
