#include "viewer/draw/plot.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/chart_rig.h"
#include "viewer/draw/legend.h"
#include "viewer/draw/plot_fit.h"
#include "viewer/draw/plot_view.h"
#include "viewer/draw/readout.h"

namespace highwater::viewer::plot_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const std::vector<double>& ramp100() {
  static const std::vector<double> kValues = [] {
    std::vector<double> values;
    for (int i = 0; i <= 100; ++i) values.push_back(i);
    return values;
  }();
  return kValues;
}

ChartRig rig(PlotOptions options = {.title = "Chart"}) {
  return ChartRig(std::move(options), {0, 100},
                  [](Plot& plot) { plot.line("load", ramp100(), ramp100()); });
}

// ---- mouse and keys ----

TEST_CASE("plot: the wheel zooms x where the mouse is", "[drawing][plot]") {
  ChartRig chart = rig();
  chart.point(0.25F, 0.5F);
  const double before = chart.link.view().lo + chart.link.view().width() * 0.25;
  chart.headless.wheel(4);
  chart.frame();
  CHECK(chart.link.view().width() == Approx(100 * std::pow(0.85, 4)));
  const double after = chart.link.view().lo + chart.link.view().width() * 0.25;
  CHECK(after == Approx(before).margin(0.2));
  CHECK(!chart.state.y);
  chart.headless.wheel(-50);
  chart.frame();
  CHECK(chart.link.shows_all());
}

TEST_CASE("plot: Ctrl and the wheel zoom y where the mouse is", "[drawing][plot]") {
  ChartRig chart = rig({.title = "Chart", .y = {.lo = 0, .hi = 100}});
  chart.headless.control(true);
  chart.point(0.5F, 0.25F);
  chart.headless.wheel(4);
  chart.frame();
  CHECK(chart.link.shows_all());
  REQUIRE(chart.state.y);
  const double factor = std::pow(0.85, 4);
  CHECK(chart.state.y->width() == Approx(100 * factor));
  CHECK(chart.state.y->hi - 0.25 * chart.state.y->width() == Approx(75).margin(0.5));
}

TEST_CASE("plot: dragging pans, and with Ctrl y, too", "[drawing][plot]") {
  ChartRig chart = rig({.title = "Chart", .y = {.lo = 0, .hi = 100}});
  chart.link.show({20, 40});
  chart.point(0.5F, 0.5F);
  chart.headless.press(0);
  chart.frame();
  chart.point(0.75F, 0.5F);
  CHECK(chart.link.view().lo == Approx(15).margin(0.05));
  CHECK(chart.link.view().width() == Approx(20));
  CHECK(!chart.state.y);
  chart.headless.control(true);
  chart.point(0.75F, 0.75F);
  REQUIRE(chart.state.y);
  CHECK(chart.state.y->lo == Approx(25).margin(0.3));
  CHECK(chart.state.y->width() == Approx(100));
  chart.headless.release(0);
  chart.frame();
  CHECK(!chart.result.clicked);  // it was a drag
}

TEST_CASE("plot: the right button zooms into a box", "[drawing][plot]") {
  ChartRig chart = rig({.title = "Chart", .y = {.lo = 0, .hi = 100}});
  chart.point(0.2F, 0.8F);
  chart.headless.press(1);
  chart.frame();
  chart.point(0.6F, 0.3F);
  CHECK(chart.link.shows_all());  // not before the button is up
  CHECK(chart.state.box);
  chart.headless.release(1);
  chart.frame();
  CHECK(chart.link.view().lo == Approx(20).margin(0.2));
  CHECK(chart.link.view().hi == Approx(60).margin(0.2));
  REQUIRE(chart.state.y);
  CHECK(chart.state.y->lo == Approx(20).margin(0.5));
  CHECK(chart.state.y->hi == Approx(70).margin(0.5));
  CHECK(!chart.result.menu);
  CHECK(!chart.state.box);
}

TEST_CASE("plot: a flat box zooms x alone, a narrow one y alone", "[drawing][plot]") {
  ChartRig chart = rig({.title = "Chart", .y = {.lo = 0, .hi = 100}});
  const auto box = [&chart](ImVec2 from, ImVec2 to) {
    chart.point(from.x, from.y);
    chart.headless.press(1);
    chart.frame();
    chart.point(to.x, to.y);
    chart.headless.release(1);
    chart.frame();
  };
  box({0.5F, 0.5F}, {0.9F, 0.51F});
  CHECK(chart.link.view().lo == Approx(50).margin(0.2));
  CHECK(!chart.state.y);
  chart.link.fit();
  box({0.5F, 0.5F}, {0.505F, 1.3F});  // beyond the edge: up to it
  CHECK(chart.link.shows_all());
  REQUIRE(chart.state.y);
  CHECK(chart.state.y->lo == Approx(0).margin(0.5));
  CHECK(chart.state.y->hi == Approx(50).margin(0.5));
}

