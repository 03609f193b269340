#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/prepare.h"
#include "engine/scenario/document.h"

namespace highwater::testing {

/// The catalog of models, its language, and a guide to that.
const Catalog& catalog();
const Language& language();
const Guide& guide();

/// Makes tests/data/parameters the working directory, where scenarios are and what settings name.
class InFolder {
 public:
  InFolder();
  ~InFolder();
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;

 private:
  std::string before_;
};

/// A scenario of that folder, with or without a setting.
struct Trial {
  std::string base;     ///< Name of the file without ".json".
  std::string setting;  ///< "path=value"; empty for none.
};

/// Reads it. @return nullopt where it is no valid scenario; then `problems`, if given, says why.
std::optional<Document> document_of(const Trial& trial, std::string* problems = nullptr);

/// What a run came to.
struct Outcome {
  /// The metrics of clients and components that are not 0, as text, and the times of what happened.
  /// Nothing in them only repeats what the scenario says.
  std::map<std::string, std::string> metrics;
  std::uint64_t events = 0;
  double wall_s = 0;
};

/// Whether something that is measured in both has come out differently. That something is measured
/// in only one of them is not enough: a policy brings its metrics along, whatever it does.
bool differ(const Outcome& one, const Outcome& other);

/// Runs a document. @param most_seconds  Of wall time; who takes longer has no outcome.
std::optional<Outcome> outcome_of(const Document& document, double most_seconds);
/// Reads and runs it; nullopt also where it is no valid scenario.
std::optional<Outcome> outcome_of(const Trial& trial, double most_seconds);

/// The same of many, on both processors. In the order of the trials.
std::vector<std::optional<Outcome>> outcomes_of(const std::vector<Trial>& trials,
                                                double most_seconds);

/// Names of the bases, sorted.
std::vector<std::string> base_names();

}  // namespace highwater::testing
