#include "viewer/draw/color.h"

#include <array>
#include <vector>

#include <catch2/catch.hpp>

#include "viewer/draw/color_map.h"

namespace highwater::viewer {
namespace {

TEST_CASE("color: channels, hex and mixtures", "[drawing][color]") {
  const Color color = rgb(0x4aa8ff);
  CHECK(red(color) == 0x4a);
  CHECK(green(color) == 0xa8);
  CHECK(blue(color) == 0xff);
  CHECK(opacity(color) == 255);
  CHECK(to_hex(color) == "#4aa8ff");
  CHECK(opacity(faded(color, 0.5F)) == 128);
  CHECK(opacity(faded(faded(color, 0.5F), 0.5F)) == 64);
  CHECK(faded(color, 2) == color);
  CHECK(mixed(rgb(0x000000), rgb(0xffffff), 0.5F) == rgb(0x808080));
  CHECK(mixed(color, rgb(0), 0) == color);
  CHECK(painted(rgb(0), faded(rgb(0xffffff), 0.5F)) == rgb(0x808080));
}

TEST_CASE("color: contrast is WCAG's", "[drawing][color]") {
  CHECK(contrast(rgb(0), rgb(0xffffff)) == Approx(21));
  CHECK(contrast(rgb(0x777777), rgb(0x777777)) == Approx(1));
  // The grey that the recommendation's examples name as just enough on white.
  CHECK(contrast(rgb(0x767676), rgb(0xffffff)) == Approx(4.54).margin(0.01));
}

TEST_CASE("color: Oklab of known colours, and back", "[drawing][color]") {
  // B. Ottosson's page gives white as (1, 0, 0); red, green and blue are of the CSS Color 4 tests.
  const Lab white = to_lab(rgb(0xffffff));
  CHECK(white.lightness == Approx(1).margin(1e-3));
  CHECK(white.a == Approx(0).margin(1e-3));
  const Lab red_lab = to_lab(rgb(0xff0000));
  CHECK(red_lab.lightness == Approx(0.628).margin(1e-3));
  CHECK(red_lab.a == Approx(0.225).margin(1e-3));
  CHECK(red_lab.b == Approx(0.126).margin(1e-3));
  for (const std::uint32_t hex : {0x000000U, 0xffffffU, 0x4aa8ffU, 0x11151bU, 0xd9481fU})
    CHECK(from_lab(to_lab(rgb(hex))) == rgb(hex));
}

TEST_CASE("color map: goes through its ends at equal speed", "[drawing][color]") {
  const std::array stops = {to_lab(rgb(0x000000)), to_lab(rgb(0x800040)), to_lab(rgb(0xffff80))};
  const ColorMap map(stops);
  CHECK(map.at(0) == rgb(0x000000));
  CHECK(map.at(1) == rgb(0xffff80));
  CHECK(map.at(-3) == map.at(0));
  CHECK(map.at(7) == map.at(1));
  CHECK(ColorMap::step(0.5F) == ColorMap::kSteps / 2);
  CHECK(map.at(0.25F) == map.of_step(ColorMap::step(0.25F)));
}

}  // namespace
}  // namespace highwater::viewer
