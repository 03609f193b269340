#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/resource.h"
#include "engine/kernel/task.h"
#include "engine/model/component.h"
#include "models/database/storage_params.h"

namespace highwater::database {

/// What a fault does to a disk.
struct DiskTrouble {
  double factor = 1;                   ///< Operations take so many times as long,
  Duration add{0};                     ///< and so much longer.
  std::optional<double> per_second{};  ///< So many begin at most; of the data's disk.
  double errors = 0;                   ///< Share that fails.
  bool log = true;                     ///< Those of the write-ahead log as well.
};

/// The disk of a node: a limit of operations and bytes in a second, then a number of places, each
/// with an operation in it, and one line before all that.
///
/// Assumes  the limits have no burst: operations begin evenly spaced when there are too many.
/// Checked  tests/storage/disk_test.cpp: M/M/1, M/M/c and M/D/1.
class Disk {
 public:
  enum class Operation : std::uint8_t { read, write };

  /// @param node  Whose slowdown it shares.
  /// @param wait  Of operations until they begin; outlives this.
  Disk(const DiskParams& params, const Instance& node, Tally& wait);

  /// One operation that takes `latency` once it has begun.
  /// @param log  It is the write-ahead log's.
  /// @return whether it succeeded.
  Task<bool> operate(Operation operation, std::uint64_t bytes, Duration latency, bool log = false);

  template <class Generator>
  Task<bool> read(std::uint64_t bytes, Generator& random) {
    return operate(Operation::read, bytes, params_.read_latency.draw(random));
  }
  template <class Generator>
  Task<bool> write(std::uint64_t bytes, Generator& random, bool log = false) {
    return operate(Operation::write, bytes, params_.write_latency.draw(random), log);
  }

  // Faults.
  /// Has this trouble, which outlives that, until it recovers from it.
  void suffer(const DiskTrouble& trouble) { troubles_.push_back(&trouble); }
  void recover(const DiskTrouble& trouble) { std::erase(troubles_, &trouble); }
  /// What an operation comes to that takes `time` on a healthy disk.
  Duration troubled(Duration time, bool log) const;
  /// Whether an operation that is over has failed.
  bool fails(bool log) { return !troubles_.empty() && draws_failure(log); }

  /// Whether any may fail.
  bool can_fail() const {
    return std::any_of(troubles_.begin(), troubles_.end(),
                       [](const DiskTrouble* trouble) { return trouble->errors > 0; });
  }

  /// The process that used it is gone, and with it what it had asked for.
  void forget();

  std::uint64_t reads() const { return reads_; }
  std::uint64_t writes() const { return writes_; }
  double busy_integral(Time now) const { return places_.busy_integral(now); }
  double waiting_integral(Time now) const { return waiting_.total(now); }
  /// Seconds up to now in which the limits were used up.
  double limit_used(Time now) const {
    const Duration ahead = next_start_ > now ? next_start_ - now : Duration{0};
    return static_cast<double>((limit_used_ - ahead).count()) * 1e-9;
  }

 private:
  Simulation& simulation() const { return places_.simulation(); }
  bool draws_failure(bool log);

  const DiskParams& params_;
  const Instance& node_;
  Tally& wait_;
  Resource places_;
  TimeIntegral waiting_;
  Time next_start_{};
  Duration limit_used_{0};  // up to next_start_
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::vector<const DiskTrouble*> troubles_;
  std::optional<RandomStream> errors_;  // made for the first trouble with any
};

/// What is measured of the disks of a component, beside their waits.
void measure_disks(Recorder::Owner& owner, const DiskParams& params,
                   std::vector<const Disk*> disks);

}  // namespace highwater::database
