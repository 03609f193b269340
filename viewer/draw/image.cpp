#include "viewer/draw/image.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <stb/stb_image.h>
#include <stb/stb_image_write.h>

namespace highwater::viewer {
namespace {

constexpr int kChannels = 4;

int difference(unsigned one, unsigned other) {
  return std::abs(static_cast<int>(one) - static_cast<int>(other));
}

}  // namespace

Image cut(const Image& image, int left, int top, int right, int bottom) {
  left = std::clamp(left, 0, image.width);
  top = std::clamp(top, 0, image.height);
  Image part(std::clamp(right, left, image.width) - left,
             std::clamp(bottom, top, image.height) - top, 0);
  for (int y = 0; y < part.height; ++y)
    for (int x = 0; x < part.width; ++x) part.at(x, y) = image.at(left + x, top + y);
  return part;
}

bool write_png(const std::filesystem::path& path, const Image& image) {
  // Opacity says nothing, and three channels make smaller files.
  std::vector<std::uint8_t> bytes;
  bytes.reserve(image.pixels.size() * 3);
  for (const Color pixel : image.pixels)
    for (const unsigned channel : {red(pixel), green(pixel), blue(pixel)})
      bytes.push_back(static_cast<std::uint8_t>(channel));
  return stbi_write_png(path.string().c_str(), image.width, image.height, 3, bytes.data(),
                        image.width * 3) != 0;
}

std::optional<Image> read_png(const std::filesystem::path& path) {
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> bytes(
      stbi_load(path.string().c_str(), &width, &height, &channels, kChannels), stbi_image_free);
  if (bytes == nullptr) return std::nullopt;
  Image image(width, height, 0);
  std::memcpy(image.pixels.data(), bytes.get(), image.pixels.size() * sizeof(Color));
  return image;
}

double differing_share(const Image& one, const Image& other, double tolerance) {
  if (one.width != other.width || one.height != other.height) return 1;
  if (one.pixels.empty()) return 0;
  const double allowed = tolerance * 255;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < one.pixels.size(); ++i) {
    const Color a = one.pixels[i];
    const Color b = other.pixels[i];
    if (difference(red(a), red(b)) > allowed || difference(green(a), green(b)) > allowed ||
        difference(blue(a), blue(b)) > allowed)
      ++differing;
  }
  return static_cast<double>(differing) / static_cast<double>(one.pixels.size());
}

}  // namespace highwater::viewer
