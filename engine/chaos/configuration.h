#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "engine/scenario/overlay.h"

namespace highwater::chaos {

/// What stands for ${name} in an experiment: its "configuration", then its "secrets", each a value
/// or one of the environment's ({"type": "env", "key": "NAME", "default": …, "env_var_type": …}).
///
/// Source: chaostoolkit-lib 1.45, chaoslib/configuration.py, secret.py and substitute().
class Configuration {
 public:
  /// @param variables  "name=value", instead of what the experiment says; a value is JSON if it
  ///                   parses as such, else a text.
  static Configuration load(const Value& experiment, const std::vector<std::string>& variables,
                            const Environment& environment, Problems& problems);

  /// Fills in every text of `value` and of what is in it: a text that is "${name}" and nothing else
  /// becomes what the name stands for, of its type; "$$" is a "$". A name that stands for nothing
  /// is a problem.
  void fill(Value& value, const std::string& path, Problems& problems) const;

 private:
  const Value* find(std::string_view name) const;

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace highwater::chaos
