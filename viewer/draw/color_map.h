#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "viewer/draw/color.h"

namespace highwater::viewer {

/// Colours for amounts, from nothing to most: equal steps of the amount look like equal steps, and
/// lightness alone tells the order, so that it survives every kind of colour blindness and a print.
class ColorMap {
 public:
  /// Passes through `stops` in Oklab, at equal perceptual speed.
  explicit ColorMap(std::span<const Lab> stops);

  static constexpr std::size_t kSteps = 128;

  /// Amounts outside 0..1 count as the nearer end.
  Color at(float amount) const { return colors_[step(amount)]; }

  /// Which of the kSteps colours at() takes: equal steps can be painted as one.
  static std::size_t step(float amount) {
    const float clamped = amount > 0 ? (amount < 1 ? amount : 1.0F) : 0.0F;
    return static_cast<std::size_t>(clamped * static_cast<float>(kSteps - 1) + 0.5F);
  }
  Color of_step(std::size_t step) const { return colors_[step]; }

 private:
  std::array<Color, kSteps> colors_{};
};

}  // namespace highwater::viewer
