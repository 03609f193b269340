#include "viewer/gui/run_charts.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "engine/report/metric_view.h"
#include "engine/report/run_folder.h"

namespace highwater::viewer {
namespace {

/// More rows than these cannot be told apart.
constexpr std::size_t kMostRows = 48;
constexpr float kBandFill = 0.3F;
constexpr std::array<const char*, 3> kPages = {"Users", "Inside", "Input"};

/// What one looks at first, in this order; others follow.
constexpr std::array<std::string_view, 6> kFirst = {"queue_length", "utilization", "in_flight",
                                                    "hit_ratio",    "lag",         "depth"};

std::vector<std::string> metrics_of(const SeriesSet& series) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const std::string_view first : kFirst)
    for (const SeriesSet::Extra& extra : series.extras)
      if (extra.metric == first) add(extra.metric);
  for (const SeriesSet::Extra& extra : series.extras) add(extra.metric);
  return names;
}

/// Where a series is largest; nothing where it says nothing.
std::optional<double> worst(const SeriesSet& series, const std::vector<double>& values) {
  std::optional<std::size_t> place;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i]) && (!place || values[i] > values[*place])) place = i;
  if (!place) return std::nullopt;
  return series.times_s[*place] + series.bin_s / 2;
}

/// The objective's limit where its text names that metric of that client, other than its mean.
bool is_about(const ObjectiveResult& objective, const std::string& client) {
  const std::string beginning = client + ".latency_ms.";
  return objective.unit == "ms" && objective.text.starts_with(beginning) &&
         !objective.text.starts_with(beginning + "mean");
}

}  // namespace

void add_band(Plot& plot, const Results& results, const std::string& component,
              std::string_view metric, const std::string& name, Color color,
              std::deque<std::vector<double>>& kept) {
  const std::vector<double>& times = results.series.times_s;
  for (const SeriesBand& band : results.series.bands) {
    if (band.component != component || band.metric != metric) continue;
    std::vector<double>& x = kept.emplace_back();
    std::vector<double>& low = kept.emplace_back();
    std::vector<double>& high = kept.emplace_back();
    for (std::size_t i = 0; i < band.low.size(); ++i) {
      const std::size_t next = (i + 1) * band.bins;
      for (const double at :
           {times[i * band.bins], next < times.size() ? times[next] : results.simulated_s}) {
        x.push_back(at);
        low.push_back(band.low[i]);
        high.push_back(band.high[i]);
      }
    }
    plot.band(name, x, low, high, {.color = color, .fill = kBandFill});
  }
}

RunCharts::RunCharts(const Results& results)
    : results_(results),
      metrics_(metrics_of(results.series)),
      time_({0, results.simulated_s > 0 ? results.simulated_s : 1}) {}

std::size_t RunCharts::client_shown(const std::string& selected) const {
  const std::vector<ClientSeries>& clients = results_.series.clients;
  for (std::size_t i = 0; i < clients.size(); ++i)
    if (clients[i].client == selected) return i;
  return 0;
}

const char* RunCharts::with_intervals() const {
  return results_.series.bands.empty() ? "" : ", 95% intervals";
}

std::optional<double> RunCharts::show_evidence(const Finding& finding) {
  const SeriesSet& series = results_.series;
  const std::string& component = finding.component;
  std::optional<double> at;
  const auto try_instances = [&] {
    for (const InstanceSeries& instance : series.instances)
      if (!at && instance.instance.starts_with(component)) at = worst(series, instance.utilization);
  };
  for (const ClientSeries& client : series.clients)
    if (client.client == component) at = worst(series, client.p99_ms);
  // What is busy shows by instance; other than that, the first metric in which it has any series.
  if (!at && finding.kind == "bottleneck") try_instances();
  wanted_page_ = at ? 0 : 1;
  for (const std::string& metric : metrics_)
    for (const SeriesSet::Extra& extra : series.extras)
      if (!at && extra.component == component && extra.metric == metric)
        at = worst(series, extra.values);
  if (!at) try_instances();
  time_.playhead = at;
  return at;
}

