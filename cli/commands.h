#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace highwater::cli {

/// Set by the command that the user chose: what to do once the whole command line was read.
using Action = std::function<int()>;

// Each adds one command to the program, with its options and its help. The action it stores returns
// the exit status.
void add_run(CLI::App& program, Action& action, const std::string& command_line);
void add_chaos(CLI::App& program, Action& action, const std::string& command_line);
void add_view(CLI::App& program, Action& action, const std::string& command_line);
void add_validate(CLI::App& program, Action& action);
void add_show(CLI::App& program, Action& action);
void add_schema(CLI::App& program, Action& action);
void add_kinds(CLI::App& program, Action& action);
void add_algorithm(CLI::App& program, Action& action);
void add_cache_curve(CLI::App& program, Action& action, const std::string& command_line);

}  // namespace highwater::cli
