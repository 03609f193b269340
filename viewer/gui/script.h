#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <imgui.h>

#include "viewer/gui/registry.h"

namespace highwater::viewer {

/// Drives the viewer frame by frame, as a person would: by mouse and keyboard, finding widgets by
/// their names.
///
///     wait 10                      frames
///     until state paused           waits until a published value is that, or a minute has passed
///     move NAME [fx fy]            the mouse; fx and fy from 0 to 1 within the widget
///     click NAME [fx fy]           and right-click, double-click
///     drag NAME fx0 fy0 fx1 fy1
///     drag-to NAME NAME            from the middle of one to that of the other
///     wheel 2
///     key space                    space, left, right, up, down, home, escape, enter, tab, delete,
///                                  a letter, "ctrl+p"
///     type "text"
///     expect KEY VALUE             a published value; "*" at its end is any text
///     screenshot FILE
///     quit
///
/// A line that begins with # says nothing. What goes wrong is counted, and does not end the script;
/// its end quits.
class Script {
 public:
  /// @return what is wrong with it, with lines; empty where nothing is.
  std::string load(const std::string& text);

  /// What the input of a frame is to be.
  struct Input {
    ImVec2 mouse{-1000, -1000};
    std::array<bool, 3> buttons{};
    float wheel = 0;
    std::vector<int> keys;  ///< GLFW's codes of those that are down.
    bool ctrl = false;
    std::string text;
  };
  /// The next frame's. `seen` is of the frame before.
  const Input& advance(const Registry& seen);

  /// Pictures of the frame that is drawn now.
  std::vector<std::string> take_screenshots();
  bool over() const { return over_; }
  /// Frames that the `until` of now has waited for.
  std::size_t waited() const { return patience_; }
  /// Expectations that were not met and widgets that were not there, in words.
  const std::vector<std::string>& failures() const { return failures_; }
  std::size_t expectations() const { return expectations_; }

 private:
  struct Command {
    std::size_t line = 0;
    std::vector<std::string> words;
  };

  void begin(const Command& command, const Registry& seen);
  bool place(const Command& command, const Registry& seen, std::size_t first, ImVec2& out);
  void click(int button, int times);
  void drag(ImVec2 from, ImVec2 to);
  void press(const std::string& key, std::size_t line);
  void fail(std::size_t line, const std::string& what);
  double number(const Command& command, std::size_t word, double otherwise);

  std::vector<Command> commands_;
  std::size_t next_ = 0;
  std::size_t waits_ = 0;  // frames
  std::size_t patience_ = 0;
  std::vector<Input> planned_;  // frames of a movement, the next one last
  Input input_;
  std::vector<std::string> screenshots_;
  std::vector<std::string> failures_;
  std::size_t expectations_ = 0;
  bool over_ = false;
};

}  // namespace highwater::viewer
