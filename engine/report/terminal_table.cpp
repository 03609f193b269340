#include "engine/report/terminal_table.h"

#include <algorithm>
#include <numeric>

#include "engine/kernel/check.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestName = 12;

std::string_view code(Tone tone) {
  switch (tone) {
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kDim:
      return "\x1b[2m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWarning:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Painter::plain(std::string_view text) const {
  return utf8_ ? one_line(text) : ascii_line(text);
}

std::string Painter::colored(std::string safe, Tone tone) const {
  if (!color_ || tone == Tone::kPlain || safe.empty()) return safe;
  return std::string(code(tone)) + safe + "\x1b[0m";
}

std::string Painter::paint(std::string_view text, Tone tone) const {
  return colored(plain(text), tone);
}

std::string Painter::left(std::string_view text, std::size_t width, Tone tone) const {
  std::string safe = truncated(plain(text), width, ellipsis());
  const std::size_t fill = width - display_width(safe);
  return colored(std::move(safe), tone) + std::string(fill, ' ');
}

std::string Painter::right(std::string_view text, std::size_t width, Tone tone) const {
  std::string safe = truncated(plain(text), width, ellipsis());
  const std::size_t fill = width - display_width(safe);
  return std::string(fill, ' ') + colored(std::move(safe), tone);
}

std::vector<std::string> Painter::wrapped(std::string_view text, std::size_t width) const {
  const std::string safe = plain(text);
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < safe.size();) {
    const std::size_t space = std::min(safe.find(' ', at), safe.size());
    const std::string word =
        truncated(std::string_view(safe).substr(at, space - at), width, ellipsis());
    at = space + 1;
    if (word.empty()) continue;
    const bool fits =
        lines.back().empty() || display_width(lines.back()) + 1 + display_width(word) <= width;
    if (!fits) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

void TerminalTable::add(std::vector<Cell> row) {
  HIGHWATER_CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

/// Width of every column; 0 for one that is left out.
std::vector<std::size_t> TerminalTable::widths(const Painter& painter, std::size_t width) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    for (const auto& row : rows_) {
      widths[c] = std::max(widths[c], display_width(painter.plain(row[c].text)));
    }
    const bool used = c == 0 || widths[c] > 0;
    if (used) widths[c] = std::max(widths[c], display_width(painter.plain(columns_[c].title)));
  }
  const auto total = [&widths] {
    std::size_t sum = kIndent;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] > 0) sum += widths[c] + (c == 0 ? 0 : kGap);
    }
    return sum;
  };
  while (total() > width) {
    // A long name gives way before a number does.
    const std::size_t over = total() - width;
    if (widths[0] > kNarrowestName) {
      widths[0] = std::max(kNarrowestName, widths[0] - std::min(over, widths[0]));
      continue;
    }
    std::size_t worst = 0;
    for (std::size_t c = 1; c < widths.size(); ++c) {
      if (widths[c] > 0 && (worst == 0 || columns_[c].rank >= columns_[worst].rank)) worst = c;
    }
    if (worst == 0) break;
    widths[worst] = 0;
  }
  return widths;
}

std::string TerminalTable::text(const Painter& painter, std::size_t width) const {
  const std::vector<std::size_t> fitted = widths(painter, width);
  std::string text;
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string out(kIndent, ' ');
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (fitted[c] == 0) continue;
      if (c > 0) out.append(kGap, ' ');
      out += c == 0 ? painter.left(cells[c].text, fitted[c], cells[c].tone)
                    : painter.right(cells[c].text, fitted[c], cells[c].tone);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Tone::kDim});
  line(titles);
  for (const auto& row : rows_) line(row);
  return text;
}

}  // namespace highwater
