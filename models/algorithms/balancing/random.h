#pragma once

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// balancing random: any available target, each equally likely.
///
/// Source   elementary.
/// Checked  tests/algorithms/balancing_test.cpp: frequencies, with and without unusable targets.
class Random final : public Balancer {
 public:
  using Balancer::Balancer;

 private:
  static constexpr int kTries = 3;

  /// O(1) while most targets are available, O(n) otherwise. One draw in the first case.
  Pick choose(const Question& question, AnyBits& bits) override {
    if (size() == 0) return std::nullopt;
    // Redrawing leaves the available ones equally likely; counting is for the rare unlucky case.
    for (int tries = 0; tries < kTries; ++tries) {
      const std::uint32_t i = random_below(static_cast<std::uint32_t>(size()), bits);
      if (available(i, question)) return i;
    }
    const std::uint32_t count = count_available(question);
    if (count == 0) return std::nullopt;
    return available_at(random_below(count, bits), question);
  }
};

}  // namespace highwater::balancing
