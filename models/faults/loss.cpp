/// loss: a share of the messages over an edge is lost on the way, in either direction.
///
/// TCP sends a lost message again when it has waited for the round trip time and 200 ms, then for
/// twice as long each time; no caller sees an error, unless its timeout passes first. Where calls
/// have a transport, what is sent after it on the same connection waits for it, and lost SYNs are
/// sent again after 1, 2, 4, … s. After fifteen times TCP gives up: a request ends as a reset
/// connection, an answer never comes. Datagrams, as of SWIM, are lost for good.
///
/// With a burst the losses of each sending process come in a row: a chain goes from good to bad and
/// back, a step for each message, and loses what it meets in the bad state. With a correlation each
/// draw keeps a part of the one before.
///
/// Assumes  a message is lost as a whole and at its end: no fast retransmission; calls without a
///          transport or a pool have a connection open.
/// Source   tc-netem(8) loss random, loss gemodel with 1-h = 100 % and 1-k = 0 (net/sched/
///          sch_netem.c, loss_gilb_ell); Gilbert, Capacity of a burst-noise channel, 1960; RFC
///          6298; ALGORITHMS 9.3 net_loss.
/// Checked  tests/faults/loss_test.cpp, tests/faults/netem_test.cpp.

#include <map>

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Lossy final : public EdgeFault {
 public:
  Lossy(FaultScope scope, Draws draws, double rate, std::optional<double> burst)
      : EdgeFault(std::move(scope), draws), rate_(rate), burst_(burst) {}

  Loss loses(const Message& message) override {
    const double rate = rate_ * strength();
    const bool lost = burst_ ? lost_in_chain(rate, bad_[sender(message)]) : draw(message) < rate;
    return lost ? Loss::lost : Loss::none;
  }

 private:
  bool lost_in_chain(double rate, bool& bad) {
    const bool lost = bad;
    const double leaves_bad = 1 / *burst_;
    const double leaves_good = leaves_bad * rate / (1 - rate);
    if (stream().uniform() < (bad ? leaves_bad : leaves_good)) bad = !bad;
    return lost;
  }

  double rate_;
  std::optional<double> burst_;
  std::map<const Instance*, bool> bad_;  // by sender; only ever looked up
};

struct LossFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "5%"})"};

  std::string loss;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Fraction rate{0.07};
  std::optional<double> burst;
  Fraction correlation{0};

  static constexpr auto fields() {
    return Fields{field<&LossFault::loss>(kEdgeTarget).required(),
                  inlined<&LossFault::timing>(),
                  inlined<&LossFault::callers>(),
                  inlined<&LossFault::gradual>(),
                  field<&LossFault::rate>("Such a share of the messages is lost.")
                      .source("Simian Army NetworkLoss, 7 %"),
                  field<&LossFault::burst>("So many messages of a sending process are lost in a "
                                           "row, on average; each is lost independently of the "
                                           "others unless given.")
                      .at_least(1.0)
                      .at_most(1e6)
                      .source("1 / r of tc-netem gemodel"),
                  correlation_field<&LossFault::correlation>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (rate.value <= 0)
      problems.error(where.find("rate")->position(), pointer_to(path, "rate"),
                     "a loss of nothing does nothing");
    if (burst && correlation.value > 0)
      problems.error(where.find("correlation")->position(), pointer_to(path, "correlation"),
                     "with a burst a chain decides which messages are lost: give one of both");
    if (burst && rate.value > *burst / (1 + *burst))
      problems.error(where.find("burst")->position(), pointer_to(path, "burst"),
                     "bursts as short as that cannot make up so great a share, for at least one "
                     "message gets through between two of them");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "loss", edge_victims(world, directory, target, callers, strike),
                         strike, [*this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           auto fault = std::make_unique<Lossy>(scope, draws, rate.value, burst);
                           fault->correlate(correlation);
                           return fault;
                         });
  }
};

}  // namespace

FaultKind loss() {
  return fault_kind<LossFault>("loss", &LossFault::loss, Aim::edges,
                               "A share of the messages over an edge is lost, and sent again.",
                               "tc-netem; Simian Army NetworkLoss; RFC 6298");
}

}  // namespace highwater::faults
