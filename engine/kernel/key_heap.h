#pragma once

#include <cstddef>

#include "engine/kernel/event_key.h"

namespace highwater {

/// A four-ary implicit heap of keys, smallest first. The four children of a node fill one cache
/// line, the smallest of them is found without a branch, and a removed top leaves a hole: what is
/// pushed next falls into it in one pass, which halves the work of the common pop-then-push.
/// Source. A. LaMarca, R. Ladner, "The influence of caches on the performance of heaps", ACM JEA 1,
/// 1996 (aligned d-ary heaps); I. Wegener, Theor. Comp. Sci. 118, 1993 (bottom-up sifting).
class KeyHeap {
 public:
  KeyHeap() = default;
  KeyHeap(const KeyHeap&) = delete;
  KeyHeap& operator=(const KeyHeap&) = delete;
  ~KeyHeap();

  std::size_t size() const noexcept { return size_ - hole_; }
  bool empty() const noexcept { return size_ == hole_; }

  /// Precondition of top, peek and pop: !empty().
  EventKey top() noexcept {
    if (hole_ != 0) fill_hole();
    return keys_[0];
  }
  /// The same without closing a hole, for who only wants to look.
  EventKey peek() const noexcept {
    if (hole_ == 0) return keys_[0];
    EventKey smallest = keys_[1];
    for (std::size_t k = 2; k < size_ && k < 5; ++k) {
      smallest = keys_[k] < smallest ? keys_[k] : smallest;
    }
    return smallest;
  }
  /// Precondition: top() was called since the last push or pop.
  void pop() noexcept { hole_ = 1; }

  /// Whether the heap has grown: false if the key fell into a hole.
  bool push(EventKey key) {
    if (hole_ != 0) {
      hole_ = 0;
      sift_down(key);
      return false;
    }
    if (size_ == capacity_) [[unlikely]] {
      set_capacity(capacity_ == 0 ? 60 : 2 * capacity_ + 4);
    }
    const std::size_t place = size_++;
    if (place - 1 < 4) {  // a child of the top
      put_pair(place, key, keys_[0]);
    } else {
      sift_up(place, key);
    }
    return true;
  }

  /// Calls visit(EventKey&) for each key and keeps those for which it gives true. The visitor may
  /// change slots. O(n).
  template <class Visit>
  void filter(Visit visit) {
    if (hole_ != 0) fill_hole();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (visit(keys_[i])) keys_[kept++] = keys_[i];
    }
    if (kept == size_) return;
    size_ = 0;
    while (size_ < kept) {
      const EventKey key = keys_[size_];
      sift_up(size_++, key);
    }
  }

  /// Returns memory that a larger population needed.
  void shrink();

 private:
  void fill_hole() noexcept {
    hole_ = 0;
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
  // Puts the smaller of two keys at the top, the other at `child`. In a heap this small the
  // comparison is a coin toss, so it must not be a branch.
  void put_pair(std::size_t child, EventKey a, EventKey b) noexcept {
    const EventKey mask = EventKey{0} - static_cast<EventKey>(b < a);
    const EventKey change = (a ^ b) & mask;
    keys_[0] = a ^ change;
    keys_[child] = b ^ change;
  }
  // Puts a key at the top or below it, where a hole is.
  void sift_down(EventKey key) noexcept {
    if (size_ > 5) {
      sift_down_far(key);
    } else if (size_ > 1) {
      std::size_t smallest = 1;
      for (std::size_t k = 2; k < size_; ++k) {
        smallest = keys_[k] < keys_[smallest] ? k : smallest;
      }
      put_pair(smallest, key, keys_[smallest]);
    } else {
      keys_[0] = key;
    }
  }
  // Moves the hole down along the smallest children, then the key up from there: the key usually
  // belongs near the bottom, so the way down needs no comparison with it.
  void sift_down_far(EventKey key) noexcept {
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
  void set_capacity(std::size_t capacity);

  EventKey* memory_ = nullptr;  // cache-line aligned; keys_ = memory_ + 3
  EventKey* keys_ = nullptr;
  std::size_t size_ = 0;  // counts the hole
  std::size_t hole_ = 0;  // 1 while the place of the top is vacant
  std::size_t capacity_ = 0;
};

}  // namespace highwater
