#include "viewer/draw/topology_card.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "viewer/draw/format.h"
#include "viewer/draw/icons.h"

namespace highwater::viewer::topology {
namespace {

constexpr std::size_t kMostMarks = 12;  ///< Instances that are drawn one by one.

/// What both kinds of card have in common while they are drawn.
struct Sheet {
  const Brush& brush;
  const Theme& theme;
  Rect rect;
  const Model& model;
  const Scene::Spot& spot;
  const Readings::OfSpot& reading;
  const std::vector<std::string>& zone_names;
  const CardState& state;
  float left, right;  ///< Between them is the text.

  float px(float design) const { return brush.px(design); }
  /// Something between a few pixels and its share of the zoom.
  float at_zoom(float design, float least) const {
    return px(std::max(least, design * std::min(state.zoom, 1.5F)));
  }
  const Node& first() const { return model.nodes[spot.nodes.front()]; }
};

std::size_t instances_of(const Model& model, const Scene::Spot& spot) {
  std::size_t sum = 0;
  for (const std::size_t node : spot.nodes) sum += model.nodes[node].instances.size();
  return sum;
}

Icon icon_of(const Sheet& sheet) {
  const std::string& kind = sheet.first().kind;
  for (const std::size_t node : sheet.spot.nodes)
    if (sheet.model.nodes[node].kind != kind) return Icon::cluster;
  return icon_of_kind(kind);
}

void paint_plate(const Sheet& sheet) {
  const Brush& brush = sheet.brush;
  const Rect& rect = sheet.rect;
  const CardState& state = sheet.state;
  const float rounding = sheet.at_zoom(8, 3);
  const Color health = color_of(sheet.theme, sheet.reading.health);
  if (state.glow > 0) {
    for (int ring = 4; ring > 0; --ring) {
      const float by = static_cast<float>(ring) * sheet.at_zoom(2.2F, 1.2F);
      const float share = (0.07F + 0.13F * state.glow) * (1.25F - 0.25F * static_cast<float>(ring));
      brush.fill(rect.grown(by), faded(health, share), rounding + by);
    }
  }
  const int copies = sheet.reading.census.total() > 2 ? 2 : sheet.reading.census.total() - 1;
  for (int copy = copies; copy > 0; --copy) {
    const float by = static_cast<float>(copy) * sheet.at_zoom(4, 2);
    const Rect behind{{rect.min.x + by, rect.min.y + by}, {rect.max.x + by, rect.max.y + by}};
    brush.fill(behind, mixed(sheet.theme.raised, sheet.theme.background, 0.35F), rounding);
    brush.outline(behind, sheet.theme.border, rounding);
  }
  for (int layer = 3; layer > 0 && copies <= 0; --layer) {
    const float by = static_cast<float>(layer) * sheet.px(1.5F);
    const Rect below{{rect.min.x - by / 2, rect.min.y + by},
                     {rect.max.x + by / 2, rect.max.y + by}};
    brush.fill(below, faded(sheet.theme.shadow, 0.3F), rounding + by / 2);
  }
  const Color plate = state.hovered ? mixed(sheet.theme.raised, sheet.theme.control_hovered, 0.6F)
                                    : sheet.theme.raised;
  const float stripe = std::round(sheet.at_zoom(3.5F, 3));
  brush.draw.AddRectFilled(rect.min, {rect.min.x + std::max(stripe, 2 * rounding), rect.max.y},
                           brush.color(health), rounding, ImDrawFlags_RoundCornersLeft);
  brush.draw.AddRectFilled({rect.min.x + stripe, rect.min.y}, rect.max, brush.color(plate),
                           rounding, ImDrawFlags_RoundCornersRight);
  const bool ringed = state.selected || state.marked;
  const Color border = state.selected ? sheet.theme.accent
                       : state.marked ? sheet.theme.text
                                      : sheet.theme.border;
  const float thickness = std::max(1.0F, std::floor(sheet.px(ringed ? 2 : 1)));
  brush.outline(rect, border, rounding, thickness);
}

/// Icon and name on the left, number of instances and health on the right; returns where the sign
/// that expands a group is.
std::optional<Rect> paint_name(const Sheet& sheet, float top, float height) {
  const Brush& brush = sheet.brush;
  ImFont* const font = name_font(brush.look, sheet.state.zoom);
  ImFont* const lesser = text_font(brush.look, sheet.state.zoom);
  const bool down = sheet.reading.health == Health::down;
  const float middle = top + height / 2;
  float right = sheet.right;
  std::optional<Rect> expand;
  const float icon_radius = sheet.at_zoom(8, 5.5F);
  const float icon_width = 2 * icon_radius + sheet.at_zoom(8, 5);
  const float sign_radius = sheet.at_zoom(6, 4.5F);
  const float sign_width = 2 * sign_radius + sheet.at_zoom(6, 3);
  // Where there is little room the name comes first and what is wrong, then the icon; that all is
  // well shows in there being no sign.
  const bool small = sheet.state.detail != Detail::full;
  float free = sheet.right - sheet.left - width_of(font, sheet.spot.id);
  const Health health = sheet.reading.health;
  const int total = sheet.reading.census.total();
  const std::string count = "\xC3\x97" + std::to_string(total);
  const float count_width = width_of(lesser, count) + sheet.px(5);
  if (!small) free -= icon_width;
  if (health > Health::ok) free -= sign_width;
  const bool with_sign =
      health > Health::ok || (health == Health::ok && !small && free >= sign_width);
  if (health == Health::ok && with_sign) free -= sign_width;
  const bool with_icon = !small || free >= icon_width;
  const bool with_count = total > 1 && !small && free >= count_width;
  if (with_sign) {
    brush.icon(icon_of(health), {right - sign_radius, middle}, sign_radius,
               color_of(sheet.theme, health));
    right -= sign_width;
  }
  if (sheet.spot.group) {
    const std::string members = std::to_string(sheet.spot.nodes.size());
    const float width = width_of(lesser, members) + sheet.px(20);
    const Rect plate{{right - width, middle - lesser->FontSize / 2 - sheet.px(1)},
                     {right, middle + lesser->FontSize / 2 + sheet.px(2)}};
    brush.fill(plate, sheet.theme.control, sheet.px(4));
    brush.icon(Icon::plus, {plate.min.x + sheet.px(9), plate.center().y}, sheet.px(4),
               sheet.theme.accent);
    brush.text_left_of(lesser, {plate.max.x - sheet.px(5), middle - lesser->FontSize / 2},
                       sheet.theme.dim, members);
    expand = plate;
    right = plate.min.x - sheet.px(5);
  } else if (with_count) {
    brush.text_left_of(lesser, {right, middle - lesser->FontSize / 2}, sheet.theme.dim, count);
    right -= count_width;
  }
  float left = sheet.left;
  if (with_icon) {
    brush.icon(icon_of(sheet), {left + icon_radius, middle}, icon_radius,
               down ? sheet.theme.dim : mixed(sheet.theme.accent, sheet.theme.text, 0.35F));
    left += icon_width;
  }
  brush.text(font, {left, middle - font->FontSize / 2}, down ? sheet.theme.dim : sheet.theme.text,
             shortened(font, sheet.spot.id, right - left));
  return expand;
}

std::string latency_of(const Sheet& sheet) {
  if (sheet.reading.health == Health::down) return "down";
  if (std::isnan(sheet.reading.now.p99_ms)) return {};
  return format(sheet.reading.now.p99_ms, Unit::milliseconds);
}

/// 2 where rate and latency do not fit side by side.
int lines_of_figures(const Sheet& sheet) {
  ImFont* const font = number_font(sheet.brush.look, sheet.state.zoom);
  const std::string latency = latency_of(sheet);
  if (latency.empty()) return 1;
  const float width = width_of(font, format(sheet.reading.now.rate_per_s, Unit::rate)) +
                      sheet.px(8) + width_of(font, latency);
  return width <= sheet.right - sheet.left ? 1 : 2;
}

void paint_figures(const Sheet& sheet, float top, float height, int lines) {
  const Brush& brush = sheet.brush;
  ImFont* const font = number_font(brush.look, sheet.state.zoom);
  const float step = height / static_cast<float>(lines);
  brush.text(font, {sheet.left, top}, sheet.theme.text,
             format(sheet.reading.now.rate_per_s, Unit::rate));
  const Color ink =
      sheet.reading.health == Health::down ? sheet.theme.status(Status::bad) : sheet.theme.dim;
  if (lines == 1)
    brush.text_left_of(font, {sheet.right, top}, ink, latency_of(sheet));
  else
    brush.text(font, {sheet.left, top + step}, ink, latency_of(sheet));
}

/// The other run's number with the direction in which this one's differs.
struct Ghost {
  std::string text;
  Change change;
  Color ink;
  float width;
};

Ghost ghost_of(const Sheet& sheet, double now, double other, Unit unit, bool higher_is_worse) {
  Ghost ghost{{}, change_of(now, other), sheet.theme.accent, 0};
  if (std::isnan(other)) return ghost;
  if (higher_is_worse)
    ghost.ink = sheet.theme.status(ghost.change == Change::up ? Status::bad : Status::ok);
  ghost.text = format(other, unit);
  ImFont* const font = sheet.brush.look.font(TextRole::mono_small);
  ghost.width = font->FontSize * 0.56F + sheet.px(4) + width_of(font, ghost.text);
  return ghost;
}

void paint_ghost(const Sheet& sheet, ImVec2 place, const Ghost& ghost) {
  if (ghost.text.empty()) return;
  const Brush& brush = sheet.brush;
  ImFont* const font = brush.look.font(TextRole::mono_small);
  const float radius = font->FontSize * 0.28F;
  const ImVec2 center{place.x + radius, place.y + font->FontSize / 2};
  const float base = center.y + (ghost.change == Change::up ? 0.8F : -0.8F) * radius;
  const float tip = center.y + (ghost.change == Change::up ? -0.9F : 0.9F) * radius;
  if (ghost.change == Change::same)
    brush.fill({{center.x - radius, center.y - sheet.px(0.5F)},
                {center.x + radius, center.y + sheet.px(0.5F)}},
               sheet.theme.faint);
  else
    brush.draw.AddTriangleFilled({center.x - radius, base}, {center.x, tip},
                                 {center.x + radius, base}, brush.color(ghost.ink));
  brush.text(font, {place.x + 2 * radius + sheet.px(4), place.y}, sheet.theme.dim, ghost.text);
}

void paint_ghosts(const Sheet& sheet, float top) {
  if (!sheet.reading.other) return;
  const Figures& now = sheet.reading.now;
  const Figures& other = *sheet.reading.other;
  const Ghost rate = ghost_of(sheet, now.rate_per_s, other.rate_per_s, Unit::rate, false);
  const Ghost latency = ghost_of(sheet, now.p99_ms, other.p99_ms, Unit::milliseconds, true);
  paint_ghost(sheet, {sheet.right - latency.width, top}, latency);
  // Where both have no room, the latency is what one compares.
  if (sheet.left + rate.width + sheet.px(4) <= sheet.right - latency.width)
    paint_ghost(sheet, {sheet.left, top}, rate);
}

void paint_curve(const Sheet& sheet, CardRows::Row row) {
  const Values& values = sheet.first().sparkline;
  const float top = sheet.rect.min.y + row.top;
  const float bottom = top + row.height;
  double highest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) highest = std::max(highest, values[i]);
  if (highest <= 0) highest = 1;
  const float width = sheet.right - sheet.left;
  // More points than pixels: the highest of each pixel.
  const std::size_t count =
      std::min(values.size(), static_cast<std::size_t>(std::max(2.0F, width / 1.5F)));
  std::vector<ImVec2> points;
  points.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * values.size() / count;
    const std::size_t end = std::max(begin + 1, (i + 1) * values.size() / count);
    double value = 0;
    for (std::size_t k = begin; k < end; ++k) value = std::max(value, values[k]);
    const float x = sheet.left + width * static_cast<float>(i) / static_cast<float>(count - 1);
    points.push_back({x, bottom - row.height * static_cast<float>(value / highest)});
  }
  const Brush& brush = sheet.brush;
  const Color ink = mixed(sheet.theme.accent, sheet.theme.dim, 0.3F);
  const Color area = brush.color(faded(ink, 0.14F));
  const ImVec2 white = ImGui::GetFontTexUvWhitePixel();
  const int sides = static_cast<int>(points.size()) - 1;
  brush.draw.PrimReserve(sides * 6, sides * 4);
  for (std::size_t i = 1; i < points.size(); ++i)
    brush.draw.PrimQuadUV(points[i - 1], points[i], {points[i].x, bottom},
                          {points[i - 1].x, bottom}, white, white, white, white, area);
  brush.draw.AddPolyline(points.data(), static_cast<int>(points.size()), brush.color(ink), 0,
                         std::max(1.0F, std::floor(brush.look.scale)));
}

