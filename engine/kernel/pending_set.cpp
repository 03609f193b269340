#include "engine/kernel/pending_set.h"

#include <algorithm>
#include <new>

namespace highwater {

namespace {

constexpr std::align_val_t kCacheLine{64};

}  // namespace

KeyHeap::~KeyHeap() {
  ::operator delete(memory_, kCacheLine);
}

void KeyHeap::grow() {
  const std::size_t capacity = capacity_ == 0 ? 60 : 2 * capacity_ + 4;
  // Three keys of padding put the children of every node on one cache line.
  auto* const memory =
      static_cast<EventKey*>(::operator new((capacity + 4) * sizeof(EventKey), kCacheLine));
  std::copy(keys_, keys_ + size_, memory + 3);
  ::operator delete(memory_, kCacheLine);
  memory_ = memory;
  keys_ = memory + 3;
  capacity_ = capacity;
}

PendingSet::~PendingSet() {
  heap_.filter([this](EventKey key) {
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

void PendingSet::sweep() {
  heap_.filter([this](EventKey key) {
    if (slots_[slot_of(key)].event != nullptr) return true;
    free_slot(slot_of(key));
    --held_;
    return false;
  });
  cancelled_ = 0;
}

}  // namespace highwater
