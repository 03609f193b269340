#pragma once

// Known queues, simulated by recursions of a few lines, so that the tests of statistics do not
// depend on the simulator they serve. Everything is recorded as the engine would: by the slice of
// arrival, only what completes before the end, starting empty.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "engine/kernel/distribution.h"
#include "engine/kernel/random.h"
#include "engine/kernel/time.h"
#include "engine/statistics/sliced.h"

namespace highwater::test {

inline constexpr std::size_t kSlices = 200;

/// What the engine would keep of one replication.
class Replication {
 public:
  explicit Replication(Duration duration)
      : latency(kSlices), in_system(kSlices), latencies(kSlices), duration_(duration.count()) {
    for (double& weight : in_system.weight) weight = slice_seconds();
  }

  double slice_seconds() const { return static_cast<double>(duration_) * 1e-9 / kSlices; }

  void serve(std::int64_t arrival, std::int64_t departure) {
    const std::size_t slice = slice_of(arrival);
    occupy(arrival, std::min(departure, duration_));
    if (departure > duration_) return;  // still in flight when the run ends
    latency.add(slice, static_cast<double>(departure - arrival), 1);
    latencies.record(slice, departure - arrival);
  }

  SlicedSums latency;    // ns
  SlicedSums in_system;  // request-seconds
  SlicedHistogram latencies;

 private:
  std::size_t slice_of(std::int64_t at) const {
    const auto slice = static_cast<std::size_t>(static_cast<double>(at) *
                                                (kSlices / static_cast<double>(duration_)));
    return std::min(slice, kSlices - 1);
  }

  /// Adds the stay [from, to) to the number in system.
  void occupy(std::int64_t from, std::int64_t to) {
    const std::size_t first = slice_of(from), last = slice_of(to);
    const double width = static_cast<double>(duration_) / kSlices;
    const double begin = static_cast<double>(from), end = static_cast<double>(to);
    if (first == last) {
      in_system.sum[first] += (end - begin) * 1e-9;
      return;
    }
    in_system.sum[first] += (static_cast<double>(first + 1) * width - begin) * 1e-9;
    for (std::size_t i = first + 1; i < last; ++i) in_system.sum[i] += width * 1e-9;
    in_system.sum[last] += (end - static_cast<double>(last) * width) * 1e-9;
  }

  std::int64_t duration_;
};

/// M/G/c, first in first out.
inline Replication open_queue(std::uint64_t seed, std::size_t replication, Duration mean_gap,
                              const Distribution& service, std::size_t servers, Duration duration) {
  const std::string name = "replication " + std::to_string(replication);
  RandomStream arrivals(seed, name, "arrivals");
  RandomStream services(seed, name, "services");
  const Distribution gap = Distribution::exponential(mean_gap);
  Replication result(duration);
  std::int64_t now = 0;
  if (servers == 1) {
    std::int64_t free_at = 0;  // Lindley's recursion
    while ((now += gap.draw(arrivals).count()) < duration.count()) {
      free_at = std::max(now, free_at) + service.draw(services).count();
      result.serve(now, free_at);
    }
    return result;
  }
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> free_at;
  for (std::size_t i = 0; i < servers; ++i) free_at.push(0);
  while ((now += gap.draw(arrivals).count()) < duration.count()) {
    const std::int64_t start = std::max(now, free_at.top());
    free_at.pop();
    const std::int64_t end = start + service.draw(services).count();
    free_at.push(end);
    result.serve(now, end);
  }
  return result;
}

/// M/M/1//N: every user thinks, is served by the one server, thinks again.
inline Replication closed_queue(std::uint64_t seed, std::size_t replication, int users,
                                Duration mean_think, Duration mean_service, Duration duration) {
  const std::string name = "replication " + std::to_string(replication);
  RandomStream thinks(seed, name, "thinks");
  RandomStream services(seed, name, "services");
  const Distribution think = Distribution::exponential(mean_think);
  const Distribution service = Distribution::exponential(mean_service);
  Replication result(duration);
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> arrivals;
  for (int i = 0; i < users; ++i) arrivals.push(think.draw(thinks).count());
  std::int64_t free_at = 0;
  while (arrivals.top() < duration.count()) {
    const std::int64_t now = arrivals.top();
    arrivals.pop();
    free_at = std::max(now, free_at) + service.draw(services).count();
    result.serve(now, free_at);
    arrivals.push(free_at + think.draw(thinks).count());
  }
  return result;
}

/// Pointers to one member of each replication, as the estimators take them.
template <class Member>
auto members(const std::vector<Replication>& replications, Member Replication::*member) {
  std::vector<const Member*> pointers;
  for (const Replication& replication : replications) pointers.push_back(&(replication.*member));
  return pointers;
}

}  // namespace highwater::test
