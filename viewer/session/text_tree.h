#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace highwater::viewer {

/// Where a value stands in a JSON text: offsets of bytes, the end being the one behind.
struct TextNode {
  std::size_t start = 0;             ///< Of its key; of the value where it has none.
  std::size_t key_end = 0;           ///< Equal to `start` where there is no key.
  std::size_t begin = 0, end = 0;    ///< Of the value.
  std::optional<std::size_t> comma;  ///< Behind it.
  std::string key;
  std::size_t parent = 0;             ///< Index of the node around it; of the first, its own.
  std::vector<std::size_t> children;  ///< Indices, in the order of the text.
};

/// The nodes of a JSON text with comments, the whole document first; nothing where brackets, keys
/// and commas do not fit together. Whether the rest is JSON is for parse_json() to say.
/// Cost  O(length). No recursion.
std::optional<std::vector<TextNode>> tree_of(std::string_view text);

// Lines.
std::size_t line_begin(std::string_view text, std::size_t at);
/// The line's break, or the end of the text.
std::size_t line_end(std::string_view text, std::size_t at);
/// Whether nothing but blanks stands before it in its line.
bool begins_line(std::string_view text, std::size_t at);
/// The blanks that the line begins with.
std::string_view indentation_at(std::string_view text, std::size_t at);

// White space and comments.
std::size_t skip_blanks(std::string_view text, std::size_t at);  ///< Spaces and tabs.
/// Behind the comment that begins there; of one with // its line break. `at` where none begins.
std::size_t skip_comment(std::string_view text, std::size_t at);
std::size_t skip_space_and_comments(std::string_view text, std::size_t at);
/// The end of a line without its // comment, as seen from a place outside of strings and comments.
std::size_t code_end(std::string_view text, std::size_t at);
bool is_space_only(std::string_view text);

}  // namespace highwater::viewer
