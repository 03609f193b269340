#include "engine/report/html_page.h"

#include <cmath>

#include <fmt/format.h>

#include "engine/report/report_assets.h"
#include "engine/report/text.h"

namespace highwater {

std::string html_page(std::string_view title, std::string_view style, std::string_view body) {
  return fmt::format(
      R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
 base-uri 'none'; form-action 'none'">
<title>{} – Highwater</title>
<style>{}{}</style>
</head>
<body>
<main>
{}
</main>
</body>
</html>
)html",
      html_escaped(title), report_style(), style, body);
}

std::string html_footer(std::initializer_list<HtmlFact> facts) {
  std::string html = "<footer><dl>";
  for (const HtmlFact& fact : facts)
    if (!fact.html.empty()) html += fmt::format("<dt>{}</dt><dd>{}</dd>", fact.name, fact.html);
  return html + "</dl></footer>";
}

std::string html_command(std::string_view command) {
  return command.empty() ? "" : "<code>" + html_escaped(command) + "</code>";
}

std::string html_maker(std::string_view version, std::string_view started) {
  return html_escaped(fmt::format("highwater {}, {}", version, started));
}

double round_time_step(double most_s, int marks) {
  constexpr double kDay = 86'400;
  for (const double step :
       {0.1,   0.2,   0.5,   1.0,    2.0,    5.0,    10.0,     15.0,     30.0,     60.0, 120.0,
        300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10'800.0, 21'600.0, 43'200.0, kDay})
    if (most_s / step <= marks) return step;
  return std::ceil(most_s / marks / kDay) * kDay;
}

}  // namespace highwater
