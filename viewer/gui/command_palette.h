#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/gui/context.h"

namespace highwater::viewer {

/// Something that a user may ask for: by a key, or by its name in the palette. The list of them is
/// the one place that says which key does what.
struct Command {
  std::string name;       ///< "run, pause"
  std::string keys = {};  ///< In words, for people; empty where there is none.
  int key = 0;            ///< GLFW's code; 0: none.
  int also = 0;           ///< Another key that does the same.
  bool ctrl = false, shift = false;
  bool needs_run = true;  ///< The others are there at any time.
  std::function<void()> act;
};

/// How well what was typed matches a name: its letters in their order, those that stand together or
/// begin a word count more. 0 where it does not.
int match(std::string_view name, std::string_view typed);

/// A field that finds commands and components by a few of their letters.
class CommandPalette {
 public:
  void open() { opens_ = true; }
  /// @param commands  With what may be done now.
  /// @param shows_run  Whether those that need a run are offered, and components.
  void draw(Context& context, const std::vector<Command>& commands, bool shows_run);

 private:
  struct Offer {
    int score = 0;
    std::string name, keys;
    std::function<void()> act;
  };
  std::vector<Offer> offers(Context& context, const std::vector<Command>& commands,
                            bool shows_run) const;

  bool opens_ = false;
  std::array<char, 64> typed_{};
  std::size_t chosen_ = 0;
};

}  // namespace highwater::viewer
