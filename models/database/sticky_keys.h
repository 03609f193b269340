#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "engine/kernel/time.h"

namespace highwater::database {

/// The keys whose reads stay with the primary for a time after a write. Memory follows the writes
/// within that time.
///
/// Checked  tests/storage/session_test.cpp
class StickyKeys {
 public:
  explicit StickyKeys(Duration time) : time_(time) {}

  void wrote(Time now, std::uint64_t key) {
    forget(now);
    ++writes_[key];
    until_.emplace_back(now + time_, key);
  }
  bool holds(Time now, std::uint64_t key) {
    forget(now);
    return writes_.contains(key);
  }

 private:
  void forget(Time now) {
    for (; !until_.empty() && until_.front().first <= now; until_.pop_front()) {
      const auto found = writes_.find(until_.front().second);
      if (--found->second == 0) writes_.erase(found);
    }
  }

  Duration time_;
  std::deque<std::pair<Time, std::uint64_t>> until_;  // in order
  std::map<std::uint64_t, std::uint32_t> writes_;     // not yet forgotten, by key
};

}  // namespace highwater::database
