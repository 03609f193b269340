#include "engine/report/html_tables.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/report/metric_view.h"
#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kEventsOpen = 12;  ///< A longer log starts folded.

std::string tooltip(const Estimate& estimate, std::string_view unit) {
  std::string text;
  if (estimate.ci95) {
    text = fmt::format("95 % confidence: {} to {}", show_number(estimate.ci95->low, unit).text(),
                       show_number(estimate.ci95->high, unit).text());
  }
  if (!estimate.note.empty()) text += (text.empty() ? "" : ". ") + estimate.note;
  return text.empty() ? "" : fmt::format(R"( title="{}")", html_escaped(text));
}

std::string estimate_cell(const Estimate& estimate, std::string_view unit,
                          std::string_view style = {}) {
  return fmt::format("<td{}{}>{}</td>", style.empty() ? "" : fmt::format(R"( class="{}")", style),
                     tooltip(estimate, unit), estimate_html(estimate, unit));
}

std::string head_row(std::initializer_list<std::string_view> titles) {
  std::string html = "<thead><tr>";
  for (const std::string_view title : titles) {
    html += fmt::format(R"(<th scope="col">{}</th>)", title);
  }
  return html + "</tr></thead>";
}

/// The objective on exactly this metric of this client over the whole run, if there is one.
const ObjectiveResult* objective_on(const Results& results, const std::string& client,
                                    std::string_view metric) {
  for (const ObjectiveResult& objective : results.objectives) {
    std::string_view text = objective.text;
    const bool whole_run = text.find(" during ") == text.npos && text.find(" within ") == text.npos;
    constexpr std::string_view kPrefix = "components.";
    if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
    const std::string name = client + "." + std::string(metric) + " ";
    if (whole_run && text.starts_with(name)) return &objective;
  }
  return nullptr;
}

std::string key_figure(const Results& results, const ClientResult& client, std::string_view title,
                       std::string_view metric, const Estimate& estimate, std::string_view unit) {
  const ShownNumber shown = show_estimate(estimate, unit);
  const ObjectiveResult* objective = objective_on(results, client.id, metric);
  const bool missed = objective != nullptr && !objective->met.value_or(false);
  std::string below = shown.half_width.empty()
                          ? html_escaped(estimate.note)
                          : fmt::format("±{} (95 % confidence)", shown.half_width);
  if (objective != nullptr) {
    const std::size_t space = objective->text.find(' ');
    below += fmt::format(R"(</span><span class="{}">{} objective {})", missed ? "bad" : "good",
                         missed ? "✗" : "✓", html_escaped(objective->text.substr(space + 1)));
  }
  const std::string who =
      results.clients.size() > 1 ? " · " + html_escaped(one_line(client.id)) : std::string();
  return fmt::format(R"(<section class="card c3 kpi"><span class="dim">{}{}</span><b>{}</b>)"
                     R"(<span class="dim">{}</span></section>)",
                     title, who, html_escaped(shown.text()), below);
}

std::string notes_html(const Results& results) {
  std::string html;
  for (const EstimateNote& note : estimate_notes(results)) {
    html += "<li>" + html_escaped(note.sentence(4)) + "</li>";
  }
  return html.empty() ? "" : R"(<ul class="notes" aria-label="Remarks">)" + html + "</ul>";
}

/// Without the unit where it is what the column counts.
std::string_view table_unit(const MetricResult& metric) {
  const bool counted = metric.unit == "requests" || metric.unit == "messages";
  return counted ? std::string_view() : std::string_view(metric.unit);
}

std::string component_cell(const std::vector<MetricResult>& metrics,
                           const ComponentColumn& column) {
  const MetricResult* metric = find_metric(metrics, column.metric);
  if (metric == nullptr) return "<td></td>";
  const Estimate estimate = statistic_of(metric->value, column.statistic);
  if (!estimate.value && estimate.note.empty()) return "<td></td>";
  if (const auto* causes = std::get_if<CountsByCause>(&metric->value)) {
    const bool any = estimate.value.value_or(0) > 0;
    return fmt::format(R"(<td class="{}" title="{}">{}</td>)", any ? "bad" : "",
                       html_escaped(causes_text(*causes)),
                       html_escaped(show_count(static_cast<std::uint64_t>(*estimate.value))));
  }
  const bool busy = std::string_view(column.metric).ends_with("utilization") && estimate.value &&
                    *estimate.value >= kBusy;
  if (!busy) return estimate_cell(estimate, table_unit(*metric));
  const bool saturated = *estimate.value >= kSaturated;
  return fmt::format(R"(<td class="{}"{}>▲ {}</td>)", saturated ? "bad" : "warn",
                     tooltip(estimate, metric->unit), estimate_html(estimate, metric->unit));
}