void paint_bar(const Sheet& sheet, CardRows::Row row, bool with_number) {
  const double utilization = sheet.reading.now.utilization;
  const Brush& brush = sheet.brush;
  const float thickness = std::round(sheet.at_zoom(4, 3));
  const float middle = sheet.rect.min.y + row.top + row.height / 2;
  float right = sheet.right;
  const Limits& limits = sheet.state.limits;
  const Color ink = utilization >= limits.utilization_bad    ? sheet.theme.status(Status::bad)
                    : utilization >= limits.utilization_warn ? sheet.theme.status(Status::warn)
                                                             : sheet.theme.status(Status::ok);
  if (with_number) {
    ImFont* const font = number_font(brush.look, sheet.state.zoom);
    brush.text_left_of(font, {right, middle - font->FontSize / 2}, sheet.theme.dim,
                       percent(utilization));
    right -= width_of(font, "100%") + sheet.px(6);
    if (sheet.reading.other && !std::isnan(sheet.reading.other->utilization)) {
      const float there =
          sheet.left + (right - sheet.left) *
                           static_cast<float>(std::min(1.0, sheet.reading.other->utilization));
      brush.fill({{there - sheet.px(0.75F), middle - thickness},
                  {there + sheet.px(0.75F), middle + thickness}},
                 sheet.theme.text);
    }
  }
  const Rect track =
      snapped({{sheet.left, middle - thickness / 2}, {right, middle + thickness / 2}});
  brush.fill(track, mixed(sheet.theme.raised, sheet.theme.border, 0.85F), thickness / 2);
  if (!(utilization > 0) || sheet.reading.health == Health::down) return;
  Rect full = track;
  full.max.x = track.min.x +
               std::max(thickness, track.width() * static_cast<float>(std::min(1.0, utilization)));
  brush.fill(full, ink, thickness / 2);
}

