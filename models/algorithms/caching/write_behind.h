#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace highwater::caching {

struct WriteBehindOptions {
  std::size_t batch = 100;             ///< Writes that go to the origin together, at most.
  std::int64_t delay = 1'000'000'000;  ///< Nanoseconds that a write waits for others, at most.
  std::size_t most = 100'000;          ///< Keys that may wait; one more is refused.
};

/// caching write_behind: writes are answered at once and go to the origin later, together.
///
/// Writes to a key that waits already replace each other, so that a hot key costs the origin one
/// write for each delay. What waits when the process dies is lost.
///
/// Source   Oracle Coherence 12.2 documentation, write-behind caching (delay, coalescing); the
///          batch is Caffeine's and NCache's; the defaults are chosen.
/// Checked  tests/algorithms/write_behind_test.cpp: against a naive model over random operations.
///
/// @tparam Value  What is written: a copyable value.
template <class Value>
class WriteBehind {
 public:
  using Options = WriteBehindOptions;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  struct Write {
    std::uint64_t key = 0;
    Value value{};  ///< The latest.
    bool operator==(const Write&) const = default;
  };

  explicit WriteBehind(const Options& options = {}) : options_(options) {}

  /// @return false where the queue is full and the write must go its own way.
  bool write(std::uint64_t key, const Value& value, std::int64_t now) {
    const auto known = place_.find(key);
    if (known != place_.end()) {
      waiting_.find(known->second)->second.write.value = value;
      ++coalesced_;
      return true;
    }
    if (place_.size() >= options_.most) return false;
    place_.emplace(key, ++last_);
    waiting_.emplace(last_, Waiting{{key, value}, now});
    return true;
  }

  /// When the next batch is due: at once if it is full, else when its oldest write has waited for
  /// long enough; kNever where nothing waits.
  std::int64_t due() const {
    if (waiting_.empty()) return kNever;
    const std::int64_t since = waiting_.begin()->second.since;
    return waiting_.size() >= options_.batch ? since : since + options_.delay;
  }

  /// Takes the next batch out, the oldest writes first; empty while none is due.
  std::vector<Write> flush(std::int64_t now) {
    std::vector<Write> batch;
    if (due() > now) return batch;
    while (!waiting_.empty() && batch.size() < options_.batch) {
      batch.push_back(waiting_.begin()->second.write);
      place_.erase(batch.back().key);
      waiting_.erase(waiting_.begin());
    }
    return batch;
  }

  /// The value that waits for a key: what a read must see. Null where none does.
  const Value* pending(std::uint64_t key) const {
    const auto known = place_.find(key);
    return known == place_.end() ? nullptr : &waiting_.find(known->second)->second.write.value;
  }

  /// Forgets the write that waits for a key, if any: the key was deleted.
  void drop(std::uint64_t key) {
    const auto known = place_.find(key);
    if (known == place_.end()) return;
    waiting_.erase(known->second);
    place_.erase(known);
  }

  /// The process died. @return the keys whose writes are lost.
  std::size_t lose_all() {
    const std::size_t lost = waiting_.size();
    waiting_.clear();
    place_.clear();
    return lost;
  }

  std::size_t size() const { return waiting_.size(); }
  /// Writes that replaced one that waited.
  std::uint64_t coalesced() const { return coalesced_; }

 private:
  struct Waiting {
    Write write;
    std::int64_t since = 0;
  };

  Options options_;
  std::map<std::uint64_t, std::uint64_t> place_;  // key to number
  std::map<std::uint64_t, Waiting> waiting_;      // by number: in the order of their first write
  std::uint64_t last_ = 0;
  std::uint64_t coalesced_ = 0;
};

}  // namespace highwater::caching
