#include "viewer/gui/run_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/report/metric_view.h"
#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"
#include "viewer/draw/format.h"
#include "viewer/draw/widgets.h"
#include "viewer/gui/component_table.h"
#include "viewer/gui/log_line.h"
#include "viewer/gui/overview_panel.h"
#include "viewer/gui/still.h"

namespace highwater::viewer {
namespace {

double number_of(const Estimate& estimate) {
  return estimate.value.value_or(topology::kNone);
}

/// The p99 of whatever times a component has: those of its answers, or what it works on.
double slowest(const std::vector<MetricResult>& metrics) {
  for (const char* name : {"latency_ms", "response_ms", "service_ms"})
    if (const MetricResult* const metric = find_metric(metrics, name))
      return number_of(statistic_of(metric->value, "p99"));
  return topology::kNone;
}

/// Workers or cores, whichever is busier.
double busy(const std::vector<MetricResult>& metrics) {
  const double workers = number_of(find_estimate(metrics, "utilization"));
  const double cores = number_of(find_estimate(metrics, "cpu_utilization"));
  if (!std::isfinite(workers)) return cores;
  return std::isfinite(cores) ? std::max(workers, cores) : workers;
}

/// The heading of a column, and what is below it in a table.
void cell(const Look& look, const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::PushFont(look.font(TextRole::mono_small));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
}

}  // namespace

std::string with_interval(const Estimate& estimate, std::string_view unit) {
  const ShownNumber shown = show_estimate(estimate, unit);
  if (shown.half_width.empty()) return shown.text();
  return shown.value + " ± " + shown.half_width + shown.unit;
}

topology::Model model_of(const Results& results) {
  topology::Model model = still_of(results.topology);
  std::vector<double> failed(model.nodes.size(), 0);
  for (std::size_t i = 0; i < model.edges.size(); ++i) {
    topology::Edge& drawn = model.edges[i];
    const TopologyEdge& edge = results.topology.edges[i];
    drawn.rate_per_s = std::isfinite(edge.calls_per_s) ? edge.calls_per_s : 0;
    drawn.error_share = std::isfinite(edge.error_ratio) ? edge.error_ratio : 0;
    model.nodes[edge.to].now.rate_per_s += drawn.rate_per_s;
    failed[edge.to] += drawn.rate_per_s * drawn.error_share;
  }
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    topology::Node& node = model.nodes[i];
    if (node.now.rate_per_s > 0) node.now.error_share = failed[i] / node.now.rate_per_s;
    for (const ClientResult& client : results.clients) {
      if (client.id != node.id) continue;
      node.now.rate_per_s = client.throughput_rps.value.value_or(0);
      node.now.p99_ms = number_of(client.latency_ms.p99);
      node.now.error_share = 1 - client.availability.value.value_or(1);
    }
    for (const ComponentResult& component : results.components) {
      if (component.id != node.id) continue;
      // What it got through rather than what was asked of it: consumers fetch many at a time.
      const Estimate throughput = find_estimate(component.metrics, "throughput_rps");
      if (throughput.value) node.now.rate_per_s = *throughput.value;
      node.now.p99_ms = slowest(component.metrics);
      node.now.utilization = busy(component.metrics);
      node.now.queue = number_of(find_estimate(component.metrics, "queue_length"));
      for (const InstanceResult& instance : component.instances)
        node.instances.push_back({.label = instance.id, .utilization = busy(instance.metrics)});
    }
  }
  return model;
}

RunView::RunView(const Results& results)
    : results_(results), charts_(results), model_(model_of(results)) {}

void RunView::facts(Context& context) {
  const Look& look = context.look;
  ImGui::PushFont(look.font(TextRole::heading));
  ImGui::TextUnformatted(results_.scenario.c_str());
  ImGui::PopFont();
  if (!results_.description.empty()) dim_text(look, results_.description);
  ImGui::Spacing();
  dim_text(look, fmt::format("{} {} of {}, seed {}; warm-up {} ({})", results_.replications,
                             results_.replications == 1 ? "replication" : "replications",
                             show_clock(results_.simulated_s), results_.seed,
                             show_clock(results_.warmup_s), results_.warmup_method));
  dim_text(look, fmt::format("{}; {} events in {}", results_.started, show_count(results_.events),
                             show_number(results_.wall_s * 1e3, "ms").text()));
  if (!results_.partial) return;
  ImGui::PushTextWrapPos(0);
  status_label(look, Status::warn, "partial: " + results_.partial_reason);
  ImGui::PopTextWrapPos();
}