/// Instances one by one, with a line in the colour of their zone below.
void paint_marks(const Sheet& sheet, const Rect& area, bool zones, CardParts& parts) {
  const Brush& brush = sheet.brush;
  const std::size_t count = instances_of(sheet.model, sheet.spot);
  const float gap = sheet.at_zoom(3, 2);
  const float width =
      std::min(sheet.at_zoom(8, 6.5F), area.width() / static_cast<float>(count) - gap);
  float x = area.min.x;
  const float underline = std::max(2.0F, std::round(sheet.px(2)));
  for (const std::size_t node : sheet.spot.nodes)
    for (std::size_t i = 0; i < sheet.model.nodes[node].instances.size(); ++i) {
      const Instance& instance = sheet.model.nodes[node].instances[i];
      const float bottom = area.max.y - (zones ? underline + sheet.px(1) : 0);
      const Rect mark = snapped({{x, area.min.y}, {x + width, bottom}});
      paint_instance(brush, mark, instance, sheet.state.limits);
      if (zones && instance.zone < sheet.model.zones.size())
        brush.fill(snapped({{x, area.max.y - underline}, {x + width + gap * 0.5F, area.max.y}}),
                   zone_color(sheet.theme, instance.zone));
      parts.each.push_back({node, i, {mark.min, {x + width + gap, area.max.y}}});
      x += width + gap;
    }
  parts.instances = Rect{area.min, {x, area.max.y}};
}

