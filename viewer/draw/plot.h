#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/canvas.h"
#include "viewer/draw/look.h"
#include "viewer/draw/plot_geometry.h"
#include "viewer/draw/plot_items.h"
#include "viewer/draw/plot_options.h"
#include "viewer/draw/plot_state.h"
#include "viewer/draw/plot_view.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// What happened in a chart during this frame.
struct PlotResult {
  bool hovered = false;           ///< The mouse is over the data.
  std::optional<double> clicked;  ///< The x value where the left button clicked without dragging.
  bool menu = false;              ///< The right button clicked without dragging.
  ImVec2 area_min;                ///< The data's part of the chart, in pixels.
  ImVec2 area_max;
};

/// One chart in one frame: made, given its data, ended.
///
///     Plot plot(look, "latency", {.title = "Latency", .y = {.unit = Unit::milliseconds}}, state,
///     x); plot.line("p99", times, p99); plot.limit("objective 250 ms", 250); plot.end();
///
/// Mouse: the wheel zooms x at the mouse, with Ctrl y; dragging pans (with Ctrl y, too); dragging
/// with the right button zooms into a box; a double click shows everything. Keys while hovered: the
/// arrows pan, Home shows everything. A click in the legend hides a series, with Ctrl it hides all
/// others.
///
/// Series are drawn in the order in which they are added, heat maps below and bands behind lines.
/// x values must ascend (of scatter() in any order). A y of NaN is a gap. Series of the same name
/// share a colour and a place in the legend: a band around a line, say. Data must stay valid until
/// the last call to the plot.
class Plot {
 public:
  Plot(const Look& look, std::string id, PlotOptions options, PlotState& state, XLink& x);
  Plot(const Plot&) = delete;
  Plot& operator=(const Plot&) = delete;

  void line(std::string name, Values x, Values y, SeriesStyle style = {});

  /// Holds each value until the next x.
  void steps(std::string name, Values x, Values y, SeriesStyle style = {});

  /// Between two curves: an interval, or what lies between two percentiles.
  void band(std::string name, Values x, Values lo, Values hi, SeriesStyle style = {});

  /// Stands on the areas that were added before it; they all have the same x.
  void area(std::string name, Values x, Values y, SeriesStyle style = {});

  void scatter(std::string name, Values x, Values y, SeriesStyle style = {});

  /// Columns from zero, each from `from` to `to`: a histogram.
  void bars(std::string name, Values from, Values to, Values height, SeriesStyle style = {});

  void heat(HeatMap map);

  /// A stretch of x that is marked from top to bottom: a fault.
  void span(std::string label, double from, double to, Status status = Status::bad);

  /// A moment, marked by a flag.
  void event(std::string label, double at, Status status = Status::idle);

  /// A horizontal line that must not be crossed: an objective.
  void limit(std::string label, double at, Status status = Status::warn);

  /// Handles the mouse and draws.
  PlotResult end();

  /// The rows of the visible range: x, then a column for each series that is shown (two for a
  /// band); heat maps follow in a table of their own. Numbers are written in full.
  std::string to_csv() const;

  /// The chart as it stood at end(), as a picture that needs nothing else.
  std::string to_svg() const;

 private:
  Series& add(SeriesKind kind, std::string name, const Values& x, Values y, SeriesStyle style);
  void lay_out(const Canvas& canvas);
  void fit_y(const Canvas& canvas);
  PlotView view_without_ticks() const;
  PlotView view() const;
  std::vector<Tick> y_ticks() const;
  std::string offer_legend(const Canvas& canvas);

  const Look& look_;
  std::string id_;
  PlotOptions options_;
  PlotState& state_;
  XLink& link_;
  PlotItems items_;
  PlotGeometry geometry_;
  bool has_data_ = false;
  std::size_t colors_taken_ = 0;  // of the palette
};

}  // namespace highwater::viewer
