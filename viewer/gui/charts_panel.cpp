#include "viewer/gui/charts_panel.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "viewer/gui/command_palette.h"
#include "viewer/gui/run_charts.h"
#include "viewer/gui/so_far.h"

namespace highwater::viewer {
namespace {

/// More rows than these cannot be told apart.
constexpr std::size_t kMostRows = 48;

Values times(const Context& context) {
  const History& history = context.feed->sight().history;
  return Values(context.intervals(), [&history](std::size_t i) { return history.end_s(i); });
}

template <class At>
Values over_time(const Context& context, At at) {
  return Values(context.intervals(), std::move(at));
}

/// The same of the run that this one is compared with.
template <class Read>
void add_both(Context& context, Plot& plot, const std::string& name, Color color, Read read) {
  const Feed& feed = *context.feed;
  plot.line(name, times(context),
            over_time(context, [&feed, read](std::size_t i) { return read(feed, i); }),
            {.color = color});
  if (!context.other) return;
  const Feed& other = *context.other;
  const History& history = other.sight().history;
  const std::size_t seen = history.intervals();
  plot.line(name + " before", Values(seen, [&history](std::size_t i) { return history.end_s(i); }),
            Values(seen, [&other, read](std::size_t i) { return read(other, i); }),
            {.color = color, .ghost = true});
}

/// The client whose latencies are shown: the one that is selected, or the first.
std::size_t client_shown(const Context& context) {
  const auto selected = context.selected_part();
  const std::vector<std::size_t>& clients = context.feed->clients();
  if (selected && std::find(clients.begin(), clients.end(), *selected) != clients.end())
    return *selected;
  return clients.front();
}

/// The part whose times are shown: any component that measures some, or a client.
std::size_t part_shown(const Context& context) {
  const auto selected = context.selected_part();
  return selected && context.feed->columns(*selected).p99 ? *selected : client_shown(context);
}

void add_limits(const Context& context, Plot& plot, const std::string& component,
                std::string_view metric) {
  for (const Objective& objective : context.session.system().objectives)
    if (objective.component == component && objective.metric == metric &&
        objective.statistic != "mean")
      plot.limit(objective.text, objective.limit);
}

/// What has happened by itself, but for faults, which are marked from their beginnings to their
/// ends.
void add_events(const Context& context, Plot& plot) {
  constexpr std::size_t kMost = 60;
  const std::vector<LogEntry>& log = context.status().log;
  for (std::size_t i = log.size() - std::min(log.size(), kMost); i < log.size(); ++i)
    if (!log[i].kind.starts_with("fault")) plot.event(log[i].text, log[i].t_s);
}

}  // namespace

template <class Fill>
void ChartsPanel::chart(Context& context, const char* name, ImVec2 size, PlotOptions options,
                        Fill fill) {
  options.size = size;
  const bool over_time = options.x.unit == Unit::clock;
  PlotState& state = states_[name];
  Plot plot(context.look, name, std::move(options), state, over_time ? context.time : percentiles_);
  if (context.has_data()) {
    if (over_time)
      for (const Mark& mark : context.status().marks)
        plot.span(mark.text, mark.begin_s, mark.end_s.value_or(seconds(context.status().now)));
    if (over_time) add_events(context, plot);
    fill(plot);
  }
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const PlotResult result = plot.end();
  rects_[name] = {corner, {corner.x + size.x, corner.y + size.y}};
  context.registry.mark(fmt::format("plot:{}", name), {result.area_min, result.area_max});
  if (result.clicked && over_time)
    context.looking_at = std::clamp(*result.clicked, 0.0, seconds(context.status().now));
  const std::string popup = fmt::format("menu of {}", name);
  if (result.menu) ImGui::OpenPopup(popup.c_str());
  if (ImGui::BeginPopup(popup.c_str())) {
    export_menu(context, plot, name);
    ImGui::EndPopup();
  }
}

void ChartsPanel::export_menu(Context& context, const Plot& plot, const char* name) {
  const auto save = [&](const char* ending, const std::string& text) {
    const std::string file = fmt::format("{}-{}.{}", context.session.system().name, name, ending);
    std::ofstream out(file, std::ios::binary);
    out << text;
    if (out.flush())
      context.notify("Written: " + file);
    else
      context.notify("Cannot write " + file, Status::bad);
  };
  if (ImGui::MenuItem("Save as CSV")) save("csv", plot.to_csv());
  context.registry.mark(fmt::format("csv:{}", name));
  if (ImGui::MenuItem("Save as SVG")) save("svg", plot.to_svg());
  context.registry.mark(fmt::format("svg:{}", name));
  if (ImGui::MenuItem("Save as PNG"))
    context.picture_of = {fmt::format("{}-{}.png", context.session.system().name, name),
                          rects_[name]};
  context.registry.mark(fmt::format("png:{}", name));
  if (ImGui::MenuItem("Copy as CSV")) ImGui::SetClipboardText(plot.to_csv().c_str());
  ImGui::Separator();
  if (ImGui::MenuItem("Show all of the run", "Home")) context.time.fit();
  if (ImGui::MenuItem("Follow the newest", nullptr, context.time.following()))
    context.time.follow(context.time.view().width());
}

void ChartsPanel::throughput(Context& context, ImVec2 size) {
  const Theme& theme = context.look.theme;
  chart(context, "throughput", size, {.title = "Throughput", .y = {.unit = Unit::rate, .lo = 0.0}},
        [&](Plot& plot) {
          // Of several clients together the intervals are not known.
          if (context.measured != nullptr && context.feed->clients().size() == 1)
            add_band(plot, *context.measured, context.measured->clients.front().id, "completed_rps",
                     "completed, 95% interval", theme.series(0), kept_);
          add_both(context, plot, "offered", theme.dim,
                   [](const Feed& feed, std::size_t i) { return feed.load(i).offered; });
          add_both(context, plot, "completed", theme.series(0),
                   [](const Feed& feed, std::size_t i) { return feed.load(i).completed; });
          add_both(context, plot, "errors", theme.status(Status::bad),
                   [](const Feed& feed, std::size_t i) { return feed.load(i).errors; });
        });
}

void ChartsPanel::latency(Context& context, ImVec2 size) {
  const Theme& theme = context.look.theme;
  const bool data = context.has_data();
  const std::size_t part = data ? part_shown(context) : 0;
  const std::string id = data ? context.session.system().parts[part].id : "";
  chart(context, "latency", size,
        {.title = data ? "Latency of " + id : "Latency",
         .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
         .empty = "no answers yet"},
        [&](Plot& plot) {
          const Feed& feed = *context.feed;
          const FigureColumns& columns = feed.columns(part);
          const auto of = [&](std::optional<std::size_t> column) {
            return over_time(context,
                             [&feed, column](std::size_t i) { return feed.value(column, i); });
          };
          const Color color = theme.series(0);
          plot.band("p99 to p99.9", times(context), of(columns.p99), of(columns.p999),
                    {.color = color, .fill = 0.14F});
          plot.band("p90 to p99", times(context), of(columns.p90), of(columns.p99),
                    {.color = color, .fill = 0.28F});
          plot.band("p50 to p90", times(context), of(columns.p50), of(columns.p90),
                    {.color = color, .fill = 0.45F});
          if (context.measured != nullptr) {
            add_band(plot, *context.measured, id, "latency_p50_ms", "p50, 95% interval",
                     theme.series(1), kept_);
            add_band(plot, *context.measured, id, "latency_p99_ms", "p99, 95% interval",
                     theme.series(2), kept_);
          }
          add_both(context, plot, "p50", theme.text, [part](const Feed& from, std::size_t i) {
            return from.value(from.columns(part).p50, i);
          });
          if (context.other) {
            const Feed& other = *context.other;
            const History& history = other.sight().history;
            plot.line(
                "p99 before",
                Values(history.intervals(), [&history](std::size_t i) { return history.end_s(i); }),
                Values(history.intervals(),
                       [&other, part](std::size_t i) {
                         return other.value(other.columns(part).p99, i);
                       }),
                {.color = color, .ghost = true});
          }
          add_limits(context, plot, id, "latency_ms");
        });
}

void ChartsPanel::latency_map(Context& context, ImVec2 size) {
  const bool data = context.has_data();
  const std::size_t part = data ? client_shown(context) : 0;
  const std::string id = data ? context.session.system().parts[part].id : "";
  chart(context, "latency map", size,
        {.title = data ? "Where the answers to " + id + " lie" : "Where the answers lie",
         .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
         .empty = "no answers yet"},
        [&](Plot& plot) {
          const Sight& sight = context.feed->sight();
          const auto heat = static_cast<std::size_t>(
              std::find(sight.heats.begin(), sight.heats.end(), id) - sight.heats.begin());
          if (heat == sight.heats.size()) return;
          // Only the rows that hold something, one more on each side.
          std::size_t first = History::Heat::kRows, last = 0;
          for (std::size_t i = 0; i < context.intervals(); ++i) {
            const auto rows = sight.history.heat(heat, i);
            for (std::size_t row = 0; row < rows.size(); ++row)
              if (rows[row] > 0) {
                first = std::min(first, row);
                last = std::max(last, row);
              }
          }
          if (first > last) return;
          first = first > 0 ? first - 1 : 0;
          last = std::min(last + 2, History::Heat::kRows);
          const std::size_t columns = context.intervals();
          plot.heat({.name = "answers",
                     .columns = columns,
                     .rows = last - first,
                     .cells = Values(columns * (last - first),
                                     [&sight, heat, columns, first](std::size_t cell) {
                                       return static_cast<double>(sight.history.heat(
                                           heat, cell % columns)[first + cell / columns]);
                                     }),
                     .x_from = 0,
                     .x_to = sight.history.end_s(columns - 1),
                     .y_from = History::Heat::begin_ms(first),
                     .y_to = History::Heat::begin_ms(last),
                     .scale = HeatScale::square_root});
          add_limits(context, plot, id, "latency_ms");
        });
}

void ChartsPanel::utilization_map(Context& context, ImVec2 size) {
  std::vector<Feed::Busy> rows;
  const auto selected = context.selected_part();
  if (context.has_data()) {
    const Feed& feed = *context.feed;
    if (selected) rows = feed.busy_instances(*selected);
    const std::size_t parts = rows.empty() ? context.session.system().parts.size() : 0;
    for (std::size_t part = 0; part < parts; ++part)
      for (const Feed::Busy& instance : feed.busy_instances(part)) rows.push_back(instance);
    // The busiest by now, where there are too many.
    if (rows.size() > kMostRows) {
      const auto load = [&](const Feed::Busy& row) {
        const double value = feed.busy(row, context.interval());
        return std::isfinite(value) ? value : -1;
      };
      std::stable_sort(rows.begin(), rows.end(),
                       [&](const Feed::Busy& a, const Feed::Busy& b) { return load(a) > load(b); });
      rows.resize(kMostRows);
    }
  }
  std::vector<std::string> names;
  for (const Feed::Busy& row : rows)
    names.push_back(context.feed->sight().instances[row.index].label);
  chart(context, "utilization", size,
        {.title = "Utilization by instance",
         .y = {.unit = Unit::ratio},
         .rows = names,
         .empty = "nothing here has a utilization"},
        [&](Plot& plot) {
          if (rows.empty()) return;
          const Feed& feed = *context.feed;
          const std::size_t columns = context.intervals();
          plot.heat({.name = "utilization",
                     .columns = columns,
                     .rows = rows.size(),
                     .cells = Values(columns * rows.size(),
                                     [&feed, &rows, columns](std::size_t cell) {
                                       return feed.busy(rows[cell / columns], cell % columns);
                                     }),
                     .x_from = 0,
                     .x_to = feed.sight().history.end_s(columns - 1),
                     .most = 1,
                     .unit = Unit::ratio,
                     .colors = HeatColors::level});
        });
}

/// All answers from the beginning to the time that is shown, from the median to the slowest.
void ChartsPanel::spectrum(Context& context, ImVec2 size) {
  static const std::array<double, 25> kNines = [] {
    std::array<double, 25> nines{};
    for (std::size_t i = 0; i < nines.size(); ++i)
      nines[i] = 1 - std::pow(10.0, -static_cast<double>(i) / 6.0);
    return nines;
  }();
  chart(context, "spectrum", size,
        {.title = "Percentile spectrum so far",
         .x = {.unit = Unit::ratio, .kind = AxisKind::percentile},
         .y = {.unit = Unit::milliseconds, .kind = AxisKind::logarithmic},
         .empty = "no answers yet"},
        [&](Plot& plot) {
          const auto add = [&](const Feed& feed, std::size_t heat, std::size_t intervals,
                               const std::string& name, SeriesStyle style) {
            const History& history = feed.sight().history;
            std::array<std::uint64_t, History::Heat::kRows> rows{};
            std::uint64_t all = 0;
            for (std::size_t i = 0; i < intervals; ++i)
              for (std::size_t row = 0; row < rows.size(); ++row) {
                rows[row] += history.heat(heat, i)[row];
                all += history.heat(heat, i)[row];
              }
            std::vector<double> x, y;
            for (const double share : kNines) {
              if (static_cast<double>(all) * (1 - share) < 1) break;
              x.push_back(share);
              y.push_back(*quantile_ms(rows, share));
            }
            plot.line(name, kept_.emplace_back(std::move(x)), kept_.emplace_back(std::move(y)),
                      style);
          };
          kept_.clear();
          const Sight& sight = context.feed->sight();
          for (std::size_t heat = 0; heat < sight.heats.size(); ++heat)
            add(*context.feed, heat, context.interval() + 1, sight.heats[heat],
                {.color = context.look.theme.series(heat)});
          if (!context.other) return;
          const Sight& before = context.other->sight();
          for (std::size_t heat = 0; heat < before.heats.size(); ++heat)
            add(*context.other, heat, std::min(context.interval() + 1, before.history.intervals()),
                before.heats[heat] + " before",
                {.color = context.look.theme.series(heat), .ghost = true});
        });
}

/// One line for each component that has the number; of too many, for those that have most of it.
template <class Has, class Read>
void ChartsPanel::by_component(Context& context, const char* name, ImVec2 size, PlotOptions options,
                               Has has, Read read) {
  chart(context, name, size, std::move(options), [&](Plot& plot) {
    const std::vector<Part>& parts = context.session.system().parts;
    std::vector<std::size_t> shown;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (has(*context.feed, i)) shown.push_back(i);
    if (shown.size() > Theme::kSeries) {
      const auto selected = context.selected_part();
      const auto amount = [&](std::size_t part) {
        if (part == selected) return std::numeric_limits<double>::infinity();
        const double value = read(*context.feed, part, context.interval());
        return std::isnan(value) ? -1 : value;
      };
      std::stable_sort(shown.begin(), shown.end(), [&](std::size_t one, std::size_t other) {
        return amount(one) > amount(other);
      });
      shown.resize(Theme::kSeries);
      std::sort(shown.begin(), shown.end());
    }
    for (const std::size_t part : shown)
      add_both(context, plot, parts[part].id, context.look.theme.series(part),
               [part, read](const Feed& feed, std::size_t at) { return read(feed, part, at); });
  });
}

void ChartsPanel::by_component(Context& context, const char* name, ImVec2 size, PlotOptions options,
                               std::optional<std::size_t> FigureColumns::*column) {
  by_component(
      context, name, size, std::move(options),
      [column](const Feed& feed, std::size_t part) {
        return (feed.columns(part).*column).has_value();
      },
      [column](const Feed& feed, std::size_t part, std::size_t at) {
        return feed.value(feed.columns(part).*column, at);
      });
}

void ChartsPanel::inside(Context& context, ImVec2 room) {
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const ImVec2 half{(room.x - gap) / 2, (room.y - ImGui::GetStyle().ItemSpacing.y) / 2};
  const ImVec2 third{(room.x - gap * 2) / 3, half.y};
  by_component(
      context, "queues", half,
      {.title = "Waiting", .y = {.unit = Unit::number, .lo = 0.0}, .empty = "nothing waits here"},
      &FigureColumns::queue);
  ImGui::SameLine();
  by_component(
      context, "errors", half,
      {.title = "Failed calls, of all",
       .y = {.unit = Unit::ratio, .lo = 0.0},
       .empty = "no calls yet"},
      [](const Feed&, std::size_t) { return true; },
      [](const Feed& feed, std::size_t part, std::size_t at) {
        return feed.figures(part, at).error_share;
      });
  by_component(context, "hit ratio", third,
               {.title = "Hit ratio",
                .y = {.unit = Unit::ratio, .lo = 0.0, .hi = 1.0},
                .empty = "no cache here"},
               &FigureColumns::hit_ratio);
  ImGui::SameLine();
  by_component(
      context, "instances", third,
      {.title = "Instances that are up", .y = {.unit = Unit::number, .lo = 0.0}},
      [&](const Feed&, std::size_t part) {
        return !context.session.system().parts[part].kind->info.sends_load;
      },
      [](const Feed& feed, std::size_t part, std::size_t at) { return feed.up(part, at); });
  ImGui::SameLine();
  spectrum(context, third);
}

/// The component whose replicas are shown: the one that is selected, or the first whose come and
/// go.
std::optional<std::size_t> ChartsPanel::scaled_part(const Context& context) {
  const auto has_demand = [&](std::size_t part) {
    return !context.feed->busy_instances(part).empty();
  };
  const auto selected = context.selected_part();
  if (selected && has_demand(*selected)) return selected;
  const std::size_t parts = context.session.system().parts.size();
  for (std::size_t i = 0; i < parts; ++i)
    if (context.feed->columns(i).replicas && has_demand(i)) return i;
  for (std::size_t i = 0; i < parts; ++i)
    if (has_demand(i)) return i;
  return std::nullopt;
}

/// What there is, what is wanted, and how many of them would be busy without a pause.
void ChartsPanel::demand(Context& context, ImVec2 size) {
  const std::optional<std::size_t> part = context.has_data() ? scaled_part(context) : std::nullopt;
  const std::string id = part ? context.session.system().parts[*part].id : "";
  chart(context, "demand", size,
        {.title = part ? "Replicas of " + id + " against demand" : "Replicas against demand",
         .y = {.unit = Unit::number, .lo = 0.0},
         .empty = "nothing here has replicas"},
        [&](Plot& plot) {
          if (!part) return;
          const Theme& theme = context.look.theme;
          add_both(context, plot, "up", theme.series(0),
                   [part](const Feed& feed, std::size_t at) { return feed.up(*part, at); });
          if (context.feed->columns(*part).replicas)
            add_both(context, plot, "wanted", theme.dim, [part](const Feed& feed, std::size_t at) {
              return feed.value(feed.columns(*part).replicas, at);
            });
          add_both(context, plot, "busy", theme.series(1),
                   [part](const Feed& feed, std::size_t at) {
                     return feed.busy(*part, at) * feed.up(*part, at);
                   });
        });
}

/// Whatever is measured, chosen by its name.
void ChartsPanel::any_metric(Context& context, ImVec2 size) {
  if (!context.has_data())
    return chart(context, "metric", size, {.title = "Any metric"}, [](Plot&) {});
  const Sight& sight = context.feed->sight();
  const auto name_of = [](const Sampler::Column& column) {
    return column.statistic.empty() ? column.metric : column.metric + " " + column.statistic;
  };
  const auto selected = context.selected_part();
  const std::vector<Part>& parts = context.session.system().parts;
  std::map<std::string, MetricKind> names;
  for (const Sampler::Column& column : sight.columns)
    if (!selected || column.owner == parts[*selected].id) names[name_of(column)] = column.kind;
  ImGui::BeginGroup();
  ImGui::SetNextItemWidth(size.x);
  if (ImGui::BeginCombo("##metric", any_.c_str(), ImGuiComboFlags_HeightLargest)) {
    if (ImGui::IsWindowAppearing()) {
      any_search_.fill('\0');
      ImGui::SetKeyboardFocusHere();
    }
    ImGui::SetNextItemWidth(-1);
    ImGui::InputTextWithHint("##search", "search", any_search_.data(), any_search_.size());
    for (const auto& [name, kind] : names) {
      if (match(name, any_search_.data()) == 0) continue;
      if (ImGui::Selectable(name.c_str(), name == any_)) any_ = name;
      context.registry.mark("metric:" + name);
    }
    ImGui::EndCombo();
  }
  context.registry.mark("any metric");
  context.registry.publish("metric", any_);
  size.y -= ImGui::GetItemRectSize().y + ImGui::GetStyle().ItemSpacing.y;
  const auto chosen = names.find(any_);
  const MetricKind kind = chosen == names.end() ? MetricKind::count : chosen->second;
  const bool share = kind == MetricKind::ratio || kind == MetricKind::time_ratio;
  const bool time = kind == MetricKind::tally && !any_.ends_with(" count");
  const std::size_t space = any_.find(' ');
  const std::string metric = any_.substr(0, space);
  const std::string statistic = space == std::string::npos ? "" : any_.substr(space + 1);
  const auto column_of = [metric, statistic, &parts](const Feed& feed, std::size_t part) {
    return feed.sight().column(parts[part].id, metric, statistic);
  };
  by_component(
      context, "metric", size,
      {.title = any_,
       .y = {.unit = share  ? Unit::ratio
                     : time ? Unit::milliseconds
                            : Unit::number,
             .kind = time ? AxisKind::logarithmic : AxisKind::linear},
       .empty = "nothing was observed"},
      [column_of](const Feed& feed, std::size_t part) { return column_of(feed, part).has_value(); },
      [column_of](const Feed& feed, std::size_t part, std::size_t at) {
        return feed.value(column_of(feed, part), at);
      });
  ImGui::EndGroup();
}

void ChartsPanel::capacity(Context& context, ImVec2 room) {
  const ImVec2 half{(room.x - ImGui::GetStyle().ItemSpacing.x) / 2,
                    (room.y - ImGui::GetStyle().ItemSpacing.y) / 2};
  demand(context, half);
  ImGui::SameLine();
  by_component(context, "cost", half,
               {.title = "Cost per hour, in " + context.session.document().currency(),
                .y = {.unit = Unit::number, .lo = 0.0},
                .empty = "nothing here has a price"},
               &FigureColumns::cost);
  by_component(context, "backlog", half,
               {.title = "Messages that wait: lag and depth",
                .y = {.unit = Unit::number, .lo = 0.0},
                .empty = "no queue or topic here"},
               &FigureColumns::backlog);
  ImGui::SameLine();
  any_metric(context, half);
}

void ChartsPanel::draw(Context& context) {
  if (!context.wanted_tab.empty()) show(std::exchange(context.wanted_tab, ""));
  if (ImGui::BeginTabBar("charts")) {
    for (int i = 0; i < static_cast<int>(kTabs.size()); ++i) {
      const char* const name = kTabs[static_cast<std::size_t>(i)];
      if (ImGui::BeginTabItem(name, nullptr, wanted_ == name ? ImGuiTabItemFlags_SetSelected : 0)) {
        tab_ = i;
        ImGui::EndTabItem();
      }
      context.registry.mark(fmt::format("tab:{}", kTabs[static_cast<std::size_t>(i)]));
    }
    ImGui::EndTabBar();
  }
  wanted_.clear();
  shown_ = kTabs[static_cast<std::size_t>(tab_)];
  context.registry.publish("charts", shown_);
  context.registry.publish("live bands", context.measured != nullptr ? "yes" : "no");
  kept_.clear();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  switch (static_cast<Tab>(tab_)) {
    case Tab::users:
      return users(context, room);
    case Tab::inside:
      return inside(context, room);
    case Tab::capacity:
      return capacity(context, room);
    case Tab::requests:
      return requests_.draw(context);
  }
}

void ChartsPanel::users(Context& context, ImVec2 room) {
  const ImVec2 half{(room.x - ImGui::GetStyle().ItemSpacing.x) / 2,
                    (room.y - ImGui::GetStyle().ItemSpacing.y) / 2};
  throughput(context, half);
  ImGui::SameLine();
  latency(context, half);
  latency_map(context, half);
  ImGui::SameLine();
  utilization_map(context, half);
}

}  // namespace highwater::viewer
