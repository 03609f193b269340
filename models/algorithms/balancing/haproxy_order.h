#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace highwater::balancing {

/// haproxy_order: servers by a number, equals in the order of their insertion: what HAProxy keeps
/// in an elastic binary tree with duplicates.
///
/// A sorted row with room at its front: the first server leaves without moving any other, and an
/// insertion moves the shorter side. Elements are 8 bytes and HAProxy works with 4,095 servers at
/// most, so that a move stays below the cost of a tree's cache misses.
///
/// Source   HAProxy 2.6.12 include/import/eb32tree.h (eb32_insert: "duplicate keys are inserted
///          after").
/// Checked  tests/algorithms/haproxy_test.cpp: random operations against std::multimap.
class HaproxyOrder {
 public:
  struct Entry {
    std::uint32_t key;
    std::uint32_t server;
  };

  bool empty() const { return front_ == entries_.size(); }
  const Entry& first() const { return entries_[front_]; }
  auto begin() const { return entries_.begin() + offset(front_); }
  auto end() const { return entries_.end(); }

  void insert(std::uint32_t key, std::uint32_t server) {
    if (front_ > entries_.size() / 2) close_gap();
    const auto at = std::upper_bound(
        begin(), end(), key, [](std::uint32_t k, const Entry& entry) { return k < entry.key; });
    if (front_ > 0 && at - begin() < end() - at) {
      const auto first = entries_.begin() + offset(front_);
      const auto last = entries_.begin() + (at - entries_.begin());
      *(std::move(first, last, first - 1)) = {key, server};
      --front_;
    } else {
      entries_.insert(at, {key, server});
    }
  }

  /// The server is there, under that key.
  void erase(std::uint32_t key, std::uint32_t server) {
    const auto first = entries_.begin() + offset(front_);
    auto at = first;
    if (at->server != server) {
      at = std::lower_bound(first, entries_.end(), key,
                            [](const Entry& entry, std::uint32_t k) { return entry.key < k; });
      while (at->server != server) ++at;
    }
    if (at - first < entries_.end() - at) {
      std::move_backward(first, at, at + 1);
      ++front_;
    } else {
      entries_.erase(at);
    }
  }

 private:
  static std::ptrdiff_t offset(std::size_t i) { return static_cast<std::ptrdiff_t>(i); }

  void close_gap() {
    entries_.erase(entries_.begin(), entries_.begin() + offset(front_));
    front_ = 0;
  }

  std::vector<Entry> entries_;
  std::size_t front_ = 0;  // entries before it are room
};

}  // namespace highwater::balancing
