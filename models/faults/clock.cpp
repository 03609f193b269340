/// clock: the target's time of day is wrong.
///
/// It jumps by `offset` when the fault begins and runs too fast or too slow from then on; at the
/// end it is set right at once. What reads it: tokens of sessions, made and checked by the clocks
/// of two instances; a gateway that checks tokens with a lifetime, or remembers verdicts on them;
/// entries of caches, which expire as those of Redis by the time of day; rate limits of products
/// that call for it, where a process keeps them, and all that a store keeps, by the store's clock;
/// the timestamps of Cassandra's coordinators, of which the last wins. Time-outs, pauses,
/// intervals, leases of failovers and elections, breakers and the other limiters do not: they are
/// of the monotonic clock.
///
/// Source   Chaos Mesh TimeChaos; Gremlin time travel; RFC 7519 (exp); redis src/expire.c
///          (mstime); python-limits (time.time()), bucket4j TimeMeter.SYSTEM_MILLISECONDS; nginx
///          proxy_cache (ngx_time()); Go time.Now(), System.nanoTime(), nginx ngx_current_msec and
///          Kubernetes' leaderelection.go are monotonic; ALGORITHMS 9.3 clock_skew, 8.5.
/// Checked  tests/faults/clock_test.cpp

#include "engine/describe/one_of.h"
#include "engine/describe/said.h"
#include "engine/model/afflictions.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Clock final : public FaultAction {
 public:
  Clock(World& world, Victims choose, WrongClock clock)
      : world_(world), choose_(std::move(choose)), clock_(clock) {}
  std::string begin() override {
    victims_ = choose_();
    clock_.since = world_.now();
    for (Instance* victim : victims_) victim->set_clock(clock_);
    return "clock " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) victim->reset_clock(clock_);
  }

 private:
  World& world_;
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  WrongClock clock_;
};

enum class Way : std::uint8_t { ahead, behind };
constexpr auto words_of(Way) {
  return std::array{Word{Way::ahead, "ahead", "It shows what is still to come."},
                    Word{Way::behind, "behind", "It shows what has been."}};
}

struct ClockFault {
  static constexpr std::string_view kTrials[] = {R"({"offset": "1h"})",
                                                 R"({"offset": "1h", "direction": "behind"})"};

  std::string clock;
  FaultTiming timing;
  FaultExtent extent;
  Duration offset{0};
  Way direction = Way::ahead;
  double drift = 0;

  static constexpr auto fields() {
    using F = ClockFault;
    return Fields{field<&F::clock>(
                      "The component, or one instance: \"api[2]\". It is the time of day that is "
                      "wrong, as tokens, caches, rate limits by the clock (bucket4j, fixed, "
                      "elastic and sliding windows, and whatever a store keeps) and Cassandra read "
                      "it; time-outs, leases, breakers and other limiters go by clocks that only "
                      "run.")
                      .required(),
                  inlined<&F::timing>(),
                  inlined<&F::extent>(),
                  field<&F::offset>("It jumps by so much."),
                  field<&F::direction>("Which way it jumps."),
                  field<&F::drift>("Parts per million by which it is too fast; below 0: too slow.")
                      .at_least(-500'000.0)
                      .at_most(500'000.0)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (offset == Duration{0} && said<ClockFault>(where, "direction") != nullptr)
      problems.error(where.position(), pointer_to(path, "direction"), "is for an \"offset\"");
    if (offset == Duration{0} && drift == 0)
      problems.error(where.position(), pointer_to(path, "clock"),
                     "a clock that is wrong has an \"offset\", a \"drift\" or both");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (component.instances().front()->reads_clock()) return;
    examination.problems.error(
        examination.where.find("clock")->position(), pointer_to(examination.path, "clock"),
        "nothing that " + in_quotes(component.id()) +
            " does depends on the time of day: that is read where tokens of sessions are made or "
            "checked, by gateways that know a lifetime of tokens or remember them, by rate limits "
            "of bucket4j and of windows, by caches and by Cassandra");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Clock>(
        world, choose_instances(world, directory, target, extent, strike),
        WrongClock{direction == Way::ahead ? offset : -offset, drift / 1e6, Time{}});
  }
};

}  // namespace

FaultKind clock() {
  return fault_kind<ClockFault>("clock", &ClockFault::clock, Aim::instances,
                                "The time of day is wrong: a jump, a drift, or both.",
                                "Chaos Mesh TimeChaos; Gremlin time travel");
}

}  // namespace highwater::faults
