/// reset: connections over an edge are reset, some time after something is sent over them.
///
/// A share of the connections is hit: where calls have a transport, each of them with all that is
/// sent over it; otherwise each call as if it had one of its own. What a hit connection is to carry
/// in that direction is swallowed, and the caller sees a reset connection when the timeout has
/// passed after the first of it. Downstream that is the answer: what was asked for is done, and the
/// caller does not know.
///
/// Assumes  what was sent over a connection of a transport before the fault began is answered.
/// Source   Toxiproxy toxics/reset_peer.go, toxics/toxic.go (toxicity, stream); ALGORITHMS 9.3
///          conn_reset.
/// Checked  tests/faults/reset_test.cpp.

#include "models/faults/connection_stream.h"
#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Resetting final : public EdgeFault {
 public:
  Resetting(FaultScope scope, Draws draws, double toxicity, Duration timeout, Stream stream)
      : EdgeFault(std::move(scope), draws),
        toxicity_(toxicity),
        timeout_(timeout),
        direction_(direction_of(stream)) {}

  std::optional<Duration> resets(const Message& message) override {
    if (message.direction != direction_ || draw(message) >= toxicity_ * strength())
      return std::nullopt;
    return timeout_;
  }

 private:
  double toxicity_;
  Duration timeout_;
  Direction direction_;
};

struct ResetFault {
  static constexpr std::string_view kTrials[] = {R"({"toxicity": "20%"})"};

  std::string reset;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Duration timeout{0};
  Fraction toxicity{1};
  Stream stream = Stream::downstream;

  static constexpr auto fields() {
    using F = ResetFault;
    return Fields{
        field<&F::reset>(kEdgeTarget).required(),
        inlined<&F::timing>(),
        inlined<&F::callers>(),
        inlined<&F::gradual>(),
        field<&F::timeout>("From what is swallowed to the reset.").at_least(Duration{0}),
        field<&F::toxicity>("Such a share of the connections is hit.").source("Toxiproxy toxicity"),
        field<&F::stream>("Which way what is swallowed goes.").source("Toxiproxy stream")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "reset", edge_victims(world, directory, target, callers, strike),
                         strike, [*this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           return std::make_unique<Resetting>(scope, draws, toxicity.value, timeout,
                                                              stream);
                         });
  }
};

}  // namespace

FaultKind reset() {
  return fault_kind<ResetFault>("reset", &ResetFault::reset, Aim::edges,
                                "Connections over an edge are reset.", "Toxiproxy reset_peer");
}

}  // namespace highwater::faults