template <class Fill>
void RunCharts::chart(Context& context, const std::string& name, ImVec2 size, PlotOptions options,
                      Fill fill) {
  options.size = size;
  const bool over_time = options.x.unit == Unit::clock;
  Plot plot(context.look, name, std::move(options), states_[name], over_time ? time_ : entries_);
  if (over_time)
    for (const FaultSpan& fault : results_.faults)
      plot.span(fault.text, fault.begin_s,
                std::isfinite(fault.end_s) ? fault.end_s : results_.simulated_s);
  fill(plot);
  const PlotResult result = plot.end();
  context.registry.mark("plot:" + name, {result.area_min, result.area_max});
  if (result.clicked && over_time) time_.playhead = *result.clicked;
  const std::string popup = "menu of " + name;
  if (result.menu) ImGui::OpenPopup(popup.c_str());
  if (ImGui::BeginPopup(popup.c_str())) {
    export_menu(context, plot, name);
    ImGui::EndPopup();
  }
}

void RunCharts::export_menu(Context& context, const Plot& plot, const std::string& name) const {
  const auto save = [&](const char* ending, const std::string& text) {
    const std::string file =
        fmt::format("{}-{}.{}", folder_name(results_.scenario), folder_name(name), ending);
    try {
      write_file(file, text);
      context.notify("Written: " + file);
    } catch (const RunFolderError& error) {
      context.notify(error.what(), Status::bad);
    }
  };
  if (ImGui::MenuItem("Save as CSV")) save("csv", plot.to_csv());
  context.registry.mark("csv:" + name);
  if (ImGui::MenuItem("Save as SVG")) save("svg", plot.to_svg());
  context.registry.mark("svg:" + name);
  if (ImGui::MenuItem("Copy as CSV")) ImGui::SetClipboardText(plot.to_csv().c_str());
}

void RunCharts::throughput(Context& context, ImVec2 size, std::size_t client) {
  const ClientSeries& series = results_.series.clients[client];
  const Theme& theme = context.look.theme;
  chart(context, "throughput", size,
        {.title = "Throughput of " + series.client + with_intervals(), .y = {.unit = Unit::rate}},
        [&](Plot& plot) {
          const std::vector<double>& times = results_.series.times_s;
          add_band(plot, results_, series.client, "completed_rps", "completed", theme.series(0),
                   kept_);
          plot.line("offered", times, series.offered_rps, {.color = theme.dim});
          plot.line("completed", times, series.completed_rps, {.color = theme.series(0)});
          // Where there is no chart of its own for them.
          if (series.heat_rows > 0)
            plot.line("failed", times, series.failed_rps, {.color = theme.status(Status::bad)});
        });
}

void RunCharts::latency(Context& context, ImVec2 size, std::size_t client) {
  const ClientSeries& series = results_.series.clients[client];
  const Theme& theme = context.look.theme;
  chart(context, "latency", size,
        {.title = "Latency of " + series.client + with_intervals(),
         .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
         .empty = "no answers"},
        [&](Plot& plot) {
          const std::vector<double>& times = results_.series.times_s;
          add_band(plot, results_, series.client, "latency_p50_ms", "p50", theme.series(1), kept_);
          add_band(plot, results_, series.client, "latency_p99_ms", "p99", theme.series(0), kept_);
          plot.line("p99.9", times, series.p999_ms, {.color = theme.series(3), .width = 1});
          plot.line("p99", times, series.p99_ms, {.color = theme.series(0)});
          plot.line("p90", times, series.p90_ms, {.color = theme.series(2), .width = 1});
          plot.line("p50", times, series.p50_ms, {.color = theme.series(1)});
          for (const ObjectiveResult& objective : results_.objectives)
            if (is_about(objective, series.client)) plot.limit(objective.text, objective.limit);
        });
}

