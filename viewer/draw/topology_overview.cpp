#include "viewer/draw/topology_overview.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "viewer/draw/icons.h"

namespace highwater::viewer::topology {
namespace {

/// How many names there may be: where marks are far enough apart for names not to cover others,
/// and where they are not. Chosen, in design pixels.
struct Names {
  float area;  ///< Of the canvas for each.
  std::size_t most;
};
constexpr Names kRoomyNames{3000, 120}, kCrowdedNames{9000, 60};
constexpr float kRoomy = 60;   ///< From one column to the next.
constexpr float kSquare = 14;  ///< Side of a square of the density, in design pixels.

void paint_dot(ImDrawList& draw, ImVec2 center, float radius, Health health, Color ink) {
  switch (health) {
    case Health::idle:
      draw.AddCircle(center, radius * 0.8F, ink, 8, std::max(1.0F, radius * 0.3F));
      return;
    case Health::ok:
      draw.AddCircleFilled(center, radius, ink, radius > 4 ? 0 : 8);
      return;
    case Health::warn:
      draw.AddTriangleFilled({center.x - radius * 1.2F, center.y + radius},
                             {center.x, center.y - radius * 1.2F},
                             {center.x + radius * 1.2F, center.y + radius}, ink);
      return;
    case Health::bad:
      draw.AddRectFilled({center.x - radius, center.y - radius},
                         {center.x + radius, center.y + radius}, ink);
      return;
    case Health::down: {
      const float reach = radius * 1.1F;
      const float thickness = std::max(1.5F, radius * 0.6F);
      draw.AddLine({center.x - reach, center.y - reach}, {center.x + reach, center.y + reach}, ink,
                   thickness);
      draw.AddLine({center.x - reach, center.y + reach}, {center.x + reach, center.y - reach}, ink,
                   thickness);
      return;
    }
  }
}

void paint_names(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                 const Overview& overview, float radius) {
  ImFont* const font = look.font(TextRole::small);
  std::vector<Rect> taken;
  const ImVec2 room = times(overview.canvas.size(), 1 / look.scale);
  const bool roomy = scene.grid.column * overview.camera.unit() >= look.px(kRoomy);
  const Names& limits = roomy ? kRoomyNames : kCrowdedNames;
  const std::size_t most =
      std::min(limits.most, static_cast<std::size_t>(room.x * room.y / limits.area));
  std::size_t shown = 0;
  for (const std::size_t spot : by_importance(scene, readings, overview.named, 4 * limits.most)) {
    if (shown >= most) break;
    const ImVec2 center = overview.camera.to_screen(scene.spots[spot].rect.center());
    if (!overview.canvas.contains(center)) continue;
    const std::string& name = scene.spots[spot].id;
    const float width = width_of(font, name);
    const float gap = radius + look.px(3);
    // Beside the mark, on the side where there is room.
    std::optional<Rect> place;
    for (const bool right : {true, false}) {
      const float left = right ? center.x + gap : center.x - gap - width;
      const Rect rect{{left, center.y - font->FontSize / 2},
                      {left + width, center.y + font->FontSize / 2}};
      if (!overview.canvas.holds(rect)) continue;
      if (std::any_of(taken.begin(), taken.end(),
                      [&](const Rect& other) { return other.overlaps(rect); }))
        continue;
      place = rect;
      break;
    }
    if (!place) continue;
    taken.push_back(place->grown(look.px(2)));
    ++shown;
    const Brush brush{draw, look, overview.strengths[spot]};
    brush.fill(place->grown(look.px(1)), faded(look.theme.background, 0.72F), look.px(3));
    brush.text(font, place->min, look.theme.text, name);
  }
}

struct Square {
  int x, y;
  auto operator<=>(const Square&) const = default;
};

Square square_of(const Overview& overview, float side, ImVec2 screen) {
  return {static_cast<int>(std::floor((screen.x - overview.canvas.min.x) / side)),
          static_cast<int>(std::floor((screen.y - overview.canvas.min.y) / side))};
}

}  // namespace

std::vector<std::size_t> by_importance(const Scene& scene, const Readings& readings,
                                       const std::vector<std::size_t>& named, std::size_t most) {
  std::vector<std::size_t> order = named;
  std::vector<bool> known(scene.spots.size());
  for (const std::size_t spot : named) known[spot] = true;
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < scene.spots.size(); ++i)
    if (!known[i]) rest.push_back(i);
  // Not by rate, which changes from frame to frame: names would flicker.
  const auto rank = [&](std::size_t spot) {
    const Health health = readings.spots[spot].health;
    const int severe = health >= Health::bad ? static_cast<int>(health) : 0;
    return std::pair(severe, scene.spots[spot].in.size() + scene.spots[spot].out.size());
  };
  const std::size_t kept = std::min(most, rest.size());
  std::partial_sort(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(kept), rest.end(),
                    [&](std::size_t a, std::size_t b) {
                      const auto rank_a = rank(a);
                      const auto rank_b = rank(b);
                      return rank_a != rank_b ? rank_a > rank_b : a < b;
                    });
  order.insert(order.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(kept));
  return order;
}

