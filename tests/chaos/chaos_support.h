#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/chaos/experiment.h"
#include "engine/chaos/study.h"
#include "tests/experiment/experiment_support.h"
#include "tests/support/scratch_file.h"

namespace highwater::testing {

/// A scenario and an experiment on it, ready to run, or all that is wrong with the experiment.
struct Ready {
  std::optional<Document> document;
  std::optional<System> system;
  std::optional<chaos::Experiment> experiment;
  std::string problems;
};

/// Users of an M/M/2 at 50 %, and others whom nothing that happens to it concerns.
inline std::string two_clients() {
  return R"({"highwater": 1, "name": "two", "run": {"duration": "2m", "replications": 1},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "100/s"},
                "calls": {"to": "api", "timeout": "1s"}},
      "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "10ms"}},
      "others": {"kind": "client", "arrivals": {"poisson": "50/s"}, "calls": "store"},
      "store": {"kind": "service", "workers": 4, "service_time": {"exponential": "10ms"}}},
    "objectives": ["users.availability >= 99%", "others.availability >= 99%"]})";
}

inline Ready ready(const std::string& experiment, const std::string& scenario = two_clients(),
                   const std::vector<std::string>& variables = {}) {
  Ready result;
  Problems problems;
  result.document = read_document(scenario, "test.json", "", language(), {}, problems);
  if (result.document) result.system = prepare(*result.document, catalog(), problems);
  if (!result.system) throw std::runtime_error(problems.text());
  const ScratchFile file(experiment);
  Problems of_experiment;
  const auto draft = chaos::load_experiment(file.path(), variables, {}, of_experiment);
  if (draft)
    result.experiment = chaos::read_experiment(*draft, *result.document, language(), *result.system,
                                               catalog(), of_experiment);
  result.problems = of_experiment.text();
  if (result.experiment) result.system->duration = result.experiment->duration;
  return result;
}

/// An experiment with these members, each with its comma in front.
inline std::string experiment(const std::string& more) {
  return R"({"title": "t", "description": "d")" + more + "}";
}

inline ChaosResults study(const Ready& of, std::uint64_t runs = 4, unsigned jobs = 1) {
  if (!of.experiment) throw std::runtime_error(of.problems);
  chaos::StudyOptions options;
  options.runs = runs;
  options.jobs = jobs;
  return chaos::run_study(*of.system, *of.experiment, false, options);
}

}  // namespace highwater::testing
