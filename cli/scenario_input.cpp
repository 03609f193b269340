#include "cli/scenario_input.h"

#include <algorithm>

#include "cli/console.h"
#include "cli/exit_status.h"
#include "models/catalog.h"

namespace highwater::cli {

const Catalog& catalog() {
  static const Catalog all{model_kinds(), fault_kinds(), section_kinds()};
  return all;
}

const Language& language() {
  static const Language spoken = language_of(catalog());
  return spoken;
}

std::optional<Scenario> load_scenario(const std::string& file,
                                      const std::vector<std::string>& settings,
                                      Problems& problems) {
  auto document =
      load_document(file, language(), LoadOptions{settings, process_environment()}, problems);
  if (!document) return std::nullopt;
  auto system = prepare(*document, catalog(), problems);
  if (!system) return std::nullopt;
  return Scenario{std::move(*document), std::move(*system)};
}

std::string problems_json(const std::vector<Problems>& problems) {
  Value list = Value::array();
  bool valid = true;
  for (const Problems& of_one : problems) {
    valid &= !of_one.has_errors();
    for (const Problem& problem : of_one.sorted()) {
      Value entry = Value::object();
      entry.set("severity",
                Value::string(problem.severity == Severity::kError ? "error" : "warning"));
      entry.set("file", Value::string(problem.source));
      entry.set("line", Value::whole(problem.position.line));
      entry.set("column", Value::whole(problem.position.column));
      entry.set("path", Value::string(problem.pointer));
      entry.set("message", Value::string(problem.message));
      if (!problem.suggestion.empty()) entry.set("suggestion", Value::string(problem.suggestion));
      list.push(std::move(entry));
    }
  }
  Value document = Value::object();
  document.set("schema", Value::string("highwater/problems/1"));
  document.set("valid", Value::boolean(valid));
  document.set("problems", std::move(list));
  return write_json(document) + "\n";
}

int report_wrong_input(const std::vector<Problems>& problems, bool json) {
  for (const Problems& of_one : problems) print_error(of_one.text());
  if (json) print(problems_json(problems));
  return kWrongInput;
}

}  // namespace highwater::cli
