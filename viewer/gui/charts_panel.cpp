#include "viewer/gui/charts_panel.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "viewer/gui/run_charts.h"

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
    fill(plot);
  }
  const PlotResult result = plot.end();
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
                   [](const Feed& feed, std::size_t i) { return feed.offered(i); });
          add_both(context, plot, "completed", theme.series(0),
                   [](const Feed& feed, std::size_t i) { return feed.completed(i); });
          add_both(context, plot, "errors", theme.status(Status::bad),
                   [](const Feed& feed, std::size_t i) { return feed.errors(i); });
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
              const double wanted = share * static_cast<double>(all);
              double below = 0;
              std::size_t row = 0;
              while (row + 1 < rows.size() && below + static_cast<double>(rows[row]) < wanted)
                below += static_cast<double>(rows[row++]);
              const double inside = std::max(static_cast<double>(rows[row]), 1.0);
              const double begin = History::Heat::begin_ms(row);
              x.push_back(share);
              y.push_back(begin * std::pow(History::Heat::begin_ms(row + 1) / begin,
                                           std::clamp((wanted - below) / inside, 0.0, 1.0)));
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

void ChartsPanel::queues(Context& context, ImVec2 size) {
  chart(context, "queues", size,
        {.title = "Waiting", .y = {.unit = Unit::number, .lo = 0.0}, .empty = "nothing waits here"},
        [&](Plot& plot) {
          const std::vector<Part>& parts = context.session.system().parts;
          for (std::size_t i = 0; i < parts.size(); ++i)
            if (context.feed->columns(i).queue)
              add_both(context, plot, parts[i].id, context.look.theme.series(i),
                       [i](const Feed& feed, std::size_t at) {
                         return feed.value(feed.columns(i).queue, at);
                       });
        });
}

void ChartsPanel::ratios(Context& context, ImVec2 size) {
  chart(context, "hit ratio", size,
        {.title = "Hit ratio",
         .y = {.unit = Unit::ratio, .lo = 0.0, .hi = 1.0},
         .empty = "no cache here"},
        [&](Plot& plot) {
          const std::vector<Part>& parts = context.session.system().parts;
          for (std::size_t i = 0; i < parts.size(); ++i)
            if (context.feed->columns(i).hit_ratio)
              add_both(context, plot, parts[i].id, context.look.theme.series(i),
                       [i](const Feed& feed, std::size_t at) {
                         return feed.value(feed.columns(i).hit_ratio, at);
                       });
        });
}

void ChartsPanel::errors(Context& context, ImVec2 size) {
  chart(context, "errors", size,
        {.title = "Failed calls, of all",
         .y = {.unit = Unit::ratio, .lo = 0.0},
         .empty = "no calls yet"},
        [&](Plot& plot) {
          const std::vector<Part>& parts = context.session.system().parts;
          for (std::size_t i = 0; i < parts.size(); ++i)
            add_both(
                context, plot, parts[i].id, context.look.theme.series(i),
                [i](const Feed& feed, std::size_t at) { return feed.figures(i, at).error_share; });
        });
}

void ChartsPanel::replicas(Context& context, ImVec2 size) {
  chart(context, "instances", size,
        {.title = "Instances that are up", .y = {.unit = Unit::number, .lo = 0.0}},
        [&](Plot& plot) {
          const std::vector<Part>& parts = context.session.system().parts;
          for (std::size_t i = 0; i < parts.size(); ++i)
            if (!parts[i].kind->info.sends_load)
              add_both(context, plot, parts[i].id, context.look.theme.series(i),
                       [i](const Feed& feed, std::size_t at) { return feed.up(i, at); });
        });
}

void ChartsPanel::draw(Context& context) {
  static constexpr std::array<const char*, 2> kTabs = {"Users", "Inside"};
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
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const bool users = tab_ == 0;
  const float across = users ? 2 : 2;
  const ImVec2 size{(room.x - gap * (across - 1)) / across,
                    (room.y - ImGui::GetStyle().ItemSpacing.y) / 2};
  if (users) {
    throughput(context, size);
    ImGui::SameLine();
    latency(context, size);
    latency_map(context, size);
    ImGui::SameLine();
    utilization_map(context, size);
    return;
  }
  queues(context, size);
  ImGui::SameLine();
  errors(context, size);
  const ImVec2 third{(room.x - gap * 2) / 3, size.y};
  ratios(context, third);
  ImGui::SameLine();
  replicas(context, third);
  ImGui::SameLine();
  spectrum(context, third);
}

}  // namespace highwater::viewer
