// Documents that were written are read back as they were; broken ones say what is wrong with them.

#include "engine/report/document_readers.h"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/report/csv_writer.h"
#include "engine/report/json_writer.h"
#include "tests/report/sample_results.h"

namespace highwater {
namespace {

Value parsed(const std::string& text) {
  Problems problems;
  std::optional<Value> value = parse_json(text, problems.add_source("results.json"), problems);
  REQUIRE(problems.text() == "");
  return *value;
}

ChaosResults sample_chaos() {
  ChaosResults out;
  out.title = "a replica dies";
  out.scenario = "users-api";
  out.hypothesis = "users are served";
  out.runs = 12;
  out.simulated_s = 600;
  out.verdict = ChaosVerdict::deviates;
  out.held = {0.75, Interval{0.43, 0.95}, ""};
  out.kept = 9;
  out.deviated = 3;
  out.aborted = 1;
  out.aborted_by = {{"users.availability < 50%", 1}};
  out.checks = {{"availability",
                 "[0.99, 1]",
                 "99 % or more",
                 "1",
                 {0.999, {}, ""},
                 {0.97, Interval{0.95, 0.98}, ""},
                 24,
                 3,
                 ""},
                {"steady", "true", "", "", {}, {}, 24, 0, "nothing was sent"}};
  ChaosImpact impact;
  impact.name = "kill";
  impact.text = "kill api[1]";
  impact.strikes = 12;
  impact.begin_s = {240, {}, ""};
  impact.detected = 12;
  impact.detect_s = {3.2, Interval{3, 3.5}, ""};
  impact.slowest_client = "users";
  impact.budgets = {{"users.availability >= 99.9%", {1.7, {}, ""}}};
  impact.reach = {{"db", "utilization", "1", 0.4, 0.9, {0.5, Interval{0.4, 0.6}, ""}}};
  impact.sustained_by = "retries";
  out.impacts = {impact};
  out.findings = {{"slow", "", "It recovers slowly."}};
  out.times_s = {0, 1, 2};
  ChaosSeries series;
  series.client = "users";
  for (const ChaosCurve& curve : kChaosCurves)
    series.*curve.values = {1, std::numeric_limits<double>::quiet_NaN(), 2.5};
  out.series = {series};
  out.events = 123'456;
  out.wall_s = 3.5;
  out.started = "2026-11-23T19:14:56Z";
  out.host = "here";
  return out;
}

SearchResults sample_search() {
  SearchResults out;
  out.scenario = "users-api";
  out.runs = 88;
  out.simulated_s = 60;
  out.broken_anyway = {"users.latency_ms.p99 <= 1 ms"};
  out.breaks = {
      {"kill db at 0:30", {"users.availability >= 99%"}, 3, 3, true, "break-01.json", ""}};
  out.singles = {{"kill db at 0:30", true, 4.5}, {"kill api at 0:30", false, 0.5}};
  out.pairs = {{"kill api and slow db", false, 0.9}};
  out.pairs_left = 7;
  out.not_searched = {"partition: nothing to cut"};
  out.ended_by = "the budget";
  out.wall_s = 1.25;
  out.started = "2026-11-23T19:14:56Z";
  return out;
}

MetastabilityResults sample_metastability() {
  MetastabilityResults out;
  out.scenario = "retry-storm";
  out.trigger = "spike users";
  out.runs = 40;
  out.simulated_s = 300;
  out.levels = {{0.8, 4, 0, 0, 0, {1.0, Interval{0.99, 1}, ""}, {1.0, {}, ""}},
                {1.2, 4, 0, 4, 0, {0.99, {}, ""}, {0.1, {}, ""}}};
  out.sizes = {2, 4};
  out.lengths_s = {5, 20, 60};
  for (const double size : out.sizes)
    for (const double length : out.lengths_s)
      out.cells.push_back({size, length, 4, size > 3 && length > 5 ? 4U : 0U, 0, {2.5, {}, ""}});
  out.vulnerable = Interval{1, 1.2};
  out.sustained_by = "retries";
  out.wall_s = 12;
  out.started = "2026-11-23T19:14:56Z";
  return out;
}

/// A document, how it is read, and what comes of writing what was read.
struct Form {
  std::string text;
  std::function<std::optional<std::string>(const Value&, Problems&)> rewritten;
  std::vector<std::string> derived;  // members that follow from others
};

constexpr std::size_t kShort = 7000;

std::vector<Form> forms() {
  const auto run = [](const Value& value, Problems& problems) -> std::optional<std::string> {
    const auto read = read_run_document(value, {}, problems);
    return read ? std::optional(run_json(*read)) : std::nullopt;
  };
  return {{run_json(sample_results()), run, {}},
          {run_json(replay_results()), run, {}},
          {run_json(hostile_results()), run, {}},
          {run_json(empty_results()), run, {}},
          {chaos_json(sample_chaos()),
           [](const Value& value, Problems& problems) -> std::optional<std::string> {
             const auto read = read_chaos_document(value, problems);
             return read ? std::optional(chaos_json(*read)) : std::nullopt;
           },
           {"sentence"}},
          {search_json(sample_search()),
           [](const Value& value, Problems& problems) -> std::optional<std::string> {
             const auto read = read_search_document(value, problems);
             return read ? std::optional(search_json(*read)) : std::nullopt;
           },
           {"sentence"}},
          {metastability_json(sample_metastability()),
           [](const Value& value, Problems& problems) -> std::optional<std::string> {
             const auto read = read_metastability_document(value, problems);
             return read ? std::optional(metastability_json(*read)) : std::nullopt;
           },
           {"sentence", "metastable", "state"}}};
}

/// Without what follows from other members.
Value without(Value value, const std::vector<std::string>& derived) {
  if (value.is_object()) {
    for (const std::string& key : derived) value.erase(key);
    for (Value::Member& member : value.members()) member.value = without(member.value, derived);
  } else if (value.is_array()) {
    for (Value& element : value.elements()) element = without(element, derived);
  }
  return value;
}

class Mutator {
 public:
  Mutator(const Form& form, Value& document) : form_(form), document_(document) {}

