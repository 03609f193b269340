#include "models/sharding.h"

#include <algorithm>

namespace highwater {

void check_directory(const std::vector<DirectoryEntry>& entries, std::uint32_t shards,
                     const Value& where, const std::string& path, Problems& problems) {
  const auto wrong = [&](std::size_t index, const std::string& what) {
    problems.error(where.position(), pointer_to(path, index), what);
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const DirectoryEntry& entry = entries[i];
    if (entry.from >= entry.to) wrong(i, "holds no key: \"to\" is the last one and one");
    if (entry.shard >= shards)
      wrong(i, "there is no shard " + std::to_string(entry.shard) + ": the last one is " +
                   std::to_string(shards - 1));
  }
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return entries[a].from < entries[b].from; });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (entries[order[i]].from < entries[order[i - 1]].to)
      wrong(order[i], "key " + std::to_string(entries[order[i]].from) + " stands in entry " +
                          std::to_string(order[i - 1]) + " already");
}

void Shards::list(std::vector<DirectoryEntry> directory) {
  directory_ = std::move(directory);
  std::sort(directory_.begin(), directory_.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.from < b.from; });
}

const DirectoryEntry* Shards::listed(std::uint64_t key) const {
  const auto after = std::upper_bound(
      directory_.begin(), directory_.end(), key,
      [](std::uint64_t wanted, const DirectoryEntry& e) { return wanted < e.from; });
  if (after == directory_.begin() || key >= std::prev(after)->to) return nullptr;
  return &*std::prev(after);
}

}  // namespace highwater