void RunCharts::failures(Context& context, ImVec2 size, std::size_t client) {
  const ClientSeries& series = results_.series.clients[client];
  const Color color = context.look.theme.status(Status::bad);
  chart(context, "failures", size,
        {.title = "Failures of " + series.client,
         .y = {.unit = Unit::rate, .lo = 0.0},
         .empty = "nothing failed"},
        [&](Plot& plot) {
          add_band(plot, results_, series.client, "failed_rps", "failed", color, kept_);
          plot.line("failed", results_.series.times_s, series.failed_rps, {.color = color});
        });
}

void RunCharts::latency_map(Context& context, ImVec2 size, std::size_t client) {
  const ClientSeries& series = results_.series.clients[client];
  chart(
      context, "latency map", size,
      {.title = "Where the answers to " + series.client + " lie",
       .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
       .empty = "no answers"},
      [&](Plot& plot) {
        const std::size_t columns = results_.series.times_s.size();
        const std::size_t rows = series.heat_rows;
        plot.heat(
            {.name = "answers",
             .columns = columns,
             .rows = rows,
             .cells = Values(columns * rows,
                             [&series, columns, rows](std::size_t cell) {
                               return series.heat_counts[(cell % columns) * rows + cell / columns];
                             }),
             .x_from = 0,
             .x_to = results_.simulated_s,
             .y_from = series.heat_floor_ms,
             .y_to = series.heat_floor_ms * std::pow(series.heat_ratio, static_cast<double>(rows)),
             .scale = HeatScale::square_root});
      });
}

void RunCharts::utilization(Context& context, ImVec2 size, const std::string& selected) {
  std::vector<std::pair<std::string, const std::vector<double>*>> rows;
  const auto collect = [&](bool only_selected) {
    for (const InstanceSeries& instance : results_.series.instances)
      if (!only_selected || instance.instance.starts_with(selected + "["))
        rows.emplace_back(instance.instance, &instance.utilization);
    for (const SeriesSet::Extra& extra : results_.series.extras) {
      const bool has_instances =
          std::any_of(results_.series.instances.begin(), results_.series.instances.end(),
                      [&](const InstanceSeries& each) {
                        return each.instance.starts_with(extra.component + "[");
                      });
      if (extra.metric == "utilization" && !has_instances &&
          (!only_selected || extra.component == selected))
        rows.emplace_back(extra.component, &extra.values);
    }
  };
  if (!selected.empty()) collect(true);
  if (rows.empty()) collect(false);
  if (rows.size() > kMostRows) rows.resize(kMostRows);
  std::vector<std::string> names;
  for (const auto& [name, values] : rows) names.push_back(name);
  chart(context, "utilization", size,
        {.title = "Utilization by instance",
         .y = {.unit = Unit::ratio},
         .rows = names,
         .empty = "nothing here has a utilization over time"},
        [&](Plot& plot) {
          if (rows.empty()) return;
          const std::size_t columns = results_.series.times_s.size();
          plot.heat({.name = "utilization",
                     .columns = columns,
                     .rows = rows.size(),
                     .cells = Values(columns * rows.size(),
                                     [&rows, columns](std::size_t cell) {
                                       return (*rows[cell / columns].second)[cell % columns];
                                     }),
                     .x_from = 0,
                     .x_to = results_.simulated_s,
                     .most = 1,
                     .unit = Unit::ratio,
                     .colors = HeatColors::level});
        });
}

