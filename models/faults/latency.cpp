/// latency: messages over an edge take longer, in both directions.
///
/// Source   tc-netem(8) delay; Toxiproxy latency; ALGORITHMS 9.3 net_latency.
/// Checked  tests/models/faults_test.cpp.

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Latency final : public FaultAction {
 public:
  Latency(std::vector<Edge*> edges, std::string name, Duration add, const Distribution* jitter)
      : edges_(std::move(edges)), name_(std::move(name)), add_(add), jitter_(jitter) {}
  std::string begin() override {
    for (Edge* edge : edges_) edge->add_latency(add_, jitter_);
    return "latency " + name_;
  }
  void end() override {
    for (Edge* edge : edges_) edge->remove_latency(add_, jitter_);
  }

 private:
  std::vector<Edge*> edges_;
  std::string name_;
  Duration add_;
  const Distribution* jitter_;  // of the plan, which outlives the run
};

struct LatencyFault {
  static constexpr std::string_view kTrials[] = {R"({"add": "100ms"})"};

  std::string latency;
  FaultTiming timing;
  Duration add{0};
  std::optional<Distribution> jitter;

  static constexpr auto fields() {
    return Fields{
        field<&LatencyFault::latency>("The edge \"api -> users-db\", or a component for all edges "
                                      "into it.")
            .required(),
        inlined<&LatencyFault::timing>(),
        field<&LatencyFault::add>("Added to every message, one way."),
        field<&LatencyFault::jitter>("Added besides, drawn for every message.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (add == Duration{0} && !jitter)
      problems.error(where.position(), pointer_to(path, "latency"),
                     "a latency fault adds something: give \"add\", \"jitter\" or both");
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&) const {
    return std::make_unique<Latency>(choose_edges(directory, target), target.text(), add,
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
