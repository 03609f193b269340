#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/report/results.h"

namespace highwater {

/// A fault, or a pair of them, that breaks an objective.
struct SearchBreak {
  std::string what;                     ///< "kill api (count 1) at 4:00 for 30 s"
  std::vector<std::string> objectives;  ///< That are missed.
  std::uint64_t missed = 0, runs = 0;   ///< In how many of the runs.
  bool minimal = false;                 ///< It was shrunk until nothing smaller was found to break.
  std::string file;                     ///< The experiment that shows it.
  std::string experiment;               ///< Its text.
};

/// One thing that was tried.
struct SearchTrial {
  std::string what;
  bool broke = false;
  double strain = 0;  ///< How near the nearest objective came to its limit: 1 is at it.
};

/// What a search for weaknesses found, what it covered and what not.
struct SearchResults {
  std::string scenario, scenario_file;
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;                  ///< Simulated in all, those of before included.
  std::uint64_t resumed = 0;               ///< Trials that were known from before.
  double simulated_s = 0;                  ///< Of one run.
  std::vector<std::string> broken_anyway;  ///< Objectives that are missed without any fault.
  std::vector<SearchBreak> breaks;         ///< Single faults first, then pairs.
  std::vector<SearchTrial> singles, moments, pairs;
  std::uint64_t singles_left = 0, moments_left = 0, pairs_left = 0;  ///< Not tried.
  std::vector<std::string> not_searched;  ///< Verbs that were not tried, and why.
  std::string ended_by;                   ///< What ended it: "everything was tried", …
  bool interrupted = false;
  double wall_s = 0;
  std::string started, version, command;
};

std::string search_json(const SearchResults& results);
std::string search_terminal(const SearchResults& results, const struct TerminalOptions& options);
std::string search_html(const SearchResults& results);

}  // namespace highwater
