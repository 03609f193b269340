#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/experiment/prepare.h"
#include "engine/report/chaos_results.h"
#include "engine/report/document_readers.h"
#include "engine/report/metastability_results.h"
#include "engine/report/results.h"
#include "engine/report/search_results.h"

namespace highwater::viewer {

/// What a program has found out and written, read back.
struct SavedFile {
  std::string path;  ///< Of the document: "results/shop/latest/results.json".
  std::variant<Results, ChaosResults, SearchResults, MetastabilityResults> content;

  /// Of the scenario or experiment, for tabs and titles.
  const std::string& name() const;
};

/// What came of looking into a file.
struct Opened {
  /// It is none of ours, or a scenario: whoever opens scenarios says what is wrong with it.
  bool scenario = false;
  std::vector<SavedFile> saved;  ///< Empty where it is a scenario or cannot be shown.
};

/// Looks into a file and reads what a run, an experiment or a search has written there, and what
/// stands beside it: series.csv and intervals.csv. What a file is, its content says, not its name.
///
/// A folder stands for the document in it, and so do manifest.json and the journals of experiments.
/// A list is what `run --json` prints for several scenarios. Of forms that cannot be shown
/// `problems` says in words what they are.
///
/// Checked  tests/viewer/saved_file_test.cpp
Opened open_saved(const std::string& path, const FindKind& find, Problems& problems);

/// The kinds of components of a catalog, and what has a price.
FindKind kinds_of(const Catalog& catalog);

/// Folders below `root` that hold results, the newest first; at most `most`.
struct ResultsFolder {
  std::string path;   ///< Of its document.
  std::string title;  ///< "users-api/20261123T191456Z-1"
};
std::vector<ResultsFolder> results_below(const std::string& root, std::size_t most);

}  // namespace highwater::viewer
