#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "viewer/gui/context.h"

namespace highwater::viewer {

/// A table of components, one of which may be selected. Only the rows in sight are looked at.
struct ComponentTable {
  const char* name;
  /// How their rows are called in the registry: that, and the component's name.
  const char* row_prefix;
  struct Column {
    const char* title;
    float width;  ///< A share.
  };
  std::vector<Column> columns;
  std::size_t rows = 0;
  std::function<const std::string&(std::size_t row)> id;
  /// Fills all cells but the first: each begins with ImGui::TableNextColumn().
  std::function<void(std::size_t row)> cells;
};

/// At most `share` of the room that there is.
/// @return the row that was clicked.
std::optional<std::size_t> draw_component_table(Context& context, const ComponentTable& table,
                                                std::optional<std::size_t> selected, float share);

}  // namespace highwater::viewer
