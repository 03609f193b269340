#include "engine/experiment/run.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/experiment/estimates.h"
#include "engine/experiment/wall_clock.h"

namespace highwater {
namespace {

constexpr std::chrono::milliseconds kProgressPeriod{100};

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
        next_(first),
        finished_(last - first),
        watches_(last - first) {}

  void execute() {
    const auto threads = static_cast<std::size_t>(
        std::clamp<std::uint64_t>(options_.jobs, 1, std::max<std::uint64_t>(last_ - first_, 1)));
    {
      std::vector<std::jthread> workers;
      for (std::size_t i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
      oversee(threads);
    }
    if (failure_) std::rethrow_exception(failure_);
    collect();
  }

 private:
  struct Watched {
    Watch watch;
  };

  void work() {
    try {
      for (;;) {
        const std::uint64_t number = next_.fetch_add(1);
        if (number >= last_ || stopping_.load()) break;
        ReplicationRecord record =
            run_replication(system_, run_.grid, system_.seed, number,
                            watches_[number - first_].watch, options_.attend);
        const std::lock_guard lock(mutex_);
        merge_timelines(record);
        finished_[number - first_] = std::make_unique<ReplicationRecord>(std::move(record));
        ++done_;
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stop();
    }
    const std::lock_guard lock(mutex_);
    ++ended_;
    ended_changed_.notify_one();
  }

  /// Reports progress and passes interrupts on, until every worker has ended.
  void oversee(std::size_t threads) {
    std::unique_lock lock(mutex_);
    while (!ended_changed_.wait_for(lock, kProgressPeriod, [&] { return ended_ == threads; })) {
      if (options_.interrupt != nullptr && options_.interrupt->load()) stop();
      if (options_.progress) options_.progress(progress());
    }
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

  /// Latencies by slice are pooled as soon as a replication ends: they are large, and adding whole
  /// numbers gives the same in every order.
  void merge_timelines(ReplicationRecord& record) {
    if (record.interrupted) return;
    for (OwnerRecord& owner : record.owners) {
      for (MetricRecord& metric : owner.metrics) {
        if (metric.timeline.empty()) continue;
        auto pooled = std::find_if(run_.timelines.begin(), run_.timelines.end(),
                                   [&](const auto& each) { return each.first == owner.id; });
        if (pooled == run_.timelines.end()) {
          run_.timelines.emplace_back(owner.id, std::move(metric.timeline));
        } else {
          for (std::size_t i = 0; i < metric.timeline.size(); ++i)
            pooled->second[i].merge(metric.timeline[i]);
        }
        metric.timeline.clear();
      }
    }
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
  std::atomic<std::uint64_t> next_;
  std::vector<std::unique_ptr<ReplicationRecord>> finished_;
  std::vector<Watched> watches_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards what stands below, finished_ and the run's timelines
  std::condition_variable ended_changed_;
  std::size_t ended_ = 0;
  std::uint64_t done_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

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
