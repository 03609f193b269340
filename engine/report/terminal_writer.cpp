#include "engine/report/terminal_writer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/report/metric_view.h"
#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"
#include "engine/report/terminal_page.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kEventsShown = 12;
constexpr std::size_t kNotesShown = 4;

class Summary {
 public:
  Summary(const Results& results, const TerminalOptions& options)
      : results_(results), options_(options), page_(options) {}

  std::string text() {
    header();
    objectives();
    clients();
    components();
    cost();
    notes();
    findings();
    charts();
    events();
    page_.report(options_.report_path);
    return page_.take();
  }

 private:
  void header() {
    const Results& r = results_;
    page_.title(r.scenario);
    if (!r.description.empty()) page_.body(r.description, Tone::kDim);
    page_.gap();
    std::string warmup = "no warm-up cut";
    if (r.warmup_s > 0) {
      warmup = "warm-up " + show_clock(r.warmup_s);
      if (!r.warmup_method.empty()) warmup += " (" + r.warmup_method + ")";
    }
    page_.body(fmt::format("{} replication{} of {}, seed {}, {}", r.replications,
                           r.replications == 1 ? "" : "s", show_clock(r.simulated_s), r.seed,
                           warmup));
    std::string speed = show_count(r.events) + " events";
    if (r.wall_s > 0) {
      speed += fmt::format(" in {} ({})", show_number(r.wall_s * 1e3, "ms").text(),
                           show_number(static_cast<double>(r.events) / r.wall_s, "/s").text());
    }
    page_.body(speed);
    const RequestCounts& n = r.requests;
    page_.body(fmt::format("{} requests: {} completed, {} failed, {} rejected, {} in flight",
                           show_count(n.issued), show_count(n.completed), show_count(n.failed),
                           show_count(n.rejected), show_count(n.in_flight)));
    if (r.partial) page_.paragraph("PARTIAL", Tone::kBad, r.partial_reason);
  }

  void objectives() {
    if (results_.objectives.empty()) return;
    page_.title("Objectives");
    std::size_t longest = 0;
    for (const ObjectiveResult& o : results_.objectives) {
      longest = std::max(longest, display_width(page_.paint().plain(o.text)));
    }
    const std::size_t column = std::min(longest, page_.width() - 29);
    for (const ObjectiveResult& o : results_.objectives) {
      const bool met = o.met.value_or(false);
      const Tone tone = met ? Tone::kGood : o.met ? Tone::kBad : Tone::kWarning;
      const std::string_view mark = met ? "✓" : o.met ? "✗" : "?";
      const std::string_view word = met ? "met" : o.met ? "missed" : "not judged";
      const std::string value = o.value ? show_against(*o.value, o.limit, o.unit).text() : "–";
      page_.line("  " + page_.paint().paint(mark, tone) + ' ' +
                 page_.paint().left(o.text, column, Tone::kPlain) + ' ' +
                 page_.paint().right(value, 12, Tone::kPlain) + "  " +
                 page_.paint().paint(word, tone));
      if (o.note.empty()) continue;
      for (const std::string& part : page_.paint().wrapped(o.note, page_.width() - 4)) {
        page_.line("    " + page_.paint().paint(part, Tone::kDim));
      }
    }
  }

  /// The estimate's value in `values`, its half width below it in `intervals`.
  static void add_estimate(std::vector<TerminalTable::Cell>& values,
                           std::vector<TerminalTable::Cell>& intervals, const Estimate& estimate,
                           std::string_view unit) {
    const ShownNumber shown = show_estimate(estimate, unit);
    values.push_back({shown.text()});
    intervals.push_back({shown.half_width.empty() ? "" : "±" + shown.half_width, Tone::kDim});
  }

