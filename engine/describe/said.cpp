#include "engine/describe/said.h"

#include <algorithm>

#include "engine/kernel/check.h"

namespace highwater {

const Value* said(const Value& object, const std::vector<FieldInfo>& fields,
                  std::string_view name) {
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [&](const FieldInfo& one) { return one.name == name; });
  HIGHWATER_CHECK(field != fields.end());
  const Value* const given = object.find(name);
  if (given == nullptr || !field->default_json) return given;
  return write_json_line(*given) == *field->default_json ? nullptr : given;
}

}  // namespace highwater
