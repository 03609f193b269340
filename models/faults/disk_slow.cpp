/// disk_slow: the operations of a node's disk take longer, or fewer begin in a second.
///
/// Those that wait for a place wait longer too: a disk that was fast enough may no longer be. What
/// the log's own device does (an fsync) is slowed likewise, where `log` says so; a limit of
/// operations is the data's disk alone.
///
/// A ring's node reads more slowly, and the sync of its commit log may fall so far behind that
/// writes wait for it: its coordinators ask another replica (speculative_retry) and prefer the
/// others (the dynamic snitch).
///
/// Assumes  operations that have begun are not slowed any more.
/// Source   Gunawi et al., Fail-Slow at Scale, FAST 2018; Chaos Mesh IOChaos latency; AWS FIS
///          aws:ebs:volume-io-latency; ALGORITHMS 9.3 disk_slow.
/// Checked  tests/faults/disks_test.cpp, tests/stores/cassandra_disk_test.cpp

#include "models/faults/disk_action.h"
#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

using database::DiskTrouble;

struct DiskSlowFault {
  static constexpr std::string_view kKinds[] = {"database"};
  static constexpr std::string_view kTrials[] = {R"({"factor": "10x"})"};

  std::string disk_slow;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Duration add{0};
  Factor factor{1};
  std::optional<Rate> iops;
  bool log = true;

  static constexpr auto fields() {
    using F = DiskSlowFault;
    return Fields{
        field<&F::disk_slow>(
            "A database with storage, a ring whose nodes have a disk, or one node: "
            "\"db[2]\".")
            .required(),
        inlined<&F::timing>(),
        inlined<&F::extent>(),
        inlined<&F::gradual>(),
        field<&F::add>("Added to the time of each operation.")
            .at_least(Duration{0})
            .at_most(Duration{1h}),
        field<&F::factor>("Operations take so many times as long.")
            .at_least(Factor{0.001})
            .at_most(Factor{1e6}),
        field<&F::iops>("So many operations begin in a second at most, evenly spaced; not by "
                        "degrees.")
            .at_least(Rate{0.001}),
        field<&F::log>("Whether the write-ahead log is slowed as well.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (add == Duration{0} && factor == Factor{1} && !iops)
      problems.error(where.position(), pointer_to(path, "disk_slow"),
                     "a slow disk needs \"add\", \"factor\" or \"iops\"");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (const auto* store = examine_point<HasDisks>(component, "disk_slow", examination))
      examine_lack(component, store->lacks_disks(), "disk_slow", examination);
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    DiskTrouble most;
    most.factor = factor.value;
    most.add = add;
    if (iops) most.per_second = iops->per_second;
    most.log = log;
    return std::make_unique<DiskAction>(
        "disk slow", choose_instances(world, directory, target, extent, strike),
        point_of<HasDisks>(directory.component(target.component)), most);
  }
};

}  // namespace

FaultKind disk_slow() {
  return fault_kind<DiskSlowFault>("disk_slow", &DiskSlowFault::disk_slow, Aim::members,
                                   "A disk's operations take longer, or are fewer.",
                                   "Gunawi et al., FAST 2018; Chaos Mesh IOChaos");
}

}  // namespace highwater::faults
