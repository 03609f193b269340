#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "viewer/draw/color.h"

namespace highwater::viewer {

/// Pixels in memory, opaque, from the top left.
struct Image {
  Image(int width_pixels, int height_pixels, Color color)
      : width(width_pixels),
        height(height_pixels),
        pixels(static_cast<std::size_t>(width_pixels) * static_cast<std::size_t>(height_pixels),
               color) {}

  Color& at(int x, int y) {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
  Color at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }

  int width;
  int height;
  std::vector<Color> pixels;
};

/// The part of a picture between these corners, as far as it has one.
Image cut(const Image& image, int left, int top, int right, int bottom);

/// False where the file could not be written.
bool write_png(const std::filesystem::path& path, const Image& image);

/// Nothing where there is no such file or it holds no picture.
std::optional<Image> read_png(const std::filesystem::path& path);

/// Share of the pixels, 0..1, of which a channel differs by more than `tolerance` (0..1) of its
/// range. 1 where the sizes differ.
double differing_share(const Image& one, const Image& other, double tolerance = 0.04);

}  // namespace highwater::viewer
