#pragma once

#include "engine/describe/value.h"
#include "engine/scenario/language.h"

namespace highwater {

/// The JSON Schema (draft 2020-12) of the whole language, made from the declarations: every
/// scenario that `validate` accepts is valid under it, comments aside. It is a little wider than
/// the program: a string with ${NAME} is accepted wherever a quantity is, and rules that span
/// fields, names of components and limits on quantities with units are not in it.
Value json_schema(const Language& language);

}  // namespace highwater
