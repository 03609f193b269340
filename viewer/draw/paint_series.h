#pragma once

#include "viewer/draw/canvas.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// Draws the heat maps.
void paint_heats(Canvas& canvas, const PlotView& view);

/// Draws bands, areas and bars, and then what is made of lines and dots.
void paint_series(Canvas& canvas, const PlotView& view);

}  // namespace highwater::viewer
