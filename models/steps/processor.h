#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/kernel/processor_sharing.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "models/slowdown.h"
#include "models/steps/quotas.h"

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
  /// Nothing can run as long as that is so, whatever the pace.
  virtual void frozen(bool frozen) = 0;
  /// Faults have put these quotas on it, besides its own.
  virtual void limited(std::span<const CpuQuota> quotas) = 0;
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
  /// So many threads of others compete for the cores: with n of its own each of them all gets
  /// min(1, cores / (n + threads)).
  void set_competitors(double threads);
  /// Nothing runs from now on, until it is no longer frozen.
  void freeze(bool frozen);
  /// Its CPU is throttled to these from now on, besides what its governor does.
  void set_quotas(std::span<const CpuQuota> quotas);
  /// What the governor makes of the pace: 1 is all of it, 0 stops. Needs a governor.
  void set_pace(double pace);
  double cores() const { return cores_; }
  /// It has so many from now on. Where they are no limit they must not become one.
  void set_cores(double cores) {
    cores_ = cores;
    if (shared_) shared_->set_servers(cores);
  }
  /// Whether those that compute from now on share the cores.
  bool shares() const { return always_shares_ || competitors_ > 0; }
  /// Computations that run. Needs a governor.
  std::size_t active() const { return shared_->active(); }
  /// Cores in use, integrated.
  double busy_integral(Time now) const;

 private:
  void occupy(std::int64_t change) {
    computing_ += change;
    if (!frozen_) [[likely]]
      occupied_.set(simulation_.now(), computing_);
    if (throttle_ != nullptr) [[unlikely]]
      throttle_->look();
  }
  void set_speed();
  double crowding() const;
  void set_frozen(bool frozen);
  double cores_in_use() const;
  void note_halt();
  /// Of those that share the cores.
  bool is_told() const { return governor_ != nullptr || watches_; }
  void changed();

  // Quotas of faults, where nobody governs.
  struct Throttle {
    explicit Throttle(Processor& owner) : processor(owner), due(*this) {}
    void look();

    Processor& processor;
    Quotas quotas;
    Timer<&Throttle::look> due;
  };

  /// What is done when its time has come, unless the processor was frozen meanwhile.
  struct Completion final : Resumption {
    explicit Completion(Processor& owner) noexcept
        : Resumption(owner.simulation_, &Completion::due),
          processor(owner),
          freezes(owner.freezes_),
          frozen_before(owner.frozen_before_) {}
    static void due(Event& event);
    void begins_frozen();

    Processor& processor;
    std::uint32_t freezes;   // of the processor so far
    Duration frozen_before;  // the same in time
  };
  void make_up(Completion& completion);

  Simulation& simulation_;
  double cores_;
  double slowdown_ = 1;
  double pace_ = 1;
  std::optional<ProcessorSharing> shared_;
  bool always_shares_ = false;
  bool watches_ = false;  // it has had competitors or stood still, so what is shared matters
  Governor* governor_ = nullptr;
  std::int64_t computing_ = 0;  // on cores of their own
  TimeIntegral occupied_;
  double competitors_ = 0;
  bool paused_ = false;
  bool frozen_ = false;  // paused, or throttled by a fault
  std::uint32_t freezes_ = 0;
  Duration frozen_before_{};  // all freezes that are over
  Time frozen_since_{};
  EventList frozen_line_;  // completions that have been due
  TimeIntegral halted_;    // thousandths of shared cores that are occupied and stand still
  std::unique_ptr<Throttle> throttle_;  // since the first quota
};

class Processor::Compute {
 public:
  Compute(Processor& processor, Duration time)
      : processor_(processor), time_(time), done_(processor) {
    if (processor.shares()) share_.emplace(*processor.shared_, time);
  }
  Compute(const Compute&) = delete;
  Compute& operator=(const Compute&) = delete;
  ~Compute() { leave_core(); }

  bool await_ready() const { return share_ && share_->await_ready(); }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    if (share_) {
      share_->await_suspend(task);
      if (processor_.is_told()) [[unlikely]]
        tell();
      return;
    }
    processor_.occupy(1);
    has_core_ = true;
    done_.remember(task);
    if (processor_.frozen_) [[unlikely]]
      done_.begins_frozen();
    processor_.simulation_.schedule_after(done_, stretched(time_, processor_.slowdown_));
  }
  void await_resume() { leave_core(); }

 private:
  void leave_core() {
    if (!has_core_) {
      // It was there before anybody wanted to be told.
      if (processor_.throttle_ != nullptr && share_) [[unlikely]] {
        share_.reset();
        processor_.changed();
      }
      return;
    }
    has_core_ = false;
    if (!share_) return processor_.occupy(-1);
    share_.reset();  // one that is cancelled no longer counts
    processor_.changed();
  }
  void tell() {
    has_core_ = true;
    processor_.changed();
  }

  Processor& processor_;
  Duration time_;
  Completion done_;        // where the work has a core for itself
  bool has_core_ = false;  // and is at it, or is to be told of
  std::optional<ProcessorSharing::Serve> share_;
};

inline Processor::Compute Processor::compute(Duration time) {
  return Compute(*this, time);
}

}  // namespace highwater::steps
