#include "tests/drawing/gallery.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

// Every kind of chart in both themes and at two scales, as a picture. A picture that changes on
// purpose is written anew with HIGHWATER_UPDATE_RESULTS=1 and looked at.

namespace highwater::viewer {
namespace {

namespace fs = std::filesystem;

TEST_CASE("gallery: dump", "[.]") {
  const char* scale_text = std::getenv("SCALE");
  const float scale = scale_text == nullptr ? 1.0F : std::strtof(scale_text, nullptr);
  for (const Mode mode : {Mode::dark, Mode::light}) {
    Headless headless({1600 * scale, 1000 * scale}, mode, scale);
    Gallery gallery;
    if (const char* mouse = std::getenv("MOUSE")) {
      float x = 0;
      float y = 0;
      std::sscanf(mouse, "%f,%f", &x, &y);
      headless.move({x * scale, y * scale});
    }
    for (int i = 0; i < 3; ++i) headless.frame([&] { gallery.draw(headless.look()); });
    write_png(mode == Mode::dark ? "/tmp/dark.png" : "/tmp/light.png", headless.picture());
    WARN(headless.missing_fonts());
  }
}

}  // namespace
}  // namespace highwater::viewer
