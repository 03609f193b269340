/// disk_full: there is no room left on a node's disk (ENOSPC).
///
/// The database refuses writes, which need room for a new version of their row, and goes on to
/// read. A replica cannot apply what it is sent, and catches up when there is room again.
/// A ring's node that is to write does what its commit_failure_policy says: it leaves until there
/// is room, or lets writes wait for that.
///
/// Assumes  the log has segments to use again, so that what is under way can still commit and the
///          process does not end; pages that are written in place need no more room.
/// Source   PostgreSQL 15 documentation, 29.2 Disk Full Failure; md.c, mdextend ("could not extend
///          file"); Gremlin and AWS FIS disk fill; ALGORITHMS 9.3 disk_full.
/// Checked  tests/faults/disks_test.cpp, tests/stores/cassandra_disk_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class DiskFull final : public FaultAction {
 public:
  DiskFull(Victims choose, HasDisks& store) : choose_(std::move(choose)), store_(store) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) store_.fill_disk(*victim);
    return "disk full of " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) store_.clear_disk(*victim);
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  HasDisks& store_;
};

struct DiskFullFault {
  static constexpr std::string_view kKinds[] = {"database"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string disk_full;
  FaultTiming timing;
  FaultExtent extent;

  static constexpr auto fields() {
    return Fields{field<&DiskFullFault::disk_full>(
                      "A database with storage, a ring whose nodes have a disk, or one node: "
                      "\"db[2]\".")
                      .required(),
                  inlined<&DiskFullFault::timing>(), inlined<&DiskFullFault::extent>()};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (const auto* store = examine_point<HasDisks>(component, "disk_full", examination))
      examine_lack(component, store->lacks_disks(), "disk_full", examination);
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<DiskFull>(choose_instances(world, directory, target, extent, strike),
                                      point_of<HasDisks>(directory.component(target.component)));
  }
};

}  // namespace

FaultKind disk_full() {
  return fault_kind<DiskFullFault>("disk_full", &DiskFullFault::disk_full, Aim::members,
                                   "A disk has no room left: writes fail, reads go on.",
                                   "PostgreSQL 29.2 Disk Full Failure");
}

}  // namespace highwater::faults
