#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

struct PowerOfDOptions {
  std::uint32_t d = 2;  ///< How many are asked; 0 counts as 1, more than there are as all.
};

/// balancing power_of_d: draws d distinct available targets and takes the least loaded one; of
/// equals, the first drawn.
///
/// With d = 1 it is random; each choice more helps less than the one before. Weights do not count,
/// but a target of weight 0 is never picked.
///
/// Source   M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS
///          12(10), 2001; N. Vvedenskaya, R. Dobrushin, F. Karpelevich, Queueing System with
///          Selection of the Shortest of Two Queues, Problems of Information Transmission 32(1),
///          1996. Distinct by a partial Fisher-Yates shuffle.
/// Checked  tests/algorithms/reference_policies_test.cpp: exact shares for fixed loads and any d.
class PowerOfD final : public Balancer {
 public:
  explicit PowerOfD(std::vector<Target> targets, const PowerOfDOptions& options = {})
      : Balancer(std::move(targets)), d_(std::max(1u, options.d)), order_(size()) {
    for (std::uint32_t i = 0; i < size(); ++i) order_[i] = i;
  }

 private:
  /// O(d) draws while most targets are available; O(n) at worst.
  Pick choose(const Question& question, AnyBits& bits) override {
    Pick best;
    std::uint32_t asked = 0;
    const auto all = static_cast<std::uint32_t>(size());
    // Those already drawn stand in front, in an order that later shuffles may begin with.
    for (std::uint32_t k = 0; k < all && asked < d_; ++k) {
      std::swap(order_[k], order_[k + random_below(all - k, bits)]);
      const std::uint32_t i = order_[k];
      if (!available(i, question)) continue;
      ++asked;
      if (!best || in_flight(i) < in_flight(*best)) best = i;
    }
    return best;
  }

  std::uint32_t d_;
  std::vector<std::uint32_t> order_;
};

}  // namespace highwater::balancing
