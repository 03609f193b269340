#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/describe/problems.h"
#include "engine/report/terminal_writer.h"

namespace highwater::cli {

/// What every command takes that works for a while and leaves a folder.
struct WorkOptions {
  unsigned jobs = 0;  ///< 0: one for each processor.
  std::string out;
  bool json = false;

  unsigned threads() const;
  /// Reports what no machine has.
  void check(Problems& problems) const;
};

/// Adds --jobs, --out and --json.
/// @param folder  What --out is by default.
void add_work_options(CLI::App& command, WorkOptions& options, const std::string& folder);

/// What every command takes that runs scenarios.
struct ScenarioOptions {
  std::vector<std::string> settings;
  std::string seed, duration;  ///< As written: they are settings too.

  /// All of them as settings: the expanded scenario then shows them.
  std::vector<std::string> as_settings() const;
};

/// Adds --set PATH=VALUE alone, for commands that run nothing.
void add_settings_option(CLI::App& command, std::vector<std::string>& settings);
/// Adds --set, --seed and --duration.
void add_scenario_options(CLI::App& command, ScenarioOptions& options);

/// The terminal that standard output is, and the report in `folder`; an empty one has none.
TerminalOptions terminal_for(const std::filesystem::path& folder);

/// "0.1.0 (dc24ced54ea1)"
std::string program_version();

}  // namespace highwater::cli
