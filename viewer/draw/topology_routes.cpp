#include "viewer/draw/topology_routes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace highwater::viewer::topology {
namespace {

constexpr std::size_t kMostRouted = 1500;
constexpr float kClearance = 10;  ///< Between a way and the cards that it passes.
constexpr float kSpacing = 13;    ///< Of ends on one side.

enum class Way : std::uint8_t { forward, column, back, loop };

Way way_of(const Rect& from, const Rect& to) {
  if (to.min.x - from.max.x >= 16) return Way::forward;
  if (std::abs(to.center().x - from.center().x) < from.width() / 2) return Way::column;
  return Way::back;
}

struct Ends {
  ImVec2 from{0, 0}, to{0, 0};
};

/// Spreads the ends of links over the sides of the cards.
std::vector<Ends> ends_of(const Scene& scene, const std::vector<Way>& ways) {
  struct End {
    std::size_t link;
    bool arrives;
    float order;
  };
  std::vector<Ends> ends(scene.links.size());
  std::array<std::vector<End>, 3> sides;  // right, left, below
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    const Rect& rect = scene.spots[i].rect;
    for (std::vector<End>& side : sides) side.clear();
    const auto add = [&](std::size_t link, bool arrives) {
      const Scene::Link& way = scene.links[link];
      const ImVec2 other = scene.spots[arrives ? way.from : way.to].rect.center();
      switch (ways[link]) {
        case Way::forward:
          sides[arrives ? 1 : 0].push_back({link, arrives, other.y});
          break;
        case Way::column:
          sides[0].push_back({link, arrives, other.y});
          break;
        case Way::back:
          sides[2].push_back({link, arrives, other.x});
          break;
        case Way::loop:
          break;
      }
    };
    for (const std::size_t link : scene.spots[i].out) add(link, false);
    for (const std::size_t link : scene.spots[i].in) add(link, true);
    for (std::size_t side = 0; side < sides.size(); ++side) {
      std::vector<End>& here = sides[side];
      std::stable_sort(here.begin(), here.end(),
                       [](const End& a, const End& b) { return a.order < b.order; });
      const float room = side == 2 ? rect.width() - 80 : rect.height() - 28;
      const auto gaps = static_cast<float>(here.size()) - 1;
      const float spacing = gaps > 0 ? std::min(kSpacing, room / gaps) : 0;
      for (std::size_t k = 0; k < here.size(); ++k) {
        const float shift = (static_cast<float>(k) - gaps / 2) * spacing;
        const ImVec2 middle = rect.center();
        const ImVec2 place = side == 0   ? ImVec2{rect.max.x, middle.y + shift}
                             : side == 1 ? ImVec2{rect.min.x, middle.y + shift}
                                         : ImVec2{middle.x + shift, rect.max.y};
        (here[k].arrives ? ends[here[k].link].to : ends[here[k].link].from) = place;
      }
    }
  }
  return ends;
}

/// Cards by column, to know what is in the way.
class Columns {
 public:
  explicit Columns(const Scene& scene) : grid_(scene.grid) {
    for (const Scene::Spot& spot : scene.spots) {
      columns_[column_of(spot.rect.center().x)].push_back(spot.rect);
    }
    for (auto& [column, rects] : columns_)
      std::sort(rects.begin(), rects.end(),
                [](const Rect& a, const Rect& b) { return a.min.y < b.min.y; });
  }

  int column_of(float x) const { return static_cast<int>(std::lround(x / grid_.column)); }
  const Grid& grid() const { return grid_; }

  /// Whether a card in another column than those of the ends is on the way.
  bool blocked(const Cubic& curve, const Rect& from, const Rect& to) const {
    constexpr int kSamples = 32;
    for (int i = 1; i < kSamples; ++i) {
      const ImVec2 point = curve.at(static_cast<float>(i) / kSamples);
      const auto found = columns_.find(column_of(point.x));
      if (found == columns_.end()) continue;
      for (const Rect& rect : near(found->second, point.y)) {
        const bool end = rect.center().x == from.center().x || rect.center().x == to.center().x;
        if (!end && rect.grown(kClearance / 2).contains(point)) return true;
      }
    }
    return false;
  }

