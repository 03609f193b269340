/// poison: a share of the messages that are appended to a topic or queue while it is on are bad.
///
/// Whoever works on such a message fails, each time that he gets it, also after the fault has
/// ended. What becomes of it is for the consumers' own settings to say: a partition stands still
/// (on_failure retry) or goes on without it (skip); a queue delivers it again until it is a dead
/// letter, and whoever empties that queue fails, too.
///
/// Assumes  whether a message is bad is drawn for each by itself, and the same for each time that
///          it is appended; a bad message takes as long as a good one. A process that crashes
///          is started again as kubelet does it: at once, after 10 s, 20 s, … up to 5 minutes.
/// Source   Amazon SQS and RabbitMQ documentation on poison messages; Kafka KIP-298 (errors
///          tolerance); ALGORITHMS 9.3 poison_message.
/// Checked  tests/faults/poison_test.cpp

#include "models/messaging/poison.h"

#include "engine/describe/words.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::messaging {

constexpr auto words_of(Spoilt) {
  return std::array{Word{Spoilt::fails, "fail",
                         "The attempt fails: the consumer gives an error, or a negative "
                         "acknowledgement."},
                    Word{Spoilt::crashes, "crash",
                         "The process crashes, with all that it had in hand, and starts again."}};
}

}  // namespace highwater::messaging

namespace highwater::faults {
namespace {

using messaging::Poison;
using messaging::Poisons;
using messaging::Spoilt;

class Spoil final : public GradualAction {
 public:
  Spoil(Poisons& poisons, std::string text, Poison poison)
      : poisons_(poisons), text_(std::move(text)), poison_(poison) {}

 private:
  std::string aim() override { return text_; }
  void apply(double strength) override { poisons_.begin(at(strength)); }
  void withdraw(double strength) override { poisons_.end(at(strength)); }
  Poison at(double strength) const { return {poison_.key, poison_.share * strength, poison_.how}; }

  Poisons& poisons_;
  std::string text_;
  Poison poison_;
};

struct PoisonFault {
  static constexpr std::string_view kKinds[] = {"topic", "queue"};
  static constexpr std::string_view kTrials[] = {R"({"rate": "1%"})"};

  std::string poison;
  FaultTiming timing;
  FaultRamp gradual;
  Fraction rate{0.01};
  Spoilt effect = Spoilt::fails;

  static constexpr auto fields() {
    using F = PoisonFault;
    return Fields{field<&F::poison>("The topic or queue.").required(), inlined<&F::timing>(),
                  inlined<&F::gradual>(), field<&F::rate>("Share of the messages that are bad."),
                  field<&F::effect>("What a bad message does to whoever works on it.")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    auto& home = dynamic_cast<messaging::Poisonable&>(directory.component(target.component));
    return std::make_unique<Spoil>(
        home.poisons(), "poison " + target.text(),
        Poison{world.key("faults", "poison " + strike.key()), rate.value, effect});
  }
};

}  // namespace

FaultKind poison() {
  return fault_kind<PoisonFault>("poison", &PoisonFault::poison, Aim::whole,
                                 "Messages that are sent meanwhile fail whoever works on them.",
                                 "SQS and RabbitMQ documentation: poison messages");
}

}  // namespace highwater::faults
