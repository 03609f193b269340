#include "engine/report/html_writer.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/kernel/check.h"
#include "engine/report/csv_writer.h"
#include "engine/report/html_bars.h"
#include "engine/report/html_series.h"
#include "engine/report/html_tables.h"
#include "engine/report/html_topology.h"
#include "engine/report/json_writer.h"
#include "engine/report/metric_view.h"
#include "engine/report/number_format.h"
#include "engine/report/report_assets.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

using Parts = std::map<std::string, std::string, std::less<>>;

/// Puts the parts into the template. One pass, so that a part may contain anything, "{{" too.
std::string filled(std::string_view form, const Parts& parts) {
  std::size_t size = form.size();
  for (const auto& [name, part] : parts) size += part.size();
  std::string page;
  page.reserve(size);
  while (true) {
    const std::size_t open = form.find("{{");
    page += form.substr(0, open);
    if (open == form.npos) return page;
    const std::size_t close = form.find("}}", open);
    HIGHWATER_CHECK(close != form.npos);
    const auto part = parts.find(form.substr(open + 2, close - open - 2));
    HIGHWATER_CHECK(part != parts.end());  // the template names a part that nobody writes
    page += part->second;
    form.remove_prefix(close + 2);
  }
}

/// 'sha256-…' as a Content-Security-Policy wants it.
std::string policy_hash(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(static_cast<unsigned char>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return "'sha256-" + base64(bytes) + "'";
}

std::string verdict_html(const Results& results) {
  const std::size_t all = results.objectives.size();
  const std::size_t missed = missed_objectives(results);
  if (all == 0) return R"(<span class="badge dim">no objectives</span>)";
  if (missed == 0) {
    return fmt::format(R"(<span class="badge good">✓ {} met</span>)",
                       all == 1 ? "objective" : fmt::format("all {} objectives", all));
  }
  return fmt::format(R"(<span class="badge bad">✗ {} of {} objective{} missed</span>)", missed, all,
                     all == 1 ? "" : "s");
}

std::string subtitle(const Results& results) {
  return fmt::format("{} simulated, seed {}, {} replication{}, {} requests, {} wall",
                     show_clock(results.simulated_s), results.seed, results.replications,
                     results.replications == 1 ? "" : "s", show_count(results.requests.issued),
                     show_number(results.wall_s * 1e3, "ms").text());
}

std::string lead_html(const Results& results) {
  std::string html;
  if (!results.description.empty()) {
    html += R"(<p class="description">)" + html_escaped(results.description) + "</p>";
  }
  if (results.partial) {
    html += R"(<p class="banner" role="status"><b>Partial result.</b> )" +
            html_escaped(results.partial_reason) + "</p>";
  }
  return html;
}

std::string overview_html(const Results& results) {
  const std::string picture = topology_svg(results);
  double columns = 0;
  for (const TopologyNode& node : results.topology.nodes) columns = std::max(columns, node.column);
  const bool wide = columns > 5.5;
  std::string html;
  if (!picture.empty()) {
    html +=
        fmt::format(R"(<section class="card overview{}"><h2>Topology )"
                    R"(<span class="dim">mean rates and utilizations, warm-up left out</span></h2>)"
                    R"(<div class="scroll">{}</div></section>)",
                    wide ? "" : " c8", picture);
  }
  return html + fmt::format(R"(<section class="card{}">{}{}</section>)",
                            picture.empty() || wide ? "" : " c4", objectives_html(results),
                            findings_html(results));
}

std::string client_choice(const Results& results) {
  const auto& clients = results.series.clients;
  if (clients.size() < 2) return {};
  const ClientResult* busiest = busiest_client(results);
  std::string options;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const bool first = busiest != nullptr && busiest->id == clients[i].client;
    options += fmt::format(R"(<option value="{}"{}>{}</option>)", i, first ? " selected" : "",
                           html_escaped(clients[i].client));
  }
  return R"(<section class="card bare"><label for="client" class="dim">Charts of client)"
         R"(</label><select id="client">)" +
         options + "</select></section>";
}

std::string line_chart(std::string_view title, std::string_view note, std::string_view attribute) {
  const std::string plain_title(title);
  return fmt::format(
      R"(<section class="card c6"><h2>{0}{1}</h2>)"
      R"(<div class="chart" {2} role="img" aria-label="{0} over time"></div>)"
      R"(<div class="legend"></div></section>)",
      html_escaped(plain_title),
      note.empty() ? "" : fmt::format(R"( <span class="dim">{}</span>)", html_escaped(note)),
      attribute);
}

