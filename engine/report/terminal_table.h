#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace highwater {

/// How a piece of terminal text is meant; a Painter turns it into colour where there is colour.
enum class Tone { kPlain, kStrong, kDim, kGood, kWarning, kBad };

/// Writes text for one kind of terminal: with or without ANSI colour, in UTF-8 or plain ASCII.
class Painter {
 public:
  Painter(bool color, bool utf8) : color_(color), utf8_(utf8) {}

  /// `text` made safe to show: one line, no control characters, ASCII only where asked for.
  std::string plain(std::string_view text) const;
  /// plain() in the colour of `tone`.
  std::string paint(std::string_view text, Tone tone) const;
  /// The same, cut or filled with spaces to `width` columns.
  std::string left(std::string_view text, std::size_t width, Tone tone) const;
  std::string right(std::string_view text, std::size_t width, Tone tone) const;
  /// Lines of at most `width` columns, broken between words; a word that is longer is cut.
  std::vector<std::string> wrapped(std::string_view text, std::size_t width) const;
  /// What ends a text that was cut.
  std::string_view ellipsis() const { return utf8_ ? "…" : "..."; }

 private:
  std::string colored(std::string safe, Tone tone) const;

  bool color_;
  bool utf8_;
};

/// A table for a terminal: the first column is left-aligned, the others right-aligned. Where the
/// table is too wide, columns go in the order of their `rank`, the largest first; columns without
/// any cell go always. The first column stays and is cut last.
class TerminalTable {
 public:
  struct Column {
    std::string title;
    int rank = 0;
  };
  struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
  };

  explicit TerminalTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell for each column.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  std::string text(const Painter& painter, std::size_t width) const;

 private:
  std::vector<std::size_t> widths(const Painter& painter, std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace highwater
