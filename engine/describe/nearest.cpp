#include "engine/describe/nearest.h"

#include <algorithm>
#include <vector>

namespace highwater {
namespace {

// Longer words than this are no one's typing error, and the distance costs their product.
constexpr std::size_t kLongestWord = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::string nearest_word(std::string_view written, std::span<const std::string> words) {
  if (written.empty() || written.size() > kLongestWord) return "";
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string& word : words) {
    if (word.size() > kLongestWord) continue;
    const std::size_t longer = std::max(word.size(), written.size());
    std::size_t distance = edit_distance(written, word);
    const bool begins = written.size() >= 3 && word.starts_with(written);
    if (distance > std::max<std::size_t>(1, longer / 3) && !begins) continue;
    if (distance >= longer) continue;  // nothing in common, such as "b" for "a"
    if (best.empty() || distance < best_distance) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace highwater
