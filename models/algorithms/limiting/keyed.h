#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/caching/key_index.h"
#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

/// What becomes of a new key when the table is full and no key in it is idle.
enum class WhenFull : std::uint8_t {
  /// The key that was asked for least recently is forgotten, though it was being limited: nginx.
  evict,
  /// The request is refused, and nobody who is limited gets away.
  deny,
};

struct KeyedOptions {
  std::uint32_t keys = 16'000;  ///< At most; nginx: about 16,000 states of 64 bytes a megabyte.
  WhenFull when_full = WhenFull::evict;
};

/// limiting keyed: a limit for each key (the client's address, a user, a token) in a table of
/// bounded size.
///
/// Keys are in the order in which they were last asked for. Before a new key enters, the two at the
/// end of that order go if they are idle, that is, if forgetting them admits nothing that keeping
/// them would not have: so the table empties itself about as fast as it fills, without ever being
/// searched. nginx' zones do the same, with its rule for idle: a minute without a request and no
/// excess left. In Redis a key is dropped by itself when its time to live ends, which is when it is
/// idle here; a full Redis drops by its eviction policy, which forgets limits as `evict` does.
///
/// A refused request keeps its key alive too. Slots are used again: in steady state nothing is
/// allocated. Keys are 64-bit numbers; whoever has texts hashes them.
///
/// Source   nginx 1.22.1 ngx_http_limit_req_module.c (ngx_http_limit_req_expire); Redis EXPIRE.
/// Checked  tests/limiting/keyed_test.cpp: against a map without bounds; both ways when full.
class KeyedLimiter {
 public:
  KeyedLimiter() = default;
  virtual ~KeyedLimiter() = default;
  KeyedLimiter(const KeyedLimiter&) = delete;
  KeyedLimiter& operator=(const KeyedLimiter&) = delete;

  virtual Verdict admit(std::uint64_t key, std::int64_t now, std::uint32_t cost = 1) = 0;
  /// A request of this key has ended; one of a key that was forgotten changes nothing.
  virtual void finish(std::uint64_t key, std::int64_t now, std::uint32_t cost = 1) = 0;
  /// Keys remembered.
  virtual std::size_t size() const = 0;
  /// Keys that were forgotten though they were being limited, so far.
  virtual std::uint64_t evictions() const = 0;
};

template <Rule R>
class KeyedRule final : public KeyedLimiter {
 public:
  KeyedRule(R rule, const KeyedOptions& options)
      : rule_(std::move(rule)), options_(options), index_(options.keys) {}

  Verdict admit(std::uint64_t key, std::int64_t now, std::uint32_t cost = 1) override {
    std::uint32_t slot = find(key);
    if (slot != kNone) {
      unlink(slot);
      link_first(slot);
      return rule_.admit(slots_[slot].state, now, cost);
    }
    drop_idle(now);
    slot = take_slot();
    if (slot == kNone) return Verdict::denied(options_.keys == 0 ? kNever : 0);
    slots_[slot].key = key;
    rule_.begin(slots_[slot].state, now);
    index_.add(key, slot);
    link_first(slot);
    return rule_.admit(slots_[slot].state, now, cost);
  }

  void finish(std::uint64_t key, std::int64_t now, std::uint32_t cost = 1) override {
    if constexpr (requires { rule_.finish(slots_[0].state, now, cost); }) {
      const std::uint32_t slot = find(key);
      if (slot != kNone) rule_.finish(slots_[slot].state, now, cost);
    } else {
      (void)key, (void)now, (void)cost;
    }
  }

  std::size_t size() const override { return index_.size(); }
  std::uint64_t evictions() const override { return evictions_; }

 private:
  static constexpr std::uint32_t kNone = caching::KeyIndex::kNone;

  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;  // of a free slot: the next free one
    typename R::State state{};
  };

  std::uint32_t find(std::uint64_t key) const {
    return index_.find(key, [this](std::uint32_t slot) { return slots_[slot].key; });
  }

  void drop_idle(std::int64_t now) {
    for (int i = 0; i < 2 && oldest_ != kNone; ++i) {
      if (!rule_.is_idle(slots_[oldest_].state, now)) return;
      drop_oldest();
    }
  }

  std::uint32_t take_slot() {
    if (free_ == kNone && slots_.size() < options_.keys) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    if (free_ == kNone) {
      if (options_.when_full == WhenFull::deny || oldest_ == kNone) return kNone;
      ++evictions_;
      drop_oldest();
    }
    const std::uint32_t slot = free_;
    free_ = slots_[slot].older;
    return slot;
  }

  void drop_oldest() {
    const std::uint32_t slot = oldest_;
    index_.remove(slots_[slot].key, slot);
    unlink(slot);
    slots_[slot].older = free_;
    free_ = slot;
  }

  void link_first(std::uint32_t slot) {
    slots_[slot].newer = kNone;
    slots_[slot].older = newest_;
    (newest_ == kNone ? oldest_ : slots_[newest_].newer) = slot;
    newest_ = slot;
  }
  void unlink(std::uint32_t slot) {
    const Slot& s = slots_[slot];
    (s.newer == kNone ? newest_ : slots_[s.newer].older) = s.older;
    (s.older == kNone ? oldest_ : slots_[s.older].newer) = s.newer;
  }

  R rule_;
  KeyedOptions options_;
  caching::KeyIndex index_;
  std::vector<Slot> slots_;
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
  std::uint32_t free_ = kNone;
  std::uint64_t evictions_ = 0;
};

}  // namespace highwater::limiting
