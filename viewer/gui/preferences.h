#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace highwater::viewer {

/// What the viewer remembers from one time to the next, in a JSON file of its own.
///
///     {"schema": "highwater/viewer/1", "width": 1600, "height": 1000, "theme": "dark",
///      "reduced_motion": false, "charts": "Users", "recent": ["/…/scenarios/shop.json"]}
///
/// A file that is broken is not worth a word more than a notice: it is written anew. What is not
/// known in it is dropped then.
///
/// Checked  tests/gui/preferences_test.cpp
struct Preferences {
  static constexpr std::size_t kMostRecent = 20;

  std::optional<int> width, height;  ///< Of the window, in its own units.
  std::optional<bool> light;
  std::optional<bool> reduced_motion;
  std::optional<std::string> charts;  ///< The tab of charts that is shown.
  std::vector<std::string> recent;    ///< Files, absolute, the latest first.

  /// It was opened: it comes first.
  void opened(const std::string& file);
  /// Of the recent ones, those that are there.
  std::vector<std::string> existing() const;

  /// @param why  Says what is wrong with the file; empty where nothing is, or where it is not
  ///             there.
  static Preferences load(const std::string& file, std::string& why);
  /// In one step: whoever reads meanwhile finds the old file or the new one. Folders are made.
  /// @return what went wrong; empty where nothing did.
  std::string save(const std::string& file) const;

  friend bool operator==(const Preferences&, const Preferences&) = default;
};

/// $XDG_STATE_HOME/highwater/viewer.json, or the same below ~/.local/state; empty where neither is
/// known.
std::string usual_state_file();

}  // namespace highwater::viewer
