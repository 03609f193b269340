#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "engine/describe/value.h"
#include "engine/report/chaos_page.h"
#include "engine/report/estimate_value.h"
#include "engine/report/metastability_results.h"
#include "engine/report/number_format.h"
#include "engine/report/terminal_table.h"
#include "engine/report/terminal_writer.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kNarrowest = 40;

std::string times(double factor) {
  return fmt::format("{:.3g}x", factor);
}

std::string share(const Estimate& estimate) {
  return estimate.value ? show_number(*estimate.value, "1", 3).text() : "–";
}

std::string in_s(const Estimate& estimate) {
  return estimate.value ? show_number(*estimate.value * 1e3, "ms").text() : "";
}

/// The time to recover, where all runs have one.
std::string recovery(const MetastableCell& cell) {
  return cell.draining > 0 ? "not yet" : in_s(cell.recover_s);
}

const char* state_of(const MetastableLevel& level) {
  if (level.overloaded * 2 > level.runs) return "overloaded";
  if (level.collapsed * 2 > level.runs) return "vulnerable";
  return level.draining * 2 > level.runs ? "slow" : "stable";
}

}  // namespace

bool is_metastable(const MetastabilityResults& results) {
  return results.vulnerable ||
         std::any_of(results.cells.begin(), results.cells.end(),
                     [](const MetastableCell& cell) { return cell.collapsed * 2 > cell.runs; });
}

std::string metastability_sentence(const MetastabilityResults& results) {
  std::string text;
  const MetastableCell* least = nullptr;
  for (const MetastableCell& cell : results.cells)
    if (cell.collapsed * 2 > cell.runs &&
        (least == nullptr || cell.size * cell.lasts_s < least->size * least->lasts_s))
      least = &cell;
  if (least != nullptr)
    text =
        fmt::format("At its own load, {} {} for {} leaves it collapsed after the trigger has gone.",
                    results.trigger, times(least->size), show_clock(least->lasts_s));
  else if (!results.cells.empty())
    text = "At its own load it recovers from every trigger that was tried.";
  if (results.vulnerable)
    text += fmt::format(
        " Between {} and {} of that load it is vulnerable: there it holds alone, and "
        "stays down once it was pushed.",
        times(results.vulnerable->low), times(results.vulnerable->high));
  const auto safe =
      std::find_if(results.levels.rbegin(), results.levels.rend(), [](const auto& level) {
        const std::string_view state = state_of(level);
        return state == "stable" || state == "slow";
      });
  if (safe != results.levels.rend() && is_metastable(results))
    text += fmt::format(" At {} it recovers from the strongest trigger, too.", times(safe->load));
  if (!results.sustained_by.empty()) text += " What keeps it down: " + results.sustained_by + ".";
  return text;
}

std::string metastability_json(const MetastabilityResults& results) {
  Value out = Value::object();
  out.set("schema", Value::string("highwater/chaos-metastable/1"));
  out.set("scenario", Value::string(results.scenario));
  out.set("trigger", Value::string(results.trigger));
  out.set("seed", Value::whole(results.seed));
  out.set("runs", Value::whole(results.runs));
  out.set("simulated_s", Value::number(results.simulated_s));
  out.set("metastable", Value::boolean(is_metastable(results)));
  out.set("sentence", Value::string(metastability_sentence(results)));
  Value levels = Value::array();
  for (const MetastableLevel& level : results.levels) {
    Value one = Value::object();
    one.set("load", Value::number(level.load));
    one.set("state", Value::string(state_of(level)));
    one.set("runs", Value::whole(level.runs));
    one.set("overloaded", Value::whole(level.overloaded));
    one.set("collapsed", Value::whole(level.collapsed));
    one.set("draining", Value::whole(level.draining));
    one.set("goodput", estimate_value(level.goodput));
    one.set("goodput_after", estimate_value(level.goodput_after));
    levels.push(std::move(one));
  }
  out.set("levels", std::move(levels));
  if (results.vulnerable) {
    Value range = Value::array();
    range.push(Value::number(results.vulnerable->low));
    range.push(Value::number(results.vulnerable->high));
    out.set("vulnerable", std::move(range));
  }
  Value cells = Value::array();
  for (const MetastableCell& cell : results.cells) {
    Value one = Value::object();
    one.set("size", Value::number(cell.size));
    one.set("lasts_s", Value::number(cell.lasts_s));
    one.set("runs", Value::whole(cell.runs));
    one.set("collapsed", Value::whole(cell.collapsed));
    one.set("draining", Value::whole(cell.draining));
    one.set("recover_s", estimate_value(cell.recover_s));
    cells.push(std::move(one));
  }
  out.set("triggers", std::move(cells));
  if (!results.sustained_by.empty()) out.set("sustained_by", Value::string(results.sustained_by));
  out.set("partial", Value::boolean(results.interrupted));
  out.set("wall_s", Value::number(results.wall_s));
  out.set("started", Value::string(results.started));
  return write_json(out) + "\n";
}

