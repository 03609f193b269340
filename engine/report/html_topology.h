#pragma once

#include <string>

#include "engine/report/results.h"

namespace highwater {

/// The system as an SVG drawing: a card for each component (rate, utilization, instances), a curve
/// for each call whose width grows with the rate, dots that travel along it, red ones for the share
/// of errors. Asynchronous edges are dashed. Empty where there is nothing to draw. Colours are the
/// variables of report.css; all attributes are quoted, all names escaped.
std::string topology_svg(const Results& results);

}  // namespace highwater
