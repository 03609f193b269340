#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "engine/math/math.h"
#include "engine/report/html_page.h"
#include "engine/report/miss_curves.h"
#include "engine/report/number_format.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr double kWidth = 1180;
constexpr double kHeight = 460;
constexpr double kLeft = 58;
constexpr double kRight = 34;
constexpr double kTop = 12;
constexpr double kBottom = 44;
constexpr std::size_t kColors = 8;
constexpr double kSlack = 1e-9;  // a tick on the very edge is inside
constexpr std::uint64_t kLargestTick = 1'000'000'000'000'000;

// Eight colours that can be told apart on light and on dark ground; after them the same again,
// dashed.
constexpr std::string_view kStyle = R"css(
:root { --s0: #1f7ae0; --s1: #d9480f; --s2: #137a54; --s3: #9c36b5; --s4: #b08900; --s5: #0b7285;
  --s6: #c2255c; --s7: #5f6b7a; }
@media screen and (prefers-color-scheme: dark) {
  :root { --s0: #4aa8ff; --s1: #ff8a4c; --s2: #3fb68b; --s3: #d08bf0; --s4: #f2c94c; --s5: #4cc9d8;
    --s6: #f783ac; --s7: #9aa7b6; }
}
.plot .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.plot .band { opacity: .16; stroke: none; }
.plot circle { stroke: var(--card); stroke-width: 1; }
.policies { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; font-size: 12.5px; }
.policies svg { vertical-align: middle; margin-right: 6px; }
.best { color: var(--good); font-weight: 600; }
.download { font-size: 13px; color: var(--accent); }
.curves td, .curves th { white-space: nowrap; }
.curves th:first-child { position: sticky; left: 0; background: var(--card); }
)css";

enum class Side { kBefore, kInside, kBehind };

/// Maps capacities (logarithmic) and ratios onto the picture.
class Frame {
 public:
  explicit Frame(const MissCurves& curves) {
    const auto& points = curves.curves.front().points;
    first_ = math::log(static_cast<double>(points.front().capacity));
    last_ = math::log(static_cast<double>(points.back().capacity));
    if (last_ - first_ < 0.2) {
      first_ -= 1;
      last_ += 1;
    }
    double highest = 0;
    double lowest = 1;
    for (const MissCurves::Curve& curve : curves.curves)
      for (const MissCurves::Point& point : curve.points) {
        const double ratio = point.miss_ratio.value.value_or(0);
        const Interval range = point.miss_ratio.ci95.value_or(Interval{ratio, ratio});
        highest = std::max({highest, ratio, range.high});
        lowest = std::min({lowest, ratio, range.low});
      }
    if (lowest > highest / 3) lowest -= (highest - lowest) / 10;  // else the axis begins at 0
    if (lowest <= highest / 3) lowest = 0;
    for (const double step : {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2}) {
      step_ = step;
      if ((highest - lowest) / step <= 8) break;
    }
    bottom_ = std::floor(lowest / step_ + 1e-9) * step_;
    top_ = std::max(bottom_ + step_, std::ceil(highest / step_ - 1e-9) * step_);
  }

  double x(double capacity) const {
    return kLeft + (math::log(capacity) - first_) / (last_ - first_) * (kWidth - kLeft - kRight);
  }
  double y(double ratio) const {
    return kHeight - kBottom - (ratio - bottom_) / (top_ - bottom_) * (kHeight - kTop - kBottom);
  }
  double step() const { return step_; }
  double bottom() const { return bottom_; }
  double top() const { return top_; }
  Side holds(double capacity) const {
    const double place = math::log(capacity);
    if (place > last_ + kSlack) return Side::kBehind;
    return place < first_ - kSlack ? Side::kBefore : Side::kInside;
  }

 private:
  double first_ = 0, last_ = 0, step_ = 0, bottom_ = 0, top_ = 0;
};

/// A curve's colour; the bound, which is no policy, has that of the text.
std::string paint(const MissCurves::Curve& curve, std::size_t index) {
  return curve.bound ? "var(--text)" : fmt::format("var(--s{})", index % kColors);
}

std::string dash(const MissCurves::Curve& curve, std::size_t index) {
  static constexpr std::array<const char*, 3> kDashes = {"", " stroke-dasharray=\"7 4\"",
                                                         " stroke-dasharray=\"2 3\""};
  return curve.bound ? kDashes[1] : kDashes[index / kColors % kDashes.size()];
}

std::string axes(const Frame& frame) {
  std::string svg;
  const double lines = std::round((frame.top() - frame.bottom()) / frame.step());
  for (int i = 0; i <= static_cast<int>(lines); ++i) {
    const double ratio = frame.bottom() + i * frame.step();
    svg += fmt::format(
        R"svg(<line x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}" stroke="var(--grid)"/>)svg"
        R"svg(<text x="{3}" y="{4:.1f}" text-anchor="end">{5}</text>)svg",
        kLeft, kWidth - kRight, frame.y(ratio), kLeft - 8, frame.y(ratio) + 4,
        show_number(ratio, "1", 2).text());
  }
  for (std::uint64_t power = 1; frame.holds(static_cast<double>(power)) != Side::kBehind;
       power *= 10) {
    for (const std::uint64_t step : {1u, 2u, 5u}) {
      const auto capacity = static_cast<double>(step * power);
      if (frame.holds(capacity) != Side::kInside) continue;
      svg += fmt::format(
          R"svg(<line x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}" stroke="var(--grid)"/>)svg"
          R"svg(<text x="{0:.1f}" y="{3}" text-anchor="middle">{4}</text>)svg",
          frame.x(capacity), kTop, kHeight - kBottom, kHeight - kBottom + 18,
          show_count(step * power));
    }
    if (power >= kLargestTick) break;
  }
  return svg + fmt::format(R"svg(<text x="{:.0f}" y="{}" text-anchor="middle">entries</text>)svg",
                           (kLeft + kWidth - kRight) / 2, kHeight - 6);
}