TEST_CASE("plot: clicks", "[drawing][plot]") {
  ChartRig chart = rig();
  chart.point(0.3F, 0.5F);
  chart.headless.press(0);
  chart.frame();
  chart.headless.release(0);
  chart.frame();
  REQUIRE(chart.result.clicked);
  CHECK(*chart.result.clicked == Approx(30).margin(0.2));
  chart.frame();
  CHECK(!chart.result.clicked);
  chart.headless.press(1);
  chart.frame();
  chart.headless.release(1);
  chart.frame();
  CHECK(chart.result.menu);
  CHECK(chart.link.shows_all());
}

TEST_CASE("plot: a double click shows everything", "[drawing][plot]") {
  ChartRig chart = rig();
  chart.link.show({20, 30});
  chart.state.y = Range{3, 4};
  chart.point(0.5F, 0.5F);
  for (int i = 0; i < 2; ++i) {
    chart.headless.press(0);
    chart.frame();
    chart.headless.release(0);
    chart.frame();
  }
  CHECK(chart.link.shows_all());
  CHECK(!chart.state.y);
}

TEST_CASE("plot: arrows pan where the mouse is over the chart", "[drawing][plot]") {
  ChartRig chart = rig();
  chart.link.show({20, 40});
  chart.headless.key(ImGuiKey_RightArrow);
  chart.frame();
  CHECK(chart.link.view().lo == 20);  // the mouse is elsewhere
  chart.point(0.5F, 0.5F);
  chart.headless.key(ImGuiKey_RightArrow);
  chart.frame();
  CHECK(chart.link.view().lo == Approx(22));
  chart.headless.key(ImGuiKey_LeftArrow);
  chart.frame();
  CHECK(chart.link.view().lo == Approx(20));
  chart.headless.key(ImGuiKey_Home);
  chart.frame();
  CHECK(chart.link.shows_all());
}

TEST_CASE("plot: the cursor is published to charts that share x", "[drawing][plot]") {
  ChartRig chart = rig();
  CHECK(!chart.link.cursor(ImGui::GetFrameCount()));
  chart.point(0.4F, 0.5F);
  CHECK(chart.result.hovered);
  REQUIRE(chart.link.cursor(ImGui::GetFrameCount()));
  CHECK(*chart.link.cursor(ImGui::GetFrameCount()) == Approx(40).margin(0.2));
}

TEST_CASE("plot: the wheel does not scroll the window around it", "[drawing][plot]") {
  Headless headless({400, 300});
  XLink link({0, 10});
  PlotState state;
  const std::vector<double> y = {1, 2};
  float scroll = -1;
  const auto draw = [&] {
    ImGui::BeginChild("scrolls");
    Plot plot(headless.look(), "chart", {.size = {300, 200}}, state, link);
    plot.line("a", Values::ramp(2, 0, 10), y);
    plot.end();
    ImGui::Dummy({10, 2000});
    scroll = ImGui::GetScrollY();
    ImGui::EndChild();
  };
  headless.move({200, 100});
  for (int i = 0; i < 3; ++i) headless.frame(draw);
  headless.wheel(-1);
  headless.frame(draw);
  headless.frame(draw);
  CHECK(scroll == 0);
}

// ---- legend ----

PlotView view_of(const ChartRig& chart, const PlotItems& items) {
  PlotView view{.items = items, .options = chart.options, .state = chart.state};
  view.geometry.min = chart.corner;
  view.geometry.max = {chart.corner.x + 600, chart.corner.y + 300};
  return view;
}

Series named(const char* name, SeriesKind kind = SeriesKind::line) {
  Series series;
  series.kind = kind;
  series.name = name;
  return series;
}

