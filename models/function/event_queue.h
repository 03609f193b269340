#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/scope.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "models/calls/call.h"
#include "models/function/function_params.h"

namespace highwater::function {

class Function;

/// The events that steps have published to a function, until it has processed them or they are
/// given up.
///
/// An event whose invocation fails is tried again a minute later, then two; one that is throttled,
/// or whose environment dies with its zone, after 1 s, then twice as long each time up to 5 min.
///
/// Assumes  the queue takes no time and loses nothing; Lambda also slows down reading from a queue
///          that is long, and may deliver twice: neither is documented in numbers.
/// Source   AWS Lambda Developer Guide: How Lambda handles errors and retries with asynchronous
///          invocation.
/// Checked  tests/models/function_event_test.cpp
class EventQueue {
 public:
  EventQueue(Function& function, const EventParams& params);

  void connect(steps::Program& program);
  void measure(Recorder::Owner& owner);
  /// It goes by these from now on; events that have come before keep the age they may reach.
  void reconfigure(const EventParams& params) { params_ = &params; }

  void accept(Served served, const steps::Endpoint& endpoint);

 private:
  Task<> deliver(Request event, const steps::Endpoint& endpoint);
  Task<std::optional<Status>> invoke(Request request, const steps::Endpoint& endpoint, Time came);
  Task<> give_up(Request event, std::uint64_t& count);

  Function& function_;
  const EventParams* params_;
  CallSite* destination_ = nullptr;
  TimeIntegral queued_;
  std::uint64_t received_ = 0;
  std::uint64_t processed_ = 0;
  std::uint64_t retried_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t expired_ = 0;
  std::uint64_t undelivered_ = 0;
  Tally* age_ = nullptr;
  Scope deliveries_;
};

/// The metrics that measure() declares.
std::vector<MetricInfo> event_metrics();

}  // namespace highwater::function