  void everywhere(Value& at) {
    if (at.is_object()) {
      for (std::size_t i = 0; i < at.members().size(); ++i) {
        const Value::Member kept = at.members()[i];
        at.members().erase(at.members().begin() + static_cast<std::ptrdiff_t>(i));
        look("without " + kept.key);
        at.members().insert(at.members().begin() + static_cast<std::ptrdiff_t>(i), kept);
        retype(at.members()[i].value, kept.key);
      }
    } else if (at.is_array()) {
      // Elements are alike: the first and the last.
      for (std::size_t i = 0; i < at.elements().size();
           i += std::max<std::size_t>(at.elements().size() - 1, 1))
        retype(at.elements()[i], "element " + std::to_string(i));
    }
  }
  std::size_t refused() const { return refused_; }

 private:
  void retype(Value& at, const std::string& name) {
    const Value kept = at;
    for (const char* other :
         {"null", "true", "-7.5", "3", "\"text\"", "[]", "{}", "[1, null]", "{\"value\": 1}"}) {
      at = *parse_json_value(other);
      look(name + " is " + other);
    }
    at = kept;
    everywhere(at);
  }

  /// Either it is refused with reasons, or what was read is all that is there.
  void look(const std::string& what) {
    Problems problems;
    const auto again = form_.rewritten(document_, problems);
    if (!again) {
      ++refused_;
      if (!problems.has_errors()) FAIL(what << ": refused without a reason");
      for (const Problem& problem : problems.sorted())
        if (problem.message.empty()) FAIL(what << ": nothing is said");
      return;
    }
    if (problems.has_errors()) FAIL(what << ": read in spite of errors");
    if (!problems.empty()) return;  // a warning says what is left out
    const Value wrote = without(*parse_json_value(*again), form_.derived);
    if (!(wrote == without(document_, form_.derived))) FAIL(what << ": lost without a word");
  }

