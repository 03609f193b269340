#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/chart_rig.h"
#include "tests/drawing/gallery.h"
#include "tests/support/scratch_file.h"
#include "viewer/draw/plot_csv.h"
#include "viewer/draw/svg_canvas.h"

namespace highwater::viewer::export_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What Python's own parser of XML makes of it.
bool is_xml(const std::string& text) {
  const ScratchFile file(text);
  const std::string command = std::string(HIGHWATER_PYTHON) +
                              " -c 'import sys, xml.dom.minidom as m; "
                              "m.parse(sys.argv[1]).documentElement.tagName == \"svg\" or "
                              "sys.exit(1)' '" +
                              file.path().string() + "' 2> /dev/null";
  return std::system(command.c_str()) == 0;
}

TEST_CASE("csv: the visible rows of what is shown", "[drawing][export]") {
  const std::vector<double> y = {0.1, kNan, 3e-9, 4};
  const std::vector<double> high = {1, 2, 3, 5};
  const std::vector<double> late = {7};
  ChartRig chart({.title = "Chart"}, {0, 30}, [&](Plot& plot) {
    plot.line("a, \"b\"", Values::ramp(4, 0, 10), y);
    plot.band("range", Values::ramp(4, 0, 10), y, high);
    plot.line("late", Values::ramp(1, 25, 1), late);
    plot.line("hidden", Values::ramp(4, 0, 10), y);
  });
  chart.state.hidden = {"hidden"};
  chart.link.show({10, 30});
  chart.frame();
  CHECK(chart.csv ==
        "time_s,\"a, \"\"b\"\"\",range low,range high,late\r\n"
        "10,,,2,\r\n"
        "20,3e-09,3e-09,3,\r\n"
        "25,,,,7\r\n"
        "30,4,4,5,\r\n");
}

TEST_CASE("csv: heat maps by column and row", "[drawing][export]") {
  const std::vector<float> cells = {1, 2, std::numeric_limits<float>::quiet_NaN(), 4};
  ChartRig chart({.title = "Heat", .rows = {"api", "db"}}, {0, 20}, [&](Plot& plot) {
    plot.heat({.name = "share", .columns = 2, .rows = 2, .cells = cells, .x_to = 20});
  });
  CHECK(chart.csv ==
        "time_s,row,share\r\n"
        "0,api,1\r\n"
        "10,api,2\r\n"
        "10,db,4\r\n");
}

TEST_CASE("csv: cells are quoted where they must be", "[drawing][export]") {
  CHECK(csv_cell("plain") == "plain");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("say \"x\"\n") == "\"say \"\"x\"\"\n\"");
}

TEST_CASE("svg: texts are escaped", "[drawing][export]") {
  CHECK(escaped_xml("a < b & \"c\" > d\x01") == "a &lt; b &amp; &quot;c&quot; &gt; d");
  const std::vector<double> y = {1, 2};
  ChartRig chart({.title = "<script>&\"'"}, {0, 1}, [&](Plot& plot) {
    plot.line("</svg>", Values::ramp(2, 0, 1), y);
    plot.span("a & b", 0.2, 0.8);
    plot.limit("p99 < 250", 1.5);
  });
  CHECK(is_xml(chart.svg));
  CHECK(chart.svg.find("<script") == std::string::npos);
  CHECK(chart.svg.find("p99 &lt; 250") != std::string::npos);
  CHECK(!is_xml(chart.svg + "<"));  // the parser does look
}

TEST_CASE("svg: says what the screen shows", "[drawing][export]") {
  const std::vector<double> y = {1, kNan, 2, 3};
  std::vector<double> dense(5000);
  for (std::size_t i = 0; i < dense.size(); ++i) dense[i] = static_cast<double>(i % 7) / 3;
  ChartRig chart({.title = "Chart", .empty = "nothing here"}, {0, 3}, [&](Plot& plot) {
    plot.line("sparse", Values::ramp(4, 0, 1), y, {.ghost = true});
    plot.line("dense", Values::ramp(5000, 0, 3.0 / 5000), dense);
    plot.scatter("dots", Values::ramp(4, 0, 1), y);
    plot.event("here", 1.5);
  });
  CHECK(is_xml(chart.svg));
  for (const char* part : {"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"600\" height=\"300\"",
                           "<title>Chart</title>", ">sparse<", ">here<", "stroke-dasharray=\"6 4\"",
                           "<polygon", "<circle", "clip-path", "font-family=\"Inter"})
    CHECK(chart.svg.find(part) != std::string::npos);
  CHECK(chart.svg.find("nothing here") == std::string::npos);
  CHECK(chart.svg.find("nan") == std::string::npos);
  CHECK(chart.svg.find("href") == std::string::npos);  // needs nothing else
}

TEST_CASE("svg: heat maps stay small", "[drawing][export]") {
  const SampleRun run;
  ChartRig chart({.title = "Heat", .y = {.kind = AxisKind::logarithmic}}, {0, 300},
                 [&](Plot& plot) {
                   plot.heat({.columns = SampleRun::kBins,
                              .rows = SampleRun::kHeatRows,
                              .cells = run.latency,
                              .x_to = 300,
                              .y_from = 1,
                              .y_to = 10000});
                 });
  CHECK(is_xml(chart.svg));
  CHECK(chart.svg.size() < 700'000);
}

}  // namespace
}  // namespace highwater::viewer::export_test
