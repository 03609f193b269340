#include "viewer/draw/raster.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/gallery.h"

namespace highwater::viewer {
namespace {

constexpr Color kBlack = IM_COL32(0, 0, 0, 255);
constexpr Color kWhite = IM_COL32(255, 255, 255, 255);

// Triangles by hand, drawn without Dear ImGui's own shapes.
class Triangles {
 public:
  explicit Triangles(ImVec4 clip = {0, 0, 64, 64}) : list_(ImGui::GetDrawListSharedData()) {
    ImDrawCmd command;
    command.ClipRect = clip;
    list_.CmdBuffer.push_back(command);
  }

  void add(ImVec2 at, Color color) {
    list_.IdxBuffer.push_back(static_cast<ImDrawIdx>(list_.VtxBuffer.size()));
    list_.VtxBuffer.push_back({at, ImGui::GetIO().Fonts->TexUvWhitePixel, color});
  }

  void add(std::initializer_list<ImVec2> corners, Color color) {
    for (const ImVec2& corner : corners) add(corner, color);
  }

  // As ImDrawList::PrimRect does.
  void add_rectangle(ImVec2 min, ImVec2 max, Color color) {
    const int first = list_.VtxBuffer.size();
    for (const int corner : {0, 1, 2, 0, 2, 3})
      list_.IdxBuffer.push_back(static_cast<ImDrawIdx>(first + corner));
    for (const ImVec2& at : {min, ImVec2{max.x, min.y}, max, ImVec2{min.x, max.y}})
      list_.VtxBuffer.push_back({at, ImGui::GetIO().Fonts->TexUvWhitePixel, color});
  }

  Image picture(ImVec2 scale = {1, 1}) {
    list_.CmdBuffer.front().ElemCount = static_cast<unsigned>(list_.IdxBuffer.size());
    ImDrawList* lists[] = {&list_};
    ImDrawData data;
    data.Valid = true;
    data.CmdLists = lists;
    data.CmdListsCount = 1;
    data.DisplaySize = {64, 64};
    data.FramebufferScale = scale;
    Image image(64, 64, kBlack);
    Raster(*ImGui::GetIO().Fonts).draw(image, data);
    return image;
  }

