#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "viewer/gui/context.h"

namespace highwater::viewer {

/// Chooses what to open: a path, one of those opened lately, or a scenario of the library.
class OpenDialog {
 public:
  explicit OpenDialog(std::string gallery) : gallery_(std::move(gallery)) {}

  void open();
  /// @return a file that was chosen in this frame.
  std::string draw(Context& context);
  void opened(const std::string& file);

 private:
  void read_gallery();

  std::string gallery_;
  std::vector<std::string> offered_;  // relative to the gallery
  bool read_ = false;
  std::vector<std::string> recent_;
  std::array<char, 1024> path_{};
  std::array<char, 64> search_{};
  bool opens_ = false;
};

}  // namespace highwater::viewer
