#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/math/math.h"
#include "engine/report/chaos_results.h"
#include "engine/report/html_page.h"
#include "engine/report/html_tables.h"
#include "engine/report/number_format.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr double kWidth = 1180;
constexpr double kHeight = 220;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 10;
constexpr double kBottom = 26;

constexpr std::string_view kStyle = R"css(
.plot .seen { fill: none; stroke: var(--bad-bar); stroke-width: 1.8; stroke-linejoin: round; }
.plot .usual { fill: none; stroke: var(--accent); stroke-width: 1.4; stroke-dasharray: 6 3; }
.plot .on { fill: var(--shade); }
.plot .method { stroke: var(--dim); stroke-dasharray: 2 3; }
.asked { white-space: normal; min-width: 130px; overflow-wrap: anywhere; }
.facts {
  display: grid; gap: 10px 24px; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr));
}
.facts dt { color: var(--dim); font-size: 12px; } .facts dd { margin: 0; font-weight: 600; }
.facts dd small { display: block; font-weight: 400; }
)css";

std::string shown(const Estimate& estimate, std::string_view unit) {
  const ShownNumber number = show_estimate(estimate, unit);
  if (number.half_width.empty()) return html_escaped(number.text());
  return html_escaped(number.value + number.unit) + " <small>± " + html_escaped(number.half_width) +
         "</small>";
}

std::string shown_s(const Estimate& estimate) {
  Estimate in_ms = estimate;
  if (in_ms.value) *in_ms.value *= 1e3;
  if (in_ms.ci95) in_ms.ci95 = Interval{in_ms.ci95->low * 1e3, in_ms.ci95->high * 1e3};
  return shown(in_ms, "ms");
}

const char* tone_of(const ChaosResults& results) {
  if (results.verdict == ChaosVerdict::holds) return "good";
  return results.verdict == ChaosVerdict::exploring ? "dim" : "bad";
}

/// One quantity of one client over time, with the faults and without them.
class Plot {
 public:
  Plot(const ChaosResults& results, const std::vector<double>& seen,
       const std::vector<double>& usual, std::string unit, bool logarithmic)
      : results_(results), seen_(seen), usual_(usual), unit_(std::move(unit)), log_(logarithmic) {
    double low = 1e300, high = 0;
    for (const auto* values : {&seen_, &usual_})
      for (const double value : *values) {
        if (!std::isfinite(value)) continue;
        high = std::max(high, value);
        if (value > 0) low = std::min(low, value);
      }
    if (high <= 0) high = 1;
    if (log_) {
      bottom_ = std::floor(math::log10(std::min(low, high)));
      top_ = std::max(bottom_ + 1, std::ceil(math::log10(high)));
    } else {
      const double magnitude = math::pow(10.0, std::floor(math::log10(high)));
      for (const double step : {0.2, 0.5, 1.0, 2.0}) {
        step_ = step * magnitude;
        if (high / step_ <= 5) break;
      }
      top_ = std::ceil(high / step_) * step_;
    }
  }

  std::string svg(std::string_view label) const {
    std::string svg =
        fmt::format(R"svg(<div class="scroll"><svg class="plot" viewBox="0 0 {} {}" role="img" )svg"
                    R"svg(aria-label="{}">)svg",
                    kWidth, kHeight, html_escaped(label));
    for (const ChaosImpact& impact : results_.impacts) {
      const double begin = impact.begin_s.value.value_or(0);
      const double lasted = impact.lasted_s.value.value_or(results_.simulated_s - begin);
      if (impact.strikes > results_.runs) continue;  // at a time of its own in each run
      svg += fmt::format(R"svg(<rect class="on" x="{:.1f}" y="{}" width="{:.1f}" height="{}">)svg"
                         "<title>{}</title></rect>",
                         x(begin), kTop, std::max(1.5, x(begin + lasted) - x(begin)),
                         kHeight - kTop - kBottom, html_escaped(impact.name + ": " + impact.text));
    }
    svg += grid();
    for (const double at : {results_.method_begin_s, results_.method_end_s})
      if (at > 0)
        svg += fmt::format(
            R"svg(<line class="method" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)svg", x(at),
            kTop, kHeight - kBottom);
    svg += curve(usual_, "usual") + curve(seen_, "seen");
    return svg + "</svg></div>";
  }

 private:
  double x(double time_s) const {
    return kLeft + time_s / std::max(results_.simulated_s, 1e-9) * (kWidth - kLeft - kRight);
  }
  double y(double value) const {
    const double place = log_ ? math::log10(std::max(value, math::pow(10.0, bottom_))) : value;
    return kHeight - kBottom - (place - bottom_) / (top_ - bottom_) * (kHeight - kTop - kBottom);
  }