std::string metric_row(const MetricResult& metric) {
  std::string html =
      fmt::format(R"(<tr><th scope="row">{}<small class="doc">{}</small></th>)",
                  html_escaped(readable_name(metric.name)), html_escaped(metric.doc));
  if (const auto* causes = std::get_if<CountsByCause>(&metric.value)) {
    return html + fmt::format(R"(<td class="text" colspan="6">{}</td></tr>)",
                              html_escaped(causes_text(*causes)));
  }
  if (const auto* count = std::get_if<Count>(&metric.value)) {
    return html + fmt::format("<td>{}</td><td></td><td></td><td></td><td></td><td></td></tr>",
                              show_count(count->value));
  }
  for (const char* statistic : {"mean", "p50", "p95", "p99", "p999", "max"}) {
    const bool single = std::holds_alternative<Estimate>(metric.value);
    html += single && std::string_view(statistic) != "mean"
                ? "<td></td>"
                : estimate_cell(statistic_of(metric.value, statistic), metric.unit);
  }
  return html + "</tr>";
}

std::string metrics_table(const std::string& id, const std::vector<MetricResult>& metrics) {
  std::string html =
      fmt::format(R"(<div class="scroll"><table aria-label="Metrics of {}">)", html_escaped(id)) +
      head_row({"metric", "mean or count", "p50", "p95", "p99", "p99.9", "max"}) + "<tbody>";
  for (const MetricResult& metric : metrics) html += metric_row(metric);
  return html + "</tbody></table></div>";
}

std::string scalar_cell(const MetricResult* metric) {
  if (metric == nullptr) return "<td></td>";
  if (const auto* causes = std::get_if<CountsByCause>(&metric->value)) {
    return fmt::format("<td>{}</td>", html_escaped(causes_text(*causes)));
  }
  if (const auto* count = std::get_if<Count>(&metric->value)) {
    return fmt::format("<td>{}</td>", show_count(count->value));
  }
  return estimate_cell(statistic_of(metric->value, "mean"), table_unit(*metric));
}

