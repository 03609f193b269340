#pragma once

#include <cstdint>
#include <optional>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/algorithms/host/cfs_bandwidth.h"
#include "models/service/process_params.h"
#include "models/steps/processor.h"

namespace highwater::service {

/// The pace of an instance's processor: throttled by a limit, slowed by contention, cold at first,
/// stopped by collections.
///
/// Of n computations side by side each runs at 1 / (1 + sigma (n - 1) + kappa n (n - 1)) of full
/// speed, so that all of them together do what the universal scalability law says. A process that
/// has just started runs at 1 / slowdown, and evenly faster from then on.
///
/// Assumes  the pace is taken anew when a computation begins or ends, not in between; collections
///          use no CPU of the limit.
/// Source   N. Gunther, Guerrilla Capacity Planning (2007), chapter 4; algorithms/host.
/// Checked  tests/process/cpu_test.cpp
class Cpu final : public steps::Governor {
 public:
  Cpu(Instance& instance, const ProcessParams& params, steps::Processor& processor);

  /// A new process: cold.
  void started();
  /// A request has been served.
  void served();
  /// Nothing runs for so long; the same again if that is under way already.
  void stop(Duration time);
  /// Throttled, or stopped.
  bool stands_still() const;

  void running(std::size_t computations) override;
  double halted_integral(Time now) const override { return halted_.total(now) / kThousand; }

  std::uint64_t periods() const { return quota_ ? quota_->periods() : 0; }
  std::uint64_t throttled_periods() const { return quota_ ? quota_->throttled_periods() : 0; }
  double stopped_integral(Time now) const { return stopped_time_.total(now); }

 private:
  static constexpr double kThousand = 1000;

  void look();
  double pace() const;
  double warmth() const;
  Simulation& simulation() const { return instance_.component().world().simulation; }

  Instance& instance_;
  const ProcessParams& params_;
  steps::Processor& processor_;
  std::optional<host::CfsBandwidth> quota_;
  std::size_t computations_ = 0;
  std::uint64_t served_ = 0;  // by this process
  Time since_{};              // this process
  Time stopped_until_{};
  TimeIntegral halted_;  // thousandths of cores that are occupied and stand still
  TimeIntegral stopped_time_;
  Timer<&Cpu::look> look_;
};

}  // namespace highwater::service
