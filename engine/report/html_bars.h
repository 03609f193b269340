#pragma once

#include <string>

#include "engine/metrics/bar_chart.h"

namespace highwater {

/// A bar chart as a card: plain HTML, so that it needs no script and its text keeps its size on a
/// phone. Every bar tells its name and value; the exact numbers are in the JSON and CSV.
std::string bars_html(const BarChart& chart);

}  // namespace highwater
