#pragma once

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// balancing busiest: the available target with the most requests in flight; of equals, the first.
///
/// The worst that a balancer can do without being idle: it fills one target to its limit before the
/// next gets anything. Whatever is built for overload can be tried with it.
///
/// Source   chosen: the reverse of join the shortest queue.
/// Checked  tests/algorithms/reference_policies_test.cpp: fills the targets one by one.
class Busiest final : public Balancer {
 public:
  using Balancer::Balancer;

 private:
  /// O(n).
  Pick choose(const Question& question, AnyBits&) override {
    Pick most;
    for (std::size_t i = 0; i < size(); ++i)
      if (available(i, question) && (!most || in_flight(i) > in_flight(*most))) most = i;
    return most;
  }
};

}  // namespace highwater::balancing
