#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/scenario_input.h"

namespace highwater::cli {
namespace {

struct ValidateCommand {
  std::vector<std::string> files;
  std::vector<std::string> settings;
  bool json = false;
};

std::string counted(std::size_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

int validate(const ValidateCommand& options) {
  std::vector<Problems> all;
  std::string fine;
  bool valid = true;
  for (const std::string& file : options.files) {
    Problems problems;
    const auto scenario = load_scenario(file, options.settings, problems);
    valid &= scenario.has_value();
    if (scenario)
      fine += fmt::format("{}: valid, {}, {}, {}\n", file,
                          counted(scenario->system.parts.size(), "component"),
                          counted(scenario->system.faults.size(), "fault"),
                          counted(scenario->system.objectives.size(), "objective"));
    all.push_back(std::move(problems));
  }
  for (const Problems& problems : all) print_error(problems.text());
  print(options.json ? problems_json(all) : fine);
  return valid ? kDone : kWrongInput;
}

}  // namespace

void add_validate(CLI::App& program, Action& action) {
  const auto options = std::make_shared<ValidateCommand>();
  CLI::App* command =
      program.add_subcommand("validate", "Check scenarios; every mistake at once, with its place");
  command->add_option("SCENARIO", options->files, "Scenario files")->required();
  add_settings_option(*command, options->settings);
  command->add_flag("--json", options->json, "The problems as one JSON document");
  command->callback([options, &action] { action = [options] { return validate(*options); }; });
}

}  // namespace highwater::cli
