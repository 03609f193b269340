#pragma once

#include <cstdint>
#include <vector>

#include <imgui.h>

#include "viewer/draw/image.h"

namespace highwater::viewer {

/// Draws what Dear ImGui made on the processor: pictures without a display or OpenGL, the same bit
/// for bit in every run.
///
/// Covers pixels as OpenGL does (centres, top-left rule), filters textures linearly and blends over
/// what is there. The one texture it knows is the atlas of fonts.
class Raster {
 public:
  /// Builds the atlas if that was not done, and keeps a copy of its pixels.
  explicit Raster(ImFontAtlas& atlas);

  /// Paints onto `image`, which is as large as the frame buffer that `data` is meant for.
  void draw(Image& image, const ImDrawData& data) const;

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<std::uint8_t> alpha_;
};

}  // namespace highwater::viewer
