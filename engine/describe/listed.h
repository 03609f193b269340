#pragma once

#include <span>
#include <string>

namespace highwater {

/// "a, b, c": words as messages and reports list them.
std::string listed(std::span<const std::string> words);

}  // namespace highwater
