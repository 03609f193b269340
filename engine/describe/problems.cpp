#include "engine/describe/problems.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace highwater {

std::string Problem::text() const {
  std::string line = source;
  if (position.line > 0) line += fmt::format(":{}:{}", position.line, position.column);
  if (!line.empty()) line += ": ";
  if (severity == Severity::kWarning) line += "warning: ";
  if (!pointer.empty()) line += pointer + ": ";
  line += message;
  if (!suggestion.empty()) line += fmt::format("; did you mean {}?", in_quotes(suggestion));
  return line;
}

std::uint32_t Problems::add_source(std::string name, std::string directory) {
  sources_.push_back({std::move(name), std::move(directory)});
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::string Problems::source_name(std::uint32_t source) const {
  return source < sources_.size() ? sources_[source].name : "";
}

std::string Problems::source_directory(std::uint32_t source) const {
  return source < sources_.size() ? sources_[source].directory : "";
}

Problems Problems::fresh() const {
  Problems none;
  none.sources_ = sources_;
  return none;
}

void Problems::error(Position position, std::string pointer, std::string message,
                     std::string suggestion) {
  ++errors_;
  add(Severity::kError, position, std::move(pointer), std::move(message), std::move(suggestion));
}

void Problems::warning(Position position, std::string pointer, std::string message,
                       std::string suggestion) {
  add(Severity::kWarning, position, std::move(pointer), std::move(message), std::move(suggestion));
}

void Problems::add(Severity severity, Position position, std::string pointer, std::string message,
                   std::string suggestion) {
  list_.push_back({severity, position, source_name(position.source), std::move(pointer),
                   std::move(message), std::move(suggestion)});
}

std::vector<Problem> Problems::sorted() const {
  std::vector<Problem> all = list_;
  std::stable_sort(all.begin(), all.end(),
                   [](const Problem& a, const Problem& b) { return a.position < b.position; });
  return all;
}

std::string Problems::text(std::size_t most) const {
  std::string out;
  std::vector<Problem> all = sorted();
  const std::size_t found = all.size();
  // Where not all of them are shown, a warning does not take the place of an error.
  if (found > most && has_errors())
    std::erase_if(all, [](const Problem& one) { return one.severity == Severity::kWarning; });
  const std::size_t shown = std::min(all.size(), most);
  for (std::size_t i = 0; i < shown; ++i) out += all[i].text() + "\n";
  if (found > shown) out += fmt::format("and {} more\n", found - shown);
  return out;
}

std::string pointer_to(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer_to(std::string_view pointer, std::size_t index) {
  return fmt::format("{}/{}", pointer, index);
}

std::string file_in_quotes(std::string_view name) {
  return in_quotes(name, name.size());
}

std::string in_quotes(std::string_view text, std::size_t most) {
  std::string out = "\"";
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    const bool starts_character = (c & 0xC0) != 0x80;
    if (at >= most && starts_character) break;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[at];
    } else if (c < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += text[at];
    }
  }
  if (at < text.size()) out += "…";
  return out + '"';
}

}  // namespace highwater
