#include "models/service/process.h"

#include <algorithm>
#include <string>

#include "engine/model/afflictions.h"

namespace highwater::service {

Process::Process(Instance& instance, const ProcessParams& params, bool hosted,
                 steps::Processor& processor, Resource* workers, std::function<void()> is_ready)
    : instance_(instance),
      params_(params),
      workers_(workers),
      is_ready_(std::move(is_ready)),
      pauses_(instance.component().world().stream(instance.label(), "gc")),
      crash_loop_(params.restart.options()),
      oom_(*this),
      leak_on_(*this),
      dead_(*this),
      restart_(*this),
      probe_ready_(*this),
      probe_live_(*this),
      missed_ready_(*this),
      missed_live_(*this) {
  if (params.governs() || hosted) cpu_ = std::make_unique<Cpu>(instance, params, processor);
  if (params.readiness_probe)
    readiness_.emplace(ProbeState{&*params.readiness_probe,
                                  host::Probe(params.readiness_probe->options(false)), true});
  if (params.liveness_probe)
    liveness_.emplace(ProbeState{&*params.liveness_probe,
                                 host::Probe(params.liveness_probe->options(true)), false});
}

void Process::begin() {
  look_at_memory();
  if (!instance_.up()) return;
  // Those that are there at first have passed their first probes long ago.
  if (readiness_) {
    readiness_->probe = host::Probe(readiness_->params->options(true));
    simulation().schedule_after(probe_ready_, readiness_->params->period);
  }
  if (liveness_) simulation().schedule_after(probe_live_, liveness_->params->period);
}

void Process::started() {
  since_ = lost_until_ = simulation().now();
  served_ = garbage_ = in_flight_ = 0;
  lost_ = 0;
  if (cpu_) cpu_->started();
  leaks_changed();
  look_at_memory();
  if (readiness_) {
    readiness_->probe = host::Probe(readiness_->params->options(false));
    hold_back();
    simulation().reschedule_after(probe_ready_, readiness_->params->initial_delay);
  }
  if (liveness_) {
    liveness_->probe.restart();
    simulation().reschedule_after(probe_live_, liveness_->params->initial_delay);
  }
}

void Process::died() {
  served_ = garbage_ = in_flight_ = 0;
  lost_ = loses_ = 0;
  simulation().cancel(leak_on_);
  if (cpu_) cpu_->leave_host();
  memory_time_.set(simulation().now(), 0);
  simulation().cancel(oom_);
  simulation().cancel(dead_);
  simulation().cancel(probe_ready_);
  simulation().cancel(probe_live_);
  simulation().cancel(missed_ready_);
  simulation().cancel(missed_live_);
  if (readiness_) hold_back();
}

void Process::left() {
  // Another process may come in its place, with a history of its own.
  simulation().cancel(restart_);
  if (std::exchange(killed_, false)) instance_.revive(false);
  crash_loop_ = host::CrashLoop(params_.restart.options());
  if (std::exchange(held_back_, false)) instance_.let_in();
}

// Memory.

std::uint32_t Process::came() {
  ++in_flight_;
  if (params_.memory) look_at_memory();
  return instance_.incarnation();
}

void Process::went(std::uint32_t number) {
  if (number != instance_.incarnation()) return;
  --in_flight_;
  if (params_.memory) look_at_memory();
}

void Process::served() {
  ++served_;
  if (params_.memory) lost_ += instance_.leaks().per_request;
  if (cpu_) cpu_->served();
  if (params_.gc) {
    garbage_ += params_.gc->allocation.count;
    std::uint64_t room = params_.gc->young.count;
    if (params_.memory)
      room = std::min(room,
                      params_.memory->limit.count - std::min(live(), params_.memory->limit.count));
    if (garbage_ >= room) collect();
  }
  if (params_.memory) look_at_memory();
}

void Process::keeps(std::uint64_t bytes) {
  kept_ = bytes;
  if (params_.memory) look_at_memory();
}

std::uint64_t Process::live() const {
  const MemoryParams& memory = *params_.memory;
  return memory.base.count + memory.per_request.count * in_flight_ +
         (memory.leak.count + leak_) * served_ + kept_ + static_cast<std::uint64_t>(lost_);
}

void Process::leaks_changed() {
  if (!params_.memory) return;
  lose();
  loses_ = instance_.up() && !instance_.paused() ? instance_.leaks().per_second : 0;
  leak_on();
}

void Process::lose() {
  const Time now = simulation().now();
  lost_ += loses_ * seconds(now - lost_until_);
  lost_until_ = now;
}

/// Looks again when the limit is reached, or after a while.
void Process::leak_on() {
  constexpr double kStep = 0.1;  // seconds; chosen: fine for a mean over time
  lose();
  look_at_memory();
  if (loses_ == 0) return simulation().cancel(leak_on_);
  const std::uint64_t limit = params_.memory->limit.count;
  const double room = static_cast<double>(limit - std::min(live(), limit)) + 1;
  const double step_ns = std::min(room / loses_, kStep) * 1e9;
  simulation().reschedule_after(leak_on_, Duration{static_cast<Duration::rep>(step_ns) + 1});
}

void Process::look_at_memory() {
  if (!params_.memory) return;
  const bool up = instance_.up();
  memory_time_.set(simulation().now(), up ? static_cast<std::int64_t>(live() + garbage_) : 0);
  // The request that was too much runs here: it cannot be ended before it has let go.
  if (up && live() > params_.memory->limit.count && !oom_.pending())
    simulation().schedule_after(oom_, Duration{0});
}

void Process::collect() {
  garbage_ = 0;
  ++collections_;
  cpu_->stop(params_.gc->pause.draw(pauses_));
}

void Process::kill_for_memory() {
  ++oom_kills_;
  kill("needs more memory than it may have");
}

void Process::kill(const char* why) {
  const Time now = simulation().now();
  world().happened("killed", instance_.label() + " " + why);
  const std::int64_t wait = crash_loop_.ended(nanoseconds(now), nanoseconds(since_));
  killed_ = true;
  instance_.kill(false);
  simulation().reschedule_after(restart_, Duration{wait});
}

void Process::restart() {
  ++restarts_;
  killed_ = false;
  instance_.revive(false);
}

// Probes.

template <class T>
void Process::probe(ProbeState& state, T& timer) {
  // One that may take as long as its period is late now.
  if (!state.answered) missed(state);
  simulation().schedule_after(timer, state.params->period);
  ++state.sent;
  state.answered = false;
  instance_.tasks().spawn(ask(state, state.sent));
  if (state.answered) return;
  if (state.readiness)
    simulation().reschedule_after(missed_ready_, state.params->timeout);
  else
    simulation().reschedule_after(missed_live_, state.params->timeout);
}

Task<> Process::ask(ProbeState& state, std::uint64_t number) {
  if (workers_ != nullptr) {
    AcquireOptions options;
    options.deadline = simulation().after(state.params->timeout);
    const Lease worker = co_await workers_->acquire(options);
    if (!worker) {
      if (number == state.sent && !state.answered) missed(state);
      co_return;
    }
    if (number != state.sent || state.answered) co_return;
  }
  // The time-out will tell.
  if (instance_.paused() || (cpu_ != nullptr && cpu_->stands_still())) co_return;
  state.answered = true;
  judge(state, true);
}

void Process::missed(ProbeState& state) {
  if (std::exchange(state.answered, true)) return;
  ++probe_failures_;
  judge(state, false);
}

void Process::judge(ProbeState& state, bool success) {
  const bool good = state.probe.result(instance_.lied_about() ? instance_.looks_up() : success);
  if (state.readiness) {
    good ? let_in() : hold_back();
    return;
  }
  // The probe's own task may run here, which the kill is to end.
  if (!good && !dead_.pending()) simulation().schedule_after(dead_, Duration{0});
}

void Process::kill_for_liveness() {
  if (instance_.up()) kill("fails its liveness probe");
}

void Process::hold_back() {
  if (!std::exchange(held_back_, true)) instance_.hold_back();
}

void Process::let_in() {
  if (!std::exchange(held_back_, false)) return;
  instance_.let_in();
  is_ready_();
}

void measure_processes(Recorder::Owner& owner, const ProcessParams& params,
                       std::vector<const Process*> processes, Cumulative there) {
  const auto sum = [processes = std::move(processes)](auto of) {
    return [processes, of](auto... now) {
      auto total = of(*processes.front(), now...);
      for (std::size_t i = 1; i < processes.size(); ++i) total += of(*processes[i], now...);
      return total;
    };
  };
  if (params.cpu_limit)
    owner.ratio(
        "throttled_periods", sum([](const Process& each, Time) {
          return static_cast<double>(each.cpu()->throttled_periods());
        }),
        sum([](const Process& each, Time) { return static_cast<double>(each.cpu()->periods()); }));
  if (params.gc) {
    owner.count("collections", sum([](const Process& each) { return each.collections(); }));
    owner.time_ratio("gc_time", sum([](const Process& each, Time now) {
                       return each.cpu()->stopped_integral(now);
                     }),
                     there);
  }
  if (params.memory) {
    const auto limit = static_cast<double>(params.memory->limit.count);
    owner.time_ratio("memory_utilization",
                     sum([](const Process& each, Time now) { return each.memory_integral(now); }),
                     [there, limit](Time now) { return there(now) * limit; });
    owner.count("oom_kills", sum([](const Process& each) { return each.oom_kills(); }));
  }
  if (params.readiness_probe || params.liveness_probe)
    owner.count("probe_failures", sum([](const Process& each) { return each.probe_failures(); }));
  if (params.memory || params.liveness_probe)
    owner.count("restarts", sum([](const Process& each) { return each.restarts(); }));
}

std::vector<MetricInfo> process_metrics() {
  return {
      {"throttled_periods", "1", "CPU periods in which it was throttled / in which it ran."},
      {"collections", "1", "Garbage collections.", MetricShape::kCount},
      {"gc_time", "1", "Time in which an instance stood still for one."},
      {"memory_utilization", "1", "Memory in use / limit, garbage included."},
      {"oom_kills", "1", "Processes killed for needing more than the limit.", MetricShape::kCount},
      {"probe_failures", "1", "Probes that failed.", MetricShape::kCount},
      {"restarts", "1", "Processes started again after a kill of the platform's.",
       MetricShape::kCount}};
}

}  // namespace highwater::service
