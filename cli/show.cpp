#include <memory>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/scenario_input.h"
#include "engine/scenario/expand.h"
#include "engine/topology/graphviz.h"

namespace highwater::cli {
namespace {

struct ShowCommand {
  std::string file;
  std::vector<std::string> settings;
  bool graphviz = false;
  bool json = false;
};

int show(const ShowCommand& options) {
  Problems problems;
  const auto scenario = load_scenario(options.file, options.settings, problems);
  if (!scenario) return report_wrong_input({problems}, options.json);
  print_error(problems.text());
  if (options.graphviz) {
    Problems seen = scenario->document.problems();
    print(graphviz_text(topology_of(scenario->document, seen), scenario->document.name(),
                        {{"load_balancer", "diamond"},
                         {"cache", "box3d"},
                         {"database", "cylinder"},
                         {"external", "tab"}}));
  } else {
    print(write_json(expand(scenario->document, language())) + "\n");
  }
  return kDone;
}

}  // namespace

void add_show(CLI::App& program, Action& action) {
  const auto options = std::make_shared<ShowCommand>();
  CLI::App* command =
      program.add_subcommand("show", "Print a scenario with every default filled in, as JSON");
  command->add_option("SCENARIO", options->file, "Scenario file")->required();
  add_settings_option(*command, options->settings);
  auto* graphviz = command->add_flag("--graphviz", options->graphviz,
                                     "Who calls whom instead, in the language of Graphviz's dot");
  command->add_flag("--json", options->json, "Problems too as JSON on standard output")
      ->excludes(graphviz);
  command->callback([options, &action] { action = [options] { return show(*options); }; });
}

}  // namespace highwater::cli
