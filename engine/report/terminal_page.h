#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "engine/report/terminal_table.h"
#include "engine/report/terminal_writer.h"

namespace highwater {

/// What the summaries for a terminal are made of, one part below the other: titles, paragraphs,
/// pairs of a name and a value, tables. Nothing is wider than the terminal but what is for copying.
class TerminalPage {
 public:
  explicit TerminalPage(const TerminalOptions& options);

  const Painter& paint() const { return paint_; }
  std::size_t width() const { return width_; }

  /// A line as it is.
  void line(std::string_view text) { (text_ += text) += '\n'; }
  void gap() { text_ += '\n'; }
  /// A title, with an empty line above it unless it is the first thing.
  void title(std::string_view text);
  /// Lines below the header or a title.
  void body(std::string_view text, Tone tone = Tone::kPlain, std::size_t indent = 2);
  /// A paragraph behind a marker, its further lines indented to stand below the first.
  void paragraph(std::string_view marker, Tone tone, std::string_view text);
  /// A name and what it is; all values of a page stand in one column.
  void pair(std::string_view name, std::string_view value, Tone tone = Tone::kPlain);
  void table(const TerminalTable& table) { text_ += table.text(paint_, width_); }
  /// Where the report was written, if anywhere. Never cut: the line is for copying.
  void report(const std::string& path);

  std::string take() { return std::move(text_); }

 private:
  std::size_t width_;
  Painter paint_;
  std::string text_;
};

}  // namespace highwater
