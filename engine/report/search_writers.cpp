#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/listed.h"
#include "engine/describe/value.h"
#include "engine/report/html_page.h"
#include "engine/report/number_format.h"
#include "engine/report/search_results.h"
#include "engine/report/terminal_page.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kStrainedShown = 8;

/// What was harmless, the most strained first.
std::vector<const SearchTrial*> strained(const SearchResults& results) {
  std::vector<const SearchTrial*> list;
  for (const auto* trials : {&results.singles, &results.moments, &results.pairs})
    for (const SearchTrial& trial : *trials)
      if (!trial.broke) list.push_back(&trial);
  std::stable_sort(list.begin(), list.end(), [](const SearchTrial* a, const SearchTrial* b) {
    return a->strain > b->strain;
  });
  if (list.size() > kStrainedShown) list.resize(kStrainedShown);
  return list;
}

/// What was tried and what not, in sentences.
std::vector<std::string> coverage(const SearchResults& results) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view what, std::size_t tried, std::uint64_t left) {
    if (tried == 0 && left == 0) return;
    lines.push_back(left == 0 ? fmt::format("All {} {} that fit were tried.", tried, what)
                              : fmt::format("{} {} were tried, {} were not.", tried, what, left));
  };
  add("single faults", results.singles.size(), results.singles_left);
  add("faults at other moments", results.moments.size(), results.moments_left);
  add("pairs", results.pairs.size(), results.pairs_left);
  return lines;
}

std::string summary_line(const SearchResults& results) {
  if (!results.broken_anyway.empty() && results.breaks.empty() && results.singles.empty())
    return "Nothing can be searched for: every objective is missed without any fault.";
  if (results.breaks.empty()) return "Nothing that was tried breaks an objective.";
  return fmt::format("{} break{} an objective.",
                     results.breaks.size() == 1
                         ? "One fault or pair"
                         : fmt::format("{} faults or pairs", results.breaks.size()),
                     results.breaks.size() == 1 ? "s" : "");
}

Value texts(const std::vector<std::string>& list) {
  Value out = Value::array();
  for (const std::string& text : list) out.push(Value::string(text));
  return out;
}

Value trials(const std::vector<SearchTrial>& list) {
  Value out = Value::array();
  for (const SearchTrial& trial : list) {
    Value one = Value::object();
    one.set("what", Value::string(trial.what));
    one.set("broke", Value::boolean(trial.broke));
    one.set("strain", Value::number(trial.strain));
    out.push(std::move(one));
  }
  return out;
}

}  // namespace

std::string search_json(const SearchResults& results) {
  Value out = Value::object();
  out.set("schema", Value::string("highwater/chaos-search/1"));
  out.set("scenario", Value::string(results.scenario));
  out.set("seed", Value::whole(results.seed));
  out.set("runs", Value::whole(results.runs));
  out.set("resumed", Value::whole(results.resumed));
  out.set("simulated_s", Value::number(results.simulated_s));
  out.set("sentence", Value::string(summary_line(results)));
  out.set("broken_anyway", texts(results.broken_anyway));
  Value breaks = Value::array();
  for (const SearchBreak& found : results.breaks) {
    Value one = Value::object();
    one.set("what", Value::string(found.what));
    one.set("objectives", texts(found.objectives));
    one.set("missed", Value::whole(found.missed));
    one.set("runs", Value::whole(found.runs));
    one.set("minimal", Value::boolean(found.minimal));
    one.set("experiment", Value::string(found.file));
    breaks.push(std::move(one));
  }
  out.set("breaks", std::move(breaks));
  out.set("singles", trials(results.singles));
  out.set("singles_left", Value::whole(results.singles_left));
  out.set("moments", trials(results.moments));
  out.set("moments_left", Value::whole(results.moments_left));
  out.set("pairs", trials(results.pairs));
  out.set("pairs_left", Value::whole(results.pairs_left));
  out.set("not_searched", texts(results.not_searched));
  out.set("ended_by", Value::string(results.ended_by));
  out.set("partial", Value::boolean(results.interrupted));
  out.set("wall_s", Value::number(results.wall_s));
  out.set("started", Value::string(results.started));
  return write_json(out) + "\n";
}

