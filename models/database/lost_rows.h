#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"

namespace highwater::database {

/// Rows that a node has lost, by faults, and not got back since. Pages, where those are counted.
///
/// Memory follows the lost rows that are written again, not those that are lost; of rows that are
/// only outdated it follows those.
///
/// Checked  tests/faults/databases_test.cpp
class LostRows {
 public:
  using Which = std::function<bool(std::uint64_t)>;

  /// Loses the share of all rows that `salt` decides.
  /// @param among  Of these rows alone; of all where there is none.
  void lose(double share, RandomKey salt, Which among = {}) {
    losses_.push_back({share, salt, std::move(among), {}});
  }
  /// The last writes of these rows are lost: the row is there as it was before.
  void outdate(std::span<const std::uint64_t> keys) { outdated_.insert(keys.begin(), keys.end()); }
  /// What was lost by that salt is back.
  void find(RandomKey salt) {
    std::erase_if(losses_, [&](const Loss& loss) { return loss.salt == salt; });
  }
  void find_all() {
    losses_.clear();
    outdated_.clear();
  }
  /// Another node has had the last word on all of them.
  void update() { outdated_.clear(); }
  bool any() const { return !losses_.empty() || !outdated_.empty(); }
  /// The row is written anew.
  void write(std::uint64_t key) {
    if (!outdated_.empty()) outdated_.erase(key);
    for (Loss& loss : losses_)
      if (loss.lost(key)) loss.back.insert(key);
  }
  bool has(std::uint64_t key) const {
    for (const Loss& loss : losses_)
      if (loss.lost(key) && !loss.back.contains(key)) return true;
    return false;
  }
  bool outdated(std::uint64_t key) const { return outdated_.contains(key); }

 private:
  struct Loss {
    bool lost(std::uint64_t key) const {
      if (among && !among(key)) return false;
      return share >= 1 || RequestRandom(salt, key, 0).uniform() < share;
    }

    double share;
    RandomKey salt;
    Which among;
    std::set<std::uint64_t> back;
  };
  std::vector<Loss> losses_;
  std::set<std::uint64_t> outdated_;
};

}  // namespace highwater::database
