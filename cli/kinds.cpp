#include <memory>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/scenario_input.h"
#include "engine/describe/nearest.h"
#include "engine/scenario/reference.h"

namespace highwater::cli {
namespace {

struct KindsCommand {
  std::string kind;
  bool all = false;
  bool json = false;
};

int unknown_kind(const std::string& name) {
  std::vector<std::string> names = names_of(language().kinds);
  for (const std::string& verb : names_of(language().faults)) names.push_back(verb);
  for (const SectionInfo& section : language().sections) names.push_back(section.info.name);
  const std::string nearest = nearest_word(name, names);
  std::string text = "there is no kind, fault or section " + in_quotes(name);
  if (!nearest.empty()) {
    text += "; did you mean " + in_quotes(nearest) + "?";
  } else {
    text += "; known:";
    for (const std::string& known : names) text += " " + known;
  }
  print_error("highwater: " + text + "\n");
  return kWrongInput;
}

int kinds(const KindsCommand& options) {
  if (options.kind.empty()) {
    if (options.json)
      print(write_json(language_json(language())) + "\n");
    else
      print(options.all ? full_reference(language()) : kind_list(language()));
    return kDone;
  }
  const KindInfo* kind = find_kind(language().kinds, options.kind);
  if (kind == nullptr) kind = find_kind(language().faults, options.kind);
  for (const SectionInfo& section : language().sections)
    if (kind == nullptr && section.info.name == options.kind) kind = &section.info;
  if (kind == nullptr) return unknown_kind(options.kind);
  print(options.json ? write_json(kind_json(*kind)) + "\n" : kind_reference(*kind));
  return kDone;
}

}  // namespace

void add_kinds(CLI::App& program, Action& action) {
  const auto options = std::make_shared<KindsCommand>();
  CLI::App* command = program.add_subcommand(
      "kinds", "What components and faults there are, and what each can be told");
  auto* kind = command->add_option("KIND", options->kind,
                                   "A kind of component, a fault's verb or a section");
  command->add_flag("--all", options->all, "The whole reference, as Markdown")->excludes(kind);
  command->add_flag("--json", options->json, "The same as one JSON document");
  command->callback([options, &action] { action = [options] { return kinds(*options); }; });
}

}  // namespace highwater::cli
