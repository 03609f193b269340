/// lose_data: a node loses data, and nobody is told: a share of its rows or entries, what it had
/// not made safe when its host lost power, or, by wrong checksums, the use of a share.
///
/// `rows`: a cache's entries leave the memory of that node alone: replicas keep theirs, and what is
/// saved comes back with a restart. A row that a database's node has lost is not found there: a
/// read says so (404) and is stale. A write to the row brings it back, on a replica when it is
/// applied. A ring's replica answers that it has nothing: a read that asks another one too repairs
/// it. When the fault ends a database's node has been repaired and has all its rows again.
///
/// `unsynced`: the host loses power. The process dies as under kill, and starts when the fault
/// ends, at once without `for`. What it had answered and not made safe is lost for good: commits
/// without synchronous_commit that the log writer had not written (reads of those rows are stale
/// until they are written again), the writes since the last sync of a ring's commit log, a cache's
/// changes since the last flush of its file or its last snapshot. What had been made safe and not
/// been shipped is what kill_leader loses.
///
/// `corrupt`: a read that needs what is spoilt fails with an error, and so does a change where it
/// has to read first. A page of a database is well while it is in memory, and again once it has
/// been written anew, as a row of a ring is; a row of a database without storage is not before the
/// fault ends. A ring's coordinator asks no other replica in its place, and disk_failure_policy
/// says whether the node stays. All is repaired when the fault ends.
///
/// Assumes  lost rows cost a read no page; a write finds what it needs (an upsert). Of a database
///          the primary alone loses what is not safe: a replica that had been sent it keeps it, as
///          MySQL's does with sync_binlog 0, and one that loses its own is sent it again.
/// Source   L. N. Bairavasundaram et al., An Analysis of Data Corruption in the Storage Stack,
///          FAST 2008; PostgreSQL 15 data_checksums, 30.4 Asynchronous Commit; Apache Cassandra 4.1
///          DefaultFSErrorHandler.java, PeriodicCommitLogService.java; Redis persistence;
///          ALGORITHMS 9.3 data_loss.
/// Checked  tests/faults/databases_test.cpp, caches_test.cpp, rings_test.cpp

#include "engine/describe/said.h"
#include "engine/describe/words.h"
#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

enum class Lost : std::uint8_t { rows, unsynced, corrupt };
constexpr auto words_of(Lost) {
  return std::array{
      Word{Lost::rows, "rows", "A share of the rows or entries is not there any more."},
      Word{Lost::unsynced, "unsynced",
           "The host loses power: what had been answered and not been made safe is gone."},
      Word{Lost::corrupt, "corrupt", "Checksums of a share are wrong: to read it fails."}};
}

class LoseData final : public FaultAction {
 public:
  LoseData(Victims choose, LosesData& store, Lost what, double share, RandomKey salt)
      : choose_(std::move(choose)), store_(store), what_(what), share_(share), salt_(salt) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) {
      if (what_ == Lost::corrupt)
        store_.corrupt_data(*victim, share_, salt_);
      else
        store_.lose_data(*victim, share_, salt_);
    }
    return (what_ == Lost::corrupt ? "corrupt data of " : "lose data of ") + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) store_.restore_data(*victim, salt_);
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  LosesData& store_;
  Lost what_;
  double share_;
  RandomKey salt_;
};

class PowerLoss final : public FaultAction {
 public:
  PowerLoss(Victims choose, LosesData& store, bool lasts)
      : choose_(std::move(choose)), store_(store), lasts_(lasts) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) {
      store_.lose_unsynced(*victim);
      victim->kill(false);
    }
    if (!lasts_) restart();
    return "power loss of " + list_of(victims_);
  }
  void end() override {
    if (lasts_) restart();
  }

 private:
  void restart() {
    for (Instance* victim : victims_) victim->revive(false);
  }

  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  LosesData& store_;
  bool lasts_;
};

struct LoseDataFault {
  static constexpr std::string_view kKinds[] = {"database", "cache"};
  static constexpr std::string_view kTrials[] = {R"({"fraction": "10%"})",
                                                 R"({"fraction": "10%", "what": "corrupt"})"};

  std::string lose_data;
  FaultTiming timing;
  FaultExtent extent;
  Lost what = Lost::rows;
  Fraction fraction{1};

  static constexpr auto fields() {
    return Fields{
        field<&LoseDataFault::lose_data>("The database or cache, or one of its nodes: \"db[2]\".")
            .required(),
        inlined<&LoseDataFault::timing>(), inlined<&LoseDataFault::extent>(),
        field<&LoseDataFault::what>("What is lost."),
        field<&LoseDataFault::fraction>("Share of the rows, pages or entries that is hit, chosen "
                                        "by chance; the same ones on all nodes.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (what != Lost::unsynced) return;
    if (const Value* given = said<LoseDataFault>(where, "fraction"))
      problems.error(given->position(), pointer_to(path, "fraction"),
                     "means nothing to \"unsynced\": all that is not safe is gone");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* store = examine_point<LosesData>(component, "lose_data", examination);
    if (store == nullptr) return;
    const std::string lack = what == Lost::unsynced  ? store->lacks_unsynced()
                             : what == Lost::corrupt ? store->lacks_checksums()
                                                     : "";
    if (!lack.empty())
      report_fault(examination, "what", "lose_data", in_quotes(component.id()) + " " + lack);
    if (timing.lasts && what == Lost::rows && component.kind() == "cache")
      report_fault(examination, "for", "lose_data",
                   "what a cache has lost does not come back when the fault ends");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    auto& store = point_of<LosesData>(directory.component(target.component));
    Victims victims = choose_instances(world, directory, target, extent, strike);
    if (what == Lost::unsynced)
      return std::make_unique<PowerLoss>(std::move(victims), store, timing.lasts.has_value());
    return std::make_unique<LoseData>(std::move(victims), store, what, fraction.value,
                                      salt_of(world, "lose_data", strike));
  }
};

}  // namespace

FaultKind lose_data() {
  return fault_kind<LoseDataFault>("lose_data", &LoseDataFault::lose_data, Aim::members,
                                   "A node forgets, or cannot read, a part of its data.",
                                   "Bairavasundaram et al., FAST 2008");
}

}  // namespace highwater::faults
