#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/results.h"
#include "engine/statistics/estimate.h"

namespace highwater {

/// How an experiment ended, over all its runs.
enum class ChaosVerdict : std::uint8_t {
  holds,         ///< The hypothesis held in as large a share of the runs as was asked for.
  deviates,      ///< It did not.
  never_steady,  ///< It was missed before anything was done, in most runs: nothing was learnt.
  exploring,     ///< There is no hypothesis; what the faults did is shown.
  nothing,       ///< No run was finished.
};

/// One probe of the hypothesis, or one objective, over all runs.
struct ChaosCheck {
  std::string name;
  std::string tolerance;     ///< As written.
  std::string asked;         ///< The same for people: "0 to 500 ms". Empty where it is the name.
  std::string unit;          ///< Of `before` and `after`; empty where they are no numbers.
  Estimate before, after;    ///< What it read, where that is a number.
  std::uint64_t looks = 0;   ///< How often it was looked at, before and after the method,
  std::uint64_t missed = 0;  ///< and how often it was not within its tolerance.
  std::string cannot_fail;   ///< Why it could not have been missed; empty where it could.
};

/// A component that left its steady state while a fault was on, by the measure that changed most.
struct ChaosReach {
  std::string component;
  std::string metric, unit;
  double normally = 0;  ///< In the run without the faults,
  double then = 0;      ///< and with them.
  Estimate change;      ///< then - normally, pairwise over the runs.
};

struct ChaosBudget {
  std::string objective;
  Estimate burnt;  ///< Share of the errors that the objective allows in the whole run.
};

/// What one fault did, over all its strikes in all runs.
struct ChaosImpact {
  std::string name;  ///< Of the action, or "faults[0]" of the scenario.
  std::string text;  ///< What was hit in the first run: "kill api[1]".
  std::uint64_t strikes = 0;
  Estimate begin_s, lasted_s;
  std::uint64_t detected = 0;     ///< Strikes after which an objective was missed,
  Estimate detect_s;              ///< and how long after their beginning.
  std::uint64_t unrecovered = 0;  ///< Strikes after which objectives were not met again in the run.
  Estimate recover_s;             ///< Of the others that were detected: from the end of the fault.
  Estimate lost;                  ///< Requests failed and rejected, more than without it.
  std::string slowest_client;
  Estimate peak_p99_ms;   ///< Of that client, until it recovered; highest interval.
  Estimate usual_p99_ms;  ///< The same without the fault.
  std::vector<ChaosBudget> budgets;
  std::vector<ChaosReach> reach;  ///< Blast radius: what else left its steady state, most first.
  std::string sustained_by;       ///< Of one that outlives its fault: what keeps it up, in words.
};

/// One client over time, on average over the runs: with the faults and without them.
struct ChaosSeries {
  std::string client;
  std::vector<double> p99_ms, usual_p99_ms;
  std::vector<double> failed_rps, usual_failed_rps;
  std::vector<double> completed_rps, usual_completed_rps;
};

/// One curve of a client, by the name that it has in JSON.
struct ChaosCurve {
  std::string_view name;
  std::vector<double> ChaosSeries::*values;
};
inline constexpr std::array<ChaosCurve, 6> kChaosCurves = {{
    {"p99_ms", &ChaosSeries::p99_ms},
    {"usual_p99_ms", &ChaosSeries::usual_p99_ms},
    {"failed_rps", &ChaosSeries::failed_rps},
    {"usual_failed_rps", &ChaosSeries::usual_failed_rps},
    {"completed_rps", &ChaosSeries::completed_rps},
    {"usual_completed_rps", &ChaosSeries::usual_completed_rps},
}};

/// Everything an experiment found out. Terminal, JSON, JUnit and HTML read this and nothing else.
struct ChaosResults {
  std::string title, description, hypothesis;
  std::string experiment_file, scenario, scenario_file;
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;  ///< Finished ones.
  double simulated_s = 0;  ///< Of one run.
  double method_begin_s = 0, method_end_s = 0;
  double required = 0.95;
  ChaosVerdict verdict = ChaosVerdict::nothing;
  Estimate held;  ///< The probability that the hypothesis holds.
  std::uint64_t kept = 0, deviated = 0, never_steady = 0, aborted = 0;
  std::vector<std::pair<std::string, std::uint64_t>> aborted_by;
  std::vector<ChaosCheck> checks;
  std::vector<ChaosImpact> impacts;
  std::vector<Finding> findings;
  double bin_s = 0;
  std::vector<double> times_s;
  std::vector<ChaosSeries> series;
  std::vector<std::pair<std::uint64_t, std::string>> journals;  ///< By run, in the toolkit's form.
  std::uint64_t events = 0;
  bool partial = false;
  double wall_s = 0;
  std::string started, host, version, command;
};

/// "holds", "deviates", "never steady", "exploring", "nothing was run"
const char* verdict_word(ChaosVerdict verdict);

/// The verdict in a sentence, with its numbers.
std::string verdict_sentence(const ChaosResults& results);

/// One JSON document: {"schema": "highwater/chaos/1", …}.
std::string chaos_json(const ChaosResults& results);
/// The summary for people.
std::string chaos_terminal(const ChaosResults& results, const struct TerminalOptions& options);
/// A JUnit report: a suite with a case for the verdict, one for each check and one for each fault.
std::string chaos_junit(const ChaosResults& results);
/// The report: one HTML file that opens anywhere, offline.
std::string chaos_html(const ChaosResults& results);

}  // namespace highwater
