#include "viewer/draw/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/drawing/headless.h"

namespace highwater::viewer {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

struct Vision {
  const char* name;
  Matrix matrix;  // on linear red, green, blue
};

// G. Machado, M. Oliveira, L. Fernandes, "A physiologically-based model for simulation of color
// vision deficiency" (2009), severity 1.
constexpr std::array<Vision, 4> kVisions = {{
    {"all colours", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
    {"protanopia",
     {{{0.152286, 1.052583, -0.204868},
       {0.114503, 0.786281, 0.099216},
       {-0.003882, -0.048116, 1.051998}}}},
    {"deuteranopia",
     {{{0.367322, 0.860646, -0.227968},
       {0.280085, 0.672501, 0.047413},
       {-0.011820, 0.042940, 0.968881}}}},
    {"tritanopia",
     {{{1.255528, -0.076749, -0.178779},
       {-0.078411, 0.930809, 0.147602},
       {0.004733, 0.691367, 0.303900}}}},
}};

double to_linear(unsigned value) {
  const double share = value / 255.0;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

unsigned to_byte(double linear) {
  const double clamped = std::clamp(linear, 0.0, 1.0);
  const double share =
      clamped <= 0.0031308 ? clamped * 12.92 : 1.055 * std::pow(clamped, 1 / 2.4) - 0.055;
  return static_cast<unsigned>(std::lround(share * 255));
}

Color seen(Color color, const Matrix& matrix) {
  const std::array light = {to_linear(red(color)), to_linear(green(color)), to_linear(blue(color))};
  std::array<unsigned, 3> out{};
  for (std::size_t i = 0; i < 3; ++i)
    out[i] = to_byte(matrix[i][0] * light[0] + matrix[i][1] * light[1] + matrix[i][2] * light[2]);
  return IM_COL32(out[0], out[1], out[2], 255);
}

double least_distance(const Theme& theme, const Matrix& matrix) {
  double least = 1;
  for (std::size_t i = 0; i < Theme::kSeries; ++i)
    for (std::size_t j = 0; j < i; ++j)
      least = std::min(least, distance(to_lab(seen(theme.palette[i], matrix)),
                                       to_lab(seen(theme.palette[j], matrix))));
  return least;
}

const std::array<const Theme*, 2> kThemes = {&dark_theme(), &light_theme()};

TEST_CASE("theme: series are told apart with every kind of colour blindness", "[drawing][theme]") {
  for (const Theme* theme : kThemes)
    for (const Vision& vision : kVisions) {
      INFO((theme->mode == Mode::dark ? "dark, " : "light, ") << vision.name);
      CHECK(least_distance(*theme, vision.matrix) > 0.1);
    }
  // The measure itself: with protanopia this red and this green are much alike, and without not.
  const Color one = rgb(0xb0522c);
  const Color other = rgb(0x6f6a28);
  const double blind =
      distance(to_lab(seen(one, kVisions[1].matrix)), to_lab(seen(other, kVisions[1].matrix)));
  CHECK(distance(to_lab(one), to_lab(other)) > 2 * blind);
}

TEST_CASE("theme: everything stands out from what it stands on", "[drawing][theme]") {
  for (const Theme* theme : kThemes) {
    INFO((theme->mode == Mode::dark ? "dark" : "light"));
    for (const Color ground : {theme->background, theme->panel, theme->raised}) {
      CHECK(contrast(theme->text, ground) > 10);
      CHECK(contrast(theme->dim, ground) > 4.5);
      for (const Color status : theme->statuses) CHECK(contrast(status, ground) > 3);
    }
    CHECK(contrast(theme->on_accent, theme->accent) > 4.5);
    CHECK(contrast(theme->text, theme->control_active) > 4.5);
    for (const Color series : theme->palette) CHECK(contrast(series, theme->panel) > 2.5);
  }
}

TEST_CASE("theme: a status is a sign and a word, not a colour alone", "[drawing][theme]") {
  std::set<Icon> icons;
  std::set<std::string_view> words;
  for (const Status status : {Status::ok, Status::warn, Status::bad, Status::idle}) {
    icons.insert(icon(status));
    words.insert(word(status));
  }
  CHECK(icons.size() == 4);
  CHECK(words.size() == 4);
}

TEST_CASE("theme: lightness alone orders the colours of amounts", "[drawing][theme]") {
  for (const Theme* theme : kThemes) {
    CHECK(theme->density.at(0) == theme->panel);
    for (const ColorMap* map : {&theme->density, &theme->level}) {
      const double direction = theme->mode == Mode::dark ? 1 : -1;
      double longest = 0;
      double whole = 0;
      for (std::size_t step = 1; step < ColorMap::kSteps; ++step) {
        const Lab before = to_lab(map->of_step(step - 1));
        const Lab after = to_lab(map->of_step(step));
        // Bytes are coarse at the dark end: a step may stand still there, never turn back.
        CHECK((after.lightness - before.lightness) * direction > -0.002);
        longest = std::max(longest, distance(before, after));
        whole += distance(before, after);
      }
      CHECK(longest < 2.5 * whole / ColorMap::kSteps);
      CHECK(std::abs(to_lab(map->at(1)).lightness - to_lab(map->at(0)).lightness) > 0.6);
    }
  }
}

TEST_CASE("theme: apply() sets colours and scales sizes", "[drawing][theme]") {
  const Headless headless;
  apply(light_theme(), 2);
  const ImGuiStyle& style = ImGui::GetStyle();
  CHECK(ImGui::ColorConvertFloat4ToU32(style.Colors[ImGuiCol_Text]) == light_theme().text);
  CHECK(style.FramePadding.x == 18);
  apply(dark_theme(), 1);  // not on top of what was there
  CHECK(ImGui::ColorConvertFloat4ToU32(style.Colors[ImGuiCol_WindowBg]) == dark_theme().background);
  CHECK(style.FramePadding.x == 9);
}

}  // namespace
}  // namespace highwater::viewer
