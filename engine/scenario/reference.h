#pragma once

#include <string>

#include "engine/describe/value.h"
#include "engine/scenario/language.h"

namespace highwater {

/// The reference page of one kind, as Markdown that also reads well on a terminal: what it is, its
/// parameters with unit, default, limits and source, and what it measures. Structures that a
/// parameter holds follow below it, each once.
std::string kind_reference(const KindInfo& kind);

/// One line for every kind and every verb of faults.
std::string kind_list(const Language& language);

/// The pages of all kinds and faults, one after the other.
std::string full_reference(const Language& language);

/// The same as data: name, summary, source, fields and metrics of one kind.
Value kind_json(const KindInfo& kind);
/// Of all kinds and faults.
Value language_json(const Language& language);

}  // namespace highwater