void RunView::clients(Context& context) {
  for (const ClientResult& client : results_.clients) {
    heading(context.look, client.id.c_str());
    if (!ImGui::BeginTable(("numbers of " + client.id).c_str(), 2)) continue;
    const auto row = [&](const char* name, const Estimate& estimate, const char* unit) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(name);
      cell(context.look, with_interval(estimate, unit));
      if (ImGui::IsItemHovered() && !estimate.note.empty())
        ImGui::SetTooltip("%s", estimate.note.c_str());
      context.registry.publish(fmt::format("{}.{}", client.id, name),
                               with_interval(estimate, unit));
    };
    row("throughput", client.throughput_rps, "/s");
    row("p50", client.latency_ms.p50, "ms");
    row("p99", client.latency_ms.p99, "ms");
    row("availability", client.availability, "1");
    ImGui::EndTable();
    dim_text(context.look,
             fmt::format("{} sent, {} answered, {} failed, {} rejected",
                         show_count(client.requests.issued), show_count(client.requests.completed),
                         show_count(client.requests.failed), show_count(client.requests.rejected)));
  }
}

void RunView::objectives(Context& context) {
  if (results_.objectives.empty()) return;
  heading(context.look, "Objectives");
  for (const ObjectiveResult& objective : results_.objectives) {
    const bool met = objective.met.value_or(false);
    ImGui::PushTextWrapPos(0);
    status_label(context.look, met ? Status::ok : Status::bad, objective.text);
    ImGui::PopTextWrapPos();
    std::string beside = objective.note;
    if (objective.value)
      beside = show_against(*objective.value, objective.limit, objective.unit).text() +
               (beside.empty() ? "" : "; " + beside);
    if (!beside.empty()) dim_text(context.look, beside);
    context.registry.publish("result:" + objective.text, met ? "met" : "missed");
  }
}

