/// slow: everything the target computes takes longer by a factor, or its CPU is throttled.
///
/// With a quota it may use so much CPU time in each period, as a container with a CPU limit: its
/// threads run at full speed until they have used it up together, and stand still from then on
/// until the next period. The periods begin with the fault. What is left of a quota is lost but for
/// the burst. Several quotas are groups within groups: each is used by all that runs, and each may
/// stop it.
///
/// Assumes  waiting (network, other components) is not slowed, only the target's own work; what is
///          slowed by a factor uses the CPU for as long as it takes. While a quota grows or fades,
///          each step of it begins with a full quota, as writing cpu.max does.
/// Source   Gunawi et al., Fail-Slow at Scale, FAST 2018; Linux kernel/sched/fair.c,
///          Documentation/scheduler/sched-bwc.rst (cpu.cfs_quota_us, cpu.cfs_period_us, cpu.max);
///          ALGORITHMS 9.3 slow_cpu.
/// Checked  tests/models/faults_test.cpp, tests/faults/slow_test.cpp.

#include <algorithm>

#include "engine/describe/said.h"
#include "engine/model/afflictions.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"
#include "models/faults/own_cores.h"

namespace highwater::faults {
namespace {

class Slow final : public GradualAction {
 public:
  Slow(World& world, Victims choose, double factor, const std::optional<CpuQuota>& quota)
      : world_(world), choose_(std::move(choose)), factor_(factor), quota_(quota) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    if (quota_) quota_->since = world_.now();
    return "slow " + list_of(victims_);
  }
  void apply(double strength) override {
    for (Instance* victim : victims_) {
      if (factor_ != 1) victim->slow(at(strength));
      if (quota_) victim->limit_cpu(quota_at(strength));
    }
  }
  void withdraw(double strength) override {
    for (Instance* victim : victims_) {
      if (factor_ != 1) victim->restore_speed(at(strength));
      if (quota_) victim->unlimit_cpu(quota_at(strength));
    }
  }
  double at(double strength) const { return 1 + (factor_ - 1) * strength; }
  CpuQuota quota_at(double strength) const {
    CpuQuota quota = *quota_;
    const double wider = static_cast<double>(quota.quota.count()) / strength;
    constexpr double kMost = 1e18;
    quota.quota = Duration{static_cast<Duration::rep>(std::min(wider, kMost))};
    return quota;
  }

  World& world_;
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  double factor_;
  std::optional<CpuQuota> quota_;
};

struct SlowFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1, "factor": "5x"})",
                                                 R"({"factor": "2x"})"};

  std::string slow;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  std::optional<Factor> factor;
  std::optional<double> quota;
  Duration period = 100ms;
  Duration burst{0};

  static constexpr auto fields() {
    using F = SlowFault;
    return Fields{
        field<&F::slow>("The component, or one instance: \"api[2]\".").required(),
        inlined<&F::timing>(),
        inlined<&F::extent>(),
        inlined<&F::gradual>(),
        field<&F::factor>("Work takes so many times as long; twice as long where neither "
                          "this nor a quota is given.")
            .at_least(Factor{0.001})
            .at_most(Factor{1e6}),
        field<&F::quota>("Each instance may use so many CPUs on average, and stands still "
                         "for the rest of a period in which it has used its share: 0.5 "
                         "are 50 ms of every 100. For what has cores of its own: "
                         "services, workers, consumer groups, databases.")
            .at_least(0.001)
            .at_most(100'000.0)
            .source("Linux cpu.cfs_quota_us / cpu.cfs_period_us"),
        field<&F::period>("A period; with a quota.")
            .at_least(Duration{1ms})
            .at_most(Duration{1s})
            .source("Linux cpu.cfs_period_us, 100 ms"),
        field<&F::burst>("CPU time not used that may be kept for later periods; with a "
                         "quota.")
            .at_most(Duration{1s})
            .source("Linux cpu.max.burst")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (quota) {
      if (*quota * seconds(period) < 1e-6)
        problems.error(where.find("quota")->position(), pointer_to(path, "quota"),
                       "is less than a microsecond of a period");
      return;
    }
    for (const char* name : {"period", "burst"})
      if (const Value* const given = said<SlowFault>(where, name))
        problems.error(given->position(), pointer_to(path, name), "is of a \"quota\"");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    if (!quota) return;
    const Component& component = directory.component(target.component);
    if (component.kind() == "cluster" || !has_own_cores(component))
      report_at(examination, "quota",
                in_quotes(component.id()) +
                    " has no processes whose CPU could be throttled: services, workers, consumer "
                    "groups and databases with nodes of their own have");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    std::optional<CpuQuota> limit;
    if (quota)
      limit = CpuQuota{
          Duration{static_cast<Duration::rep>(*quota * static_cast<double>(period.count()))},
          period, burst, Time{}};
    return std::make_unique<Slow>(world, choose_instances(world, directory, target, extent, strike),
                                  factor.value_or(Factor{quota ? 1.0 : 2.0}).value, limit);
  }
};

}  // namespace

FaultKind slow() {
  return fault_kind<SlowFault>("slow", &SlowFault::slow, Aim::instances,
                               "Work takes longer by a factor, or the CPU is throttled.",
                               "Gunawi et al., FAST 2018; Linux CFS bandwidth control");
}

}  // namespace highwater::faults
