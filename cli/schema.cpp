#include "engine/scenario/schema.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/scenario_input.h"

namespace highwater::cli {

void add_schema(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "schema", "Print the JSON Schema of scenarios (draft 2020-12), for editors and checkers");
  command->add_flag_callback(
      "--json", [] {}, "It is JSON in any case");
  command->callback([&action] {
    action = [] {
      print(write_json(json_schema(language())) + "\n");
      return kDone;
    };
  });
}

}  // namespace highwater::cli
