#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/report/document_readers.h"
#include "engine/report/object_reader.h"

namespace highwater {
namespace {

/// Longer than any run, and larger than any load or trigger that was ever tried.
constexpr double kLongest_s = 9.2e9;
constexpr double kLargestFactor = 1e6;

void read_texts(const ObjectReader& reader, std::string_view key, std::vector<std::string>& out) {
  reader.elements(key, [&](const Value& text, const std::string& path) {
    if (text.is_string())
      out.push_back(text.text());
    else
      reader.problems().error(text.position(), path, "expected a text, found " + text.found());
  });
}

/// The name and version of the form that a document has.
bool is_of(const ObjectReader& reader, std::string_view schema) {
  std::string found;
  const std::size_t before = reader.problems().error_count();
  reader.text("schema", found);
  if (reader.problems().error_count() != before) return false;
  if (found != schema) reader.wrong("schema", in_quotes(schema));
  return found == schema;
}

void optional_text(const ObjectReader& reader, std::string_view key, std::string& out) {
  if (reader.has(key)) reader.text(key, out);
}

ChaosCheck read_check(const ObjectReader& reader) {
  ChaosCheck out;
  reader.text("name", out.name);
  reader.text("tolerance", out.tolerance);
  optional_text(reader, "asked_for", out.asked);
  optional_text(reader, "unit", out.unit);
  reader.estimate("before", out.before);
  reader.estimate("after", out.after);
  reader.count("looks", out.looks);
  reader.count("missed", out.missed);
  optional_text(reader, "cannot_fail", out.cannot_fail);
  return out;
}

ChaosImpact read_impact(const ObjectReader& reader) {
  ChaosImpact out;
  reader.text("name", out.name);
  reader.text("text", out.text);
  reader.count("strikes", out.strikes);
  reader.estimate("begin_s", out.begin_s);
  reader.estimate("lasted_s", out.lasted_s);
  reader.count("detected", out.detected);
  reader.estimate("time_to_detect_s", out.detect_s);
  reader.count("unrecovered", out.unrecovered);
  reader.estimate("time_to_recover_s", out.recover_s);
  reader.estimate("requests_lost", out.lost);
  reader.text("slowest_client", out.slowest_client);
  reader.estimate("peak_p99_ms", out.peak_p99_ms);
  reader.estimate("usual_p99_ms", out.usual_p99_ms);
  reader.objects("error_budgets", [&](const ObjectReader& of) {
    ChaosBudget& budget = out.budgets.emplace_back();
    of.text("objective", budget.objective);
    of.estimate("burnt", budget.burnt);
  });
  reader.objects("blast_radius", [&](const ObjectReader& of) {
    ChaosReach& reach = out.reach.emplace_back();
    of.text("component", reach.component);
    of.text("metric", reach.metric);
    of.text("unit", reach.unit);
    of.number_or_null("normally", reach.normally);
    of.number_or_null("then", reach.then);
    of.estimate("change", reach.change);
  });
  optional_text(reader, "sustained_by", out.sustained_by);
  return out;
}

void read_verdict(const ObjectReader& reader, ChaosVerdict& out) {
  std::string word;
  const std::size_t before = reader.problems().error_count();
  reader.text("verdict", word);
  if (reader.problems().error_count() != before) return;
  for (const ChaosVerdict verdict :
       {ChaosVerdict::holds, ChaosVerdict::deviates, ChaosVerdict::never_steady,
        ChaosVerdict::exploring, ChaosVerdict::nothing})
    if (word == verdict_word(verdict)) {
      out = verdict;
      return;
    }
  reader.wrong("verdict",
               R"("holds", "deviates", "never steady", "exploring" or "nothing was run")");
}

std::vector<SearchTrial> read_trials(const ObjectReader& reader, std::string_view key) {
  std::vector<SearchTrial> trials;
  reader.objects(key, [&](const ObjectReader& of) {
    SearchTrial& trial = trials.emplace_back();
    of.text("what", trial.what);
    of.boolean("broke", trial.broke);
    of.number("strain", trial.strain);
  });
  return trials;
}

void read_numbers(const ObjectReader& reader, std::string_view key, std::vector<double>& out) {
  reader.elements(key, [&](const Value& number, const std::string& path) {
    if (number.is_number() || number.is_null())
      out.push_back(number.is_number() ? number.number()
                                       : std::numeric_limits<double>::quiet_NaN());
    else
      reader.problems().error(number.position(), path,
                              "expected a number or null, found " + number.found());
  });
}

void read_over_time(const ObjectReader& reader, ChaosResults& out) {
  read_numbers(reader, "times_s", out.times_s);
  if (!std::is_sorted(out.times_s.begin(), out.times_s.end()) ||
      std::any_of(out.times_s.begin(), out.times_s.end(),
                  [](double t) { return !(t >= 0 && t <= kLongest_s); }))
    reader.wrong("times_s", "times that ascend");
  reader.objects("clients", [&](const ObjectReader& of) {
    ChaosSeries& series = out.series.emplace_back();
    of.text("client", series.client);
    for (const ChaosCurve& curve : kChaosCurves) {
      read_numbers(of, curve.name, series.*curve.values);
      if (of.has(curve.name) && (series.*curve.values).size() != out.times_s.size())
        of.wrong(curve.name, fmt::format("{} numbers, one for each time", out.times_s.size()));
    }
  });
}

template <class T>
void add_new(std::vector<T>& list, const T& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

std::optional<ChaosResults> read_chaos_document(const Value& document, Problems& problems) {
  const std::size_t before = problems.error_count();
  const ObjectReader reader(document, "", problems);
  is_of(reader, "highwater/chaos/1");
  ChaosResults out;
  reader.text("title", out.title);
  reader.text("scenario", out.scenario);
  reader.count("seed", out.seed);
  reader.count("runs", out.runs);
  reader.time_s("simulated_s", out.simulated_s);
  read_verdict(reader, out.verdict);
  reader.estimate("probability", out.held);
  reader.number_or_null("required", out.required);
  reader.count("held", out.kept);
  reader.count("deviated", out.deviated);
  reader.count("never_steady", out.never_steady);
  reader.count("aborted", out.aborted);
  reader.objects("aborted_by", [&](const ObjectReader& of) {
    auto& [condition, runs] = out.aborted_by.emplace_back();
    of.text("condition", condition);
    of.count("runs", runs);
  });
  reader.text("hypothesis", out.hypothesis);
  reader.objects("checks", [&](const ObjectReader& of) { out.checks.push_back(read_check(of)); });
  reader.objects("faults", [&](const ObjectReader& of) { out.impacts.push_back(read_impact(of)); });
  reader.objects("findings", [&](const ObjectReader& of) {
    Finding& finding = out.findings.emplace_back();
    of.text("kind", finding.kind);
    of.text("text", finding.text);
  });
  reader.object("over_time", [&](const ObjectReader& of) { read_over_time(of, out); });
  reader.count("events", out.events);
  reader.boolean("partial", out.partial);
  reader.time_s("wall_s", out.wall_s);
  reader.text("started", out.started);
  reader.text("host", out.host);
  if (problems.error_count() != before) return std::nullopt;
  return out;
}

std::optional<SearchResults> read_search_document(const Value& document, Problems& problems) {
  const std::size_t before = problems.error_count();
  const ObjectReader reader(document, "", problems);
  is_of(reader, "highwater/chaos-search/1");
  SearchResults out;
  reader.text("scenario", out.scenario);
  reader.count("seed", out.seed);
  reader.count("runs", out.runs);
  reader.count("resumed", out.resumed);
  reader.within("simulated_s", kLongest_s, out.simulated_s);
  read_texts(reader, "broken_anyway", out.broken_anyway);
  reader.objects("breaks", [&](const ObjectReader& of) {
    SearchBreak& found = out.breaks.emplace_back();
    of.text("what", found.what);
    read_texts(of, "objectives", found.objectives);
    of.count("missed", found.missed);
    of.count("runs", found.runs);
    of.boolean("minimal", found.minimal);
    of.text("experiment", found.file);
  });
  out.singles = read_trials(reader, "singles");
  reader.count("singles_left", out.singles_left);
  out.moments = read_trials(reader, "moments");
  reader.count("moments_left", out.moments_left);
  out.pairs = read_trials(reader, "pairs");
  reader.count("pairs_left", out.pairs_left);
  read_texts(reader, "not_searched", out.not_searched);
  reader.text("ended_by", out.ended_by);
  reader.boolean("partial", out.interrupted);
  reader.within("wall_s", kLongest_s, out.wall_s);
  reader.text("started", out.started);
  if (problems.error_count() != before) return std::nullopt;
  return out;
}

std::optional<MetastabilityResults> read_metastability_document(const Value& document,
                                                                Problems& problems) {
  const std::size_t before = problems.error_count();
  const ObjectReader reader(document, "", problems);
  is_of(reader, "highwater/chaos-metastable/1");
  MetastabilityResults out;
  reader.text("scenario", out.scenario);
  reader.text("trigger", out.trigger);
  reader.count("seed", out.seed);
  reader.count("runs", out.runs);
  reader.within("simulated_s", kLongest_s, out.simulated_s);
  reader.objects("levels", [&](const ObjectReader& of) {
    MetastableLevel& level = out.levels.emplace_back();
    of.within("load", kLargestFactor, level.load);
    of.count("runs", level.runs);
    of.count("overloaded", level.overloaded);
    of.count("collapsed", level.collapsed);
    of.count("draining", level.draining);
    of.estimate("goodput", level.goodput);
    of.estimate("goodput_after", level.goodput_after);
  });
  if (reader.has("vulnerable")) {
    std::vector<double> ends;
    reader.elements("vulnerable", [&](const Value& end, const std::string& path) {
      if (!end.is_number())
        problems.error(end.position(), path, "expected a number, found " + end.found());
      ends.push_back(end.is_number() ? end.number() : 0);
    });
    if (ends.size() == 2)
      out.vulnerable = Interval{ends[0], ends[1]};
    else
      reader.wrong("vulnerable", "both ends of a range");
  }
  reader.objects("triggers", [&](const ObjectReader& of) {
    MetastableCell& cell = out.cells.emplace_back();
    of.within("size", kLargestFactor, cell.size);
    of.within("lasts_s", kLongest_s, cell.lasts_s);
    of.count("runs", cell.runs);
    of.count("collapsed", cell.collapsed);
    of.count("draining", cell.draining);
    of.estimate("recover_s", cell.recover_s);
    add_new(out.sizes, cell.size);
    add_new(out.lengths_s, cell.lasts_s);
  });
  // By size, then length: MetastabilityResults::cell() relies on it.
  bool whole = out.cells.size() == out.sizes.size() * out.lengths_s.size();
  for (std::size_t i = 0; whole && i < out.cells.size(); ++i)
    whole = out.cells[i].size == out.sizes[i / out.lengths_s.size()] &&
            out.cells[i].lasts_s == out.lengths_s[i % out.lengths_s.size()];
  if (!whole && problems.error_count() == before)
    reader.wrong("triggers", "each size with each length, in order");
  optional_text(reader, "sustained_by", out.sustained_by);
  reader.boolean("partial", out.interrupted);
  reader.within("wall_s", kLongest_s, out.wall_s);
  reader.text("started", out.started);
  if (problems.error_count() != before) return std::nullopt;
  return out;
}

}  // namespace highwater
