#include "engine/report/html_bars.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "engine/kernel/check.h"
#include "engine/report/number_format.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kNarrowChart = 48;  ///< Up to so many bars fit half the page.
constexpr std::size_t kLabels = 4;        ///< report.css gives each a quarter of the width.

}  // namespace

std::string bars_html(const BarChart& chart) {
  HIGHWATER_CHECK(chart.labels.size() == chart.values.size());
  double largest = 0;
  std::size_t peak = 0;
  for (std::size_t i = 0; i < chart.values.size(); ++i) {
    if (!(chart.values[i] > largest)) continue;
    largest = chart.values[i];
    peak = i;
  }
  if (largest <= 0 || !std::isfinite(largest)) return {};
  const std::string title =
      html_escaped(chart.component.empty() ? chart.title : chart.component + ": " + chart.title);
  const std::string peak_text = html_escaped(
      fmt::format("peak {} at {}", show_number(largest, chart.unit).text(), chart.labels[peak]));
  std::string bars;
  std::string labels;
  const std::size_t count = chart.values.size();
  const std::size_t every = std::max<std::size_t>(1, (count + kLabels - 1) / kLabels);
  for (std::size_t i = 0; i < count; ++i) {
    const double height = std::clamp(chart.values[i] / largest, 0.0, 1.0) * 100;
    bars += fmt::format(R"(<i style="height:{:.1f}%" title="{}"></i>)", height,
                        html_escaped(fmt::format("{}: {}", chart.labels[i],
                                                 show_number(chart.values[i], chart.unit).text())));
    if (i % every != 0) continue;
    labels += fmt::format(R"(<span style="left:{:.2f}%">{}</span>)",
                          100 * static_cast<double>(i) / static_cast<double>(count),
                          html_escaped(chart.labels[i]));
  }
  return fmt::format(R"(<section class="card{0}"><h2>{1} <span class="dim">{2}</span></h2>)"
                     R"(<div class="bars" role="img" aria-label="{1}, {3} bars, {2}">{4}</div>)"
                     R"(<div class="bar-labels" aria-hidden="true">{5}</div></section>)",
                     count <= kNarrowChart ? " c6" : "", title, peak_text, count, bars, labels);
}

}  // namespace highwater
