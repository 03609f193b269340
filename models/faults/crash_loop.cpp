/// crash_loop: the process dies, and most of its starts fail.
///
/// It is started again as the kubelet starts a container: the first time at once, then after 10 s,
/// and after twice as long each further time, up to 5 min; one that ran for longer than 10 min
/// begins anew. A start that fails dies at the end of the component's start-up time, before it has
/// taken a request. One that does not fail serves, for `runs_for` if that is given.
///
/// Assumes  when the fault ends, whoever waits is started at once: as pods of a new deployment.
/// Source   Kubernetes CrashLoopBackOff (pkg/kubelet/kubelet.go); Litmus container-kill;
///          algorithms/host/crash_loop.h; ALGORITHMS 9.3 crash_loop.
/// Checked  tests/faults/crash_loop_test.cpp

#include "models/algorithms/host/crash_loop.h"

#include <algorithm>
#include <deque>

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

struct Crashes {
  double start_fails = 1;
  std::optional<Distribution> runs_for;
  host::CrashLoop::Options back_off;
};

/// One instance in its loop.
class Looping {
 public:
  Looping(Instance& instance, const Crashes& crashes, RandomStream random)
      : instance_(instance),
        crashes_(crashes),
        random_(random),
        back_off_(crashes.back_off),
        start_(*this),
        crash_(*this) {}

  void crash() {
    if (!std::exchange(down_, true)) instance_.kill(false);
    const std::int64_t wait = back_off_.ended(nanoseconds(simulation().now()), nanoseconds(begun_));
    simulation().schedule_after(start_, Duration{wait});
  }
  void end() {
    simulation().cancel(start_);
    simulation().cancel(crash_);
    if (std::exchange(down_, false)) instance_.revive(false);
  }

 private:
  void start() {
    begun_ = simulation().now();
    const Duration starting = instance_.start_time();
    const bool fails = random_.uniform() < crashes_.start_fails;
    if (fails) return simulation().schedule_after(crash_, starting);
    down_ = false;
    instance_.revive(false);
    if (!crashes_.runs_for) return;
    const Duration runs = crashes_.runs_for->draw(random_);
    simulation().schedule_at(crash_,
                             std::min(simulation().after(starting), kNever - kLongestRun) + runs);
  }
  Simulation& simulation() const { return instance_.component().world().simulation; }

  Instance& instance_;
  const Crashes& crashes_;  // of the action
  RandomStream random_;
  host::CrashLoop back_off_;
  Time begun_{};  // this process
  bool down_ = false;
  Timer<&Looping::start> start_;
  Timer<&Looping::crash> crash_;
};

class CrashLoop final : public FaultAction {
 public:
  CrashLoop(World& world, Victims choose, const Strike& strike, Crashes crashes)
      : world_(world), choose_(std::move(choose)), strike_(strike), crashes_(std::move(crashes)) {}
  std::string begin() override {
    const std::vector<Instance*> victims = choose_();
    for (Instance* victim : victims)
      loops_
          .emplace_back(*victim, crashes_,
                        world_.stream(victim->label(), "crash loop " + strike_.key()))
          .crash();
    return "crash_loop " + list_of(victims);
  }
  void end() override {
    for (Looping& each : loops_) each.end();
  }

 private:
  World& world_;
  Victims choose_;
  Strike strike_;
  Crashes crashes_;
  std::deque<Looping> loops_;
};

struct CrashLoopFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1})"};

  using Defaults = host::CrashLoop::Options;

  std::string crash_loop;
  FaultTiming timing;
  FaultExtent extent;
  Fraction start_fails{1};
  std::optional<Distribution> runs_for;
  Duration initial{Defaults{}.initial};
  Factor factor{Defaults{}.factor};
  Duration max{Defaults{}.max};
  Duration reset{Defaults{}.reset};

  static constexpr auto fields() {
    using F = CrashLoopFault;
    return Fields{
        field<&F::crash_loop>("The component, or one instance: \"api[2]\".").required(),
        inlined<&F::timing>(),
        inlined<&F::extent>(),
        field<&F::start_fails>("Probability that a start fails."),
        field<&F::runs_for>("How long one that has not failed runs until it crashes; for good "
                            "unless given."),
        field<&F::initial>("Wait before the second start; the first is at once.")
            .at_least(Duration{1ms})
            .source("kubelet backOffPeriod"),
        field<&F::factor>("Each further wait is so many times as long.")
            .at_least(Factor{1})
            .source("client-go util/flowcontrol/backoff.go"),
        field<&F::max>("The longest.")
            .at_least(Duration{1ms})
            .source("kubelet MaxContainerBackOff"),
        field<&F::reset>("A process that ran for longer begins anew.")
            .named("reset_after")
            .source("kubelet: twice the longest wait")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (max < initial)
      problems.error(where.position(), pointer_to(path, "max"), "is shorter than \"initial\"");
    if (start_fails.value == 1 && runs_for)
      problems.error(where.position(), pointer_to(path, "runs_for"),
                     "none runs where every start fails: give \"start_fails\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<CrashLoop>(
        world, choose_instances(world, directory, target, extent, strike), strike,
        Crashes{start_fails.value,
                runs_for,
                {initial.count(), factor.value, max.count(), reset.count()}});
  }
};

}  // namespace

FaultKind crash_loop() {
  return fault_kind<CrashLoopFault>("crash_loop", &CrashLoopFault::crash_loop, Aim::instances,
                                    "Processes die again and again, with the kubelet's back-off.",
                                    "Kubernetes CrashLoopBackOff; Litmus container-kill");
}

}  // namespace highwater::faults
