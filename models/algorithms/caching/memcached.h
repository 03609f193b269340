#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

struct MemcachedOptions {
  std::uint32_t hot_lru_pct = 20;
  std::uint32_t warm_lru_pct = 40;
  double hot_max_factor = 0.2;
  double warm_max_factor = 2.0;
};

/// caching memcached: memcached's segmented LRU of hot, warm and cold items with its maintainer.
///
/// A new item is hot. The second fetch makes an item active; a cold one goes to warm at that. A
/// background thread looks at the tails: an active hot item goes to warm, an active warm one to the
/// front of warm, an inactive one to cold when its queue is above its share of all items, or when
/// the item has been idle for longer than 0.2 (hot) or 2 times (warm) as long as the coldest one.
/// Eviction is from the tail of cold; if there is none, the hot tail is made cold first.
///
/// The thread wakes every millisecond while it finds work, and less and less often, down to once a
/// second, while it does not. Here its passes are made up for within the next operation: those that
/// find nothing to do in a long silence are counted as one.
///
/// Memory   That of EntryTable and 4 to 4.5 bytes an item for the time of its last use.
/// Assumes  one slab class, all items of one size (capacity counts items). Times of use are whole
///          seconds as in memcached; expiry is exact, where memcached's is to the second. A cold
///          item that becomes active moves at once, where memcached queues that for the thread. A
///          store that finds nothing to evict waits for a pass of the thread, where memcached
///          answers out of memory after ten tries. Temporary items (temp_lru), the LRU crawler,
///          which reclaims expired items in the background, and extstore are left out.
/// Source   memcached 1.6.18 items.c (do_item_alloc_pull, do_item_bump, lru_pull_tail,
///          lru_maintainer_juggle, lru_maintainer_thread), memcached.c (settings_init).
/// Checked  tests/algorithms/memcached_test.cpp: each rule on its own; caching_policy_test.cpp:
///          the general contract.
class Memcached : public ListCache<Memcached> {
 public:
  explicit Memcached(std::uint64_t capacity, const MemcachedOptions& options = {})
      : ListCache(capacity, 3), options_(options) {
    options_.hot_lru_pct = std::min(options.hot_lru_pct, 100u);
    options_.warm_lru_pct = std::min(options.warm_lru_pct, 100u);
  }

  Lookup lookup(std::uint64_t key, std::int64_t now) {
    run_maintainer(now);
    return ListCache::lookup(key, now);
  }
  std::optional<Evicted> insert(const Item& item, std::int64_t now) {
    run_maintainer(now);
    // A set links a new item in the place of the old one, with neither its flags nor its queue.
    if (const std::uint32_t slot = table().find(item.key); slot != EntryTable::kNone) {
      table().set(slot, item);
      table().set_count(slot, 0);
      table().move_to_front(kHot, slot);
      touch(slot);
      return std::nullopt;
    }
    return ListCache::insert(item, now);
  }

  /// Items in each queue, for reports and tests.
  std::uint64_t hot() const { return table().length(kHot); }
  std::uint64_t warm() const { return table().length(kWarm); }
  std::uint64_t cold() const { return table().length(kCold); }

 private:
  friend class ListCache<Memcached>;
  static constexpr std::uint32_t kHot = 0;
  static constexpr std::uint32_t kWarm = 1;
  static constexpr std::uint32_t kCold = 2;
  static constexpr std::uint32_t kFetched = 1;                  // ITEM_FETCHED
  static constexpr std::uint32_t kActive = 2;                   // ITEM_ACTIVE
  static constexpr std::int64_t kShortestSleep = 1'000'000;     // MIN_LRU_MAINTAINER_SLEEP, 1 ms
  static constexpr std::int64_t kLongestSleep = 1'000'000'000;  // MAX_LRU_MAINTAINER_SLEEP, 1 s
  static constexpr int kMovesPerPass = 500;
  static constexpr int kTries = 5;  // expired items at a tail that one look goes past
  static constexpr std::int64_t kSecond = 1'000'000'000;

  /// do_item_bump.
  void used(std::uint32_t slot) {
    const std::uint32_t flags = table().count(slot);
    if ((flags & kActive) != 0) return;
    if ((flags & kFetched) == 0) return table().set_count(slot, flags | kFetched);
    touch(slot);
    if (table().queue_of(slot) == kCold) {
      table().move_to_front(kWarm, slot);
    } else {
      table().set_count(slot, flags | kActive);
    }
  }

