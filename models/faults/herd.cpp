/// herd: what was spread over time happens at the same instants.
///
/// At a cache all entries that expire do so when it strikes, as after a job that filled it at one
/// time with one ttl. What is stored while it lasts ends at the next whole ttl from then on, all
/// together again, without jitter. At a client what would be sent waits for the next whole `every`
/// from then on, as jobs of cron do; users who have thought wait likewise.
///
/// Assumes  entries without an end stay; a use that lengthens an entry's life (sliding) counts from
///          that use as ever.
/// Source   R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (thundering herds); A.
///          Vattani et al., Optimal Probabilistic Cache Stampede Prevention, VLDB 2015; cron(8);
///          ALGORITHMS 9.3 thundering_herd.
/// Checked  tests/faults/caches_test.cpp, clients_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class Herd final : public FaultAction {
 public:
  Herd(Victims choose, World& world, CanHerd& component, Duration every)
      : choose_(std::move(choose)), world_(world), component_(component), every_(every) {}
  std::string begin() override {
    since_ = world_.now();
    victims_ = choose_();
    for (Instance* victim : victims_) component_.gather(*victim, since_, every_);
    return "herd " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) component_.scatter(*victim, since_, every_);
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  World& world_;
  CanHerd& component_;
  Duration every_;
  Time since_{};
};

struct HerdFault {
  static constexpr std::string_view kKinds[] = {"cache", "client"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string herd;
  FaultTiming timing;
  FaultExtent extent;
  std::optional<Duration> every;

  static constexpr auto fields() {
    using F = HerdFault;
    return Fields{
        field<&F::herd>("A cache whose entries expire, or one of its nodes: \"redis[2]\"; or a "
                        "client.")
            .required(),
        inlined<&F::timing>(), inlined<&F::extent>(),
        field<&F::every>("Of a client: requests are sent at instants so far apart; 1m unless "
                         "given.")
            .at_least(Duration{1'000'000})
            .at_most(24h)};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* herds = examine_point<CanHerd>(component, "herd", examination);
    if (herds == nullptr) return;
    examine_lack(component, herds->lacks_herd(), "herd", examination);
    if (every && !herds->herds_every())
      report_fault(examination, "every", "herd",
                   "is for clients: what a cache stores ends after its own ttl");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Herd>(choose_instances(world, directory, target, extent, strike), world,
                                  point_of<CanHerd>(directory.component(target.component)),
                                  every.value_or(1min));
  }
};

}  // namespace

FaultKind herd() {
  return fault_kind<HerdFault>("herd", &HerdFault::herd, Aim::members,
                               "Expiries, or users, are synchronised.",
                               "Nishtala et al., NSDI 2013");
}

}  // namespace highwater::faults
