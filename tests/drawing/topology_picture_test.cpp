// What the canvas looks like, as pictures, and how long it takes. A picture that changes on purpose
// is written anew with HIGHWATER_UPDATE_RESULTS=1, looked at, and made small:
//   convert FILE -dither None -colors 255 png8:FILE
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include <catch2/catch.hpp>

#include "tests/drawing/topology_rig.h"
#include "viewer/draw/image.h"
#include "viewer/draw/topology_canvas.h"

namespace highwater::viewer {
namespace {

using namespace topology;  // NOLINT(google-build-using-namespace)
namespace fs = std::filesystem;

void check_picture(TopologyRig& rig, const std::string& name) {
  // Other fonts make other pictures.
  if (!rig.headless.missing_fonts().empty()) {
    WARN(rig.headless.missing_fonts());
    return;
  }
  const fs::path kept = fs::path(HIGHWATER_SOURCE_DIR) / "tests/data/drawing" / (name + ".png");
  const Image now = rig.picture();
  const char* const update = std::getenv("HIGHWATER_UPDATE_RESULTS");
  if (update != nullptr && *update != '\0') {
    fs::create_directories(kept.parent_path());
    REQUIRE(write_png(kept, now));
    return;
  }
  const std::optional<Image> before = read_png(kept);
  INFO("no picture " << kept);
  REQUIRE(before);
  const double differing = differing_share(*before, now);
  if (differing >= 0.005) write_png(name + ".png", now);
  INFO(name << ".png in the test's directory is what was drawn");
  CHECK(differing < 0.005);
}

TopologyRig& prepared(TopologyRig& rig) {
  rig.options.time_s = 12.3;
  rig.settle();
  return rig;
}

TEST_CASE("topology picture: a shop", "[drawing]") {
  for (const Mode mode : {Mode::dark, Mode::light}) {
    const std::string theme = mode == Mode::dark ? "dark" : "light";
    for (const auto& [state, word] :
         {std::pair{ShopState::normal, "normal"}, std::pair{ShopState::overloaded, "overloaded"},
          std::pair{ShopState::zone_down, "zone-down"}}) {
      TopologyRig rig(shop(state), mode, 1, {1100, 560});
      check_picture(prepared(rig), "topology-" + std::string(word) + "-" + theme);
    }
  }
}

TEST_CASE("topology picture: a shop on a screen of twice the density", "[drawing]") {
  TopologyRig rig(shop(ShopState::overloaded), Mode::light, 2, {2000, 1000});
  check_picture(prepared(rig), "topology-overloaded-scale-2");
}

TEST_CASE("topology picture: a card under the pointer", "[drawing]") {
  TopologyRig rig(shop(ShopState::overloaded), Mode::dark, 1, {1100, 560});
  prepared(rig).point_at("node:catalog");
  rig.settle();
  check_picture(rig, "topology-hovered");
}

TEST_CASE("topology picture: compared with another run", "[drawing]") {
  Sample sample = shop(ShopState::overloaded);
  const Sample normal = shop(ShopState::normal);
  for (std::size_t i = 0; i < sample.model.nodes.size(); ++i)
    sample.model.nodes[i].other = normal.model.nodes[i].now;
  TopologyRig rig(std::move(sample), Mode::dark, 1, {1100, 560});
  check_picture(prepared(rig), "topology-compared");
}

TEST_CASE("topology picture: a group open and collapsed", "[drawing]") {
  Sample sample = shop(ShopState::overloaded);
  for (Node& node : sample.model.nodes)
    if (node.id == "catalog" || node.id == "redis") node.group = "products";
  TopologyRig rig(std::move(sample), Mode::dark, 1, {1100, 560});
  check_picture(prepared(rig), "topology-group");
  rig.canvas.collapse("products", true);
  check_picture(prepared(rig), "topology-group-collapsed");
}

TEST_CASE("topology picture: a hundred replicas", "[drawing]") {
  TopologyRig rig(replicas(100), Mode::dark, 1, {1100, 560});
  prepared(rig).click("instances:api");
  rig.point_away();
  check_picture(prepared(rig), "topology-replicas");
}

TEST_CASE("topology picture: a thousand nodes near and far", "[drawing]") {
  TopologyRig rig(large(1000, 5000), Mode::dark, 1, {720, 440});
  check_picture(prepared(rig), "topology-large");
  rig.point_at(ImVec2{360, 220});
  rig.wheel(14);
  rig.point_away();
  check_picture(prepared(rig), "topology-large-near");
}

// The best of some frames, in milliseconds: what the machine does otherwise is not the canvas's.
double frame_ms(TopologyRig& rig) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < 40; ++i) {
    rig.options.time_s += 1.0 / 60;
    const auto start = std::chrono::steady_clock::now();
    rig.frame();
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  return best;
}

TEST_CASE("topology picture: a thousand nodes take less than 4 ms", "[drawing][costly]") {
  TopologyRig rig(large(1000, 5000), Mode::dark, 1, {1600, 1000});
  prepared(rig);
  // From everything in view to single cards, and out until nothing can be told apart.
  for (const int steps : {0, 4, 4, 4, 4, 4, -38}) {
    rig.point_at(ImVec2{800, 500});
    rig.wheel(static_cast<float>(steps));
    rig.frames(20);
    const double ms = frame_ms(rig);
    const int vertices = ImGui::GetDrawData()->TotalVtxCount;
    CAPTURE(rig.canvas.view().zoom, ms, vertices);
    CHECK(vertices < 300000);
#ifdef __OPTIMIZE__
    CHECK(ms < 4);
#endif
  }
}

}  // namespace
}  // namespace highwater::viewer
