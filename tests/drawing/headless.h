#pragma once

#include <functional>
#include <optional>
#include <string>

#include <imgui.h>

#include "viewer/draw/image.h"
#include "viewer/draw/look.h"
#include "viewer/draw/raster.h"

namespace highwater::viewer {

/// Dear ImGui without a window: frames are drawn by a test, the mouse and keys are what it says,
/// and pictures come from the rasteriser. One at a time.
class Headless {
 public:
  explicit Headless(ImVec2 size = {800, 600}, Mode mode = Mode::dark, float scale = 1);
  ~Headless();
  Headless(const Headless&) = delete;
  Headless& operator=(const Headless&) = delete;

  const Look& look() const { return look_; }

  /// What was missing among the fonts; empty where pictures look as designed.
  const std::string& missing_fonts() const { return missing_; }

  /// One frame with a window that fills the display, inside which `draw` is called.
  void frame(const std::function<void()>& draw);

  /// What the last frame looks like.
  Image picture() const;

  void move(ImVec2 to) { ImGui::GetIO().MousePos = to; }
  void press(int button) { ImGui::GetIO().MouseDown[button] = true; }
  void release(int button) { ImGui::GetIO().MouseDown[button] = false; }

  /// Turns the wheel in the next frame alone.
  void wheel(float notches) { wheel_ = notches; }
  void control(bool down) { ImGui::GetIO().KeyCtrl = down; }

  /// Presses a key in the next frame alone.
  void key(ImGuiKey key) { key_ = key; }

 private:
  Look look_;
  std::string missing_;
  float wheel_ = 0;
  std::optional<ImGuiKey> key_;
};

}  // namespace highwater::viewer
