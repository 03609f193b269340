#include "engine/report/run_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/report/csv_writer.h"
#include "engine/report/html_writer.h"
#include "engine/report/json_writer.h"

namespace highwater {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 100;
constexpr int kMostRunsOfOneSecond = 10'000;

[[noreturn]] void fail(std::string_view what, const fs::path& path, const std::error_code& reason) {
  throw RunFolderError(fmt::format("{} {}: {}", what, path.string(), reason.message()));
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// In the order in which they are put in place: who finds the manifest finds the rest.
std::vector<NamedFile> files_of(const Results& results, std::string_view expanded_scenario) {
  std::vector<NamedFile> files{{"expanded.json", std::string(expanded_scenario)},
                               {"results.json", run_json(results)},
                               {"summary.csv", summary_csv(results)},
                               {"series.csv", series_csv(results)},
                               {"intervals.csv", intervals_csv(results)},
                               {"report.html", html_report(results)}};
  std::vector<std::string> names;
  for (const NamedFile& file : files) names.emplace_back(file.name);
  files.push_back({"manifest.json", manifest_json(results, names)});
  return files;
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("cannot create the folder", path, error);
}

/// A hidden folder of this process beside `target`; removed with everything in it when it goes out
/// of scope, unless it was renamed by then.
class Draft {
 public:
  explicit Draft(const fs::path& target) {
    const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
    make_directories(parent);
    for (int number = 0; number < kMostRunsOfOneSecond; ++number) {
      path_ = parent / fmt::format(".{}.{}-{}", target.filename().string(), getpid(), number);
      std::error_code error;
      if (fs::create_directory(path_, error)) return;  // false where somebody else has that name
      if (error) fail("cannot create the folder", path_, error);
    }
    fail("cannot find a free name in", parent, std::make_error_code(std::errc::file_exists));
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  /// Renames the folder. False where another one of that name exists already.
  bool move_to(const fs::path& target) {
    std::error_code error;
    fs::rename(path_, target, error);
    if (!error) return true;
    if (error == std::errc::directory_not_empty || error == std::errc::file_exists ||
        error == std::errc::not_a_directory) {
      return false;
    }
    fail("cannot create the folder", target, error);
  }

 private:
  fs::path path_;
};

/// 2026-11-23T19:14:56Z becomes 20261123T191456Z: colons are not welcome in file names everywhere.
std::string time_name(const std::string& started) {
  std::string name;
  for (const char c : started) {
    if (c != '-' && c != ':') name += c;
  }
  return folder_name(name.empty() ? "run" : name);
}

/// Replaces the link in one step, so that there is one at any time. A file system without links
/// costs the convenience, not the run.
void point_latest_at(const fs::path& folder) {
  const fs::path link = folder.parent_path() / "latest";
  const fs::path draft = folder.parent_path() / fmt::format(".latest.{}", getpid());
  std::error_code error;
  fs::remove(draft, error);
  fs::create_directory_symlink(folder.filename(), draft, error);
  if (!error) fs::rename(draft, link, error);
  if (error) fs::remove(draft, error);
}

void fill(const fs::path& folder, const std::vector<NamedFile>& files) {
  for (const NamedFile& file : files) write_file(folder / file.name, file.content);
}

fs::path write_into(const fs::path& directory, const std::vector<NamedFile>& files) {
  const fs::path given = directory.has_filename() ? directory : directory.parent_path();
  const fs::path target = given.empty() ? fs::path(".") : given;
  std::error_code error;
  const bool exists = fs::exists(target, error);
  if (exists && !fs::is_directory(target, error)) {
    fail("cannot write into", target, std::make_error_code(std::errc::not_a_directory));
  }
  // Inside a folder that exists, so that files only have to be renamed within one file system.
  Draft draft(exists ? target / "run" : target);
  fill(draft.path(), files);
  if (!exists && draft.move_to(target)) return target;
  for (const NamedFile& file : files) {
    fs::rename(draft.path() / file.name, target / file.name, error);
    if (error) fail("cannot write", target / file.name, error);
  }
  return target;
}

}  // namespace

std::string folder_name(std::string_view scenario) {
  std::string name;
  for (const char c : scenario.substr(0, kLongestName)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
    name += kept ? c : '-';
  }
  if (name.empty()) return "scenario";
  if (name.front() == '.') name.front() = '-';
  return name;
}

void write_file(const fs::path& path, std::string_view content) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "wb"), close);
  if (file == nullptr) fail("cannot write", path, last_error());
  const bool written =
      std::fwrite(content.data(), 1, content.size(), file.get()) == content.size() &&
      std::fflush(file.get()) == 0;
  if (!written) fail("cannot write", path, last_error());
  // Some file systems report a full disk or quota only here.
  if (std::fclose(file.release()) != 0) fail("cannot write", path, last_error());
}

fs::path write_run_folder(const Results& results, std::string_view expanded_scenario,
                          const RunFolderPlace& place) {
  return write_folder(files_of(results, expanded_scenario), place, results.scenario,
                      results.started, results.seed);
}

fs::path write_folder(const std::vector<NamedFile>& files, const RunFolderPlace& place,
                      std::string_view what, const std::string& started, std::uint64_t seed) {
  if (place.directory) return write_into(*place.directory, files);
  const fs::path home = place.root / folder_name(what);
  const std::string name = fmt::format("{}-{}", time_name(started), seed);
  Draft draft(home / name);
  fill(draft.path(), files);
  for (int number = 1; number <= kMostRunsOfOneSecond; ++number) {
    const fs::path target = home / (number == 1 ? name : fmt::format("{}-{}", name, number));
    if (draft.move_to(target)) {
      point_latest_at(target);
      return target;
    }
  }
  fail("cannot find a free name for", home / name, std::make_error_code(std::errc::file_exists));
}

}  // namespace highwater
