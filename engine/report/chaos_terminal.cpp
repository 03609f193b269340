#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/report/chaos_results.h"
#include "engine/report/number_format.h"
#include "engine/report/terminal_table.h"
#include "engine/report/terminal_writer.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kReachShown = 5;

Tone tone_of(ChaosVerdict verdict) {
  if (verdict == ChaosVerdict::holds) return Tone::kGood;
  return verdict == ChaosVerdict::exploring ? Tone::kPlain : Tone::kBad;
}

class Summary {
 public:
  Summary(const ChaosResults& results, const TerminalOptions& options)
      : results_(results),
        options_(options),
        width_(std::max(options.width, kNarrowest)),
        paint_(options.color, options.utf8) {}

  std::string text() {
    header();
    verdict();
    checks();
    overview();
    for (const ChaosImpact& impact : results_.impacts) fault(impact);
    findings();
    if (!options_.report_path.empty()) {
      out_ += '\n';
      body("Report: " + options_.report_path, Tone::kDim);
    }
    return out_.substr(1);
  }

 private:
  void line(const std::string& text) { out_ += text + '\n'; }
  void title(std::string_view text) {
    line('\n' +
         paint_.paint(truncated(paint_.plain(text), width_, paint_.ellipsis()), Tone::kStrong));
  }
  void body(std::string_view text, Tone tone = Tone::kPlain) {
    for (const std::string& part : paint_.wrapped(text, width_ - 2))
      line("  " + paint_.paint(part, tone));
  }
  void pair(std::string_view name, const std::string& value, Tone tone = Tone::kPlain) {
    constexpr std::size_t kName = 18;
    std::string before = "  " + paint_.left(name, kName, Tone::kDim) + ' ';
    for (const std::string& part : paint_.wrapped(value, width_ - kName - 3)) {
      line(before + paint_.paint(part, tone));
      before = std::string(kName + 3, ' ');
    }
  }

  static std::string shown(const Estimate& estimate, std::string_view unit) {
    const ShownNumber number = show_estimate(estimate, unit);
    return number.half_width.empty() ? number.text()
                                     : number.value + " ± " + number.half_width + number.unit;
  }
  static std::string shown_s(const Estimate& estimate) {
    Estimate in_ms = estimate;
    if (in_ms.value) *in_ms.value *= 1e3;
    if (in_ms.ci95) in_ms.ci95 = Interval{in_ms.ci95->low * 1e3, in_ms.ci95->high * 1e3};
    return shown(in_ms, "ms");
  }

  void header() {
    title(results_.title);
    if (!results_.description.empty()) body(results_.description, Tone::kDim);
    out_ += '\n';
    body(fmt::format("{} run{} of {} on {}, seed {}; as many without it to compare", results_.runs,
                     results_.runs == 1 ? "" : "s", show_clock(results_.simulated_s),
                     results_.scenario, results_.seed));
    std::string speed = show_count(results_.events) + " events";
    if (results_.wall_s > 0) speed += " in " + show_number(results_.wall_s * 1e3, "ms").text();
    body(speed);
    if (results_.partial) body("PARTIAL: interrupted", Tone::kBad);
  }

  void verdict() {
    title("Verdict");
    if (!results_.hypothesis.empty()) body(results_.hypothesis);
    const bool good = results_.verdict == ChaosVerdict::holds;
    const std::string mark = good ? "✓ " : results_.verdict == ChaosVerdict::exploring ? "" : "✗ ";
    body(mark + verdict_word(results_.verdict), tone_of(results_.verdict));
    body(verdict_sentence(results_));
    for (const auto& [condition, times] : results_.aborted_by)
      body(fmt::format("Aborted in {} runs, for {}.", times, condition), Tone::kBad);
  }

  void checks() {
    if (results_.checks.empty()) return;
    TerminalTable table(
        {{"probe", 0}, {"before", 2}, {"after", 1}, {"tolerance", 3}, {"missed", 0}});
    for (const ChaosCheck& check : results_.checks) {
      const Tone tone = check.missed > 0            ? Tone::kBad
                        : check.cannot_fail.empty() ? Tone::kGood
                                                    : Tone::kWarning;
      table.add({{check.name, Tone::kPlain},
                 {check.before.value ? shown(check.before, check.unit) : "", Tone::kPlain},
                 {check.after.value ? shown(check.after, check.unit) : "", Tone::kPlain},
                 {check.tolerance == check.name ? "" : check.tolerance, Tone::kDim},
                 {fmt::format("{} of {}", check.missed, check.looks), tone}});
    }
    out_ += '\n';
    out_ += table.text(paint_, width_);
  }

