#pragma once

#include <string_view>

namespace highwater::drivers {

/// How the algorithm called `name` decides: a paragraph for its help page, with the defaults and
/// the edge cases that surprise. Empty where there is no such algorithm.
std::string_view details_of(std::string_view name);

}  // namespace highwater::drivers