  std::string grid() const {
    std::string svg;
    const double lines = log_ ? top_ - bottom_ : std::round(top_ / step_);
    for (int i = 0; i <= static_cast<int>(lines); ++i) {
      const double value = log_ ? math::pow(10.0, bottom_ + i) : i * step_;
      svg += fmt::format(
          R"svg(<line x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}" stroke="var(--grid)"/>)svg"
          R"svg(<text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>)svg",
          kLeft, kWidth - kRight, y(value), kLeft - 8, y(value) + 4,
          html_escaped(show_number(value, unit_, 2).text()));
    }
    constexpr int kMarks = 9;
    const double step = round_time_step(results_.simulated_s, kMarks);
    for (int i = 0; i * step <= results_.simulated_s; ++i)
      svg += fmt::format(R"svg(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)svg",
                         x(i * step), kHeight - 8, show_clock(i * step));
    return svg;
  }

  std::string curve(const std::vector<double>& values, const char* name) const {
    std::string svg, points;
    const auto flush = [&] {
      if (!points.empty())
        svg += fmt::format(R"svg(<polyline class="{}" points="{}"/>)svg", name, points);
      points.clear();
    };
    for (std::size_t i = 0; i < values.size() && i < results_.times_s.size(); ++i) {
      if (!std::isfinite(values[i])) {
        flush();
        continue;
      }
      points +=
          fmt::format("{:.1f},{:.1f} ", x(results_.times_s[i] + results_.bin_s / 2), y(values[i]));
    }
    flush();
    return svg;
  }

  const ChaosResults& results_;
  const std::vector<double>&seen_, &usual_;
  std::string unit_;
  bool log_;
  double bottom_ = 0, top_ = 1, step_ = 1;
};

std::string verdict_card(const ChaosResults& results) {
  std::string html = R"(<section class="card"><h2>Verdict</h2>)";
  if (!results.hypothesis.empty()) html += "<p>" + html_escaped(results.hypothesis) + "</p>";
  const char* mark = results.verdict == ChaosVerdict::holds       ? "✓ "
                     : results.verdict == ChaosVerdict::exploring ? ""
                                                                  : "✗ ";
  html += fmt::format(R"(<p class="big {}">{}{}</p><p>{}</p>)", tone_of(results), mark,
                      verdict_word(results.verdict), html_escaped(verdict_sentence(results)));
  for (const auto& [condition, times] : results.aborted_by)
    html += fmt::format(R"(<p class="bad">Aborted in {} runs, for {}.</p>)", times,
                        html_escaped(condition));
  if (!results.checks.empty()) {
    html +=
        "<div class=\"scroll\"><table class=\"pinned\"><thead><tr><th>probe</th><th>asked for"
        "</th><th>before</th><th>after</th><th>missed</th></tr></thead><tbody>";
    const auto value = [](const Estimate& estimate, const std::string& unit) {
      return estimate.value ? shown(estimate, unit) : R"(<span class="dim">–</span>)";
    };
    for (const ChaosCheck& check : results.checks)
      html += fmt::format(
          "<tr><th class=\"text\">{}</th><td class=\"asked\">{}</td><td>{}</td><td>{}</td>"
          "<td class=\"{}\">{} of {} looks</td></tr>",
          html_escaped(check.name), html_escaped(check.asked), value(check.before, check.unit),
          value(check.after, check.unit),
          check.missed > 0            ? "bad"
          : check.cannot_fail.empty() ? "good"
                                      : "warn",
          check.missed, check.looks);
    html += "</tbody></table></div>";
  }
  return html + "</section>\n";
}

