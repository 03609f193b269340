#include "engine/report/run_folder.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "engine/report/csv_writer.h"
#include "engine/report/html_writer.h"
#include "engine/report/json_writer.h"
#include "tests/report/sample_results.h"

namespace highwater {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for a test, removed afterwards.
class Playground {
 public:
  explicit Playground(const std::string& name)
      : path_(fs::temp_directory_path() / ("highwater_" + name + "_" + std::to_string(getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Playground() { fs::remove_all(path_); }
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

const std::set<std::string> kFiles{"expanded.json", "manifest.json", "results.json", "summary.csv",
                                   "series.csv",    "intervals.csv", "report.html"};

TEST_CASE("run_folder: the layout, its files and the link to the latest", "[report][folder]") {
  const Playground play("layout");
  const Results results = sample_results();
  const fs::path folder = write_run_folder(results, "{\"highwater\": 1}\n",
                                           {.root = play.path() / "results", .directory = {}});
  CHECK(folder == play.path() / "results/users-api/20261123T191456Z-1");
  CHECK(names_in(folder) == kFiles);
  CHECK(content(folder / "expanded.json") == "{\"highwater\": 1}\n");
  CHECK(content(folder / "results.json") == run_json(results));
  CHECK(content(folder / "summary.csv") == summary_csv(results));
  CHECK(content(folder / "series.csv") == series_csv(results));
  CHECK(content(folder / "intervals.csv") == intervals_csv(results));
  CHECK(content(folder / "report.html") == html_report(results));
  CHECK(content(folder / "manifest.json").find("\"compiler\": \"GNU 12.2.0\"") !=
        std::string::npos);
  const fs::path latest = folder.parent_path() / "latest";
  CHECK(fs::read_symlink(latest) == folder.filename());  // relative: the tree can be moved
  CHECK(names_in(folder.parent_path()) == std::set<std::string>{"20261123T191456Z-1", "latest"});
}

TEST_CASE("run_folder: two runs of one second and seed keep apart", "[report][folder]") {
  const Playground play("twice");
  const RunFolderPlace place{.root = play.path(), .directory = {}};
  const fs::path first = write_run_folder(sample_results(), "first", place);
  const fs::path second = write_run_folder(sample_results(), "second", place);
  CHECK(second.filename() == "20261123T191456Z-1-2");
  CHECK(content(first / "expanded.json") == "first");
  CHECK(content(second / "expanded.json") == "second");
  CHECK(fs::read_symlink(first.parent_path() / "latest") == second.filename());
}

TEST_CASE("run_folder: a folder that is given is created, or reused", "[report][folder]") {
  const Playground play("given");
  const fs::path out = play.path() / "deep/er/out";
  CHECK(write_run_folder(sample_results(), "first", {.root = "unused", .directory = out}) == out);
  CHECK(names_in(out) == kFiles);
  write_file(out / "notes.txt", "mine");
  write_run_folder(sample_results(), "second", {.root = "unused", .directory = out.string() + "/"});
  std::set<std::string> expected = kFiles;
  expected.insert("notes.txt");
  CHECK(names_in(out) == expected);
  CHECK(content(out / "expanded.json") == "second");
  CHECK(content(out / "notes.txt") == "mine");
  CHECK(names_in(out.parent_path()) == std::set<std::string>{"out"});  // no link, no draft
}

TEST_CASE("run_folder: the scenario's name cannot leave the results", "[report][folder]") {
  const Playground play("hostile");
  const fs::path folder =
      write_run_folder(hostile_results(), "", {.root = play.path() / "results", .directory = {}});
  CHECK(folder.parent_path().parent_path() == play.path() / "results");
  CHECK(names_in(play.path()) == std::set<std::string>{"results"});
  CHECK(folder_name("users-api_2.0") == "users-api_2.0");
  CHECK(folder_name("../../etc") == "-.-..-etc");
  CHECK(folder_name(".hidden") == "-hidden");
  CHECK(folder_name("").size() > 0);
  CHECK(folder_name("a b/c\\d:e") == "a-b-c-d-e");
  CHECK(folder_name(std::string(5000, 'x')).size() == 100);
}

TEST_CASE("run_folder: what cannot be written is said clearly and leaves nothing",
          "[report][folder]") {
  const Playground play("errors");
  write_file(play.path() / "file", "in the way");
  for (const RunFolderPlace& place :
       {RunFolderPlace{.root = play.path() / "file", .directory = {}},
        RunFolderPlace{.root = "unused", .directory = play.path() / "file"},
        RunFolderPlace{.root = "unused", .directory = play.path() / "file/below"},
        RunFolderPlace{.root = "/proc/highwater", .directory = {}}}) {
    try {
      write_run_folder(sample_results(), "", place);
      FAIL("written although it cannot be");
    } catch (const RunFolderError& error) {
      const std::string text = error.what();
      CAPTURE(text);
      CHECK(text.starts_with("cannot "));
      CHECK((text.find(play.path().string()) != text.npos || text.find("/proc/") != text.npos));
      CHECK(text.find(": ") != text.npos);
    }
  }
  CHECK(names_in(play.path()) == std::set<std::string>{"file"});
  CHECK(content(play.path() / "file") == "in the way");
}

TEST_CASE("run_folder: a full disk is noticed", "[report][folder]") {
  REQUIRE(fs::exists("/dev/full"));  // every write to it fails with ENOSPC
  CHECK_THROWS_WITH(write_file("/dev/full", "x"),
                    "cannot write /dev/full: No space left on device");
  CHECK_THROWS_AS(write_file("/dev/full", std::string(1 << 20, 'x')), RunFolderError);
}

TEST_CASE("run_folder: a failure half-way leaves no draft behind", "[report][folder]") {
  const Playground play("halfway");
  // A folder called like one of the files cannot be replaced by it.
  fs::create_directories(play.path() / "out/report.html/occupied");
  CHECK_THROWS_AS(
      write_run_folder(sample_results(), "", {.root = "unused", .directory = play.path() / "out"}),
      RunFolderError);
  for (const std::string& name : names_in(play.path() / "out")) CHECK(name[0] != '.');
  CHECK(fs::exists(play.path() / "out/report.html/occupied"));
  CHECK(!fs::exists(play.path() / "out/manifest.json"));  // comes last
}

}  // namespace
}  // namespace highwater
