#pragma once

#include "viewer/draw/fonts.h"
#include "viewer/draw/theme.h"

namespace highwater::viewer {

/// What everything that draws is given: colours, fonts, and how many pixels a design pixel has.
struct Look {
  Theme theme;
  Fonts fonts;
  float scale = 1;

  /// A length of the design in pixels of the screen.
  float px(float design) const { return design * scale; }

  ImFont* font(TextRole role) const { return fonts.of(role); }
};

}  // namespace highwater::viewer