TEST_CASE("legend: a click hides a series, with Ctrl all others", "[drawing][legend]") {
  ChartRig chart({.title = "Chart"}, {0, 100}, [](Plot& plot) {
    plot.line("one", ramp100(), ramp100());
    plot.line("two", ramp100(), ramp100());
    plot.line("three", ramp100(), ramp100());
  });
  PlotItems items;
  items.series = {named("one"), named("two"), named("three")};
  ImDrawList list(ImGui::GetDrawListSharedData());
  const ScreenCanvas canvas(chart.headless.look(), list);
  const Legend legend = legend_of(canvas, view_of(chart, items));
  REQUIRE(legend.entries.size() == 3);
  CHECK(legend.left_out == 0);
  const auto click = [&](std::size_t entry) {
    const LegendEntry& at = legend.entries[entry];
    chart.headless.move({(at.min.x + at.max.x) / 2, (at.min.y + at.max.y) / 2});
    chart.frame();
    chart.headless.press(0);
    chart.frame();
    chart.headless.release(0);
    chart.frame();
  };
  using Names = std::set<std::string, std::less<>>;
  click(1);
  CHECK(chart.state.hidden == Names{"two"});
  click(1);
  CHECK(chart.state.hidden.empty());
  chart.headless.control(true);
  click(2);
  CHECK(chart.state.hidden == Names{"one", "two"});
  click(2);
  CHECK(chart.state.hidden.empty());
}

TEST_CASE("legend: names that have no room are counted", "[drawing][legend]") {
  ChartRig chart = rig();
  PlotItems items;
  for (int i = 0; i < 20; ++i)
    items.series.push_back(named(("a series with number " + std::to_string(i)).c_str()));
  ImDrawList list(ImGui::GetDrawListSharedData());
  const ScreenCanvas canvas(chart.headless.look(), list);
  const Legend legend = legend_of(canvas, view_of(chart, items));
  CHECK(legend.entries.size() + legend.left_out == 20);
  CHECK(legend.left_out > 10);
  CHECK(legend.entries.size() >= 2);
  CHECK(legend.more_max.x <= chart.corner.x + 600);
  for (std::size_t i = 1; i < legend.entries.size(); ++i)
    CHECK(legend.entries[i].min.x > legend.entries[i - 1].max.x);
  CHECK(legend.more_min.x > legend.entries.back().max.x);
}

TEST_CASE("legend: names without room are behind the last one", "[drawing][legend]") {
  const auto name = [](int i) { return "a series with number " + std::to_string(i); };
  ChartRig chart({.title = "Chart"}, {0, 100}, [&](Plot& plot) {
    for (int i = 0; i < 8; ++i) plot.line(name(i), ramp100(), ramp100());
  });
  PlotItems items;
  for (int i = 0; i < 8; ++i) items.series.push_back(named(name(i).c_str()));
  ImDrawList list(ImGui::GetDrawListSharedData());
  const ScreenCanvas canvas(chart.headless.look(), list);
  const Legend legend = legend_of(canvas, view_of(chart, items));
  const auto click = [&](ImVec2 at) {
    chart.headless.move(at);
    chart.frame();
    chart.headless.press(0);
    chart.frame();
    chart.headless.release(0);
    chart.frame();
  };
  click({legend.more_min.x + 2, legend.more_min.y + 4});
  chart.frame();  // a popup has no size in its first frame
  CHECK(chart.state.hidden.empty());
  const float padding = ImGui::GetStyle().WindowPadding.y;
  click({legend.more_max.x - 30, legend.more_max.y + 6 + padding + 4});
  CHECK(chart.state.hidden.contains(name(0)));
}

TEST_CASE("legend: a line and its band are one name", "[drawing][legend]") {
  const std::vector<Series> series = {named("p99", SeriesKind::band), named("p99"), named("p50"),
                                      named("")};
  const std::vector<const Series*> all = named_series(series);
  REQUIRE(all.size() == 2);
  CHECK(all[0]->kind == SeriesKind::line);
  CHECK(all[1]->name == "p50");
}

// ---- what is in view decides the y range ----

PlotItems one_line(Values y) {
  PlotItems items;
  items.series = {named("a")};
  items.series[0].x = Values::ramp(y.size(), 0, 1);
  items.series[0].y = std::move(y);
  return items;
}

Range fitted(const PlotItems& items, const PlotOptions& options = {}, Range x = {0, 100}) {
  const PlotState state;
  return fitted_range(data_range(items, options, state, x), items, options, 0);
}

TEST_CASE("fit: from zero to a little above what is visible", "[drawing][fit]") {
  const std::vector<double> y = {5, 80, 40, 10};
  CHECK(fitted(one_line(y)).lo == 0);
  CHECK(fitted(one_line(y)).hi > 80);
  CHECK(fitted(one_line(y)).hi < 90);
  const Range tail = fitted(one_line(y), {}, {2.5, 3});  // samples 2 and 3 are met
  CHECK(tail.hi > 40);
  CHECK(tail.hi < 45);
}

