/// throttle: the target answers 429 to what exceeds a rate.
///
/// A token bucket for all its victims together, which is full when the fault begins: callers see
/// what is over as rejected, at once and unserved.
///
/// Assumes  who is refused uses up no token.
/// Source   AWS FIS aws:fis:inject-api-throttle-error; token bucket: RFC 2697 (one rate);
///          ALGORITHMS 9.3 throttle.
/// Checked  tests/faults/throttle_test.cpp

#include <algorithm>

#include "models/faults/faults.h"
#include "models/faults/interfering.h"

namespace highwater::faults {
namespace {

class Throttle final : public InterferingAction {
 public:
  Throttle(World& world, Victims choose, const Strike& strike, Rate rate, std::uint64_t burst)
      : InterferingAction(world, std::move(choose), "throttle", strike, 1),
        world_(world),
        rate_(rate),
        burst_(static_cast<double>(burst)),
        tokens_(burst_),
        refilled_(world.now()) {}

 private:
  Fate meets(const Request&, std::uint64_t, Reply& reply) override {
    const Time now = world_.now();
    tokens_ = std::min(burst_, tokens_ + seconds(now - refilled_) * rate_.per_second);
    refilled_ = now;
    if (tokens_ >= 1) {
      tokens_ -= 1;
      return Fate::served;
    }
    reply = Reply{Status::rejected};
    return Fate::refused;
  }

  World& world_;
  Rate rate_;
  double burst_;
  double tokens_;
  Time refilled_;
};

struct ThrottleFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "10/s"})"};

  std::string throttle;
  FaultTiming timing;
  FaultExtent extent;
  Rate rate;
  std::uint64_t burst = 1;

  static constexpr auto fields() {
    using F = ThrottleFault;
    return Fields{field<&F::throttle>("The component, or one instance: \"api[2]\".").required(),
                  inlined<&F::timing>(), inlined<&F::extent>(),
                  field<&F::rate>("Requests that are served on average, of all that it hits "
                                  "together.")
                      .required()
                      .at_least(Rate{0}),
                  field<&F::burst>("Requests that are served at once after a pause.")
                      .at_least(std::uint64_t{1})
                      .at_most(std::uint64_t{1'000'000'000})};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Throttle>(
        world, choose_instances(world, directory, target, extent, strike), strike, rate, burst);
  }
};

}  // namespace

FaultKind throttle() {
  return fault_kind<ThrottleFault>("throttle", &ThrottleFault::throttle, Aim::instances,
                                   "What exceeds a rate is refused (429).",
                                   "AWS FIS inject-api-throttle-error");
}

}  // namespace highwater::faults