std::string metastability_terminal(const MetastabilityResults& results,
                                   const TerminalOptions& options) {
  const std::size_t width = std::max(options.width, kNarrowest);
  const Painter paint(options.color, options.utf8);
  std::string out;
  const auto body = [&](std::string_view text, Tone tone = Tone::kPlain) {
    for (const std::string& part : paint.wrapped(text, width - 2))
      out += "  " + paint.paint(part, tone) + '\n';
  };
  const auto title = [&](std::string_view text) {
    out += (out.empty() ? "" : "\n") + paint.paint(paint.plain(text), Tone::kStrong) + '\n';
  };
  title("Is " + results.scenario + " metastable?");
  body(fmt::format("{} runs of {}, seed {}, in {}", results.runs, show_clock(results.simulated_s),
                   results.seed, show_number(results.wall_s * 1e3, "ms").text()));
  body(is_metastable(results) ? "✗ metastable" : "✓ it recovers",
       is_metastable(results) ? Tone::kBad : Tone::kGood);
  body(metastability_sentence(results));
  title("Load");
  TerminalTable levels({{"load", 0},
                        {"state", 0},
                        {"answered alone", 1},
                        {"after the trigger", 1},
                        {"collapsed", 0}});
  for (const MetastableLevel& level : results.levels) {
    const std::string state = state_of(level);
    const Tone tone = state == "stable"       ? Tone::kGood
                      : state == "vulnerable" ? Tone::kWarning
                                              : Tone::kBad;
    levels.add({{times(level.load)},
                {state, tone},
                {share(level.goodput)},
                {share(level.goodput_after)},
                {fmt::format("{} of {}", level.collapsed, level.runs)}});
  }
  out += levels.text(paint, width);
  if (!results.cells.empty()) {
    title(fmt::format("Triggers: {}, size by length; ✗ collapsed, else the time to recover",
                      results.trigger));
    std::vector<TerminalTable::Column> columns{{"size", 0}};
    for (std::size_t i = 0; i < results.lengths_s.size(); ++i)
      columns.push_back({show_clock(results.lengths_s[i]), static_cast<int>(i)});
    TerminalTable map(columns);
    for (std::size_t i = 0; i < results.sizes.size(); ++i) {
      std::vector<TerminalTable::Cell> row{{times(results.sizes[i])}};
      for (std::size_t k = 0; k < results.lengths_s.size(); ++k) {
        const MetastableCell& cell = results.cell(i, k);
        if (cell.collapsed == 0)
          row.push_back({recovery(cell), cell.draining > 0 ? Tone::kWarning : Tone::kGood});
        else
          row.push_back({cell.collapsed == cell.runs
                             ? "✗"
                             : fmt::format("✗ {}/{}", cell.collapsed, cell.runs),
                         Tone::kBad});
      }
      map.add(std::move(row));
    }
    out += map.text(paint, width);
  }
  if (!options.report_path.empty()) body("Report: " + options.report_path, Tone::kDim);
  return out;
}