void RunView::findings(Context& context) {
  if (results_.findings.empty()) return;
  heading(context.look, "Findings");
  for (std::size_t i = 0; i < results_.findings.size(); ++i) {
    const Finding& finding = results_.findings[i];
    ImGui::PushID(static_cast<int>(i));
    ImGui::BeginGroup();
    status_label(context.look, Status::warn, finding.kind);
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(finding.text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndGroup();
    context.registry.mark(fmt::format("result finding:{}", i));
    if (!finding.component.empty()) {
      if (ImGui::IsItemHovered()) {
        ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        ImGui::SetTooltip("Show what it is about: %s, where it fared worst",
                          finding.component.c_str());
      }
      if (ImGui::IsItemClicked()) {
        selected_ = finding.component;
        const std::optional<double> at = charts_.show_evidence(finding);
        context.notify(at ? fmt::format("{} at {}", finding.component, format_clock(*at))
                          : finding.component);
      }
    }
    ImGui::Spacing();
    ImGui::PopID();
  }
}

void RunView::topology(Context& context, ImVec2 size) {
  ImGui::BeginChild("results topology", size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const bool drawn = std::any_of(model_.nodes.begin(), model_.nodes.end(),
                                 [&](const topology::Node& node) { return node.id == selected_; });
  const auto target = drawn ? std::optional(topology::Target::node(selected_)) : std::nullopt;
  if (canvas_.selected() != target) canvas_.select(target);
  TopologyCanvas::Options options;
  options.time_s = context.clock_s;
  options.particles = false;
  options.reduced_motion = true;
  const TopologyCanvas::Events& events =
      canvas_.draw(context.look, "results canvas", model_, {0, 0}, options);
  for (const auto& [name, rect] : canvas_.rects())
    context.registry.mark("result " + name, {rect.min, rect.max});
  if (events.selection_changed)
    selected_ = canvas_.selected() && canvas_.selected()->kind != topology::Target::Kind::edge
                    ? canvas_.selected()->id
                    : "";
  ImGui::EndChild();
}

void RunView::components(Context& context) {
  heading(context.look, "Components");
  const std::vector<ComponentResult>& all = results_.components;
  const auto cells = [&](std::size_t i) {
    const auto show = [&](const char* name, const char* unit) {
      cell(context.look, with_interval(find_estimate(all[i].metrics, name), unit));
    };
    show("throughput_rps", "/s");
    show("utilization", "1");
    show("queue_length", "");
  };
  const auto chosen = std::find_if(
      all.begin(), all.end(), [&](const ComponentResult& each) { return each.id == selected_; });
  const auto clicked = draw_component_table(
      context,
      {.name = "results components",
       .row_prefix = "result row:",
       .columns = {{"component", 1.8F}, {"rate", 1.4F}, {"busy", 1.7F}, {"waiting", 2.1F}},
       .rows = all.size(),
       .id = [&](std::size_t i) -> const std::string& { return all[i].id; },
       .cells = cells},
      chosen == all.end() ? std::nullopt : std::optional<std::size_t>(chosen - all.begin()), 0.4F);
  if (clicked) selected_ = all[*clicked].id == selected_ ? "" : all[*clicked].id;
}

/// All that is known of the component that is selected.
void RunView::metrics(Context& context) {
  const auto component =
      std::find_if(results_.components.begin(), results_.components.end(),
                   [&](const ComponentResult& each) { return each.id == selected_; });
  const auto client = std::find_if(results_.clients.begin(), results_.clients.end(),
                                   [&](const ClientResult& each) { return each.id == selected_; });
  const std::vector<MetricResult>* const all = component != results_.components.end()
                                                   ? &component->metrics
                                               : client != results_.clients.end() ? &client->metrics
                                                                                  : nullptr;
  if (all == nullptr) return;
  heading(context.look, selected_.c_str());
  if (!ImGui::BeginTable("results metrics", 2, ImGuiTableFlags_SizingStretchProp)) return;
  ImGui::TableSetupColumn("name", 0, 1.2F);
  ImGui::TableSetupColumn("value", 0, 2);
  for (const MetricResult& metric : *all) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(readable_name(metric.name).c_str());
    if (ImGui::IsItemHovered() && !metric.doc.empty()) ImGui::SetTooltip("%s", metric.doc.c_str());
    std::string text;
    if (const auto* const times = std::get_if<TimeSummary>(&metric.value))
      text = fmt::format("{}, p99 {}", with_interval(times->mean, metric.unit),
                         with_interval(times->p99, metric.unit));
    else if (const auto* const causes = std::get_if<CountsByCause>(&metric.value))
      text = causes_text(*causes);
    else if (const auto* const count = std::get_if<Count>(&metric.value))
      text = show_count(count->value);
    else
      text = with_interval(std::get<Estimate>(metric.value), metric.unit);
    ImGui::TableNextColumn();
    ImGui::PushFont(context.look.font(TextRole::mono_small));
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopFont();
  }
  ImGui::EndTable();
}

void RunView::log(Context& context) {
  if (results_.events_log.empty()) return;
  heading(context.look, "What happened in the first replication");
  ImGui::BeginChild("results log");
  ImGui::PushFont(context.look.font(TextRole::small));
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(results_.events_log.size()));
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      log_line(context.look, results_.events_log[static_cast<std::size_t>(i)], false);
  ImGui::PopFont();
  ImGui::EndChild();
}

void RunView::draw(Context& context, ImVec2 size) {
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const float left = context.look.px(290), right = context.look.px(370);
  ImGui::BeginChild("results facts", {left, size.y}, true);
  facts(context);
  clients(context);
  objectives(context);
  findings(context);
  ImGui::EndChild();
  ImGui::SameLine();
  const float middle = size.x - left - right - 2 * gap;
  const float upper = std::floor(size.y * 0.38F);
  ImGui::BeginGroup();
  topology(context, {middle, upper});
  ImGui::BeginChild("results plots", {middle, size.y - upper - ImGui::GetStyle().ItemSpacing.y},
                    false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  charts_.draw(context, selected_);
  ImGui::EndChild();
  ImGui::EndGroup();
  ImGui::SameLine();
  ImGui::BeginChild("results numbers", {right, size.y}, true);
  components(context);
  metrics(context);
  log(context);
  ImGui::EndChild();
  context.registry.publish("result selected", selected_.empty() ? "nothing" : selected_);
}

}  // namespace highwater::viewer
