// Results in the viewer: opened, measured, compared, saved, and broken ones.

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "engine/experiment/assemble.h"
#include "engine/report/chaos_results.h"
#include "engine/report/metastability_results.h"
#include "engine/report/run_folder.h"
#include "engine/report/search_results.h"
#include "tests/gui/play.h"
#include "tests/support/scratch_folder.h"
#include "viewer/session/measurement.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace fs = std::filesystem;

namespace results_gui_test {
namespace {

using highwater::testing::play;

ViewEnd play(const std::string& script, const std::string& file) {
  ViewOptions options;
  options.file = file;
  return play(script, options);
}

Results small_results(const Workplace& place, const std::vector<std::string>& settings) {
  Problems problems;
  const auto document = load_document(place.write("small.json", small_scenario()),
                                      viewer_language(), {settings, {}}, problems);
  REQUIRE(document);
  const auto system = prepare(*document, viewer_catalog(), problems);
  REQUIRE(system);
  return assemble(*system, run_system(*system, {}));
}

/// The folder of a run of the small scenario.
std::string small_folder(const Workplace& place, const std::string& name,
                         const std::vector<std::string>& settings) {
  const Results results = small_results(place, settings);
  write_run_folder(results, "{}", {.root = {}, .directory = place.path() / name});
  return (place.path() / name).string();
}

}  // namespace

TEST_CASE("results gui: a folder of results opens with numbers, objectives and intervals") {
  const Workplace place;
  CHECK(play("wait 4\n"
             "expect results 1\nexpect \"in front\" \"small  one\"\n"
             "expect open \"\"\n"
             "expect problems 0\n"
             "expect users.throughput \"100.2 ± *\"\n"
             "expect \"result:users.availability >= 99%\" met\n"
             "expect \"results charts\" Users\n"
             "click \"result row:api\"\nwait 2\nexpect \"result selected\" api\n"
             "click \"results tab:Inside\"\nwait 2\nexpect \"results charts\" Inside\n"
             "click metric:0\nwait 2\nclick choose:queue_length\nwait 2\n"
             "click \"results tab:Users\"\nwait 2\n"
             "right-click plot:throughput\nwait 2\nclick csv:throughput\nwait 2\n",
             small_folder(place, "one", {"run.replications=3"})) == ViewEnd::done);
  const std::string csv = place.read("small-throughput.csv");
  CHECK_THAT(csv, Catch::Contains("completed"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') > 50);
}

TEST_CASE("results gui: a finding leads to the component and the charts that show it") {
  const Workplace place;
  // The store cannot keep up: a finding says so.
  const std::string folder = small_folder(
      place, "busy",
      {"run.replications=2", "store.workers=1", "others.arrivals={\"poisson\": \"120/s\"}"});
  CHECK(play("wait 4\n"
             "expect \"results charts\" Users\nexpect \"result selected\" nothing\n"
             "click \"result finding:0\" 0.2 0.3\nwait 3\n"
             "expect \"result selected\" store\nexpect \"results charts\" Inside\n",
             folder) == ViewEnd::done);
}

TEST_CASE("results gui: what is measured is saved as a run writes it, and two are compared") {
  const Workplace place;
  const std::string scenario = place.write("small.json", small_scenario());
  CHECK(play("until state paused\n"
             "expect \"live bands\" no\n"
             "double-click replications\nkey ctrl+a\ntype 3\nwait 2\n"
             "click measure\nuntil results 1\n"
             "expect \"in front\" live\nexpect measuring no\n"
             "key space\nuntil state finished\nwait 3\n"
             "expect \"live bands\" yes\n"
             "click row:api\nwait 2\n"
             "double-click field:replicas\nkey ctrl+a\ntype 3\nkey enter\n"
             "until compared yes\n"
             "expect \"live bands\" no\n"
             "click measure\nuntil results 2\n"
             "click document:1 0.3 0.5\nwait 3\n"
             "click \"compare with\"\nwait 2\nclick \"compare with:0\"\nwait 3\n"
             "expect \"compared in pairs\" yes\n"
             "click \"all differences\"\nwait 2\n"
             "click \"end comparison\"\nwait 2\n"
             "click document:0 0.3 0.5\nwait 3\n"
             "click \"save results\"\nwait 3\n"
             "click document:live\nwait 3\nexpect \"in front\" live\n",
             scenario) == ViewEnd::done);
  Results expected = small_results(place, {"run.replications=3"});
  const std::string text = place.read("results/small/latest/results.json");
  const auto until_wall = [](const std::string& of) { return of.substr(0, of.find("\"wall_s\"")); };
  expected.version.clear();
  CHECK(until_wall(text) == until_wall(run_json(expected)));
  CHECK(fs::exists("results/small/latest/intervals.csv"));
}

TEST_CASE("results gui: a measurement that is closed takes its bands along") {
  const Workplace place;
  CHECK(play("until state paused\n"
             "double-click replications\nkey ctrl+a\ntype 3\nwait 2\n"
             "click measure\nuntil results 1\n"
             "key space\nuntil state finished\nwait 3\nexpect \"live bands\" yes\n"
             "move document:0 0.5 0.5\nwait 3\nclick document:0 0.94 0.5\nwait 3\n"
             "expect results 0\nexpect \"in front\" live\nexpect \"live bands\" no\n",
             place.write("small.json", small_scenario())) == ViewEnd::done);
}

TEST_CASE("results gui: measuring goes on beside the live run and can be stopped") {
  const Workplace place;
  CHECK(play("until state paused\n"
             "double-click replications\nkey ctrl+a\ntype 9000\nwait 2\n"
             "click measure\nwait 2\nexpect measuring yes\n"
             "key space\nuntil state finished\n"
             "expect measuring yes\nuntil \"measured some\" yes\n"
             "click \"stop measuring\"\nuntil measuring no\nexpect results 1\n"
             "double-click replications\nkey ctrl+a\ntype 0\nwait 2\n"
             "click measure\nwait 3\nexpect measuring no\n",
             place.write("small.json", small_scenario())) == ViewEnd::done);
}

TEST_CASE("results gui: broken results open into the list of what is wrong, never a crash") {
  const Workplace place;
  const std::string good = run_json(small_results(place, {"run.replications=1"}));
  // Every part of it gone, in steps.
  std::string script = "until state paused\n";
  for (std::size_t cut = 30; cut < good.size(); cut += good.size() / 12) {
    const std::string name = "cut-" + std::to_string(cut) + ".json";
    place.write(name, good.substr(0, cut));
    script += "key o\nwait 3\nclick path\nkey ctrl+a\ntype " + name + "\nkey enter\nwait 4\n" +
              "expect open small\nexpect results 0\nexpect problems 1\n";
  }
  CHECK(play(script, place.write("small.json", small_scenario())) == ViewEnd::done);
  // Members of other types, all said at once.
  std::string wrong = good;
  wrong.replace(wrong.find("\"seed\": 1"), 9, "\"seed\": []");
  wrong.replace(wrong.find("\"terminating\": "), 15, "\"terminated\": ");
  CHECK(play("wait 3\nexpect results 0\nexpect problems 2\n", place.write("wrong.json", wrong)) ==
        ViewEnd::done);
  // Numbers that no picture has room for.
  std::string odd = good;
  for (const char* value : {"1e308", "-1e308", "1e-308"}) {
    odd = good;
    for (std::size_t at = 0; (at = odd.find("\"value\": ", at)) != std::string::npos;) {
      at += 9;
      const std::size_t end = odd.find_first_of(",}", at);
      if (odd[at] != 'n') odd.replace(at, end - at, value);
    }
    CHECK(play("wait 4\nexpect results 1\nclick \"result row:api\"\nwait 2\n",
               place.write("odd.json", odd)) == ViewEnd::done);
  }
}

TEST_CASE("results gui: experiments, searches and metastability show what they found") {
  const Workplace place;
  ChaosResults chaos;
  chaos.title = "a replica dies";
  chaos.scenario = "small";
  chaos.runs = 4;
  chaos.verdict = ChaosVerdict::deviates;
  chaos.held = {0.25, Interval{0.01, 0.8}, ""};
  chaos.kept = 1;
  chaos.deviated = 3;
  chaos.checks = {{"availability",
                   "[0.99, 1]",
                   "99 % or more",
                   "1",
                   {0.999, {}, ""},
                   {0.97, Interval{0.95, 0.98}, ""},
                   8,
                   3,
                   ""}};
  ChaosImpact impact;
  impact.name = "kill";
  impact.text = "kill api[1]";
  impact.reach = {{"store", "utilization", "1", 0.4, 0.9, {0.5, Interval{0.4, 0.6}, ""}}};
  impact.budgets = {{"users.availability >= 99%", {1.5, {}, ""}}};
  impact.begin_s = {1, {}, ""};
  impact.lasted_s = {1, {}, ""};
  chaos.impacts = {impact};
  chaos.times_s = {0, 1, 2, 3};
  ChaosSeries series;
  series.client = "users";
  for (const ChaosCurve& curve : kChaosCurves) series.*curve.values = {5, 20, 30, 6};
  chaos.series = {series};
  place.write("expanded.json", small_scenario());
  CHECK(play("wait 4\nexpect verdict deviates\n"
             "move \"plot:users: p99\" 0.5 0.5\nwait 2\n"
             "move \"plot:users: failed requests\" 0.5 0.5\nwait 2\n"
             "move \"plot:users: completed requests\" 0.5 0.5\nwait 2\n"
             "click link:expanded.json\n"
             "until open small\nexpect \"in front\" live\n",
             place.write("chaos.json", chaos_json(chaos))) == ViewEnd::done);
  SearchResults search;
  search.scenario = "small";
  search.breaks = {{"kill api", {"users.availability >= 99%"}, 3, 3, true, "break-01.json", ""}};
  search.singles = {{"kill api", true, 2}, {"kill store", false, 0.5}};
  place.write("break-01.json", R"({"title": "x", "method": []})");
  CHECK(play("wait 4\nexpect breaks 1\nclick link:break-01.json\nwait 4\nexpect problems 1\n",
             place.write("search.json", search_json(search))) == ViewEnd::done);
  MetastabilityResults map;
  map.scenario = "small";
  map.trigger = "spike users";
  map.levels = {{0.8, 4, 0, 0, 0, {1.0, {}, ""}, {1.0, {}, ""}},
                {1.2, 4, 0, 4, 0, {1.0, {}, ""}, {0.1, {}, ""}}};
  map.sizes = {2, 4};
  map.lengths_s = {5, 20};
  for (const double size : map.sizes)
    for (const double length : map.lengths_s)
      map.cells.push_back({size, length, 4, size > 3 ? 4U : 0U, 0, {1, {}, ""}});
  CHECK(play("wait 4\nexpect verdict metastable\nmove plot:triggers 0.5 0.5\nwait 2\n"
             "move plot:load 0.5 0.5\nwait 2\n",
             place.write("metastable.json", metastability_json(map))) == ViewEnd::done);
}

TEST_CASE("results gui: recent files, theme and tab come back, and scripts leave no trace") {
  const Workplace place;
  const std::string scenario = place.write("small.json", small_scenario());
  ViewOptions options;
  options.file = scenario;
  options.state_file = (place.path() / "state" / "viewer.json").string();
  CHECK(play("until state paused\nkey t\nclick tab:Inside\nwait 3\n", options) == ViewEnd::done);
  ViewOptions again;
  again.state_file = options.state_file;
  CHECK(play("wait 3\nexpect theme light\nkey o\nwait 3\nexpect recent 1\n"
             "click recent:small.json\nuntil state paused\nexpect charts Inside\n",
             again) == ViewEnd::done);
  // A broken one is written anew.
  place.write("state/viewer.json", "{ broken");
  CHECK(play("wait 3\nexpect theme dark\n", options) == ViewEnd::done);
  CHECK_THAT(place.read("state/viewer.json"), Catch::Contains("small.json"));
  fs::remove_all("state");
  CHECK(play("until state paused\n", scenario) == ViewEnd::done);
  CHECK_FALSE(fs::exists("state"));
}

TEST_CASE("results gui: the library is found by what its scenarios are about, results by folder") {
  const Workplace place;
  small_folder(place, "results/small/one", {"run.replications=1"});
  place.write("library/a/shop.json", R"({"highwater": 1, "description": "A Shop with lines."})");
  place.write("library/b/queue.json", R"({"highwater": 1, "description": "Work. That waits."})");
  ViewOptions options;
  options.gallery = (place.path() / "library").string();
  options.results = (place.path() / "results").string();
  CHECK(play("wait 2\nkey o\nwait 3\nexpect offered 2\nexpect \"saved results\" 1\n"
             "click \"search library\"\ntype shop\nwait 3\nexpect offered 1\n"
             "click saved:small/one\nwait 4\nexpect results 1\n",
             options) == ViewEnd::done);
}

}  // namespace results_gui_test
