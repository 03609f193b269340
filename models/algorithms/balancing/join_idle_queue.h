#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// balancing join_idle_queue: the available target that has been idle for longest; any other at
/// random if none is idle.
///
/// Targets report as they become idle, so a pick asks nobody: the waiting time of power of two
/// choices or better, without the question on each request's way.
///
/// Assumes  idle is who has none of this balancer's requests; with several balancers each keeps a
///          queue of its own, in which the targets it has not used lately stand (the paper lets a
///          target join one queue of several). All begin idle, in order. Weights do not count,
///          but a target of weight 0 is never picked.
/// Source   Y. Lu, Q. Xie, G. Kliot, A. Geller, J. Larus, A. Greenberg, Join-Idle-Queue: A Novel
///          Load Balancing Algorithm for Dynamically Scalable Web Services, Performance
///          Evaluation 68(11), 2011.
/// Checked  tests/algorithms/reference_policies_test.cpp: order, uniform fallback, targets that are
///          down, tried or full while idle; never a busy one while an idle one will do.
class JoinIdleQueue final : public Balancer {
 public:
  explicit JoinIdleQueue(std::vector<Target> targets)
      : Balancer(std::move(targets)), next_(size() + 1), previous_(size() + 1) {
    end_ = size();
    next_[end_] = previous_[end_] = end_;
    queued_.resize(size(), 0);
    for (std::size_t i = 0; i < size(); ++i) enqueue(i);
  }

 private:
  static constexpr int kTries = 3;

  /// O(1), plus one step per idle target that may not be picked; O(n) where most are unavailable.
  Pick choose(const Question& question, AnyBits& bits) override {
    for (std::size_t i = next_[end_]; i != end_; i = next_[i])
      if (available(i, question)) return i;
    if (size() == 0) return std::nullopt;
    for (int tries = 0; tries < kTries; ++tries) {
      const std::uint32_t i = random_below(static_cast<std::uint32_t>(size()), bits);
      if (available(i, question)) return i;
    }
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < size(); ++i) count += available(i, question);
    if (count == 0) return std::nullopt;
    std::uint32_t skip = random_below(count, bits);
    std::size_t i = 0;
    while (!available(i, question) || skip-- > 0) ++i;
    return i;
  }

  void began(std::size_t target, const Question&) override {
    if (queued_[target] == 0) return;
    queued_[target] = 0;
    next_[previous_[target]] = next_[target];
    previous_[next_[target]] = previous_[target];
  }

  void ended(std::size_t target, const Ending&) override {
    if (in_flight(target) == 0) enqueue(target);
  }

  void enqueue(std::size_t target) {
    queued_[target] = 1;
    next_[target] = end_;
    previous_[target] = previous_[end_];
    next_[previous_[end_]] = target;
    previous_[end_] = target;
  }

  // The queue is a ring of targets and of its own end, so that those in its midst can leave.
  std::size_t end_ = 0;
  std::vector<std::size_t> next_;
  std::vector<std::size_t> previous_;
  std::vector<std::uint8_t> queued_;
};

}  // namespace highwater::balancing
