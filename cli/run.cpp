#include "engine/experiment/run.h"

#include <filesystem>
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
#include "engine/experiment/assemble.h"
#include "engine/experiment/findings.h"
#include "engine/experiment/wall_clock.h"
#include "engine/report/json_writer.h"
#include "engine/report/metric_view.h"
#include "engine/report/run_folder.h"
#include "engine/report/terminal_writer.h"
#include "engine/scenario/expand.h"
#include "version.h"

namespace highwater::cli {
namespace {

struct RunCommand : WorkOptions {
  std::vector<std::string> files;
  ScenarioOptions scenario;
  std::string replications;  // as written: a setting too
  std::string precision;
};

std::vector<std::string> all_settings(const RunCommand& options) {
  std::vector<std::string> settings = options.scenario.as_settings();
  if (!options.replications.empty()) settings.push_back("run.replications=" + options.replications);
  return settings;
}

/// What the command line itself gets wrong.
void check(const RunCommand& options, RunOptions& run, Problems& problems) {
  if (!options.precision.empty()) {
    const Value written = Value::string(options.precision);
    Fraction precision;
    Problems inside;
    if (!Quantity<Fraction>::read(written, "", inside, precision) || precision.value <= 0 ||
        precision.value >= 1)
      problems.error({problems.add_source("--precision " + options.precision)}, "",
                     "expected a fraction above 0 and below 1, such as \"1%\"");
    run.precision = precision.value;
  }
  options.check(problems);
  if (!options.out.empty() && options.files.size() > 1)
    problems.error({problems.add_source("--out " + options.out)}, "",
                   "is the folder of one run; leave it out for several scenarios");
}

class Runner {
 public:
  Runner(const RunCommand& options, RunOptions run, std::string command_line)
      : options_(options), run_(std::move(run)), command_line_(std::move(command_line)) {
    run_.interrupt = &interrupt_.requested();
    run_.jobs = options.threads();
  }

  /// Runs one scenario, writes its folder, prints its summary. @return the exit status.
  int run(const Scenario& scenario, const Problems& warnings) {
    const std::string started = wall_date();
    Results results = assemble(scenario.system, simulate(scenario.system));
    results.started = started;
    results.host = host_name();
    results.version = program_version();
    results.compiler = fmt::format("{}, {}, {}", kCompiler, kBuildType, kSystem);
    results.command = command_line_;
    for (Finding& finding : findings_of(warnings)) results.findings.push_back(std::move(finding));
    const std::string expanded = write_json(expand(scenario.document, language(), "/")) + "\n";
    RunFolderPlace place;
    if (!options_.out.empty()) place.directory = options_.out;
    std::filesystem::path folder;
    std::string failure;
    try {
      folder = write_run_folder(results, expanded, place);
    } catch (const RunFolderError& error) {
      failure = error.what();  // the answers are still worth showing
    }
    show(results, folder);
    if (!failure.empty()) {
      print_error("highwater: " + failure + "\n");
      return kMissingResource;
    }
    if (interrupt_.requested()) return kInterrupted;
    return missed_objectives(results) > 0 ? kObjectiveMissed : kDone;
  }

  /// The documents of all runs: the one, or a list of them.
  void finish() {
    if (!options_.json) return;
    if (options_.files.size() == 1) return print(documents_);
    print("[\n" + documents_ + "]\n");
  }

  bool interrupted() const { return interrupt_.requested(); }

 private:
  RunRecord simulate(const System& system) {
    ProgressLine line(system.name);
    RunOptions run = run_;
    if (standard_error_is_terminal())
      run.progress = [&line](const Progress& progress) { line.show(progress); };
    return run_system(system, run);
  }

  void show(const Results& results, const std::filesystem::path& folder) {
    if (options_.json) {
      if (!documents_.empty()) documents_ += ",\n";
      documents_ += run_json(results);
      return;
    }
    if (shown_) print("\n");
    print(terminal_summary(results, terminal_for(folder)));
    shown_ = true;
  }

  const RunCommand& options_;
  RunOptions run_;
  std::string command_line_;
  Interrupt interrupt_;
  std::string documents_;
  bool shown_ = false;
};

int run(const RunCommand& options, const std::string& command_line) {
  RunOptions run_options;
  std::vector<Problems> problems(1);
  check(options, run_options, problems.front());
  std::vector<Scenario> scenarios;
  bool valid = !problems.front().has_errors();
  for (const std::string& file : options.files) {
    auto scenario = load_scenario(file, all_settings(options), problems.emplace_back());
    valid &= scenario.has_value();
    if (scenario) scenarios.push_back(std::move(*scenario));
  }
  if (!valid) return report_wrong_input(problems, options.json);
  for (const Problems& warnings : problems) print_error(warnings.text());
  require_writable(options.out);

  Runner runner(options, run_options, command_line);
  int status = kDone;
  for (std::size_t i = 0; i < scenarios.size() && !runner.interrupted(); ++i)
    status = std::max(status, runner.run(scenarios[i], problems[i + 1]));
  runner.finish();
  return status;
}

}  // namespace

void add_run(CLI::App& program, Action& action, const std::string& command_line) {
  const auto options = std::make_shared<RunCommand>();
  CLI::App* command = program.add_subcommand(
      "run", "Simulate scenarios, print a summary, write a report under results/");
  command->add_option("SCENARIO", options->files, "Scenario files")->required();
  add_scenario_options(*command, options->scenario);
  command
      ->add_option("--replications", options->replications,
                   "Independent replications (run.replications)")
      ->type_name("N");
  command
      ->add_option("--precision", options->precision,
                   "Run until throughput, mean latency and p99 of every client are known to so "
                   "much, such as 1%")
      ->type_name("FRACTION");
  add_work_options(*command, *options, "results/<scenario>/<time>-<seed>");
  command->callback([options, &action, command_line] {
    action = [options, command_line] { return run(*options, command_line); };
  });
}

}  // namespace highwater::cli
