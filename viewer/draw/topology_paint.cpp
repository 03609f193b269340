#include "viewer/draw/topology_paint.h"

#include <algorithm>
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
  return fitting(look, {TextRole::small, TextRole::strong, TextRole::heading}, 15, zoom);
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

ImVec2 chip_size(const Look& look, ImFont* font, std::string_view text, bool with_icon) {
  const float height = std::round(font->FontSize + look.px(4));
  const float sign = with_icon ? font->FontSize : 0;
  return {std::round(width_of(font, text) + look.px(12) + sign), height};
}

Rect Brush::chip(ImFont* font, ImVec2 place, std::string_view text, Color plate, Color border,
                 Color ink, const Icon* sign) const {
  const ImVec2 size = chip_size(look, font, text, sign != nullptr);
  const Rect rect =
      snapped({{place.x, place.y - size.y / 2}, {place.x + size.x, place.y + size.y / 2}});
  const float rounding = size.y / 2;
  fill(rect, plate, rounding);
  outline(rect, border, rounding, std::max(1.0F, std::floor(look.scale)));
  float x = rect.min.x + px(6);
  if (sign != nullptr) {
    const float radius = font->FontSize * 0.4F;
    icon(*sign, {x + radius, rect.center().y}, radius, ink);
    x += font->FontSize;
  }
  this->text(font, {x, rect.center().y - font->FontSize / 2}, ink, text);
  return rect;
}

Color color_of(const Theme& theme, Health health) {
  return theme.status(status_of(health));
}

Color zone_color(const Theme& theme, std::size_t zone) {
  return theme.series(zone);
}

Rect snapped(const Rect& rect) {
  return {{std::round(rect.min.x), std::round(rect.min.y)},
          {std::round(rect.max.x), std::round(rect.max.y)}};
}

}  // namespace highwater::viewer::topology
