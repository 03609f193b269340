#include "engine/kernel/pending_set.h"

#include <algorithm>

namespace highwater {

template <class Visit>
void PendingSet::filter(Visit visit) {
  near_.filter(visit);
  ladder_.filter(visit);
}

PendingSet::~PendingSet() {
  filter([this](EventKey& key) {
    if (Event* const event = slots_[slot_of(key)].event) event->leave();
    return false;
  });
}

void PendingSet::add_slots() {
  const std::size_t before = slots_.size();
  const std::size_t after = before == 0 ? 64 : 2 * before;
  HIGHWATER_CHECK(after <= std::size_t{kLargestSlot} + 1);
  slots_.resize(after);
  for (std::size_t slot = after; slot-- > before;) free_slot(static_cast<std::uint32_t>(slot));
}

// Fills the empty heap from the ladder. False if nothing is pending at all.
bool PendingSet::advance() {
  while (near_.empty()) {
    if (!ladder_.active()) return false;
    ladder_.take_next(batch_);
    near_end_ = ladder_.near_end();
    spread_at_ = std::max(kSpreadFrom, 2 * batch_.size());
    // What comes now is used soon: fetching slots, then events, of the whole batch hides most of
    // the time that memory takes.
    for (const EventKey key : batch_) __builtin_prefetch(&slots_[slot_of(key)]);
    for (const EventKey key : batch_) {
      Event* const event = slots_[slot_of(key)].event;
      if (event == nullptr) [[unlikely]] {
        free_slot(slot_of(key));
        --held_;
        --cancelled_;
        continue;
      }
      __builtin_prefetch(event);
      __builtin_prefetch(event + 1);  // what the owner adds to it
      near_.push(key);
    }
    if (!ladder_.active()) shrink();
  }
  return true;
}

// The heap has grown too large: moves its keys to the ladder, and the first of them back, since
// they may be due now.
void PendingSet::spread() {
  batch_.clear();
  near_.filter([this](EventKey& key) {
    batch_.push_back(key);
    return false;
  });
  if (ladder_.spread(batch_)) {
    advance();
    return;
  }
  for (const EventKey key : batch_) near_.push(key);
  spread_at_ = 2 * batch_.size();
}

void PendingSet::sweep() {
  filter([this](EventKey& key) {
    if (slots_[slot_of(key)].event != nullptr) return true;
    free_slot(slot_of(key));
    return false;
  });
  held_ -= cancelled_;
  cancelled_ = 0;
  shrink();
}

// Returns memory after the population has fallen: numbers the slots anew.
void PendingSet::shrink() {
  constexpr std::size_t kKeep = 4096;
  near_.shrink();
  if (slots_.size() <= kKeep || slots_.size() / 4 < held_) return;
  std::vector<Slot> slots;
  slots.reserve(std::max(kKeep, 2 * held_));
  filter([&](EventKey& key) {
    Event* const event = slots_[slot_of(key)].event;
    const auto slot = static_cast<std::uint32_t>(slots.size());
    slots.push_back(Slot{event});
    if (event != nullptr) event->stand_in(Event::Place::pending_set, slot);
    key = with_slot(key, slot);
    return true;
  });
  const std::size_t used = slots.size();
  slots.resize(slots.capacity());
  slots_ = std::move(slots);
  free_slot_ = kNoSlot;
  for (std::size_t slot = slots_.size(); slot-- > used;) {
    free_slot(static_cast<std::uint32_t>(slot));
  }
  batch_.clear();
  batch_.shrink_to_fit();
}

}  // namespace highwater
