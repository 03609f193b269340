#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/report/results.h"

namespace highwater {

/// The outside world did not let a run's files be written. what() names the file and the reason.
class RunFolderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a run's folder goes.
struct RunFolderPlace {
  std::filesystem::path root = "results";          ///< Holds <scenario>/<time>-<seed>/.
  std::optional<std::filesystem::path> directory;  ///< Exactly this folder instead (--out).
};

/// Writes the folder of a run and returns its path:
///
///   expanded.json   the scenario with every default filled in (`expanded_scenario`, as it is)
///   manifest.json   where the run came from: version, compiler, command, seed, host, time
///   results.json    the document of `run --json`
///   summary.csv     every number, one row each
///   series.csv      the series over time
///   intervals.csv   how well they are known, over the replications
///   report.html     the report
///
/// Under `root` the folder is called after `results.started` and the seed; where that name is taken
/// (two runs in one second) -2, -3, … follows, and the link <root>/<scenario>/latest is moved to
/// it. Characters of the scenario's name that do not belong in a file name become '-'. `directory`
/// is created, or reused: files of the same names are replaced, others left alone.
///
/// A new folder appears complete or not at all: everything is written to a hidden neighbour first,
/// then renamed. In a reused folder each file is replaced whole, the manifest last.
/// @throws RunFolderError when something cannot be written; nothing half-written stays behind.
std::filesystem::path write_run_folder(const Results& results, std::string_view expanded_scenario,
                                       const RunFolderPlace& place);

struct NamedFile {
  std::string name;
  std::string content;
};

/// The same for files of another kind, put in place in their order: <root>/<what>/<time>-<seed>/.
std::filesystem::path write_folder(const std::vector<NamedFile>& files, const RunFolderPlace& place,
                                   std::string_view what, const std::string& started,
                                   std::uint64_t seed);

/// Writes a file and makes sure that it was written whole.
/// @throws RunFolderError otherwise, naming the file and the reason.
void write_file(const std::filesystem::path& path, std::string_view content);

/// The part of a path that a scenario's name becomes: letters, digits, '.', '_' and '-' stay; never
/// empty, never hidden, never "..", never longer than 100 characters.
std::string folder_name(std::string_view scenario);

}  // namespace highwater
