#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "engine/describe/field.h"
#include "engine/describe/nearest.h"
#include "engine/experiment/wall_clock.h"
#include "engine/report/miss_curves.h"
#include "engine/report/run_folder.h"
#include "models/cache_curve/curve.h"

namespace highwater::cli {
namespace {

using caching::kPolicies;

constexpr const char* kUsualPolicies = "lru,fifo,sieve,s3_fifo,w_tinylfu,arc,lfu,redis_lru,min";

struct CacheCurveCommand : WorkOptions {
  std::string trace;
  std::string format = "auto";
  std::string column = "key";
  std::string time_column;
  std::string interval = "1s";
  std::string policies;
  std::string sizes;
  std::string sample;
  std::uint64_t seed = 1;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    if (comma == text.size()) return parts;
    from = comma + 1;
  }
}

/// The value of one option, read as any parameter is.
template <class T>
T read_option(const char* option, const std::string& text, Problems& problems) {
  Value value = Value::string(text);
  value.set_position({problems.add_source(fmt::format("{} {}", option, text)), 0, 0});
  T out{};
  Quantity<T>::read(value, "", problems, out);
  return out;
}

void read_policies(const std::string& text, cache_curve::CurvePlan& plan, Problems& problems) {
  std::vector<std::string> known{"all", "min"};
  for (const caching::PolicyInfo& info : kPolicies) known.emplace_back(info.name);
  for (const std::string& name : split(text)) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      problems.error({problems.add_source("--policies " + text)}, "",
                     "there is no policy " + in_quotes(name), nearest_word(name, known));
    plan.min |= name == "min" || name == "all";
    for (const caching::PolicyInfo& info : kPolicies) {
      // Volatile policies evict keys with an expiry, and keys of a trace have none.
      const bool fits = !info.name.starts_with("redis_volatile_");
      const bool wanted = info.name == name || (name == "all" && fits);
      auto& policies = plan.policies;
      if (wanted && std::find(policies.begin(), policies.end(), info.policy) == policies.end())
        policies.push_back(info.policy);
    }
  }
}

std::vector<std::uint64_t> read_sizes(const std::string& text, Problems& problems) {
  std::vector<std::uint64_t> sizes;
  if (text.empty()) return sizes;
  for (const std::string& part : split(text)) {
    const std::size_t before = problems.error_count();
    sizes.push_back(read_option<std::uint64_t>("--sizes", part, problems));
    if (sizes.back() == 0 && problems.error_count() == before)
      problems.error({problems.add_source("--sizes " + text)}, "", "a size is at least 1");
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

int curve(const CacheCurveCommand& options, const std::string& command_line) {
  Problems problems;
  cache_curve::TraceOptions trace;
  trace.format = read_option<cache_curve::TraceFormat>("--format", options.format, problems);
  trace.key_column = options.column;
  trace.time_column = options.time_column;
  trace.interval = read_option<Duration>("--interval", options.interval, problems);
  cache_curve::CurvePlan plan;
  read_policies(options.policies, plan, problems);
  plan.capacities = read_sizes(options.sizes, problems);
  plan.seed = options.seed;
  plan.jobs = options.threads();
  options.check(problems);
  if (!options.sample.empty()) {
    const std::size_t before = problems.error_count();
    plan.sample = read_option<Fraction>("--sample", options.sample, problems).value;
    const bool fits = *plan.sample > 0 && *plan.sample * cache_curve::kSamples <= 1;
    if (!fits && problems.error_count() == before)
      problems.error({problems.add_source("--sample " + options.sample)}, "",
                     fmt::format("more than 0 and at most {}: {} samples are taken",
                                 1.0 / cache_curve::kSamples, cache_curve::kSamples));
  }
  if (problems.has_errors()) {
    print_error(problems.text());
    return kWrongInput;
  }
  const std::string started = wall_date();
  const auto begin = std::chrono::steady_clock::now();
  std::optional<MissCurves> curves = measure(options.trace, trace, plan, problems);
  print_error(problems.text());
  if (!curves) return kWrongInput;
  curves->wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  curves->started = started;
  curves->version = program_version();
  curves->command = command_line;

  RunFolderPlace place;
  if (!options.out.empty()) place.directory = options.out;
  const std::string document = miss_curves_json(*curves);
  const std::filesystem::path folder =
      write_folder({{"curves.csv", miss_curves_csv(*curves)},
                    {"curves.json", document},
                    {"report.html", miss_curves_html(*curves)}},
                   place, "cache-curve-" + std::filesystem::path(options.trace).stem().string(),
                   started, options.seed);
  if (options.json) {
    print(document);
    return kDone;
  }
  print(miss_curves_table(*curves, terminal_for(folder)));
  return kDone;
}

}  // namespace

void add_cache_curve(CLI::App& program, Action& action, const std::string& command_line) {
  const auto options = std::make_shared<CacheCurveCommand>();
  options->policies = kUsualPolicies;
  CLI::App* command = program.add_subcommand(
      "cache-curve", "What caches of other sizes and policies would have missed of a real trace");
  command->add_option("TRACE", options->trace, "A file of keys; text may be gzipped")->required();
  command->add_option("--format", options->format,
                      "auto (by the file's name), lines (a key each), csv, or oracle_general "
                      "(libCacheSim's binary records)");
  command->add_option("--column", options->column, "Column of a CSV that holds the key");
  command->add_option("--time-column", options->time_column,
                      "Column of a CSV that holds the time in seconds");
  command
      ->add_option("--interval", options->interval,
                   "Time between two requests where the trace has none, for policies with a clock")
      ->type_name("DURATION");
  command->add_option("--policies", options->policies, "Policies, or all")
      ->type_name("NAME,NAME")
      ->capture_default_str();
  command
      ->add_option("--sizes", options->sizes,
                   "Capacities in entries, such as 1k,10k; chosen from the trace by default")
      ->type_name("N,N");
  command
      ->add_option("--sample", options->sample,
                   "Simulate samples of so many of the keys each, such as 1%, and state the error")
      ->type_name("FRACTION");
  command->add_option("--seed", options->seed, "Seed of all random draws");
  add_work_options(*command, *options, "results/cache-curve-<trace>/<time>-<seed>");
  command->callback([options, &action, command_line] {
    action = [options, command_line] { return curve(*options, command_line); };
  });
}

}  // namespace highwater::cli
