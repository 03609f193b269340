#include "viewer/draw/topology_links.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "viewer/draw/format.h"
#include "viewer/draw/icons.h"
#include "viewer/draw/topology_particles.h"

namespace highwater::viewer::topology {
namespace {

constexpr std::size_t kManyLinks = 500;  ///< From here on one thin line has to do for each.
constexpr float kMostParticles = 1400;   ///< On the screen at once.
constexpr float kParticleGap = 8;        ///< Pixels for each where they are densest, chosen.
constexpr float kGap = 0.07F;            ///< Half of what is missing of a link that is cut.

class LinkPainter {
 public:
  LinkPainter(ImDrawList& draw, const Look& look, const LinkStyle& style)
      : draw_(draw), look_(look), theme_(look.theme), style_(style) {}

  void paint(const Scene& scene, const Readings& readings, const std::vector<float>& strengths) {
    find_visible(scene, strengths);
    economical_ = visible_.size() > kManyLinks || style_.detail < Detail::compact;
    // What is plain to see alone is too much among many.
    crowd_ = std::clamp(9 / std::sqrt(1 + static_cast<float>(visible_.size())), 0.5F, 1.0F);
    for (const std::size_t link : visible_)
      paint_line(scene, scene.links[link], readings.links[link], readings.highest_rate,
                 strengths[link]);
    if (style_.particles && style_.detail != Detail::density)
      paint_particles(scene, readings, strengths);
    if (economical_) return;
    for (const std::size_t link : visible_)
      paint_signs(scene.links[link], readings.links[link], strengths[link]);
  }

 private:
  float unit() const { return style_.camera.unit(); }
  /// Lengths that grow with the zoom, but not as fast when it is small.
  float at_zoom(float design) const {
    return look_.px(design * std::clamp(style_.camera.zoom, 0.55F, 1.6F));
  }

  // Dimmed ones come first, so that the others are drawn on top of them.
  void find_visible(const Scene& scene, const std::vector<float>& strengths) {
    visible_.clear();
    for (const bool strong : {false, true})
      for (std::size_t i = 0; i < scene.links.size(); ++i) {
        if ((strengths[i] >= 0.99F) != strong || scene.links[i].path.empty()) continue;
        if (scene.links[i].path.bounds().grown(8).overlaps(style_.visible)) visible_.push_back(i);
      }
  }

  float most_of(const Scene::Link& link) const {
    return std::clamp(link.path.length() * unit() / look_.px(kParticleGap), 3.0F, 44.0F);
  }

  void flatten(const Scene& scene, const Scene::Link& link) {
    line_.clear();
    // A dot is smaller than its card, where the path ends.
    const bool dots = style_.detail < Detail::compact;
    if (dots) line_.push_back(scene.spots[link.from].rect.center());
    // Many thin lines need not be as smooth as a few thick ones.
    link.path.flatten(economical_ ? unit() * 0.4F : unit(), line_);
    if (dots) line_.push_back(scene.spots[link.to].rect.center());
    for (ImVec2& point : line_) point = style_.camera.to_screen(point);
  }

  Color color(const Readings::OfLink& reading) const {
    const Color calm = mixed(theme_.accent, theme_.dim, 0.35F);
    if (reading.state == EdgeState::cut) return theme_.status(Status::bad);
    // A few percent of errors are plain to see, a fifth is all that matters.
    const double share = std::sqrt(std::min(1.0, reading.error_share * 5));
    return mixed(calm, theme_.status(Status::bad), static_cast<float>(share));
  }

  void stroke(std::span<const ImVec2> line, Color color, float thickness) {
    draw_.AddPolyline(line.data(), static_cast<int>(line.size()), color, 0,
                      std::max(1.0F, std::round(thickness)));
  }

