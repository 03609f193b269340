#pragma once

#include <cstdint>
#include <string>

#include <imgui.h>

namespace highwater::viewer {

/// A colour as Dear ImGui's draw lists hold it: red in the low byte, then green, blue, opacity.
using Color = ImU32;

/// From what style sheets write: rgb(0x4aa8ff).
constexpr Color rgb(std::uint32_t hex) {
  return IM_COL32((hex >> 16U) & 255U, (hex >> 8U) & 255U, hex & 255U, 255);
}

constexpr unsigned red(Color color) {
  return color & 255U;
}
constexpr unsigned green(Color color) {
  return (color >> 8U) & 255U;
}
constexpr unsigned blue(Color color) {
  return (color >> 16U) & 255U;
}
constexpr unsigned opacity(Color color) {
  return color >> 24U;
}

/// The colour with its opacity multiplied by `share`, 0..1.
Color faded(Color color, float share);

/// From `from` (share 0) to `to` (share 1), channel by channel.
Color mixed(Color from, Color to, float share);

/// The colour that remains where `over` is painted on the opaque `under`.
Color painted(Color under, Color over);

ImVec4 to_vec4(Color color);

/// "#4aa8ff": what style sheets and SVG read. Opacity is written apart.
std::string to_hex(Color color);

/// How far text stands out: 1 (not at all) to 21 (black on white).
/// Source  WCAG 2.1, "contrast ratio".
double contrast(Color one, Color other);

/// A colour in Oklab: lightness 0..1 and two axes of hue. Equal distances look equally different.
/// Source  B. Ottosson, "A perceptual color space for image processing" (2020).
struct Lab {
  double lightness = 0;
  double a = 0;  ///< Green to red.
  double b = 0;  ///< Blue to yellow.
};

Lab to_lab(Color color);

/// The nearest colour that a screen can show.
Color from_lab(const Lab& lab);

double distance(const Lab& one, const Lab& other);

}  // namespace highwater::viewer
