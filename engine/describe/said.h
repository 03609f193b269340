#pragma once

#include <string_view>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/value.h"

namespace highwater {

/// What `object` says of the field `name`, one of `fields`; null where it says nothing, or only
/// what would be so anyway: that is how `show` prints a scenario, which must stay valid.
const Value* said(const Value& object, const std::vector<FieldInfo>& fields, std::string_view name);

/// The same of a params struct.
template <class P>
const Value* said(const Value& object, std::string_view name) {
  return said(object, Codec<P>::type().fields, name);
}

/// Reports whatever `object` says, other than what would be so anyway, of the fields of P: nothing
/// reads them.
template <class P>
void report_unread(const Value& object, const std::string& path, const std::string& why,
                   Problems& problems) {
  for (const FieldInfo& field : Codec<P>::type().fields)
    if (const Value* const given = said(object, Codec<P>::type().fields, field.name))
      problems.error(given->position(), pointer_to(path, field.name), why);
}

}  // namespace highwater
