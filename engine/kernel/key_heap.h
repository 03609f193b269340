#pragma once

#include <cstddef>

#include "engine/kernel/event_key.h"

namespace highwater {

/// Keys, the smallest of which is taken out first.
///
/// A few dozen stand in a line, the smallest last: taking one out is a subtraction, and a new one,
/// which is usually due among the next, passes few others on its way in. More of them stand in a
/// four-ary implicit heap. The four children of a node fill one cache line, the smallest of them is
/// found without a branch, and a removed top leaves a hole: what is pushed next falls into it in
/// one pass, which halves the work of the common pop-then-push.
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
    if (is_line_) return keys_[size_ - 1];
    if (hole_ != 0) {
      fill_hole();
      if (size_ <= kShort) [[unlikely]] {
        make_line();
        return keys_[size_ - 1];
      }
    }
    return keys_[0];
  }
  /// The same without closing a hole, for who only wants to look.
  EventKey peek() const noexcept {
    if (is_line_) return keys_[size_ - 1];
    if (hole_ == 0) return keys_[0];
    EventKey smallest = keys_[1];
    for (std::size_t k = 2; k < size_ && k < 5; ++k) {
      smallest = keys_[k] < smallest ? keys_[k] : smallest;
    }
    return smallest;
  }
  /// Precondition: top() was called since the last push or pop.
  void pop() noexcept {
    if (is_line_) {
      --size_;
    } else {
      hole_ = 1;
    }
  }

  /// False if the key only took the place of the one that was popped last.
  bool push(EventKey key) {
    if (hole_ != 0) {
      hole_ = 0;
      sift_down(key);
      return false;
    }
    if (size_ == capacity_) [[unlikely]] {
      set_capacity(capacity_ == 0 ? kLong : 2 * capacity_ + 4);
    }
    if (is_line_) {
      if (size_ < kLong) {
        insert(key);
        return true;
      }
      make_heap();
    }
    sift_up(size_++, key);
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
    size_ = kept;
    if (!is_line_) {
      for (std::size_t i = 0; i < kept; ++i) {
        const EventKey key = keys_[i];
        sift_up(i, key);
      }
    }
  }

  /// Returns memory that a larger population needed.
  void shrink();

 private:
  static constexpr std::size_t kLong = 60;   // keys from which on the line becomes a heap
  static constexpr std::size_t kShort = 20;  // and the heap a line again

  void insert(EventKey key) noexcept {
    std::size_t i = size_++;
    for (; i > 0 && keys_[i - 1] < key; --i) keys_[i] = keys_[i - 1];
    keys_[i] = key;
  }
  void make_heap() noexcept;
  void make_line() noexcept;
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
  // Puts a key where the top was: moves the hole down along the smallest children, then the key up
  // from there. The key usually belongs near the bottom, so the way down needs no comparison with
  // it.
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
  void set_capacity(std::size_t capacity);

  EventKey* memory_ = nullptr;  // cache-line aligned; keys_ = memory_ + 3
  EventKey* keys_ = nullptr;
  std::size_t size_ = 0;  // counts the hole
  std::size_t hole_ = 0;  // 1 while the place of the top is vacant
  std::size_t capacity_ = 0;
  bool is_line_ = true;
};

}  // namespace highwater
