#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/model/component.h"
#include "models/algorithms/scaling/capacity_schedule.h"
#include "models/deployment/deployment.h"
#include "models/scaling/activator.h"
#include "models/scaling/autoscaler_params.h"

namespace highwater::autoscaling {

/// What an instance has done since the beginning of the run.
struct Work {
  double core_seconds = 0;       ///< Of its cores in use.
  double in_flight_seconds = 0;  ///< Of requests in flight.
  std::uint64_t requests = 0;    ///< Received.
};

/// What a fault does to an autoscaler's sight.
struct Blindness {
  enum class Mode : std::uint8_t {
    missing,  ///< It finds no readings.
    late,     ///< Readings arrive later by `delay`; until then the last ones stand.
    frozen,   ///< It decides nothing.
  };
  Mode mode = Mode::missing;
  Duration delay{};

  friend bool operator==(const Blindness&, const Blindness&) = default;
};

class Autoscaler;

/// A component that may have one.
class Scaled {
 public:
  /// Null where it has none.
  virtual Autoscaler* autoscaler() = 0;

 protected:
  ~Scaled() = default;
};

/// Keeps as many instances of a component as its scaler wants, within its bounds.
///
/// Every scrape_interval it reads what each instance did since the last time; every period of the
/// scaler it decides by the latest readings that are old enough to have arrived. Its deployment
/// does the rest. Where a schedule changes the bounds, what is outside of them is brought in at
/// once, as AWS does; Kubernetes would wait for its next decision.
///
/// Checked  tests/autoscaling/autoscaler_test.cpp, tests/autoscaling/schedule_test.cpp,
///          tests/autoscaling/predict_test.cpp
class Autoscaler {
 public:
  /// @param deployment  Of the component: whose size it decides.
  /// @param cores       Of an instance: what its CPU is a share of.
  Autoscaler(Component& component, deployment::Deployment& deployment,
             const AutoscalerParams& params, double cores,
             std::function<Work(const Instance&, Time)> work_of);

  void start();
  /// Whether requests may find nobody, and wait. Their component is their client then: its take()
  /// and started() are to come here.
  bool scales_to_zero() const { return activator_.has_value(); }
  void take(Attempt& attempt);
  void is_up();
  /// The bounds are these from now on; what is outside of them is brought in at once.
  void set_bounds(const ScalingBounds& bounds);
  // Faults. They add up, and the longest delay counts.
  void begin(const Blindness& blindness);
  void end(const Blindness& blindness);
  /// Declares `scale_ups` and `scale_downs`, and what an Activator does.
  void measure(Recorder::Owner& owner);

 private:
  struct Seen {
    Work before;  // at the last scrape
    Time scraped{};
    std::vector<scaling::PodSample> cpu, rate,
        concurrency;                   // scraped, not all arrived; oldest first
    std::optional<std::uint64_t> pod;  // whose readings these are
    bool was_ready = false;
    Time readiness_changed{};
  };

  void scrape();
  void decide();
  void look_at(const Instance& instance, const deployment::Pod& pod,
               scaling::PodObservation& seen_now);
  std::optional<double> average(AwsMetric metric) const;
  std::optional<double> load_with_held();
  void turn_limits();
  void apply(const scaling::ReplicaLimits& limits);
  void wait_for_turn(std::int64_t since);
  void follow(std::uint32_t replicas);
  bool is(Blindness::Mode mode) const;
  Duration lag() const;
  World& world() const { return component_.world(); }
  std::int64_t now() const { return nanoseconds(world().now()); }

  Component& component_;
  deployment::Deployment& deployment_;
  const AutoscalerParams& params_;
  double cores_;
  std::function<Work(const Instance&, Time)> work_of_;
  std::unique_ptr<scaling::Scaler> scaler_;
  scaling::ReplicaLimits limits_;
  std::optional<scaling::CapacitySchedule> schedule_;
  std::vector<Seen> seen_;  // by instance
  std::vector<scaling::PodObservation> pods_;
  std::optional<Activator> activator_;
  // Of the activator, at the last decision.
  Time decided_{};
  double held_before_ = 0;
  std::uint64_t kept_before_ = 0;
  std::vector<Blindness> blind_;
  std::int64_t seen_until_ = 0;  // readings that had arrived at the last decision
  std::uint64_t scale_ups_ = 0;
  std::uint64_t scale_downs_ = 0;
  Timer<&Autoscaler::scrape> scrape_;
  Timer<&Autoscaler::decide> decide_;
  Timer<&Autoscaler::turn_limits> turn_limits_;
};

/// Of Autoscaler::measure(), for a kind's table.
std::vector<MetricInfo> autoscaler_metrics();

}  // namespace highwater::autoscaling
