#include "engine/experiment/run.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "engine/experiment/estimates.h"
#include "engine/experiment/parallel.h"
#include "engine/experiment/wall_clock.h"

namespace highwater {
namespace {

/// Runs replications [first, last) on threads and adds what they measured to the run's record.
class Batch {
 public:
  Batch(const System& system, const RunOptions& options, RunRecord& run, std::uint64_t first,
        std::uint64_t last, double began)
      : system_(system),
        options_(options),
        run_(run),
        first_(first),
        last_(last),
        began_(began),
        finished_(last - first),
        watches_(last - first) {}

  void execute() {
    for_each_in_parallel(
        last_ - first_, options_.jobs, &stopping_, [this](std::uint64_t place) { run(place); },
        [this] { oversee(); });
    collect();
  }

 private:
  struct Watched {
    Watch watch;
  };

  void run(std::uint64_t place) {
    try {
      ReplicationRecord record = run_replication(system_, run_.grid, system_.seed, first_ + place,
                                                 watches_[place].watch, {});
      const std::lock_guard lock(mutex_);
      if (!record.interrupted) run_.take_timelines(record);
      finished_[place] = std::make_unique<ReplicationRecord>(std::move(record));
      ++done_;
    } catch (...) {
      stop();
      throw;
    }
  }

  /// Reports progress and passes interrupts on.
  void oversee() {
    const std::lock_guard lock(mutex_);
    if (options_.interrupt != nullptr && options_.interrupt->load()) stop();
    if (options_.progress) options_.progress(progress());
  }

  void stop() {
    stopping_.store(true);
    for (Watched& watched : watches_) watched.watch.stop.store(true);
  }

  Progress progress() const {
    Progress progress;
    std::int64_t simulated_ns = 0;
    for (const Watched& watched : watches_) {
      simulated_ns += watched.watch.simulated_ns.load(std::memory_order_relaxed);
      progress.events += watched.watch.events.load(std::memory_order_relaxed);
    }
    for (const ReplicationRecord& record : run_.replications) progress.events += record.events;
    const double here = static_cast<double>(simulated_ns) * 1e-9;
    const double all = seconds(system_.duration) * static_cast<double>(last_);
    progress.simulated_s = here + seconds(system_.duration) * static_cast<double>(first_);
    progress.done = all > 0 ? progress.simulated_s / all : 1;
    progress.replications = first_ + done_;
    progress.planned = last_;
    progress.wall_s = wall_seconds() - began_;
    return progress;
  }

  void collect() {
    for (auto& record : finished_) {
      if (record == nullptr || record->interrupted) {
        run_.interrupted = true;
        continue;
      }
      run_.reached_in_flight_limit |= record->reached_in_flight_limit;
      run_.replications.push_back(std::move(*record));
    }
  }

  const System& system_;
  const RunOptions& options_;
  RunRecord& run_;
  std::uint64_t first_, last_;
  double began_;
  std::vector<std::unique_ptr<ReplicationRecord>> finished_;
  std::vector<Watched> watches_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards what stands below, finished_ and the run's timelines
  std::uint64_t done_ = 0;
};

}  // namespace

void RunRecord::take_timelines(ReplicationRecord& record) {
  for (OwnerRecord& owner : record.owners) {
    for (MetricRecord& metric : owner.metrics) {
      if (metric.timeline.empty()) continue;
      auto pooled = std::find_if(timelines.begin(), timelines.end(),
                                 [&](const auto& each) { return each.first == owner.id; });
      if (pooled == timelines.end()) {
        timelines.emplace_back(owner.id, std::move(metric.timeline));
      } else {
        for (std::size_t i = 0; i < metric.timeline.size(); ++i)
          pooled->second[i].merge(metric.timeline[i]);
      }
      metric.timeline.clear();
    }
  }
}

RunRecord run_system(const System& system, const RunOptions& options) {
  RunRecord run(TimeGrid(system.duration, system.warmup.value_or(Duration{0})));
  const double began = wall_seconds();
  std::uint64_t done = 0;
  std::uint64_t wanted = system.replications;
  while (done < wanted && !run.interrupted && !run.reached_in_flight_limit) {
    Batch(system, options, run, done, wanted, began).execute();
    done = wanted;
    if (!options.precision || run.interrupted) break;
    wanted = std::min(replications_for(system, run, *options.precision), options.most_replications);
    run.precision_missed = wanted <= done && !precise_enough(system, run, *options.precision);
  }
  run.wall_s = wall_seconds() - began;
  return run;
}

}  // namespace highwater