  void paint_line(const Scene& scene, const Scene::Link& link, const Readings::OfLink& reading,
                  double highest, float strength) {
    flatten(scene, link);
    const bool emphasized = strength > 1;
    const Color ink = color(reading);
    const bool idle = !(reading.rate_per_s > 0);
    if (economical_) {
      const double share =
          highest > 0 ? std::sqrt(std::min(1.0, reading.rate_per_s / highest)) : 0.0;
      const float many =
          std::min(1.0F, 14 / std::sqrt(1 + static_cast<float>(visible_.size())) + 0.1F);
      const auto seen = static_cast<float>(0.25 + 0.6 * share) * many;
      const float width = emphasized ? 2 : 1;
      stroke(line_, faded(ink, std::min(1.0F, emphasized ? 0.9F : seen * strength)),
             look_.px(width));
      return;
    }
    const float width = at_zoom(edge_width(reading.rate_per_s, highest));
    const float strong = emphasized ? 1 : std::min(1.0F, strength) * crowd_;
    const float core = std::max(look_.px(1), std::min(look_.px(2), width / 3));
    if (reading.state == EdgeState::cut) {
      for (const bool first : {true, false}) {
        const std::vector<ImVec2> half =
            first ? part_of(line_, 0, 0.5F - kGap) : part_of(line_, 0.5F + kGap, 1);
        if (half.size() < 2) continue;
        stroke(half, faded(ink, 0.2F * strong), width);
        dashes(half, at_zoom(5), at_zoom(4), [&](std::span<const ImVec2> dash) {
          stroke(dash, faded(ink, 0.9F * strong), core);
        });
      }
      return;
    }
    if (!idle) stroke(line_, faded(ink, (emphasized ? 0.34F : 0.2F) * strong), width);
    const Color line = faded(ink, (idle ? 0.4F : emphasized ? 0.95F : 0.6F) * strong);
    if (reading.asynchronous)
      dashes(line_, at_zoom(9), at_zoom(6),
             [&](std::span<const ImVec2> dash) { stroke(dash, line, core); });
    else
      stroke(line_, line, core);
  }

  void paint_particles(const Scene& scene, const Readings& readings,
                       const std::vector<float>& strengths) {
    float sum = 0;
    for (const std::size_t link : visible_)
      sum += particle_count(readings.links[link].rate_per_s, readings.highest_rate,
                            most_of(scene.links[link]));
    const float share = sum > kMostParticles ? kMostParticles / sum : 1;
    const bool small = economical_;
    const Color calm = mixed(theme_.accent, theme_.text, 0.35F);
    const Color bad = theme_.status(Status::bad);
    for (const std::size_t link : visible_) {
      const Readings::OfLink& reading = readings.links[link];
      const float count = share * particle_count(reading.rate_per_s, readings.highest_rate,
                                                 most_of(scene.links[link]));
      const float width = at_zoom(edge_width(reading.rate_per_s, readings.highest_rate));
      const double travel = travel_time(reading.latency_ms);
      const double time = style_.reduced_motion ? 0 : style_.time_s;
      // Where the share leaves less than one, some links have one and others none.
      const auto whole = static_cast<std::uint32_t>(
          share < 1 ? std::floor(count + static_cast<float>(scene.links[link].key % 64) / 64)
                    : std::ceil(count));
      const float strong = std::min(1.0F, strengths[link]);
      for (std::uint32_t i = 0; i < whole; ++i) {
        const Particle one = particle(scene.links[link].key, i, time, travel, reading.error_share);
        if (reading.state == EdgeState::cut && one.along > 0.5F - kGap) continue;
        const ImVec2 place = scene.links[link].path.at(one.along);
        if (!style_.visible.contains(place)) continue;
        ImVec2 center = style_.camera.to_screen(place);
        center.y += one.across * width * 0.35F;
        const Color ink = one.failed || reading.state == EdgeState::cut ? bad : calm;
        // They appear and vanish at the cards instead of popping up.
        const float near_end = std::min(one.along, 1 - one.along);
        const float last = share < 1 ? 1 : std::min(1.0F, count - static_cast<float>(i));
        const float seen = strong * last * std::min(1.0F, near_end * 12 + 0.15F);
        paint_particle(center, ink, one, seen, small);
      }
    }
  }

