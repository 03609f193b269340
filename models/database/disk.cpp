#include "models/database/disk.h"

#include <algorithm>

#include "models/slowdown.h"

namespace highwater::database {
namespace {

/// Counts one who waits, until it no longer does or is cancelled.
class Waiting {
 public:
  Waiting(TimeIntegral& waiting, const Simulation& simulation)
      : waiting_(waiting), simulation_(simulation) {
    waiting_.add(simulation_.now(), 1);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { waiting_.add(simulation_.now(), -1); }

 private:
  TimeIntegral& waiting_;
  const Simulation& simulation_;
};

Duration in_seconds(double seconds) {
  return Duration{static_cast<Duration::rep>(seconds * 1e9 + 0.5)};
}

}  // namespace

Disk::Disk(const DiskParams& params, const Instance& node, Tally& wait)
    : params_(params),
      node_(node),
      wait_(wait),
      places_(node.component().world().simulation, params.queue_depth) {}

void Disk::forget() {
  if (next_start_ <= simulation().now()) return;
  limit_used_ -= next_start_ - simulation().now();
  next_start_ = simulation().now();
}

Duration Disk::troubled(Duration time, bool log) const {
  Duration add{0};
  double factor = 1;
  for (const DiskTrouble* const trouble : troubles_) {
    if (log && !trouble->log) continue;
    factor *= trouble->factor;
    add += trouble->add;
  }
  return stretched(time, factor) + add;
}

bool Disk::draws_failure(bool log) {
  double well = 1;
  for (const DiskTrouble* const trouble : troubles_)
    if (!log || trouble->log) well *= 1 - trouble->errors;
  if (well == 1) return false;
  if (!errors_) errors_.emplace(node_.component().world().stream(node_.label(), "disk errors"));
  return errors_->uniform() >= well;
}

Task<bool> Disk::operate(Operation operation, std::uint64_t bytes, Duration latency, bool log) {
  const Time asked = simulation().now();
  Duration transfer{0};
  Duration gap{0};
  if (params_.bandwidth)
    gap = transfer =
        in_seconds(static_cast<double>(bytes) * 8 / params_.bandwidth->bits_per_second);
  if (params_.iops) gap = std::max(gap, in_seconds(1 / params_.iops->per_second));
  for (const DiskTrouble* const trouble : troubles_)
    if (trouble->per_second && (!log || trouble->log))
      gap = std::max(gap, in_seconds(1 / *trouble->per_second));
  Lease place;
  {
    const Waiting waiting(waiting_, simulation());
    if (gap > Duration{0}) {
      const Time start = std::max(next_start_, asked);
      next_start_ = start + gap;
      limit_used_ += gap;
      if (start > asked) co_await simulation().until(start);
    }
    place = co_await places_.acquire();
  }
  wait_.record(simulation().now(), simulation().now() - asked);
  ++(operation == Operation::read ? reads_ : writes_);
  co_await simulation().delay(troubled(stretched(latency + transfer, node_.slowdown()), log));
  co_return !fails(log);
}

void measure_disks(Recorder::Owner& owner, const DiskParams& params,
                   std::vector<const Disk*> disks) {
  const auto over = [&](auto of) {
    return [disks, of](Time now) {
      double sum = 0;
      for (const Disk* const disk : disks) sum += of(*disk, now);
      return sum;
    };
  };
  const auto count = [&](std::string_view name, std::uint64_t (Disk::*of)() const) {
    owner.count(name, [disks, of] {
      std::uint64_t sum = 0;
      for (const Disk* const disk : disks) sum += (disk->*of)();
      return sum;
    });
  };
  const double all = static_cast<double>(disks.size());
  const double places = all * static_cast<double>(params.queue_depth);
  owner.time_ratio("disk_utilization",
                   over([](const Disk& disk, Time now) { return disk.busy_integral(now); }),
                   [places](Time now) { return seconds(now) * places; });
  owner.time_ratio("disk_limit_utilization",
                   over([](const Disk& disk, Time now) { return disk.limit_used(now); }),
                   [all](Time now) { return seconds(now) * all; });
  owner.time_average("disk_queue_length",
                     over([](const Disk& disk, Time now) { return disk.waiting_integral(now); }));
  count("disk_reads", &Disk::reads);
  count("disk_writes", &Disk::writes);
}

}  // namespace highwater::database
