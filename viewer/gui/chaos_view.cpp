#include "viewer/gui/chaos_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "engine/report/number_format.h"
#include "engine/statistics/intervals.h"
#include "viewer/draw/widgets.h"
#include "viewer/gui/overview_panel.h"
#include "viewer/gui/run_view.h"

namespace highwater::viewer {
namespace {

constexpr ImGuiTableFlags kTable = ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp;

void title(const Look& look, const std::string& text) {
  ImGui::PushFont(look.font(TextRole::heading));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
}

void wrapped(const std::string& text) {
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
}

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  wrapped(text);
}

bool table(const char* id, std::initializer_list<const char*> columns) {
  if (!ImGui::BeginTable(id, static_cast<int>(columns.size()), kTable)) return false;
  for (const char* column : columns) ImGui::TableSetupColumn(column);
  ImGui::TableHeadersRow();
  return true;
}

/// Seconds as people say them.
std::string time_text(const Estimate& seconds) {
  return with_interval(scaled(seconds, 1e3), "ms");
}

Status status_of(ChaosVerdict verdict) {
  switch (verdict) {
    case ChaosVerdict::holds:
      return Status::ok;
    case ChaosVerdict::deviates:
      return Status::bad;
    case ChaosVerdict::never_steady:
      return Status::warn;
    case ChaosVerdict::exploring:
    case ChaosVerdict::nothing:
      break;
  }
  return Status::idle;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string facts(const std::string& scenario, std::uint64_t runs, double simulated_s,
                  std::uint64_t seed, double wall_s) {
  return fmt::format("{}: {} runs of {}, seed {}, in {}", scenario, runs, show_clock(simulated_s),
                     seed, show_number(wall_s * 1e3, "ms").text());
}

}  // namespace

bool ChaosView::link_to(Context& context, const char* label, const std::string& name,
                        std::string& link) const {
  const std::filesystem::path target = std::filesystem::path(file_.path).parent_path() / name;
  std::error_code ignored;
  if (name.empty() || !std::filesystem::exists(target, ignored)) return false;
  if (ImGui::SmallButton(label)) link = target.string();
  context.registry.mark("link:" + name);
  return true;
}

void ChaosView::draw(Context& context, ImVec2 size, std::string& link) {
  ImGui::BeginChild("chaos", size, true);
  if (const auto* const chaos = std::get_if<ChaosResults>(&file_.content))
    show(context, *chaos, link);
  else if (const auto* const search = std::get_if<SearchResults>(&file_.content))
    show(context, *search, link);
  else
    show(context, std::get<MetastabilityResults>(file_.content));
  ImGui::EndChild();
}

void ChaosView::fault(Context& context, const ChaosImpact& impact) {
  heading(context.look, (impact.name + ": " + impact.text).c_str());
  if (ImGui::BeginTable("numbers", 2, ImGuiTableFlags_SizingStretchProp)) {
    ImGui::TableSetupColumn("number", 0, 1);
    ImGui::TableSetupColumn("value", 0, 5);
    const auto row = [&](const char* name, const std::string& text) {
      ImGui::TableNextRow();
      cell(name);
      cell(text);
    };
    row("strikes in all runs", show_count(impact.strikes));
    row("begins, lasts",
        fmt::format("{}, {}", time_text(impact.begin_s), time_text(impact.lasted_s)));
    row("noticed", fmt::format("{} of {}, after {}", impact.detected, impact.strikes,
                               time_text(impact.detect_s)));
    row("recovered", fmt::format("{} of those, after {}",
                                 impact.detected - std::min(impact.detected, impact.unrecovered),
                                 time_text(impact.recover_s)));
    row("requests lost", with_interval(impact.lost, ""));
    row("highest p99",
        fmt::format("{} of {}; without it {}", with_interval(impact.peak_p99_ms, "ms"),
                    impact.slowest_client, with_interval(impact.usual_p99_ms, "ms")));
    for (const ChaosBudget& budget : impact.budgets)
      row("error budget burnt", with_interval(budget.burnt, "1") + " of " + budget.objective);
    if (!impact.sustained_by.empty()) row("kept up by", impact.sustained_by);
    ImGui::EndTable();
  }
  if (impact.reach.empty()) return dim_text(context.look, "Nothing else left its steady state.");
  if (!table("reach", {"left its steady state", "by", "normally", "then", "change"})) return;
  for (const ChaosReach& reach : impact.reach) {
    ImGui::TableNextRow();
    cell(reach.component);
    cell(reach.metric);
    cell(show_number(reach.normally, reach.unit).text());
    cell(show_number(reach.then, reach.unit).text());
    cell(with_interval(reach.change, reach.unit));
  }
  ImGui::EndTable();
}

/// What clients saw, on average over the runs, with the faults and (dashed) without them.
void ChaosView::over_time(Context& context, const ChaosResults& results) {
  struct Chart {
    const char* name;
    PlotOptions options;
    std::vector<double> ChaosSeries::*seen;
    std::vector<double> ChaosSeries::*usual;
  };
  const std::array<Chart, 3> charts = {{
      {"p99",
       {.y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic}},
       &ChaosSeries::p99_ms,
       &ChaosSeries::usual_p99_ms},
      {"failed requests",
       {.y = {.unit = Unit::rate, .lo = 0.0}},
       &ChaosSeries::failed_rps,
       &ChaosSeries::usual_failed_rps},
      {"completed requests",
       {.y = {.unit = Unit::rate, .lo = 0.0}},
       &ChaosSeries::completed_rps,
       &ChaosSeries::usual_completed_rps},
  }};
  if (results.times_s.empty()) return;
  time_.set_extent({results.times_s.front(), std::max(results.times_s.back(), 1e-3)});
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const float room = ImGui::GetContentRegionAvail().x - 2 * gap;
  for (const ChaosSeries& series : results.series) {
    heading(context.look, (series.client + " over time").c_str());
    for (const Chart& chart : charts) {
      if (&chart != charts.data()) ImGui::SameLine();
      const std::string id = series.client + ": " + chart.name;
      PlotOptions options = chart.options;
      options.title = chart.name;
      options.size = {room / 3, context.look.px(200)};
      Plot plot(context.look, id, options, states_[id], time_);
      for (const ChaosImpact& impact : results.impacts)
        if (impact.begin_s.value && impact.lasted_s.value)
          plot.span(impact.text, *impact.begin_s.value,
                    *impact.begin_s.value + *impact.lasted_s.value);
      SeriesStyle without;
      without.ghost = true;
      plot.line("without", results.times_s, series.*chart.usual, without);
      plot.line("with the faults", results.times_s, series.*chart.seen);
      const PlotResult drawn = plot.end();
      context.registry.mark("plot:" + id, {drawn.area_min, drawn.area_max});
    }
  }
}

