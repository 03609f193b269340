/// kill_leader: the process dies that leads a part of the data: the primary of a shard, the master
/// of a cluster's slots, the leader of a partition.
///
/// What follows is the component's own: an election or a lease, promotion, and what was
/// acknowledged and had not been replicated is lost. When the fault ends the process starts again,
/// to follow whoever leads by then.
///
/// Assumes  who leads is decided when it strikes; a part without a leader has nobody to kill.
/// Source   AWS FIS aws:rds:failover-db-cluster; Redis DEBUG SEGFAULT at a master; kafka-leader
///          chaos of Strimzi; ALGORITHMS 9.3 leader_kill.
/// Checked  tests/faults/databases_test.cpp, tests/faults/caches_test.cpp

#include <algorithm>

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class KillLeader final : public FaultAction {
 public:
  /// @param parts  Those whose leaders die.
  KillLeader(HasLeaders& led, std::vector<std::size_t> parts, bool silent)
      : led_(led), parts_(std::move(parts)), silent_(silent) {}
  std::string begin() override {
    for (const std::size_t part : parts_) {
      Instance* const leader = led_.leader_of(part);
      const bool is_new = leader != nullptr &&
                          std::find(victims_.begin(), victims_.end(), leader) == victims_.end();
      if (is_new) victims_.push_back(leader);
    }
    std::sort(victims_.begin(), victims_.end(),
              [](const Instance* a, const Instance* b) { return a->index() < b->index(); });
    for (Instance* victim : victims_) victim->kill(silent_);
    return "kill leader " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) victim->revive(silent_);
  }

 private:
  HasLeaders& led_;
  std::vector<std::size_t> parts_;
  std::vector<Instance*> victims_;  // once it has begun
  bool silent_;
};

struct KillLeaderFault {
  static constexpr std::string_view kKinds[] = {"database", "cache", "topic"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string kill_leader;
  FaultTiming timing;
  std::optional<std::uint32_t> part;
  bool all = false;
  bool silent = false;

  static constexpr auto fields() {
    using F = KillLeaderFault;
    return Fields{
        field<&F::kill_leader>("A database with failover, a cache that is a cluster, or a topic "
                               "with replication.")
            .required(),
        inlined<&F::timing>(),
        field<&F::part>("The leader of this shard or partition; of one chosen by chance unless "
                        "given."),
        field<&F::all>("The leaders of all shards or partitions die."),
        field<&F::silent>("Its callers see nothing, as if the host were gone, instead of a "
                          "reset connection.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (part && all)
      problems.error(where.find("all")->position(), pointer_to(path, "all"),
                     "the leader either of one part dies or of all");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* led = examine_point<HasLeaders>(component, "kill_leader", examination);
    if (led == nullptr) return;
    examine_lack(component, led->lacks_leaders(), "kill_leader", examination);
    if (part && *part >= led->parts())
      report_fault(examination, "part", "kill_leader",
                   "the last one is " + std::to_string(led->parts() - 1));
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    auto& led = point_of<HasLeaders>(directory.component(target.component));
    std::vector<std::size_t> parts;
    if (all)
      for (std::size_t i = 0; i < led.parts(); ++i) parts.push_back(i);
    else if (part)
      parts.push_back(*part);
    else
      parts.push_back(world.stream("kill_leader", strike.key()).below(led.parts()));
    return std::make_unique<KillLeader>(led, std::move(parts), silent);
  }
};

}  // namespace

FaultKind kill_leader() {
  return fault_kind<KillLeaderFault>("kill_leader", &KillLeaderFault::kill_leader, Aim::whole,
                                     "The primary, master or leader of a part of the data dies.",
                                     "AWS FIS failover-db-cluster");
}

}  // namespace highwater::faults
