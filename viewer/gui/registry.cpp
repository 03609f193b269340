#include "viewer/gui/registry.h"

#include <utility>

namespace highwater::viewer {

void Registry::mark(std::string name) {
  rects_[std::move(name)] = {ImGui::GetItemRectMin(), ImGui::GetItemRectMax()};
}

std::optional<Registry::Rect> Registry::rect(std::string_view name) const {
  const auto found = rects_.find(name);
  return found == rects_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Registry::value(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace highwater::viewer
