#pragma once

#include <cstdint>

#include "engine/metrics/recorder.h"
#include "engine/model/request.h"
#include "engine/model/world.h"

namespace highwater::client {

/// Counts and times the requests of one client. A request counts in the slice of its *intended*
/// arrival, however late it ends, so that a stall is charged to those who had to wait for it (no
/// coordinated omission).
class RequestLog {
 public:
  RequestLog(World& world, Recorder::Owner& owner);

  void issued(Time intended);
  void ended(Time intended, Status status);

  std::uint64_t in_flight() const { return issued_ - completed_ - failed_ - rejected_; }

 private:
  World& world_;
  std::uint64_t issued_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t rejected_ = 0;
  StatusCounts errors_;
  SlicedSums& offered_;
  SlicedSums& throughput_;
  SlicedSums& failures_;
  SlicedSums& availability_;
  Tally& latency_;
  Tally& failed_latency_;
};

}  // namespace highwater::client