  /// All faults at a glance, where there are several.
  void overview() {
    if (results_.impacts.size() < 2) return;
    title("Faults");
    TerminalTable table({{"fault", 0},
                         {"strikes", 3},
                         {"missed after", 2},
                         {"met again after", 0},
                         {"lost", 0},
                         {"peak p99", 1},
                         {"reached", 4}});
    for (const ChaosImpact& impact : results_.impacts) {
      Estimate again = impact.recover_s;
      if (again.value) *again.value *= 1e3;
      Estimate after = impact.detect_s;
      if (after.value) *after.value *= 1e3;
      const std::string recovered =
          impact.unrecovered > 0
              ? fmt::format("never ({} of {})", impact.unrecovered, impact.strikes)
          : impact.detected > 0 ? show_number(again.value.value_or(0), "ms").text()
                                : "";
      table.add(
          {{impact.name == impact.text ? impact.name : impact.name + ": " + impact.text},
           {show_count(impact.strikes)},
           {impact.detected > 0 ? show_number(after.value.value_or(0), "ms").text() : "never",
            impact.detected > 0 ? Tone::kPlain : Tone::kGood},
           {recovered, impact.unrecovered > 0 ? Tone::kBad : Tone::kPlain},
           {show_number(impact.lost.value.value_or(0), "requests").text()},
           {impact.peak_p99_ms.value ? show_number(*impact.peak_p99_ms.value, "ms").text() : ""},
           {show_count(impact.reach.size())}});
    }
    out_ += table.text(paint_, width_);
  }

  void fault(const ChaosImpact& impact) {
    title(impact.name + (impact.text.empty() ? "" : ": " + impact.text));
    if (impact.strikes > results_.runs)
      pair("strikes", fmt::format("{} in {} runs", impact.strikes, results_.runs));
    if (impact.detected == 0)
      pair("objectives", "were met all the time", Tone::kGood);
    else
      pair("missed after",
           shown_s(impact.detect_s) +
               (impact.detected < impact.strikes
                    ? fmt::format(" ({} of {} strikes)", impact.detected, impact.strikes)
                    : ""));
    if (impact.detected > 0 && impact.recover_s.value)
      pair("met again after", shown_s(impact.recover_s) + " from its end");
    if (impact.unrecovered > 0)
      pair("not met again",
           fmt::format("after {} of {} strikes{}", impact.unrecovered, impact.strikes,
                       impact.sustained_by.empty() ? "" : "; kept down by " + impact.sustained_by),
           Tone::kBad);
    pair("requests lost", shown(impact.lost, "requests"));
    if (impact.peak_p99_ms.value)
      pair("peak p99", fmt::format("{} of {}, usually {}", shown(impact.peak_p99_ms, "ms"),
                                   impact.slowest_client, shown(impact.usual_p99_ms, "ms")));
    for (const ChaosBudget& budget : impact.budgets)
      pair("error budget", fmt::format("{} of what {} allows in the run", shown(budget.burnt, "1"),
                                       budget.objective));
    std::size_t count = 0;
    for (const ChaosReach& reach : impact.reach) {
      if (count == kReachShown) {
        pair("", fmt::format("and {} more", impact.reach.size() - count), Tone::kDim);
        break;
      }
      pair(count++ == 0 ? "blast radius" : "",
           fmt::format("{} {}: {} instead of {}", reach.component, reach.metric,
                       show_number(reach.then, reach.unit).text(),
                       show_number(reach.normally, reach.unit).text()));
    }
    if (impact.reach.empty()) pair("blast radius", "nothing left its steady state", Tone::kGood);
  }

  void findings() {
    if (results_.findings.empty()) return;
    title("Findings");
    for (const Finding& finding : results_.findings)
      body(finding.kind + ": " + finding.text,
           finding.kind == "input" ? Tone::kDim : Tone::kWarning);
  }

  const ChaosResults& results_;
  const TerminalOptions& options_;
  std::size_t width_;
  Painter paint_;
  std::string out_;
};

}  // namespace

std::string chaos_terminal(const ChaosResults& results, const TerminalOptions& options) {
  return Summary(results, options).text();
}

}  // namespace highwater
