#include <fmt/format.h>

#include "engine/describe/value.h"

namespace highwater {
namespace {

constexpr std::size_t kColumns = 100;

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c < 0x20 || c == 0x7F) {
          out += fmt::format("\\u{:04x}", c);
        } else {
          out += raw;
        }
    }
  }
  out += '"';
}

/// Appends the value on one line; gives up once `out` is longer than `most`.
bool append_line(std::string& out, const Value& value, std::size_t most) {
  if (out.size() > most) return false;
  if (value.is_null()) {
    out += "null";
  } else if (value.is_boolean()) {
    out += value.boolean() ? "true" : "false";
  } else if (value.is_number()) {
    out += value.number_text();
  } else if (value.is_string()) {
    append_string(out, value.text());
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Value& element : value.elements()) {
      if (!first) out += ", ";
      first = false;
      if (!append_line(out, element, most)) return false;
    }
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const Value::Member& member : value.members()) {
      if (!first) out += ", ";
      first = false;
      append_string(out, member.key);
      out += ": ";
      if (!append_line(out, member.value, most)) return false;
    }
    out += '}';
  }
  return out.size() <= most;
}

bool is_long(const Value& value) {
  return value.is_array() || value.is_object();
}

/// @param used  Columns taken on the current line before the value.
void append_block(std::string& out, const Value& value, std::size_t indent, std::size_t used) {
  const std::size_t room = kColumns > used + 1 ? kColumns - used - 1 : 0;  // 1 for a comma
  std::string line;
  if (append_line(line, value, is_long(value) ? room : std::string::npos - 1)) {
    out += line;
    return;
  }
  const std::string inner(indent + 2, ' ');
  const bool list = value.is_array();
  out += list ? "[\n" : "{\n";
  const std::size_t count = list ? value.elements().size() : value.members().size();
  for (std::size_t i = 0; i < count; ++i) {
    out += inner;
    std::size_t before = inner.size();
    if (!list) {
      const std::size_t start = out.size();
      append_string(out, value.members()[i].key);
      out += ": ";
      before += out.size() - start;
    }
    const Value& child = list ? value.elements()[i] : value.members()[i].value;
    append_block(out, child, indent + 2, before);
    out += i + 1 < count ? ",\n" : "\n";
  }
  out += std::string(indent, ' ') + (list ? "]" : "}");
}

}  // namespace

std::string write_json(const Value& value) {
  std::string out;
  append_block(out, value, 0, 0);
  return out;
}

std::string write_json_line(const Value& value) {
  std::string out;
  append_line(out, value, std::string::npos - 1);
  return out;
}

}  // namespace highwater