std::string fault_card(const ChaosResults& results, const ChaosImpact& impact) {
  std::string html = fmt::format(R"(<section class="card"><h2>{} <span class="dim">{}</span></h2>)",
                                 html_escaped(impact.name), html_escaped(impact.text));
  html += R"(<dl class="facts">)";
  const auto fact = [&](std::string_view name, const std::string& value) {
    html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
  };
  if (impact.strikes > results.runs)
    fact("strikes", fmt::format("{} <small>in {} runs</small>", impact.strikes, results.runs));
  if (impact.detected == 0)
    fact("objectives", R"(<span class="good">met all the time</span>)");
  else
    fact("objectives missed after", shown_s(impact.detect_s));
  if (impact.detected > 0 && impact.recover_s.value)
    fact("met again after its end", shown_s(impact.recover_s));
  if (impact.unrecovered > 0)
    fact("did not recover",
         fmt::format(R"(<span class="bad">{} of {} strikes</span><small>{}</small>)",
                     impact.unrecovered, impact.strikes, html_escaped(impact.sustained_by)));
  fact("requests lost", shown(impact.lost, "requests"));
  if (impact.peak_p99_ms.value)
    fact("peak p99 of " + html_escaped(impact.slowest_client),
         shown(impact.peak_p99_ms, "ms") + "<small>usually " +
             html_escaped(show_estimate(impact.usual_p99_ms, "ms").text()) + "</small>");
  for (const ChaosBudget& budget : impact.budgets)
    fact("error budget burnt",
         shown(budget.burnt, "1") + "<small>of " + html_escaped(budget.objective) + "</small>");
  html += "</dl>";
  if (impact.reach.empty())
    return html + R"(<p class="good">Nothing left its steady state.</p></section>)" + "\n";
  html +=
      "<h2>Blast radius <span class=\"dim\">what else left its steady state, most first; the "
      "measure "
      "that changed most</span></h2><div class=\"scroll\"><table "
      "class=\"pinned\"><thead><tr><th>component</th>"
      "<th class=\"text\">measure</th><th>without it</th><th>with "
      "it</th><th>change</th></tr></thead><tbody>";
  for (const ChaosReach& reach : impact.reach)
    html += fmt::format(
        "<tr><th class=\"text\">{}</th><td "
        "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        html_escaped(reach.component), html_escaped(reach.metric),
        html_escaped(show_number(reach.normally, reach.unit).text()),
        html_escaped(show_number(reach.then, reach.unit).text()), shown(reach.change, reach.unit));
  return html + "</tbody></table></div></section>\n";
}

std::string series_cards(const ChaosResults& results) {
  std::string html;
  for (const ChaosSeries& series : results.series) {
    html += fmt::format(
        R"svg(<section class="card"><h2>{} <span class="key"><svg width="26" height="8">)svg"
        R"svg(<line x1="0" x2="26" y1="4" y2="4" stroke="var(--bad-bar)" )svg"
        R"svg(stroke-width="2"/></svg>with the faults<svg width="26" height="8">)svg"
        R"svg(<line x1="0" x2="26" y1="4" y2="4" stroke="var(--accent)" stroke-width="2" )svg"
        R"svg(stroke-dasharray="6 3"/></svg>without</span></h2>)svg",
        html_escaped(series.client));
    html += "<p class=\"dim\">p99 latency</p>" +
            Plot(results, series.p99_ms, series.usual_p99_ms, "ms", true)
                .svg("p99 latency over time, with the faults and without");
    html += "<p class=\"dim\">failed requests</p>" +
            Plot(results, series.failed_rps, series.usual_failed_rps, "/s", false)
                .svg("failed requests over time, with the faults and without");
    html += "<p class=\"dim\">completed requests</p>" +
            Plot(results, series.completed_rps, series.usual_completed_rps, "/s", false)
                .svg("completed requests over time, with the faults and without");
    html += "</section>\n";
  }
  return html;
}

std::string findings_card(const ChaosResults& results) {
  if (results.findings.empty()) return "";
  std::string html = R"(<section class="card"><h2>Findings</h2>)";
  for (const Finding& finding : results.findings)
    html += fmt::format(R"(<p><span class="{}">{}</span>: {}</p>)",
                        finding.kind == "input" ? "dim" : "warn", html_escaped(finding.kind),
                        html_escaped(finding.text));
  return html + "</section>\n";
}

std::string footer(const ChaosResults& results) {
  const std::string method = fmt::format(
      "{} runs of {} with seed {}, each beside the same run without the faults: both "
      "have the same draws, so that what differs is what the faults did",
      results.runs, show_clock(results.simulated_s), results.seed);
  return html_footer({{"Reproduce", html_command(results.command)},
                      {"Experiment", html_escaped(results.experiment_file)},
                      {"Scenario", html_escaped(results.scenario_file)},
                      {"Method", html_escaped(method)},
                      {"Made by", html_maker(results.version, results.started)}});
}

}  // namespace

std::string chaos_html(const ChaosResults& results) {
  std::string html = fmt::format(
      R"html(<header>
<h1>{}</h1>
<span class="dim">{} runs of {} on {}</span>
<span class="badge {}">{}</span>
</header>
)html",
      html_escaped(results.title), results.runs, show_clock(results.simulated_s),
      html_escaped(results.scenario), tone_of(results), verdict_word(results.verdict));
  if (!results.description.empty())
    html += "<p class=\"description\">" + html_escaped(results.description) + "</p>\n";
  if (results.partial) html += "<p class=\"banner\">Partial: the experiment was interrupted.</p>\n";
  html += "<div class=\"grid\">\n" + verdict_card(results) + findings_card(results);
  for (const ChaosImpact& impact : results.impacts) html += fault_card(results, impact);
  html += series_cards(results) + "</div>\n";
  return html_page(results.title, kStyle, html + footer(results));
}

}  // namespace highwater