  void paint_particle(ImVec2 center, Color ink, const Particle& one, float seen, bool small) {
    if (small) {
      const float half = look_.px(one.failed ? 1.5F : 1);
      draw_.AddRectFilled({center.x - half, center.y - half}, {center.x + half, center.y + half},
                          faded(ink, 0.85F * seen));
      return;
    }
    const float radius = at_zoom(one.failed ? 2.5F : 1.9F) * one.size;
    draw_.AddCircleFilled(center, radius * 2.3F, faded(ink, 0.14F * seen), 10);
    if (one.failed)
      draw_.AddNgonFilled(center, radius * 1.25F, faded(ink, seen), 4);
    else
      draw_.AddCircleFilled(center, radius, faded(ink, 0.95F * seen), 8);
  }

  /// The arrow at the end, and a sign in the middle of what is cut, faulted or fails often.
  void paint_signs(const Scene::Link& link, const Readings::OfLink& reading, float strength) {
    const float strong = std::min(1.0F, strength);
    const Path& path = link.path;
    const ImVec2 tip = style_.camera.to_screen(path.at(1));
    const ImVec2 last = path.pieces().back().c;
    const ImVec2 way = minus(path.at(1), last);
    const float reach = length(way);
    if (reach > 0) {
      const ImVec2 along = times(way, at_zoom(6) / reach);
      const ImVec2 across{-along.y * 0.55F, along.x * 0.55F};
      const ImVec2 base = minus(tip, along);
      draw_.AddTriangleFilled(
          plus(base, across), tip, minus(base, across),
          faded(color(reading), (reading.rate_per_s > 0 ? 0.95F : 0.5F) * strong));
    }
    const bool failing = reading.error_share >= style_.limits.errors_bad;
    if (reading.state == EdgeState::whole && !failing) return;
    const ImVec2 middle = style_.camera.to_screen(path.at(0.5F));
    const float radius = at_zoom(7);
    const bool cut = reading.state == EdgeState::cut;
    const Color ink = cut || failing ? theme_.status(Status::bad) : theme_.status(Status::warn);
    draw_.AddCircleFilled(middle, radius * 1.45F, theme_.background);
    draw_.AddCircleFilled(middle, radius * 1.45F, faded(ink, 0.22F * strong));
    draw_.AddCircle(middle, radius * 1.45F, faded(ink, strong), 0,
                    std::max(1.0F, std::floor(look_.scale)));
    const Icon sign = cut                                   ? Icon::cross
                      : reading.state == EdgeState::faulted ? Icon::bolt
                                                            : Icon::warning;
    draw_icon(draw_, sign, middle, radius * (cut ? 0.7F : 0.85F), faded(ink, strong));
  }

