#include "models/drivers/timed_line.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "engine/describe/problems.h"
#include "models/drivers/seconds.h"

namespace highwater::drivers {

std::string_view cut_word(std::string_view& rest) {
  const std::size_t space = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(std::min(space + 1, rest.size()));
  return word;
}

std::string TimedLines::read(std::string_view line, TimedLine& out) const {
  out = {};
  out.rest = line;
  const std::string_view seconds = cut_word(out.rest);
  const auto time = nanoseconds_of(seconds);
  if (!time) return no_seconds(seconds);
  if (*time < now_) return "time goes back";
  out.now = *time;
  const std::string_view before = out.rest;
  out.verb = cut_word(out.rest);
  out.has_rest = before.size() > out.verb.size();
  return {};
}

std::string expected_forms(std::initializer_list<std::string_view> forms, std::string_view verb,
                           std::string_view found) {
  std::string all;
  std::vector<std::string> verbs;
  for (std::string_view form : forms) {
    if (!all.empty()) all += ", ";
    all += form;
    std::string_view word = cut_word(form);
    while (!word.empty() && word[0] >= 'A' && word[0] <= 'Z') word = cut_word(form);
    verbs.emplace_back(word);
  }
  const std::string nearest = nearest_word(verb, verbs);
  std::string wrong = fmt::format("expected {}, found {}", all, in_quotes(found));
  if (!nearest.empty() && nearest != verb)
    wrong += fmt::format("; did you mean {}?", in_quotes(nearest));
  return wrong;
}

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (text.empty() || error != std::errc() || end != last) return std::nullopt;
  return number;
}

std::string KeyNames::too_many() {
  return fmt::format("more than {} different keys are in use", kMost);
}

}  // namespace highwater::drivers
