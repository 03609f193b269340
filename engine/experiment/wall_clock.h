#pragma once

#include <string>

namespace highwater {

/// Seconds on a clock that only goes forward; for the duration of runs, never for results.
double wall_seconds();

/// Now in UTC, RFC 3339: "2026-03-01T12:00:00Z".
std::string wall_date();

}  // namespace highwater
