#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "models/algorithms/caching/policy.h"

namespace highwater::cache {

/// Changes of a cache's contents on their way to where they are applied later, in their order: to
/// a replica, or to a disk. Memory follows what is on its way.
///
/// Source   elementary: Redis' replication stream and its append-only file are such logs.
/// Checked  tests/caches/change_log_test.cpp
class ChangeLog {
 public:
  /// Something is stored, and takes effect at `due` or right after what was logged before it.
  void store(const caching::Item& item, std::int64_t due) { add({item, due, false}); }
  void erase(std::uint64_t key, std::int64_t due) {
    caching::Item item;
    item.key = key;
    add({item, due, true});
  }

  /// Applies what is due at or before `now` to `contents`: changed(key) is called for each change.
  template <BitSource G, class Changed>
  void apply(std::int64_t now, caching::Cache& contents, G& bits, Changed changed) {
    while (!on_its_way_.empty() && on_its_way_.front().due <= now) {
      const Change change = on_its_way_.front();
      on_its_way_.pop_front();
      if (change.erases)
        contents.erase(change.item.key);
      else
        contents.insert(change.item, now, bits);
      changed(change.item.key);
    }
  }
  template <BitSource G>
  void apply(std::int64_t now, caching::Cache& contents, G& bits) {
    apply(now, contents, bits, [](std::uint64_t) {});
  }

  /// What is on its way never arrives.
  void clear() { on_its_way_.clear(); }
  std::size_t size() const { return on_its_way_.size(); }

 private:
  struct Change {
    caching::Item item;
    std::int64_t due;
    bool erases;
  };
  void add(Change change) {
    if (!on_its_way_.empty() && change.due < on_its_way_.back().due)
      change.due = on_its_way_.back().due;
    on_its_way_.push_back(change);
  }

  std::deque<Change> on_its_way_;
};

}  // namespace highwater::cache
