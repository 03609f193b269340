#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// Redis' hash table, as far as eviction and expiry can tell it from another one.
///
/// Chained, a power of two of buckets, new keys at the head of their chain, doubled when there are
/// more keys than buckets, shrunk below 10 %. This decides which keys a sample can see: dict.c
/// takes neighbouring buckets from a random one on, so that heads of chains and keys after empty
/// buckets are seen more often. With one key per sample, Redis evicts so many fresh keys that it
/// does worse than at random; a uniform sample would not show that.
///
/// Assumes  rehashing in one go, where Redis moves a bucket with each command; keys hashed by the
///          finalizer of SplitMix64 for SipHash (both spread them like chance).
/// Source   Redis 7.0.9 src/dict.c (dictAddRaw, _dictExpandIfNeeded, dictRehash, dictGetSomeKeys,
///          dictGetRandomKey), src/server.c (htNeedsResize).
/// Checked  tests/algorithms/redis_dict_test.cpp, and through redis_cache_test.cpp.
class RedisDict {
 public:
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t expires = kNeverExpires;
    std::uint32_t version = 0;
    std::uint32_t used = 0;  ///< When, or how often, it was used: the policy's own.
    std::uint32_t next = 0;  ///< The chain; the dictionary's own.
  };

  RedisDict() : heads_(kSmallest, kNone) {}

  /// @return the entry of `key`, or nullptr. Valid until the next add.
  Entry* find(std::uint64_t key) {
    for (std::uint32_t slot = heads_[bucket_of(key)]; slot != kNone; slot = entries_[slot].next) {
      if (entries_[slot].key == key) return &entries_[slot];
    }
    return nullptr;
  }

  /// The bucket that a search for `key` begins at.
  const std::uint32_t* bucket(std::uint64_t key) const { return &heads_[bucket_of(key)]; }
  /// The first entry in that bucket, or nullptr.
  const Entry* head(std::uint64_t key) const {
    const std::uint32_t slot = *bucket(key);
    return slot == kNone ? nullptr : &entries_[slot];
  }

  /// Adds a key that is not present.
  /// @throws std::length_error from 2^32 - 1 entries on.
  Entry& add(std::uint64_t key) {
    if (size_ == heads_.size()) resize(heads_.size() * 2);
    const std::uint32_t slot = take_slot();
    std::uint32_t& head = heads_[bucket_of(key)];
    entries_[slot] = {.key = key, .next = head};
    head = slot;
    ++size_;
    return entries_[slot];
  }

  /// @return whether the key was there.
  bool remove(std::uint64_t key) {
    for (std::uint32_t* link = &heads_[bucket_of(key)]; *link != kNone;
         link = &entries_[*link].next) {
      if (entries_[*link].key == key) {
        drop(*link);
        return true;
      }
    }
    return false;
  }

  /// Visits up to `count` entries around a random place: dictGetSomeKeys. They are distinct unless
  /// the walk jumps back; there may be fewer, even none, when the table is nearly empty.
  template <BitSource G, class Visit>
  void sample(std::size_t count, G& bits, const Visit& visit) const {
    if (size_ < count) count = size_;
    const std::size_t mask = heads_.size() - 1;
    std::size_t i = bits.bits() & mask;
    std::size_t seen = 0;
    std::size_t empty = 0;  // empty buckets in a row
    for (std::size_t steps = count * 10; seen < count && steps > 0; --steps) {
      if (heads_[i] == kNone) {
        if (++empty >= 5 && empty > count) {
          i = bits.bits() & mask;
          empty = 0;
        }
      } else {
        empty = 0;
        for (std::uint32_t slot = heads_[i]; slot != kNone && seen < count; ++seen) {
          visit(entries_[slot]);
          slot = entries_[slot].next;
        }
      }
      i = (i + 1) & mask;
    }
  }

  /// A random entry, or nullptr if there is none: dictGetRandomKey, a random bucket that is not
  /// empty, then any entry of its chain. A key alone in its bucket comes up more often than others.
  template <BitSource G>
  const Entry* any(G& bits) const {
    if (size_ == 0) return nullptr;
    std::uint32_t slot = kNone;
    while (slot == kNone) slot = heads_[bits.bits() & (heads_.size() - 1)];
    std::uint32_t length = 0;
    for (std::uint32_t i = slot; i != kNone; i = entries_[i].next) ++length;
    for (std::uint32_t steps = random_below(length, bits); steps > 0; --steps)
      slot = entries_[slot].next;
    return &entries_[slot];
  }

  /// Removes every entry of one bucket for which `dead` says so.
  /// @param bucket  Taken modulo buckets().
  template <class Dead>
  void prune(std::size_t bucket, const Dead& dead) {
    std::uint32_t* link = &heads_[bucket & (heads_.size() - 1)];
    while (*link != kNone) {
      Entry& entry = entries_[*link];
      if (dead(entry)) {
        drop(*link);
      } else {
        link = &entry.next;
      }
    }
  }

  /// Gives buckets back when fewer than one in ten has a key: the server's cron does it.
  void shrink_if_sparse() {
    if (heads_.size() <= kSmallest || size_ * 10 >= heads_.size()) return;
    std::size_t fitting = kSmallest;
    while (fitting < size_) fitting *= 2;
    resize(fitting);
  }

  /// Empties the table and gives its memory back.
  void clear() { *this = RedisDict{}; }

  std::size_t size() const { return size_; }
  std::size_t buckets() const { return heads_.size(); }
  std::size_t bytes() const {
    return heads_.capacity() * sizeof(std::uint32_t) + entries_.capacity() * sizeof(Entry);
  }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::size_t kSmallest = 4;  // DICT_HT_INITIAL_SIZE

  std::size_t bucket_of(std::uint64_t key) const {
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return (key ^ (key >> 31)) & (heads_.size() - 1);
  }

  std::uint32_t take_slot() {
    if (free_ != kNone) {
      const std::uint32_t slot = free_;
      free_ = entries_[slot].next;
      return slot;
    }
    if (entries_.size() >= kNone) throw std::length_error("cache: more than 2^32 entries");
    if (entries_.size() == entries_.capacity())
      entries_.reserve(entries_.size() + entries_.size() / 8 + 4);
    entries_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }

  /// Takes the entry that `link` leads to out of its chain.
  void drop(std::uint32_t& link) {
    const std::uint32_t slot = link;
    link = entries_[slot].next;
    entries_[slot].next = free_;
    free_ = slot;
    --size_;
  }

  /// Moves every chain from its head on, each key to the head of its new one, as dictRehash does.
  void resize(std::size_t buckets) {
    std::vector<std::uint32_t> old(buckets, kNone);
    old.swap(heads_);
    for (const std::uint32_t first : old) {
      for (std::uint32_t slot = first; slot != kNone;) {
        const std::uint32_t next = entries_[slot].next;
        std::uint32_t& head = heads_[bucket_of(entries_[slot].key)];
        entries_[slot].next = head;
        head = slot;
        slot = next;
      }
    }
  }

  std::vector<std::uint32_t> heads_;  // a power of two of them
  std::vector<Entry> entries_;
  std::uint32_t free_ = kNone;  // head of the chain of unused entries
  std::size_t size_ = 0;
};

}  // namespace highwater::caching