TEST_CASE("fit: negative, constant, empty and broken data", "[drawing][fit]") {
  const std::vector<double> negative = {-5, 5};
  CHECK(fitted(one_line(negative)).lo < -5);
  const std::vector<double> zero = {0, 0};
  CHECK(fitted(one_line(zero)).width() > 0);
  const std::vector<double> broken = {kNan, INFINITY, 3};
  CHECK(fitted(one_line(broken)).hi < 4);
  const PlotState state;
  const std::vector<double> nothing = {kNan, kNan};
  CHECK(!data_range(one_line(nothing), {}, state, {0, 100}));
  CHECK(!data_range({}, {}, state, {0, 100}));
  CHECK(fitted({}).width() > 0);
}

TEST_CASE("fit: logarithmic axes show at least half a decade", "[drawing][fit]") {
  const PlotOptions options{.y = {.kind = AxisKind::logarithmic}};
  const std::vector<double> flat = {100, 101};
  const Range range = fitted(one_line(flat), options);
  CHECK(range.contains(2));
  CHECK(range.width() > 0.5);
  const std::vector<double> with_zero = {0, 10, 1000};
  CHECK(fitted(one_line(with_zero), options).lo > 0.5);
}

TEST_CASE("fit: limits are shown where that does not squeeze the data", "[drawing][fit]") {
  const std::vector<double> y = {5, 80};
  PlotItems items = one_line(y);
  items.limits = {{"near", 150}};
  CHECK(fitted(items).hi > 150);
  items.limits = {{"far", 5000}};
  CHECK(fitted(items).hi < 100);
}

TEST_CASE("fit: fixed ends, rows, stacks and hidden series", "[drawing][fit]") {
  const std::vector<double> y = {5, 80};
  CHECK(fitted(one_line(y), {.y = {.lo = 10, .hi = 20}}) == Range{10, 20});
  CHECK(fitted({}, {.rows = {"a", "b", "c"}}) == Range{0, 3});
  PlotItems stacked = one_line(y);
  stacked.series[0].kind = SeriesKind::area;
  stacked.series.push_back(stacked.series[0]);
  stacked.series[1].name = "b";
  CHECK(fitted(stacked).hi > 160);
  PlotState state;
  state.hidden = {"b"};
  CHECK(data_range(stacked, {}, state, {0, 9}) == Range{0, 80});
}

TEST_CASE("fit: labels at the top get room", "[drawing][fit]") {
  const std::vector<double> y = {5, 80};
  const PlotItems items = one_line(y);
  const Range with_room = fitted_range(Range{5, 80}, items, {}, 0.25);
  CHECK(80 / with_room.hi < 0.75);
}

// ---- what stands at the cursor ----

TEST_CASE("readout: the nearest sample, or the one that holds", "[drawing][readout]") {
  const std::vector<double> y = {10, 20, 30};
  Series line = named("line");
  line.x = Values::ramp(3, 0, 10);
  line.y = y;
  Series steps = line;
  steps.kind = SeriesKind::steps;
  CHECK(sample_at(line, 0) == 0U);
  CHECK(sample_at(line, 4) == 0U);
  CHECK(sample_at(line, 6) == 1U);
  CHECK(sample_at(line, 26) == 2U);
  CHECK(!sample_at(line, 31));
  CHECK(sample_at(line, -4) == 0U);
  CHECK(!sample_at(line, -11));
  CHECK(sample_at(steps, 9.9) == 0U);
  CHECK(sample_at(steps, 10) == 1U);
  CHECK(sample_at(steps, 29) == 2U);
  CHECK(!sample_at(steps, -1));
  CHECK(!sample_at(named("empty"), 0));
}

TEST_CASE("readout: all that is shown at the cursor", "[drawing][readout]") {
  const std::vector<double> y = {10, kNan, 3000};
  const std::vector<double> high = {20, kNan, 4000};
  const std::vector<float> cells = {0, 1, 2, 3, 4, 5};
  PlotItems items = one_line(y);
  items.series.push_back(items.series[0]);
  items.series[1].kind = SeriesKind::band;
  items.series[1].name = "b";
  items.series[1].second = high;
  items.series.push_back(named("hidden"));
  items.spans = {{"kill api", 1.5, 5}, {"earlier", 0, 0.5}};
  items.heats = {{.name = "requests", .columns = 3, .rows = 2, .cells = cells, .x_to = 3}};
  const PlotOptions options{.y = {.unit = Unit::milliseconds}};
  PlotState state;
  state.hidden = {"hidden"};
  PlotView view{.items = items, .options = options, .state = state};
  view.geometry.area_max = {300, 100};
  view.geometry.x = {0, 3};
  view.geometry.y = {0, 1};
  view.cursor = 2;
  view.mouse = ImVec2{210, 20};
  const Readout readout = readout_of(view);
  CHECK(readout.head == "0:02.00");
  REQUIRE(readout.rows.size() == 3);
  CHECK(readout.rows[0].value == "3.00 s");
  CHECK(readout.rows[1].value == "3.00 s – 4.00 s");
  CHECK(readout.rows[2].name == "500 µs – 1.00 ms");
  CHECK(readout.rows[2].value == "5 requests");
  REQUIRE(readout.notes.size() == 1);
  CHECK(readout.notes[0].text == "kill api");
  view.cursor = 1;
  CHECK(readout_of(view).rows[0].value == "–");
  view.cursor.reset();
  CHECK(readout_of(view).empty());
}