/// How many instances have how much to do; as wide as `area`, or as a small picture at its left.
void paint_histogram(const Sheet& sheet, const Rect& area, bool wide, CardParts& parts) {
  const Brush& brush = sheet.brush;
  Histogram histogram;
  for (const std::size_t node : sheet.spot.nodes)
    for (const Instance& instance : sheet.model.nodes[node].instances) histogram.add(instance);
  const int highest = std::max(1, histogram.highest());
  const float step =
      wide ? area.width() / kBins : std::round(std::min(sheet.at_zoom(7, 4), area.width() / kBins));
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const float x = area.min.x + step * static_cast<float>(bin);
    const float height = std::round(area.height() * static_cast<float>(histogram.bins[bin]) /
                                    static_cast<float>(highest));
    const Color ink = bin >= 9   ? sheet.theme.status(Status::bad)
                      : bin >= 8 ? sheet.theme.status(Status::warn)
                                 : sheet.theme.status(Status::ok);
    const float shown = histogram.bins[bin] > 0 ? std::max(2.0F, height) : 1;
    brush.fill(snapped({{x, area.max.y - shown}, {x + step - 1, area.max.y}}),
               histogram.bins[bin] > 0 ? ink : sheet.theme.border);
  }
  parts.instances = Rect{area.min, {area.min.x + step * kBins, area.max.y}};
}

