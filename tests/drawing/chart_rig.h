#pragma once

#include <functional>
#include <string>
#include <utility>

#include "tests/drawing/headless.h"
#include "viewer/draw/plot.h"
#include "viewer/draw/screen_canvas.h"

namespace highwater::viewer {

/// One chart of 600 x 300 pixels in a window of its own, drawn again and again.
class ChartRig {
 public:
  using Fill = std::function<void(Plot&)>;

  ChartRig(PlotOptions chosen, Range extent, Fill chosen_fill)
      : options(std::move(chosen)), link(extent), fill(std::move(chosen_fill)) {
    options.size = {600, 300};
    frame();
    frame();  // the first one only tells Dear ImGui where the window is
  }

  void frame() {
    headless.frame([&] {
      corner = ImGui::GetCursorScreenPos();
      Plot plot(headless.look(), "chart", options, state, link);
      fill(plot);
      result = plot.end();
      csv = plot.to_csv();
      svg = plot.to_svg();
    });
  }

  /// A pixel of the data's part, by shares of its width (from the left) and height (from the top).
  ImVec2 at(float x, float y) const {
    return {result.area_min.x + (result.area_max.x - result.area_min.x) * x,
            result.area_min.y + (result.area_max.y - result.area_min.y) * y};
  }

  void point(float x, float y) {
    headless.move(at(x, y));
    frame();
  }

  float width() const { return result.area_max.x - result.area_min.x; }

  Headless headless;
  PlotOptions options;
  PlotState state;
  XLink link;
  Fill fill;
  PlotResult result;
  ImVec2 corner;
  std::string csv;
  std::string svg;
};

}  // namespace highwater::viewer
