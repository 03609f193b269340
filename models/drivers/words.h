#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

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

/// A whole number without a sign.
inline std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace highwater::drivers
