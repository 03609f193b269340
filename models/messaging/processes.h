#pragma once

#include <cstdint>

#include "engine/model/component.h"

namespace highwater::messaging {

/// Declares what processes that work on messages have in common, consumers and workers: the
/// utilization and cpu_utilization of all, and of each its throughput and utilization.
/// @param concurrency  Messages that a process works on at the same time.
/// @param changes      Whether their number may change: then only those that are there count.
/// @param Process      Of all instances; has processed(), busy_integral() and processor().
template <class Process>
void measure_processes(const Component& component, Recorder::Owner& owner,
                       std::uint32_t concurrency, bool changes) {
  World& world = component.world();
  const double hands = concurrency;
  const auto all = static_cast<double>(component.instances().size());
  // Processes, integrated over time.
  const auto there = [&component, all, changes](Time now) {
    if (!changes) return seconds(now) * all;
    double sum = 0;
    for (const auto& instance : component.instances()) sum += instance->present_integral(now);
    return sum;
  };
  const auto sum_of = [&component](auto integral) {
    return [&component, integral](Time now) {
      double sum = 0;
      for (const auto& instance : component.instances())
        sum += integral(static_cast<const Process&>(*instance), now);
      return sum;
    };
  };
  const auto& first = static_cast<const Process&>(*component.instances().front());
  owner.time_ratio("utilization",
                   sum_of([](const Process& each, Time now) { return each.busy_integral(now); }),
                   [=](Time now) { return there(now) * hands; });
  owner.time_ratio("cpu_utilization", sum_of([](const Process& each, Time now) {
                     return each.processor().busy_integral(now);
                   }),
                   [&first, there](Time now) { return there(now) * first.processor().cores(); });
  for (const auto& instance : component.instances()) {
    const auto& process = static_cast<const Process&>(*instance);
    Recorder::Owner& own =
        world.recorder.owner(process.label(), world.network.zone_name(process.zone()));
    own.rate("throughput_rps",
             [&process](Time) { return static_cast<double>(process.processed()); });
    own.time_ratio(
        "utilization", [&process](Time now) { return process.busy_integral(now); },
        [&process, hands, changes](Time now) {
          return (changes ? process.present_integral(now) : seconds(now)) * hands;
        });
  }
}

}  // namespace highwater::messaging