  ImDrawList& draw_;
  const Look& look_;
  const Theme& theme_;
  const LinkStyle& style_;
  std::vector<std::size_t> visible_;
  std::vector<ImVec2> line_;
  bool economical_ = false;
  float crowd_ = 1;
};

std::string text_of(const Model& model, const Scene::Link& link, const Readings::OfLink& reading) {
  std::string text = format(reading.rate_per_s, Unit::rate);
  if (reading.error_share > 0)
    text += "  \xC2\xB7  " + format(reading.error_share, Unit::ratio, 2) + " errors";
  if (!std::isnan(reading.latency_ms))
    text += "  \xC2\xB7  " + format(reading.latency_ms, Unit::milliseconds);
  for (const std::size_t edge : link.edges)
    if (!model.edges[edge].fault.empty()) {
      text += "  \xC2\xB7  " + model.edges[edge].fault;
      break;
    }
  return text;
}

std::string brief_of(const Readings::OfLink& reading) {
  std::string text = format(reading.rate_per_s, Unit::rate);
  if (reading.health >= Health::warn && reading.error_share > 0)
    text += "  \xC2\xB7  " + format(reading.error_share, Unit::ratio, 2) + " errors";
  return text;
}

}  // namespace

void paint_links(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                 const std::vector<float>& strengths, const LinkStyle& style) {
  LinkPainter(draw, look, style).paint(scene, readings, strengths);
}

void paint_labels(const Brush& brush, const Model& model, const Scene& scene,
                  const Readings& readings, const std::vector<LinkLabel>& labels,
                  const Camera& camera, const Rect& canvas) {
  constexpr std::array kShares = {0.5F, 0.36F, 0.64F, 0.25F, 0.75F};
  const Theme& theme = brush.look.theme;
  ImFont* const font = brush.look.font(TextRole::mono_small);
  std::vector<Rect> taken;
  for (const Scene::Spot& spot : scene.spots) {
    const Rect card = camera.to_screen(spot.rect);
    if (card.overlaps(canvas)) taken.push_back(card);
  }
  const auto is_free = [&](const Rect& rect) {
    return canvas.holds(rect) && std::none_of(taken.begin(), taken.end(), [&](const Rect& other) {
             return other.overlaps(rect);
           });
  };
  for (const LinkLabel& label : labels) {
    const Readings::OfLink& reading = readings.links[label.link];
    // In full where the link itself is meant, or the plates of all its neighbours fill the picture.
    const std::string text =
        label.strong ? text_of(model, scene.links[label.link], reading) : brief_of(reading);
    const bool bad = reading.health >= Health::bad;
    const Chip chip{font, text, theme.raised,
                    bad            ? theme.status(Status::bad)
                    : label.strong ? theme.accent
                                   : theme.border,
                    theme.text};
    const ImVec2 size = size_of(brush.look, chip);
    std::optional<ImVec2> place;
    for (const float share : kShares) {
      const ImVec2 there = camera.to_screen(scene.links[label.link].path.at(share));
      if (!is_free(Rect::around(there, size))) continue;
      place = there;
      break;
    }
    if (!place && label.strong) {
      // Over whatever there is, but within the canvas.
      ImVec2 there = camera.to_screen(scene.links[label.link].path.at(0.5F));
      const auto within = [](float value, float low, float high) {
        return std::max(low, std::min(value, high));
      };
      there.x = within(there.x, canvas.min.x + size.x / 2, canvas.max.x - size.x / 2);
      there.y = within(there.y, canvas.min.y + size.y / 2, canvas.max.y - size.y / 2);
      place = there;
    }
    if (!place) continue;
    const Rect plate = brush.chip(chip, {place->x - size.x / 2, place->y});
    taken.push_back(plate.grown(brush.px(1)));
  }
}

std::optional<ImVec2> free_place(const Scene& scene, std::size_t link, const Camera& camera,
                                 const Rect& canvas) {
  constexpr std::array kShares = {0.5F, 0.4F, 0.6F, 0.3F, 0.7F, 0.2F, 0.8F, 0.1F, 0.9F};
  for (const float share : kShares) {
    const ImVec2 place = scene.links[link].path.at(share);
    const ImVec2 screen = camera.to_screen(place);
    if (!canvas.contains(screen)) continue;
    const bool covered =
        std::any_of(scene.spots.begin(), scene.spots.end(),
                    [&](const Scene::Spot& spot) { return spot.rect.contains(place); });
    if (!covered) return screen;
  }
  return std::nullopt;
}

void paint_connection(const Brush& brush, ImVec2 from, ImVec2 to, bool possible) {
  const Theme& theme = brush.look.theme;
  const Color ink = possible ? theme.accent : theme.dim;
  const Cubic curve = level_curve(from, to);
  const float thickness = std::max(2.0F, std::round(brush.px(2)));
  brush.draw.AddBezierCubic(curve.a, curve.b, curve.c, curve.d, ink, thickness);
  brush.draw.AddCircleFilled(to, brush.px(4), ink);
}

}  // namespace highwater::viewer::topology
