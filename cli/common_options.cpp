#include "cli/common_options.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "cli/console.h"
#include "version.h"

namespace highwater::cli {
namespace {

constexpr unsigned kMostJobs = 1024;

}  // namespace

unsigned WorkOptions::threads() const {
  return jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency());
}

void WorkOptions::check(Problems& problems) const {
  if (jobs > kMostJobs)
    problems.error({problems.add_source(fmt::format("--jobs {}", jobs))}, "",
                   fmt::format("at most {}", kMostJobs));
}

void add_work_options(CLI::App& command, WorkOptions& options, const std::string& folder) {
  command
      .add_option("--jobs", options.jobs,
                  "So much at the same time; as many as there are processors by default")
      ->type_name("N");
  command
      .add_option("--out", options.out,
                  "The folder for what comes out, created or reused; by default " + folder)
      ->type_name("DIR");
  command.add_flag("--json", options.json, "The results as one JSON document");
}

std::vector<std::string> ScenarioOptions::as_settings() const {
  std::vector<std::string> all = settings;
  if (!seed.empty()) all.push_back("run.seed=" + seed);
  if (!duration.empty()) all.push_back("run.duration=" + duration);
  return all;
}

void add_settings_option(CLI::App& command, std::vector<std::string>& settings) {
  command
      .add_option("--set", settings,
                  "Override a value: api.replicas=6, faults[0].at=2m; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

void add_scenario_options(CLI::App& command, ScenarioOptions& options) {
  add_settings_option(command, options.settings);
  command.add_option("--seed", options.seed, "Seed of all random draws (run.seed)")->type_name("N");
  command.add_option("--duration", options.duration, "Simulated time, such as 10m (run.duration)")
      ->type_name("DURATION");
}

TerminalOptions terminal_for(const std::filesystem::path& folder) {
  const OutputStyle style = standard_output_style();
  TerminalOptions terminal;
  terminal.width = style.width;
  terminal.color = style.color;
  terminal.utf8 = style.utf8;
  if (!folder.empty()) terminal.report_path = (folder / "report.html").string();
  return terminal;
}

std::string program_version() {
  return fmt::format("{} ({})", kVersion, kCommit);
}

}  // namespace highwater::cli
