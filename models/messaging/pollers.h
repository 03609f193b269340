#pragma once

#include "engine/kernel/simulation.h"
#include "engine/model/component.h"
#include "models/algorithms/host/crash_loop.h"

namespace highwater::messaging {

/// A process that asks for messages, for faults that keep it from doing so.
class Poller {
 public:
  /// It finishes the message that it is at and takes up no other. Stalls nest.
  virtual void stall() = 0;
  virtual void go_on() = 0;

 protected:
  ~Poller() = default;
};

/// A group of them whose members a coordinator keeps, for faults that disturb that.
class Members {
 public:
  /// Whether there is a protocol by which they join and leave.
  virtual bool has_protocol() const = 0;
  /// The member leaves in good order and joins again at once; nothing where it is dead.
  virtual void rejoin(Instance& member) = 0;

 protected:
  ~Members() = default;
};

/// Ends a process that crashes over a message, and starts it again: at once, and ever later the
/// sooner it crashes again, as kubelet does.
///
/// Checked  tests/faults/poison_test.cpp
class Crasher {
 public:
  explicit Crasher(Instance& instance) : instance_(instance), die_(*this), restart_(*this) {}

  /// The process has begun to serve.
  void started() { since_ = now(); }
  /// It crashes now, once the task that asks, which is its own, has been left.
  void crash() {
    if (!die_.pending()) simulation().schedule_after(die_, Duration{0});
  }

 private:
  Simulation& simulation() const { return instance_.component().world().simulation; }
  Time now() const { return simulation().now(); }
  void die() {
    if (!instance_.up()) return;
    const std::int64_t wait = loop_.ended(nanoseconds(now()), nanoseconds(since_));
    instance_.component().world().happened("crashed",
                                           instance_.label() + " crashes over a message");
    instance_.kill(false);
    simulation().reschedule_after(restart_, Duration{wait});
  }
  void restart() { instance_.revive(false); }

  Instance& instance_;
  host::CrashLoop loop_{host::CrashLoop::Options{}};
  Time since_{};
  Timer<&Crasher::die> die_;
  Timer<&Crasher::restart> restart_;
};

}  // namespace highwater::messaging
