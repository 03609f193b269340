/// latency: messages over an edge take longer, in both directions.
///
/// With a `spread` they take between so much less and more than `add`, as netem's jitter has it,
/// never less than nothing; each draw may keep a part of the one before of the same sender. With
/// `reorder` some are not delayed at all and overtake those before.
///
/// Assumes  messages of one connection may overtake each other as those of the network may: TCP
///          would keep back the later one. netem takes the low bits of a correlated number for its
///          delays (tabledist), in which hardly anything is left of the correlation; here it has
///          the effect that its manual promises.
/// Source   tc-netem(8) delay, distribution, reorder, gap; Toxiproxy latency; ALGORITHMS 9.3
///          net_latency.
/// Checked  tests/models/faults_test.cpp, tests/faults/latency_test.cpp,
/// tests/faults/netem_test.cpp.

#include "engine/describe/said.h"
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
  std::optional<Duration> spread;
  Shape shape = Shape::uniform;
  Fraction correlation{0};
  Fraction reorder{0};
  Fraction reorder_correlation{0};
  std::uint32_t gap = 1;

  static constexpr auto fields() {
    using F = LatencyFault;
    return Fields{
        field<&F::latency>(kEdgeTarget).required(),
        inlined<&F::timing>(),
        inlined<&F::callers>(),
        inlined<&F::gradual>(),
        field<&F::add>("Added to every message, one way."),
        field<&F::jitter>("Added besides, drawn for every message."),
        field<&F::spread>("What is added is so much less or more than \"add\", drawn for "
                          "every message, and never less than nothing.")
            .at_least(Duration{1})
            .source("tc-netem delay, JITTER"),
        field<&F::shape>("How it spreads.").source("tc-netem distribution"),
        field<&F::correlation>("How much each draw of the spread keeps of the one before, "
                               "of the same sender: x = correlation * last + (1 - "
                               "correlation) * u.")
            .at_most(Fraction{0.999})
            .source("tc-netem delay, CORRELATION"),
        field<&F::reorder>("Such a share of the messages, of those that the gap lets, is "
                           "not delayed, and overtakes those before.")
            .source("tc-netem reorder; the rest of a percentage is delayed"),
        field<&F::reorder_correlation>("The same as correlation, of these draws.")
            .at_most(Fraction{0.999})
            .source("tc-netem reorder, CORRELATION"),
        field<&F::gap>("Not more than one of so many messages of a sender is not "
                       "delayed.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("tc-netem reorder, gap DISTANCE")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (add == Duration{0} && !jitter && !spread)
      problems.error(where.position(), pointer_to(path, "latency"),
                     "a latency fault adds something: give \"add\", \"jitter\", \"spread\" or "
                     "several");
    const auto idle = [&](const char* name, const char* why) {
      if (const Value* const given = said<LatencyFault>(where, name))
        problems.error(given->position(), pointer_to(path, name), why);
    };
    if (!spread) idle("shape", "is of a \"spread\"");
    if (!spread) idle("correlation", "is of a \"spread\"");
    if (reorder.value == 0) idle("reorder_correlation", "is of \"reorder\"");
    if (reorder.value == 0) idle("gap", "is of \"reorder\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const;
};

/// What netem does beside a constant delay.
class Delaying final : public EdgeFault {
 public:
  Delaying(FaultScope scope, Draws draws, const LatencyFault& params)
      : EdgeFault(std::move(scope), draws),
        params_(params),
        spread_(params.correlation.value),
        reordering_(params.reorder.value, params.reorder_correlation.value, params.gap) {}

  Duration delays(const Message& message) override {
    const Interface sender = interface_of(message);
    if (params_.reorder.value > 0 && reordering_.overtakes(sender, stream())) return Duration{0};
    double delay = static_cast<double>(params_.add.count());
    if (params_.spread)
      delay += static_cast<double>(params_.spread->count()) *
               quantile_of(params_.shape, spread_.next(sender, stream()));
    delay = std::max(delay, 0.0);
    if (params_.jitter) delay += static_cast<double>(params_.jitter->draw(stream()).count());
    return Duration{static_cast<Duration::rep>(
        std::min(delay * strength(), static_cast<double>(kLongestRun.count())))};
  }

 private:
  const LatencyFault& params_;  // of the plan, which outlives the run
  Correlated spread_;
  Reordering reordering_;
};

std::unique_ptr<FaultAction> LatencyFault::arm(World& world, Directory& directory,
                                               const Target& target, const Strike& strike) const {
  ChooseEdges choose = edge_victims(world, directory, target, callers, strike);
  if (!spread && reorder.value == 0)
    return std::make_unique<Latency>(std::move(choose), add, jitter ? &*jitter : nullptr);
  return disturb_edges(world, "latency", std::move(choose), strike,
                       [this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                         return std::make_unique<Delaying>(scope, draws, *this);
                       });
}

}  // namespace

FaultKind latency() {
  return fault_kind<LatencyFault>("latency", &LatencyFault::latency, Aim::edges,
                                  "Messages over an edge take longer.",
                                  "tc-netem; Toxiproxy latency");
}

}  // namespace highwater::faults
