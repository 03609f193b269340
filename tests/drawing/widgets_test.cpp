#include "viewer/draw/widgets.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/headless.h"

namespace highwater::viewer {
namespace {

// How many pixels of the picture have a colour.
int count(const Image& image, Color color) {
  return static_cast<int>(std::count(image.pixels.begin(), image.pixels.end(), color));
}

TEST_CASE("bar: as full as the share says", "[drawing][widgets]") {
  constexpr Color kColor = rgb(0x12fe34);
  const auto painted_pixels = [](double share) {
    Headless headless({200, 60});
    headless.frame([&] {
      bar(headless.look(), *ImGui::GetWindowDrawList(), {20, 20}, {120, 30}, share, kColor);
    });
    return count(headless.picture(), kColor);
  };
  const int whole = painted_pixels(1);
  CHECK(whole > 900);
  CHECK(painted_pixels(0.5) == Approx(whole / 2).margin(30));
  CHECK(painted_pixels(7) == whole);
  CHECK(painted_pixels(0) == 0);
  CHECK(painted_pixels(-1) == 0);
  CHECK(painted_pixels(std::nan("")) == 0);
}

TEST_CASE("histogram: columns as high as their share of the highest", "[drawing][widgets]") {
  const Color color = rgb(0x12fe34);
  const std::vector<double> heights = {4, 2, 0, std::nan(""), 1e-9};
  Headless headless({200, 100});
  headless.frame([&] {
    histogram(headless.look(), *ImGui::GetWindowDrawList(), {20, 20}, {120, 60}, heights, color);
  });
  const Image image = headless.picture();
  const auto column = [&](int x) {
    int pixels = 0;
    for (int y = 0; y < image.height; ++y)
      if (image.at(x, y) == color) ++pixels;
    return pixels;
  };
  CHECK(column(30) == 40);
  CHECK(column(50) == 20);
  CHECK(column(70) == 0);
  CHECK(column(90) == 0);
  CHECK(column(110) == 1);  // what is there can be seen
}

TEST_CASE("sparkline: a peak is found however many samples there are", "[drawing][widgets]") {
  const Color color = rgb(0x12fe34);
  std::vector<double> y(5000, 0.0);
  y[2501] = 1;
  Headless headless({200, 100});
  headless.frame([&] {
    sparkline(headless.look(), *ImGui::GetWindowDrawList(), {20, 20}, {120, 60}, y, color);
  });
  const Image image = headless.picture();
  bool high = false;
  for (int x = 65; x < 75; ++x)
    for (int y_pixel = 19; y_pixel < 25; ++y_pixel)
      if (green(image.at(x, y_pixel)) > 100) high = true;
  CHECK(high);
  // Too little to draw.
  headless.frame([&] {
    sparkline(headless.look(), *ImGui::GetWindowDrawList(), {20, 20}, {120, 60}, Values(), color);
  });
  CHECK(count(headless.picture(), color) == 0);
}

TEST_CASE("status label: sign and word", "[drawing][widgets]") {
  Headless headless({300, 100});
  ImVec2 size;
  headless.frame([&] {
    status_label(headless.look(), Status::bad);
    size = ImGui::GetItemRectSize();
  });
  CHECK(size.x > 40);
  CHECK(count(headless.picture(), headless.look().theme.status(Status::bad)) > 10);
}

TEST_CASE("icon button: is pressed as others are", "[drawing][widgets]") {
  Headless headless({300, 100});
  bool pressed = false;
  ImVec2 middle;
  const auto draw = [&] {
    pressed = icon_button(headless.look(), {.id = "go", .icon = Icon::play, .label = "Go"});
    middle = {(ImGui::GetItemRectMin().x + ImGui::GetItemRectMax().x) / 2,
              (ImGui::GetItemRectMin().y + ImGui::GetItemRectMax().y) / 2};
  };
  headless.frame(draw);
  headless.move(middle);
  headless.frame(draw);
  headless.press(0);
  headless.frame(draw);
  CHECK(!pressed);
  headless.release(0);
  headless.frame(draw);
  CHECK(pressed);
  headless.frame(draw);
  CHECK(!pressed);
}

}  // namespace
}  // namespace highwater::viewer