std::string instances_table(const ComponentResult& component) {
  if (component.instances.empty()) return {};
  std::vector<std::string> names;
  bool zones = false;
  for (const InstanceResult& instance : component.instances) {
    zones |= !instance.zone.empty();
    for (const MetricResult& metric : instance.metrics) {
      if (std::find(names.begin(), names.end(), metric.name) == names.end()) {
        names.push_back(metric.name);
      }
    }
  }
  std::string html = fmt::format(R"(<div class="scroll"><table aria-label="Instances of {}">)",
                                 html_escaped(component.id)) +
                     R"(<thead><tr><th scope="col">instance</th>)";
  if (zones) html += R"(<th scope="col" class="text">zone</th>)";
  for (const std::string& name : names) {
    html += fmt::format(R"(<th scope="col">{}</th>)", html_escaped(readable_name(name)));
  }
  html += "</tr></thead><tbody>";
  for (const InstanceResult& instance : component.instances) {
    html += fmt::format(R"(<tr><th scope="row">{}</th>)", html_escaped(instance.id));
    if (zones) html += fmt::format(R"(<td class="text">{}</td>)", html_escaped(instance.zone));
    for (const std::string& name : names) html += scalar_cell(find_metric(instance.metrics, name));
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

/// The columns that at least one component fills.
std::vector<ComponentColumn> used_columns(const Results& results) {
  std::vector<ComponentColumn> used;
  for (const ComponentColumn& column : component_columns()) {
    const bool any = std::any_of(
        results.components.begin(), results.components.end(), [&column](const ComponentResult& c) {
          const MetricResult* metric = find_metric(c.metrics, column.metric);
          return metric != nullptr &&
                 statistic_of(metric->value, column.statistic).value.has_value();
        });
    if (any) used.push_back(column);
  }
  return used;
}

}  // namespace

const ClientResult* busiest_client(const Results& results) {
  const auto busiest = std::max_element(results.clients.begin(), results.clients.end(),
                                        [](const ClientResult& a, const ClientResult& b) {
                                          return a.requests.issued < b.requests.issued;
                                        });
  return busiest == results.clients.end() ? nullptr : &*busiest;
}

std::string estimate_html(const Estimate& estimate, std::string_view unit) {
  const ShownNumber shown = show_estimate(estimate, unit);
  std::string html = html_escaped(shown.text());
  if (!shown.half_width.empty()) html += "<small>±" + shown.half_width + "</small>";
  return html;
}

std::string key_figures_html(const Results& results) {
  const ClientResult* client = busiest_client(results);
  if (client == nullptr) return {};
  const TimeSummary& latency = client->latency_ms;
  return key_figure(results, *client, "Throughput", "throughput", client->throughput_rps, "/s") +
         key_figure(results, *client, "p50 latency", "latency.p50", latency.p50, "ms") +
         key_figure(results, *client, "p99 latency", "latency.p99", latency.p99, "ms") +
         key_figure(results, *client, "Availability", "availability", client->availability, "1");
}

std::string objectives_html(const Results& results) {
  std::string html = "<h2>Objectives</h2>";
  if (results.objectives.empty()) {
    return html + R"(<p class="dim">The scenario states none.</p>)";
  }
  html += R"(<table class="objectives" aria-label="Objectives"><tbody>)";
  for (const ObjectiveResult& o : results.objectives) {
    const bool met = o.met.value_or(false);
    html += fmt::format(
        R"(<tr><td>{}{}</td><td>{}</td><td class="verdict {}">{}</td></tr>)", html_escaped(o.text),
        o.note.empty() ? "" : "<small>" + html_escaped(o.note) + "</small>",
        o.value ? html_escaped(show_against(*o.value, o.limit, o.unit).text()) : "–",
        met     ? "good"
        : o.met ? "bad"
                : "warn",
        met     ? "✓ met"
        : o.met ? "✗ missed"
                : "? not judged");
  }
  return html + "</tbody></table>";
}

std::string findings_html(const Results& results) {
  if (results.findings.empty()) return {};
  std::string html = R"(<h2>Findings</h2><ul class="findings">)";
  for (const Finding& finding : results.findings) {
    html += fmt::format(R"(<li><span class="tag">{}</span>)", html_escaped(finding.kind));
    if (!finding.component.empty()) html += "<b>" + html_escaped(finding.component) + "</b>: ";
    html += html_escaped(finding.text) + "</li>";
  }
  return html + "</ul>";
}

std::string clients_html(const Results& results) {
  if (results.clients.empty()) return {};
  std::string html =
      R"(<section class="card long"><h2>Clients )"
      R"(<span class="dim">latency from the intended arrival; ± is the 95 % confidence )"
      R"(interval</span></h2><div class="scroll"><table class="clients" aria-label="Clients">)" +
      head_row({"client", "requests", "throughput", "mean", "p50", "p90", "p95", "p99", "p99.9",
                "max", "availability", "errors"}) +
      "<tbody>";
  for (const ClientResult& client : results.clients) {
    html += fmt::format(R"(<tr><th scope="row">{}</th><td>{}</td>)", html_escaped(client.id),
                        show_count(client.requests.issued));
    html += estimate_cell(client.throughput_rps, "/s");
    for (const NamedEstimate& statistic : statistics_of(client.latency_ms)) {
      html += estimate_cell(*statistic.estimate, "ms");
    }
    html += estimate_cell(client.availability, "1");
    const std::string causes = causes_text(client.errors);
    html += fmt::format(R"(<td class="causes{}">{}</td></tr>)", causes == "none" ? "" : " bad",
                        html_escaped(causes));
    // What failed has its own latencies, kept apart from those of the completed.
    if (client.failed_latency_ms.count == 0) continue;
    html += R"(<tr><th scope="row" class="dim">failed requests</th>)";
    html += fmt::format("<td>{}</td><td></td>", show_count(client.failed_latency_ms.count));
    for (const NamedEstimate& statistic : statistics_of(client.failed_latency_ms)) {
      html += estimate_cell(*statistic.estimate, "ms");
    }
    html += "<td></td><td></td></tr>";
  }
  html += "</tbody></table></div>";
  for (const ClientResult& client : results.clients) {
    if (client.metrics.empty()) continue;
    html += fmt::format("<details><summary>More of <b>{}</b></summary>{}</details>",
                        html_escaped(client.id), metrics_table(client.id, client.metrics));
  }
  return html + notes_html(results) + "</section>";
}

std::string components_html(const Results& results) {
  if (results.components.empty()) return {};
  const std::vector<ComponentColumn> columns = used_columns(results);
  std::string html = R"(<section class="card long"><h2>Components</h2><div class="scroll">)"
                     R"(<table class="components" aria-label="Components"><thead><tr>)"
                     R"(<th scope="col">component</th><th scope="col" class="text">kind</th>)";
  for (const ComponentColumn& column : columns) {
    html += fmt::format(R"(<th scope="col">{}</th>)", column.title);
  }
  html += "</tr></thead><tbody>";
  for (const ComponentResult& component : results.components) {
    const std::size_t instances = component.instances.size();
    html += fmt::format(
        R"(<tr><th scope="row">{}{}</th><td class="text dim">{}</td>)", html_escaped(component.id),
        instances > 1 ? fmt::format(R"( <span class="dim">×{}</span>)", instances) : "",
        html_escaped(component.kind));
    for (const ComponentColumn& column : columns) html += component_cell(component.metrics, column);
    html += "</tr>";
  }
  html += "</tbody></table></div>";
  for (const ComponentResult& component : results.components) {
    if (component.metrics.empty() && component.instances.empty()) continue;
    const std::size_t instances = component.instances.size();
    html += fmt::format(
        R"(<details><summary><b>{}</b> <span class="dim">all metrics{}</span></summary>{}{})"
        R"(</details>)",
        html_escaped(component.id),
        instances > 0 ? fmt::format(", {} instance{}", instances, instances == 1 ? "" : "s") : "",
        metrics_table(component.id, component.metrics), instances_table(component));
  }
  return html + "</section>";
}

std::string cost_html(const Results& results) {
  if (!results.cost) return {};
  const Estimate all = find_estimate(results.cost->metrics, "per_hour");
  const auto row = [&](const std::string& name, const Estimate& hour) {
    const double total = all.value.value_or(0);
    std::string html = R"(<tr><th scope="row">)" + html_escaped(name) + "</th>";
    html += estimate_cell(hour, "");
    if (!hour.value) return html + "<td></td><td></td></tr>";
    html += fmt::format("<td>{}</td>", show_number(*hour.value * kHoursOfMonth, "").text());
    html += fmt::format("<td>{}</td></tr>",
                        total > 0 ? show_number(*hour.value / total, "1").text() : "–");
    return html;
  };
  std::string html =
      fmt::format(R"(<section class="card long"><h2>Cost <span class="dim">in {}; a month has {} )"
                  R"(hours</span></h2><div class="scroll"><table aria-label="Cost">)",
                  html_escaped(results.cost->currency), kHoursOfMonth) +
      head_row({"component", "per hour", "per month", "share"}) + "<tbody>";
  for (const ComponentResult& component : results.components) {
    const Estimate hour = find_estimate(component.metrics, "cost_per_hour");
    if (hour.value) html += row(component.id, hour);
  }
  html += row("all", all) + "</tbody></table></div>";
  const Estimate million = find_estimate(results.cost->metrics, "per_million_requests");
  if (million.value)
    html += fmt::format("<p><b>{}</b> {} per million requests completed</p>",
                        estimate_html(million, ""), html_escaped(results.cost->currency));
  return html + "</section>";
}

std::string events_html(const Results& results) {
  if (results.events_log.empty()) return {};
  std::string rows;
  for (const LogEntry& entry : results.events_log) {
    rows += fmt::format(
        R"(<tr><td class="clock">{}</td><td class="text dim">{}</td><td class="text">{}</td></tr>)",
        html_escaped(show_clock(entry.t_s)), html_escaped(entry.kind), html_escaped(entry.text));
  }
  const std::string table =
      R"(<div class="scroll"><table aria-label="Events"><thead><tr><th scope="col">time</th>)"
      R"(<th scope="col" class="text">kind</th><th scope="col" class="text">what happened</th>)"
      R"(</tr></thead><tbody>)" +
      rows + "</tbody></table></div>";
  const std::size_t count = results.events_log.size();
  const std::string body =
      count <= kEventsOpen
          ? table
          : fmt::format("<details><summary>{} events</summary>{}</details>", count, table);
  return R"(<section class="card long"><h2>Events</h2>)" + body + "</section>";
}

}  // namespace highwater
