/// lose_data: a node loses a share of its rows or entries, and nobody is told.
///
/// A cache's entries leave the memory of that node alone: replicas keep theirs, and what is saved
/// comes back with a restart. A row that a database's node has lost is not found there: a read says
/// so (404) and is stale. A write to the row brings it back, on a replica when it is applied. When
/// the fault ends a database's node has been repaired and has all its rows again.
///
/// Assumes  lost rows cost a read no page; a write finds what it needs (an upsert).
/// Source   L. N. Bairavasundaram et al., An Analysis of Data Corruption in the Storage Stack,
///          FAST 2008; ALGORITHMS 9.3 data_loss.
/// Checked  tests/faults/databases_test.cpp, caches_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class LoseData final : public FaultAction {
 public:
  LoseData(Victims choose, LosesData& store, double share, RandomKey salt)
      : choose_(std::move(choose)), store_(store), share_(share), salt_(salt) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) store_.lose_data(*victim, share_, salt_);
    return "lose data of " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) store_.restore_data(*victim, salt_);
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  LosesData& store_;
  double share_;
  RandomKey salt_;
};

struct LoseDataFault {
  static constexpr std::string_view kKinds[] = {"database", "cache"};

  std::string lose_data;
  FaultTiming timing;
  FaultExtent extent;
  Fraction fraction{1};

  static constexpr auto fields() {
    return Fields{
        field<&LoseDataFault::lose_data>("The database or cache, or one of its nodes: \"db[2]\".")
            .required(),
        inlined<&LoseDataFault::timing>(), inlined<&LoseDataFault::extent>(),
        field<&LoseDataFault::fraction>("Share of the rows or entries that is lost, chosen by "
                                        "chance; the same ones on all nodes.")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* store = examine_point<LosesData>(component, "lose_data", examination);
    if (store == nullptr) return;
    examine_lack(component, store->lacks_data(), "lose_data", examination);
    if (timing.lasts && component.kind() == "cache")
      report_fault(examination, "for", "lose_data",
                   "what a cache has lost does not come back when the fault ends");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<LoseData>(choose_instances(world, directory, target, extent, strike),
                                      point_of<LosesData>(directory.component(target.component)),
                                      fraction.value, salt_of(world, "lose_data", strike));
  }
};

}  // namespace

FaultKind lose_data() {
  return fault_kind<LoseDataFault>("lose_data", &LoseDataFault::lose_data, Aim::members,
                                   "A node forgets a share of its rows or entries.",
                                   "Bairavasundaram et al., FAST 2008");
}

}  // namespace highwater::faults