std::string heat_map(std::string_view title, std::string_view note, std::string_view id) {
  return fmt::format(
      R"(<section class="card c6"><h2>{0} <span class="dim">{1}</span></h2>)"
      R"(<canvas class="heat" id="{2}" role="img" aria-label="{0}, {1}"></canvas></section>)",
      title, note, id);
}

std::string charts_html(const Results& results) {
  const SeriesSet& series = results.series;
  std::string html;
  for (const BarChart& chart : results.charts) html += bars_html(chart);
  if (series.times_s.empty()) return html;
  html += client_choice(results);
  if (!series.clients.empty()) {
    html += line_chart("Throughput", "requests a second, by their intended arrival",
                       R"(id="throughput")");
    html += line_chart("Latency percentile bands", "", R"(id="latency")");
    html += heat_map("Latency distribution over time", "dark: none, bright: many", "latency-heat");
  }
  if (!series.instances.empty()) {
    html += heat_map("Utilization by instance", "dark: idle, bright: busy", "utilization-heat");
  }
  const std::vector<ExtraChart> extras = extra_charts(series);
  for (std::size_t i = 0; i < extras.size(); ++i) {
    std::string title = readable_name(extras[i].metric);
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') {
      title[0] = static_cast<char>(title[0] - 'a' + 'A');
    }
    const bool shown_on_axis = extras[i].unit == "1" || extras[i].unit == "ms";
    html += line_chart(title, shown_on_axis ? "" : extras[i].unit,
                       fmt::format(R"(data-extra="{}")", i));
  }
  return html;
}

std::string footer_html(const Results& results) {
  std::string html = "<footer><dl>";
  const auto add = [&html](std::string_view name, const std::string& value) {
    if (!value.empty()) html += fmt::format("<dt>{}</dt><dd>{}</dd>", name, value);
  };
  add("Reproduce",
      results.command.empty() ? "" : "<code>" + html_escaped(results.command) + "</code>");
  add("Warm-up", results.warmup_s > 0 ? html_escaped(fmt::format(
                                            "{} cut from every replication ({})",
                                            show_clock(results.warmup_s), results.warmup_method))
                                      : html_escaped(results.warmup_method));
  add("Intervals", results.terminating
                       ? "95 % confidence, from replications alone (terminating run)"
                       : "95 % confidence");
  double resolution = 0;
  for (const ClientResult& client : results.clients) {
    resolution = std::max(resolution, client.latency_ms.resolution);
  }
  add("Resolution", resolution > 0 ? fmt::format("latency quantiles to {} by their histogram",
                                                 show_number(resolution, "1").text())
                                   : "");
  add("Run",
      html_escaped(fmt::format("seed {}, {} events in {}", results.seed, show_count(results.events),
                               show_number(results.wall_s * 1e3, "ms").text())));
  add("Made by", html_escaped(fmt::format("highwater {}{}{}{}", results.version,
                                          results.compiler.empty() ? "" : ", " + results.compiler,
                                          results.started.empty() ? "" : ", " + results.started,
                                          results.host.empty() ? "" : " on " + results.host)));
  return html +
         "</dl><noscript><p>The charts need JavaScript; every number is in the tables "
         "above.</p></noscript></footer>";
}

}  // namespace

std::string html_report(const Results& results) {
  return filled(
      report_template(),
      {{"title", html_escaped(results.scenario)},
       {"version", html_escaped(results.version)},
       {"script_hashes",
        policy_hash(dygraphs_script_sha256()) + " " + policy_hash(report_script_sha256())},
       {"dygraphs_css", std::string(dygraphs_style())},
       {"report_css", std::string(report_style())},
       {"verdict", verdict_html(results)},
       {"subtitle", html_escaped(subtitle(results))},
       {"lead", lead_html(results)},
       {"kpis", key_figures_html(results)},
       {"overview", overview_html(results)},
       {"charts", charts_html(results)},
       {"clients", clients_html(results)},
       {"components", components_html(results)},
       {"cost", cost_html(results)},
       {"events", events_html(results)},
       {"footer", footer_html(results)},
       {"run_json", script_safe(run_json(results))},
       {"series_json", script_safe(series_json(results))},
       {"summary_json", script_safe("{\"csv\":" + json_quoted(summary_csv(results)) + "}")},
       {"dygraphs_js", std::string(dygraphs_script())},
       {"report_js", std::string(report_script())}});
}

}  // namespace highwater
