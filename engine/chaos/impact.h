#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/chaos/conductor.h"
#include "engine/chaos/observer.h"
#include "engine/report/chaos_results.h"

namespace highwater::chaos {

/// Gathers what each fault did, run by run, from what was seen in the run and in the same run
/// without the faults: both have the same draws, so that what differs is what the faults did.
///
/// A strike is looked at from its beginning until the next one, or the end of the run. It is
/// detected when an objective that was met without it is missed. The system has recovered when no
/// such objective has been missed for three windows.
class ImpactTable {
 public:
  /// @param names  Of the faults, in the order of their numbers.
  ImpactTable(const System& system, std::vector<Signal> signals, std::vector<std::string> names,
              Duration window);

  void add(const std::vector<FaultStrike>& strikes, const Observation& seen,
           const Observation& usual);

  std::vector<ChaosImpact> impacts() const;
  /// Clients over time, on average over the runs.
  std::vector<ChaosSeries> series() const;
  std::vector<double> times_s() const;

 private:
  /// What was measured of one fault, a value for each of its strikes.
  struct Gathered {
    std::string text;
    std::vector<double> begin_s, lasted_s, detect_s, recover_s, lost;
    std::size_t strikes = 0, unrecovered = 0;
    std::map<std::string, std::vector<double>> peak_ms, usual_ms;  ///< By client.
    std::vector<std::vector<double>> burnt;                        ///< By objective.
    std::vector<std::vector<double>> then, normally;               ///< By signal.
    std::map<std::string, std::size_t> sustained;
  };

  void add_strike(const FaultStrike& strike, double horizon_s, const Observation& seen,
                  const Observation& usual);
  std::optional<double> total(const Observation& of, std::string_view metric, std::size_t first,
                              std::size_t last) const;
  void per_second(ChaosReach& reach) const;
  std::vector<ChaosReach> reach(const Gathered& gathered) const;
  void add_series(const Observation& of, std::vector<std::vector<double>>& sums,
                  std::vector<std::vector<double>>& counts);

  const System& system_;
  std::vector<Signal> signals_;
  std::vector<std::string> names_;
  Duration window_;
  std::vector<Gathered> gathered_;
  Duration interval_{};
  // By signal and time, over the runs: with the faults and without.
  std::vector<std::vector<double>> seen_sums_, seen_counts_, usual_sums_, usual_counts_;
};

/// What keeps a system down after its fault has gone, by what is seen in samples [first, last)
/// beside the run without the fault: retries, a cold cache, work that nobody waits for any more,
/// rebalances, or what has piled up. Empty where nothing tells.
std::string what_sustains(const std::vector<Signal>& signals, const Observation& seen,
                          const Observation& usual, std::size_t first, std::size_t last);

}  // namespace highwater::chaos