  void clients() {
    if (results_.clients.empty()) return;
    page_.title("Clients");
    TerminalTable table({{"", 0},
                         {"throughput", 1},
                         {"mean", 3},
                         {"p50", 4},
                         {"p95", 5},
                         {"p99", 0},
                         {"p99.9", 6},
                         {"availability", 2}});
    bool intervals_known = false;
    for (const ClientResult& client : results_.clients) {
      std::vector<TerminalTable::Cell> values{{client.id, Tone::kStrong}};
      std::vector<TerminalTable::Cell> intervals{{"", Tone::kPlain}};
      add_estimate(values, intervals, client.throughput_rps, "/s");
      const TimeSummary& latency = client.latency_ms;
      for (const Estimate* e :
           {&latency.mean, &latency.p50, &latency.p95, &latency.p99, &latency.p999}) {
        add_estimate(values, intervals, *e, "ms");
      }
      add_estimate(values, intervals, client.availability, "1");
      const bool any = std::any_of(intervals.begin(), intervals.end(),
                                   [](const TerminalTable::Cell& c) { return !c.text.empty(); });
      table.add(std::move(values));
      if (any) table.add(std::move(intervals));
      intervals_known |= any;
    }
    page_.table(table);
    if (intervals_known) page_.line("  " + page_.paint().paint("±: 95 % confidence", Tone::kDim));
    for (const ClientResult& client : results_.clients) {
      const std::string causes = causes_text(client.errors);
      if (causes != "none") page_.paragraph(client.id + " errors:", Tone::kBad, causes);
      further_metrics(client.id, client.metrics);
    }
  }

  static TerminalTable::Cell component_cell(const ComponentResult& component,
                                            const ComponentColumn& column) {
    const MetricResult* metric = find_metric(component.metrics, column.metric);
    if (metric == nullptr) return {};
    const Estimate estimate = statistic_of(metric->value, column.statistic);
    const bool absent_statistic = !estimate.value && estimate.note.empty();
    if (absent_statistic) return {};
    const bool whole = !std::holds_alternative<Estimate>(metric->value) &&
                       !std::holds_alternative<TimeSummary>(metric->value);
    // The unit "requests" is the column's meaning already.
    const bool counted = metric->unit == "requests" || metric->unit == "messages";
    std::string text = "–";
    if (estimate.value && whole) {
      text = show_count(static_cast<std::uint64_t>(*estimate.value));
    } else if (estimate.value) {
      text = show_number(*estimate.value, counted ? "" : metric->unit).text();
    }
    const std::string_view name = column.metric;
    if (name.ends_with("utilization") && estimate.value && *estimate.value >= kBusy) {
      return {"▲ " + text, *estimate.value >= kSaturated ? Tone::kBad : Tone::kWarning};
    }
    const bool trouble = name == "errors" && estimate.value && *estimate.value > 0;
    return {std::move(text), trouble ? Tone::kBad : Tone::kPlain};
  }

  void components() {
    if (results_.components.empty()) return;
    page_.title("Components");
    std::vector<TerminalTable::Column> columns{{"", 0}};
    for (const ComponentColumn& column : component_columns()) {
      columns.push_back({column.title, column.rank});
    }
    TerminalTable table(std::move(columns));
    for (const ComponentResult& component : results_.components) {
      const std::size_t instances = component.instances.size();
      std::vector<TerminalTable::Cell> row{
          {component.id + (instances > 1 ? fmt::format(" ×{}", instances) : ""), Tone::kStrong}};
      for (const ComponentColumn& column : component_columns()) {
        row.push_back(component_cell(component, column));
      }
      table.add(std::move(row));
    }
    page_.table(table);
    for (const ComponentResult& component : results_.components) {
      if (const MetricResult* errors = find_metric(component.metrics, "errors")) {
        if (const auto* causes = std::get_if<CountsByCause>(&errors->value)) {
          const std::string text = causes_text(*causes);
          if (text != "none") page_.paragraph(component.id + " errors:", Tone::kBad, text);
        }
      }
      further_metrics(component.id, component.metrics);
    }
  }

  /// What a kind measures beyond the table's columns, on a line of its own; counts of nothing are
  /// left to the report.
  void further_metrics(const std::string& id, const std::vector<MetricResult>& metrics) {
    std::string text;
    for (const MetricResult& metric : metrics) {
      const std::string value = further_value(metric);
      if (has_column(metric.name) || value.empty()) continue;
      text += (text.empty() ? "" : " · ") + readable_name(metric.name) + ' ' + value;
    }
    if (!text.empty()) page_.paragraph(id + ":", Tone::kDim, text);
  }

