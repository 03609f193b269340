#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/scenario/document.h"
#include "tests/parameters/declared_parameters.h"

namespace highwater::testing {

/// A setting that may change what a run comes to.
struct OtherSetting {
  std::string setting;    ///< "path=value", as of --set.
  std::string parameter;  ///< Whose value it is.
};

/// Settings for a scenario, several for each parameter in it and for each that could stand in it:
/// numbers up and down, every other word and form, entries less. In a fixed order.
std::vector<OtherSetting> other_settings(const Document& document, const Guide& guide,
                                         const DeclaredParameters& declared);

}  // namespace highwater::testing
