#pragma once

#include <array>
#include <string>

#include "viewer/gui/context.h"

namespace highwater::viewer {

/// Above everything: what is open, how fast it runs and where it is.
class Toolbar {
 public:
  void draw(Context& context);

  /// Asked for by a button, to be opened by whoever owns it.
  bool wants_open = false;
  bool wants_shortcuts = false;
  bool wants_theme = false;
  bool wants_edit = false;

 private:
  void transport(Context& context);
  void speed(Context& context);
  void place(Context& context);

  std::array<char, 32> go_to_{};
  std::array<char, 24> seed_{};
};

/// Below it: the whole run as a strip, with what was done to it. A click or a drag looks at that
/// time; a right click takes the run there.
class TimelineStrip {
 public:
  void draw(Context& context);

 private:
  double menu_at_s_ = 0;
};

/// Reads "2m", "90", "1:30" or "250ms".
/// @return false where it is none of these.
bool read_time(const std::string& text, Duration& out);

}  // namespace highwater::viewer