  static std::string further_value(const MetricResult& metric) {
    if (const auto* causes = std::get_if<CountsByCause>(&metric.value)) {
      const std::string text = causes_text(*causes);
      return text == "none" ? "" : text;
    }
    if (const auto* count = std::get_if<Count>(&metric.value)) {
      return count->value == 0 ? "" : show_count(count->value);
    }
    const Estimate mean = statistic_of(metric.value, "mean");
    if (!mean.value) return {};
    std::string text = show_number(*mean.value, metric.unit).text();
    const Estimate p99 = statistic_of(metric.value, "p99");
    if (p99.value) text += ", p99 " + show_number(*p99.value, metric.unit).text();
    return text;
  }

  void cost() {
    if (!results_.cost) return;
    page_.title("Cost");
    const Estimate hour = find_estimate(results_.cost->metrics, "per_hour");
    const Estimate million = find_estimate(results_.cost->metrics, "per_million_requests");
    const std::string currency = ' ' + results_.cost->currency;
    const auto shown = [&](const Estimate& estimate) {
      const ShownNumber number = show_estimate(estimate, "");
      const bool exact = number.half_width.find_first_not_of("0.") == std::string::npos;
      return number.text() + (exact ? "" : " ±" + number.half_width) + currency;
    };
    std::string text = shown(hour) + " an hour";
    if (hour.value)
      text += fmt::format(" ({} a month)", show_number(*hour.value * kHoursOfMonth, "").text());
    if (million.value) text += ", " + shown(million) + " per million requests completed";
    page_.body(text);
  }

  void notes() {
    const std::vector<EstimateNote> all = estimate_notes(results_);
    if (all.empty()) return;
    page_.gap();
    for (std::size_t i = 0; i < std::min(all.size(), kNotesShown); ++i) {
      page_.paragraph("–", Tone::kDim, all[i].sentence());
    }
    if (all.size() > kNotesShown) {
      page_.paragraph("–", Tone::kDim,
                      fmt::format("{} more remarks in the report", all.size() - kNotesShown));
    }
  }

  void findings() {
    if (results_.findings.empty()) return;
    page_.title("Findings");
    for (const Finding& finding : results_.findings) {
      const std::string head =
          finding.kind + (finding.component.empty() ? "" : " " + finding.component) + ':';
      page_.paragraph(head, Tone::kWarning, finding.text);
    }
  }

  /// A bar chart as one line of blocks; bars that do not fit are merged to their largest.
  void charts() {
    constexpr std::array<const char*, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    for (const BarChart& chart : results_.charts) {
      const double largest =
          chart.values.empty() ? 0 : *std::max_element(chart.values.begin(), chart.values.end());
      if (!(largest > 0)) continue;
      page_.title(chart.component.empty() ? chart.title : chart.component + ": " + chart.title);
      const std::size_t factor = (chart.values.size() + page_.width() - 5) / (page_.width() - 4);
      std::string bars;
      for (std::size_t begin = 0; begin < chart.values.size(); begin += factor) {
        double most = 0;
        for (std::size_t i = begin; i < std::min(begin + factor, chart.values.size()); ++i) {
          most = std::max(most, chart.values[i]);
        }
        bars += kBlocks[static_cast<std::size_t>(std::clamp(most / largest * 7.999, 0.0, 7.0))];
      }
      page_.line("  " + page_.paint().plain(bars));
      page_.body(fmt::format("{} to {}, peak {}", chart.labels.front(), chart.labels.back(),
                             show_number(largest, chart.unit).text()),
                 Tone::kDim);
    }
  }

  void events() {
    const std::vector<LogEntry>& log = results_.events_log;
    if (log.empty()) return;
    page_.title("Events");
    for (std::size_t i = 0; i < std::min(log.size(), kEventsShown); ++i) {
      const std::string what = page_.paint().plain(log[i].kind + ": " + log[i].text);
      page_.line("  " + page_.paint().right(show_clock(log[i].t_s), 9, Tone::kDim) + "  " +
                 truncated(what, page_.width() - 13, page_.paint().ellipsis()));
    }
    if (log.size() > kEventsShown) {
      page_.line("  " + page_.paint().paint(fmt::format("{:>9}  {} more in the report", "",
                                                        log.size() - kEventsShown),
                                            Tone::kDim));
    }
  }

  const Results& results_;
  const TerminalOptions& options_;
  TerminalPage page_;
};

}  // namespace

std::string terminal_summary(const Results& results, const TerminalOptions& options) {
  return Summary(results, options).text();
}

}  // namespace highwater
