/// slow_close: the callee hears late that connections over an edge are closed.
///
/// The caller is rid of a connection at once, as ever; the callee's end of it stays open for so
/// much longer, and keeps the place of another: where the callee has a limit on its connections
/// (`accept`), new ones wait in the backlog, or are dropped or refused. It matters most where
/// connections are short-lived, or requests run into timeouts, since HTTP/1.1 closes what carried
/// them.
///
/// Assumes  callers that die are heard of at once: their machine's kernel says so.
/// Source   Toxiproxy toxics/slow_close.go; ALGORITHMS 9.3 slow_close.
/// Checked  tests/faults/connections_test.cpp.

#include <algorithm>

#include "models/calls/listener.h"
#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class ClosingLate final : public EdgeFault {
 public:
  ClosingLate(FaultScope scope, Draws draws, Duration delay, double toxicity)
      : EdgeFault(std::move(scope), draws), delay_(delay), toxicity_(toxicity) {}
  Duration closes_late(const Message& message) override {
    return draw(message) < toxicity_ * strength() ? delay_ : Duration{0};
  }

 private:
  Duration delay_;
  double toxicity_;
};

struct SlowCloseFault {
  static constexpr std::string_view kTrials[] = {R"({"by": "10s"})"};

  std::string slow_close;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Duration by = 1s;
  Fraction toxicity{1};

  static constexpr auto fields() {
    using F = SlowCloseFault;
    return Fields{field<&F::slow_close>(kEdgeTarget).required(),
                  inlined<&F::timing>(),
                  inlined<&F::callers>(),
                  inlined<&F::gradual>(),
                  field<&F::by>("So much later.").at_least(Duration{1}).source("Toxiproxy delay"),
                  field<&F::toxicity>("Such a share of the connections is hit.")
                      .source("Toxiproxy toxicity")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::vector<Edge*> edges = choose_edges(directory, target);
    const bool any = std::any_of(edges.begin(), edges.end(), [](const Edge* edge) {
      Listener* const listener = edge->to().instances().front()->listener();
      return edge->knows_sizes() && listener != nullptr && listener->limits_connections();
    });
    if (!edges.empty() && !any)
      report_at(examination, "slow_close",
                "nothing over " + in_quotes(target.text()) +
                    " would be different: it matters where a call has a \"transport\", and its "
                    "callee \"accept\" with \"max_connections\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "slow_close",
                         edge_victims(world, directory, target, callers, strike), strike,
                         [*this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           return std::make_unique<ClosingLate>(scope, draws, by, toxicity.value);
                         });
  }
};

}  // namespace

FaultKind slow_close() {
  return fault_kind<SlowCloseFault>("slow_close", &SlowCloseFault::slow_close, Aim::edges,
                                    "The callee hears late that connections are closed.",
                                    "Toxiproxy slow_close");
}

}  // namespace highwater::faults
