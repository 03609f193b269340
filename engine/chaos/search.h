#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/prepare.h"
#include "engine/report/search_results.h"
#include "engine/scenario/document.h"

namespace highwater::chaos {

struct SearchOptions {
  unsigned jobs = 1;
  std::uint64_t seeds = 3;            ///< Runs of each trial.
  std::uint64_t budget_runs = 1'000;  ///< In all.
  std::optional<double> budget_s;     ///< Of wall time.
  std::optional<Duration> lasts;      ///< How long a fault lasts at first; a tenth of the run.
  bool pairs = true;
  std::vector<std::string> settings;  ///< That the scenario was read with, for what is saved.
  std::function<void(const std::string& trying, std::uint64_t runs)> progress;
  const std::atomic<bool>* interrupt = nullptr;
  /// Where what was tried is kept, so that a search that ended goes on there; empty for nowhere.
  std::filesystem::path state;
};

/// Looks for what breaks an objective of the scenario: every fault that its verbs propose, one at a
/// time, then at other moments where the load is not the same all the time, then two at a time,
/// those first that strain it most. What breaks is shrunk: shorter, on fewer instances, smaller, as
/// long as it still does.
///
/// Those are tried first whose target most depends on: dominators and articulation points of the
/// graph, whole zones, and what most calls go to.
///
/// A trial breaks an objective where it misses it in most of its runs, and the run without it does
/// not. The runs have the same draws.
SearchResults search(const Document& scenario, const Language& language, const Catalog& catalog,
                     const SearchOptions& options);

}  // namespace highwater::chaos
