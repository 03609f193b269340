#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "engine/describe/value.h"
#include "engine/report/chaos_page.h"
#include "engine/report/number_format.h"
#include "engine/report/search_results.h"
#include "engine/report/terminal_table.h"
#include "engine/report/terminal_writer.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kStrainedShown = 8;

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

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

std::string coverage(std::string_view what, std::size_t tried, std::uint64_t left) {
  if (tried == 0 && left == 0) return "";
  return left == 0 ? fmt::format("All {} {} that fit were tried.", tried, what)
                   : fmt::format("{} {} were tried, {} were not.", tried, what, left);
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
  const std::size_t width = std::max(options.width, kNarrowest);
  const Painter paint(options.color, options.utf8);
  std::string out;
  const auto body = [&](std::string_view text, Tone tone = Tone::kPlain, std::size_t indent = 2) {
    for (const std::string& part : paint.wrapped(text, width - indent))
      out += std::string(indent, ' ') + paint.paint(part, tone) + '\n';
  };
  const auto title = [&](std::string_view text) {
    out += (out.empty() ? "" : "\n") + paint.paint(paint.plain(text), Tone::kStrong) + '\n';
  };
  title("What breaks " + results.scenario);
  body(fmt::format(
      "{} runs of {}, seed {}, in {}{}", results.runs, show_clock(results.simulated_s),
      results.seed, show_number(results.wall_s * 1e3, "ms").text(),
      results.resumed == 0 ? "" : fmt::format("; {} trials were known", results.resumed)));
  body(summary_line(results), results.breaks.empty() ? Tone::kGood : Tone::kBad);
  if (!results.broken_anyway.empty())
    body("Missed without any fault: " + listed(results.broken_anyway), Tone::kWarning);
  if (!results.breaks.empty()) title("Breaks, smallest sets first");
  for (const SearchBreak& found : results.breaks) {
    body("✗ " + found.what, Tone::kBad);
    body(fmt::format("misses {} in {} of {} runs{}", listed(found.objectives), found.missed,
                     found.runs, found.minimal ? "" : "; not shrunk to the end"),
         Tone::kPlain, 4);
    if (!found.file.empty()) body(found.file, Tone::kDim, 4);
  }
  const auto near = strained(results);
  if (!near.empty()) {
    title("Harmless, but nearest to a limit");
    for (const SearchTrial* trial : near)
      body(fmt::format("{}: {} of what is allowed", trial->what,
                       show_number(trial->strain, "1").text()));
  }
  title("Coverage");
  for (const std::string& line :
       {coverage("single faults", results.singles.size(), results.singles_left),
        coverage("faults at other moments", results.moments.size(), results.moments_left),
        coverage("pairs", results.pairs.size(), results.pairs_left)})
    if (!line.empty()) body(line);
  if (!results.not_searched.empty())
    body("Verbs that were not tried: " + listed(results.not_searched), Tone::kDim);
  body("Ended by: " + results.ended_by + ".", Tone::kDim);
  if (!options.report_path.empty()) body("Report: " + options.report_path, Tone::kDim);
  return out;
}

std::string search_html(const SearchResults& results) {
  const auto card = [](std::string_view title, const std::string& content) {
    return fmt::format("<section class=\"card\"><h2>{}</h2>{}</section>\n", title, content);
  };
  std::string body = fmt::format(
      "<header><h1>What breaks {}</h1><span class=\"dim\">{} runs of {}</span></header>\n",
      html_escaped(results.scenario), results.runs, show_clock(results.simulated_s));
  body += fmt::format("<p class=\"{}\">{}</p>", results.breaks.empty() ? "good" : "bad",
                      html_escaped(summary_line(results)));
  if (!results.broken_anyway.empty())
    body += "<p class=\"warn\">Missed without any fault: " +
            html_escaped(listed(results.broken_anyway)) + "</p>";
  body += "<div class=\"grid\">\n";
  if (!results.breaks.empty()) {
    std::string rows;
    for (const SearchBreak& found : results.breaks)
      rows += fmt::format(
          "<tr><th class=\"text\">{}</th><td class=\"text\">{}</td><td>{} of "
          "{}</td><td>{}</td></tr>",
          html_escaped(found.what), html_escaped(listed(found.objectives)), found.missed,
          found.runs, html_escaped(found.file));
    body += card("Breaks",
                 "<div class=\"scroll\"><table><thead><tr><th>what</th><th class=\"text\">"
                 "objectives missed</th><th>in runs</th><th>experiment</th></tr></thead><tbody>" +
                     rows + "</tbody></table></div>");
  }
  std::string rows;
  for (const SearchTrial* trial : strained(results))
    rows += fmt::format("<tr><th class=\"text\">{}</th><td>{}</td></tr>", html_escaped(trial->what),
                        html_escaped(show_number(trial->strain, "1").text()));
  if (!rows.empty())
    body += card("Harmless, but nearest to a limit",
                 "<div class=\"scroll\"><table><thead><tr><th>what</th><th>of what is allowed</th>"
                 "</tr></thead><tbody>" +
                     rows + "</tbody></table></div>");
  std::string covered;
  for (const std::string& line :
       {coverage("single faults", results.singles.size(), results.singles_left),
        coverage("faults at other moments", results.moments.size(), results.moments_left),
        coverage("pairs", results.pairs.size(), results.pairs_left)})
    if (!line.empty()) covered += "<p>" + html_escaped(line) + "</p>";
  if (!results.not_searched.empty())
    covered += "<p class=\"dim\">Verbs that were not tried: " +
               html_escaped(listed(results.not_searched)) + "</p>";
  covered += "<p class=\"dim\">Ended by: " + html_escaped(results.ended_by) + ".</p>";
  body += card("Coverage", covered) + "</div>\n";
  body += "<footer><dl><dt>Reproduce</dt><dd><code>" + html_escaped(results.command) +
          "</code></dd><dt>Made by</dt><dd>" +
          html_escaped(fmt::format("highwater {}, {}", results.version, results.started)) +
          "</dd></dl></footer>";
  return chaos_page("What breaks " + results.scenario, "", body);
}

}  // namespace highwater