// ---- whatever is given ----

TEST_CASE("plot: odd sizes and data do no harm", "[drawing][plot]") {
  Headless headless({300, 200});
  XLink link({0, 0});  // nothing is known yet
  const std::vector<double> one = {5};
  const std::vector<double> none;
  const std::vector<double> three = {1, kNan, 1e300};
  for (const AxisKind kind : {AxisKind::linear, AxisKind::logarithmic})
    for (const ImVec2 size : {ImVec2{1, 1}, ImVec2{40, 30}, ImVec2{280, 180}}) {
      PlotState state;
      headless.move({20, 20});
      for (int i = 0; i < 3; ++i) {
        headless.frame([&] {
          Plot plot(headless.look(), "odd", {.title = "Odd", .y = {.kind = kind}, .size = size},
                    state, link);
          plot.line("one", one, one);
          plot.steps("one step", one, one);
          plot.line("none", none, none);
          plot.band("band", Values::ramp(3, 0, 1), three, three);
          plot.area("area", Values::ramp(2, 0, 1), three);
          plot.scatter("dots", three, three);
          plot.bars("bars", one, one, one);
          plot.heat({.columns = 3, .rows = 3, .cells = one});
          plot.span("", 5, -5);
          plot.event("far away", 1e300);
          plot.limit("never", kNan);
          plot.end();
          CHECK(!plot.to_svg().empty());
          CHECK(!plot.to_csv().empty());
        });
        link.set_extent({0, 2});
      }
    }
  CHECK(ImGui::GetDrawData()->TotalVtxCount > 0);
}

TEST_CASE("plot: a gap is not drawn over", "[drawing][plot]") {
  // Sparse and dense: a gap in the middle leaves the background as it is.
  for (const std::size_t samples : {50U, 5000U}) {
    std::vector<double> y(samples, 0.5);
    for (std::size_t i = samples * 2 / 5; i < samples * 3 / 5; ++i) y[i] = kNan;
    const auto draw = [&](bool with_line) {
      ChartRig chart({.y = {.lo = 0, .hi = 1}}, {0, 1}, [&](Plot& plot) {
        const Values x = Values::ramp(samples, 0, 1.0 / static_cast<double>(samples));
        if (with_line) plot.line("", x, y);
        if (!with_line)
          plot.line("", Values::ramp(1, 5, 1), Values(1, [](std::size_t) { return 0.5; }));
      });
      return std::pair(chart.headless.picture(), chart.at(0, 0.5F));
    };
    const auto [with, left] = draw(true);
    const auto [without, ignored] = draw(false);
    const auto differs = [&, &shown = with, &empty = without, from = left](float share) {
      const int x = static_cast<int>(from.x + 530 * share);
      for (int y_pixel = 60; y_pixel < 270; ++y_pixel)
        if (shown.at(x, y_pixel) != empty.at(x, y_pixel)) return true;
      return false;
    };
    CHECK(differs(0.2F));
    CHECK(!differs(0.5F));
    CHECK(differs(0.8F));
  }
}

TEST_CASE("plot: colours are taken in turn by those who bring none", "[drawing][plot]") {
  ChartRig chart({.title = "Chart"}, {0, 100}, [](Plot& plot) {
    plot.line("own", ramp100(), ramp100(), {.color = rgb(0x123456)});
    plot.line("first", ramp100(), ramp100());
    plot.band("first", ramp100(), ramp100(), ramp100());
    plot.line("second", ramp100(), ramp100());
  });
  const Theme& theme = chart.headless.look().theme;
  CHECK(chart.svg.find(to_hex(rgb(0x123456))) != std::string::npos);
  CHECK(chart.svg.find(to_hex(theme.series(0))) != std::string::npos);
  CHECK(chart.svg.find(to_hex(theme.series(1))) != std::string::npos);
  CHECK(chart.svg.find(to_hex(theme.series(2))) == std::string::npos);
}

}  // namespace
}  // namespace highwater::viewer::plot_test
