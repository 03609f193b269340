#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viewer/gui/context.h"

namespace highwater::viewer {

/// A text with the numbers of its lines, to read and to write in.
class TextView {
 public:
  /// A longer text can be read by the rest of the viewer, but is not shown here (chosen: every
  /// frame looks at all of it).
  static constexpr std::size_t kLongest = std::size_t{256} << 10;

  struct Mark {
    std::size_t place = 0;  ///< Offset in the text.
    Status status = Status::bad;
    std::string words;
  };

  /// Takes the rest of the window.
  /// @param about  Offsets of the part that is spoken of elsewhere; its lines stand out.
  /// @return the text that the user has made of it in this frame.
  std::optional<std::string> draw(Context& context, const std::string& text,
                                  const std::vector<Mark>& marks,
                                  std::optional<std::pair<std::size_t, std::size_t>> about);
  /// From the next frame on this place is in sight.
  void show(std::size_t place) { wanted_ = place; }
  /// Whether the user writes in it.
  bool is_active() const { return active_; }

 private:
  void lines(Context& context, const std::string& text, const std::vector<Mark>& marks,
             std::optional<std::pair<std::size_t, std::size_t>> about, float gutter) const;
  void keep_in_sight(float gutter);
  std::size_t line_of(std::size_t place) const;

  std::string buffer_;               // what the field holds
  std::vector<std::size_t> begins_;  // of the lines
  std::size_t longest_ = 0;          // columns of the longest line
  bool active_ = false;
  int generation_ = 0;  // a field that is told another text is another field
  std::optional<std::size_t> wanted_;
  std::optional<std::size_t> cursor_to_;
  std::size_t cursor_ = 0;
  bool follow_ = false;  // the cursor has moved
};

}  // namespace highwater::viewer
