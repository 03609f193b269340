#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <imgui.h>

namespace highwater::viewer {

/// What was on the screen in the last frame, by name: where widgets were, and what is shown.
/// Scripts and tests find things by it, and people with xdotool.
class Registry {
 public:
  struct Rect {
    ImVec2 min{0, 0}, max{0, 0};
  };

  void begin_frame() {
    rects_.clear();
    values_.clear();
  }
  /// The widget that was drawn last is called `name`.
  void mark(std::string name);
  void mark(std::string name, Rect rect) { rects_[std::move(name)] = rect; }
  /// Something that a script may expect: "state" is "paused".
  void publish(std::string key, std::string value) { values_[std::move(key)] = std::move(value); }

  std::optional<Rect> rect(std::string_view name) const;
  std::optional<std::string> value(std::string_view key) const;
  const std::map<std::string, Rect, std::less<>>& rects() const { return rects_; }
  const std::map<std::string, std::string, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, Rect, std::less<>> rects_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace highwater::viewer
