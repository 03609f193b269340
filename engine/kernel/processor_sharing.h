#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"

namespace highwater {

/// A processor that all its jobs share equally: a CPU under a fair scheduler, a link under fair
/// queueing. With n jobs each is worked on at the rate min(1, servers / n) * speed, so a single job
/// never uses more than one server.
///
///     co_await cpu.serve(3ms);   // 3 ms of work; takes longer when others are there
///
/// Method. The work done for a job that is always there, the virtual time, grows at that rate; a
/// job that arrives at virtual time v with work w is done at v + w, whatever comes and goes. Jobs
/// stand in a heap by that key and one timer follows the first of them: O(log n) for each arrival,
/// completion or cancellation. Virtual time restarts at zero whenever the processor is idle, so it
/// keeps its precision. A job is never done before it is due; it may be late by the rounding up to
/// whole nanoseconds.
/// Source. L. Kleinrock, "Time-shared systems: a theoretical treatment", JACM 14(2), 1967 (the
/// discipline); A. Parekh and R. Gallager, IEEE/ACM ToN 1(3), 1993 (virtual time).
class ProcessorSharing {
 public:
  /// Preconditions: servers > 0 and finite.
  ProcessorSharing(Simulation& simulation, double servers);
  ProcessorSharing(const ProcessorSharing&) = delete;
  ProcessorSharing& operator=(const ProcessorSharing&) = delete;
  /// Precondition: no job is left.
  ~ProcessorSharing();

  class Serve;
  /// Awaitable: goes on when the work is done. Precondition: work >= 0; zero work is done at once.
  inline Serve serve(Duration work) noexcept;

  /// From now on. 1 is full speed, 0 stops all work. Precondition: finite, >= 0.
  void set_speed(double speed);
  /// From now on. Precondition: finite, > 0.
  void set_servers(double servers);

  /// Jobs being served.
  std::size_t active() const noexcept { return heap_.size(); }
  double servers() const noexcept { return servers_; }
  double speed() const noexcept { return speed_; }

  /// Servers in use, min(active, servers), integrated from the beginning to `now`, in seconds; they
  /// count in full whatever the speed. Precondition: `now` is not before the last change.
  double busy_integral(Time now) const noexcept {
    return below_.total(now) + saturated_before_ + servers_ * saturated_.total(now);
  }
  /// Jobs integrated from the beginning to `now`, in seconds.
  double active_integral(Time now) const noexcept { return jobs_.total(now); }

  Simulation& simulation() const noexcept { return simulation_; }

 private:
  static constexpr std::size_t kNotServed = ~std::size_t{0};

  // A job lives in the awaiter of the task that wants the work done.
  struct Job : Resumption {
    explicit Job(ProcessorSharing& p) noexcept : Resumption(p.simulation_), processor(p) {}
    ~Job() {
      if (position != kNotServed) [[unlikely]]
        processor.withdraw(*this);
    }

    ProcessorSharing& processor;
    double done_at = 0;         // virtual nanoseconds
    std::uint64_t arrival = 0;  // orders jobs that are done at the same virtual time
    std::size_t position = kNotServed;
  };

  static bool before(const Job& a, const Job& b) noexcept {
    return a.done_at < b.done_at || (a.done_at == b.done_at && a.arrival < b.arrival);
  }

  void admit(Job& job, Duration work);
  void withdraw(Job& job) noexcept;
  void on_due();
  void advance() noexcept;
  void changed() noexcept;
  double rate() const noexcept;
  void set_timer(bool sooner);
  Job& remove(std::size_t position) noexcept;
  void place(std::size_t position, Job& job) noexcept;
  void sift_up(std::size_t position, Job& job) noexcept;
  void sift_down(std::size_t position, Job& job) noexcept;

  Simulation& simulation_;
  double servers_;
  double speed_ = 1;
  double virtual_now_ = 0;  // nanoseconds of work done for each job since the last idle time
  Time advanced_to_;
  std::uint64_t arrivals_ = 0;
  std::vector<Job*> heap_;
  Timer<&ProcessorSharing::on_due> due_{*this};
  TimeIntegral jobs_;
  TimeIntegral below_;           // jobs while they are no more than the servers
  TimeIntegral saturated_;       // 1 while they are more
  double saturated_before_ = 0;  // server seconds in saturation under earlier numbers of servers
};

class ProcessorSharing::Serve {
 public:
  Serve(ProcessorSharing& processor, Duration work) noexcept : job_(processor), work_(work) {}

  bool await_ready() const noexcept { return work_ == Duration::zero(); }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    job_.remember(task);
    job_.processor.admit(job_, work_);
  }
  void await_resume() const noexcept {}

 private:
  Job job_;
  Duration work_;
};

inline ProcessorSharing::Serve ProcessorSharing::serve(Duration work) noexcept {
  return Serve(*this, work);
}

}  // namespace highwater
