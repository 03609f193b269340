#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <imgui.h>

#include "viewer/draw/look.h"
#include "viewer/draw/topology_geometry.h"
#include "viewer/draw/topology_summary.h"

namespace highwater::viewer::topology {

/// The largest of some fonts that is no higher than `design` pixels at a zoom, or the smallest:
/// text is drawn at the sizes that the fonts were made for, so that it is crisp at every zoom and
/// never too small to read.
ImFont* fitting(const Look& look, std::initializer_list<TextRole> roles, float design, float zoom);
ImFont* name_font(const Look& look, float zoom);
ImFont* text_font(const Look& look, float zoom);
ImFont* number_font(const Look& look, float zoom);

float width_of(ImFont* font, std::string_view text);

/// The text, cut and ended by an ellipsis where it is wider than `width`; empty where not even a
/// letter fits.
std::string shortened(ImFont* font, std::string_view text, float width);

/// Text on a plate with round corners.
struct Chip {
  ImFont* font;
  std::string_view text;
  Color plate, border, ink;
  std::optional<Icon> sign = std::nullopt;  ///< Before the text.
  Color sign_ink = 0;
};

/// Draws on a list of a look, as strongly as wanted: what is dimmed moves towards the background,
/// but hides what is behind it as before.
struct Brush {
  ImDrawList& draw;
  const Look& look;
  float strength = 1;

  Color color(Color color) const;
  float px(float design) const { return look.px(design); }

  void text(ImFont* font, ImVec2 place, Color color, std::string_view text) const;
  /// Ends at `place`.
  void text_left_of(ImFont* font, ImVec2 place, Color color, std::string_view text) const;
  void icon(Icon icon, ImVec2 center, float radius, Color color) const;
  void fill(const Rect& rect, Color color, float rounding = 0) const;
  void outline(const Rect& rect, Color color, float rounding = 0, float thickness = 1) const;

  /// Draws it with the middle of its left side at `place`; returns where it is.
  Rect chip(const Chip& chip, ImVec2 place) const;
};

ImVec2 size_of(const Look& look, const Chip& chip);

/// "57%", as utilizations are written: no more digits, whatever they tell.
std::string percent(double share);

Color color_of(const Theme& theme, Health health);
Color zone_color(const Theme& theme, std::size_t zone);

/// On whole pixels.
Rect snapped(const Rect& rect);

}  // namespace highwater::viewer::topology