void paint_dots(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                const Overview& overview) {
  const float card = scene.grid.card_width / 2 * overview.camera.unit();
  const float radius = std::clamp(card * 0.42F, look.px(2.2F), look.px(7));
  const Rect visible = overview.canvas.grown(radius);
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    const ImVec2 center = overview.camera.to_screen(scene.spots[i].rect.center());
    if (!visible.contains(center)) continue;
    const Health health = readings.spots[i].health;
    const Brush brush{draw, look, overview.strengths[i]};
    paint_dot(draw, center, radius, health, brush.color(color_of(look.theme, health)));
    if (scene.spots[i].group)
      draw.AddCircle(center, radius * 1.6F, brush.color(look.theme.dim), 0, 1);
  }
  paint_names(draw, look, scene, readings, overview, radius);
}

void paint_density(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                   const Overview& overview) {
  struct Content {
    int cards = 0;
    Health worst = Health::idle;
    float strength = 0;
  };
  const float side = look.px(kSquare);
  std::map<Square, Content> squares;
  int most = 1;
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    const ImVec2 center = overview.camera.to_screen(scene.spots[i].rect.center());
    if (!overview.canvas.contains(center)) continue;
    Content& content = squares[square_of(overview, side, center)];
    ++content.cards;
    content.worst = std::max(content.worst, readings.spots[i].health);
    content.strength = std::max(content.strength, overview.strengths[i]);
    most = std::max(most, content.cards);
  }
  for (const auto& [square, content] : squares) {
    const Rect rect{{overview.canvas.min.x + static_cast<float>(square.x) * side,
                     overview.canvas.min.y + static_cast<float>(square.y) * side},
                    {overview.canvas.min.x + static_cast<float>(square.x + 1) * side - 1,
                     overview.canvas.min.y + static_cast<float>(square.y + 1) * side - 1}};
    const float share = static_cast<float>(content.cards) / static_cast<float>(most);
    const Brush brush{draw, look, content.strength};
    const Color ink = color_of(look.theme, content.worst);
    brush.fill(rect, mixed(look.theme.background, ink, 0.3F + 0.6F * share), look.px(2));
    if (content.worst == Health::down)
      brush.icon(Icon::cross, rect.center(), side * 0.3F, look.theme.text);
  }
}

void paint_flows(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                 const Overview& overview) {
  const float side = look.px(kSquare);
  std::map<std::pair<Square, Square>, double> flows;
  double highest = 0;
  for (std::size_t i = 0; i < scene.links.size(); ++i) {
    const auto square = [&](std::size_t spot) {
      return square_of(overview, side, overview.camera.to_screen(scene.spots[spot].rect.center()));
    };
    double& rate = flows[{square(scene.links[i].from), square(scene.links[i].to)}];
    rate += readings.links[i].rate_per_s;
    highest = std::max(highest, rate);
  }
  const auto middle = [&](const Square& square) {
    return ImVec2{overview.canvas.min.x + (static_cast<float>(square.x) + 0.5F) * side,
                  overview.canvas.min.y + (static_cast<float>(square.y) + 0.5F) * side};
  };
  for (const auto& [ends, rate] : flows) {
    if (!(rate > 0)) continue;
    const auto share = static_cast<float>(std::sqrt(rate / highest));
    const Cubic curve = level_curve(middle(ends.first), middle(ends.second));
    draw.AddBezierCubic(curve.a, curve.b, curve.c, curve.d,
                        faded(look.theme.accent, 0.06F + 0.3F * share), 1, 8);
  }
}

Minimap minimap_of(const Look& look, const Rect& bounds, const Rect& canvas) {
  const Rect all = bounds.grown(60);
  const float most = std::min(look.px(190), canvas.width() * 0.28F);
  const float highest = std::min(look.px(130), canvas.height() * 0.3F);
  Minimap minimap;
  minimap.unit = std::min(most / all.width(), highest / all.height());
  minimap.origin = all.min;
  const float margin = look.px(12);
  const ImVec2 size = times(all.size(), minimap.unit);
  minimap.rect = snapped({{canvas.max.x - margin - size.x, canvas.max.y - margin - size.y},
                          {canvas.max.x - margin, canvas.max.y - margin}});
  return minimap;
}