void ChaosView::show(Context& context, const ChaosResults& results, std::string& link) {
  const Look& look = context.look;
  title(look, results.title);
  dim_text(look, facts(results.scenario, results.runs, results.simulated_s, results.seed,
                       results.wall_s));
  if (results.partial) status_label(look, Status::warn, "partial: it was interrupted");
  if (link_to(context, "the experiment", "experiment.json", link)) ImGui::SameLine();
  link_to(context, "the scenario", "expanded.json", link);
  ImGui::Spacing();
  if (!results.hypothesis.empty()) wrapped("Hypothesis: " + results.hypothesis);
  status_label(look, status_of(results.verdict), verdict_word(results.verdict));
  wrapped(verdict_sentence(results));
  context.registry.publish("verdict", verdict_word(results.verdict));
  wrapped(fmt::format("Runs: {} held, {} deviated, {} never steady, {} aborted", results.kept,
                      results.deviated, results.never_steady, results.aborted));
  for (const auto& [condition, runs] : results.aborted_by)
    dim_text(look, fmt::format("{} aborted by {}", runs, condition));
  if (!results.checks.empty()) {
    heading(look, "Steady state");
    if (table("checks", {"probe", "asked for", "before", "after", "missed"})) {
      for (const ChaosCheck& check : results.checks) {
        ImGui::TableNextRow();
        cell(check.name);
        cell(check.asked.empty() ? check.tolerance : check.asked);
        cell(with_interval(check.before, check.unit));
        cell(with_interval(check.after, check.unit));
        ImGui::TableNextColumn();
        status_label(look, check.missed == 0 ? Status::ok : Status::bad,
                     fmt::format("{} of {} looks", check.missed, check.looks));
        if (!check.cannot_fail.empty())
          dim_text(look, "it could not have failed: " + check.cannot_fail);
      }
      ImGui::EndTable();
    }
  }
  over_time(context, results);
  for (std::size_t i = 0; i < results.impacts.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    fault(context, results.impacts[i]);
    ImGui::PopID();
  }
  if (results.findings.empty()) return;
  heading(look, "Findings");
  for (const Finding& finding : results.findings) {
    status_label(look, Status::warn, finding.kind);
    wrapped(finding.text);
  }
}

void ChaosView::show(Context& context, const SearchResults& results, std::string& link) {
  const Look& look = context.look;
  title(look, "What breaks " + results.scenario);
  dim_text(look, facts(results.scenario, results.runs, results.simulated_s, results.seed,
                       results.wall_s));
  if (results.interrupted) status_label(look, Status::warn, "partial: it was interrupted");
  wrapped("Ended by: " + results.ended_by);
  for (const std::string& objective : results.broken_anyway)
    status_label(look, Status::warn, "missed without any fault: " + objective);
  context.registry.publish("breaks", std::to_string(results.breaks.size()));
  heading(look, results.breaks.empty() ? "Nothing broke an objective" : "What breaks it");
  if (!results.breaks.empty() && table("breaks", {"faults", "missed objectives", "in", "", ""})) {
    for (const SearchBreak& found : results.breaks) {
      ImGui::TableNextRow();
      cell(found.what);
      cell(joined(found.objectives));
      cell(fmt::format("{} of {} runs", found.missed, found.runs));
      cell(found.minimal ? "nothing smaller does" : "not shrunk");
      ImGui::TableNextColumn();
      ImGui::PushID(&found);
      link_to(context, "experiment", found.file, link);
      ImGui::PopID();
    }
    ImGui::EndTable();
  }
  std::vector<const SearchTrial*> held;
  for (const auto* trials : {&results.singles, &results.moments, &results.pairs})
    for (const SearchTrial& trial : *trials)
      if (!trial.broke) held.push_back(&trial);
  std::stable_sort(held.begin(), held.end(), [](const SearchTrial* a, const SearchTrial* b) {
    return a->strain > b->strain;
  });
  if (!held.empty()) {
    heading(look, "What came nearest to breaking it");
    constexpr std::size_t kShown = 20;
    for (std::size_t i = 0; i < std::min(held.size(), kShown); ++i)
      wrapped(fmt::format("{}  of the limit: {}", show_number(held[i]->strain, "1").text(),
                          held[i]->what));
  }
  heading(look, "Not tried");
  wrapped(fmt::format("{} single faults, {} moments, {} pairs", results.singles_left,
                      results.moments_left, results.pairs_left));
  for (const std::string& verb : results.not_searched) dim_text(look, verb);
}

