#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

  void issued(Time intended) {
    ++slices_[world_.recorder.slice_of(intended)].issued;
    world_.in_flight.begin();
  }
  void ended(Time intended, Status status) {
    world_.in_flight.end();
    const std::size_t slice = world_.recorder.slice_of(intended);
    const Duration latency = world_.now() - intended;
    if (status != Status::ok) [[unlikely]]
      return failed(slice, latency, status);
    ++slices_[slice].completed;
    latency_.record(slice, latency);
  }

  /// Requests answered without error.
  std::uint64_t completed() const { return total(&Slice::completed); }

 private:
  struct Slice {
    std::uint64_t issued = 0;
    std::uint64_t completed = 0;
    std::uint64_t not_completed = 0;
  };

  void declare_metrics(Recorder::Owner& owner);
  void failed(std::size_t slice, Duration latency, Status status);
  std::uint64_t total(std::uint64_t Slice::*of) const;

  World& world_;
  std::vector<Slice> slices_;
  StatusCounts errors_;
  Tally& latency_;
  Tally& failed_latency_;
};

}  // namespace highwater::client
