#pragma once

#include "viewer/draw/canvas.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// Draws a whole chart: card, header, axes, data, marks and the lines at cursor and playhead.
void paint_plot(Canvas& canvas, const PlotView& view);

}  // namespace highwater::viewer
