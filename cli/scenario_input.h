#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/prepare.h"
#include "engine/scenario/document.h"

namespace highwater::cli {

/// The models of this program, and the language they speak. Built once: documents point into it.
const Catalog& catalog();
const Language& language();

/// A scenario that was read, checked and made ready to run.
struct Scenario {
  Document document;
  System system;
};

/// Loads a scenario with settings applied; `problems` gets everything that is wrong with it, and
/// every warning.
std::optional<Scenario> load_scenario(const std::string& file,
                                      const std::vector<std::string>& settings, Problems& problems);

/// Problems as one JSON document: {"schema": "highwater/problems/1", "valid": …, "problems": […]}.
std::string problems_json(const std::vector<Problems>& problems);

/// Reports wrong input: as text on standard error, and where asked for as JSON on standard output.
/// @return the exit status for it.
int report_wrong_input(const std::vector<Problems>& problems, bool json);

}  // namespace highwater::cli
