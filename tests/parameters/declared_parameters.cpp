#include "tests/parameters/declared_parameters.h"

#include <fmt/format.h>

namespace highwater::testing {
namespace {

/// Fields with one name, text and type are one declaration, inlined in several forms.
bool beside_every_form(const TypeInfo& one_of, const FieldInfo& field) {
  if (one_of.alternatives.size() < 2) return false;
  for (const AlternativeInfo& form : one_of.alternatives) {
    const FieldInfo* same = find_field(form.fields, field.name);
    if (same == nullptr || same->doc != field.doc || &same->type() != &field.type()) return false;
  }
  return true;
}

std::string owner_in_form(const std::string& label, const TypeInfo& type,
                          const AlternativeInfo& form, const FieldInfo& field) {
  return beside_every_form(type, field) ? label : label + "." + form.verb;
}

/// What several verbs of faults have from one declaration, such as when they strike, belongs to
/// "fault".
std::string owner_of(const Language& language, const KindInfo& verb, const FieldInfo& field) {
  for (const KindInfo& other : language.faults) {
    const FieldInfo* same = find_field(other.fields(), field.name);
    if (&other != &verb && same != nullptr && same->doc == field.doc &&
        &same->type() == &field.type())
      return "fault";
  }
  return "fault " + verb.name;
}

}  // namespace

DeclaredParameters::DeclaredParameters(const Language& language) {
  for (const FieldInfo& section : engine_sections())
    if (section.name == "run" || section.name == "network") add_type(section.type());
  for (const KindInfo& kind : language.kinds) add_fields("kind " + kind.name, kind.fields());
  for (const KindInfo& verb : language.faults) {
    for (const FieldInfo& field : verb.fields())
      add(owner_of(language, verb, field) + ": " + field.name);
    for (const FieldInfo& field : verb.fields()) add_type(field.type());
  }
  for (const SectionInfo& section : language.sections) add_type(section.info.type());
}

bool DeclaredParameters::has(std::string_view name) const {
  return known_.find(name) != known_.end();
}

void DeclaredParameters::add(std::string name) {
  if (known_.emplace(name, 0).second) names_.push_back(std::move(name));
}

void DeclaredParameters::add_fields(const std::string& owner,
                                    const std::vector<FieldInfo>& fields) {
  for (const FieldInfo& field : fields) add(owner + ": " + field.name);
  for (const FieldInfo& field : fields) add_type(field.type());
}

void DeclaredParameters::add_type(const TypeInfo& type) {
  if (labels_.count(&type) > 0) return;
  // Two types may have one name; each keeps a label of its own.
  const int same = ++labelled_[type.name];
  const std::string label = same == 1 ? type.name : fmt::format("{} ({})", type.name, same);
  labels_.emplace(&type, label);
  if (type.bare != nullptr) add_type(type.bare());
  if (type.element != nullptr) add_type(type.element());
  if (type.shape == Shape::kWords)
    for (const WordInfo& word : type.words) add(label + " = " + word.word);
  add_fields(label, type.fields);
  for (const AlternativeInfo& form : type.alternatives) {
    for (const FieldInfo& field : form.fields)
      add(owner_in_form(label, type, form, field) + ": " + field.name);
  }
  for (const AlternativeInfo& form : type.alternatives)
    for (const FieldInfo& field : form.fields) add_type(field.type());
}

std::string DeclaredParameters::label(const TypeInfo& type) const {
  const auto found = labels_.find(&type);
  return found == labels_.end() ? "" : found->second;
}

std::string DeclaredParameters::name_of(const Guide& guide, Place place, const Value& object,
                                        std::string_view key) const {
  using Role = Place::Role;
  const FieldInfo* field = guide.field(place, object, key);
  if (field == nullptr) return "";
  std::string owner;
  if (place.role == Role::kComponent) {
    owner = "kind " + object.find("kind")->text();
  } else if (place.role == Role::kFault) {
    for (const KindInfo& verb : guide.language().faults)
      if (object.find(verb.name) != nullptr) owner = owner_of(guide.language(), verb, *field);
  } else if (place.role == Role::kTyped && place.type->shape == Shape::kOneOf) {
    for (const AlternativeInfo& form : place.type->alternatives) {
      if (object.find(form.verb) != nullptr)
        owner = owner_in_form(label(*place.type), *place.type, form, *field);
    }
  } else if (place.role == Role::kTyped) {
    owner = label(*place.type);
  }
  const std::string name = owner + ": " + field->name;
  return has(name) ? name : "";
}

std::string DeclaredParameters::name_of_word(const TypeInfo& type, std::string_view word) const {
  const std::string name = fmt::format("{} = {}", label(type), word);
  return has(name) ? name : "";
}

}  // namespace highwater::testing
