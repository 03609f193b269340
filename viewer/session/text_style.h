#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/describe/value.h"

namespace highwater::viewer {

/// How the author of a JSON text sets it, so that what is added looks like the rest.
struct TextStyle {
  std::string newline = "\n";
  std::string indent = "  ";  ///< One level.
  bool spaced = true;         ///< { "a": 1 } rather than {"a": 1}.
};

/// Columns that a line has at most, as in write_json().
inline constexpr std::size_t kTextColumns = 100;

/// What a text shows of its style; of what it does not show, how the library of scenarios is set.
TextStyle style_of(std::string_view text);

/// Columns of a text without line breaks: characters, as Position counts them.
std::size_t columns_of(std::string_view text);

/// A key or another string in quotes, as JSON has it.
std::string quoted(const std::string& text);

/// A value on one line.
std::string written_on_a_line(const Value& value, const TextStyle& style);

/// A value on one line where that fits into kTextColumns, else one member a line.
/// @param indentation  Of the line that it begins on.
/// @param used         Columns of that line before and behind it.
std::string written(const Value& value, const TextStyle& style, const std::string& indentation,
                    std::size_t used);

}  // namespace highwater::viewer