  struct Pass {
    float left, right, y;
  };
  /// Where to pass a column: the place nearest to `y` that no card covers.
  std::optional<Pass> pass(int column, float y, float shift) const {
    const auto found = columns_.find(column);
    if (found == columns_.end()) return std::nullopt;
    Pass result{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest(), y};
    // Free space between the cards, from above all to below all.
    float best = std::numeric_limits<float>::max();
    float top = std::numeric_limits<float>::lowest();
    const auto offer = [&](float low, float high) {
      if (high - low < 2 * kClearance) return;
      const float middle = (low + high) / 2;
      const float first = std::min(low + kClearance + shift, middle);
      const float last = std::max(high - kClearance - shift, middle);
      const float there = std::clamp(y, first, last);
      if (std::abs(there - y) >= best) return;
      best = std::abs(there - y);
      result.y = there;
    };
    constexpr float kFar = 1e6F;
    for (const Rect& rect : found->second) {
      result.left = std::min(result.left, rect.min.x);
      result.right = std::max(result.right, rect.max.x);
      offer(std::max(top, -kFar), rect.min.y);
      top = std::max(top, rect.max.y);
    }
    offer(top, kFar);
    return result;
  }

 private:
  // Those cards of a column that are near enough in height to matter.
  std::span<const Rect> near(const std::vector<Rect>& rects, float y) const {
    const float reach = grid_.card_height + kClearance;
    const auto first =
        std::lower_bound(rects.begin(), rects.end(), y - reach,
                         [](const Rect& rect, float bound) { return rect.min.y < bound; });
    auto last = first;
    while (last != rects.end() && last->min.y <= y + kClearance) ++last;
    return {first, last};
  }

  Grid grid_;
  std::map<int, std::vector<Rect>> columns_;
};

std::vector<Cubic> around(const Columns& columns, const Ends& ends, std::size_t number) {
  std::vector<Cubic> pieces;
  ImVec2 here = ends.from;
  // Neighbours in one gap keep apart.
  const float shift = 4 * static_cast<float>(number % 3);
  const int first = columns.column_of(ends.from.x - columns.grid().card_width / 2) + 1;
  const int last = columns.column_of(ends.to.x + columns.grid().card_width / 2) - 1;
  for (int column = first; column <= last; ++column) {
    const float x = static_cast<float>(column) * columns.grid().column;
    const float share = (x - ends.from.x) / (ends.to.x - ends.from.x);
    const float straight = ends.from.y + (ends.to.y - ends.from.y) * share;
    const std::optional<Columns::Pass> pass = columns.pass(column, straight, shift);
    if (!pass) continue;
    const ImVec2 in{std::max(pass->left - 8, here.x + 1), pass->y};
    const ImVec2 out{std::min(pass->right + 8, ends.to.x - 1), pass->y};
    if (out.x <= in.x) continue;
    pieces.push_back(level_curve(here, in));
    pieces.push_back({in, between(in, out, 1.0F / 3), between(in, out, 2.0F / 3), out});
    here = out;
  }
  pieces.push_back(level_curve(here, ends.to));
  return pieces;
}

}  // namespace

void add_routes(Scene& scene) {
  std::vector<Way> ways;
  ways.reserve(scene.links.size());
  for (const Scene::Link& link : scene.links)
    ways.push_back(link.from == link.to
                       ? Way::loop
                       : way_of(scene.spots[link.from].rect, scene.spots[link.to].rect));
  const std::vector<Ends> ends = ends_of(scene, ways);
  const bool routed = scene.links.size() <= kMostRouted;
  const Columns columns(scene);

  for (std::size_t i = 0; i < scene.links.size(); ++i) {
    Scene::Link& link = scene.links[i];
    const Rect& from = scene.spots[link.from].rect;
    const Rect& to = scene.spots[link.to].rect;
    const auto [a, b] = ends[i];
    switch (ways[i]) {
      case Way::forward: {
        const Cubic direct = level_curve(a, b);
        if (routed && columns.blocked(direct, from, to))
          link.path = Path(around(columns, ends[i], i));
        else
          link.path = Path({direct});
        break;
      }
      case Way::column: {
        const float reach = 36 + 0.04F * std::abs(b.y - a.y);
        const float right = std::max(a.x, b.x) + reach;
        link.path = Path({{a, {right, a.y}, {right, b.y}, b}});
        break;
      }
      case Way::back: {
        const float below = std::max(a.y, b.y) + 40 + 0.06F * std::abs(b.x - a.x);
        link.path = Path({{a, {a.x, below}, {b.x, below}, b}});
        break;
      }
      case Way::loop: {
        const ImVec2 leaves{from.max.x, from.min.y + 22};
        const ImVec2 returns{from.max.x - 26, from.min.y};
        link.path = Path(
            {{leaves, {leaves.x + 48, leaves.y - 6}, {returns.x + 6, returns.y - 48}, returns}});
        break;
      }
    }
  }
}

}  // namespace highwater::viewer::topology
