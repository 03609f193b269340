#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/metrics/bar_chart.h"
#include "engine/model/fault.h"
#include "engine/model/kind.h"
#include "engine/model/network.h"
#include "engine/model/section.h"
#include "engine/report/results.h"
#include "engine/scenario/objective.h"

namespace highwater {

/// One component of the scenario, ready to be built once per replication.
struct Part {
  std::string id;
  const ModelKind* kind = nullptr;
  std::shared_ptr<const Blueprint> blueprint;
  std::optional<PriceParams> price;
};

/// A scenario made ready to run: every parameter read and checked, every file loaded. Immutable
/// from then on; the replications on all threads share it.
struct System {
  std::string name, description, file;
  std::string currency;  ///< Of prices.
  Duration duration{};
  std::optional<Duration> warmup;  ///< Given by the user; absent for "auto".
  std::uint64_t seed = 1;
  std::uint64_t replications = 5;
  std::uint64_t max_in_flight = 10'000'000;
  NetworkPlan network;
  std::vector<Part> parts;  ///< In the order of the scenario.
  std::vector<std::shared_ptr<const FaultPlan>> faults;
  std::vector<std::optional<Trigger>> triggers;  ///< Of each fault that waits for one.
  Reservations reserved;                         ///< By those faults.
  std::vector<std::shared_ptr<const SectionPlan>> sections;
  std::vector<Objective> objectives;
  TopologyPicture topology;  ///< Without rates: those are measured.
  /// Trace, stages, daily cycles or faults: no steady state to wait for.
  bool terminating = false;
  std::vector<std::string> notes;  ///< About the input, such as trace records skipped.
  std::vector<BarChart> charts;    ///< Of the input.
};

}  // namespace highwater
