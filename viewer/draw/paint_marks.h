#pragma once

#include "viewer/draw/canvas.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// Share of the area's height that the labels of spans and events take at its top.
double label_share(const Canvas& canvas, const PlotItems& items, const PlotGeometry& geometry);

/// The stretches and moments behind the data.
void paint_spans(Canvas& canvas, const PlotView& view);

/// The lines of limits.
void paint_limits(Canvas& canvas, const PlotView& view);

/// What is written over the data: labels of spans, events and limits.
void paint_mark_labels(Canvas& canvas, const PlotView& view);

}  // namespace highwater::viewer
