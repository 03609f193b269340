#pragma once

#include <string_view>

#include <imgui.h>

#include "tests/drawing/headless.h"
#include "tests/drawing/topology_models.h"
#include "viewer/draw/topology_canvas.h"

namespace highwater::viewer {

/// A canvas in a window without a screen, and somebody who points, clicks and types.
class TopologyRig {
 public:
  explicit TopologyRig(topology::Sample shown, Mode mode = Mode::dark, float scale = 1,
                       ImVec2 size = {1200, 700});

  /// One more frame of 1/60 s; the events of all frames since take() are kept.
  void frame();
  void frames(int count);
  /// Until what glides has arrived.
  void settle() { frames(90); }

  void point_at(ImVec2 place);
  void point_at(std::string_view name);
  void point_away() { point_at(ImVec2{-1, -1}); }
  void click(std::string_view name, int button = 0);
  void double_click(std::string_view name);
  void drag(ImVec2 from, ImVec2 to, int button = 0);
  void wheel(float steps);
  void type(ImGuiKey key);
  void type(char letter) { hold(letter, 1); }
  /// Down for some frames.
  void hold(char letter, int count);

  /// Where something is; fails the test when it is nowhere.
  topology::Rect rect(std::string_view name) const;
  ImVec2 middle(std::string_view name) const { return rect(name).center(); }

  /// What happened since the last call.
  TopologyCanvas::Events take();

  Image picture();

  Headless headless;
  topology::Sample sample;
  TopologyCanvas canvas;
  TopologyCanvas::Options options;
  bool palette = false;  ///< A button that can be dragged, above the canvas.

 private:
  TopologyCanvas::Events events_;
};

}  // namespace highwater::viewer
