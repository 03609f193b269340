#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/value.h"
#include "engine/report/estimate_value.h"
#include "engine/report/html_page.h"
#include "engine/report/metastability_results.h"
#include "engine/report/number_format.h"
#include "engine/report/terminal_page.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

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
  if (cell.runs == 0) return "–";
  if (cell.draining > 0) return "not yet";
  return cell.recover_s.value && *cell.recover_s.value <= 0 ? "at once" : in_s(cell.recover_s);
}

const char* verdict(const MetastabilityResults& results) {
  if (is_metastable(results)) return "✗ metastable";
  return results.levels.empty() ? "nothing was run" : "✓ it recovers";
}

}  // namespace

const char* metastable_state(const MetastableLevel& level) {
  const auto half = [&](std::uint64_t runs) { return runs * 2 >= level.runs; };
  if (half(level.overloaded)) return "overloaded";
  if (half(level.overloaded + level.collapsed)) return "vulnerable";
  return half(level.overloaded + level.collapsed + level.draining) ? "slow" : "stable";
}

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
  else if (std::any_of(results.cells.begin(), results.cells.end(),
                       [](const MetastableCell& cell) { return cell.runs > 0; }))
    text = "At its own load it recovers from every trigger that was tried.";
  if (results.vulnerable)
    text += fmt::format(
        " Between {} and {} of that load it is vulnerable: there it holds alone, and "
        "stays down once it was pushed.",
        times(results.vulnerable->low), times(results.vulnerable->high));
  const auto safe =
      std::find_if(results.levels.rbegin(), results.levels.rend(), [&](const auto& level) {
        const std::string_view state = metastable_state(level);
        return (state == "stable" || state == "slow") &&
               (!results.vulnerable || level.load < results.vulnerable->low);
      });
  if (safe != results.levels.rend() && is_metastable(results))
    text += fmt::format(" At {} it recovers from the strongest trigger, too{}.", times(safe->load),
                        std::string_view(metastable_state(*safe)) == "slow"
                            ? ", but takes longer than the run"
                            : "");
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
    one.set("state", Value::string(metastable_state(level)));
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
  TerminalPage page(options);
  page.title("Is " + results.scenario + " metastable?");
  page.body(fmt::format("{} runs of {}, seed {}, in {}", results.runs,
                        show_clock(results.simulated_s), results.seed,
                        show_number(results.wall_s * 1e3, "ms").text()));
  if (results.interrupted) page.body("PARTIAL: interrupted", Tone::kBad);
  page.body(verdict(results), is_metastable(results) ? Tone::kBad : Tone::kGood);
  page.body(metastability_sentence(results));
  page.title("Load");
  TerminalTable levels({{"load", 0},
                        {"state", 0},
                        {"answered alone", 1},
                        {"after the trigger", 1},
                        {"collapsed", 0}});
  for (const MetastableLevel& level : results.levels) {
    const std::string state = metastable_state(level);
    const Tone tone = state == "stable"       ? Tone::kGood
                      : state == "vulnerable" ? Tone::kWarning
                                              : Tone::kBad;
    levels.add({{times(level.load)},
                {state, tone},
                {share(level.goodput)},
                {share(level.goodput_after)},
                {fmt::format("{} of {}", level.collapsed, level.runs)}});
  }
  page.table(levels);
  if (!results.cells.empty()) {
    page.title(fmt::format("Triggers: {}, size by length; ✗ collapsed, else the time to recover",
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
          row.push_back({recovery(cell), cell.runs == 0      ? Tone::kDim
                                         : cell.draining > 0 ? Tone::kWarning
                                                             : Tone::kGood});
        else
          row.push_back({cell.collapsed == cell.runs
                             ? "✗"
                             : fmt::format("✗ {}/{}", cell.collapsed, cell.runs),
                         Tone::kBad});
      }
      map.add(std::move(row));
    }
    page.table(map);
  }
  page.report(options.report_path);
  return page.take();
}

namespace {

constexpr std::string_view kStyle = R"css(
.map td, .map th { text-align: center; }
.map td { border: 2px solid var(--card); border-radius: 6px; }
.map th { border: 0; }
.alone { fill: var(--accent); }
.after { fill: var(--good-bar); } .after.slow { fill: var(--warn-bar); }
.after.vulnerable, .after.overloaded { fill: var(--bad-bar); }
.plot .value { fill: var(--text); }
.states dt { font-weight: 600; } .states dd { margin: 0; color: var(--dim); }
.states { display: grid; grid-template-columns: max-content 1fr; gap: 3px 14px; margin: 10px 0 0; }
)css";

