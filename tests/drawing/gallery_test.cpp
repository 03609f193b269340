#include "tests/drawing/gallery.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

// Every kind of chart in both themes and at two scales, as pictures. One that changes on purpose is
// written anew with HIGHWATER_UPDATE_RESULTS=1, looked at, and made small without loss:
//   convert FILE png8:FILE

namespace highwater::viewer {
namespace {

namespace fs = std::filesystem;

// Versions of FreeType differ by little; a chart that moved by a pixel differs by more.
constexpr double kDifferingShare = 0.005;

struct Golden {
  const char* name;
  Mode mode;
  float scale;
};

int difference(Color one, Color other) {
  int most = 0;
  for (unsigned shift = 0; shift < 24; shift += 8)
    most = std::max(most, std::abs(static_cast<int>((one >> shift) & 255U) -
                                   static_cast<int>((other >> shift) & 255U)));
  return most;
}

Color nearest(const std::vector<Color>& palette, Color color) {
  return *std::min_element(palette.begin(), palette.end(), [color](Color one, Color other) {
    return difference(one, color) < difference(other, color);
  });
}

// With 255 colours at most, so that files stay small: the frequent ones, and of those that differ
// by less than the comparison's tolerance only one.
Image with_few_colors(Image image) {
  constexpr int kAlike = 9;  // of 255; the tolerance is 10
  std::map<Color, std::size_t> counts;
  for (const Color pixel : image.pixels) ++counts[pixel];
  std::vector<std::pair<Color, std::size_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
  std::vector<Color> palette;
  for (const auto& [color, count] : order) {
    if (palette.size() == 255) break;
    if (palette.empty() || difference(nearest(palette, color), color) > kAlike)
      palette.push_back(color);
  }
  std::map<Color, Color> instead;
  for (const auto& [color, count] : order) instead[color] = nearest(palette, color);
  for (Color& pixel : image.pixels) pixel = instead[pixel];
  return image;
}

Image draw(const Golden& golden, std::string& missing) {
  Headless headless({1600, 1000}, golden.mode, golden.scale);
  missing = headless.missing_fonts();
  Gallery gallery;
  headless.move({430, 120});  // with crosshair and tooltip
  for (int i = 0; i < 3; ++i) headless.frame([&] { gallery.draw(headless.look()); });
  return headless.picture();
}

TEST_CASE("gallery: looks as it did", "[drawing][gallery]") {
  const fs::path folder = fs::path(HIGHWATER_SOURCE_DIR) / "tests/data/drawing";
  for (const Golden& golden :
       {Golden{"dark", Mode::dark, 1}, Golden{"light", Mode::light, 1},
        Golden{"dark_large", Mode::dark, 2}, Golden{"light_large", Mode::light, 2}}) {
    const std::string file = std::string(golden.name) + ".png";
    std::string missing;
    const Image picture = draw(golden, missing);
    if (!missing.empty()) {
      WARN("skipped: " << missing);
      return;
    }
    if (std::getenv("HIGHWATER_UPDATE_RESULTS") != nullptr)
      write_png(folder / file, with_few_colors(picture));
    const std::optional<Image> expected = read_png(folder / file);
    REQUIRE(expected);
    const double share = differing_share(picture, *expected);
    if (share >= kDifferingShare) write_png("differs_" + file, picture);
    INFO(file << ": " << share * 100 << " % of the pixels differ; see differs_" << file
              << " in the tests' folder");
    CHECK(share < kDifferingShare);
  }
}

TEST_CASE("gallery: the comparison notices a chart that moved", "[drawing][gallery]") {
  std::string missing;
  const Image picture = draw({"dark", Mode::dark, 1}, missing);
  Image moved = picture;
  for (int y = 0; y < 250; ++y)
    for (int x = 0; x < 500; ++x) moved.at(x, y) = picture.at(x + 1, y);
  CHECK(differing_share(picture, moved) > kDifferingShare);
}

// Milliseconds of the processor's time that `work` takes.
template <typename Work>
double ms_of(int times, const Work& work) {
  const std::clock_t start = std::clock();
  for (int i = 0; i < times; ++i) work();
  return 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / times;
}

// Ten charts of five lines with 600 samples, and two heat maps of 600 x 84 cells.
class Load {
 public:
  void draw(const Look& look) {
    for (std::size_t i = 0; i < kCharts; ++i) {
      ImGui::SetCursorScreenPos(place(i));
      Plot plot(look, "chart " + std::to_string(i),
                {.title = "Latency", .y = {.unit = Unit::milliseconds}, .size = {390, 320}},
                states_[i], time_);
      for (const std::vector<double>* y :
           {&run_.p50, &run_.p90, &run_.p99, &run_.p999, &run_.errors})
        plot.line("line " + std::to_string(y - &run_.p50), run_.time, *y);
      plot.span("fault", 92, 130);
      plot.limit("objective", 250);
      plot.end();
    }
    for (std::size_t i = kCharts; i < kCharts + 2; ++i) {
      ImGui::SetCursorScreenPos(place(i));
      Plot plot(look, "heat " + std::to_string(i), {.title = "Latency", .size = {390, 320}},
                states_[i], time_);
      plot.heat({.name = "requests",
                 .columns = SampleRun::kBins,
                 .rows = SampleRun::kHeatRows,
                 .cells = run_.latency,
                 .x_to = 300,
                 .scale = HeatScale::square_root});
      plot.end();
    }
  }

 private:
  static constexpr std::size_t kCharts = 10;

  static ImVec2 place(std::size_t index) {
    return {4 + 398 * static_cast<float>(index % 4), 4 + 330 * static_cast<float>(index / 4)};
  }

  SampleRun run_;
  XLink time_{{0, 300}};
  std::vector<PlotState> states_{kCharts + 2};
};

// Prints what pictures cost; machines differ too much for a limit.
TEST_CASE("gallery: how long a frame takes", "[drawing][gallery][nightly]") {
  Headless headless({1600, 1000});
  Load load;
  Gallery gallery;
  const auto loaded = [&] { headless.frame([&] { load.draw(headless.look()); }); };
  const auto shown = [&] { headless.frame([&] { gallery.draw(headless.look()); }); };
  ms_of(5, loaded);
  const double load_ms = ms_of(200, loaded);
  const int load_vertices = ImGui::GetDrawData()->TotalVtxCount;
  ms_of(5, shown);
  const double gallery_ms = ms_of(200, shown);
  const int gallery_vertices = ImGui::GetDrawData()->TotalVtxCount;
  const Raster raster(*ImGui::GetIO().Fonts);
  Image image(1600, 1000, headless.look().theme.background);
  const double raster_ms = ms_of(20, [&] { raster.draw(image, *ImGui::GetDrawData()); });
  WARN("ten charts and two heat maps: " << load_ms << " ms, " << load_vertices << " vertices");
  WARN("the gallery: " << gallery_ms << " ms, " << gallery_vertices
                       << " vertices, on the processor " << raster_ms << " ms");
  CHECK(load_vertices > 10'000);
}

}  // namespace
}  // namespace highwater::viewer
