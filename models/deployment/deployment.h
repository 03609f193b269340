#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "engine/statistics/histogram.h"
#include "models/algorithms/scaling/disruption_budget.h"
#include "models/algorithms/scaling/rolling_update.h"
#include "models/cluster/cluster.h"
#include "models/deployment/deployment_params.h"

namespace highwater::deployment {

/// One wish for an instance of a component, and the instance that fulfils it.
struct Pod {
  std::uint64_t number = 0;   ///< In order of creation; never used twice.
  std::uint32_t version = 0;  ///< 0: the scenario's own; n: of the n-th rollout.
  Time created{};
  Instance* instance = nullptr;  ///< None while it waits for a node, or for a free place.
  std::optional<Time> started;   ///< When its process begins to start; with an instance.
  std::optional<Time> ready;     ///< Since when it takes requests; none while it does not.
  bool deleting = false;         ///< It is to go.
};

/// Keeps as many instances of a component as are wanted, in the versions that are wanted: a
/// Deployment with its ReplicaSets.
///
/// Those that come take the places of the component that are empty, from the front, after
/// scheduling_time. Those that go are first the ones without a node, then those not up, then those
/// that share a node with most of their kind, then the youngest; each may finish what it has begun.
///
/// A rollout makes a new set of the new version. rolling_update: its controller looks at every
/// change and says which set grows or shrinks. recreate: all sets shrink to nothing, and when the
/// last process has ended the new one grows. canary: a part of the instances get the new version,
/// and a part of the requests with it; a check each interval lets it grow, or, having failed too
/// often, go. blue_green: all new instances come at once and unlisted, then are listed in place of
/// the old ones. A rollout that begins while another is under way takes over. With a cluster the
/// pods wait until it has room for them.
///
/// Assumes  a canary's part of the requests is its part of the instances, as without a mesh;
///          controllers see every change at once; a place that a process still ends in is not free;
///          of one version it is taken back into service where no other place is free.
/// Source   Kubernetes pkg/controller/deployment, pkg/controller/replicaset and
///          pkg/controller/controller_utils.go (ActivePodsWithRanks: who goes first);
///          Flagger pkg/controller/scheduler.go; Argo Rollouts rollout/bluegreen.go.
/// Checked  tests/deployment/rollout_test.cpp, tests/deployment/canary_test.cpp,
///          tests/deployment/cluster_test.cpp
class Deployment final : public cluster::Tenant {
 public:
  /// What else a version changes of an instance: so many more bytes are left behind by each
  /// request.
  using Leaks = std::function<void(const Instance&, std::uint64_t)>;

  /// @param replicas  At first. The component has as many instances as it may ever need.
  /// @param leaks     Tells the instance; empty where versions leak nothing.
  Deployment(Component& component, const DeploymentParams& params, std::uint32_t replicas,
             Leaks leaks = {});

  /// Finds the cluster; the first pods are placed there.
  void connect(Directory& directory);
  void start();

  std::uint32_t replicas() const { return replicas_; }
  void scale(std::uint32_t replicas);

  // Faults.
  /// Rolls out a version that is none of the scenario's rollouts. @return its number.
  /// @param rollout  Outlives the run.
  std::uint32_t deploy(const Rollout& rollout);
  /// The version is no longer wanted: that before it which still is comes back, in the same way,
  /// unless another has taken its place or it has failed by itself.
  void take_back(std::uint32_t version);

  /// Whose process this is; null where nobody's.
  const Pod* pod_at(const Instance& instance) const { return places_[instance.index()]; }
  /// The machine that the instance's process runs on; null where none is known.
  cluster::Node* node_of(const Instance& instance) const;
  cluster::HostCpu* host_of(const Instance& instance) const;
  /// Pods that wait for an instance.
  std::uint32_t waiting() const;
  /// What the version of the instance says of its start; nothing where the component decides.
  std::optional<Duration> start_time(const Instance& instance) const;
  /// An instance has served a request in that time; for who judges versions.
  void served(const Instance& instance, Duration took) {
    if (strategy_ && pod_at(instance)->version == newest()) latencies_.record(took.count());
  }
  /// Declares what deployment_metrics() names.
  void measure(Recorder::Owner& owner);

  // cluster::Tenant
  bool has_place(Zone zone) const override { return free_place(zone) != nullptr; }
  void placed(std::uint64_t pod, Zone zone, Duration wait) override;
  Instance* process_of(std::uint64_t pod) const override;
  bool allows_eviction() override;
  bool evict(std::uint64_t pod) override;
  void lost(std::uint64_t pod) override;