/// What instances suffer from, where they are too many to show it each; returns where it ends.
float paint_troubles(const Sheet& sheet, ImVec2 place, ImFont* font) {
  const std::string troubles = troubles_of(sheet.reading.census, 1);
  const float radius = font->FontSize * 0.32F;
  const float width = 2 * radius + sheet.px(4) + width_of(font, troubles);
  if (troubles.empty() || sheet.reading.health == Health::down || place.x + width > sheet.right)
    return place.x;
  const Color ink = sheet.theme.status(Status::bad);
  sheet.brush.icon(Icon::cross, {place.x + radius, place.y}, radius, ink);
  sheet.brush.text(font, {place.x + 2 * radius + sheet.px(4), place.y - font->FontSize / 2}, ink,
                   troubles);
  return place.x + width + sheet.px(8);
}

struct Said {
  std::string text;
  Color color;
  bool alarm = false;
};

/// What the right of the foot says: what is wrong before what is only interesting.
Said said_of(const Sheet& sheet, float room, ImFont* font) {
  const Figures& now = sheet.reading.now;
  const Limits& limits = sheet.state.limits;
  if (now.error_share >= limits.errors_warn) {
    const std::string share = format(now.error_share, Unit::ratio, 2);
    const std::string words = share + " errors";
    return {width_of(font, words) <= room ? words : share,
            sheet.theme.status(now.error_share >= limits.errors_bad ? Status::bad : Status::warn),
            true};
  }
  const bool queued = !std::isnan(now.queue) && now.queue >= 0.5;
  const std::string length =
      queued ? format(std::round(now.queue), Unit::number, 2) : std::string();
  const std::string note = sheet.spot.group ? std::string() : sheet.first().note;
  if (!queued) return {shortened(font, note, room), sheet.theme.dim};
  // As many words as there is room for, but the number whole.
  const std::string words = "queue " + length;
  const std::string all = note.empty() ? words : words + "  " + note;
  for (const std::string& text : {all, words, "q " + length, length})
    if (width_of(font, text) <= room) return {text, sheet.theme.dim};
  return {{}, sheet.theme.dim};
}

/// The instances of a card on the left of its foot; returns where what follows can begin.
float paint_instances(const Sheet& sheet, const Rect& area, ImFont* font, CardParts& parts) {
  bool zones = false;
  for (const std::size_t node : sheet.spot.nodes)
    zones = zones || !only_zone(sheet.model.nodes[node]);
  if (instances_of(sheet.model, sheet.spot) <= kMostMarks) {
    paint_marks(sheet, area, zones && sheet.model.zones.size() > 1, parts);
    return parts.instances->max.x + sheet.px(6);
  }
  paint_histogram(sheet, area, false, parts);
  return paint_troubles(sheet, {parts.instances->max.x + sheet.px(6), area.center().y}, font);
}

