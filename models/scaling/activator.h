#pragma once

#include <cstdint>
#include <deque>

#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"

namespace highwater::autoscaling {

/// Where requests wait for a component that is scaled to zero, until one of its instances is up.
///
/// Assumes  requests pass it in no time while somebody is up; the first instance that comes up gets
///          all that wait, for it is the only one; those whose callers gave up meanwhile are sent
///          all the same.
/// Source   Knative Serving 1.19, pkg/activator: handler, net/throttler.go (breakerQueueDepth).
/// Checked  tests/autoscaling/scale_to_zero_test.cpp
class Activator {
 public:
  static constexpr std::size_t kMostHeld = 10'000;  ///< breakerQueueDepth

  explicit Activator(Component& component) : component_(component) {}

  /// Lets the request on its way, or keeps it. @return whether it is the first that waits.
  bool take(Attempt& attempt);
  /// An instance is up.
  void let_go();
  /// The same, if one is.
  void look() {
    if (is_up()) let_go();
  }

  std::size_t held() const { return held_.size(); }
  double held_integral(Time now) const { return holds_.total(now); }
  /// Requests that came and had to wait.
  std::uint64_t kept() const { return kept_; }
  /// Declares `activating` and `activation_ms`.
  void measure(Recorder::Owner& owner);

 private:
  struct Held {
    Attempt* attempt;
    Time since{};
  };
  bool is_up() const;

  Component& component_;
  std::deque<Held> held_;
  std::uint64_t kept_ = 0;
  TimeIntegral holds_;
  Tally* waited_ = nullptr;
};

}  // namespace highwater::autoscaling
