#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/kernel/condition.h"
#include "engine/kernel/task.h"

namespace highwater {

/// Until when something is kept from those who would use it.
class Keeping {
 public:
  explicit Keeping(Simulation& simulation) : ended_(simulation) {}

  /// Whoever keeps something lets go of it.
  void end() {
    over_ = true;
    ended_.notify_all();
  }
  static Task<> wait_for_end(std::shared_ptr<Keeping> until) {
    while (!until->over_) co_await until->ended_.wait();
  }
  /// A task that keeps `held` for so long, or until it is cancelled.
  template <class Held>
  static Task<> keep(Held held, std::shared_ptr<Keeping> until) {
    const Held kept = std::move(held);
    co_await wait_for_end(until);
  }

 private:
  Condition ended_;
  bool over_ = false;
};

/// What faults make of a pool: a share of what is lent does not come back until the fault ends, or
/// the process that should give it back.
///
/// Faults at the same time are independent: each keeps its share of what the others leave.
///
/// Checked  tests/faults/leaks_test.cpp
class Leaks {
 public:
  bool any() const { return !leaks_.empty(); }
  void add(double share, std::shared_ptr<Keeping> until) {
    leaks_.push_back({share, std::move(until)});
  }
  /// From now on nothing leaks that way, and what has is given back.
  void end(const std::shared_ptr<Keeping>& until) {
    std::erase_if(leaks_, [&](const Leak& leak) { return leak.until == until; });
    until->end();
  }
  /// Who keeps what has drawn `uniform`, above a share that is gone already; null for nobody.
  std::shared_ptr<Keeping> keeper(double uniform, double gone = 0) const {
    double left = 1 - gone;
    for (const Leak& leak : leaks_) {
      left *= 1 - leak.share;
      if (uniform < 1 - left) return leak.until;
    }
    return nullptr;
  }

 private:
  struct Leak {
    double share;
    std::shared_ptr<Keeping> until;
  };
  std::vector<Leak> leaks_;
};

}  // namespace highwater