/// The one zone of a card that is not many.
float paint_zone(const Sheet& sheet, ImVec2 place, ImFont* font) {
  if (sheet.model.zones.size() < 2) return place.x;
  const std::size_t zone = sheet.first().instances.front().zone;
  if (zone >= sheet.zone_names.size()) return place.x;
  const Brush& brush = sheet.brush;
  const float side = sheet.px(6);
  brush.fill({{place.x, place.y - side / 2}, {place.x + side, place.y + side / 2}},
             zone_color(sheet.theme, zone), sheet.px(1));
  const float left = place.x + side + sheet.px(4);
  brush.text(font, {left, place.y - font->FontSize / 2}, sheet.theme.dim, sheet.zone_names[zone]);
  return left + width_of(font, sheet.zone_names[zone]) + sheet.px(6);
}

void paint_foot(const Sheet& sheet, CardRows::Row row, CardParts& parts) {
  const Brush& brush = sheet.brush;
  ImFont* const font = text_font(brush.look, sheet.state.zoom);
  const float middle = sheet.rect.min.y + row.top + row.height / 2;
  const std::size_t count = instances_of(sheet.model, sheet.spot);
  float left = sheet.left;
  if (sheet.spot.group) {
    left = paint_troubles(sheet, {left, middle}, font);
  } else if (count > 1) {
    const float height = std::min(row.height, sheet.at_zoom(16, 13));
    left = paint_instances(sheet,
                           {{left, std::round(middle - height / 2)},
                            {left + (sheet.right - left) * 0.6F, std::round(middle + height / 2)}},
                           font, parts);
  } else if (count == 1) {
    left = paint_zone(sheet, {left, middle}, font);
  }
  const float radius = font->FontSize * 0.42F;
  const Said said = said_of(sheet, sheet.right - left, font);
  const float width = width_of(font, said.text);
  if (said.text.empty() || left + width > sheet.right) return;
  brush.text_left_of(font, {sheet.right, middle - font->FontSize / 2}, said.color, said.text);
  if (said.alarm && sheet.right - width - 2 * radius - sheet.px(4) > left)
    brush.icon(Icon::warning, {sheet.right - width - radius - sheet.px(4), middle}, radius,
               said.color);
}

/// A plate across the upper edge that says what fault is on.
void paint_faults(const Sheet& sheet) {
  const Node* faulted = nullptr;
  for (const std::size_t node : sheet.spot.nodes)
    if (!sheet.model.nodes[node].faults.empty() && faulted == nullptr)
      faulted = &sheet.model.nodes[node];
  if (faulted == nullptr) return;
  const Brush& brush = sheet.brush;
  const Color bad = sheet.theme.status(Status::bad);
  ImFont* const font = brush.look.font(TextRole::small);
  const bool many = sheet.reading.faults > 1;
  const std::string more = many ? " +" + std::to_string(sheet.reading.faults - 1) : "";
  const float room = sheet.rect.width() - sheet.px(40) - width_of(font, more);
  const std::string text = sheet.state.detail == Detail::full
                               ? shortened(font, faulted->faults.front(), room) + more
                               : std::string();
  const Chip chip{font,
                  text,
                  mixed(sheet.theme.background, bad, 0.16F),
                  mixed(sheet.theme.background, bad, 0.75F),
                  sheet.theme.text,
                  Icon::bolt,
                  bad};
  // Mostly above the card, whose name begins right below its edge.
  const float height = size_of(brush.look, chip).y;
  brush.chip(chip, {sheet.rect.min.x + sheet.px(6), sheet.rect.min.y - height / 2 + sheet.px(4)});
}

