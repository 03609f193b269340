#pragma once

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// balancing round_robin: the available targets in turn, whatever their load.
///
/// Goes on from the target picked last, so that the neighbour of an unusable one does not get
/// its share on top, as happens with a plain counter.
///
/// Source   RFC 1794 (DNS round robin) for the idea.
/// Checked  tests/algorithms/balancing_test.cpp: equal shares with and without unusable targets.
class RoundRobin final : public Balancer {
 public:
  using Balancer::Balancer;

 private:
  /// O(1), plus one step per unavailable target in the way.
  Pick choose(const Question& question, AnyBits&) override {
    std::size_t i = next_;
    for (std::size_t tries = 0; tries < size(); ++tries) {
      const std::size_t picked = i;
      i = i + 1 < size() ? i + 1 : 0;
      if (available(picked, question)) {
        next_ = i;
        return picked;
      }
    }
    return std::nullopt;
  }

  std::size_t next_ = 0;
};

}  // namespace highwater::balancing
