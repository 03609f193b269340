#include "engine/kernel/key_heap.h"

#include <algorithm>
#include <functional>
#include <new>

namespace highwater {

namespace {

constexpr std::align_val_t kCacheLine{64};

}  // namespace

KeyHeap::~KeyHeap() {
  ::operator delete(memory_, kCacheLine);
}

void KeyHeap::set_capacity(std::size_t capacity) {
  // Three keys of padding put the children of every node on one cache line.
  auto* const memory =
      static_cast<EventKey*>(::operator new((capacity + 4) * sizeof(EventKey), kCacheLine));
  std::copy(keys_, keys_ + size_, memory + 3);
  ::operator delete(memory_, kCacheLine);
  memory_ = memory;
  keys_ = memory + 3;
  capacity_ = capacity;
}

// Keys in ascending order are a heap as they stand.
void KeyHeap::make_heap() noexcept {
  std::reverse(keys_, keys_ + size_);
  is_line_ = false;
}

void KeyHeap::make_line() noexcept {
  std::sort(keys_, keys_ + size_, std::greater<>());
  is_line_ = true;
}

void KeyHeap::shrink() {
  constexpr std::size_t kKeep = 4096;
  if (capacity_ > kKeep && capacity_ > 4 * size_) set_capacity(std::max(kKeep, 2 * size_));
}

}  // namespace highwater
