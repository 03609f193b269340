/// half_open: the other ends of connections over an edge are gone, and nobody has said so.
///
/// It hits the connections that are open when it strikes, at once and for good: the callee, or
/// something on the way (a firewall or a balancer that has lost its table), has forgotten them, and
/// drops what comes over them. New ones work. What is sent over a forgotten one is sent again and
/// again, until the caller's TCP gives up or, before that, the call's timeout passes. With HTTP/1.1
/// and in pools a timeout closes the connection, and each costs one request; with HTTP/2 it ends
/// the stream alone, and all requests on the connection fail until TCP gives up. Pings of a pool
/// find it out before anything is sent. Idle connections are closed unnoticed.
///
/// Assumes  answers that are on their way are lost, too, and missed by then; the callee has its
///          place for another connection at once.
/// Source   Linux tcp_retries2 (Documentation/networking/ip-sysctl.rst), RFC 1122 4.2.3.5 and
///          4.2.3.6, RFC 5482 (TCP_USER_TIMEOUT); golang/go issue 36026; ALGORITHMS 9.3 half_open.
/// Checked  tests/faults/connections_test.cpp.

#include <algorithm>

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"
#include "models/weak_points.h"

namespace highwater::faults {
namespace {

class Forgetting final : public FaultAction {
 public:
  Forgetting(ChooseEdges choose, RandomKey key, double toxicity, Duration timeout)
      : choose_(std::move(choose)), key_(key), toxicity_(toxicity), timeout_(timeout) {}
  std::string begin() override {
    const EdgeVictims victims = choose_();
    std::uint64_t hit = 0;
    for (Edge* edge : victims.edges) {
      const auto draw = [&](const Disturbance::Message& message) {
        RequestRandom random(key_, message.request, message.name);
        const bool is_hit = random.uniform() < toxicity_;
        hit += is_hit;
        return is_hit;
      };
      for (Connected* each : edge->connected()) each->forget_peers(victims.scope, draw, timeout_);
    }
    return "half_open " + victims.text + ": " + std::to_string(hit) + " connections";
  }
  void end() override {}  // what is forgotten does not come back

 private:
  ChooseEdges choose_;
  RandomKey key_;
  double toxicity_;
  Duration timeout_;
};

struct HalfOpenFault {
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string half_open;
  FaultTiming timing;
  CallerExtent callers;
  Duration timeout{924'600ms};
  Fraction toxicity{1};

  static constexpr auto fields() {
    using F = HalfOpenFault;
    return Fields{
        field<&F::half_open>(kEdgeTarget).required(), inlined<&F::timing>(), inlined<&F::callers>(),
        field<&F::timeout>("How long after the first message that is lost the caller gives a "
                           "connection up: TCP after fifteen retransmissions, TCP_USER_TIMEOUT, or "
                           "pings over the connection (HTTP/2 PING, gRPC keepalive).")
            .at_least(Duration{1})
            .source("Linux tcp_retries2 15: 924.6 s"),
        field<&F::toxicity>("Such a share of the open connections is hit.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (timing.lasts)
      problems.error(where.find("for")->position(), pointer_to(path, "for"),
                     "connections are forgotten at once, and for good");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::vector<Edge*> edges = choose_edges(directory, target);
    const bool any = std::any_of(edges.begin(), edges.end(), [](const Edge* edge) {
      auto* const caller = dynamic_cast<HasPools*>(&edge->from());
      return edge->knows_sizes() || (caller != nullptr && !caller->pools_to(edge->to()).empty());
    });
    if (!edges.empty() && !any)
      report_at(examination, "half_open",
                "no call over " + in_quotes(target.text()) +
                    " keeps connections: give it a \"transport\" or a \"pool\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Forgetting>(edge_victims(world, directory, target, callers, strike),
                                        world.key("faults", "half_open " + strike.key()),
                                        toxicity.value, timeout);
  }
};

}  // namespace

FaultKind half_open() {
  return fault_kind<HalfOpenFault>("half_open", &HalfOpenFault::half_open, Aim::edges,
                                   "The other ends of connections are gone without a word.",
                                   "Linux tcp_retries2; golang/go issue 36026");
}

}  // namespace highwater::faults