void ChaosView::show(Context& context, const MetastabilityResults& results) {
  const Look& look = context.look;
  title(look, "Is " + results.scenario + " metastable?");
  dim_text(look, facts(results.scenario, results.runs, results.simulated_s, results.seed,
                       results.wall_s));
  if (results.interrupted) status_label(look, Status::warn, "partial: it was interrupted");
  const bool metastable = is_metastable(results);
  status_label(look, metastable ? Status::bad : Status::ok,
               metastable ? "metastable" : "it recovers");
  context.registry.publish("verdict", metastable ? "metastable" : "it recovers");
  wrapped(metastability_sentence(results));
  ImGui::Spacing();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 size{(room.x - ImGui::GetStyle().ItemSpacing.x) / 2,
                    std::max(room.y * 0.6F, look.px(240))};
  std::vector<double> loads, alone, after;
  for (const MetastableLevel& level : results.levels) {
    loads.push_back(level.load);
    alone.push_back(level.goodput.value.value_or(std::numeric_limits<double>::quiet_NaN()));
    after.push_back(level.goodput_after.value.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  if (std::is_sorted(loads.begin(), loads.end()) && !loads.empty()) {
    const double room_beside = std::max((loads.back() - loads.front()) * 0.05, 1e-3);
    loads_.set_extent({loads.front() - room_beside, loads.back() + room_beside});
  }
  {
    Plot plot(look, "load",
              {.title = "Answered share at each load, times the scenario's",
               .x = {.unit = Unit::number},
               .y = {.unit = Unit::ratio, .lo = 0.0},
               .size = size},
              states_["load"], loads_);
    if (std::is_sorted(loads.begin(), loads.end())) {
      if (results.vulnerable)
        plot.span("vulnerable", results.vulnerable->low, results.vulnerable->high, Status::warn);
      plot.line("alone", loads, alone);
      plot.line("after the trigger", loads, after);
    }
    const PlotResult drawn = plot.end();
    context.registry.mark("plot:load", {drawn.area_min, drawn.area_max});
  }
  ImGui::SameLine();
  std::vector<std::string> rows;
  for (const double of : results.sizes) rows.push_back(show_number(of, "").text() + "x");
  lengths_.set_extent({0, static_cast<double>(std::max<std::size_t>(results.lengths_s.size(), 1))});
  {
    std::string lengths;
    for (const double of : results.lengths_s)
      lengths += (lengths.empty() ? "" : ", ") + show_clock(of);
    Plot plot(look, "triggers",
              {.title = "Collapsed runs, by size of " + results.trigger + " and length: " + lengths,
               .x = {.unit = Unit::number},
               .y = {.unit = Unit::ratio},
               .rows = rows,
               .empty = "no triggers were tried",
               .size = size},
              states_["triggers"], lengths_);
    const std::size_t columns = results.lengths_s.size();
    if (!results.cells.empty())
      plot.heat({.name = "collapsed",
                 .columns = columns,
                 .rows = rows.size(),
                 .cells = Values(results.cells.size(),
                                 [&results](std::size_t i) {
                                   const MetastableCell& of = results.cells[i];
                                   return of.runs == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                       : static_cast<double>(of.collapsed) /
                                                             static_cast<double>(of.runs);
                                 }),
                 .x_from = 0,
                 .x_to = static_cast<double>(columns),
                 .most = 1,
                 .unit = Unit::ratio,
                 .colors = HeatColors::level});
    const PlotResult drawn = plot.end();
    context.registry.mark("plot:triggers", {drawn.area_min, drawn.area_max});
  }
  if (!table("levels", {"load", "state", "answered alone", "after the trigger", "collapsed"}))
    return;
  for (const MetastableLevel& level : results.levels) {
    ImGui::TableNextRow();
    cell(show_number(level.load, "").text() + "x");
    cell(metastable_state(level));
    cell(with_interval(level.goodput, "1"));
    cell(with_interval(level.goodput_after, "1"));
    cell(fmt::format("{} of {}", level.collapsed, level.runs));
  }
  ImGui::EndTable();
}

}  // namespace highwater::viewer