  /// do_item_alloc_pull, then do_item_link.
  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    for (int tries = 0; full(); ++tries) {
      if (!table().empty(kCold)) {
        evicted = evict(table().back(kCold), now);
      } else if (tries < 10 && !table().empty(kHot)) {
        pull(kHot, 0, 0, now);
      } else {
        juggle(now);
      }
    }
    const std::uint32_t slot = table().add(item, kHot);
    if (slot >= last_use_.size()) {
      if (last_use_.size() == last_use_.capacity()) last_use_.reserve(slot + slot / 8 + 4);
      last_use_.resize(slot + 1);
    }
    touch(slot);
    return evicted;
  }

  void touch(std::uint32_t slot) { last_use_[slot] = clock_; }

  /// Items at the tail whose time is over are removed, but no more than five at a look.
  bool reclaim(std::uint32_t queue, std::int64_t now) {
    bool moved = false;
    for (int tries = 0; tries < kTries && !table().empty(queue); ++tries) {
      const std::uint32_t tail = table().back(queue);
      if (now < table().expires(tail)) break;
      expire(tail);
      moved = true;
    }
    return moved;
  }

  /// lru_pull_tail for the hot and the warm queue.
  /// @return whether an item moved.
  bool pull(std::uint32_t queue, std::uint64_t items, std::uint32_t oldest_age, std::int64_t now) {
    const bool reclaimed = reclaim(queue, now);
    if (table().empty(queue)) return reclaimed;
    const std::uint32_t tail = table().back(queue);
    const std::uint32_t flags = table().count(tail);
    const std::uint64_t percent = queue == kHot ? options_.hot_lru_pct : options_.warm_lru_pct;
    if ((flags & kActive) != 0) {
      table().set_count(tail, flags & ~kActive);
      table().move_to_front(kWarm, tail);
      return true;
    }
    if (table().length(queue) * 100 > items * percent || clock_ - last_use_[tail] > oldest_age) {
      table().move_to_front(kCold, tail);
      return true;
    }
    return reclaimed;
  }

  /// lru_maintainer_juggle.
  bool juggle(std::int64_t now) {
    std::uint32_t hot_age = 0;
    std::uint32_t warm_age = 0;
    if (!table().empty(kCold)) {
      const auto age = static_cast<double>(clock_ - last_use_[table().back(kCold)]);
      hot_age = whole(age * options_.hot_max_factor);
      warm_age = whole(age * options_.warm_max_factor);
    }
    const std::uint64_t items = table().size();
    bool moved = false;
    for (int i = 0; i < kMovesPerPass; ++i) {
      const bool more = pull(kHot, items, hot_age, now) || pull(kWarm, items, warm_age, now);
      if (!reclaim(kCold, now) && !more) break;
      moved = true;
    }
    return moved;
  }

  static std::uint32_t whole(double seconds) {
    return static_cast<std::uint32_t>(std::clamp(seconds, 0.0, 4e9));
  }

  void run_maintainer(std::int64_t now) {
    now = std::min(now, std::numeric_limits<std::int64_t>::max() / 2);
    while (next_pass_ <= now) {
      clock_ = static_cast<std::uint32_t>(std::max<std::int64_t>(next_pass_, 0) / kSecond);
      const bool moved = juggle(next_pass_);
      if (moved) {
        pause_ = pause_ / 2 < kShortestSleep ? 0 : pause_ / 2;
      } else {
        pause_ = pause_ == 0 ? kShortestSleep : std::min(pause_ + pause_ / 8, kLongestSleep);
      }
      next_pass_ += std::max(pause_, kShortestSleep);
      if (!moved && next_pass_ < now) {
        pause_ = std::clamp((now - next_pass_) / 8, pause_, kLongestSleep);
        next_pass_ = now;
      }
    }
    clock_ = static_cast<std::uint32_t>(std::max<std::int64_t>(now, 0) / kSecond);
  }

  void forget() { last_use_ = std::vector<std::uint32_t>(); }
  std::size_t own_bytes() const { return last_use_.capacity() * sizeof(std::uint32_t); }

  MemcachedOptions options_;
  std::vector<std::uint32_t> last_use_;  // seconds, by slot
  std::uint32_t clock_ = 0;              // seconds, of the operation or pass under way
  std::int64_t next_pass_ = 0;           // of the maintainer
  std::int64_t pause_ = 0;               // its sleep after a pass
};

}  // namespace highwater::caching
