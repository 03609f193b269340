#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "models/key_number.h"

namespace highwater::drivers {

/// Cuts the first word and the space behind it off a line. What is left may be anything, a key with
/// spaces in it included.
/// @return the word; the whole line where it has no space, and `rest` is empty then.
std::string_view cut_word(std::string_view& rest);

/// A line as "SECONDS VERB rest", the form of events with times.
struct TimedLine {
  std::int64_t now = 0;
  std::string_view verb;
  bool has_rest = false;  ///< The verb is followed by a space: an empty rest is an empty key.
  std::string_view rest;
};

/// Reads lines of events whose times never go back.
class TimedLines {
 public:
  /// @return what is wrong with the time; empty where nothing is.
  std::string read(std::string_view line, TimedLine& out) const;
  /// The line was taken: no later one may be before it.
  void taken(const TimedLine& line) { now_ = line.now; }

 private:
  std::int64_t now_ = 0;
};

/// What to say about a line that is none of the forms, such as "SECONDS get KEY"; the nearest verb
/// of theirs is proposed. A form's verb is its first word in small letters.
std::string expected_forms(std::initializer_list<std::string_view> forms, std::string_view verb,
                           std::string_view found);

/// A whole number of 64 bits and nothing else.
std::optional<std::uint64_t> whole(std::string_view text);

/// The texts of keys that a session still has to be able to name, bounded in number.
class KeyNames {
 public:
  static constexpr std::size_t kMost = 10'000'000;

  /// The key's number, its text remembered. Nothing where there are too many.
  std::optional<std::uint64_t> number(std::string_view text) {
    const std::uint64_t key = key_number(text);
    if (names_.size() == kMost && names_.count(key) == 0) return std::nullopt;
    names_.try_emplace(key, text);
    return key;
  }
  /// Precondition: the key is remembered.
  const std::string& text(std::uint64_t key) const { return names_.at(key); }
  void forget(std::uint64_t key) { names_.erase(key); }
  template <class Wanted>
  void keep_if(const Wanted& wanted) {
    std::erase_if(names_, [&](const auto& name) { return !wanted(name.first); });
  }
  std::size_t size() const { return names_.size(); }
  static std::string too_many();

 private:
  std::map<std::uint64_t, std::string> names_;
};

}  // namespace highwater::drivers
