#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "viewer/gui/context.h"
#include "viewer/gui/preferences.h"
#include "viewer/session/saved_file.h"

namespace highwater::viewer {

/// Chooses what to open: a path, one of those opened lately, saved results, or a scenario of the
/// library, by folder and with what it is about.
class OpenDialog {
 public:
  /// @param gallery, results  Folders; empty for none.
  OpenDialog(std::string gallery, std::string results)
      : gallery_(std::move(gallery)), results_(std::move(results)) {}

  void open();
  /// @param preferences  Hold what was opened lately.
  /// @return a file that was chosen in this frame.
  std::string draw(Context& context, const Preferences& preferences);

 private:
  struct Offered {
    std::string path;   ///< Relative to the gallery.
    std::string about;  ///< The first sentence of its description.
  };
  void look_around(const Preferences& preferences);
  void library(Context& context, std::string& chosen);
  bool wanted(const Offered& offered) const;

  std::string gallery_, results_;
  bool read_ = false;                                    // the gallery
  std::map<std::string, std::vector<Offered>> library_;  // by folder
  std::vector<ResultsFolder> saved_;
  std::vector<std::string> recent_;
  std::array<char, 1024> path_{};
  std::array<char, 64> search_{};
  bool opens_ = false;
};

/// "A shop with a cache." of "A shop with a cache. It shows …"
std::string first_sentence(const std::string& text);

}  // namespace highwater::viewer
