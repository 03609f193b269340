#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/kernel/processor_sharing.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "models/slowdown.h"

namespace highwater::steps {

class Processor;

/// Who changes the pace of a processor by how much runs on it: quotas, contention, pauses.
class Governor {
 public:
  virtual ~Governor() = default;
  /// So many computations run from now on.
  virtual void running(std::size_t computations) = 0;
  /// Core-seconds up to `now` that were occupied while nothing could run: no use of the CPU.
  virtual double halted_integral(Time now) const = 0;
};

/// The processor of one instance. With fewer cores than requests may compute at once, n of them
/// share the cores at min(1, cores/n) each; else each has a core of its own.
class Processor {
 public:
  /// @param cores    Cores of the instance; absent: as many as `at_once`, so that they never limit.
  /// @param at_once  Requests that may compute at the same time; 0 for any number.
  Processor(Simulation& simulation, std::optional<double> cores, std::uint32_t at_once);

  /// From now on `governor` hears of everything that runs and sets the pace. Before the run only.
  void follow(Governor& governor);

  class Compute;
  /// Awaitable: goes on when the work is done, which takes `time` on a core at full speed.
  inline Compute compute(Duration time);

  /// Computations begun from now on take `slowdown` times as long; on shared cores those that run
  /// change their pace too.
  void set_slowdown(double slowdown);
  double slowdown() const { return slowdown_; }
  /// What the governor makes of the pace: 1 is all of it, 0 stops. Needs a governor.
  void set_pace(double pace);
  double cores() const { return cores_; }
  /// It has so many from now on. Where they are no limit they must not become one.
  void set_cores(double cores) {
    cores_ = cores;
    if (shared_) shared_->set_servers(cores);
  }
  /// Computations that run. Needs a governor.
  std::size_t active() const { return shared_->active(); }
  /// Cores in use, integrated.
  double busy_integral(Time now) const;

 private:
  void occupy(std::int64_t change) { occupied_.add(simulation_.now(), change); }
  void set_speed();

  Simulation& simulation_;
  double cores_;
  double slowdown_ = 1;
  double pace_ = 1;
  std::optional<ProcessorSharing> shared_;
  Governor* governor_ = nullptr;
  TimeIntegral occupied_;
};

class Processor::Compute {
 public:
  Compute(Processor& processor, Duration time)
      : processor_(processor), time_(time), done_(processor.simulation_) {
    if (processor.shared_) share_.emplace(*processor.shared_, time);
  }
  Compute(const Compute&) = delete;
  Compute& operator=(const Compute&) = delete;
  ~Compute() { leave_core(); }

  bool await_ready() const { return share_ && share_->await_ready(); }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    if (share_) {
      share_->await_suspend(task);
      if (processor_.governor_ != nullptr) [[unlikely]]
        tell();
      return;
    }
    processor_.occupy(1);
    has_core_ = true;
    done_.remember(task);
    processor_.simulation_.schedule_after(done_, stretched(time_, processor_.slowdown_));
  }
  void await_resume() { leave_core(); }

 private:
  void leave_core() {
    if (!has_core_) return;
    has_core_ = false;
    if (!share_) return processor_.occupy(-1);
    share_.reset();  // one that is cancelled no longer counts
    processor_.governor_->running(processor_.active());
  }
  void tell() {
    has_core_ = true;
    processor_.governor_->running(processor_.active());
  }

  Processor& processor_;
  Duration time_;
  Resumption done_;        // where the work has a core for itself
  bool has_core_ = false;  // and is at it, or is to be told of
  std::optional<ProcessorSharing::Serve> share_;
};

inline Processor::Compute Processor::compute(Duration time) {
  return Compute(*this, time);
}

}  // namespace highwater::steps