std::string curve_svg(const MissCurves::Curve& curve, std::size_t index, const Frame& frame) {
  std::string line;
  std::string above;
  std::string below;
  std::string dots;
  for (const MissCurves::Point& point : curve.points) {
    const double x = frame.x(static_cast<double>(point.capacity));
    const double ratio = point.miss_ratio.value.value_or(0);
    line += fmt::format("{}{:.1f},{:.1f}", line.empty() ? "" : " ", x, frame.y(ratio));
    if (point.miss_ratio.ci95) {
      above += fmt::format("{:.1f},{:.1f} ", x, frame.y(point.miss_ratio.ci95->high));
      below.insert(0, fmt::format("{:.1f},{:.1f} ", x, frame.y(point.miss_ratio.ci95->low)));
    }
    dots += fmt::format(R"svg(<circle cx="{:.1f}" cy="{:.1f}" r="3.2" fill="{}">)svg"
                        "<title>{}, {} entries: {} missed</title></circle>",
                        x, frame.y(ratio), paint(curve, index), html_escaped(curve.policy),
                        show_count(point.capacity), show_estimate(point.miss_ratio, "1").text());
  }
  std::string svg;
  if (!above.empty())
    svg += fmt::format(R"svg(<polygon class="band" fill="{}" points="{}{}"/>)svg",
                       paint(curve, index), above, below);
  svg += fmt::format(R"svg(<polyline class="curve" stroke="{}"{} points="{}">)svg"
                     "<title>{}</title></polyline>",
                     paint(curve, index), dash(curve, index), line, html_escaped(curve.policy));
  return svg + dots + "\n";
}

std::string plot(const MissCurves& curves) {
  const Frame frame(curves);
  std::string svg =
      fmt::format(R"svg(<div class="scroll"><svg class="plot" viewBox="0 0 {} {}" role="img" )svg"
                  R"svg(aria-label="Miss ratio over entries, a line for each policy; )svg"
                  R"svg(the table below has the numbers.">)svg",
                  kWidth, kHeight);
  svg += axes(frame);
  std::string legend = R"svg(<p class="policies">)svg";
  for (std::size_t i = 0; i < curves.curves.size(); ++i) {
    svg += curve_svg(curves.curves[i], i, frame);
    legend += fmt::format(
        R"svg(<span title="{}"><svg width="26" height="8"><line x1="0" x2="26" y1="4" y2="4" )svg"
        R"svg(stroke="{}" stroke-width="2.5"{}/></svg>{}</span>)svg",
        html_escaped(curves.curves[i].summary), paint(curves.curves[i], i),
        dash(curves.curves[i], i), html_escaped(curves.curves[i].policy));
  }
  return svg + "</svg></div>" + legend + "</p>";
}

std::string table(const MissCurves& curves) {
  std::string html = R"svg(<div class="scroll"><table class="curves">)svg"
                     "<thead><tr><th>entries</th>";
  for (const MissCurves::Curve& curve : curves.curves)
    html += fmt::format(R"svg(<th title="{}">{}</th>)svg", html_escaped(curve.summary),
                        html_escaped(curve.policy));
  html += "</tr></thead><tbody>";
  for (std::size_t row = 0; row < curves.curves.front().points.size(); ++row) {
    html += fmt::format("<tr><th>{}</th>", show_count(curves.curves.front().points[row].capacity));
    for (const MissCurves::Curve& curve : curves.curves) {
      const Estimate& ratio = curve.points[row].miss_ratio;
      const ShownNumber shown = show_estimate(ratio, "1");
      const std::string half =
          shown.half_width.empty() ? "" : " <small>± " + shown.half_width + "</small>";
      html += fmt::format("<td{}>{}{}</td>",
                          is_best(curves, row, curve) ? R"svg( class="best")svg" : "", shown.text(),
                          half);
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

}  // namespace

std::string miss_curves_html(const MissCurves& curves) {
  const std::string name = std::filesystem::path(curves.trace).filename().string();
  const std::string method = html_escaped(miss_curves_method(curves));
  std::string html = fmt::format(
      "<header>\n<h1>Miss ratios of {}</h1>\n"
      R"svg(<span class="dim">{} requests for {} keys, {} policies, {}</span>)svg"
      R"svg(<span class="spring"></span><a class="download" download="curves.csv" )svg"
      "href=\"data:text/csv;base64,{}\">CSV</a>\n</header>\n<div class=\"grid\">\n",
      html_escaped(name), show_count(curves.requests), show_count(curves.keys),
      curves.curves.size(), method, base64(miss_curves_csv(curves)));
  html += R"svg(<section class="card"><h2>Miss ratio over size</h2>)svg" + plot(curves) +
          "</section>\n";
  html += fmt::format(
      R"svg(<section class="card"><h2>Miss ratios <span class="dim">{}</span></h2>{}</section>)svg",
      curves.samples == 0 ? "the lowest of a size in green, the bound aside" : "", table(curves));
  std::string notes;
  for (const std::string& note : curves.notes)
    notes += (notes.empty() ? "" : "<br>") + html_escaped(note);
  html += "\n</div>\n" + html_footer({{"Reproduce", html_command(curves.command)},
                                      {"Method", method},
                                      {"Notes", notes},
                                      {"Made by", html_maker(curves.version, curves.started)}});
  return html_page("Miss ratios of " + name, kStyle, html);
}

}  // namespace highwater
