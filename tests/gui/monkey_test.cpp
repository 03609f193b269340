// A monkey at the viewer: whatever is clicked, dragged and typed, it neither crashes nor hangs, and
// the run that it played with still is a run.

#include <filesystem>
#include <iterator>
#include <string>

#include <GLFW/glfw3.h>
#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "tests/gui/headless_app.h"
#include "tests/support/scratch_folder.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

/// What else is on a keyboard would leave the run alone.
constexpr int kKeys[] = {GLFW_KEY_SPACE,  GLFW_KEY_LEFT,   GLFW_KEY_RIGHT,    GLFW_KEY_UP,
                         GLFW_KEY_DOWN,   GLFW_KEY_HOME,   GLFW_KEY_END,      GLFW_KEY_ESCAPE,
                         GLFW_KEY_ENTER,  GLFW_KEY_TAB,    GLFW_KEY_COMMA,    GLFW_KEY_SLASH,
                         GLFW_KEY_PERIOD, GLFW_KEY_DELETE, GLFW_KEY_BACKSPACE};

class Monkey {
 public:
  Monkey(HeadlessApp& viewer, std::uint64_t seed) : viewer_(viewer), random_(seed, "monkey", "") {}

  void play(int frames) {
    for (int i = 0; i < frames; ++i) {
      act();
      viewer_.frame();
    }
    ImGuiIO& io = ImGui::GetIO();
    for (bool& down : io.MouseDown) down = false;
    for (bool& down : io.KeysDown) down = false;
    io.KeyCtrl = false;
  }

 private:
  bool chance(double share) { return random_.uniform() < share; }
  float within(float from, float to) {
    return from + static_cast<float>(random_.uniform()) * (to - from);
  }

  void act() {
    ImGuiIO& io = ImGui::GetIO();
    io.MouseWheel = chance(0.03) ? within(-3, 3) : 0;
    if (chance(0.2)) move();
    for (int button = 0; button < 2; ++button)
      if (chance(io.MouseDown[button] ? 0.5 : button == 0 ? 0.2 : 0.05))
        io.MouseDown[button] = !io.MouseDown[button];
    for (bool& down : io.KeysDown) down = false;
    if (chance(0.06)) io.KeysDown[kKeys[random_.below(std::size(kKeys))]] = true;
    io.KeyCtrl = chance(0.03);
    if (chance(0.04)) io.KeysDown[GLFW_KEY_A + static_cast<int>(random_.below(26))] = true;
    if (chance(0.06)) io.AddInputCharacter(static_cast<unsigned>(' ' + random_.below(95)));
  }

  /// Mostly to something that has a name.
  void move() {
    ImGuiIO& io = ImGui::GetIO();
    const auto& rects = viewer_.app().registry().rects();
    if (rects.empty() || chance(0.2)) {
      io.MousePos = {within(-20, io.DisplaySize.x + 20), within(-20, io.DisplaySize.y + 20)};
      return;
    }
    const auto& rect =
        std::next(rects.begin(), static_cast<long>(random_.below(rects.size())))->second;
    io.MousePos = {within(rect.min.x, rect.max.x), within(rect.min.y, rect.max.y)};
  }

  HeadlessApp& viewer_;
  RandomStream random_;
};

/// A monkey may save what it has done: into a folder of its own.
void let_play(std::uint64_t seed, int frames) {
  const ScratchFile scenario(small_scenario());
  const Workplace folder;
  // What it opens it may also edit and save.
  std::filesystem::copy(HIGHWATER_SOURCE_DIR "/scenarios/textbook", folder.path() / "textbook",
                        std::filesystem::copy_options::recursive);
  HeadlessApp viewer({1280, 800}, (folder.path() / "textbook").string());
  REQUIRE(viewer.app().open(scenario.path().string(), {}));
  Monkey(viewer, seed).play(frames);
  // It is still there, and goes on.
  INFO("seed " << seed);
  REQUIRE(viewer.app().session().is_open());
  LiveRun* run = &viewer.run();
  wait_until([&] { return run->status().state != RunState::building; });
  viewer.app().session().set_speed(LiveRun::kFastest);
  run->play();
  wait_until([&] {
    viewer.frame();
    run = &viewer.run();
    const RunState state = run->status().state;
    if (state == RunState::paused) run->play();
    return state == RunState::finished;
  });
}

}  // namespace

TEST_CASE("monkey: a few hundred frames of clicks, drags and letters") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) let_play(seed, 400);
}

TEST_CASE("monkey: hours of it", "[nightly]") {
  for (std::uint64_t seed = 100; seed < 130; ++seed) let_play(seed, 3'000);
}
