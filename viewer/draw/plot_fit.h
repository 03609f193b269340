#pragma once

#include <optional>

#include "viewer/draw/plot_items.h"
#include "viewer/draw/plot_options.h"
#include "viewer/draw/plot_state.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// The y positions of what is shown inside `x`; nothing where nothing there has a value.
std::optional<Range> data_range(const PlotItems& items, const PlotOptions& options,
                                const PlotState& state, Range x);

/// The y range that shows `data` well: from zero on a linear axis, with some air, with the limits
/// that are not so far away that the data would be squeezed, and with the ends that `options` fix.
/// `headroom` is the share of the height that labels at the top take away.
Range fitted_range(std::optional<Range> data, const PlotItems& items, const PlotOptions& options,
                   double headroom);

}  // namespace highwater::viewer
