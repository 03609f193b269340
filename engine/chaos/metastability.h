#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/prepare.h"
#include "engine/report/metastability_results.h"
#include "engine/scenario/document.h"

namespace highwater::chaos {

struct MetastabilityOptions {
  unsigned jobs = 1;
  std::uint64_t seeds = 3;  ///< Runs of each load and of each trigger.
  std::vector<double> loads = {0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2};
  std::vector<double> sizes = {1.5, 2, 3, 5, 10};
  std::vector<double> lengths_s;  ///< Of triggers; from 1 s to a sixth of the run unless given.
  /// The fault that pushes the system, without its times: {"slow": "db"}. Where its verb has a
  /// `factor`, the sizes are that. Absent: the load of every client is raised.
  std::optional<Value> trigger;
  /// The verb that multiplies the load of a client by its `factor`.
  std::string load_verb = "spike";
  std::function<void(const std::string& trying, std::uint64_t runs)> progress;
  const std::atomic<bool>* interrupt = nullptr;
};

/// Finds out whether a system has two states at the same load: one in which it answers, and one in
/// which it stays when something has pushed it there and is gone (N. Bronson et al., Metastable
/// Failures in Distributed Systems, HotOS 2021; L. Huang et al., Metastable Failures in the Wild,
/// OSDI 2022).
///
/// At each load it is run alone and with the strongest trigger, in the second quarter of the run.
/// It is overloaded where it answers, in the last third, less than nine tenths of what is sent; it
/// has collapsed where, after the trigger, it answers less than nine tenths of what it does alone,
/// or misses objectives in more than half of that time that it meets alone; unless its lines shrink
/// while the run ends, for then it recovers and only takes longer than the run. At the scenario's
/// own load the same is asked of triggers of every size and length.
///
/// The trigger must be a fault that fits the scenario; what is wrong with it is reported.
std::optional<MetastabilityResults> find_metastability(const Document& scenario,
                                                       const Language& language,
                                                       const Catalog& catalog,
                                                       const MetastabilityOptions& options,
                                                       Problems& problems);

}  // namespace highwater::chaos