 private:
  ImDrawList list_;
};

int count(const Image& image, Color color) {
  return static_cast<int>(std::count(image.pixels.begin(), image.pixels.end(), color));
}

TEST_CASE("raster: covers the pixels whose centres are inside", "[drawing][raster]") {
  const Headless headless;
  Triangles triangles;
  triangles.add({{0, 0}, {10, 0}, {0, 10}}, kWhite);
  const Image image = triangles.picture();
  // Centres with x + y < 10: nine in the first row, none in the tenth. Those on the slanted edge
  // belong to whoever is on its other side.
  CHECK(count(image, kWhite) == 45);
  CHECK(image.at(0, 0) == kWhite);
  CHECK(image.at(8, 0) == kWhite);
  CHECK(image.at(9, 0) == kBlack);
  CHECK(image.at(0, 9) == kBlack);
}

TEST_CASE("raster: neighbours share no pixel and leave none out", "[drawing][raster]") {
  const Headless headless;
  const Color half = IM_COL32(255, 255, 255, 128);
  // A fan around a point in the middle of a pixel and one on a corner.
  for (const ImVec2 middle : {ImVec2{20.5F, 17.5F}, ImVec2{20, 17}, ImVec2{13.3F, 25.7F}}) {
    const std::vector<ImVec2> rim = {{4, 4}, {36, 4}, {36, 32}, {4, 32}};
    Triangles triangles;
    for (std::size_t i = 0; i < rim.size(); ++i)
      triangles.add({middle, rim[i], rim[(i + 1) % rim.size()]}, half);
    const Image image = triangles.picture();
    CHECK(count(image, rgb(0x808080)) == 32 * 28);
    CHECK(count(image, kBlack) == 64 * 64 - 32 * 28);
  }
}

TEST_CASE("raster: a rectangle is the same as its two triangles", "[drawing][raster]") {
  const Headless headless;
  const auto draw = [](bool as_rectangle) {
    const ImVec2 a{3.4F, 5.5F};
    const ImVec2 c{40.5F, 20.2F};
    Triangles triangles;
    const Color color = IM_COL32(200, 100, 50, 99);
    if (as_rectangle) {
      triangles.add_rectangle(a, c, color);
    } else {
      triangles.add({a, {c.x, a.y}, c, a, c, {a.x, c.y}}, color);
    }
    return triangles.picture();
  };
  CHECK(draw(true).pixels == draw(false).pixels);
}

TEST_CASE("raster: blends as OpenGL does", "[drawing][raster]") {
  const Headless headless;
  Triangles triangles;
  triangles.add({{0, 0}, {20, 0}, {0, 20}}, IM_COL32(255, 0, 0, 255));
  triangles.add({{0, 0}, {20, 0}, {0, 20}}, IM_COL32(0, 0, 255, 51));  // a fifth
  CHECK(triangles.picture().at(2, 2) == IM_COL32(204, 0, 51, 255));
}

TEST_CASE("raster: colours run evenly between corners", "[drawing][raster]") {
  const Headless headless;
  Triangles triangles;
  // Black at the left, white at x = 50; the same in every row.
  triangles.add({0, 0}, kBlack);
  triangles.add({50, 0}, kWhite);
  triangles.add({0, 50}, kBlack);
  const Image image = triangles.picture();
  for (const int x : {0, 10, 20, 30}) {
    const double expected = (x + 0.5) / 50 * 255;
    CHECK(red(image.at(x, 5)) == Approx(expected).margin(1));
    CHECK(red(image.at(x, 15)) == Approx(expected).margin(1));
  }
}

TEST_CASE("raster: nothing outside of the clip rectangle", "[drawing][raster]") {
  const Headless headless;
  Triangles triangles({8, 10, 18, 13});
  triangles.add({{-100, -100}, {300, -100}, {-100, 300}}, kWhite);
  const Image image = triangles.picture();
  CHECK(count(image, kWhite) == 10 * 3);
  CHECK(image.at(8, 10) == kWhite);
  CHECK(image.at(17, 12) == kWhite);
}

TEST_CASE("raster: the frame buffer may be larger than the display", "[drawing][raster]") {
  const Headless headless;
  Triangles triangles;
  triangles.add({{0, 0}, {10, 0}, {0, 10}}, kWhite);
  CHECK(count(triangles.picture({2, 2}), kWhite) == 190);
}

TEST_CASE("raster: degenerate and far corners do no harm", "[drawing][raster]") {
  const Headless headless;
  Triangles triangles;
  triangles.add({{5, 5}, {20, 20}, {40, 40}}, kWhite);  // a line
  triangles.add({{7, 7}, {7, 7}, {7, 7}}, kWhite);
  CHECK(count(triangles.picture(), kWhite) == 0);
  triangles.add({{-1e6F, -1e6F}, {3e6F, -1e6F}, {-1e6F, 3e6F}}, kWhite);
  CHECK(count(triangles.picture(), kWhite) == 64 * 64);
}

TEST_CASE("raster: text has the pixels of the atlas", "[drawing][raster]") {
  Headless headless({64, 64});
  headless.frame([&] { ImGui::GetWindowDrawList()->AddText({10, 20}, kWhite, "I"); });
  const Image image = headless.picture();
  const ImFontGlyph* glyph = headless.look().font(TextRole::body)->FindGlyph('I');
  const ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  const auto texel = [&](int x, int y) {
    const int u = static_cast<int>(glyph->U0 * static_cast<float>(atlas.TexWidth) + 0.5F) + x;
    const int v = static_cast<int>(glyph->V0 * static_cast<float>(atlas.TexHeight) + 0.5F) + y;
    return atlas.TexPixelsAlpha8[v * atlas.TexWidth + u];
  };
  const Color under = headless.look().theme.background;
  for (int y = 0; y < static_cast<int>(glyph->Y1 - glyph->Y0); ++y)
    for (int x = 0; x < static_cast<int>(glyph->X1 - glyph->X0); ++x) {
      const Color there =
          image.at(10 + static_cast<int>(glyph->X0) + x, 20 + static_cast<int>(glyph->Y0) + y);
      const Color expected = painted(under, IM_COL32(255, 255, 255, texel(x, y)));
      CHECK(std::abs(static_cast<int>(red(there)) - static_cast<int>(red(expected))) <= 1);
    }
}

TEST_CASE("raster: the same picture in every run", "[drawing][raster]") {
  const auto draw = [] {
    Headless headless({900, 600});
    Gallery gallery;
    for (int i = 0; i < 2; ++i) headless.frame([&] { gallery.draw(headless.look()); });
    return headless.picture();
  };
  CHECK(draw().pixels == draw().pixels);
}

TEST_CASE("image: PNG and back, and the share that differs", "[drawing][raster]") {
  Image image(20, 10, rgb(0x102030));
  image.at(3, 4) = rgb(0xfedcba);
  const std::filesystem::path path = "image_test.png";
  REQUIRE(write_png(path, image));
  const std::optional<Image> read = read_png(path);
  std::filesystem::remove(path);
  REQUIRE(read);
  CHECK(read->width == 20);
  CHECK(read->pixels == image.pixels);
  CHECK(differing_share(image, *read) == 0);

  Image other = image;
  other.at(0, 0) = rgb(0x102039);  // by 9, below four per cent
  CHECK(differing_share(image, other) == 0);
  other.at(1, 0) = rgb(0x102045);
  CHECK(differing_share(image, other) == Approx(1.0 / 200));
  CHECK(differing_share(image, Image(10, 20, kBlack)) == 1);
  CHECK(!read_png("no_such_file.png"));
  CHECK(!write_png("no_such_folder/a.png", image));
}

}  // namespace
}  // namespace highwater::viewer