  const Form& form_;
  Value& document_;
  std::size_t refused_ = 0;
};

TEST_CASE("readers: what was written is read, and written again byte for byte",
          "[report][readers]") {
  for (const Form& form : forms()) {
    Problems problems;
    const auto again = form.rewritten(parsed(form.text), problems);
    CHECK(problems.text() == "");
    REQUIRE(again);
    CHECK(*again == form.text);
  }
}

void change_everywhere(const Form& form) {
  Value document = parsed(form.text);
  Mutator mutator(form, document);
  mutator.everywhere(document);
  CHECK(mutator.refused() > 100);
  CHECK(form.rewritten(document, *std::make_unique<Problems>()) == form.text);
}

TEST_CASE("readers: with members dropped and of other types they say so, and lose nothing",
          "[report][readers]") {
  for (const Form& form : forms())
    if (form.text.size() < kShort) change_everywhere(form);
}

TEST_CASE("readers: the same of long documents", "[report][readers][costly]") {
  for (const Form& form : forms())
    if (form.text.size() >= kShort) change_everywhere(form);
}

TEST_CASE("readers: all problems come at once, each with its place", "[report][readers]") {
  std::string text = run_json(sample_results());
  const auto replace = [&text](const std::string& what, const std::string& by) {
    text.replace(text.find(what), what.size(), by);
  };
  replace("\"seed\": 1", "\"seed\": -1");
  replace("\"terminating\": true", "\"terminating\": \"no\"");
  replace("\"from\": \"users\"", "\"from\": \"nobody\"");
  Problems problems;
  const auto value = parse_json(text, problems.add_source("results.json"), problems);
  CHECK_FALSE(read_run_document(*value, {}, problems));
  const auto list = problems.sorted();
  REQUIRE(list.size() == 3);
  CHECK(list[0].text() == "results.json:6:11: /seed: expected a whole number, found -1");
  CHECK(list[1].text() == "results.json:11:18: /terminating: expected true or false, found \"no\"");
  CHECK(list[2].pointer == "/topology/edges/0/from");
  CHECK(list[2].message == "expected the id of one of the nodes, found \"nobody\"");
}

TEST_CASE("readers: places and times beyond all pictures are refused", "[report][readers]") {
  Value document = parsed(run_json(sample_results()));
  document.set("simulated_s", Value::number(1e300));
  document.find("topology")->find("nodes")->elements()[0].set("row", Value::number(-1e9));
  Problems problems;
  CHECK_FALSE(read_run_document(document, {}, problems));
  CHECK_THAT(problems.text(),
             Catch::Contains("/simulated_s: expected a number of at most 9200000000") &&
                 Catch::Contains("/topology/nodes/0/row: expected a number of at most 100000"));
}

TEST_CASE("readers: a later version may say more", "[report][readers]") {
  Value document = parsed(run_json(sample_results()));
  document.set("mood", Value::string("good"));
  document.find("components")->find("api")->set("colour", Value::string("blue"));
  Problems problems;
  const auto read = read_run_document(document, {}, problems);
  REQUIRE(read);
  CHECK(run_json(*read) == run_json(sample_results()));
  REQUIRE(problems.sorted().size() == 1);
  CHECK(problems.sorted()[0].pointer == "/components/api/colour");
  document.set("schema", Value::string("highwater/run/2"));
  CHECK_FALSE(read_run_document(document, {}, problems));
}

TEST_CASE("readers: units are those of the kind, or what names say", "[report][readers]") {
  const KindInfo service = [] {
    KindInfo kind;
    kind.name = "service";
    kind.metrics = {{"utilization", "percent", "How busy.", MetricShape::kEstimate}};
    return kind;
  }();
  Problems problems;
  const auto read = read_run_document(
      parsed(run_json(sample_results())),
      [&](std::string_view kind) { return kind == "service" ? &service : nullptr; }, problems);
  REQUIRE(read);
  const ComponentResult& api = *std::find_if(read->components.begin(), read->components.end(),
                                             [](const auto& each) { return each.id == "api"; });
  const auto unit = [&](std::string_view name) {
    return std::find_if(api.metrics.begin(), api.metrics.end(),
                        [&](const auto& each) { return each.name == name; })
        ->unit;
  };
  CHECK(unit("utilization") == "percent");
  CHECK(unit("throughput_rps") == "/s");
  CHECK(unit_by_name("wait_ms") == "ms");
  CHECK(unit_by_name("hit_ratio") == "1");
  CHECK(unit_by_name("queue_length").empty());
}

TEST_CASE("readers: series and intervals come back from their CSV", "[report][readers]") {
  for (const Results& written : {sample_results(), hostile_results()}) {
    Problems problems;
    Results read = *read_run_document(parsed(run_json(written)), {}, problems);
    const std::string series = series_csv(written), intervals = intervals_csv(written);
    read_series_csv(series, "series.csv", {}, read, problems);
    read_intervals_csv(intervals, "intervals.csv", read, problems);
    CHECK(problems.text() == "");
    CHECK(read.series.times_s == written.series.times_s);
    CHECK(read.series.bin_s == written.series.bin_s);
    CHECK(intervals_csv(read) == intervals);
    // A CSV has one line of UTF-8 for a name: those of the hostile ones are others there.
    if (written.clients[0].id != "users") continue;
    CHECK(read.series.clients[0].p99_ms == written.series.clients[0].p99_ms);
    CHECK(read.series.bands.size() == written.series.bands.size());
    CHECK(read.series.bands[0].bins == 5);
  }
}

TEST_CASE("readers: a broken CSV says where, and changes nothing", "[report][readers]") {
  Problems unread;
  const Results results = *read_run_document(parsed(run_json(sample_results())), {}, unread);
  const auto series = [&](const std::string& text) {
    Problems problems;
    Results copy = results;
    read_series_csv(text, "series.csv", {}, copy, problems);
    CHECK(copy.series.times_s.empty());
    return problems.text();
  };
  CHECK(series("") == "series.csv:1:1: expected the columns \"time_s,component,metric,value\"\n");
  CHECK(series("time_s,component,metric,value\n0,users,offered_rps\nx,users,offered_rps,nan\n") ==
        "series.csv:2:1: expected 4 cells, found 3\n"
        "series.csv:3:1: expected a number, found \"x\"\n"
        "series.csv:3:1: expected a number, found \"nan\"\n");
  std::string many = "time_s,component,metric,value\n";
  for (int i = 0; i < 20'000; ++i) many += std::to_string(i) + ",users,offered_rps,1\n";
  CHECK_THAT(series(many), Catch::Contains("expected the series of one run"));
  std::string broken = "time_s,component,metric,value\n";
  for (int i = 0; i < 5'000; ++i) broken += "x\n";
  Problems problems;
  Results copy = results;
  read_series_csv(broken, "series.csv", {}, copy, problems);
  CHECK(problems.error_count() == 101);
  // Every beginning of a file, and every single byte of it gone.
  const std::string whole = series_csv(sample_results()).substr(0, 2'000);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Results of_part = results;
    Problems of_reading;
    read_series_csv(whole.substr(0, cut), "series.csv", {}, of_part, of_reading);
    std::string without = whole;
    without.erase(cut, 1);
    read_series_csv(without, "series.csv", {}, of_part, of_reading);
    read_intervals_csv(without, "intervals.csv", of_part, of_reading);
    CHECK(of_reading.has_errors());
  }
}

}  // namespace
}  // namespace highwater
