#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace highwater::resources {

/// Lists of numbers below some count, each number in one list at a time: whatever place a number
/// has, it leaves in O(1). No memory is taken but by grow().
///
/// Source   D. E. Knuth, The Art of Computer Programming, vol. 1, section 2.2.5: doubly linked
/// lists. Checked  tests/resources/index_list_test.cpp
class IndexLists {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// One of the lists.
  struct List {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::uint32_t size = 0;

    bool empty() const { return size == 0; }
  };

  /// One number more, in no list. @return the number.
  std::uint32_t grow() {
    links_.emplace_back();
    return static_cast<std::uint32_t>(links_.size() - 1);
  }

  std::uint32_t next(std::uint32_t i) const { return links_[i].next; }

  void push_back(List& list, std::uint32_t i) {
    links_[i] = {list.last, kNone};
    (list.last == kNone ? list.first : links_[list.last].next) = i;
    list.last = i;
    ++list.size;
  }
  void push_front(List& list, std::uint32_t i) {
    links_[i] = {kNone, list.first};
    (list.first == kNone ? list.last : links_[list.first].previous) = i;
    list.first = i;
    ++list.size;
  }
  /// Precondition: it is in that list.
  void remove(List& list, std::uint32_t i) {
    const Link link = links_[i];
    (link.previous == kNone ? list.first : links_[link.previous].next) = link.next;
    (link.next == kNone ? list.last : links_[link.next].previous) = link.previous;
    --list.size;
  }
  std::uint32_t pop_front(List& list) {
    const std::uint32_t i = list.first;
    remove(list, i);
    return i;
  }

 private:
  struct Link {
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };
  std::vector<Link> links_;
};

}  // namespace highwater::resources
