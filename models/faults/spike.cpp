/// spike: a client sends so many times as many requests; less than once makes them fewer.
///
/// The requests that come without it come at the same times, with the same ids and draws, and the
/// others beside them: open arrivals get a further process of the same form (see
/// client::ScaledArrivals), a closed loop gets further users, who begin with thinking, and each
/// record of a trace is replayed so many times more, evenly until the next one comes. A factor
/// below 1 leaves out requests by chance, or users once they have their answers.
///
/// Assumes  further users are as the others; those that are to go stay until they have thought once
///          more. Factors of several spikes multiply. A session that has begun goes on.
/// Source   k6 ramping arrival rate; Gremlin; ALGORITHMS 9.3 load_spike.
/// Checked  tests/faults/spike_test.cpp

#include "models/client/client.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

client::LoadSource& source(Directory& directory, const Target& target) {
  return dynamic_cast<client::LoadSource&>(directory.component(target.component));
}

class Spike final : public GradualAction {
 public:
  Spike(client::LoadSource& source, std::string text, double factor)
      : source_(source), text_(std::move(text)), factor_(factor) {}

 private:
  std::string aim() override { return text_; }
  void apply(double strength) override { source_.spike(at(strength)); }
  void withdraw(double strength) override { source_.end_spike(at(strength)); }
  double at(double strength) const { return 1 + (factor_ - 1) * strength; }

  client::LoadSource& source_;
  std::string text_;
  double factor_;
};

struct SpikeFault {
  static constexpr std::string_view kKinds[] = {"client"};
  static constexpr std::string_view kTrials[] = {R"({"factor": "2x"})"};

  std::string spike;
  FaultTiming timing;
  FaultRamp gradual;
  Factor factor{2};

  static constexpr auto fields() {
    using F = SpikeFault;
    return Fields{field<&F::spike>("The client.").required(), inlined<&F::timing>(),
                  inlined<&F::gradual>(),
                  field<&F::factor>("So many times as many requests, or users, as without it.")
                      .at_least(Factor{0})
                      .at_most(Factor{10'000})};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const auto users = static_cast<double>(source(directory, target).users());
    if (users * factor.value <= static_cast<double>(client::LoadSource::kMostUsers)) return;
    const Value* given = examination.where.find("factor");
    examination.problems.error(
        (given != nullptr ? *given : examination.where).position(),
        pointer_to(examination.path, "factor"),
        "makes more than " + std::to_string(client::LoadSource::kMostUsers) + " users");
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&) const {
    return std::make_unique<Spike>(source(directory, target), "spike " + target.text(),
                                   factor.value);
  }
};

}  // namespace

FaultKind spike() {
  return fault_kind<SpikeFault>("spike", &SpikeFault::spike, Aim::whole,
                                "A client sends so many times as many requests.",
                                "k6 ramping arrival rate; Gremlin");
}

}  // namespace highwater::faults
