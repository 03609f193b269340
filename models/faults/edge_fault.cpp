#include "models/faults/edge_fault.h"

namespace highwater::faults {
namespace {

class DisturbEdges final : public GradualAction {
 public:
  DisturbEdges(World& world, std::string verb, ChooseEdges choose, const Strike& strike,
               MakeEdgeFault make)
      : world_(world),
        verb_(std::move(verb)),
        choose_(std::move(choose)),
        strike_(strike),
        make_(std::move(make)) {}

 private:
  std::string aim() override {
    const EdgeVictims victims = choose_();
    for (Edge* edge : victims.edges) {
      const std::string name = edge->from().id() + " -> " + edge->to().id() +
                               (edge->asynchronous() ? " asynchronous" : "");
      const std::string purpose = verb_ + " fault " + strike_.key();
      hit_.push_back({edge, make_(*edge, victims.scope,
                                  {world_.key(name, purpose), world_.stream(name, purpose)})});
    }
    return verb_ + " " + victims.text;
  }
  void apply(double strength) override {
    for (const Hit& each : hit_) {
      each.fault->set_strength(strength);
      each.edge->add(*each.fault);
    }
  }
  void withdraw(double) override {
    for (const Hit& each : hit_) each.edge->remove(*each.fault);
  }

  struct Hit {
    Edge* edge;
    std::unique_ptr<EdgeFault> fault;
  };
  World& world_;
  std::string verb_;
  ChooseEdges choose_;
  Strike strike_;
  MakeEdgeFault make_;
  std::vector<Hit> hit_;  // once it has begun
};

}  // namespace

ChooseEdges edge_victims(World& world, Directory& directory, const Target& target,
                         const CallerExtent& callers, const Strike& strike) {
  return [&world, &directory, target, callers, strike] {
    EdgeVictims victims{choose_edges(directory, target),
                        scope_of(world, directory, target, callers, strike), target.text()};
    if (!callers.count && !callers.percent) return victims;
    std::vector<Instance*> chosen;
    for (Component* component : directory.components())
      for (const auto& instance : component->instances())
        for (const Instance* one : *victims.scope.callers)
          if (one == instance.get()) chosen.push_back(instance.get());
    victims.text += " of " + list_of(chosen);
    return victims;
  };
}

std::unique_ptr<FaultAction> disturb_edges(World& world, std::string verb, ChooseEdges choose,
                                           const Strike& strike, MakeEdgeFault make) {
  return std::make_unique<DisturbEdges>(world, std::move(verb), std::move(choose), strike,
                                        std::move(make));
}

}  // namespace highwater::faults
