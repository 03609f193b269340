#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace highwater::drivers {

/// The words of a line, one blank apart, at most `kMost` of them. Two blanks have an empty word
/// between them, which is no number and no name.
template <std::size_t kMost>
class Words {
 public:
  explicit Words(std::string_view line) {
    for (;;) {
      const std::size_t blank = std::min(line.find(' '), line.size());
      if (count_ < kMost) words_[count_] = line.substr(0, blank);
      ++count_;
      if (blank == line.size()) return;
      line.remove_prefix(blank + 1);
    }
  }
  /// How many there are; more than kMost where there are too many.
  std::size_t count() const { return count_; }
  std::string_view operator[](std::size_t i) const { return words_[i]; }

 private:
  std::array<std::string_view, kMost> words_{};
  std::size_t count_ = 0;
};

/// A line cut at its blanks, however many words that makes; the same otherwise.
inline std::vector<std::string_view> words_of_line(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, blank));
    if (blank == line.size()) return words;
    line.remove_prefix(blank + 1);
  }
}

/// A whole number in digits alone; nothing where the text is anything else or too large.
template <class Number = std::uint32_t>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace highwater::drivers
