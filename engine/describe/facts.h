#pragma once

#include <string>

#include "engine/describe/type_info.h"

namespace highwater {

/// JSON as people say it: a string that holds no quotes without its own, anything else as it is.
std::string without_quotes(std::string json);

/// The limits of a parameter: `0.001 to 100000`, `at least 1ns`, `at most 16 entries`; empty where
/// there are none.
std::string limits_in_words(const FieldInfo& field);

}  // namespace highwater
