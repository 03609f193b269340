#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"
#include "models/faults/fault_kind.h"
#include "models/faults/netem.h"

namespace highwater::faults {

/// What the target of a verb for edges may be.
inline constexpr const char* kEdgeTarget =
    "The edge \"api -> users-db\", or one between instances (\"api[1] -> users-db\", \"api -> "
    "users-db[0]\"), or all ways between two zones (\"a -> b\"), or a component for all edges into "
    "it.";

/// What one strike hits: found out when it begins.
struct EdgeVictims {
  std::vector<Edge*> edges;
  FaultScope scope;
  std::string text;  ///< "api -> db", and whose it is where callers are chosen.
};
using ChooseEdges = std::function<EdgeVictims()>;
ChooseEdges edge_victims(World& world, Directory& directory, const Target& target,
                         const CallerExtent& callers, const Strike& strike);

/// A disturbance of one edge, in the strength that a GradualAction has.
class EdgeFault : public Disturbance {
 public:
  /// Where its draws come from: those that belong to requests, and the others.
  struct Draws {
    RandomKey key;
    RandomStream stream;
  };
  EdgeFault(FaultScope scope, Draws draws)
      : Disturbance(std::move(scope)), key_(draws.key), stream_(draws.stream) {}
  void set_strength(double strength) { strength_ = strength; }
  /// From now on draws are correlated as netem's are, unless by nothing.
  void correlate(Fraction correlation) {
    if (correlation.value > 0) correlated_.emplace(correlation.value);
  }

 protected:
  double strength() const { return strength_; }
  /// Uniform, one for each time that a message is sent.
  double draw(const Message& message) {
    if (correlated_) return correlated_->next(interface_of(message), stream_);
    if (message.request == 0 && message.name == 0) return stream_.uniform();
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
    RequestRandom random(key_, message.request,
                         message.name + kOdd * static_cast<std::uint64_t>(message.tries));
    return random.uniform();
  }
  RandomStream& stream() { return stream_; }
  RandomKey key() const { return key_; }
  /// Who puts a message on the network; null where that is not known.
  static const Instance* sender(const Message& message) {
    return message.direction == Direction::request ? message.ends.caller : message.ends.callee;
  }

 private:
  RandomKey key_;
  RandomStream stream_;
  std::optional<Correlated> correlated_;
  double strength_ = 1;
};

/// The field of a verb whose draws may be correlated.
template <auto kMember>
constexpr auto correlation_field() {
  return field<kMember>(
             "How much each draw keeps of the one before, of the same sender: x = correlation * "
             "last + (1 - correlation) * u, as netem has it. Such draws crowd around 1/2, so that "
             "fewer messages are hit than a small rate says: 0.6 % of them at 7 % with a "
             "correlation of 25 %.")
      .at_most(Fraction{0.999})
      .source("tc-netem; Linux net/sched/sch_netem.c get_crandom");
}

/// The action of a verb that disturbs edges, each with a disturbance of its own.
/// @param make  Of one edge.
using MakeEdgeFault =
    std::function<std::unique_ptr<EdgeFault>(Edge&, const FaultScope&, EdgeFault::Draws)>;
std::unique_ptr<FaultAction> disturb_edges(World& world, std::string verb, ChooseEdges choose,
                                           const Strike& strike, MakeEdgeFault make);

}  // namespace highwater::faults