std::string metastability_html(const MetastabilityResults& results) {
  constexpr std::string_view kStyle = R"css(
.map td, .map th { text-align: center; }
.map td { border-radius: 4px; }
.big { font-size: 26px; font-weight: 600; }
.bar { fill: var(--good-bar); } .bar.vulnerable, .bar.slow { fill: var(--warn-bar); }
.bar.overloaded { fill: var(--bad-bar); }
.after { fill: none; stroke: var(--text); stroke-width: 1.5; }
.plot { display: block; width: 100%; height: auto; }
.plot text { font: 12px Inter, system-ui, sans-serif; fill: var(--dim); }
)css";
  std::string body = fmt::format(
      "<header><h1>Is {} metastable?</h1><span class=\"dim\">{} runs of {}</span></header>\n<div "
      "class=\"grid\">",
      html_escaped(results.scenario), results.runs, show_clock(results.simulated_s));
  body += fmt::format("<section class=\"card\"><p class=\"big {}\">{}</p><p>{}</p></section>\n",
                      is_metastable(results) ? "bad" : "good",
                      is_metastable(results) ? "✗ metastable" : "✓ it recovers",
                      html_escaped(metastability_sentence(results)));
  // Hysteresis: what is answered at each load, alone (the bar) and after the trigger (the outline).
  constexpr double kWidth = 1180, kHeight = 240, kLeft = 56, kBottom = 40, kTop = 8;
  std::string svg = fmt::format(
      "<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"Share of requests "
      "answered "
      "at each load, alone and after the trigger\">",
      kWidth, kHeight);
  const auto y = [&](double value) {
    return kHeight - kBottom - std::clamp(value, 0.0, 1.0) * (kHeight - kBottom - kTop);
  };
  for (const double line : {0.0, 0.5, 1.0})
    svg += fmt::format(
        R"svg(<line x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}" stroke="var(--grid)"/>)svg"
        R"svg(<text x="{3}" y="{4:.1f}" text-anchor="end">{5:.0f} %</text>)svg",
        kLeft, kWidth, y(line), kLeft - 8, y(line) + 4, line * 100);
  const double wide =
      (kWidth - kLeft) / std::max<double>(1, static_cast<double>(results.levels.size()));
  for (std::size_t i = 0; i < results.levels.size(); ++i) {
    const MetastableLevel& level = results.levels[i];
    const double x = kLeft + wide * static_cast<double>(i);
    const double alone = level.goodput.value.value_or(0),
                 after = level.goodput_after.value.value_or(0);
    svg += fmt::format(
        R"svg(<rect class="bar {0}" x="{1:.1f}" y="{2:.1f}" width="{3:.1f}" height="{4:.1f}"/>)svg"
        R"svg(<rect class="after" x="{5:.1f}" y="{6:.1f}" width="{7:.1f}" height="{8:.1f}"/>)svg"
        R"svg(<text x="{9:.1f}" y="{10}" text-anchor="middle">{11}</text>)svg"
        R"svg(<text x="{9:.1f}" y="{12}" text-anchor="middle">{0}</text>)svg",
        state_of(level), x + wide * 0.15, y(alone), wide * 0.7, y(0) - y(alone), x + wide * 0.3,
        y(after), wide * 0.4, y(0) - y(after), x + wide / 2, kHeight - 22, times(level.load),
        kHeight - 6);
  }
  body +=
      "<section class=\"card\"><h2>Answered requests by load <span class=\"dim\">the bar alone, "
      "the outline after the strongest trigger has passed</span></h2><div class=\"scroll\">" +
      svg + "</svg></div></section>\n";
  if (!results.cells.empty()) {
    std::string rows;
    for (std::size_t i = 0; i < results.sizes.size(); ++i) {
      rows += "<tr><th>" + times(results.sizes[i]) + "</th>";
      for (std::size_t k = 0; k < results.lengths_s.size(); ++k) {
        const MetastableCell& cell = results.cell(i, k);
        const double part =
            cell.runs > 0 ? static_cast<double>(cell.collapsed) / static_cast<double>(cell.runs)
                          : 0;
        rows += fmt::format(
            "<td style=\"background: color-mix(in srgb, var(--{}) {:.0f}%, transparent)\">{}</td>",
            part > 0 ? "bad-bar" : "good-bar", part > 0 ? 25 + 50 * part : 18,
            part > 0 ? fmt::format("✗ {} of {}", cell.collapsed, cell.runs)
                     : html_escaped(recovery(cell)));
      }
      rows += "</tr>";
    }
    std::string head;
    for (const double length : results.lengths_s) head += "<th>" + show_clock(length) + "</th>";
    body += fmt::format(
        "<section class=\"card\"><h2>Triggers <span class=\"dim\">{}: size by length; ✗ collapsed, "
        "else the time to recover</span></h2><div class=\"scroll\"><table class=\"map\"><thead><tr>"
        "<th>size</th>{}</tr></thead><tbody>{}</tbody></table></div></section>\n",
        html_escaped(results.trigger), head, rows);
  }
  body += "</div><footer><dl><dt>Reproduce</dt><dd><code>" + html_escaped(results.command) +
          "</code></dd><dt>Made by</dt><dd>" +
          html_escaped(fmt::format("highwater {}, {}", results.version, results.started)) +
          "</dd></dl></footer>";
  return chaos_page("Is " + results.scenario + " metastable?", kStyle, body);
}

}  // namespace highwater
