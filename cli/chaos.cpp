#include <filesystem>
#include <functional>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/interrupt.h"
#include "cli/progress_line.h"
#include "cli/run_place.h"
#include "cli/scenario_input.h"
#include "engine/chaos/metastability.h"
#include "engine/chaos/search.h"
#include "engine/chaos/study.h"
#include "engine/experiment/wall_clock.h"
#include "engine/report/chaos_results.h"
#include "engine/report/run_folder.h"
#include "engine/report/terminal_writer.h"
#include "engine/report/text.h"
#include "engine/scenario/expand.h"

namespace highwater::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  highwater chaos scenarios/chaos/zone-loss.json             the verdict over 20 runs\n"
    "  highwater chaos scenarios/chaos/zone-loss.json --set api.replicas=9 --seeds 50\n"
    "  highwater chaos scenarios/users-api.json                   a scenario's own faults\n"
    "  highwater chaos scenarios/chaos/shop.json --search --budget 10m --out weak\n"
    "  highwater chaos weak/break-01.json                         what the search found\n"
    "  highwater chaos scenarios/chaos/retry-storm-base.json --metastable\n"
    "\n"
    "Each run stands beside the same run without the faults. The folder has the report\n"
    "(report.html), the numbers (chaos.json, search.json or metastable.json), and of an\n"
    "experiment JUnit's XML and the Chaos Toolkit's journals. The format of experiments:\n"
    "docs/topics/chaos.md. The faults: highwater kinds.\n"
    "\n"
    "Exit status: 0 it holds (nothing breaks, it recovers); 99 it does not; 2 wrong input;\n"
    "3 the folder cannot be written; 130 interrupted: what was finished is kept, marked partial.";

/// Journals of so many runs are written; more would only fill the folder.
constexpr std::size_t kMostJournals = 100;

struct ChaosCommand : WorkOptions {
  std::string file;
  std::string scenario_file;
  ScenarioOptions scenario;
  std::vector<std::string> variables, abort_on;
  std::string seeds, budget, trigger;  // as written
  bool search = false, metastable = false;
};

/// What is run: an experiment on a scenario, or a scenario with its own faults and objectives.
struct Input {
  std::optional<Scenario> scenario;
  std::optional<chaos::Experiment> experiment;
  bool of_scenario = false;
  std::uint64_t runs = 20;
};