std::string search_terminal(const SearchResults& results, const TerminalOptions& options) {
  TerminalPage page(options);
  page.title("What breaks " + results.scenario);
  page.body(fmt::format(
      "{} runs of {}, seed {}, in {}{}", results.runs, show_clock(results.simulated_s),
      results.seed, show_number(results.wall_s * 1e3, "ms").text(),
      results.resumed == 0 ? "" : fmt::format("; {} trials were known", results.resumed)));
  if (results.interrupted) page.body("PARTIAL: interrupted", Tone::kBad);
  page.body(summary_line(results), !results.breaks.empty()   ? Tone::kBad
                                   : results.singles.empty() ? Tone::kPlain
                                                             : Tone::kGood);
  if (!results.broken_anyway.empty())
    page.body("Missed without any fault: " + listed(results.broken_anyway), Tone::kWarning);
  if (!results.breaks.empty()) page.title("Breaks, smallest sets first");
  for (const SearchBreak& found : results.breaks) {
    page.body("✗ " + found.what, Tone::kBad);
    page.body(fmt::format("misses {} in {} of {} runs{}", listed(found.objectives), found.missed,
                          found.runs, found.minimal ? "" : "; not shrunk to the end"),
              Tone::kPlain, 4);
    if (!found.file.empty()) page.body(found.file, Tone::kDim, 4);
  }
  const auto near = strained(results);
  if (!near.empty()) {
    page.title("Harmless, but nearest to a limit");
    for (const SearchTrial* trial : near)
      page.body(fmt::format("{}: {} of what is allowed", trial->what,
                            show_number(trial->strain, "1").text()));
  }
  page.title("Coverage");
  for (const std::string& line : coverage(results)) page.body(line);
  if (!results.not_searched.empty())
    page.body("Verbs that were not tried: " + listed(results.not_searched), Tone::kDim);
  page.body("Ended by: " + results.ended_by + ".", Tone::kDim);
  page.report(options.report_path);
  return page.take();
}

std::string search_html(const SearchResults& results) {
  const auto card = [](std::string_view title, const std::string& content) {
    return fmt::format("<section class=\"card\"><h2>{}</h2>{}</section>\n", title, content);
  };
  const auto table = [](std::string_view head, const std::string& rows) {
    return fmt::format(
        R"(<div class="scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>)",
        head, rows);
  };
  const bool broken = !results.breaks.empty() || !results.broken_anyway.empty();
  std::string body = fmt::format(
      "<header><h1>What breaks {}</h1><span class=\"dim\">{} runs of {}, seed {}</span></header>\n",
      html_escaped(results.scenario), results.runs, show_clock(results.simulated_s), results.seed);
  if (results.interrupted) body += "<p class=\"banner\">Partial: the search was interrupted.</p>\n";
  const bool tried = !results.singles.empty();
  const char* tone = broken ? "bad" : tried ? "good" : "dim";
  const char* word = broken ? "✗ it breaks" : tried ? "✓ nothing broke it" : "nothing was tried";
  std::string verdict = fmt::format(R"(<p class="big {}">{}</p><p>{}</p>)", tone, word,
                                    html_escaped(summary_line(results)));
  if (!results.broken_anyway.empty())
    verdict += "<p class=\"warn\">Missed without any fault: " +
               html_escaped(listed(results.broken_anyway)) + "</p>";
  body += "<div class=\"grid\">\n" + card("Verdict", verdict);
  std::string rows;
  for (const SearchBreak& found : results.breaks)
    rows += fmt::format(R"(<tr><th class="text">{}<small>{}{}</small></th><td class="text">{}</td>)"
                        "<td>{} of {}</td></tr>",
                        html_escaped(found.what), html_escaped(found.file),
                        found.minimal ? "" : " · not shrunk to the end",
                        html_escaped(listed(found.objectives)), found.missed, found.runs);
  if (!rows.empty())
    body += card(
        "Breaks <span class=\"dim\">smallest sets first; each is saved as an experiment, "
        "for highwater chaos</span>",
        table("<th>fault</th><th class=\"text\">objectives missed</th><th>in runs</th>", rows));
  rows.clear();
  for (const SearchTrial* trial : strained(results))
    rows += fmt::format("<tr><th class=\"text\">{}</th><td>{}</td></tr>", html_escaped(trial->what),
                        html_escaped(show_number(trial->strain, "1").text()));
  if (!rows.empty())
    body += card("Harmless, but nearest to a limit <span class=\"dim\">100% is at it</span>",
                 table("<th>fault</th><th>of what is allowed</th>", rows));
  std::string covered;
  for (const std::string& line : coverage(results)) covered += "<p>" + html_escaped(line) + "</p>";
  if (!results.not_searched.empty())
    covered += "<p class=\"dim\">Verbs that were not tried: " +
               html_escaped(listed(results.not_searched)) + "</p>";
  covered += "<p class=\"dim\">Ended by: " + html_escaped(results.ended_by) + ".</p>";
  body += card("Coverage", covered) + "</div>\n";
  body += html_footer({{"Reproduce", html_command(results.command)},
                       {"Scenario", html_escaped(results.scenario_file)},
                       {"Made by", html_maker(results.version, results.started)}});
  return html_page("What breaks " + results.scenario, "", body);
}

}  // namespace highwater
