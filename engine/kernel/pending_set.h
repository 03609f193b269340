#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernel/check.h"
#include "engine/kernel/event.h"
#include "engine/kernel/event_key.h"
#include "engine/kernel/key_heap.h"
#include "engine/kernel/key_ladder.h"
#include "engine/kernel/time.h"

namespace highwater {

/// The events that are due later than now, in the order of (time, sequence).
///
/// Small populations stand in a sorted line, larger ones in a heap. Beyond a few hundred, only
/// those that are due next do, and the rest wait in the buckets of a ladder, so that the cost of an
/// event stays nearly constant up to millions. Cancelling is O(1): the event's slot is emptied and
/// its key thrown away when it surfaces; emptied keys are swept out before they are more than half
/// of all. Nothing is allocated in steady state, and memory follows the number of pending events,
/// downwards too.
class PendingSet {
 public:
  PendingSet() = default;
  PendingSet(const PendingSet&) = delete;
  PendingSet& operator=(const PendingSet&) = delete;
  /// Releases the events that are still pending.
  ~PendingSet();

  /// Events pending, cancelled ones not counted.
  std::size_t size() const noexcept { return held_ - cancelled_; }
  /// Keys held, those of cancelled events included. For tests.
  std::size_t held() const noexcept { return held_; }
  /// Places for events that memory is held for. For tests.
  std::size_t slots() const noexcept { return slots_.size(); }

  /// Preconditions: the event is neither scheduled nor in a line; `due` is not before the last
  /// event popped; `sequence` was not used before for a pending event.
  void push(Event& event, Time due, std::uint64_t sequence) {
    HIGHWATER_CHECK(event.ticket_ == 0);
    const std::uint32_t slot = take_slot(event);
    event.due_ = due.time_since_epoch().count();
    event.stand_in(Event::Place::pending_set, slot);
    ++held_;
    const EventKey key = event_key(due, sequence, slot);
    if (nanoseconds_of(key) < near_end_) {
      if (near_.push(key) && near_.size() > spread_at_) [[unlikely]] {
        spread();
      }
    } else {
      ladder_.push(key);
    }
  }

  /// Precondition: the event was pushed and not popped.
  void cancel(Event& event) {
    slots_[event.number()].event = nullptr;
    event.leave();
    ++cancelled_;
    if (2 * cancelled_ > held_ && cancelled_ > kSweepFrom) [[unlikely]]
      sweep();
  }

  /// Whether there is a next entry, and if so, its due time. The entry may be a cancelled one.
  bool next(Time& due) {
    if (near_.empty()) [[unlikely]] {
      if (!advance()) return false;
    }
    due = time_of(near_.top());
    return true;
  }

  /// Whether an entry is due at `now`, the time of the last one popped or later: cheaper than
  /// next().
  bool any_due(Time now) const noexcept {
    // What the ladder holds is later: near_end_ is after the last one popped.
    return !near_.empty() && time_of(near_.peek()) == now;
  }

  /// Takes out the next entry; nullptr if it was cancelled. Precondition: next() was called and
  /// gave true.
  Event* pop() noexcept {
    const std::uint32_t slot = slot_of(near_.top());
    near_.pop();
    Event* const event = slots_[slot].event;
    free_slot(slot);
    --held_;
    if (event == nullptr) [[unlikely]] {
      --cancelled_;
      return nullptr;
    }
    event->leave();
    return event;
  }

 private:
  // An occupied slot holds its event (nullptr once cancelled), a free one the next free slot.
  union Slot {
    Event* event;
    std::uint64_t next_free;
  };
  static constexpr std::size_t kSweepFrom = 64;
  static constexpr std::size_t kSpreadFrom = 768;
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

  std::uint32_t take_slot(Event& event) {
    if (free_slot_ == kNoSlot) [[unlikely]]
      add_slots();
    const std::uint32_t slot = free_slot_;
    free_slot_ = static_cast<std::uint32_t>(slots_[slot].next_free);
    slots_[slot].event = &event;
    return slot;
  }
  void free_slot(std::uint32_t slot) noexcept {
    slots_[slot].next_free = free_slot_;
    free_slot_ = slot;
  }
  void add_slots();
  bool advance();
  void spread();
  void sweep();
  void shrink();
  template <class Visit>
  void filter(Visit visit);

  KeyHeap near_;      // before near_end_
  KeyLadder ladder_;  // from near_end_ on
  std::uint64_t near_end_ = KeyLadder::kNoLimit;
  std::size_t spread_at_ = kSpreadFrom;  // size of near_ at which it is moved to the ladder
  std::vector<Slot> slots_;
  std::uint32_t free_slot_ = kNoSlot;
  std::size_t held_ = 0;
  std::size_t cancelled_ = 0;
  std::vector<EventKey> batch_;  // on the way between ladder and heap
};

}  // namespace highwater
