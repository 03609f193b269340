#include "models/client/request_log.h"

#include <map>
#include <string>

namespace highwater::client {

RequestLog::RequestLog(World& world, Recorder::Owner& owner)
    : world_(world),
      slices_(world.recorder.grid().fine_slices()),
      latency_(owner.timeline("latency_ms")),
      failed_latency_(owner.tally("failed_latency_ms")) {
  declare_metrics(owner);
}

void RequestLog::failed(std::size_t slice, Duration latency, Status status) {
  ++slices_[slice].not_completed;
  errors_.add(status);
  failed_latency_.record(slice, latency);
}

std::uint64_t RequestLog::total(std::uint64_t Slice::*of) const {
  std::uint64_t sum = 0;
  for (const Slice& slice : slices_) sum += slice.*of;
  return sum;
}

void RequestLog::declare_metrics(Recorder::Owner& owner) {
  const auto number = [this](std::uint64_t Slice::*of) {
    return [this, of](std::size_t slice) { return static_cast<double>(slices_[slice].*of); };
  };
  owner.sliced_rate("offered_rps", number(&Slice::issued));
  owner.sliced_rate("throughput_rps", number(&Slice::completed));
  owner.sliced_rate("failed_rps", number(&Slice::not_completed));
  owner.sliced_ratio("availability", number(&Slice::completed), [this](std::size_t slice) {
    return static_cast<double>(slices_[slice].completed + slices_[slice].not_completed);
  });
  owner.count("issued", [this] { return total(&Slice::issued); });
  owner.count("completed", [this] { return total(&Slice::completed); });
  owner.count("failed", [this] { return errors_.total() - errors_[Status::rejected]; });
  owner.count("rejected", [this] { return errors_[Status::rejected]; });
  owner.causes("errors", [this] {
    std::map<std::string, std::uint64_t> causes;
    // The three that every report names, zero or not; the others where they happened.
    for (const char* always : {"timeout", "rejected", "unavailable"}) causes[always] = 0;
    for (std::size_t i = 1; i < kStatuses; ++i) {
      const auto status = static_cast<Status>(i);
      if (errors_[status] > 0) causes[std::string(name(status))] = errors_[status];
    }
    return causes;
  });
}

}  // namespace highwater::client
