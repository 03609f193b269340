#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/describe/quantity.h"
#include "engine/describe/type_name.h"

namespace highwater {

/// One word of an enumeration: how a scenario spells it and what it means. An enum becomes a
/// parameter type by a function beside it, found by argument-dependent lookup:
///
///   enum class Jitter { kNone, kFull };
///   constexpr auto words_of(Jitter) {
///     return std::array{Word{Jitter::kNone, "none", "Waits exactly the backoff."},
///                       Word{Jitter::kFull, "full", "Waits uniformly between 0 and the
///                       backoff."}};
///   }
template <class Enum>
struct Word {
  Enum value;
  std::string_view word, doc;
};
template <class Enum>
Word(Enum, std::string_view, std::string_view) -> Word<Enum>;  // clang 14 does not find it itself

/// Index of the word that `value` holds; reports an unknown word with the nearest one.
std::optional<std::size_t> read_word(const Value& value, const std::string& path,
                                     const TypeInfo& type, Problems& problems);
TypeInfo words_type(std::string name, std::vector<WordInfo> words);

template <class Enum>
requires std::is_enum_v<Enum>
struct Quantity<Enum> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      std::vector<WordInfo> words;
      for (const Word<Enum>& w : words_of(Enum{}))
        words.push_back({std::string(w.word), std::string(w.doc)});
      return words_type(type_name<Enum>(), std::move(words));
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems, Enum& out) {
    const auto index = read_word(value, path, type(), problems);
    if (index) out = words_of(Enum{})[*index].value;
    return index.has_value();
  }
  static Value write(Enum value) { return Value::string(std::string(word_for(value))); }

  /// The word of `value`, for logs and tables. Every enumerator must have one.
  static std::string_view word_for(Enum value) {
    for (const Word<Enum>& w : words_of(Enum{}))
      if (w.value == value) return w.word;
    return "";
  }
};

}  // namespace highwater
