#pragma once

#include <string>
#include <string_view>

#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// What the view shows as comma-separated values, see Plot::to_csv().
std::string csv_of(const PlotView& view);

/// A cell as RFC 4180 quotes it.
std::string csv_cell(std::string_view text);

}  // namespace highwater::viewer