void RunCharts::metric(Context& context, ImVec2 size, std::size_t place,
                       const std::string& selected) {
  std::size_t& chosen = chosen_[place];
  const std::string id = fmt::format("metric:{}", place);
  const std::string shown = metrics_[chosen];
  ImGui::BeginGroup();
  ImGui::SetNextItemWidth(context.look.px(190));
  if (ImGui::BeginCombo(("##" + id).c_str(), readable_name(shown).c_str())) {
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (ImGui::Selectable(readable_name(metrics_[i]).c_str(), i == chosen)) chosen = i;
      context.registry.mark("choose:" + metrics_[i]);
    }
    ImGui::EndCombo();
  } else {
    context.registry.mark(id);
  }
  const float used = ImGui::GetItemRectSize().y + ImGui::GetStyle().ItemSpacing.y;
  std::string unit;
  for (const SeriesSet::Extra& extra : results_.series.extras)
    if (extra.metric == shown) unit = extra.unit;
  chart(context, id, {size.x, size.y - used},
        {.title = readable_name(shown), .y = {.unit = unit_of(unit)}, .empty = "nothing to show"},
        [&](Plot& plot) {
          std::size_t color = 0;
          for (const SeriesSet::Extra& extra : results_.series.extras) {
            if (extra.metric != shown) continue;
            const Color of_it = context.look.theme.series(color++);
            // Of all components the bands would hide the lines.
            if (extra.component == selected)
              add_band(plot, results_, extra.component, shown.c_str(), extra.component, of_it,
                       kept_);
            plot.line(extra.component, results_.series.times_s, extra.values,
                      {.color = of_it, .width = extra.component == selected ? 2.5F : 1.5F});
          }
        });
  ImGui::EndGroup();
}

/// What was given to the run, such as the hourly load of a replayed log.
void RunCharts::bars(Context& context) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const auto charts = static_cast<float>(results_.charts.size());
  for (std::size_t i = 0; i < results_.charts.size(); ++i) {
    const BarChart& given = results_.charts[i];
    entries_.set_extent({0, static_cast<double>(std::max<std::size_t>(given.values.size(), 1))});
    chart(context, fmt::format("input:{}", i),
          {room.x, room.y / charts - ImGui::GetStyle().ItemSpacing.y},
          {.title = given.title, .x = {.unit = Unit::number}, .y = {.unit = unit_of(given.unit)}},
          [&](Plot& plot) {
            const std::size_t n = given.values.size();
            plot.bars(given.component, Values::ramp(n, 0, 1), Values::ramp(n, 1, 1), given.values);
          });
  }
}

void RunCharts::draw(Context& context, const std::string& selected) {
  kept_.clear();
  const SeriesSet& series = results_.series;
  if (series.times_s.empty() || series.clients.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
    ImGui::TextWrapped(
        "There are no charts: series.csv is not beside these results, or no replication was "
        "finished. Their numbers are complete.");
    ImGui::PopStyleColor();
    context.registry.publish("results charts", "none");
    return;
  }
  const std::size_t pages = results_.charts.empty() ? 2 : 3;
  if (ImGui::BeginTabBar("results charts")) {
    for (std::size_t i = 0; i < pages; ++i) {
      const ImGuiTabItemFlags flags =
          wanted_page_ == i ? ImGuiTabItemFlags_SetSelected : ImGuiTabItemFlags_None;
      if (ImGui::BeginTabItem(kPages[i], nullptr, flags)) {
        page_ = i;
        ImGui::EndTabItem();
      }
      context.registry.mark(fmt::format("results tab:{}", kPages[i]));
    }
    ImGui::EndTabBar();
  }
  wanted_page_.reset();
  context.registry.publish("results charts", kPages[page_]);
  context.registry.publish("bands", std::to_string(series.bands.size()));
  if (page_ == 2) return bars(context);
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 size{(room.x - gap) / 2, (room.y - ImGui::GetStyle().ItemSpacing.y) / 2};
  if (page_ == 0) {
    const std::size_t client = client_shown(selected);
    throughput(context, size, client);
    ImGui::SameLine();
    latency(context, size, client);
    if (series.clients[client].heat_rows > 0)
      latency_map(context, size, client);
    else
      failures(context, size, client);
    ImGui::SameLine();
    utilization(context, size, selected);
    return;
  }
  for (std::size_t place = 0; place < std::min(metrics_.size(), chosen_.size()); ++place) {
    if (place % 2 == 1) ImGui::SameLine();
    metric(context, size, place, selected);
  }
}

}  // namespace highwater::viewer
