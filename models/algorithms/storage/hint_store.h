#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace highwater::storage {

struct HintOptions {
  bool enabled = true;                           ///< hinted_handoff_enabled
  std::int64_t max_window = 10'800'000'000'000;  ///< max_hint_window, 3 h
  std::int64_t gc_grace = 864'000'000'000'000;   ///< gc_grace_seconds, 10 days
  std::int64_t throttle = 1'048'576;             ///< hinted_handoff_throttle, bytes a second
};

/// hint_store: the writes that one Cassandra node keeps for another that has missed them.
///
/// Writes for a node that has been down for longer than the window are not kept. When the node is
/// back they are sent in the order in which they were kept, no faster than the throttle allows,
/// which all nodes share: each sends at the throttle divided by the number of the others. What is
/// older than the grace of the table's tombstones by then is dropped, since it might raise the
/// dead. A hint that could not be delivered stays.
///
/// Edges    a throttle of 0 means none. A window of 0: only writes that a node misses while it
///          counts as alive are kept.
/// Source   Apache Cassandra 4.1, service/StorageProxy.java (shouldHint), hints/Hint.java (isLive),
///          hints/HintsDispatchExecutor.java (the throttle, divided by the other members).
/// Checked  tests/storage/hint_store_test.cpp
template <class Write>
class HintStore {
 public:
  struct Hint {
    Write write;
    std::int64_t created;
  };

  HintStore(HintOptions options, std::uint32_t others) : options_(options), others_(others) {}

  static bool should_hint(const HintOptions& options, std::optional<std::int64_t> down_for) {
    return options.enabled && (!down_for || *down_for <= options.max_window);
  }

  void keep(std::int64_t now, Write write) { hints_.push_back({std::move(write), now}); }
  std::size_t size() const { return hints_.size(); }
  bool empty() const { return hints_.empty(); }
  /// Whether it keeps a write of which is(write).
  template <class Is>
  bool any(Is is) const {
    return std::any_of(hints_.begin(), hints_.end(),
                       [&](const Hint& hint) { return is(hint.write); });
  }

  /// Drops the hints at the front that are too old: dropped(write) hears of each.
  template <class Dropped>
  void expire(std::int64_t now, Dropped dropped) {
    while (!hints_.empty() && now - hints_.front().created > options_.gc_grace) {
      dropped(hints_.front().write);
      hints_.pop_front();
    }
  }

  /// Takes the next hint out for delivery. The store is not empty.
  Hint take() {
    Hint hint = std::move(hints_.front());
    hints_.pop_front();
    return hint;
  }
  /// It was not delivered.
  void put_back(Hint hint) { hints_.push_front(std::move(hint)); }

  /// From one hint of that size to the next.
  std::int64_t pause(std::int64_t bytes) const {
    if (options_.throttle == 0) return 0;
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t rate = options_.throttle / (others_ > 0 ? others_ : 1);
    return bytes * kSecond / (rate > 0 ? rate : 1);
  }

 private:
  HintOptions options_;
  std::uint32_t others_;
  std::deque<Hint> hints_;
};

}  // namespace highwater::storage
