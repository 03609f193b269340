#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/algorithms/caching/ghost_queue.h"
#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// How the paper is read. `paper`: the target is a fraction, and the ghosts of once-used entries
/// together with these are at most the capacity, all four lists twice that (libCacheSim, and the
/// pseudocode of the paper). `golang_lru`: the target moves by whole steps, and the ghosts are
/// trimmed one at a time towards capacity - target and target.
enum class ArcReading : std::uint8_t { paper, golang_lru };

struct ArcOptions {
  ArcReading reading = ArcReading::paper;
};

/// caching arc: Adaptive Replacement Cache, which balances recency and frequency by what it misses.
///
/// Entries used once (T1) and more often (T2) are two LRU lists, and each has its ghosts (B1, B2),
/// keys evicted from it. A key that returns from B1 says that T1 was too small, one from B2 that T2
/// was: the target for T1 moves accordingly, faster if that kind of ghost is the rarer one. Who
/// returns goes to T2.
///
/// Assumes  every entry has the same size (capacity counts entries). The target moves when the
///          missed key is stored. In golang-lru's reading a target equal to the capacity can leave
///          nobody to evict, and the original then holds one entry more than its size; here T1
///          gives up its oldest. Erased keys are not remembered.
/// Source   N. Megiddo and D. S. Modha, ARC: A Self-Tuning, Low Overhead Replacement Cache, FAST
///          2003, figure 4; libCacheSim aa0fc409, cache/eviction/ARC.c; hashicorp/golang-lru 0.5.4,
///          arc.go.
/// Checked  tests/algorithms/arc_test.cpp: hits of golang-lru on four traces, exactly;
///          libcachesim_test.cpp: misses of libCacheSim, exactly.
class Arc : public ListCache<Arc> {
 public:
  explicit Arc(std::uint64_t capacity, const ArcOptions& options = {})
      : ListCache(capacity, 2),
        reading_(options.reading),
        once_ghosts_(capacity),
        often_ghosts_(capacity) {}

  /// Entries that T1 should hold.
  double target() const { return target_; }

 private:
  friend class ListCache<Arc>;
  static constexpr std::uint32_t kOnce = 0;   // T1
  static constexpr std::uint32_t kOften = 1;  // T2

  void used(std::uint32_t slot) { table().move_to_front(kOften, slot); }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    const bool golang = reading_ == ArcReading::golang_lru;
    const auto size = static_cast<double>(capacity());
    std::optional<Evicted> evicted;
    std::uint32_t queue = kOften;
    if (once_ghosts_.contains(item.key)) {
      target_ = std::min(target_ + step(often_ghosts_.size(), once_ghosts_.size()), size);
      if (!golang) once_ghosts_.take(item.key);
      if (full()) evicted = replace(false, now);
      if (golang) once_ghosts_.take(item.key);
    } else if (often_ghosts_.contains(item.key)) {
      target_ = std::max(target_ - step(once_ghosts_.size(), often_ghosts_.size()), 0.0);
      if (!golang) often_ghosts_.take(item.key);
      if (full()) evicted = replace(true, now);
      if (golang) often_ghosts_.take(item.key);
    } else {
      queue = kOnce;
      if (golang) {
        if (full()) evicted = replace(false, now);
        trim();
      } else if (full()) {
        evicted = replace_for_new(now);
      }
    }
    table().add(item, queue);
    return evicted;
  }

  double step(std::uint64_t other, std::uint64_t own) const {
    if (own >= other) return 1;
    if (reading_ == ArcReading::golang_lru) return static_cast<double>(other / own);
    return static_cast<double>(other) / static_cast<double>(own);
  }

  /// REPLACE of the paper.
  /// @param from_often  The missed key is a ghost of T2.
  Evicted replace(bool from_often, std::int64_t now) {
    const auto once = static_cast<double>(table().length(kOnce));
    const bool above = once > target_ || (once == target_ && from_often);
    if ((once > 0 && above) || table().empty(kOften)) {
      const Evicted evicted = evict(table().back(kOnce), now);
      once_ghosts_.add(evicted.key);
      return evicted;
    }
    const Evicted evicted = evict(table().back(kOften), now);
    often_ghosts_.add(evicted.key);
    return evicted;
  }

  /// Case IV of the paper, for a key that is nowhere.
  Evicted replace_for_new(std::int64_t now) {
    const std::uint64_t once = table().length(kOnce) + once_ghosts_.size();
    if (once >= capacity()) {
      if (once_ghosts_.size() == 0) return evict(table().back(kOnce), now);
      once_ghosts_.drop_oldest();
    } else if (table().size() + once_ghosts_.size() + often_ghosts_.size() >= 2 * capacity()) {
      often_ghosts_.drop_oldest();
    }
    return replace(false, now);
  }

  /// golang-lru keeps the ghosts near what the target leaves them.
  void trim() {
    const auto target = static_cast<std::uint64_t>(target_);
    if (once_ghosts_.size() > capacity() - target) once_ghosts_.drop_oldest();
    if (often_ghosts_.size() > target) often_ghosts_.drop_oldest();
  }

  void forget() {
    once_ghosts_.clear();
    often_ghosts_.clear();
    target_ = 0;
  }
  std::size_t own_bytes() const { return once_ghosts_.bytes() + often_ghosts_.bytes(); }

  ArcReading reading_;
  double target_ = 0;  // a whole number in golang-lru's reading
  ExactGhostQueue once_ghosts_;
  ExactGhostQueue often_ghosts_;
};

}  // namespace highwater::caching
