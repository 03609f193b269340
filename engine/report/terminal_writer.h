#pragma once

#include <cstddef>
#include <string>

#include "engine/report/results.h"

namespace highwater {

/// What the terminal can show. The caller knows (isatty, NO_COLOR, the locale); this writer asks
/// nobody.
struct TerminalOptions {
  std::size_t width = 80;        ///< Columns; tables drop their least important columns to fit.
  bool color = false;            ///< ANSI colours. Nothing is said by colour alone.
  bool utf8 = true;              ///< Otherwise plain ASCII.
  std::string report_path = {};  ///< Where the report was written; empty: no such line.
};

/// The summary of a run for people: objectives, clients with their confidence intervals,
/// components, errors by cause, findings, events. Ends in a line break. Text that comes from the
/// scenario cannot move the cursor or change colours.
std::string terminal_summary(const Results& results, const TerminalOptions& options);

}  // namespace highwater