std::optional<std::uint64_t> read_seeds(const ChaosCommand& options, Problems& problems) {
  if (options.seeds.empty()) return std::nullopt;
  const Value written = Value::string(options.seeds);
  std::uint64_t seeds = 0;
  Problems inside;
  if (Quantity<std::uint64_t>::read(written, "", inside, seeds) && seeds >= 1 && seeds <= 10'000)
    return seeds;
  problems.error({problems.add_source("--seeds " + options.seeds)}, "",
                 "expected a number of runs, from 1 to 10000");
  return std::nullopt;
}

/// Reads all that is needed; `problems` gets a list for each file.
bool load(const ChaosCommand& options, Input& input, std::vector<Problems>& problems) {
  Problems& own = problems.emplace_back();
  options.check(own);
  const auto seeds = read_seeds(options, own);
  bool valid = !own.has_errors();
  input.of_scenario = !chaos::looks_like_experiment(options.file);
  if (input.of_scenario) {
    for (const auto& [option, given] : {std::pair{"--var", !options.variables.empty()},
                                        std::pair{"--abort-on", !options.abort_on.empty()},
                                        std::pair{"--scenario", !options.scenario_file.empty()}})
      if (given) {
        own.error({own.add_source(option)}, "",
                  "is for experiments; " + options.file + " is a scenario");
        valid = false;
      }
    input.scenario =
        load_scenario(options.file, options.scenario.as_settings(), problems.emplace_back());
    if (!input.scenario || !valid) return false;
    input.experiment = chaos::experiment_of(input.scenario->system);
    if (seeds) input.runs = *seeds;
    return true;
  }
  Problems& of_experiment = problems.emplace_back();
  auto draft =
      chaos::load_experiment(options.file, options.variables, process_environment(), of_experiment);
  if (!draft) return false;
  for (const std::string& condition : options.abort_on)
    draft->settings.abort_on.push_back(condition);
  namespace fs = std::filesystem;
  std::string scenario_file = options.scenario_file;
  if (scenario_file.empty() && draft->settings.scenario)
    scenario_file = (fs::path(options.file).parent_path() / *draft->settings.scenario).string();
  if (scenario_file.empty()) {
    of_experiment.error(
        draft->root.position(), "",
        "on which scenario? Say it with --scenario FILE, or in the experiment: \"extensions\": "
        "[{\"name\": \"highwater\", \"scenario\": \"FILE\"}]");
    return false;
  }
  std::vector<std::string> settings = draft->settings.set;
  for (std::string& setting : options.scenario.as_settings())
    settings.push_back(std::move(setting));
  input.scenario = load_scenario(scenario_file, settings, problems.emplace_back());
  if (!input.scenario) return false;
  input.experiment = chaos::read_experiment(*draft, input.scenario->document, language(),
                                            input.scenario->system, catalog(), problems[1]);
  if (!input.experiment || !valid) return false;
  input.scenario->system.duration = input.experiment->duration;
  input.scenario->system.terminating = true;
  input.runs = seeds.value_or(draft->settings.seeds);
  return true;
}

/// The files of an experiment's folder, in the order in which they are put in place.
std::vector<NamedFile> files_of(const ChaosResults& results, const Input& input) {
  std::vector<NamedFile> files{
      {"expanded.json", write_json(expand(input.scenario->document, language(), "/")) + "\n"},
      {"chaos.json", chaos_json(results)},
      {"junit.xml", chaos_junit(results)},
      {"report.html", chaos_html(results)}};
  if (!input.of_scenario)
    files.push_back({"experiment.json", write_json(input.experiment->document) + "\n"});
  for (const auto& [run, journal] : results.journals)
    if (run < kMostJournals)
      files.push_back(
          {run == 0 ? "journal.json" : fmt::format("journal-{:03}.json", run + 1), journal});
  return files;
}

/// A line that says what is tried just now.
class TrialLine {
 public:
  ~TrialLine() {
    if (shown_) print_error("\r\033[K");
  }
  void show(const std::string& trying, std::uint64_t runs) {
    constexpr std::size_t kWidth = 79;
    print_error("\r\033[K" +
                truncated(one_line(fmt::format("{} runs; trying {}", runs, trying)), kWidth));
    shown_ = true;
  }

 private:
  bool shown_ = false;
};

/// Writes the folder and prints the summary. @return the exit status so far.
int publish(const ChaosCommand& options, const std::vector<NamedFile>& files,
            const std::string& what, const std::string& started, std::uint64_t seed,
            const std::string& json,
            const std::function<std::string(const TerminalOptions&)>& summary) {
  RunFolderPlace place;
  if (!options.out.empty()) place.directory = options.out;
  std::filesystem::path folder;
  std::string failure;
  try {
    folder = write_folder(files, place, folder_name(what), started, seed);
  } catch (const RunFolderError& error) {
    failure = error.what();  // the answers are still worth showing
  }
  print(options.json ? json : summary(terminal_for(folder)));
  if (failure.empty()) return kDone;
  print_error("highwater: " + failure + "\n");
  return kMissingResource;
}

/// --budget: a number of runs, or a time.
void read_budget(const std::string& text, chaos::SearchOptions& search, Problems& problems) {
  if (text.empty()) return;
  const Value written = Value::string(text);
  Problems unread;
  Duration time{};
  if (Quantity<std::uint64_t>::read(written, "", unread, search.budget_runs)) return;
  if (Quantity<Duration>::read(written, "", unread, time)) {
    search.budget_s = seconds(time);
    search.budget_runs = std::numeric_limits<std::uint64_t>::max() / 2;
    return;
  }
  problems.error({problems.add_source("--budget " + text)}, "",
                 "expected a number of runs such as 500, or a time such as \"10m\"");
}

int search_run(const ChaosCommand& options, const std::string& command_line) {
  std::vector<Problems> problems(2);
  chaos::SearchOptions search;
  options.check(problems[0]);
  read_budget(options.budget, search, problems[0]);
  if (const auto seeds = read_seeds(options, problems[0])) search.seeds = *seeds;
  const auto scenario = load_scenario(options.file, options.scenario.as_settings(), problems[1]);
  if (scenario && scenario->document.objectives().empty())
    problems[1].error(scenario->document.root().position(), "/objectives",
                      "the scenario has no objectives: there is nothing to break");
  if (!scenario || problems[0].has_errors() || problems[1].has_errors())
    return report_wrong_input(problems, options.json);
  require_writable(options.out);
  Interrupt interrupt;
  search.jobs = options.threads();
  search.interrupt = &interrupt.requested();
  search.settings = options.scenario.as_settings();
  if (!options.out.empty()) search.state = std::filesystem::path(options.out) / "search-state.json";
  const std::string started = wall_date();
  SearchResults results;
  {
    TrialLine line;
    if (standard_error_is_terminal())
      search.progress = [&](const std::string& trying, std::uint64_t runs) {
        line.show(trying, runs);
      };
    results = chaos::search(scenario->document, language(), catalog(), search);
  }
  results.started = started;
  results.version = program_version();
  results.command = command_line;
  std::vector<NamedFile> files{{"search.json", search_json(results)},
                               {"report.html", search_html(results)}};
  for (const SearchBreak& found : results.breaks) files.push_back({found.file, found.experiment});
  const int status = publish(
      options, files, "search-" + results.scenario, started, results.seed, search_json(results),
      [&](const TerminalOptions& terminal) { return search_terminal(results, terminal); });
  if (status != kDone) return status;
  if (interrupt.requested()) return kInterrupted;
  return results.breaks.empty() && results.broken_anyway.empty() ? kDone : kObjectiveMissed;
}

int metastable_run(const ChaosCommand& options, const std::string& command_line) {
  std::vector<Problems> problems(2);
  chaos::MetastabilityOptions find;
  options.check(problems[0]);
  if (const auto seeds = read_seeds(options, problems[0])) find.seeds = *seeds;
  if (!options.trigger.empty()) {
    find.trigger = parse_json_value(options.trigger);
    if (!find.trigger || !find.trigger->is_object())
      problems[0].error({problems[0].add_source("--trigger " + options.trigger)}, "",
                        "expected a fault without its times, such as {\"slow\": \"db\"}");
  }
  const auto scenario = load_scenario(options.file, options.scenario.as_settings(), problems[1]);
  if (!scenario || problems[0].has_errors()) return report_wrong_input(problems, options.json);
  require_writable(options.out);
  Interrupt interrupt;
  find.jobs = options.threads();
  find.interrupt = &interrupt.requested();
  const std::string started = wall_date();
  std::optional<MetastabilityResults> results;
  {
    TrialLine line;
    if (standard_error_is_terminal())
      find.progress = [&](const std::string& trying, std::uint64_t runs) {
        line.show(trying, runs);
      };
    results =
        chaos::find_metastability(scenario->document, language(), catalog(), find, problems[0]);
  }
  if (!results) return report_wrong_input(problems, options.json);
  results->started = started;
  results->version = program_version();
  results->command = command_line;
  const int status = publish(
      options,
      {{"metastable.json", metastability_json(*results)},
       {"report.html", metastability_html(*results)}},
      "metastable-" + results->scenario, started, results->seed, metastability_json(*results),
      [&](const TerminalOptions& terminal) { return metastability_terminal(*results, terminal); });
  if (status != kDone) return status;
  if (interrupt.requested()) return kInterrupted;
  return is_metastable(*results) ? kObjectiveMissed : kDone;
}

/// What does not go together.
bool check_modes(const ChaosCommand& options, Problems& problems) {
  const auto refuse = [&](const char* option, const std::string& why) {
    problems.error({problems.add_source(option)}, "", why);
  };
  if (options.search && options.metastable)
    refuse("--metastable", "is another question than --search: ask one at a time");
  const bool scenario = options.search || options.metastable;
  if (scenario && chaos::looks_like_experiment(options.file))
    refuse(options.search ? "--search" : "--metastable",
           "asks about a scenario, not an experiment");
  if (scenario)
    for (const auto& [option, given] : {std::pair{"--var", !options.variables.empty()},
                                        std::pair{"--abort-on", !options.abort_on.empty()},
                                        std::pair{"--scenario", !options.scenario_file.empty()}})
      if (given) refuse(option, "is for experiments");
  if (!options.budget.empty() && !options.search) refuse("--budget", "is for --search");
  if (!options.trigger.empty() && !options.metastable) refuse("--trigger", "is for --metastable");
  return !problems.has_errors();
}

int chaos_run(const ChaosCommand& options, const std::string& command_line) {
  std::vector<Problems> problems;
  problems.reserve(3);
  if (Problems modes; !check_modes(options, modes))
    return report_wrong_input({std::move(modes)}, options.json);
  if (options.search) return search_run(options, command_line);
  if (options.metastable) return metastable_run(options, command_line);
  Input input;
  if (!load(options, input, problems)) return report_wrong_input(problems, options.json);
  for (const Problems& warnings : problems) print_error(warnings.text());
  require_writable(options.out);

  Interrupt interrupt;
  chaos::StudyOptions study;
  study.jobs = options.threads();
  study.runs = input.runs;
  study.interrupt = &interrupt.requested();
  const System& system = input.scenario->system;
  const std::string started = wall_date();
  ChaosResults results;
  {
    ProgressLine line(input.experiment->title);
    const double began = wall_seconds();
    if (standard_error_is_terminal())
      study.progress = [&](std::uint64_t done, std::uint64_t planned) {
        Progress progress;
        progress.done = static_cast<double>(done) / static_cast<double>(planned);
        progress.simulated_s = seconds(system.duration) * static_cast<double>(done);
        progress.wall_s = wall_seconds() - began;
        progress.replications = done;
        progress.planned = planned;
        line.show(progress);
      };
    results = chaos::run_study(system, *input.experiment, input.of_scenario, study);
  }
  results.started = started;
  results.host = host_name();
  results.version = program_version();
  results.command = command_line;

  const int status = publish(
      options, files_of(results, input), results.title, started, system.seed, chaos_json(results),
      [&](const TerminalOptions& terminal) { return chaos_terminal(results, terminal); });
  if (status != kDone) return status;
  if (interrupt.requested()) return kInterrupted;
  const bool good =
      results.verdict == ChaosVerdict::holds || results.verdict == ChaosVerdict::exploring;
  return good ? kDone : kObjectiveMissed;
}

}  // namespace

