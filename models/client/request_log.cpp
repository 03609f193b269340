#include "models/client/request_log.h"

#include <map>
#include <string>

namespace highwater::client {

RequestLog::RequestLog(World& world, Recorder::Owner& owner)
    : world_(world),
      offered_(owner.sliced("offered_rps", MetricKind::rate)),
      throughput_(owner.sliced("throughput_rps", MetricKind::rate)),
      failures_(owner.sliced("failed_rps", MetricKind::rate)),
      availability_(owner.sliced("availability", MetricKind::ratio)),
      latency_(owner.timeline("latency_ms")),
      failed_latency_(owner.tally("failed_latency_ms")) {
  owner.count("issued", issued_);
  owner.count("completed", completed_);
  owner.count("failed", failed_);
  owner.count("rejected", rejected_);
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

void RequestLog::issued(Time intended) {
  ++issued_;
  offered_.sum[world_.recorder.grid().fine(intended)] += 1;
  world_.in_flight.begin();
}

void RequestLog::ended(Time intended, Status status) {
  world_.in_flight.end();
  const std::size_t slice = world_.recorder.grid().fine(intended);
  const Duration latency = world_.now() - intended;
  availability_.weight[slice] += 1;
  if (status == Status::ok) {
    ++completed_;
    availability_.sum[slice] += 1;
    throughput_.sum[slice] += 1;
    latency_.record(slice, latency);
    return;
  }
  errors_.add(status);
  ++(status == Status::rejected ? rejected_ : failed_);
  failures_.sum[slice] += 1;
  failed_latency_.record(slice, latency);
}

}  // namespace highwater::client
