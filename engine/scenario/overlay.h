#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/describe/value.h"
#include "engine/scenario/language.h"

namespace highwater {

/// Lays `patch` over `base` as RFC 7396 does (objects merge, null removes, anything else replaces),
/// except that an object at a one-of (a distribution, arrivals, a step) is replaced whole: half of
/// a Poisson process and half of a constant one make no arrivals. Values keep their own positions.
void lay_over(Value& base, const Value& patch, const Guide& guide, Place place);

/// The value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// That of this process, which only the programs look at.
Environment process_environment();

/// Fills ${NAME} and ${NAME:-default} in every string from the environment; the default stands for
/// a variable that is not set or empty, as in a shell. "$${" is a plain "${". A variable without
/// value and default is a problem.
void fill_from_environment(Value& value, const std::string& path, const Environment& environment,
                           Problems& problems);

/// Applies one setting, "api.replicas=6", to a document. Paths go by keys and indices:
/// `faults[0].at`, `api.endpoints["GET /users/{id}"].priority`; `components.` may be left out. The
/// value is JSON if it parses as such, else a string. A key that neither the document nor the
/// language knows is a problem with the nearest one. Setting another verb of a one-of removes what
/// belonged to the former one.
void apply_setting(Value& root, const std::string& setting, const Guide& guide, Problems& problems);

}  // namespace highwater
