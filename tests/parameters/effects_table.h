#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/parameters/trial.h"

namespace highwater::testing {

/// tests/data/parameters/effects.json: for each parameter a setting that changes what a run comes
/// to, or the reason why there is none.
struct EffectsTable {
  std::map<std::string, Trial> effects;
  std::map<std::string, std::string> exceptions;
};

/// Empty where there is no file yet. @throws what nlohmann::json throws.
EffectsTable read_effects_table();

/// One line a parameter, in the order of `names`, which leaves out those that are not among them.
void write_effects_table(const EffectsTable& table, const std::vector<std::string>& names);

}  // namespace highwater::testing
