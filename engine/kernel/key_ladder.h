#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernel/event_key.h"
#include "engine/kernel/key_list.h"

namespace highwater {

/// Keys that are not needed yet, sorted only as far as that takes: the far part of a large pending
/// set. Time is cut into buckets, which are lists in no order. When the clock comes to a bucket,
/// its keys are handed over to be sorted; a bucket with too many of them is cut into finer buckets
/// first, a rung below its own. Whatever lies beyond the last bucket of a rung waits in one list,
/// which becomes the rung's next buckets. So the work for each key does not grow with their number,
/// and it does not depend on a good guess of a bucket width: a bad one is corrected where it shows.
///
/// The width of a rung's buckets is a power of two, chosen from the keys that it starts with: their
/// number and median decide. Nothing is allocated in steady state.
///
/// Source. W. T. Tang, R. S. M. Goh, I. L.-J. Thng, "Ladder queue: an O(1) priority queue structure
/// for large-scale discrete event simulation", ACM TOMACS 15(3), 2005; R. Rönngren, J. Riboe,
/// R. Ayani, "Lazy queue", Int. J. Computer Simulation 3, 1993. Changed: widths from a median, so
/// that far-away keys do not stretch the buckets; a heap, not a sorted list, below the last rung.
class KeyLadder {
 public:
  static constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

  /// Whether it holds rungs. Without, every key belongs to the caller.
  bool active() const noexcept { return depth_ > 0; }

  /// Keys before this time (in ns) belong to the caller; kNoLimit when not active.
  std::uint64_t near_end() const noexcept { return near_end_; }

  /// Precondition: active, time of key >= near_end().
  void push(EventKey key) {
    const std::uint64_t time = nanoseconds_of(key);
    Rung& rung = rungs_[depth_ - 1];
    if (time < rung.end) [[likely]] {
      rung.put(time, key, pool_);
    } else {
      push_beyond(time, key);
    }
  }

  /// Takes over `keys`, all at or after now and before near_end(), as a new finest rung. False, and
  /// nothing happens, if they are all due at the same time, or already cut as finely as possible.
  bool spread(const std::vector<EventKey>& keys);

  /// The next keys that are due, moved to `keys` (which is emptied first), and near_end() moved
  /// behind them. May leave the ladder inactive. Precondition: active().
  void take_next(std::vector<EventKey>& keys);

  /// Calls visit(EventKey&) for each key and keeps those for which it gives true. The visitor may
  /// change slots. O(n).
  template <class Visit>
  void filter(Visit visit) {
    for (std::size_t level = 0; level < depth_; ++level) {
      Rung& rung = rungs_[level];
      for (KeyList& bucket : rung.buckets) filter(bucket, visit);
      rung.beyond_size = filter(rung.beyond, visit);
    }
  }

 private:
  static constexpr std::size_t kRungs = 12;
  // Short buckets are sorted faster, but each takes a cache line more or less for itself: with many
  // keys, longer ones win.
  static constexpr std::size_t kKeysPerBucket = 2;
  static constexpr std::size_t kManyBuckets = std::size_t{1} << 14;
  static constexpr std::size_t kKeysPerBucketOfMany = 8;
  static constexpr std::size_t kFewestBuckets = 64;
  static constexpr std::size_t kMostBuckets = std::size_t{1} << 20;
  // A bucket with more keys than this is cut into finer ones.
  static constexpr std::size_t kSplit = 160;
  // With fewer keys than this in all, the caller's heap does better alone.
  static constexpr std::size_t kTooFew = 256;

  // Bucket i holds the times [begin + i * 2^shift, begin + (i + 1) * 2^shift), cut off at `end`.
  struct Rung {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;    // of the last bucket
    std::uint64_t limit = 0;  // of the keys beyond: where the bucket above ends that this one cuts
    unsigned shift = 0;
    std::size_t next = 0;  // first bucket not taken yet
    std::vector<KeyList> buckets;
    std::vector<std::uint64_t> occupied;  // one bit for each bucket
    KeyList beyond;                       // keys in [end, limit)
    std::size_t beyond_size = 0;

    void put(std::uint64_t time, EventKey key, KeyChunkPool& pool) {
      const std::size_t bucket = static_cast<std::size_t>((time - begin) >> shift);
      occupied[bucket / 64] |= std::uint64_t{1} << bucket % 64;
      buckets[bucket].push(key, pool);
    }
    void put_or_keep_beyond(EventKey key, KeyChunkPool& pool) {
      const std::uint64_t time = nanoseconds_of(key);
      if (time < end) {
        put(time, key, pool);
      } else {
        beyond.push(key, pool);
        ++beyond_size;
      }
    }
    std::size_t next_occupied() const noexcept;
  };

  // What decides the width of buckets.
  struct Times {
    std::size_t count;
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t median;
  };

  template <class Visit>
  std::size_t filter(KeyList& list, Visit visit) {
    KeyList kept;
    std::size_t size = 0;
    list.drain(pool_, [&](EventKey key) {
      if (!visit(key)) return;
      kept.push(key, pool_);
      ++size;
    });
    list = kept;
    return size;
  }

  void push_beyond(std::uint64_t time, EventKey key);
  template <class ForEach>
  Times times_of(std::size_t count, ForEach for_each);
  void lay_out(Rung& rung, const Times& times, std::uint64_t limit);
  bool refill(Rung& rung);
  bool cut(const Rung& above, KeyList bucket, std::size_t size);
  void drop_finest();
  void move_to(KeyList list, std::vector<EventKey>& keys);

  std::array<Rung, kRungs> rungs_;
  std::size_t depth_ = 0;
  std::uint64_t near_end_ = kNoLimit;
  KeyChunkPool pool_;
  std::vector<std::uint64_t> sample_;
};

}  // namespace highwater
