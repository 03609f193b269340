/// replication_lag: replicas apply what they are sent later, or not at all for a while.
///
/// What they have not applied they do not have: reads from them are stale, writers who wait for
/// them wait, and a failover loses it. What was sent while the fault was on arrives that much
/// later, and nothing that was sent after it arrives before it.
///
/// A write to a ring's node by another coordinator comes that much later, and so does its answer:
/// where that takes longer than write_request_timeout nobody waits for it and the node drops it, to
/// get a hint that is as late. Of a table of DynamoDB the third replica of what was written by
/// these endpoints is late.
///
/// Assumes  a paused replica that is promoted, or whose primary is gone, loses what it has not
///          applied, as one that is only late does.
/// Source   PostgreSQL 15 recovery_min_apply_delay, pg_wal_replay_pause(); AWS FIS
///          aws:rds pause replication; ALGORITHMS 9.3 replication_lag.
/// Checked  tests/faults/databases_test.cpp, caches_test.cpp, rings_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class ReplicationLag final : public GradualAction {
 public:
  ReplicationLag(Victims choose, HasReplicas& store, Duration add, bool paused)
      : choose_(std::move(choose)), store_(store), add_(add), paused_(paused) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    return "replication lag of " + list_of(victims_);
  }
  void apply(double strength) override {
    for (Instance* victim : victims_) {
      store_.delay_replication(*victim, at(strength));
      if (paused_) store_.pause_replication(*victim);
    }
  }
  void withdraw(double strength) override {
    for (Instance* victim : victims_) {
      store_.delay_replication(*victim, -at(strength));
      if (paused_) store_.resume_replication(*victim);
    }
  }
  Duration at(double strength) const {
    return Duration{static_cast<Duration::rep>(static_cast<double>(add_.count()) * strength)};
  }

  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  HasReplicas& store_;
  Duration add_;
  bool paused_;
};

struct ReplicationLagFault {
  static constexpr std::string_view kKinds[] = {"database", "cache"};
  static constexpr std::string_view kTrials[] = {R"({"add": "10s"})"};

  std::string replication_lag;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Duration add{0};
  bool paused = false;

  static constexpr auto fields() {
    using F = ReplicationLagFault;
    return Fields{
        field<&F::replication_lag>("A database with replicas, a cache that is a cluster with "
                                   "replicas, or one of their nodes: \"db[1]\".")
            .required(),
        inlined<&F::timing>(),
        inlined<&F::extent>(),
        inlined<&F::gradual>(),
        field<&F::add>("Added to the lag of each write.").at_least(Duration{0}).at_most(24h * 365),
        field<&F::paused>("Nothing is applied until the fault ends; then all at once. For SQL "
                          "databases.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (add == Duration{0} && !paused)
      problems.error(where.position(), pointer_to(path, "replication_lag"),
                     "a lag is longer by something: give \"add\", or say \"paused\"");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* store = examine_point<HasReplicas>(component, "replication_lag", examination);
    if (store == nullptr) return;
    examine_lack(component, store->lacks_replicas(), "replication_lag", examination);
    if (paused && !store->lacks_pause().empty())
      report_fault(examination, "paused", "replication_lag",
                   in_quotes(component.id()) + " " + store->lacks_pause());
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<ReplicationLag>(
        choose_instances(world, directory, target, extent, strike),
        point_of<HasReplicas>(directory.component(target.component)), add, paused);
  }
};

}  // namespace

FaultKind replication_lag() {
  return fault_kind<ReplicationLagFault>("replication_lag", &ReplicationLagFault::replication_lag,
                                         Aim::members,
                                         "Replicas apply writes later, or not at all for a while.",
                                         "PostgreSQL recovery_min_apply_delay; AWS FIS");
}

}  // namespace highwater::faults
