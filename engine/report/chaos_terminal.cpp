#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/report/chaos_results.h"
#include "engine/report/number_format.h"
#include "engine/report/terminal_page.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kReachShown = 5;

Tone tone_of(ChaosVerdict verdict) {
  if (verdict == ChaosVerdict::holds) return Tone::kGood;
  return verdict == ChaosVerdict::exploring ? Tone::kPlain : Tone::kBad;
}

class Summary {
 public:
  Summary(const ChaosResults& results, const TerminalOptions& options)
      : results_(results), options_(options), page_(options) {}

  std::string text() {
    header();
    verdict();
    checks();
    overview();
    for (const ChaosImpact& impact : results_.impacts) fault(impact);
    findings();
    page_.report(options_.report_path);
    return page_.take();
  }

 private:
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
    page_.title(results_.title);
    if (!results_.description.empty()) page_.body(results_.description, Tone::kDim);
    page_.gap();
    page_.body(fmt::format("{} run{} of {} on {}, seed {}; as many without it to compare",
                           results_.runs, results_.runs == 1 ? "" : "s",
                           show_clock(results_.simulated_s), results_.scenario, results_.seed));
    std::string speed = show_count(results_.events) + " events";
    if (results_.wall_s > 0) speed += " in " + show_number(results_.wall_s * 1e3, "ms").text();
    page_.body(speed);
    if (results_.partial) page_.body("PARTIAL: interrupted", Tone::kBad);
  }

  void verdict() {
    page_.title("Verdict");
    if (!results_.hypothesis.empty()) page_.body(results_.hypothesis);
    const bool good = results_.verdict == ChaosVerdict::holds;
    const std::string mark = good ? "✓ " : results_.verdict == ChaosVerdict::exploring ? "" : "✗ ";
    page_.body(mark + verdict_word(results_.verdict), tone_of(results_.verdict));
    page_.body(verdict_sentence(results_));
    for (const auto& [condition, times] : results_.aborted_by)
      page_.body(fmt::format("Aborted in {} runs, for {}.", times, condition), Tone::kBad);
  }

  void checks() {
    if (results_.checks.empty()) return;
    TerminalTable table(
        {{"probe", 0}, {"before", 2}, {"after", 1}, {"asked for", 3}, {"missed", 0}});
    for (const ChaosCheck& check : results_.checks) {
      const Tone tone = check.missed > 0            ? Tone::kBad
                        : check.cannot_fail.empty() ? Tone::kGood
                                                    : Tone::kWarning;
      table.add({{check.name, Tone::kPlain},
                 {check.before.value ? shown(check.before, check.unit) : "", Tone::kPlain},
                 {check.after.value ? shown(check.after, check.unit) : "", Tone::kPlain},
                 {check.asked, Tone::kDim},
                 {fmt::format("{} of {}", check.missed, check.looks), tone}});
    }
    page_.gap();
    page_.table(table);
  }

  /// All faults at a glance, where there are several.
  void overview() {
    if (results_.impacts.size() < 2) return;
    page_.title("Faults");
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
    page_.table(table);
  }

  void fault(const ChaosImpact& impact) {
    page_.title(impact.name + (impact.text.empty() ? "" : ": " + impact.text));
    if (impact.strikes > results_.runs)
      page_.pair("strikes", fmt::format("{} in {} runs", impact.strikes, results_.runs));
    if (impact.detected == 0)
      page_.pair("objectives", "were met all the time", Tone::kGood);
    else
      page_.pair("missed after",
                 shown_s(impact.detect_s) +
                     (impact.detected < impact.strikes
                          ? fmt::format(" ({} of {} strikes)", impact.detected, impact.strikes)
                          : ""));
    if (impact.detected > 0 && impact.recover_s.value)
      page_.pair("met again after", shown_s(impact.recover_s) + " from its end");
    if (impact.unrecovered > 0)
      page_.pair(
          "not met again",
          fmt::format("after {} of {} strikes{}", impact.unrecovered, impact.strikes,
                      impact.sustained_by.empty() ? "" : "; kept down by " + impact.sustained_by),
          Tone::kBad);
    page_.pair("requests lost", shown(impact.lost, "requests"));
    if (impact.peak_p99_ms.value)
      page_.pair("peak p99", fmt::format("{} of {}, usually {}", shown(impact.peak_p99_ms, "ms"),
                                         impact.slowest_client, shown(impact.usual_p99_ms, "ms")));
    for (const ChaosBudget& budget : impact.budgets)
      page_.pair("error budget", fmt::format("{} of what {} allows in the run",
                                             shown(budget.burnt, "1"), budget.objective));
    std::size_t count = 0;
    for (const ChaosReach& reach : impact.reach) {
      if (count == kReachShown) {
        page_.pair("", fmt::format("and {} more", impact.reach.size() - count), Tone::kDim);
        break;
      }
      page_.pair(count++ == 0 ? "blast radius" : "",
                 fmt::format("{} {}: {} instead of {}", reach.component, reach.metric,
                             show_number(reach.then, reach.unit).text(),
                             show_number(reach.normally, reach.unit).text()));
    }
    if (impact.reach.empty())
      page_.pair("blast radius", "nothing left its steady state", Tone::kGood);
  }

  void findings() {
    if (results_.findings.empty()) return;
    page_.title("Findings");
    for (const Finding& finding : results_.findings)
      page_.body(finding.kind + ": " + finding.text,
                 finding.kind == "input" ? Tone::kDim : Tone::kWarning);
  }

  const ChaosResults& results_;
  const TerminalOptions& options_;
  TerminalPage page_;
};

}  // namespace

std::string chaos_terminal(const ChaosResults& results, const TerminalOptions& options) {
  return Summary(results, options).text();
}

}  // namespace highwater
