#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "engine/describe/words.h"
#include "models/algorithms/hashing/sharder.h"

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
      : Shards(scheme, id, first(count), keys) {}
  /// Those of the shards that are there, in the order of their numbers. Without any, of() must not
  /// be asked.
  Shards(hashing::Scheme scheme, const std::string& id, std::vector<std::uint32_t> there,
         std::uint64_t keys = 0)
      : there_(std::move(there)), sharder_(scheme, targets(id, there_), keys) {}

  std::size_t count() const { return there_.size(); }
  /// The number of the shard that holds the key.
  std::size_t of(std::uint64_t key) const {
    return there_.size() == 1 ? there_.front() : there_[sharder_.of(key)];
  }

 private:
  static std::vector<std::uint32_t> first(std::uint32_t count) {
    std::vector<std::uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0u);
    return numbers;
  }
  static std::vector<hashing::Target> targets(const std::string& id,
                                              const std::vector<std::uint32_t>& numbers) {
    std::vector<hashing::Target> targets;
    for (const std::uint32_t i : numbers) targets.push_back({id + "-" + std::to_string(i)});
    return targets;
  }

  std::vector<std::uint32_t> there_;
  hashing::Sharder sharder_;
};

}  // namespace highwater
