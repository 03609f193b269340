/// zone_outage: everything in a zone is gone from one moment to the next.
///
/// Every process and machine there dies silently: what is sent there vanishes, what was under way
/// between it and the rest is lost. Nothing starts there until it is over, and clusters get no
/// nodes in it. Then all of it starts, for its start-up time. A region is a list of zones. A grey
/// outage takes a part of what is there, and the rest goes on.
///
/// Assumes  power and network of a zone fail as one; what stands outside every zone (clients,
///          somebody else's API) is not in it.
/// Source   Netflix Chaos Gorilla and Chaos Kong; AWS FIS "AZ availability: power interruption";
///          ALGORITHMS 9.3 zone_outage.
/// Checked  tests/faults/zone_outage_test.cpp

#include <algorithm>

#include "engine/describe/nearest.h"
#include "models/cluster/cluster.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class ZoneOutage final : public FaultAction {
 public:
  ZoneOutage(World& world, Directory& directory, const Strike& strike, std::vector<Zone> zones,
             double share, std::string text)
      : world_(world),
        directory_(directory),
        strike_(strike),
        zones_(std::move(zones)),
        share_(share),
        text_(std::move(text)) {}

  std::string begin() override {
    RandomStream random = world_.stream("faults", "zone_outage " + strike_.key());
    for (Component* component : directory_.components()) {
      // Before its machines die, so that it orders no others there.
      if (component->kind() == "cluster" && share_ == 1)
        for (const Zone zone : zones_) cluster::cluster_of(*component).deny({{}, zone});
      for (const auto& instance : component->instances()) {
        if (std::find(zones_.begin(), zones_.end(), instance->zone()) == zones_.end()) continue;
        // In all of a zone there is no place for another, either.
        if (share_ == 1 || (random.uniform() < share_ && !instance->absent()))
          victims_.push_back(instance.get());
      }
    }
    for (Instance* victim : victims_) victim->kill(true);
    return text_;
  }
  void end() override {
    for (Instance* victim : victims_) victim->revive(true);
    if (share_ < 1) return;
    for (Component* component : directory_.components())
      if (component->kind() == "cluster")
        for (const Zone zone : zones_) cluster::cluster_of(*component).allow({{}, zone});
  }

 private:
  World& world_;
  Directory& directory_;
  Strike strike_;
  std::vector<Zone> zones_;
  double share_;
  std::string text_;
  std::vector<Instance*> victims_;  // once it has begun
};

struct ZoneOutageFault {
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string zone_outage;
  FaultTiming timing;
  std::vector<std::string> also;
  Fraction share{1};

  static constexpr auto fields() {
    using F = ZoneOutageFault;
    return Fields{field<&F::zone_outage>("The zone.").required(), inlined<&F::timing>(),
                  field<&F::also>("Zones that fail with it, as those of a region do."),
                  field<&F::share>("The part of what is there that fails, each process by itself; "
                                   "of the rest, and of what is ordered, nothing is amiss.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (share.value == 0)
      problems.error(where.position(), pointer_to(path, "share"), "an outage of nothing");
    for (std::size_t i = 0; i < also.size(); ++i)
      if (also[i] == zone_outage ||
          std::find(also.begin(), also.begin() + static_cast<std::ptrdiff_t>(i), also[i]) !=
              also.begin() + static_cast<std::ptrdiff_t>(i))
        problems.error(where.position(), pointer_to(pointer_to(path, "also"), i),
                       in_quotes(also[i]) + " is named already");
  }
  void examine(World& world, Directory&, const Examination& examination) const {
    const auto known = [&](const std::string& zone, const Value& where, const std::string& path) {
      if (!zone_called(world.network, zone))
        examination.problems.error(where.position(), path, in_quotes(zone) + " is no zone");
    };
    known(zone_outage, *examination.where.find("zone_outage"),
          pointer_to(examination.path, "zone_outage"));
    const Value* const others = examination.where.find("also");
    for (std::size_t i = 0; i < also.size(); ++i)
      known(also[i], *others, pointer_to(pointer_to(examination.path, "also"), i));
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    std::vector<Zone> zones = {world.network.zone(target.component)};
    std::string text = "zone_outage " + target.component;
    for (const std::string& zone : also) {
      zones.push_back(world.network.zone(zone));
      text += ", " + zone;
    }
    return std::make_unique<ZoneOutage>(world, directory, strike, std::move(zones), share.value,
                                        std::move(text));
  }
};

}  // namespace

FaultKind zone_outage() {
  return fault_kind<ZoneOutageFault>("zone_outage", &ZoneOutageFault::zone_outage, Aim::zone,
                                     "Everything in a zone, or in a region's zones, is gone.",
                                     "Netflix Chaos Gorilla, Chaos Kong; AWS FIS AZ power "
                                     "interruption");
}

}  // namespace highwater::faults
