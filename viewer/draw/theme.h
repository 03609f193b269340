#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "viewer/draw/color.h"
#include "viewer/draw/color_map.h"
#include "viewer/draw/icons.h"

namespace highwater::viewer {

enum class Mode : std::uint8_t { dark, light };

/// How something fares. Never shown by colour alone: see icon() and word().
enum class Status : std::uint8_t { ok, warn, bad, idle };

/// "ok", "warning", "failing", "idle".
std::string_view word(Status status);

/// The sign that stands beside the colour.
Icon icon(Status status);

/// Every colour of the viewer. There are two themes, dark_theme() and light_theme().
struct Theme {
  static constexpr std::size_t kSeries = 8;

  Mode mode;

  Color background;  ///< Behind the panels.
  Color panel;       ///< What charts and text stand on.
  Color raised;      ///< Cards, tooltips, popups.
  Color border;
  Color control;          ///< Buttons, sliders, input fields at rest.
  Color control_hovered;  ///< The same under the mouse.
  Color control_active;   ///< The same while pressed.
  Color grid;             ///< Lines behind the data.
  Color grid_minor;
  Color text;
  Color dim;        ///< Text of lesser weight: axes, captions. Still 4.5:1 against the panel.
  Color faint;      ///< What is switched off.
  Color accent;     ///< What can be done, what is chosen.
  Color on_accent;  ///< Text on it.
  Color crosshair;  ///< The line at the mouse.
  Color shadow;     ///< Below cards.

  std::array<Color, 4> statuses;       ///< In the order of Status.
  std::array<Color, kSeries> palette;  ///< See series().

  ColorMap density;  ///< For counts: nothing is the panel's own colour.
  ColorMap level;    ///< For shares such as utilization, 0 to 1.

  /// Lines and areas in the order in which they are added: told apart with every common kind of
  /// colour blindness; repeats after kSeries.
  Color series(std::size_t index) const { return palette[index % kSeries]; }

  Color status(Status status) const { return statuses[static_cast<std::size_t>(status)]; }
};

const Theme& dark_theme();
const Theme& light_theme();
const Theme& theme_of(Mode mode);

/// Makes the widgets of the current Dear ImGui context look like `theme`, at `scale` times the size
/// of an ordinary screen. May be called again at any time between two frames.
void apply(const Theme& theme, float scale);

}  // namespace highwater::viewer
