#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/prepare.h"
#include "engine/scenario/document.h"

namespace highwater::viewer {

/// The text of a scenario, and what it is called.
struct ScenarioSource {
  std::string text;
  std::string name;       ///< For messages.
  std::string directory;  ///< What file names in the text are relative to.
};

/// What the loader says of a text.
struct CheckedScenario {
  ScenarioSource source;
  std::vector<Problem> problems;  ///< Errors and warnings, in the order of the text.
  std::optional<Value> merged;    ///< With what it extends; nothing where that is no object.
  TopologyPicture picture;        ///< As far as it can be drawn.
  // Both where there are no errors, else neither.
  std::optional<Document> document;
  std::shared_ptr<const System> system;
};

/// Reads and prepares a scenario as Session::open_text() does. Never throws.
CheckedScenario check_scenario(ScenarioSource source, const Catalog& catalog,
                               const Language& language);

/// Checks texts in a thread of its own, one at a time; of those that wait only the newest is
/// checked. Used by one thread.
class ScenarioChecker {
 public:
  /// @param catalog, language  Must outlive it.
  ScenarioChecker(const Catalog& catalog, const Language& language)
      : catalog_(catalog), language_(language) {}

  void ask(ScenarioSource source);
  /// Something was asked and its answer not yet taken.
  bool is_busy() const { return running_.valid(); }
  /// The answer for the newest text, once it is there. Does not wait.
  std::optional<CheckedScenario> take();
  /// The same; waits for it. Precondition: is_busy().
  CheckedScenario wait();

 private:
  void start(ScenarioSource source);

  const Catalog& catalog_;
  const Language& language_;
  std::optional<ScenarioSource> next_;
  std::future<CheckedScenario> running_;
};

}  // namespace highwater::viewer