 private:
  /// How far a rollout that is judged has come.
  enum class Phase : std::uint8_t {
    trying,       ///< A canary has a part of the requests, green ones none.
    kept,         ///< Green ones have all requests, the blue ones are still there.
    promoted,     ///< The new version is the only one wanted.
    rolled_back,  ///< The old one is.
  };
  struct Strategy {
    const Rollout* rollout;
    scaling::RollingUpdate controller;  // of the other two; says how far a canary may go at once
    Duration min_ready;
    Duration progress_deadline;
    Time began{};
    std::optional<scaling::RolloutStatus> told{};
    // Of canaries and blue-green.
    Phase phase = Phase::trying;
    double weight = 0;            // of the new version
    std::optional<Time> since{};  // all that were wanted are available
    std::uint32_t failures = 0;   // of checks
    std::uint32_t available = 0;
    Time progressed{};
  };
  /// What an instance had answered at the last check.
  struct Answered {
    std::uint64_t all = 0;
    std::uint64_t ok = 0;
  };

  const VersionParams& version(std::uint32_t number) const;
  void changed(const Instance& instance, Component::Change change);
  void begin_rollout();
  void roll_out(const Rollout& rollout, const VersionParams& version, std::uint32_t before);
  std::uint32_t wanted_version() const;
  std::uint32_t same_as(std::uint32_t version) const;
  void schedule_rollout();
  void look();
  bool step();
  void follow();
  void look_again();
  void tell_status();
  std::uint32_t newest() const { return static_cast<std::uint32_t>(sets_.size()) - 1; }
  // Canaries and blue-green.
  bool is_judged() const;
  const AnalysisParams* analysis() const;
  bool step_judged();
  bool step_towards(const std::vector<std::uint32_t>& wanted, std::uint32_t surge,
                    std::uint32_t unavailable);
  void settle_judged();
  Time give_up_at() const;
  void fail(const char* why);
  void roll_back(const char* why);
  void begin_checks();
  void check();
  std::optional<bool> passes();
  void remember_answers();
  void enter(Phase phase);
  bool is_published(std::uint32_t version) const;
  void count(std::vector<scaling::ReplicaSet>& sets) const;
  bool is_available(const Pod& pod) const;

  cluster::PodWish wish(std::uint32_t version) const;
  Pod& make_pod(std::uint32_t version);
  void create(std::uint32_t version);
  void remove_from(std::uint32_t version, std::uint32_t count);
  void remove(Pod& pod, const Instance::Departure& how);
  void erase(const Pod& pod);
  Pod* find(std::uint64_t number) const;
  Instance* free_place(std::optional<Zone> zone) const;
  void begin(Pod& pod, Instance& place, Duration wait);
  void fill_places();
  Pod* leaving_of(std::uint32_t version) const;
  void gone(Pod& pod);
  void give_up(std::uint64_t number, const Instance::Departure& how);
  void update_budget();
  World& world() const { return component_.world(); }
  std::int64_t now() const { return nanoseconds(world().now()); }

  Component& component_;
  const DeploymentParams& params_;
  std::uint32_t replicas_;
  std::vector<std::unique_ptr<Pod>> pods_;  // in order of creation
  std::vector<Pod*> places_;                // by instance
  std::vector<scaling::ReplicaSet> sets_;   // by version
  std::uint64_t created_ = 0;
  std::vector<std::uint32_t> order_;  // of the rollouts, by time
  std::size_t begun_ = 0;             // of those rollouts
  /// Of a version, from 1 on.
  struct Version {
    const VersionParams* params;
    std::uint32_t before;  // the version that was wanted when it came
    std::uint32_t is;      // the version that it is, where one comes back
    bool taken_back = false;
  };
  std::vector<Version> versions_;
  std::optional<std::uint32_t> returning_;  // the version that comes back with this rollout
  Leaks leaks_;
  std::optional<Strategy> strategy_;  // of the last rollout
  cluster::Cluster* cluster_ = nullptr;
  std::optional<scaling::DisruptionBudget> budget_;
  std::vector<scaling::BudgetPod> budget_pods_;
  TimeIntegral wanted_;
  std::uint64_t evicted_ = 0;
  std::uint32_t stable_ = 0;        // the version to go back to
  Histogram latencies_;             // of the newest version, since the last check
  std::vector<Answered> answered_;  // by instance
  std::uint64_t rollbacks_ = 0;
  Tally* rollout_time_ = nullptr;
  Timer<&Deployment::begin_rollout> rollout_;
  Timer<&Deployment::look> look_;
  Timer<&Deployment::check> check_;
};

/// A component whose instances come and go.
class Deployed {
 public:
  /// Null where they do not.
  virtual Deployment* deployment() = 0;
  /// Whether its instances need memory, which versions can leak.
  virtual bool has_memory() const = 0;

 protected:
  ~Deployed() = default;
};

/// Of Deployment::measure(), for a kind's table.
std::vector<MetricInfo> deployment_metrics();

}  // namespace highwater::deployment
