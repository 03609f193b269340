#include "engine/report/text.h"

#include <array>
#include <cstdint>
#include <utility>

namespace highwater {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Range {
  char32_t first, last;
};

constexpr bool contains(Range range, char32_t c) {
  return c >= range.first && c <= range.last;
}

bool is_control(char32_t c) {
  return c < 0x20 || contains({0x7F, 0x9F}, c);
}

/// Directional overrides and other invisible format characters: they can make a line read
/// differently from what it says. The joiners U+200C and U+200D belong to many scripts and stay.
bool is_invisible(char32_t c) {
  return c == 0x200B || contains({0x200E, 0x200F}, c) || contains({0x2028, 0x202E}, c) ||
         contains({0x2060, 0x206F}, c) || c == 0xFEFF;
}

bool is_combining(char32_t c) {
  return contains({0x0300, 0x036F}, c) || contains({0x200C, 0x200D}, c) ||
         contains({0x1AB0, 0x1AFF}, c) || contains({0x20D0, 0x20FF}, c) ||
         contains({0xFE00, 0xFE0F}, c) || contains({0xFE20, 0xFE2F}, c);
}

/// The East Asian Wide and Fullwidth blocks of Unicode's EastAsianWidth.txt, by block.
bool is_wide(char32_t c) {
  constexpr std::array<Range, 11> kWide{{{0x1100, 0x115F},
                                         {0x2E80, 0x303E},
                                         {0x3041, 0xA4CF},
                                         {0xA960, 0xA97F},
                                         {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},
                                         {0xFE30, 0xFE6F},
                                         {0xFF00, 0xFF60},
                                         {0xFFE0, 0xFFE6},
                                         {0x1F300, 0x1FAFF},
                                         {0x20000, 0x3FFFD}}};
  for (const Range range : kWide) {
    if (contains(range, c)) return true;
  }
  return false;
}

std::size_t width_of(char32_t c) {
  return is_combining(c) ? 0 : is_wide(c) ? 2 : 1;
}

char32_t shown(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return ' ';
  return is_control(c) || is_invisible(c) ? kReplacement : c;
}

std::string_view ascii_spelling(char32_t c) {
  switch (c) {
    case U'±':
      return "+-";
    case U'µ':
      return "u";
    case U'…':
      return "...";
    case U'–':
      return "-";
    case U'·':
      return "|";
    case U'×':
      return "x";
    case U'✓':
      return "+";
    case U'✗':
      return "x";
    case U'▲':
      return "!";
    case U'▁':
      return "_";
    case U'▂':
      return ".";
    case U'▃':
      return "-";
    case U'▄':
      return "=";
    case U'▅':
      return "o";
    case U'▆':
      return "O";
    case U'▇':
      return "8";
    case U'█':
      return "@";
    default:
      return "?";
  }
}

}  // namespace

char32_t take_code_point(std::string_view text, std::size_t& position) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(position++);
  if (first < 0x80) return static_cast<char32_t>(first);
  const std::size_t more = first >= 0xF0 && first <= 0xF4  ? 3
                           : first >= 0xE0 && first < 0xF0 ? 2
                           : first >= 0xC2 && first < 0xE0 ? 1
                                                           : 0;
  if (more == 0 || position + more > text.size()) return kReplacement;
  std::uint32_t value = first & (0x3Fu >> more);
  for (std::size_t i = 0; i < more; ++i) {
    const std::uint32_t next = byte(position + i);
    if ((next & 0xC0u) != 0x80u) return kReplacement;
    value = value << 6 | (next & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 4> kSmallest{0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[more] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return kReplacement;
  }
  position += more;
  return static_cast<char32_t>(value);
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto c = static_cast<std::uint32_t>(code_point);
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0u | c >> 6);
    put(0x80u | (c & 0x3Fu));
  } else if (c < 0x10000) {
    put(0xE0u | c >> 12);
    put(0x80u | (c >> 6 & 0x3Fu));
    put(0x80u | (c & 0x3Fu));
  } else {
    put(0xF0u | c >> 18);
    put(0x80u | (c >> 12 & 0x3Fu));
    put(0x80u | (c >> 6 & 0x3Fu));
    put(0x80u | (c & 0x3Fu));
  }
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) append_utf8(line, shown(take_code_point(text, i)));
  return line;
}

std::string ascii_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = shown(take_code_point(text, i));
    if (c < 0x80) {
      line += static_cast<char>(c);
    } else {
      line += ascii_spelling(c);
    }
  }
  return line;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) width += width_of(take_code_point(text, i));
  return width;
}

std::string truncated(std::string_view text, std::size_t width, std::string_view ellipsis) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t mark = display_width(ellipsis);
  if (mark > width) return {};
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    std::size_t next = end;
    used += width_of(take_code_point(text, next));
    if (used + mark > width) break;
    end = next;
  }
  return std::string(text.substr(0, end)).append(ellipsis);
}

std::string html_escaped(std::string_view text) {
  std::string html;
  html.reserve(text.size() + text.size() / 8);
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = shown(take_code_point(text, i));
    switch (c) {
      case U'&':
        html += "&amp;";
        break;
      case U'<':
        html += "&lt;";
        break;
      case U'>':
        html += "&gt;";
        break;
      case U'"':
        html += "&quot;";
        break;
      case U'\'':
        html += "&#39;";
        break;
      default:
        append_utf8(html, c);
    }
  }
  return html;
}

std::string script_safe(std::string json) {
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
  };
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    text += kDigits[three >> 18 & 63u];
    text += kDigits[three >> 12 & 63u];
    text += i + 1 < bytes.size() ? kDigits[three >> 6 & 63u] : '=';
    text += i + 2 < bytes.size() ? kDigits[three & 63u] : '=';
  }
  return text;
}

}  // namespace highwater
