#include "viewer/gui/overview_panel.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "viewer/draw/format.h"
#include "viewer/draw/widgets.h"
#include "viewer/gui/component_table.h"
#include "viewer/gui/log_line.h"
#include "viewer/gui/so_far.h"

namespace highwater::viewer {
namespace {

void number(const Look& look, const char* name, const std::string& value, const std::string& beside,
            Status status) {
  ImGui::BeginGroup();
  ImGui::PushFont(look.font(TextRole::small));
  ImGui::PushStyleColor(ImGuiCol_Text, look.theme.dim);
  ImGui::TextUnformatted(name);
  ImGui::PopStyleColor();
  ImGui::PopFont();
  ImGui::PushFont(look.font(TextRole::headline));
  ImGui::TextUnformatted(value.c_str());
  ImGui::PopFont();
  ImGui::PushFont(look.font(TextRole::small));
  if (status == Status::idle) {
    ImGui::PushStyleColor(ImGuiCol_Text, look.theme.dim);
    ImGui::TextUnformatted(beside.c_str());
    ImGui::PopStyleColor();
  } else {
    status_label(look, status, beside);
  }
  ImGui::PopFont();
  ImGui::EndGroup();
}

Status status_of_load(double utilization) {
  if (!std::isfinite(utilization)) return Status::idle;
  return utilization < 0.8 ? Status::ok : utilization < 0.95 ? Status::warn : Status::bad;
}

Status status_of_errors(double share) {
  return share < 0.002 ? Status::ok : share < 0.02 ? Status::warn : Status::bad;
}

}  // namespace

void heading(const Look& look, const char* text) {
  ImGui::Spacing();
  ImGui::PushFont(look.font(TextRole::strong));
  ImGui::TextUnformatted(text);
  ImGui::PopFont();
  ImGui::Spacing();
}

void OverviewPanel::numbers(Context& context) {
  const Feed& feed = *context.feed;
  const std::size_t at = context.interval();
  const double offered = feed.load(at).offered, completed = feed.load(at).completed,
               errors = feed.load(at).errors;
  const double share = completed + errors > 0 ? errors / (completed + errors) : 0;
  const FigureColumns& client = feed.columns(feed.clients().front());
  const double p99 = feed.value(client.p99, at), p50 = feed.value(client.p50, at);
  const float second = ImGui::GetContentRegionAvail().x / 2;
  const Look& look = context.look;
  number(look, "throughput", format(completed, Unit::rate),
         "offered " + format(offered, Unit::rate), Status::idle);
  ImGui::SameLine(second);
  number(look, "p99 latency", format(p99, Unit::milliseconds),
         "p50 " + format(p50, Unit::milliseconds), Status::idle);
  number(look, "errors", format(errors, Unit::rate), format(share, Unit::ratio),
         status_of_errors(share));
  ImGui::SameLine(second);
  std::size_t worst = 0;
  double most = -1;
  for (std::size_t i = 0; i < context.session.system().parts.size(); ++i) {
    const double utilization = feed.busy(i, at);
    if (std::isfinite(utilization) && utilization > most) {
      most = utilization;
      worst = i;
    }
  }
  if (most >= 0)
    number(look, "busiest", format(most, Unit::ratio), context.session.system().parts[worst].id,
           status_of_load(most));
  context.registry.publish("throughput", format(completed, Unit::rate));
  context.registry.publish("offered", format(offered, Unit::rate));
  context.registry.publish("p99", format(p99, Unit::milliseconds));
}

void OverviewPanel::components(Context& context) {
  heading(context.look, "Components");
  const std::vector<Part>& parts = context.session.system().parts;
  const auto cells = [&](std::size_t i) {
    const topology::Figures figures = context.feed->figures(i, context.interval());
    ImGui::PushFont(context.look.font(TextRole::mono_small));
    ImGui::TableNextColumn();
    const Status status = status_of_load(figures.utilization);
    ImGui::PushStyleColor(ImGuiCol_Text, status == Status::ok || status == Status::idle
                                             ? context.look.theme.text
                                             : context.look.theme.status(status));
    ImGui::TextUnformatted(
        (format(figures.utilization, Unit::ratio, 2) + (status == Status::bad ? "!" : "")).c_str());
    ImGui::PopStyleColor();
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(format(figures.rate_per_s, Unit::rate).c_str());
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(format(figures.p99_ms, Unit::milliseconds).c_str());
    ImGui::PopFont();
  };
  const std::optional<std::size_t> selected = context.selected_part();
  const auto clicked = draw_component_table(
      context,
      {.name = "components",
       .row_prefix = "row:",
       .columns = {{"component", 2.4F}, {"busy", 1.1F}, {"rate", 1.4F}, {"p99", 1.6F}},
       .rows = parts.size(),
       .id = [&](std::size_t i) -> const std::string& { return parts[i].id; },
       .cells = cells},
      selected, 0.45F);
  if (clicked)
    context.selected = clicked == selected
                           ? std::nullopt
                           : std::optional(topology::Target::node(parts[*clicked].id));
}

void OverviewPanel::objectives(Context& context) {
  const Results* const results = context.session.run().results();
  const std::vector<Objective>& objectives = context.session.system().objectives;
  if (objectives.empty()) return;
  heading(context.look, results != nullptr ? "Objectives" : "Objectives, as it stands");
  if (results == nullptr) look_at_objectives(context);
  for (std::size_t i = 0; i < objectives.size(); ++i) {
    if (results == nullptr) {
      const std::optional<double> value = so_far_[i];
      if (!value) {
        status_label(context.look, Status::idle, objectives[i].text);
        continue;
      }
      const bool met = holds(objectives[i].comparison, *value, objectives[i].limit);
      status_label(
          context.look, met ? Status::ok : Status::bad,
          fmt::format("{}   {}", objectives[i].text, format(*value, unit_of(objectives[i].unit))));
      context.registry.publish("objective so far:" + objectives[i].text, met ? "met" : "missed");
      continue;
    }
    const ObjectiveResult& result = results->objectives[i];
    const bool met = result.met.value_or(false);
    std::string text = result.text;
    if (result.value) text += fmt::format("   {}", format(*result.value, unit_of(result.unit)));
    status_label(context.look, met ? Status::ok : Status::bad, text);
    context.registry.publish("objective:" + result.text, met ? "met" : "missed");
  }
}

/// Anew once there is more to see.
void OverviewPanel::look_at_objectives(Context& context) {
  const std::pair<std::uint64_t, std::size_t> of{context.session.run().serial(),
                                                 context.interval()};
  if (std::exchange(so_far_of_, of) == of) return;
  so_far_.clear();
  for (const Objective& objective : context.session.system().objectives)
    so_far_.push_back(
        so_far(objective, context.session.system(), *context.feed, context.interval()));
}

void OverviewPanel::findings(Context& context) {
  const Results* const results = context.session.run().results();
  if (results == nullptr || results->findings.empty()) return;
  heading(context.look, "Findings");
  for (std::size_t i = 0; i < results->findings.size(); ++i) {
    const Finding& finding = results->findings[i];
    ImGui::PushID(static_cast<int>(i));
    ImGui::BeginGroup();
    status_label(context.look, Status::warn, finding.kind);
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(finding.text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndGroup();
    // Its evidence: the charts of the component that it is about, over all of the run.
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Show the evidence");
    if (ImGui::IsItemClicked()) {
      if (!finding.component.empty()) context.selected = topology::Target::node(finding.component);
      context.wanted_tab = finding.kind == "unstable" ? "Inside" : "Users";
      context.time.fit();
    }
    context.registry.mark(fmt::format("finding:{}", i));
    ImGui::PopID();
  }
}

void OverviewPanel::log(Context& context) {
  const std::vector<LogEntry>& log = context.status().log;
  if (log.empty()) return;
  heading(context.look, "What has happened");
  ImGui::PushFont(context.look.font(TextRole::small));
  for (auto entry = log.rbegin(); entry != log.rend(); ++entry)
    log_line(context.look, *entry, true);
  ImGui::PopFont();
}

void OverviewPanel::draw(Context& context) {
  if (!context.has_data()) {
    ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
    ImGui::TextWrapped("Nothing has happened yet. Space runs it.");
    ImGui::PopStyleColor();
    return;
  }
  heading(context.look, context.looking_at ? "Then" : "Now");
  numbers(context);
  ImGui::Separator();
  components(context);
  ImGui::Separator();
  objectives(context);
  findings(context);
  log(context);
}

}  // namespace highwater::viewer
