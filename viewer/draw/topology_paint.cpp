#include "viewer/draw/topology_paint.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <limits>

namespace highwater::viewer::topology {

ImFont* fitting(const Look& look, std::initializer_list<TextRole> roles, float design, float zoom) {
  const float wanted = look.px(design) * zoom * 1.04F;
  ImFont* smallest = nullptr;
  ImFont* best = nullptr;
  for (const TextRole role : roles) {
    ImFont* font = look.font(role);
    if (smallest == nullptr || font->FontSize < smallest->FontSize) smallest = font;
    if (font->FontSize <= wanted && (best == nullptr || font->FontSize > best->FontSize))
      best = font;
  }
  return best != nullptr ? best : smallest;
}

ImFont* name_font(const Look& look, float zoom) {
  return fitting(look, {TextRole::card, TextRole::strong, TextRole::heading}, 15, zoom);
}
ImFont* text_font(const Look& look, float zoom) {
  return fitting(look, {TextRole::small, TextRole::body}, 13, zoom);
}
ImFont* number_font(const Look& look, float zoom) {
  return fitting(look, {TextRole::mono_small, TextRole::mono}, 13, zoom);
}

float width_of(ImFont* font, std::string_view text) {
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, text.data(), text.data() + text.size()).x;
}

std::string shortened(ImFont* font, std::string_view text, float width) {
  if (width_of(font, text) <= width) return std::string(text);
  constexpr ImWchar kEllipsis = 0x2026;
  const std::string_view end =
      font->FindGlyphNoFallback(kEllipsis) != nullptr ? "\xE2\x80\xA6" : "..";
  const float room = width - width_of(font, end);
  if (room <= 0) return {};
  const char* cut = nullptr;
  font->CalcTextSizeA(font->FontSize, room, 0, text.data(), text.data() + text.size(), &cut);
  auto kept = static_cast<std::size_t>(cut - text.data());
  if (kept == 0) return {};
  // "order-…" says no more than "order…".
  while (kept > 1 && (text[kept - 1] == '-' || text[kept - 1] == ' ' || text[kept - 1] == '_'))
    --kept;
  return std::string(text.substr(0, kept)) + std::string(end);
}

Color Brush::color(Color color) const {
  if (strength >= 1) return color;
  const Color solid = mixed(look.theme.background, color | IM_COL32_A_MASK, strength);
  return (solid & ~static_cast<Color>(IM_COL32_A_MASK)) | (color & IM_COL32_A_MASK);
}

void Brush::text(ImFont* font, ImVec2 place, Color ink, std::string_view text) const {
  if (text.empty()) return;
  draw.AddText(font, font->FontSize, {std::round(place.x), std::round(place.y)}, color(ink),
               text.data(), text.data() + text.size());
}

void Brush::text_left_of(ImFont* font, ImVec2 place, Color ink, std::string_view text) const {
  this->text(font, {place.x - width_of(font, text), place.y}, ink, text);
}

void Brush::icon(Icon icon, ImVec2 center, float radius, Color ink) const {
  draw_icon(draw, icon, center, radius, color(ink));
}

void Brush::fill(const Rect& rect, Color ink, float rounding) const {
  draw.AddRectFilled(rect.min, rect.max, color(ink), rounding);
}

void Brush::outline(const Rect& rect, Color ink, float rounding, float thickness) const {
  draw.AddRect(rect.min, rect.max, color(ink), rounding, 0, thickness);
}

ImVec2 size_of(const Look& look, const Chip& chip) {
  const float size = chip.font->FontSize;
  const float sign = chip.sign ? size : 0;
  const float text =
      chip.text.empty() ? 0 : width_of(chip.font, chip.text) + look.px(chip.sign ? 2 : 0);
  return {std::round(text + look.px(12) + sign), std::round(size + look.px(4))};
}

std::string percent(double share) {
  return std::to_string(std::lround(share * 100)) + "%";
}

Rect Brush::chip(const Chip& chip, ImVec2 place) const {
  const ImVec2 size = size_of(look, chip);
  const Rect rect =
      snapped({{place.x, place.y - size.y / 2}, {place.x + size.x, place.y + size.y / 2}});
  const float rounding = size.y / 2;
  fill(rect, chip.plate, rounding);
  outline(rect, chip.border, rounding, std::max(1.0F, std::floor(look.scale)));
  const float letter = chip.font->FontSize;
  float x = rect.min.x + px(6);
  if (chip.sign) {
    icon(*chip.sign, {x + letter * 0.45F, rect.center().y}, letter * 0.42F, chip.sign_ink);
    x += letter + px(2);
  }
  text(chip.font, {x, rect.center().y - letter / 2}, chip.ink, chip.text);
  return rect;
}

Color color_of(const Theme& theme, Health health) {
  return theme.status(status_of(health));
}

Color zone_color(const Theme& theme, std::size_t zone) {
  // Those that are not like a status first.
  constexpr std::array<std::size_t, Theme::kSeries> kOrder = {0, 3, 7, 6, 2, 1, 4, 5};
  return theme.series(kOrder[zone % kOrder.size()]);
}

Rect snapped(const Rect& rect) {
  return {{std::round(rect.min.x), std::round(rect.min.y)},
          {std::round(rect.max.x), std::round(rect.max.y)}};
}

}  // namespace highwater::viewer::topology
