// The same scenario, seed and version give the same numbers on every machine and with every
// compiler: the documents of a few runs are kept, and each build is held to them byte by byte.
//
// Where numbers are meant to change, HIGHWATER_UPDATE_RESULTS=1 writes the files anew, and the
// changelog says why.

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/experiment/assemble.h"
#include "engine/experiment/run.h"
#include "engine/report/json_writer.h"
#include "tests/support/scenario_system.h"

namespace highwater::testing {
namespace {

/// The run's document without what is no result: times of this machine, the number of events.
std::string document_of(const std::string& scenario, const std::vector<std::string>& settings) {
  const System system = system_of_scenario(scenario, settings);
  RunOptions options;
  options.jobs = 2;
  Results results = assemble(system, run_system(system, options));
  results.wall_s = 0;
  results.events = 0;
  return run_json(results);
}

void hold_to(const std::string& name, const std::string& document) {
  const std::string path =
      std::string(HIGHWATER_SOURCE_DIR) + "/tests/data/results/" + name + ".json";
  if (std::getenv("HIGHWATER_UPDATE_RESULTS") != nullptr) {
    std::ofstream(path) << document;
    return;
  }
  std::ifstream file(path);
  std::stringstream kept;
  kept << file.rdbuf();
  CHECK(document == kept.str());
}

TEST_CASE("reproducible: a whole backend with a fault") {
  hold_to("users-api",
          document_of("users-api.json", {"run.duration=20s", "run.warmup=2s", "run.replications=2",
                                         "faults[0].at=8s", "faults[0].for=4s"}));
}

TEST_CASE("reproducible: jobs and workers") {
  const std::vector<std::string> settings{"run.duration=20s", "run.warmup=2s", "run.replications=2",
                                          "faults[0].at=8s", "faults[0].for=4s"};
  hold_to("job-queue", document_of("job-queue.json", settings));
  std::vector<std::string> pushed = settings;
  pushed.push_back(R"(jobs={"kind": "queue", "rabbitmq": {"message_ttl": "10s"},
                            "dead_letter": "jobs-dead"})");
  pushed.push_back(R"(jobs-dead={"kind": "queue", "rabbitmq": {}})");
  hold_to("job-queue-rabbitmq", document_of("job-queue.json", pushed));
}

TEST_CASE("reproducible: a recorded web site") {
  hold_to("access-log-replay", document_of("access-log-replay.json", {"run.replications=2"}));
}

TEST_CASE("reproducible: queues") {
  for (const char* name : {"mg1-lognormal", "mg1-hyperexponential", "mg1-pareto", "mg1-ps",
                           "impatience", "jackson-feedback", "machine-repair"})
    hold_to(name, document_of("textbook/" + std::string(name) + ".json",
                              {"run.duration=20s", "run.replications=2"}));
}

}  // namespace
}  // namespace highwater::testing