CardParts paint_full(const Sheet& sheet) {
  const Look& look = sheet.brush.look;
  CardParts parts;
  CardNeeds needs;
  needs.lines = lines_of_figures(sheet);
  needs.ghost = sheet.state.comparing;
  needs.sparkline = sheet.spot.group ? instances_of(sheet.model, sheet.spot) > 0
                                     : sheet.first().sparkline.size() > 1;
  needs.bar = !std::isnan(sheet.reading.now.utilization);
  const Figures& now = sheet.reading.now;
  needs.foot = instances_of(sheet.model, sheet.spot) > 0 || !sheet.first().note.empty() ||
               now.error_share >= sheet.state.limits.errors_warn || now.queue >= 0.5;
  const float name_height = std::round(name_font(look, sheet.state.zoom)->FontSize * 1.15F);
  const float line_height = std::round(number_font(look, sheet.state.zoom)->FontSize * 1.15F);
  const CardRows rows = rows_of(sheet.rect.height(), name_height, line_height, sheet.at_zoom(8, 4),
                                look.scale, needs);
  const float top = sheet.rect.min.y;
  parts.expand = paint_name(sheet, top + rows.name.top, rows.name.height);
  paint_figures(sheet, top + rows.figures.top, rows.figures.height, needs.lines);
  if (rows.ghost) paint_ghosts(sheet, top + rows.ghost.top);
  if (rows.sparkline && sheet.spot.group) {
    const Rect area{{sheet.left, top + rows.sparkline.top},
                    {sheet.right, top + rows.sparkline.top + rows.sparkline.height}};
    paint_histogram(sheet, snapped(area), true, parts);
  } else if (rows.sparkline) {
    paint_curve(sheet, rows.sparkline);
  }
  if (rows.bar) paint_bar(sheet, rows.bar, rows.percent);
  if (rows.foot) paint_foot(sheet, rows.foot, parts);
  return parts;
}

CardParts paint_compact(const Sheet& sheet) {
  CardParts parts;
  const Look& look = sheet.brush.look;
  const Rect& rect = sheet.rect;
  const float name_height = name_font(look, sheet.state.zoom)->FontSize * 1.15F;
  const float line_height = number_font(look, sheet.state.zoom)->FontSize * 1.15F;
  const bool bar = !std::isnan(sheet.reading.now.utilization);
  const float bar_height = bar ? sheet.px(5) : 0;
  const float free = rect.height() - name_height - bar_height;
  const bool two = free > line_height + sheet.px(4);
  const float used = name_height + bar_height + (two ? line_height : 0);
  float top = (rect.height() - used) / 2;
  parts.expand = paint_name(sheet, rect.min.y + top, name_height);
  top += name_height;
  if (two) {
    ImFont* const font = number_font(look, sheet.state.zoom);
    sheet.brush.text(font, {sheet.left, rect.min.y + top}, sheet.theme.dim,
                     format(sheet.reading.now.rate_per_s, Unit::rate));
    top += line_height;
  }
  if (bar) paint_bar(sheet, {top, bar_height}, false);
  return parts;
}

}  // namespace

CardRows rows_of(float height, float name_height, float line_height, float padding, float scale,
                 const CardNeeds& needs) {
  const float gap = std::round(2 * scale);
  const float thin_bar = 6 * scale;
  const float least_curve = 10 * scale;
  const float figures = line_height * static_cast<float>(needs.lines);
  float free = height - 2 * padding - name_height - gap - figures;
  const auto take = [&free](bool needed, float wanted) {
    if (!needed || free < wanted) return 0.0F;
    free -= wanted;
    return wanted;
  };
  const float ghost = take(needs.ghost, line_height);
  float bar = take(needs.bar, thin_bar);
  float curve = take(needs.sparkline, least_curve + gap);
  const float foot = take(needs.foot, line_height + gap);
  const float more = bar > 0 ? take(true, line_height - thin_bar) : 0;
  CardRows rows;
  rows.percent = more > 0;
  bar += more;
  if (curve > 0) curve += std::min(free, 80 * scale);

  float top = padding;
  const auto place = [&top](float row_height) {
    const CardRows::Row row{top, row_height};
    top += row_height;
    return row;
  };
  rows.name = place(name_height);
  top += gap;
  rows.figures = place(figures);
  rows.ghost = place(ghost);
  // From below: bar and foot stand at the lower edge, what is between goes to the curve.
  float bottom = height - padding;
  rows.foot = {bottom - foot + gap, std::max(0.0F, foot - gap)};
  bottom -= foot;
  rows.bar = {bottom - bar, bar};
  bottom -= bar;
  if (curve > 0) rows.sparkline = {bottom - curve + gap, curve - gap - gap / 2};
  return rows;
}