/// What is answered at each load: alone, and after the strongest trigger has passed.
std::string loads_svg(const MetastabilityResults& results) {
  constexpr double kWidth = 1180, kHeight = 260, kLeft = 56, kBottom = 44, kTop = 24;
  std::string svg = fmt::format(
      R"svg(<div class="scroll"><svg class="plot" viewBox="0 0 {} {}" role="img" )svg"
      R"svg(aria-label="Share of requests answered at each load, alone and after the trigger">)svg",
      kWidth, kHeight);
  const auto y = [&](double value) {
    return kHeight - kBottom - std::clamp(value, 0.0, 1.0) * (kHeight - kBottom - kTop);
  };
  for (const double line : {0.0, 0.5, 1.0})
    svg += fmt::format(
        R"svg(<line x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}" stroke="var(--grid)"/>)svg"
        R"svg(<text x="{3}" y="{4:.1f}" text-anchor="end">{5:.0f}%</text>)svg",
        kLeft, kWidth, y(line), kLeft - 8, y(line) + 4, line * 100);
  const double wide =
      (kWidth - kLeft) / std::max<double>(1, static_cast<double>(results.levels.size()));
  const auto bar = [&](double x, double width, const std::string& style, const Estimate& goodput) {
    const double top = y(goodput.value.value_or(0));
    svg += fmt::format(
        R"svg(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>)svg"
        R"svg(<text class="value" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)svg",
        style, x, top, width, y(0) - top, x + width / 2, top - 5, html_escaped(share(goodput)));
  };
  for (std::size_t i = 0; i < results.levels.size(); ++i) {
    const MetastableLevel& level = results.levels[i];
    const double x = kLeft + wide * static_cast<double>(i);
    bar(x + wide * 0.08, wide * 0.4, "alone", level.goodput);
    bar(x + wide * 0.52, wide * 0.4, std::string("after ") + metastable_state(level),
        level.goodput_after);
    svg += fmt::format(R"svg(<text x="{0:.1f}" y="{1}" text-anchor="middle">{2}</text>)svg"
                       R"svg(<text x="{0:.1f}" y="{3}" text-anchor="middle">{4}</text>)svg",
                       x + wide / 2, kHeight - 24, times(level.load), kHeight - 6,
                       metastable_state(level));
  }
  return svg + "</svg></div>";
}

std::string loads_card(const MetastabilityResults& results) {
  const auto swatch = [](std::string_view color, std::string_view text) {
    return fmt::format(R"svg(<svg width="12" height="12"><rect width="12" height="12" rx="2" )svg"
                       R"svg(fill="var(--{})"/></svg>{})svg",
                       color, text);
  };
  std::string html =
      R"(<section class="card"><h2>Answered requests by load <span class="key">)" +
      swatch("accent", "alone") + "</span><span class=\"key\">" +
      swatch("good-bar", "after the strongest trigger, coloured by what became of it") +
      "</span></h2>" + loads_svg(results) + R"(<dl class="states">)";
  for (const auto& [state, meaning] :
       {std::pair{"stable", "it recovers from the strongest trigger"},
        std::pair{"slow", "it recovers, its lines shrink, but takes longer than the run"},
        std::pair{"vulnerable", "it holds alone, and stays down once it was pushed"},
        std::pair{"overloaded", "it fails without any trigger"}})
    if (std::any_of(results.levels.begin(), results.levels.end(),
                    [wanted = std::string_view(state)](const MetastableLevel& level) {
                      return metastable_state(level) == wanted;
                    }))
      html += fmt::format("<dt>{}</dt><dd>{}</dd>", state, meaning);
  return html + "</dl></section>\n";
}

std::string triggers_card(const MetastabilityResults& results) {
  std::string rows, head;
  for (std::size_t i = 0; i < results.sizes.size(); ++i) {
    rows += "<tr><th>" + times(results.sizes[i]) + "</th>";
    for (std::size_t k = 0; k < results.lengths_s.size(); ++k) {
      const MetastableCell& cell = results.cell(i, k);
      const double part =
          cell.runs > 0 ? static_cast<double>(cell.collapsed) / static_cast<double>(cell.runs) : 0;
      const bool late = part <= 0 && cell.draining > 0;
      rows += fmt::format(R"svg(<td style="background: color-mix(in srgb, var(--{}) {:.0f}%, )svg"
                          R"svg(transparent)">{}</td>)svg",
                          part > 0 ? "bad-bar"
                          : late   ? "warn-bar"
                                   : "good-bar",
                          cell.runs == 0 ? 0
                          : part > 0     ? 20 + 25 * part
                                         : 18,
                          part > 0 ? fmt::format("✗ {} of {}", cell.collapsed, cell.runs)
                                   : html_escaped(recovery(cell)));
    }
    rows += "</tr>";
  }
  for (const double length : results.lengths_s) head += "<th>for " + show_clock(length) + "</th>";
  return fmt::format(
      R"(<section class="card"><h2>Triggers <span class="dim">{} at its own load, size by length; )"
      R"(✗ collapsed in so many runs, else the time to recover</span></h2><div class="scroll">)"
      R"(<table class="map pinned"><thead><tr><th>size</th>{}</tr></thead><tbody>{}</tbody>)"
      "</table></div></section>\n",
      html_escaped(results.trigger), head, rows);
}

}  // namespace

std::string metastability_html(const MetastabilityResults& results) {
  std::string body = fmt::format(
      "<header><h1>Is {} metastable?</h1><span class=\"dim\">{} runs of {}, seed {}</span>"
      "</header>\n",
      html_escaped(results.scenario), results.runs, show_clock(results.simulated_s), results.seed);
  if (results.interrupted) body += "<p class=\"banner\">Partial: it was interrupted.</p>\n";
  body += fmt::format(
      "<div class=\"grid\">\n<section class=\"card\"><h2>Verdict</h2><p class=\"big {}\">{}</p>"
      "<p>{}</p></section>\n",
      is_metastable(results) ? "bad" : "good", verdict(results),
      html_escaped(metastability_sentence(results)));
  body += loads_card(results);
  if (!results.cells.empty()) body += triggers_card(results);
  body += "</div>\n" + html_footer({{"Reproduce", html_command(results.command)},
                                    {"Scenario", html_escaped(results.scenario_file)},
                                    {"Made by", html_maker(results.version, results.started)}});
  return html_page("Is " + results.scenario + " metastable?", kStyle, body);
}

}  // namespace highwater
