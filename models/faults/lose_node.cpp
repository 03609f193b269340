/// lose_node: a node is gone with its memory and its disk; who takes its place begins with nothing.
///
/// The process dies as under kill. Where nothing finds out by itself, as a cluster's bus or a
/// membership does, callers are told after `noticed_after` and share the keys among the others: the
/// ring shrinks. When the fault ends another node starts in its place, empty, whatever the old one
/// had saved. A cache's is filled by its misses, or copies its master. A database's replica copies
/// its primary first, page by page over both disks where there is `storage`, and serves no reads
/// until it has. A primary that nobody could take the place of comes back without any row, and has
/// those that are written from then on. In a ring nobody takes over: what the node owns has a
/// replica less, and the hints that it kept are gone. The node that replaces it streams the newest
/// of each row from the other replicas that are up, and has none of the rows that they have not. A
/// topic's broker comes back without a log and fetches what its leaders have; where it was the last
/// in sync it leads, and what the partition had is gone.
///
/// Assumes  the copy of a database without storage is as quick as catching up; its network is never
///          the limit; one that has lost all and is its shard's primary still stays that, if nobody
///          else has become it meanwhile; streaming takes a ring's node no longer than its
///          start_time; who replaces a broker has its number.
/// Source   Amazon ElastiCache TestFailover and node replacement; PostgreSQL 15 pg_basebackup;
///          Apache Cassandra 4.1 replace_address_first_boot, BootStrapper.java; Apache Kafka
///          KIP-966 (the last replica standing); ALGORITHMS 9.3 cache_node_loss.
/// Checked  tests/faults/databases_test.cpp, caches_test.cpp, rings_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class LoseNode final : public FaultAction {
 public:
  LoseNode(Victims choose, World& world, LosesNodes& store, bool silent, Duration noticed_after)
      : choose_(std::move(choose)),
        world_(world),
        store_(store),
        silent_(silent),
        noticed_after_(noticed_after) {}
  ~LoseNode() override { world_.simulation.cancel(notice_); }
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) {
      victim->kill(silent_);
      store_.lose_node(*victim);
    }
    if (store_.must_tell()) {
      if (noticed_after_ == Duration{0})
        notice();
      else
        world_.simulation.schedule_after(notice_, noticed_after_);
    }
    return "lose " + list_of(victims_);
  }
  void end() override {
    world_.simulation.cancel(notice_);
    for (Instance* victim : victims_) {
      if (noticed_) store_.put_on_list(*victim);
      victim->revive(silent_);
    }
  }

 private:
  void notice() {
    noticed_ = true;
    for (Instance* victim : victims_) store_.take_off_list(*victim);
  }

  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  World& world_;
  LosesNodes& store_;
  bool silent_;
  Duration noticed_after_;
  bool noticed_ = false;
  Timer<&LoseNode::notice> notice_{*this};
};

struct LoseNodeFault {
  static constexpr std::string_view kKinds[] = {"cache", "database", "topic"};
  static constexpr std::string_view kTrials[] = {R"({"count": 1})"};

  std::string lose_node;
  FaultTiming timing;
  FaultExtent extent;
  bool silent = false;
  std::optional<Duration> noticed_after;

  static constexpr auto fields() {
    using F = LoseNodeFault;
    return Fields{
        field<&F::lose_node>("The cache, database or topic with replication, or one of its nodes: "
                             "\"redis[2]\".")
            .required(),
        inlined<&F::timing>(), inlined<&F::extent>(),
        field<&F::silent>("Its callers see nothing, as if the host were gone, instead of a "
                          "reset connection."),
        field<&F::noticed_after>("So long until the callers of a cache take the node off their "
                                 "ring; at once unless given.")
            .at_least(Duration{0})};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* store = examine_point<LosesNodes>(component, "lose_node", examination);
    if (store == nullptr) return;
    examine_lack(component, store->lacks_nodes(), "lose_node", examination);
    if (noticed_after && !store->must_tell())
      report_fault(examination, "noticed_after", "lose_node",
                   in_quotes(component.id()) + " finds out by itself which nodes are gone");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<LoseNode>(choose_instances(world, directory, target, extent, strike),
                                      world,
                                      point_of<LosesNodes>(directory.component(target.component)),
                                      silent, noticed_after.value_or(Duration{0}));
  }
};

}  // namespace

FaultKind lose_node() {
  return fault_kind<LoseNodeFault>("lose_node", &LoseNodeFault::lose_node, Aim::members,
                                   "A node is gone with all that it had; the next one is empty.",
                                   "Amazon ElastiCache; pg_basebackup");
}

}  // namespace highwater::faults
