// What a file is, its content says; what was written is read back as it was.

#include "viewer/session/saved_file.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "engine/experiment/assemble.h"
#include "engine/report/csv_writer.h"
#include "engine/report/run_folder.h"
#include "tests/support/scratch_folder.h"
#include "tests/viewer/viewer_support.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace fs = std::filesystem;

namespace {

Opened open_file(const std::string& path, Problems& problems) {
  return open_saved(path, kinds_of(viewer_catalog()), problems);
}

Results run_of(const std::string& file, const std::vector<std::string>& settings) {
  Problems problems;
  const auto document = load_document(file, viewer_language(), {settings, {}}, problems);
  REQUIRE(document);
  const auto system = prepare(*document, viewer_catalog(), problems);
  REQUIRE(system);
  return assemble(*system, run_system(*system, {}));
}

/// What is said of a file that cannot be shown.
std::string refusal(const std::string& path) {
  Problems problems;
  const Opened opened = open_file(path, problems);
  CHECK_FALSE(opened.scenario);
  CHECK(opened.saved.empty());
  return problems.text();
}

}  // namespace

TEST_CASE("saved file: results of scenarios of the library come back byte for byte, with series") {
  const std::string library = HIGHWATER_SCENARIOS;
  for (const char* name : {"users-api.json", "job-queue.json", "access-log-replay.json",
                           "resilience/grey-instance.json"}) {
    const std::string file = library + "/" + name;
    INFO(file);
    const Results results = run_of(file, {"run.duration=90s", "run.replications=2"});
    const ScratchFolder folder;
    write_run_folder(results, "{}", {.root = {}, .directory = folder.path()});
    Problems problems;
    const Opened opened = open_file(folder.path().string(), problems);
    CHECK(problems.text() == "");
    REQUIRE(opened.saved.size() == 1);
    const auto& read = std::get<Results>(opened.saved[0].content);
    CHECK(run_json(read) == run_json(results));
    CHECK(summary_csv(read) == summary_csv(results));  // with the units of the kinds
    CHECK(intervals_csv(read) == intervals_csv(results));
    CHECK(read.series.times_s == results.series.times_s);
    CHECK(read.series.clients.size() == results.series.clients.size());
    CHECK(read.series.bands.size() >= results.series.clients.size() * 3);
  }
}

TEST_CASE("saved file: intervals over replications hold the series that they are of") {
  const ScratchFile file(small_scenario());
  const Results results = run_of(file.path().string(), {"run.replications=8"});
  const Results single = run_of(file.path().string(), {"run.replications=1"});
  CHECK(single.series.bands.empty());
  std::size_t looked = 0;
  for (const SeriesBand& band : results.series.bands) {
    if (band.metric != "completed_rps") continue;
    REQUIRE(band.bins == 5);
    CHECK(band.value.size() == (results.series.times_s.size() + 4) / 5);
    for (std::size_t i = 0; i < band.value.size(); ++i) {
      if (!std::isfinite(band.value[i])) continue;
      ++looked;
      CHECK(band.low[i] <= band.value[i]);
      CHECK(band.value[i] <= band.high[i]);
    }
    // 100/s over a few seconds, eight times: within 10 %, and not known exactly.
    if (band.component != "users") continue;
    CHECK(band.value[5] == Approx(100).margin(15));
    CHECK(band.high[5] - band.low[5] > 1);
    CHECK(band.high[5] - band.low[5] < 40);
  }
  CHECK(looked > 50);
}

TEST_CASE("saved file: a list of runs, a folder, a manifest and a journal lead to what they mean") {
  const ScratchFolder folder;
  const std::string run = told(run_of(folder.write("small.json", small_scenario()), {}));
  Problems problems;
  CHECK(open_file(folder.write("two.json", "[\n" + run + ",\n" + run + "]\n"), problems)
            .saved.size() == 2);
  folder.write("a/results.json", run);
  CHECK(open_file((folder.path() / "a").string(), problems).saved.size() == 1);
  const Opened manifest =
      open_file(folder.write("a/manifest.json", R"({"schema": "highwater/manifest/1"})"), problems);
  REQUIRE(manifest.saved.size() == 1);
  CHECK(manifest.saved[0].path == (folder.path() / "a" / "results.json").string());
  CHECK(manifest.saved[0].name() == "small");
  CHECK(problems.text() == "");
}

TEST_CASE("saved file: what cannot be shown is said in words, and nothing goes round in circles") {
  const ScratchFolder folder;
  CHECK_THAT(refusal(folder.write("later.json", R"({"schema": "highwater/sweep/1"})")),
             Catch::Contains("is a document of the form \"highwater/sweep/1\", which cannot be "
                             "shown here"));
  CHECK_THAT(refusal(folder.write("experiment.json", R"({"title": "x", "method": []})")),
             Catch::Contains("is an experiment: \"highwater chaos"));
  CHECK_THAT(refusal(folder.write("journal.json", R"({"chaoslib-version": "1"})")),
             Catch::Contains("is the journal of an experiment"));
  CHECK_THAT(refusal(folder.path().string()), Catch::Contains("is a folder without results.json"));
  CHECK_THAT(refusal(folder.write("broken.json", "{\n  \"schema\": \"highwater/run/1\",\n  ]")),
             Catch::Contains("broken.json:3:"));
  folder.write("round/results.json", R"({"chaoslib-version": "1"})");
  folder.write("round/chaos.json", R"({"schema": "highwater/manifest/1"})");
  CHECK_FALSE(refusal((folder.path() / "round").string()).empty());
  Problems problems;
  CHECK(open_file(folder.write("scenario.json", small_scenario()), problems).scenario);
  CHECK(open_file(folder.write("text.json", "not at all"), problems).scenario);
  CHECK(open_file((folder.path() / "nowhere.json").string(), problems).scenario);
  CHECK(problems.text() == "");
}

TEST_CASE("saved file: broken series leave the numbers, and say what is wrong") {
  const ScratchFolder folder;
  folder.write("results.json", told(run_of(folder.write("small.json", small_scenario()), {})));
  folder.write("series.csv", "time_s,component,metric,value\n0,users\n");
  Problems problems;
  const Opened opened = open_file(folder.path().string(), problems);
  REQUIRE(opened.saved.size() == 1);
  CHECK(std::get<Results>(opened.saved[0].content).series.times_s.empty());
  CHECK_THAT(problems.text(), Catch::Contains("series.csv:2:1: expected 4 cells, found 2"));
}

TEST_CASE("saved file: folders of results are found, the newest first, links left out") {
  const ScratchFolder folder;
  folder.write("shop/one/results.json", "{}");
  folder.write("shop/two/chaos.json", "{}");
  folder.write("shop/.draft/results.json", "{}");
  folder.write("shop/notes.txt", "");
  fs::create_directory_symlink("one", folder.path() / "shop" / "latest");
  fs::last_write_time(folder.path() / "shop/one/results.json",
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto found = results_below(folder.path().string(), 10);
  REQUIRE(found.size() >= 2);
  CHECK(found[0].title == "shop/two");
  CHECK(found[1].title == "shop/one");
  CHECK(found.size() == 2);
  CHECK(results_below(folder.path().string(), 1).size() == 1);
  CHECK(results_below((folder.path() / "nowhere").string(), 10).empty());
}
