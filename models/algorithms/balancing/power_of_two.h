#pragma once

#include <utility>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// balancing power_of_two: draws two distinct available targets and takes the less loaded one; of
/// equals, the first drawn.
///
/// Nearly as even as asking everybody, for two questions; and many balancers that do not know of
/// each other do not all rush to the same idle instance.
///
/// Source   M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS
///          12(10), 2001; two distinct ones as in Finagle's P2C (twitter/finagle, P2CPick).
/// Checked  tests/algorithms/balancing_test.cpp: exact shares for fixed loads.
class PowerOfTwo final : public Balancer {
 public:
  using Balancer::Balancer;

 private:
  static constexpr int kTries = 3;

  /// O(1) while most targets are available, O(n) otherwise.
  Pick choose(const Question& question, AnyBits& bits) override {
    const auto all = static_cast<std::uint32_t>(size());
    if (all >= 2) {
      for (int tries = 0; tries < kTries; ++tries) {
        const auto [a, b] = two_below(all, bits);
        if (available(a, question) && available(b, question)) return less_loaded(a, b);
      }
    }
    const std::uint32_t count = count_available(question);
    if (count == 0) return std::nullopt;
    if (count == 1) return available_at(0, question);
    const auto [a, b] = two_below(count, bits);
    return less_loaded(available_at(a, question), available_at(b, question));
  }

  /// Two distinct numbers below n, every ordered pair equally likely; n >= 2.
  static std::pair<std::uint32_t, std::uint32_t> two_below(std::uint32_t n, AnyBits& bits) {
    const std::uint32_t a = random_below(n, bits);
    std::uint32_t b = random_below(n - 1, bits);
    b += b >= a;
    return {a, b};
  }

  std::size_t less_loaded(std::size_t a, std::size_t b) const {
    return in_flight(b) < in_flight(a) ? b : a;
  }
};

}  // namespace highwater::balancing
