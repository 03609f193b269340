#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "engine/kernel/random.h"

namespace highwater::database {

/// Rows that a node has lost, by faults, and not got back since.
///
/// Memory follows the lost rows that are written again, not those that are lost.
///
/// Checked  tests/faults/databases_test.cpp
class LostRows {
 public:
  /// Loses the share of all rows that `salt` decides.
  void lose(double share, RandomKey salt) { losses_.push_back({share, salt, {}}); }
  /// What was lost by that salt is back.
  void find(RandomKey salt) {
    std::erase_if(losses_, [&](const Loss& loss) { return loss.salt == salt; });
  }
  void find_all() { losses_.clear(); }
  bool any() const { return !losses_.empty(); }
  /// The row is written anew.
  void write(std::uint64_t key) {
    for (Loss& loss : losses_)
      if (loss.lost(key)) loss.back.insert(key);
  }
  bool has(std::uint64_t key) const {
    for (const Loss& loss : losses_)
      if (loss.lost(key) && !loss.back.contains(key)) return true;
    return false;
  }

 private:
  struct Loss {
    bool lost(std::uint64_t key) const {
      return share >= 1 || RequestRandom(salt, key, 0).uniform() < share;
    }

    double share;
    RandomKey salt;
    std::set<std::uint64_t> back;
  };
  std::vector<Loss> losses_;
};

}  // namespace highwater::database
