#include "viewer/draw/color.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace highwater::viewer {
namespace {

unsigned channel(Color color, unsigned shift) {
  return (color >> shift) & 255U;
}

// sRGB's curve, channel 0..255 to light 0..1.
double to_light(unsigned value) {
  const double share = static_cast<double>(value) / 255;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

unsigned from_light(double light) {
  const double clamped = std::clamp(light, 0.0, 1.0);
  const double share =
      clamped <= 0.0031308 ? clamped * 12.92 : 1.055 * std::pow(clamped, 1 / 2.4) - 0.055;
  return static_cast<unsigned>(std::lround(share * 255));
}

double luminance(Color color) {
  return 0.2126 * to_light(red(color)) + 0.7152 * to_light(green(color)) +
         0.0722 * to_light(blue(color));
}

}  // namespace

Color faded(Color color, float share) {
  const float clamped = std::clamp(share, 0.0F, 1.0F);
  const auto alpha = static_cast<unsigned>(static_cast<float>(opacity(color)) * clamped + 0.5F);
  return (color & 0x00FFFFFFU) | (alpha << 24U);
}

Color mixed(Color from, Color to, float share) {
  const float clamped = std::clamp(share, 0.0F, 1.0F);
  Color result = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto a = static_cast<float>(channel(from, shift));
    const auto b = static_cast<float>(channel(to, shift));
    result |= static_cast<unsigned>(a + (b - a) * clamped + 0.5F) << shift;
  }
  return result;
}

Color painted(Color under, Color over) {
  const float share = static_cast<float>(opacity(over)) / 255;
  return mixed(under, over | 0xFF000000U, share) | 0xFF000000U;
}

ImVec4 to_vec4(Color color) {
  return ImGui::ColorConvertU32ToFloat4(color);
}

std::string to_hex(Color color) {
  return fmt::format("#{:02x}{:02x}{:02x}", red(color), green(color), blue(color));
}

double contrast(Color one, Color other) {
  const double a = luminance(one);
  const double b = luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

Lab to_lab(Color color) {
  const double r = to_light(red(color));
  const double g = to_light(green(color));
  const double b = to_light(blue(color));
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

Color from_lab(const Lab& lab) {
  const auto cube = [](double x) { return x * x * x; };
  const double l = cube(lab.lightness + 0.3963377774 * lab.a + 0.2158037573 * lab.b);
  const double m = cube(lab.lightness - 0.1055613458 * lab.a - 0.0638541728 * lab.b);
  const double s = cube(lab.lightness - 0.0894841775 * lab.a - 1.2914855480 * lab.b);
  const unsigned r = from_light(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const unsigned g = from_light(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const unsigned b = from_light(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
  return IM_COL32(r, g, b, 255);
}

double distance(const Lab& one, const Lab& other) {
  return std::hypot(one.lightness - other.lightness, one.a - other.a, one.b - other.b);
}

}  // namespace highwater::viewer
