#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <imgui.h>

#include "viewer/draw/look.h"
#include "viewer/draw/values.h"

namespace highwater::viewer {

/// A small curve without axes from `min` to `max`, from 0 (or its least value, if that is negative)
/// to its largest; with `most` to that at least.
void sparkline(const Look& look, ImDrawList& draw, ImVec2 min, ImVec2 max, const Values& y,
               Color color, double most = 0);

/// A bar that is `share` (0..1) full, with a notch at `limit`.
void bar(const Look& look, ImDrawList& draw, ImVec2 min, ImVec2 max, double share, Color color,
         std::optional<double> limit = std::nullopt);

/// Columns side by side, the highest of which fills the height.
void histogram(const Look& look, ImDrawList& draw, ImVec2 min, ImVec2 max, const Values& heights,
               Color color);

/// Sign and words of a status as one item of the layout; without `words` it says word(status).
void status_label(const Look& look, Status status, std::string_view words = {});

/// Text that is wrapped, and less important than what stands around it.
void dim_text(const Look& look, std::string_view text);

/// A button with an icon, and a label where there is one; `tip` is said when hovered. `chosen`
/// marks it as switched on; `strong` makes it the one that stands out. Its name is `id`.
struct IconButton {
  const char* id;
  Icon icon;
  std::string_view label = {};
  std::string_view tip = {};
  bool chosen = false;
  bool strong = false;
};

/// True when it was pressed.
bool icon_button(const Look& look, const IconButton& button);

}  // namespace highwater::viewer
