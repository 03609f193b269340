#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/kernel/resource.h"
#include "engine/model/component.h"
#include "models/algorithms/host/crash_loop.h"
#include "models/algorithms/host/probe.h"
#include "models/service/cpu.h"
#include "models/service/process_params.h"

namespace highwater::service {

/// What becomes of an instance's process beside its requests: the pace of its CPU, its memory with
/// collections and the kill when there is too little, the probes that say whether it is well, and
/// its restarts.
///
/// Memory is base + per_request for each request in flight + leak for each one served + sessions +
/// what faults leak + garbage. A collection frees the garbage when there is `young` of it, or as
/// much as the limit leaves room for; what is not garbage and above the limit kills the process.
/// Killed processes are started again after the wait of a crash loop.
///
/// A probe takes a worker like a request; it fails if none is free in time or the CPU stands still.
/// The readiness probe keeps an instance from being listed until it succeeds, and again after so
/// many failures; the liveness probe kills the process after so many.
///
/// Assumes  a probe's handler needs no time; a process that is killed by its liveness probe has no
///          grace; collections need no memory.
/// Source   kernel OOM killer by cgroup limit; Kubernetes pkg/kubelet/prober; algorithms/host.
/// Checked  tests/process/process_test.cpp
class Process {
 public:
  /// @param hosted    It runs on a machine that others use too: enter().
  /// @param workers   Of the instance: where probes wait; null under processor sharing.
  /// @param is_ready  Called when it is listed after having been held back by its probe.
  Process(Instance& instance, const ProcessParams& params, bool hosted, steps::Processor& processor,
          Resource* workers, std::function<void()> is_ready);

  /// The first probes; before the run.
  void begin();
  /// Its process runs on this machine until it ends.
  void enter(cluster::HostCpu& host, double weight) { cpu_->enter(host, weight); }
  // What the instance goes through.
  void started();
  void died();
  void left();

  /// A request that uses memory, as long as this lives.
  class Use {
   public:
    explicit Use(Process* process) : process_(process) {
      if (process_ != nullptr) number_ = process_->came();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
      if (process_ != nullptr) process_->went(number_);
    }

   private:
    Process* process_;
    std::uint32_t number_ = 0;  // of the process that got it
  };
  /// It has been served.
  void served();
  /// Each request that it serves leaves so many bytes behind, beside what its parameters say.
  void leaks(std::uint64_t bytes) { leak_ = bytes; }
  /// Faults make it lose memory, or no longer, or it is paused.
  void leaks_changed();
  /// So many bytes are kept beside the requests.
  void keeps(std::uint64_t bytes);

  std::uint64_t oom_kills() const { return oom_kills_; }
  std::uint64_t restarts() const { return restarts_; }
  std::uint64_t probe_failures() const { return probe_failures_; }
  std::uint64_t collections() const { return collections_; }
  double memory_integral(Time now) const { return memory_time_.total(now); }
  const Cpu* cpu() const { return cpu_.get(); }

 private:
  struct ProbeState {
    const ProbeParams* params;
    host::Probe probe;
    bool readiness;
    std::uint64_t sent = 0;
    bool answered = true;
  };

  std::uint32_t came();
  void went(std::uint32_t number);
  std::uint64_t live() const;
  void look_at_memory();
  void lose();
  void leak_on();
  void collect();
  void kill_for_memory();
  void kill_for_liveness();
  void kill(const char* why);
  void restart();
  void probe_readiness() { probe(*readiness_, probe_ready_); }
  void probe_liveness() { probe(*liveness_, probe_live_); }
  template <class T>
  void probe(ProbeState& state, T& timer);
  Task<> ask(ProbeState& state, std::uint64_t number);
  void missed_readiness() { missed(*readiness_); }
  void missed_liveness() { missed(*liveness_); }
  void missed(ProbeState& state);
  void judge(ProbeState& state, bool success);
  void hold_back();
  void let_in();
  World& world() const { return instance_.component().world(); }
  Simulation& simulation() const { return world().simulation; }

  Instance& instance_;
  const ProcessParams& params_;
  Resource* workers_;
  std::function<void()> is_ready_;
  std::unique_ptr<Cpu> cpu_;
  RandomStream pauses_;
  host::CrashLoop crash_loop_;
  std::uint64_t in_flight_ = 0;
  std::uint64_t served_ = 0;   // by this process
  std::uint64_t garbage_ = 0;  // bytes
  std::uint64_t kept_ = 0;     // the same
  std::uint64_t leak_ = 0;     // of each request, by the version that runs
  double lost_ = 0;            // the same: to the leaks of faults
  double loses_ = 0;           // bytes a second
  Time lost_until_{};          // lost_ is of then
  Time since_{};               // this process
  bool killed_ = false;        // by us, and not yet started again
  bool held_back_ = false;
  std::optional<ProbeState> readiness_;
  std::optional<ProbeState> liveness_;
  std::uint64_t oom_kills_ = 0;
  std::uint64_t restarts_ = 0;
  std::uint64_t probe_failures_ = 0;
  std::uint64_t collections_ = 0;
  TimeIntegral memory_time_;
  Timer<&Process::kill_for_memory> oom_;
  Timer<&Process::leak_on> leak_on_;
  Timer<&Process::kill_for_liveness> dead_;
  Timer<&Process::restart> restart_;
  Timer<&Process::probe_readiness> probe_ready_;
  Timer<&Process::probe_liveness> probe_live_;
  Timer<&Process::missed_readiness> missed_ready_;
  Timer<&Process::missed_liveness> missed_live_;
};

/// Declares what process_metrics() names and the parameters have, over all instances.
/// @param processes  Of the instances.
/// @param there      Instances, integrated over time.
void measure_processes(Recorder::Owner& owner, const ProcessParams& params,
                       std::vector<const Process*> processes, Cumulative there);

/// Of measure_processes(), for a kind's table.
std::vector<MetricInfo> process_metrics();

}  // namespace highwater::service
