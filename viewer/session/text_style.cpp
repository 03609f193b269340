#include "viewer/session/text_style.h"

#include <algorithm>

namespace highwater::viewer {
namespace {

bool is_long(const Value& value) {
  return value.is_object() || value.is_array();
}

std::string key_of(const Value::Member& member) {
  return quoted(member.key) + ": ";
}

/// The blanks that a line begins with.
std::string_view blanks_of(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

}  // namespace

TextStyle style_of(std::string_view text) {
  TextStyle style;
  const std::size_t first = text.find('\n');
  if (first != std::string_view::npos && first > 0 && text[first - 1] == '\r')
    style.newline = "\r\n";
  // One level is what the first line that begins with a key is indented by.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const std::string_view blanks = blanks_of(line);
    if (!blanks.empty() && blanks.size() < line.size() && line[blanks.size()] == '"') {
      style.indent = blanks;
      break;
    }
    at = end + 1;
  }
  std::size_t spaced = 0, tight = 0;
  for (std::size_t at = text.find('{'); at < text.size(); at = text.find('{', at + 1)) {
    if (text.substr(at + 1, 2) == " \"") ++spaced;
    if (text.substr(at + 1, 1) == "\"") ++tight;
  }
  style.spaced = spaced >= tight;
  return style;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string quoted(const std::string& text) {
  return write_json_line(Value::string(text));
}

std::string written_on_a_line(const Value& value, const TextStyle& style) {
  if (!is_long(value)) return write_json_line(value);
  std::string text;
  if (value.is_array()) {
    const Value::Elements& elements = value.elements();
    if (elements.empty()) return "[]";
    const bool spaced =
        style.spaced && std::any_of(elements.begin(), elements.end(), [](const Value& element) {
          return element.is_object() && !element.members().empty();
        });
    for (const Value& element : elements)
      text += (text.empty() ? "" : ", ") + written_on_a_line(element, style);
    return spaced ? "[ " + text + " ]" : "[" + text + "]";
  }
  if (value.members().empty()) return "{}";
  for (const Value::Member& member : value.members())
    text += (text.empty() ? "" : ", ") + key_of(member) + written_on_a_line(member.value, style);
  return style.spaced ? "{ " + text + " }" : "{" + text + "}";
}

std::string written(const Value& value, const TextStyle& style, const std::string& indentation,
                    std::size_t used) {
  std::string line = written_on_a_line(value, style);
  if (!is_long(value) || used + columns_of(line) <= kTextColumns) return line;
  const std::string inner = indentation + style.indent;
  std::string text = value.is_array() ? "[" : "{";
  const auto add = [&](const std::string& key, const Value& child, bool last) {
    text += style.newline + inner + key;
    text += written(child, style, inner, columns_of(inner) + columns_of(key) + (last ? 0 : 1));
    if (!last) text += ",";
  };
  if (value.is_array()) {
    for (const Value& element : value.elements())
      add("", element, &element == &value.elements().back());
  } else {
    for (const Value::Member& member : value.members())
      add(key_of(member), member.value, &member == &value.members().back());
  }
  return text + style.newline + indentation + (value.is_array() ? "]" : "}");
}

}  // namespace highwater::viewer
