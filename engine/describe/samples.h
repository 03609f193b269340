#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/time.h"

namespace highwater {

/// Measured durations out of a file, or the sentence that says why there are none.
struct Samples {
  std::vector<Duration> durations;  ///< In the order of the file.
  std::string fault;
};

/// The fields of one line of CSV, without spaces around them; a field in quotes may hold commas and
/// doubled quotes, not line breaks.
std::vector<std::string> csv_fields(std::string_view line);

/// Reads one column of a CSV file with a header line. Fields may stand in double quotes; empty
/// fields are skipped; anything else that is not a number of 0 or more is a fault, with its line.
/// @param unit  "ns", "us", "ms", "s", or "auto": by the column's ending (_ns, _us, _ms, _s).
Samples read_samples(const std::string& file, const std::string& column, const std::string& unit);

}  // namespace highwater
