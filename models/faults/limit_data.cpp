/// limit_data: connections over an edge are closed when so many bytes have gone over them.
///
/// The bytes count from the beginning of the fault, of each connection and in one direction. The
/// message that reaches the limit exactly arrives, and is the last; one that goes beyond it is cut
/// off, and the caller sees a connection that was closed under it: a reset. Downstream that is the
/// answer, and what was asked for is done.
///
/// Assumes  other requests of a connection with HTTP/2 hear of its end when their next message goes
///          over it.
/// Source   Toxiproxy toxics/limit_data.go, toxics/toxic.go (toxicity, stream); ALGORITHMS 9.3
///          conn_reset.
/// Checked  tests/faults/connections_test.cpp.

#include <algorithm>
#include <map>
#include <utility>

#include "models/faults/connection_stream.h"
#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Limiting final : public EdgeFault {
 public:
  Limiting(FaultScope scope, Draws draws, std::uint64_t limit, double toxicity, Stream stream)
      : EdgeFault(std::move(scope), draws),
        limit_(limit),
        toxicity_(toxicity),
        direction_(direction_of(stream)) {}

  Cut cuts_off(const Message& message, std::uint64_t bytes) override {
    if (message.direction != direction_ || draw(message) >= toxicity_ * strength())
      return Cut::none;
    std::uint64_t& carried = carried_[{message.name, message.request}];
    carried += bytes;
    if (carried < limit_) return Cut::none;
    return carried == limit_ ? Cut::after : Cut::within;
  }
  void closed(const Message& message) override { carried_.erase({message.name, message.request}); }

 private:
  std::uint64_t limit_;
  double toxicity_;
  Direction direction_;
  // By the pair of processes and the number of their connection; only ever looked up.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> carried_;
};

struct LimitDataFault {
  static constexpr std::string_view kTrials[] = {R"({"bytes": "1KiB"})"};

  std::string limit_data;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Bytes bytes{};
  Fraction toxicity{1};
  Stream stream = Stream::downstream;

  static constexpr auto fields() {
    using F = LimitDataFault;
    return Fields{
        field<&F::limit_data>(kEdgeTarget).required(),
        inlined<&F::timing>(),
        inlined<&F::callers>(),
        inlined<&F::gradual>(),
        field<&F::bytes>("So many go over a connection.")
            .required()
            .at_least(Bytes{1})
            .source("Toxiproxy bytes"),
        field<&F::toxicity>("Such a share of the connections is hit.").source("Toxiproxy toxicity"),
        field<&F::stream>("Which way what counts goes.").source("Toxiproxy stream")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::vector<Edge*> edges = choose_edges(directory, target);
    const bool any = std::any_of(edges.begin(), edges.end(),
                                 [](const Edge* edge) { return edge->states_sizes(); });
    if (!edges.empty() && !any)
      report_at(examination, "limit_data",
                "no call over " + in_quotes(target.text()) +
                    " says how large its messages are: give its \"transport\" a \"request_size\" "
                    "or a \"response_size\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(
        world, "limit_data", edge_victims(world, directory, target, callers, strike), strike,
        [*this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
          return std::make_unique<Limiting>(scope, draws, bytes.count, toxicity.value, stream);
        });
  }
};

}  // namespace

FaultKind limit_data() {
  return fault_kind<LimitDataFault>("limit_data", &LimitDataFault::limit_data, Aim::edges,
                                    "Connections are closed after so many bytes.",
                                    "Toxiproxy limit_data");
}

}  // namespace highwater::faults
