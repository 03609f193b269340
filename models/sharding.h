#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
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

/// Keys that somebody has put where they are: a directory of shards.
struct DirectoryEntry {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint32_t shard = 0;

  static constexpr std::string_view type_name = "directory.entry";
  static constexpr auto fields() {
    using P = DirectoryEntry;
    return Fields{field<&P::from>("The first key.").required(),
                  field<&P::to>("The last key and one.").required(),
                  field<&P::shard>("Where they are; the first shard is 0.").required()};
  }
};

/// Reports entries that are empty, name shards that are not there, or speak of the same keys.
/// @param path    Of the list.
/// @param shards  That there are.
void check_directory(const std::vector<DirectoryEntry>& entries, std::uint32_t shards,
                     const Value& where, const std::string& path, Problems& problems);

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

  /// From here on these keys are where the directory says. Entries do not overlap.
  void list(std::vector<DirectoryEntry> directory);

  std::size_t count() const { return there_.size(); }
  /// The number of the shard that holds the key.
  std::size_t of(std::uint64_t key) const {
    if (there_.size() == 1) return there_.front();
    if (!directory_.empty()) [[unlikely]]
      if (const DirectoryEntry* const entry = listed(key)) return entry->shard;
    return there_[sharder_.of(key)];
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

  const DirectoryEntry* listed(std::uint64_t key) const;

  std::vector<std::uint32_t> there_;
  hashing::Sharder sharder_;
  std::vector<DirectoryEntry> directory_;  // by key
};

}  // namespace highwater
