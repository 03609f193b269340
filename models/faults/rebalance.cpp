/// rebalance: members of a consumer group leave and join it again, over and over.
///
/// What flapping members, short timeouts or a crash loop do to a group: each time those that are
/// hit close their consumers in good order and are there again at once. Under the eager assignors
/// everybody gives up everything each time; under cooperative_sticky only what moves stands still;
/// static members come back to their old places without a rebalance.
///
/// Assumes  members join again at once; one that is dead at the time does nothing.
/// Source   KIP-345 (what rebalances cost, static members), KIP-429 (cooperative rebalancing);
///          ALGORITHMS 9.3 rebalance storm.
/// Checked  tests/faults/rebalance_test.cpp

#include "engine/kernel/simulation.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"
#include "models/messaging/pollers.h"

namespace highwater::faults {
namespace {

messaging::Members& members(Directory& directory, const Target& target) {
  return dynamic_cast<messaging::Members&>(directory.component(target.component));
}

class Rebalance final : public FaultAction {
 public:
  Rebalance(World& world, messaging::Members& members, Victims choose, Duration every)
      : simulation_(world.simulation),
        members_(members),
        choose_(std::move(choose)),
        every_(every),
        next_(*this) {}
  ~Rebalance() override { simulation_.cancel(next_); }
  std::string begin() override {
    victims_ = choose_();
    shake();
    return "rebalance " + list_of(victims_);
  }
  void end() override { simulation_.cancel(next_); }

 private:
  void shake() {
    for (Instance* victim : victims_) members_.rejoin(*victim);
    simulation_.schedule_after(next_, every_);
  }

  Simulation& simulation_;
  messaging::Members& members_;
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  Duration every_;
  Timer<&Rebalance::shake> next_;
};

struct RebalanceFault {
  static constexpr std::string_view kKinds[] = {"consumer_group"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string rebalance;
  FaultTiming timing;
  FaultExtent extent;
  Duration every = 10s;

  static constexpr auto fields() {
    using F = RebalanceFault;
    return Fields{
        field<&F::rebalance>("The consumer group, or one member: \"mailer[2]\".").required(),
        inlined<&F::timing>(), inlined<&F::extent>(),
        field<&F::every>("So often do they leave and join again, at once first.")
            .at_least(Duration{1ms})};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    if (members(directory, target).has_protocol()) return;
    examination.problems.error(
        examination.where.find("rebalance")->position(), pointer_to(examination.path, "rebalance"),
        in_quotes(target.component) + " has no assignor: its partitions are shared out in no time");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Rebalance>(world, members(directory, target),
                                       choose_instances(world, directory, target, extent, strike),
                                       every);
  }
};

}  // namespace

FaultKind rebalance() {
  return fault_kind<RebalanceFault>("rebalance", &RebalanceFault::rebalance, Aim::members,
                                    "Members leave a consumer group and join again, over and over.",
                                    "KIP-345; KIP-429");
}

}  // namespace highwater::faults
