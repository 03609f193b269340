#pragma once

#include <string>
#include <vector>

#include "engine/describe/value.h"
#include "engine/scenario/language.h"

namespace highwater {

/// A component that is named somewhere in a scenario.
struct NamedComponent {
  const Value* value = nullptr;        ///< The string.
  std::string path;                    ///< Its JSON pointer.
  Relation relation = Relation::call;  ///< As the field declares that names it.
};

/// Every component that is named below a value, where the language says that a component is named,
/// in the order of the text. What is wrong otherwise is passed over.
/// @param place  Of the value. @param path  Its JSON pointer.
std::vector<NamedComponent> components_named(const Guide& guide, Place place, const Value& value,
                                             const std::string& path);

}  // namespace highwater
