/// latency: messages over an edge take longer, in both directions.
///
/// Source   tc-netem(8) delay; Toxiproxy latency; ALGORITHMS 9.3 net_latency.
/// Checked  tests/models/faults_test.cpp, tests/faults/latency_test.cpp.

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Latency final : public GradualAction {
 public:
  Latency(ChooseEdges choose, Duration add, const Distribution* jitter)
      : choose_(std::move(choose)), add_(add), jitter_(jitter) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    return "latency " + victims_.text;
  }
  void apply(double strength) override {
    for (Edge* edge : victims_.edges) edge->add_latency(add_, jitter_, strength, victims_.scope);
  }
  void withdraw(double strength) override {
    for (Edge* edge : victims_.edges) edge->remove_latency(add_, jitter_, strength, victims_.scope);
  }

  ChooseEdges choose_;
  EdgeVictims victims_;  // once it has begun
  Duration add_;
  const Distribution* jitter_;  // of the plan, which outlives the run
};

struct LatencyFault {
  static constexpr std::string_view kTrials[] = {R"({"add": "100ms"})"};

  std::string latency;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Duration add{0};
  std::optional<Distribution> jitter;

  static constexpr auto fields() {
    return Fields{field<&LatencyFault::latency>(kEdgeTarget).required(),
                  inlined<&LatencyFault::timing>(),
                  inlined<&LatencyFault::callers>(),
                  inlined<&LatencyFault::gradual>(),
                  field<&LatencyFault::add>("Added to every message, one way."),
                  field<&LatencyFault::jitter>("Added besides, drawn for every message.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (add == Duration{0} && !jitter)
      problems.error(where.position(), pointer_to(path, "latency"),
                     "a latency fault adds something: give \"add\", \"jitter\" or both");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Latency>(edge_victims(world, directory, target, callers, strike), add,
                                     jitter ? &*jitter : nullptr);
  }
};

}  // namespace

FaultKind latency() {
  return fault_kind<LatencyFault>("latency", &LatencyFault::latency, Aim::edges,
                                  "Messages over an edge take longer.",
                                  "tc-netem; Toxiproxy latency");
}

}  // namespace highwater::faults
