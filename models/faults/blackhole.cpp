/// blackhole: packets are dropped in both directions, without a word.
///
/// Nothing is refused: to open a connection takes until the caller gives up. What was under way is
/// sent again after the round trip time and 200 ms, 400 ms, …, as with `loss`: a message arrives
/// with the first of these after the end, which comes as late again as the blackhole had lasted for
/// it at worst; not at once as with `partition`. After fifteen times (924.6 s) TCP gives up: a
/// request ends as a reset connection, an answer never comes. Datagrams are lost.
///
/// Source   Simian Army NullRoute, BlockAllNetworkTraffic; Gremlin blackhole; Linux tcp_retries2
///          (Documentation/networking/ip-sysctl.rst); RFC 6298; ALGORITHMS 9.3
///          blackhole_dependency.
/// Checked  tests/faults/blackhole_test.cpp.

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Swallowing final : public EdgeFault {
 public:
  using EdgeFault::EdgeFault;
  Loss loses(const Message&) override { return Loss::lost; }
  bool loses_all() const override { return true; }
};

struct BlackholeFault {
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string blackhole;
  FaultTiming timing;
  CallerExtent callers;

  static constexpr auto fields() {
    return Fields{field<&BlackholeFault::blackhole>(kEdgeTarget).required(),
                  inlined<&BlackholeFault::timing>(), inlined<&BlackholeFault::callers>()};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "blackhole",
                         edge_victims(world, directory, target, callers, strike), strike,
                         [](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           return std::make_unique<Swallowing>(scope, draws);
                         });
  }
};

}  // namespace

FaultKind blackhole() {
  return fault_kind<BlackholeFault>(
      "blackhole", &BlackholeFault::blackhole, Aim::edges,
      "Packets to a component are dropped, and those back: nobody is refused.",
      "Simian Army NullRoute; Gremlin blackhole");
}

}  // namespace highwater::faults
