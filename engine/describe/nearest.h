#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace highwater {

/// Fewest insertions, deletions, substitutions and swaps of neighbouring letters that turn `a` into
/// `b` (each letter edited at most once). Upper and lower case count as the same letter.
/// Method   Optimal string alignment.   Cost  O(|a| |b|).
/// Source   F. Damerau, A technique for computer detection and correction of spelling errors,
///          CACM 7(3), 1964.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word that someone who wrote `written` most likely meant, for "did you mean …?". Empty when
/// none is close: a guess may differ in at most a third of the letters (and at least one), or hold
/// `written` as its beginning. Ties go to the word listed first.
std::string nearest_word(std::string_view written, std::span<const std::string> words);

}  // namespace highwater
