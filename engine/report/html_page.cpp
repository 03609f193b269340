#include "engine/report/chaos_page.h"

#include <fmt/format.h>

#include "engine/report/report_assets.h"
#include "engine/report/text.h"

namespace highwater {

std::string chaos_page(std::string_view title, std::string_view style, std::string_view body) {
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

}  // namespace highwater
