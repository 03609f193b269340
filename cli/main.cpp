#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "engine/describe/nearest.h"
#include "engine/describe/problems.h"
#include "engine/report/run_folder.h"

namespace highwater::cli {
namespace {

constexpr const char* kAbout =
    "Simulates scalable backends request by request, under load and faults.";

constexpr const char* kFirstSteps =
    "Examples:\n"
    "  highwater run scenarios/users-api.json --set api.replicas=6\n"
    "  highwater run scenarios/users-api.json --precision 1% --json\n"
    "  highwater chaos scenarios/chaos/zone-loss.json\n"
    "  highwater chaos scenarios/chaos/shop.json --search --budget 200\n"
    "  highwater kinds service\n"
    "\n"
    "Started as ./highwater from a checkout it installs what is missing and builds first:\n"
    "  ./highwater test             builds and runs every test\n"
    "  ./highwater --no-install …   never installs anything\n"
    "\n"
    "Exit status: 0 done, every objective met; 1 internal failure; 2 wrong input;\n"
    "3 a resource is missing; 99 an objective was missed; 130 interrupted.";

/// The command line as one would type it again.
std::string command_line(int count, char** words) {
  std::string line = "highwater";
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_./=:,%+@[]") == std::string::npos;
    line += ' ';
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

/// The command that was chosen, as far as the command line got: `algorithm`, or one below it.
const CLI::App& chosen_command(const CLI::App& program) {
  const CLI::App* chosen = &program;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  return *chosen;
}

std::vector<std::string> commands_below(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(below->get_name());
  return names;
}

/// Every word that may stand where the command line went wrong.
std::vector<std::string> known_words(const CLI::App& chosen) {
  std::vector<std::string> words = commands_below(chosen);
  for (const CLI::Option* option : chosen.get_options())
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

/// "highwater algorithm lru", as one types it.
std::string whole_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent != nullptr ? whole_name(*parent) + " " : "") + command.get_name();
}

/// CLI11's pages, with the command in the usage line as one types it.
class HelpPages final : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* command, std::string) const override {
    return CLI::Formatter::make_usage(command, whole_name(*command));
  }
};

/// Says what is wrong with the command line, and what was most likely meant.
int report_misuse(const CLI::App& program, const CLI::ParseError& error,
                  const std::vector<std::string>& words) {
  const CLI::App& chosen = chosen_command(program);
  const std::vector<std::string> known = known_words(chosen);
  std::string text = error.what();
  std::string suggestion;
  // Where commands are and none was chosen, the word there is none.
  const std::size_t depth = chosen.get_parent() == nullptr ? 0 : 1;
  const bool no_command = !commands_below(chosen).empty() && words.size() > depth;
  if (no_command && !words[depth].starts_with('-')) {
    text = fmt::format("there is no {} {}", depth == 0 ? "command" : chosen.get_name(),
                       in_quotes(words[depth]));
    suggestion = nearest_word(words[depth], known);
  }
  for (const std::string& word : words) {
    const std::string bare = word.substr(0, word.find('='));
    const bool unexpected = text.find(bare) != std::string::npos;
    const bool is_known = std::find(known.begin(), known.end(), bare) != known.end();
    if (unexpected && !is_known && suggestion.empty()) suggestion = nearest_word(bare, known);
  }
  if (!suggestion.empty()) text += "; did you mean " + in_quotes(suggestion) + "?";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text)
    if (c == '\n') c = ' ';
  print_error(fmt::format("highwater: {}\nTry {} --help.\n", text, whole_name(chosen)));
  return kWrongInput;
}

int run_program(int count, char** words) {
  CLI::App program{kAbout, "highwater"};
  program.footer(kFirstSteps);
  program.set_version_flag("--version", "highwater " + program_version());
  program.require_subcommand(1);
  program.formatter(std::make_shared<HelpPages>());
  program.get_formatter()->column_width(34);

  Action action;
  add_run(program, action, command_line(count, words));
  add_chaos(program, action, command_line(count, words));
  add_view(program, action, command_line(count, words));
  add_validate(program, action);
  add_show(program, action);
  add_schema(program, action);
  add_kinds(program, action);
  add_algorithm(program, action);
  add_cache_curve(program, action, command_line(count, words));
  try {
    program.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    print(chosen_command(program).help());
    return kDone;
  } catch (const CLI::CallForVersion& version) {
    print(std::string(version.what()) + "\n");
    return kDone;
  } catch (const CLI::ParseError& error) {
    return report_misuse(program, error, {words + 1, words + count});
  }
  return action();
}

}  // namespace
}  // namespace highwater::cli

int main(int count, char** words) {
  using namespace highwater;
  using namespace highwater::cli;
  try {
    return run_program(count, words);
  } catch (const RunFolderError& error) {
    print_error(fmt::format("highwater: {}\n", error.what()));
    return kMissingResource;
  } catch (const std::bad_alloc&) {
    print_error("highwater: not enough memory\n");
  } catch (const std::exception& error) {
    print_error(fmt::format("highwater: internal failure: {}\n", error.what()));
  }
  return kInternalFailure;
}
