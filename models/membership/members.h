#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/algorithms/membership/virtual_network.h"
#include "models/membership/members_params.h"

namespace highwater::membership {

/// A protocol of membership among nodes 0 to n - 1, in simulated time.
class Detector {
 public:
  virtual ~Detector() = default;
  /// The first `present` nodes are there and know each other.
  virtual void start(std::uint32_t present) = 0;
  /// When run() may have something to do; the greatest time for never.
  virtual std::int64_t next() const = 0;
  /// @return whether the observer's view may have changed.
  virtual bool run(std::int64_t until) = 0;
  virtual void kill(std::uint32_t node) = 0;
  virtual void restart(std::uint32_t node) = 0;
  virtual void leave(std::uint32_t node) = 0;
  /// This node's view is the one that counts from now on.
  virtual void observe(std::uint32_t observer) = 0;
  /// Whether the observer takes the node for alive.
  virtual bool lists(std::uint32_t observer, std::uint32_t node) const = 0;
};

/// Lets the instances of a component find out among themselves who of them lives, and service
/// discovery list those alone.
///
/// Without it discovery knows nothing of deaths: callers meet a dead instance until they give up
/// on it themselves. With it the instances run the protocol over the scenario's network, by
/// messages of their own: zones, and faults on the way from the component to itself
/// ("cache -> cache"), delay and lose them. What is listed is what one of the instances sees, as
/// agents ask the one beside them: the first that is up, and when that dies the next, whose view
/// may be another.
///
/// Assumes  messages cost the instances no time; all know each other when the run begins; an
///          instance that starts knows a living one to join.
/// Source   the protocols': models/algorithms/membership.
/// Checked  tests/models/members_test.cpp
class Members {
 public:
  Members(Component& component, const MembershipParams& params);
  ~Members();

  /// The way that the messages take.
  void connect(Directory& directory);
  void start();
  /// Declares `members`, `detection_ms` and `false_positives`.
  void measure(Recorder::Owner& owner);

 private:
  class ZoneWays final : public Ways {
   public:
    explicit ZoneWays(Component& component);
    std::int64_t time(std::uint32_t from, std::uint32_t to, bool reliable) override;
    std::int64_t copy_time(std::uint32_t from, std::uint32_t to) override;
    Edge* edge = nullptr;

   private:
    Component& component_;
    RandomStream random_;
  };

  void changed(const Instance& instance, Component::Change change);
  void run();
  void wake();
  void look();
  World& world() const { return component_.world(); }
  std::int64_t now() const { return nanoseconds(world().now()); }

  Component& component_;
  ZoneWays ways_;
  std::unique_ptr<Detector> detector_;
  std::optional<std::uint32_t> observer_;
  bool view_changed_ = false;
  std::vector<Time> died_;      // by instance, the last time
  std::vector<bool> heard_of_;  // likewise: as the protocol has been told
  std::uint64_t false_positives_ = 0;
  TimeIntegral listed_;
  Tally* detection_ = nullptr;
  Timer<&Members::wake> wake_;
};

/// Of Members::measure(), for a kind's table.
std::vector<MetricInfo> membership_metrics();

}  // namespace highwater::membership
