/// disk_error: a share of the operations of a node's disk fail with EIO.
///
/// A read that fails fails its statement, and the page is not in memory; who waited for that read
/// tries for himself. A page that could not be written stays dirty: a statement that needed its
/// buffer fails, the background writer and a checkpoint leave it for another time. Where the log
/// cannot be written or made safe nobody knows what of it is there: the node's process ends
/// (PANIC) and starts again, for its start_time. A ring's node does what its disk_failure_policy
/// and commit_failure_policy say: it leaves until its disk is well, unless told otherwise.
///
/// Assumes  an operation that fails takes as long as one that does not.
/// Source   PostgreSQL 15 src/backend/storage/smgr/md.c, mdread; bufmgr.c, AbortBufferIO; xlog.c,
///          issue_xlog_fsync (PANIC); data_sync_retry; Chaos Mesh IOChaos fault; ALGORITHMS 9.3
///          io_error.
/// Checked  tests/faults/disks_test.cpp, tests/stores/cassandra_disk_test.cpp

#include "models/faults/disk_action.h"
#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

using database::DiskTrouble;

struct DiskErrorFault {
  static constexpr std::string_view kKinds[] = {"database"};
  static constexpr std::string_view kTrials[] = {R"({"rate": "5%"})"};

  std::string disk_error;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Fraction rate{1};
  bool log = true;

  static constexpr auto fields() {
    using F = DiskErrorFault;
    return Fields{
        field<&F::disk_error>(
            "A database with storage, a ring whose nodes have a disk, or one node: "
            "\"db[2]\".")
            .required(),
        inlined<&F::timing>(),
        inlined<&F::extent>(),
        inlined<&F::gradual>(),
        field<&F::rate>("Share of the operations that fail."),
        field<&F::log>("Whether those for the write-ahead log fail as well, which ends the "
                       "process, unless a ring's commit_failure_policy says otherwise.")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (const auto* store = examine_point<HasDisks>(component, "disk_error", examination))
      examine_lack(component, store->lacks_disks(), "disk_error", examination);
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    DiskTrouble most;
    most.errors = rate.value;
    most.log = log;
    return std::make_unique<DiskAction>(
        "disk error", choose_instances(world, directory, target, extent, strike),
        point_of<HasDisks>(directory.component(target.component)), most);
  }
};

}  // namespace

FaultKind disk_error() {
  return fault_kind<DiskErrorFault>("disk_error", &DiskErrorFault::disk_error, Aim::members,
                                    "A share of a disk's operations fail with EIO.",
                                    "Chaos Mesh IOChaos; PostgreSQL md.c");
}

}  // namespace highwater::faults
