#include "engine/scenario/references.h"

namespace highwater {
namespace {

void collect(const Guide& guide, Place place, const Value& value, const std::string& path,
             Relation relation, std::vector<NamedComponent>& named) {
  if (place.role == Place::Role::kTyped) {
    const TypeInfo& type = *place.type;
    if (type.shape == Shape::kQuantity) {
      if (type.name == "component" && value.is_string()) named.push_back({&value, path, relation});
      return;
    }
    if (!value.is_object() && type.bare != nullptr)
      return collect(guide, {Place::Role::kTyped, &type.bare()}, value, path, relation, named);
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.elements().size(); ++i)
      collect(guide, guide.element(place), value.elements()[i], pointer_to(path, i), relation,
              named);
  } else if (value.is_object()) {
    for (const Value::Member& member : value.members()) {
      const FieldInfo* field = guide.field(place, value, member.key);
      collect(guide, guide.member(place, value, member.key), member.value,
              pointer_to(path, member.key), field ? field->relation : relation, named);
    }
  }
}

}  // namespace

std::vector<NamedComponent> components_named(const Guide& guide, Place place, const Value& value,
                                             const std::string& path) {
  std::vector<NamedComponent> named;
  collect(guide, place, value, path, Relation::call, named);
  return named;
}

}  // namespace highwater
