#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/algorithms/host/cfs_bandwidth.h"
#include "models/cluster/host_cpu.h"
#include "models/service/process_params.h"
#include "models/steps/processor.h"

namespace highwater::service {

/// The pace of an instance's processor: throttled by a limit, slowed by contention, cold at first,
/// stopped by collections, with its part of the cores of the machine that it runs on.
///
/// Of n computations side by side each runs at 1 / (1 + sigma (n - 1) + kappa n (n - 1)) of full
/// speed, so that all of them together do what the universal scalability law says. A process that
/// has just started runs at 1 / slowdown, and evenly faster from then on.
///
/// Assumes  the pace is taken anew when a computation begins or ends, not in between; collections
///          use no CPU of the limit.
/// Source   N. Gunther, Guerrilla Capacity Planning (2007), chapter 4; algorithms/host.
/// Checked  tests/process/cpu_test.cpp
class Cpu final : public steps::Governor, private cluster::HostCpu::Resident {
 public:
  Cpu(Instance& instance, const ProcessParams& params, steps::Processor& processor);

  /// A new process: cold.
  void started();
  /// It runs on this machine, as long as it does not leave it.
  void enter(cluster::HostCpu& host, double weight);
  void leave_host();
  /// A request has been served.
  void served();
  /// Nothing runs for so long; the same again if that is under way already.
  void stop(Duration time);
  /// Throttled, or stopped.
  bool stands_still() const;

  void running(std::size_t computations) override;
  void frozen(bool frozen) override;
  void limited(std::span<const CpuQuota> quotas) override;
  double halted_integral(Time now) const override { return halted_.total(now) / kThousand; }

  std::uint64_t periods() const { return quota_ ? quota_->periods() : 0; }
  std::uint64_t throttled_periods() const { return quota_ ? quota_->throttled_periods() : 0; }
  double stopped_integral(Time now) const { return stopped_time_.total(now); }

 private:
  static constexpr double kThousand = 1000;

  void look();
  void allotted(double cores) override;
  void settle(double occupied, bool stopped);
  double occupied() const;
  bool is_collecting() const { return simulation().now() < stopped_until_; }
  bool is_stopped() const { return frozen_ || is_collecting(); }
  bool is_throttled() const { return (quota_ && quota_->throttled()) || faults_.throttled(); }
  double pace() const;
  double warmth() const;
  Simulation& simulation() const { return instance_.component().world().simulation; }

  Instance& instance_;
  const ProcessParams& params_;
  steps::Processor& processor_;
  std::optional<host::CfsBandwidth> quota_;
  steps::Quotas faults_;
  cluster::HostCpu* host_ = nullptr;
  double claimed_ = 0;  // of the machine's cores
  double part_ = 1;     // of what was claimed that it got
  bool looking_ = false;
  std::size_t computations_ = 0;
  std::uint64_t served_ = 0;  // by this process
  Time since_{};              // this process
  Time stopped_until_{};
  bool frozen_ = false;  // from outside
  TimeIntegral halted_;  // thousandths of cores that are occupied and stand still
  TimeIntegral stopped_time_;
  Timer<&Cpu::look> look_;
};

}  // namespace highwater::service
