#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/describe/words.h"
#include "models/algorithms/hashing/hashing.h"

namespace highwater {

namespace hashing {

/// The schemes of the family are the words of a scenario: one that joins can be named at once.
constexpr auto words_of(Scheme) {
  std::array<Word<Scheme>, kSchemes.size()> words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = {kSchemes[i].scheme, kSchemes[i].name, kSchemes[i].summary};
  return words;
}

}  // namespace hashing

/// 64 well-mixed bits of a key. Keys are often ranks or consecutive numbers, and what places them
/// needs them spread.
/// Source: the finalizer of SplitMix64, Steele, Lea, Flood, OOPSLA 2014,
/// https://doi.org/10.1145/2660193.2660195.
constexpr std::uint64_t key_hash(std::uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9U;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebU;
  return key ^ (key >> 31);
}

/// The shards of a component: which of them holds a key, under any scheme.
///
/// A key is the decimal text of its number, as the products see it. Shards are called <id>-0,
/// <id>-1 and so on: the schemes that hash names see those.
class Shards {
 public:
  /// @param count  At least 1.
  /// @param keys   As Sharder's: only `range` reads it.
  Shards(hashing::Scheme scheme, const std::string& id, std::uint32_t count, std::uint64_t keys = 0)
      : count_(count), sharder_(scheme, names(id, count), keys) {}

  std::size_t of(std::uint64_t key) const { return count_ == 1 ? 0 : sharder_.of(key); }

 private:
  static std::vector<hashing::Target> names(const std::string& id, std::uint32_t count) {
    std::vector<hashing::Target> targets;
    for (std::uint32_t i = 0; i < count; ++i) targets.push_back({id + "-" + std::to_string(i)});
    return targets;
  }

  std::uint32_t count_;
  hashing::Sharder sharder_;
};

}  // namespace highwater
