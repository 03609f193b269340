#include "engine/report/terminal_page.h"

#include <algorithm>

#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kNameColumn = 18;

}  // namespace

TerminalPage::TerminalPage(const TerminalOptions& options)
    : width_(std::max(options.width, kNarrowest)), paint_(options.color, options.utf8) {}

void TerminalPage::title(std::string_view text) {
  if (!text_.empty()) gap();
  line(paint_.paint(truncated(paint_.plain(text), width_, paint_.ellipsis()), Tone::kStrong));
}

void TerminalPage::body(std::string_view text, Tone tone, std::size_t indent) {
  for (const std::string& part : paint_.wrapped(text, width_ - indent))
    line(std::string(indent, ' ') + paint_.paint(part, tone));
}

void TerminalPage::paragraph(std::string_view marker, Tone tone, std::string_view text) {
  const std::string mark = truncated(paint_.plain(marker), width_ / 3, paint_.ellipsis());
  const std::size_t indent = 2 + display_width(mark) + 1;
  std::string before = "  " + paint_.paint(mark, tone) + ' ';
  for (const std::string& part : paint_.wrapped(text, width_ - indent)) {
    line(before + part);
    before = std::string(indent, ' ');
  }
}

void TerminalPage::pair(std::string_view name, std::string_view value, Tone tone) {
  std::string before = "  " + paint_.left(name, kNameColumn, Tone::kDim) + ' ';
  for (const std::string& part : paint_.wrapped(value, width_ - kNameColumn - 3)) {
    line(before + paint_.paint(part, tone));
    before = std::string(kNameColumn + 3, ' ');
  }
}

void TerminalPage::report(const std::string& path) {
  if (path.empty()) return;
  gap();
  line(paint_.paint("Report", Tone::kStrong) + "  " + one_line(path));
}

}  // namespace highwater
