#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernel/check.h"
#include "engine/kernel/event.h"
#include "engine/kernel/time.h"

namespace highwater {

/// Time (56 bits), sequence number (44 bits) and slot (28 bits) of one pending event, most
/// significant first, so that one integer comparison orders events by time and then by sequence.
__extension__ typedef unsigned __int128 EventKey;

/// The largest sequence number: 17 million million events in one run.
inline constexpr std::uint64_t kLargestSequence = (std::uint64_t{1} << 44) - 1;
inline constexpr std::uint32_t kLargestSlot = (std::uint32_t{1} << 28) - 1;

constexpr EventKey event_key(Time time, std::uint64_t sequence, std::uint32_t slot) {
  return static_cast<EventKey>(static_cast<std::uint64_t>(time.time_since_epoch().count())) << 72 |
         static_cast<EventKey>(sequence) << 28 | slot;
}
constexpr Time time_of(EventKey key) {
  return Time{Duration{static_cast<std::int64_t>(static_cast<std::uint64_t>(key >> 72))}};
}
constexpr std::uint32_t slot_of(EventKey key) {
  return static_cast<std::uint32_t>(key) & kLargestSlot;
}

/// A four-ary implicit heap of keys. The four children of a node fill one cache line, the smallest
/// of them is found without a branch, and a removed top is only marked: what is pushed next takes
/// its place in one pass, which halves the work of the common pop-then-push.
class KeyHeap {
 public:
  KeyHeap() = default;
  KeyHeap(const KeyHeap&) = delete;
  KeyHeap& operator=(const KeyHeap&) = delete;
  ~KeyHeap();

  std::size_t size() const noexcept { return size_ - (hole_ ? 1 : 0); }
  bool empty() const noexcept { return size() == 0; }

  /// Precondition of top and pop: !empty().
  EventKey top() noexcept {
    if (hole_) fill_hole();
    return keys_[0];
  }
  /// Precondition: top() was called since the last push or pop.
  void pop() noexcept { hole_ = true; }

  void push(EventKey key) {
    if (hole_) {
      hole_ = false;
      sift_down(key);
      return;
    }
    if (size_ == capacity_) [[unlikely]]
      grow();
    sift_up(size_++, key);
  }

  /// Keeps the keys for which keep(key) holds. O(n).
  template <class Keep>
  void filter(Keep keep) {
    if (hole_ && size_ > 0) fill_hole();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (keep(keys_[i])) keys_[kept++] = keys_[i];
    }
    size_ = 0;
    while (size_ < kept) {
      const EventKey key = keys_[size_];
      sift_up(size_++, key);
    }
  }

 private:
  void fill_hole() noexcept {
    hole_ = false;
    const EventKey last = keys_[--size_];
    if (size_ > 0) sift_down(last);
  }
  void sift_up(std::size_t i, EventKey key) noexcept {
    while (i > 0) {
      const std::size_t parent = (i - 1) / 4;
      if (!(key < keys_[parent])) break;
      keys_[i] = keys_[parent];
      i = parent;
    }
    keys_[i] = key;
  }
  static std::size_t smallest_of_four(const EventKey* child) noexcept {
    const std::size_t left = child[1] < child[0] ? 1 : 0;
    const std::size_t right = child[3] < child[2] ? 3 : 2;
    return child[right] < child[left] ? right : left;
  }
  // Moves the gap at the top down along the smallest children, then the key up from there: the key
  // usually belongs near the bottom, so the way down needs no comparison with it.
  void sift_down(EventKey key) noexcept {
    std::size_t i = 0;
    for (std::size_t child = 1; child < size_; child = 4 * i + 1) {
      std::size_t smallest = child;
      if (child + 4 <= size_) {
        smallest += smallest_of_four(keys_ + child);
      } else {
        for (std::size_t k = child + 1; k < size_; ++k) {
          smallest = keys_[k] < keys_[smallest] ? k : smallest;
        }
      }
      keys_[i] = keys_[smallest];
      i = smallest;
    }
    sift_up(i, key);
  }
  void grow();

  EventKey* memory_ = nullptr;  // cache-line aligned; keys_ = memory_ + 3
  EventKey* keys_ = nullptr;
  std::size_t size_ = 0;  // counts the hole
  std::size_t capacity_ = 0;
  bool hole_ = false;
};

/// The events that are due later than now, in the order of (time, sequence).
///
/// Cancelling is O(1): the event's slot is emptied and its key thrown away when it surfaces.
/// Emptied keys are swept out before they are more than half of all. Nothing is allocated in
/// steady state, and memory follows the number of pending events.
class PendingSet {
 public:
  PendingSet() = default;
  PendingSet(const PendingSet&) = delete;
  PendingSet& operator=(const PendingSet&) = delete;
  /// Releases the events that are still pending.
  ~PendingSet();

  /// Events pending, cancelled ones not counted.
  std::size_t size() const noexcept { return held_ - cancelled_; }

  /// Precondition: the event is neither scheduled nor in a line; its due time is set by this.
  void push(Event& event, Time due, std::uint64_t sequence) {
    HIGHWATER_DCHECK(event.ticket_ == 0);
    const std::uint32_t slot = take_slot(event);
    event.due_ = due;
    event.stand_in(Event::Place::pending_set, slot);
    ++held_;
    heap_.push(event_key(due, sequence, slot));
  }

  /// Precondition: the event was pushed and not popped.
  void cancel(Event& event) {
    slots_[event.number()] = Slot{};
    event.leave();
    ++cancelled_;
    if (cancelled_ > kSweepFrom && 2 * cancelled_ > held_) [[unlikely]]
      sweep();
  }

  /// Whether nothing is held, not even a cancelled event.
  bool empty() const noexcept { return held_ == 0; }

  /// Due time of the next entry, which may be a cancelled one. Precondition: !empty().
  Time next_time() noexcept { return time_of(heap_.top()); }

  /// Takes out the next entry; nullptr if it was cancelled. Precondition: next_time() was called.
  Event* pop() noexcept {
    const std::uint32_t slot = slot_of(heap_.top());
    heap_.pop();
    --held_;
    Event* const event = slots_[slot].event;
    free_slot(slot);
    if (event == nullptr) [[unlikely]] {
      --cancelled_;
      return nullptr;
    }
    event->leave();
    return event;
  }

 private:
  // An occupied slot holds its event (nullptr once cancelled), a free one the next free slot.
  struct Slot {
    Event* event = nullptr;
    std::uint32_t next_free = 0;
  };
  static constexpr std::size_t kSweepFrom = 64;
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

  std::uint32_t take_slot(Event& event) {
    if (free_slot_ == kNoSlot) [[unlikely]]
      add_slots();
    const std::uint32_t slot = free_slot_;
    free_slot_ = slots_[slot].next_free;
    slots_[slot].event = &event;
    return slot;
  }
  void free_slot(std::uint32_t slot) noexcept {
    slots_[slot].next_free = free_slot_;
    free_slot_ = slot;
  }
  void add_slots();
  void sweep();

  KeyHeap heap_;
  std::vector<Slot> slots_;
  std::uint32_t free_slot_ = kNoSlot;
  std::size_t held_ = 0;
  std::size_t cancelled_ = 0;
};

}  // namespace highwater
