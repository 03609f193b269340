#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/experiment/assemble.h"
#include "engine/experiment/prepare.h"
#include "engine/experiment/run.h"
#include "engine/report/json_writer.h"
#include "engine/report/summary_rows.h"
#include "models/catalog.h"

namespace highwater::testing {

inline const Catalog& catalog() {
  static const Catalog all{model_kinds(), fault_kinds(), section_kinds()};
  return all;
}

inline const Language& language() {
  static const Language spoken = language_of(catalog());
  return spoken;
}

/// A scenario text made ready to run, or all that is wrong with it.
struct Prepared {
  std::optional<System> system;
  std::string problems;
};

inline Prepared prepared(const std::string& text, std::vector<std::string> settings = {}) {
  Problems problems;
  Prepared result;
  const auto document =
      read_document(text, "test.json", "", language(), {std::move(settings), {}}, problems);
  if (document) result.system = prepare(*document, catalog(), problems);
  result.problems = problems.text();
  return result;
}

/// Ten seconds of an M/M/1 at 80 %, with `more` in front of the components.
inline std::string mm1(const std::string& more = "") {
  return R"({"highwater": 1, "name": "mm1", "run": {"duration": "10s", "replications": 4},)" +
         more +
         R"( "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "800/s"}, "calls": "api"},
      "api": {"kind": "service", "service_time": {"exponential": "1ms"}}}})";
}

inline Results run(const System& system, RunOptions options = {}) {
  return assemble(system, run_system(system, options));
}

inline Results run(const std::string& text, std::vector<std::string> settings = {}) {
  Prepared ready = prepared(text, std::move(settings));
  if (!ready.system) throw std::runtime_error(ready.problems);
  return run(*ready.system);
}

/// The document that must not depend on anything but scenario, seed and version.
inline std::string comparable(Results results) {
  results.wall_s = 0;
  return run_json(results);
}

}  // namespace highwater::testing
