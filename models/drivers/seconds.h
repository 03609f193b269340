#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace highwater::drivers {

/// Seconds as nanoseconds: "12.5", "1e-3"; rounded to the nearest, halves up.
/// @return nothing where the text is anything else, a sign before the number included, or beyond
///         292 years.
std::optional<std::int64_t> nanoseconds_of(std::string_view seconds);

/// The same the other way round, without decimals that say nothing: "12.5", "0", "-1.25".
std::string seconds_text(std::int64_t nanoseconds);

/// What to say about a text that is no time.
std::string no_seconds(std::string_view found);

}  // namespace highwater::drivers
