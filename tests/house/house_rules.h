#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tests/house/source_tree.h"

namespace highwater::house {

/// One place that breaks a rule.
struct Finding {
  std::string path;
  std::size_t line = 0;  ///< From 1; 0 where the whole file is meant.
  std::string why;
};

using Findings = std::vector<Finding>;

/// "path:line: why", a line for each.
std::string to_text(const Findings& findings);

// The rules. Each looks at the whole tree and returns what breaks it, in the order of the tree.
// They name folders, not files, so that they hold for folders that do not exist yet.

/// Includes point in one direction: kernel, statistics, describe, metrics, model, then scenario,
/// topology, report and analysis, then experiment, models, programs, tests. Every folder of the
/// engine has a place in that order, and every quoted include is a path from the root.
Findings check_layers(const Tree& tree);

/// Every third-party library is included where it belongs, and nlohmann/json does not reach models
/// or programs through our own headers either.
Findings check_libraries(const Tree& tree);

/// Engine and models read neither wall clock nor environment, and draw no randomness that the seed
/// does not decide.
Findings check_clock_and_randomness(const Tree& tree);

/// Engine and models call no mathematical function whose last bit differs between C libraries.
Findings check_mathematics(const Tree& tree);

/// Engine and models print nothing.
Findings check_printing(const Tree& tree);

/// Models hold no container whose order differs between libraries.
Findings check_containers(const Tree& tree);

/// Lines end at 100 columns (pages aside), files at 900 lines, headers say `#pragma once`, nothing
/// is left to do.
Findings check_form(const Tree& tree);

/// Every kind of component names its source and is listed in models/catalog.cpp, and every source
/// file of models has a test.
Findings check_models(const Tree& tree);

/// A test that a library's comment names (`Checked`) exists.
Findings check_claims(const Tree& tree);

/// Every algorithm names its source, is reached from the catalog of its family, and has a test.
Findings check_algorithms(const Tree& tree);

/// Every source is named in a CMakeLists.txt, its folder's or one around it, and no test is hidden.
Findings check_lists(const Tree& tree);

/// Every scenario is named by a test, or by the table of the library that a test runs.
Findings check_scenarios(const Tree& tree);

/// Every link in a page of documentation that is not an address leads to something in the checkout:
/// a file for which `exists` is true, given relative to the root.
Findings check_links(const Tree& tree, const std::function<bool(const std::string&)>& exists);

}  // namespace highwater::house
