#pragma once

#include <string>

#include "engine/report/results.h"

namespace highwater {

/// The report of a run as one HTML file that opens anywhere, offline: key figures, objectives,
/// findings, topology, charts, tables, events, and the numbers themselves to download. Light and
/// dark, phone and paper. Its Content-Security-Policy lets only the two scripts built into it run,
/// so that nothing that comes from a scenario or a trace can.
std::string html_report(const Results& results);

}  // namespace highwater