void add_chaos(CLI::App& program, Action& action, const std::string& command_line) {
  const auto options = std::make_shared<ChaosCommand>();
  CLI::App* command = program.add_subcommand(
      "chaos", "Break a system on purpose: does a promise hold under faults, what did each do");
  command->footer(kExamples);
  command
      ->add_option("FILE", options->file,
                   "An experiment in the format of the Chaos Toolkit, or a scenario, whose own "
                   "faults and objectives are one")
      ->required();
  command
      ->add_option("--seeds", options->seeds,
                   "How often it is run, with other draws each time: 20 unless the experiment says "
                   "it, 3 for each trial of --search and --metastable")
      ->type_name("N");
  add_scenario_options(*command, options->scenario);
  add_work_options(*command, *options, "results/<title>/<time>-<seed>");

  constexpr const char* kOfExperiments = "Of experiments";
  command
      ->add_option("--scenario", options->scenario_file,
                   "The scenario that it is run on, instead of the one that it names")
      ->type_name("FILE")
      ->group(kOfExperiments);
  command
      ->add_option("--var", options->variables,
                   "Instead of a value of its configuration; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false)
      ->group(kOfExperiments);
  command
      ->add_option("--abort-on", options->abort_on,
                   "End the method and its faults when this comes true; may be repeated: "
                   "\"users.availability < 50% over 30s\"")
      ->type_name("CONDITION")
      ->allow_extra_args(false)
      ->group(kOfExperiments);

  constexpr const char* kOfScenarios = "Of scenarios";
  command
      ->add_flag("--search", options->search,
                 "Look for the faults, alone and in pairs, that break an objective; with --out it "
                 "goes on where it ended")
      ->group(kOfScenarios);
  command
      ->add_option("--budget", options->budget,
                   "With --search: so many runs, or so much time; 1000 runs unless given")
      ->type_name("RUNS|TIME")
      ->group(kOfScenarios);
  command
      ->add_flag("--metastable", options->metastable,
                 "At which loads does it stay down after a trigger has passed")
      ->group(kOfScenarios);
  command
      ->add_option("--trigger", options->trigger,
                   "With --metastable: the fault that pushes it, without its times, such as "
                   "'{\"slow\": \"db\"}'; more load unless given")
      ->type_name("FAULT")
      ->group(kOfScenarios);
  command->callback([options, &action, command_line] {
    action = [options, command_line] { return chaos_run(*options, command_line); };
  });
}

}  // namespace highwater::cli