void paint_minimap(const Brush& brush, const Scene& scene, const Readings& readings,
                   const Minimap& minimap, const Rect& visible) {
  const Theme& theme = brush.look.theme;
  const auto to_screen = [&](ImVec2 place) {
    return ImVec2{minimap.rect.min.x + (place.x - minimap.origin.x) * minimap.unit,
                  minimap.rect.min.y + (place.y - minimap.origin.y) * minimap.unit};
  };
  brush.fill(minimap.rect, faded(theme.panel, 0.94F), brush.px(6));
  brush.outline(minimap.rect, theme.border, brush.px(6));
  brush.draw.PushClipRect(minimap.rect.min, minimap.rect.max, true);
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    const Rect rect{to_screen(scene.spots[i].rect.min), to_screen(scene.spots[i].rect.max)};
    const ImVec2 size{std::max(2.0F, rect.width()), std::max(2.0F, rect.height())};
    const Health health = readings.spots[i].health;
    const Color ink = health <= Health::ok ? theme.faint : color_of(theme, health);
    brush.fill(snapped(Rect::around(rect.center(), size)), ink);
  }
  Rect window{to_screen(visible.min), to_screen(visible.max)};
  window.min = {std::max(window.min.x, minimap.rect.min.x + 1),
                std::max(window.min.y, minimap.rect.min.y + 1)};
  window.max = {std::min(window.max.x, minimap.rect.max.x - 1),
                std::min(window.max.y, minimap.rect.max.y - 1)};
  brush.fill(window, faded(theme.accent, 0.16F), brush.px(2));
  brush.outline(window, theme.accent, brush.px(2));
  brush.draw.PopClipRect();
}

std::vector<Rect> paint_frames(const Brush& whole, const Model& model, const Scene& scene,
                               const std::vector<float>& strengths, const Camera& camera,
                               const Rect& canvas, std::optional<std::size_t> hovered) {
  const Theme& theme = whole.look.theme;
  ImFont* const font = whole.look.font(TextRole::small);
  std::vector<Rect> plates;
  for (std::size_t i = 0; i < scene.frames.size(); ++i) {
    const Scene::Frame& frame = scene.frames[i];
    const Rect rect = snapped(camera.to_screen(frame.rect));
    plates.push_back({{0, 0}, {0, 0}});
    if (!rect.overlaps(canvas)) continue;
    float strength = 0;
    for (std::size_t spot = 0; spot < scene.spots.size(); ++spot)
      if (frame.rect.holds(scene.spots[spot].rect)) strength = std::max(strength, strengths[spot]);
    const Brush brush{whole.draw, whole.look, strength};
    const bool down = !frame.group && model.zones[frame.zone].down;
    const Color ink = down          ? theme.status(Status::bad)
                      : frame.group ? theme.dim
                                    : zone_color(theme, frame.zone);
    const float rounding = std::min(brush.px(14) * camera.zoom, brush.px(14));
    const bool strong = hovered == i || down;
    brush.fill(rect, faded(ink, strong ? 0.1F : 0.05F), rounding);
    brush.outline(rect, faded(ink, strong ? 0.9F : 0.45F), rounding,
                  std::max(1.0F, std::floor(brush.look.scale)));
    // A name across the lower edge, unless the frame is too small for it.
    const std::string text = down ? frame.id + " is down" : frame.id;
    const Icon sign = down ? Icon::stop : Icon::minus;
    const bool with_sign = down || frame.group;
    const Chip chip{font,
                    text,
                    mixed(theme.background, ink, 0.14F),
                    mixed(theme.background, ink, strong ? 1 : 0.55F),
                    down ? ink : mixed(theme.text, ink, 0.4F),
                    with_sign ? std::optional(sign) : std::nullopt,
                    down ? ink : theme.text};
    const ImVec2 size = size_of(brush.look, chip);
    if (size.x + brush.px(16) > rect.width() || size.y > rect.height()) continue;
    // Below: above are the faults of cards.
    plates.back() = brush.chip(chip, {rect.min.x + brush.px(10), rect.max.y});
  }
  return plates;
}

std::vector<Rect> paint_legend(const Brush& brush, const Model& model, ImVec2 place,
                               std::optional<std::size_t> hovered) {
  const Theme& theme = brush.look.theme;
  ImFont* const font = brush.look.font(TextRole::small);
  std::vector<Rect> plates;
  float x = place.x;
  for (std::size_t zone = 0; zone < model.zones.size(); ++zone) {
    const bool down = model.zones[zone].down;
    const Color ink = zone_color(theme, zone);
    const std::string text = down ? model.zones[zone].name + " down" : model.zones[zone].name;
    const float side = brush.px(8);
    const float width = width_of(font, text) + side + brush.px(19);
    const float height = font->FontSize + brush.px(6);
    const Rect plate = snapped({{x, place.y - height}, {x + width, place.y}});
    brush.fill(plate, faded(theme.panel, 0.94F), brush.px(5));
    brush.outline(plate,
                  down              ? theme.status(Status::bad)
                  : hovered == zone ? ink
                                    : theme.border,
                  brush.px(5));
    const ImVec2 middle{plate.min.x + brush.px(7) + side / 2, plate.center().y};
    if (down)
      brush.icon(Icon::stop, middle, side * 0.6F, theme.status(Status::bad));
    else
      brush.fill(Rect::around(middle, {side, side}), ink, brush.px(2));
    brush.text(font, {middle.x + side / 2 + brush.px(5), plate.center().y - font->FontSize / 2},
               down ? theme.status(Status::bad) : theme.text, text);
    plates.push_back(plate);
    x = plate.max.x + brush.px(6);
  }
  return plates;
}

}  // namespace highwater::viewer::topology