void paint_instance(const Brush& brush, const Rect& rect, const Instance& instance,
                    const Limits& limits) {
  const Theme& theme = brush.look.theme;
  const Color bad = theme.status(Status::bad);
  const Color warn = theme.status(Status::warn);
  const float line = std::max(1.0F, std::floor(brush.look.scale));
  const float rounding = std::min(rect.width() / 3, brush.px(2));
  const double utilization = std::isnan(instance.utilization) ? 0 : instance.utilization;
  Color ink = utilization >= limits.utilization_bad    ? bad
              : utilization >= limits.utilization_warn ? warn
                                                       : theme.status(Status::ok);
  switch (instance.state) {
    case InstanceState::down: {
      brush.outline(rect, bad, rounding, line);
      const float inset = std::max(1.5F, rect.width() * 0.28F);
      const float middle = rect.center().y;
      const float reach = rect.width() / 2 - inset;
      const float x = rect.center().x;
      brush.draw.AddLine({x - reach, middle - reach}, {x + reach, middle + reach}, brush.color(bad),
                         line * 1.4F);
      brush.draw.AddLine({x - reach, middle + reach}, {x + reach, middle - reach}, brush.color(bad),
                         line * 1.4F);
      return;
    }
    case InstanceState::absent: {
      const float dot = std::max(line, rect.width() * 0.3F);
      const ImVec2 center = rect.center();
      brush.fill(Rect::around({center.x, rect.max.y - dot}, {dot, dot}), theme.faint, dot / 2);
      return;
    }
    case InstanceState::paused: {
      const float third = rect.width() / 3;
      const float inset = rect.height() * 0.2F;
      brush.fill(
          snapped({{rect.min.x, rect.min.y + inset}, {rect.min.x + third, rect.max.y - inset}}),
          warn);
      brush.fill(
          snapped({{rect.max.x - third, rect.min.y + inset}, {rect.max.x, rect.max.y - inset}}),
          warn);
      return;
    }
    case InstanceState::failing: {
      const float wide = std::max(2.0F, rect.width() * 0.4F);
      const ImVec2 center = rect.center();
      brush.fill(
          {{center.x - wide / 2, rect.min.y}, {center.x + wide / 2, rect.max.y - wide * 1.7F}}, bad,
          wide / 3);
      brush.fill({{center.x - wide / 2, rect.max.y - wide}, {center.x + wide / 2, rect.max.y}}, bad,
                 wide / 3);
      return;
    }
    case InstanceState::slow:
      ink = warn;
      break;
    case InstanceState::up:
      break;
  }
  brush.fill(rect, mixed(theme.raised, theme.border, 0.85F), rounding);
  const float level = rect.height() * static_cast<float>(std::clamp(utilization, 0.0, 1.0));
  brush.fill(snapped({{rect.min.x, rect.max.y - std::max(line, level)}, rect.max}), ink, rounding);
  if (instance.state == InstanceState::slow) brush.outline(rect, warn, rounding, line);
}

std::string troubles_of(const Census& census, int most) {
  constexpr std::array kWorstFirst = {InstanceState::down, InstanceState::failing,
                                      InstanceState::paused, InstanceState::slow};
  std::string text;
  for (const InstanceState state : kWorstFirst) {
    const int count = census.of(state);
    if (count == 0 || most == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + " " + std::string(word_of(state));
    --most;
  }
  return text;
}

CardParts paint_card(const Brush& brush, const Rect& rect, const Model& model,
                     const Scene::Spot& spot, const Readings::OfSpot& reading,
                     const std::vector<std::string>& zone_names, const CardState& state) {
  const bool full = state.detail == Detail::full;
  const float inset = brush.px(std::max(full ? 8.0F : 6.0F, 12 * std::min(state.zoom, 1.4F)));
  const Sheet sheet{brush,
                    brush.look.theme,
                    rect,
                    model,
                    spot,
                    reading,
                    zone_names,
                    state,
                    rect.min.x + inset + brush.px(2),
                    rect.max.x - inset + brush.px(2)};
  paint_plate(sheet);
  CardParts parts = full ? paint_full(sheet) : paint_compact(sheet);
  paint_faults(sheet);
  return parts;
}

}  // namespace highwater::viewer::topology
