#pragma once

#include "viewer/draw/canvas.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// Room that the labels of the y axis take at the left of the area, in pixels: the same for all
/// charts with ordinary labels, so that charts above each other line up.
float left_margin(const Canvas& canvas, const PlotOptions& options,
                  const std::vector<Tick>& y_ticks, float chart_width);

/// How many labels an axis of this length has room for.
int x_labels(const Look& look, float width);
int y_labels(const Look& look, float height);

void paint_grid(Canvas& canvas, const PlotView& view);
void paint_axis_labels(Canvas& canvas, const PlotView& view);

/// The values of both axes where the mouse is.
void paint_cursor_values(Canvas& canvas, const PlotView& view);

}  // namespace highwater::viewer
