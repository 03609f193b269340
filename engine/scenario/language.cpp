#include "engine/scenario/language.h"

#include <algorithm>
#include <utility>

#include "engine/scenario/network_params.h"
#include "engine/scenario/run_params.h"

namespace highwater {
namespace {

// Of the top level only what has a type of its own is declared here; components, faults and
// objectives get theirs from the language.
struct Sections {
  std::uint64_t highwater = kFormatVersion;
  std::optional<std::string> extends;
  std::optional<std::string> name;
  std::string description;
  std::string currency{kDefaultCurrency};
  RunParams run;
  NetworkParams network;
  OrderedMap<std::string> components;
  std::vector<std::string> faults;
  std::vector<std::string> objectives;

  static constexpr std::string_view type_name = "scenario";
  static constexpr auto fields() {
    return Fields{
        field<&Sections::highwater>("Version of the scenario format.").at_least(1).at_most(1),
        field<&Sections::extends>("A scenario file that this one is laid over as a merge patch "
                                  "(RFC 7396); relative to this file.")
            .source("RFC 7396"),
        field<&Sections::name>("Name of the scenario; that of the file unless given."),
        field<&Sections::description>("What the scenario is about."),
        field<&Sections::currency>("What prices are in; only shown."),
        field<&Sections::run>("How long, how often, from which seed."),
        field<&Sections::network>("Zones and the delays between them; none unless given."),
        field<&Sections::components>("The parts of the system, by name.").required().at_least(1),
        field<&Sections::faults>("What breaks, and when."),
        field<&Sections::objectives>("What must hold, such as \"users.latency.p99 < 250ms\"."),
    };
  }
};

}  // namespace

const KindInfo* find_kind(const std::vector<KindInfo>& kinds, std::string_view name) {
  for (const KindInfo& kind : kinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

std::vector<std::string> names_of(const std::vector<KindInfo>& kinds) {
  std::vector<std::string> names;
  for (const KindInfo& kind : kinds) names.push_back(kind.name);
  return names;
}

std::vector<FieldInfo> engine_sections() {
  return table_of<Sections>();
}

void Language::add(SectionInfo section) {
  FieldInfo field;
  field.name = section.info.name;
  field.doc = section.info.summary;
  field.source = section.info.source;
  field.type = section.info.type;
  // Before what it says something about.
  const auto components = std::find_if(
      top.begin(), top.end(), [](const FieldInfo& one) { return one.name == "components"; });
  top.insert(components, std::move(field));
  sections.push_back(std::move(section));
}

const std::vector<FieldInfo>* Guide::alternative_fields(Place place, const Value& object,
                                                        std::string_view key) const {
  // The alternative whose verb the object has; else the one whose verb `key` is.
  if (place.role == Place::Role::kFault) {
    for (const KindInfo& verb : language_->faults)
      if (object.find(verb.name) != nullptr) return &verb.fields();
    const KindInfo* verb = find_kind(language_->faults, key);
    return verb == nullptr ? nullptr : &verb->fields();
  }
  for (const AlternativeInfo& alternative : place.type->alternatives)
    if (object.find(alternative.verb) != nullptr) return &alternative.fields;
  const AlternativeInfo* alternative = find_alternative(*place.type, key);
  return alternative == nullptr ? nullptr : &alternative->fields;
}

const FieldInfo* Guide::field(Place place, const Value& object, std::string_view key) const {
  if (place.role == Place::Role::kRoot) return find_field(language_->top, key);
  if (place.role == Place::Role::kComponent) {
    const Value* name = object.find("kind");
    const KindInfo* kind =
        name != nullptr && name->is_string() ? find_kind(language_->kinds, name->text()) : nullptr;
    return kind == nullptr ? nullptr : find_field(kind->fields(), key);
  }
  if (is_one_of(place)) {
    // A verb always means itself, even beside another one that is about to be replaced.
    if (place.role == Place::Role::kFault) {
      if (const KindInfo* verb = find_kind(language_->faults, key))
        return find_field(verb->fields(), key);
    } else if (const AlternativeInfo* alternative = find_alternative(*place.type, key)) {
      return &alternative->fields.front();
    }
    const std::vector<FieldInfo>* fields = alternative_fields(place, object, key);
    return fields == nullptr ? nullptr : find_field(*fields, key);
  }
  if (place.role == Place::Role::kTyped && place.type->shape == Shape::kStruct)
    return find_field(place.type->fields, key);
  return nullptr;
}

Place Guide::member(Place place, const Value& object, std::string_view key) const {
  using Role = Place::Role;
  if (place.role == Role::kRoot) {
    if (key == "components") return {Role::kComponents, nullptr};
    if (key == "faults") return {Role::kFaults, nullptr};
  }
  if (place.role == Role::kComponents) return {Role::kComponent, nullptr};
  if (place.role == Role::kTyped && place.type->shape == Shape::kMap)
    return {Role::kTyped, &place.type->element()};
  const FieldInfo* found = field(place, object, key);
  if (found == nullptr) return {};
  return {Role::kTyped, &found->type()};
}

Place Guide::element(Place place) const {
  if (place.role == Place::Role::kFaults) return {Place::Role::kFault, nullptr};
  if (place.role == Place::Role::kTyped && place.type->shape == Shape::kList)
    return {Place::Role::kTyped, &place.type->element()};
  // A bare list may stand for a struct: an endpoint that is only its steps.
  if (place.role == Place::Role::kTyped && place.type->bare != nullptr)
    return element({Place::Role::kTyped, &place.type->bare()});
  return {};
}

std::vector<FieldInfo> Guide::fields(Place place, const Value& object) const {
  using Role = Place::Role;
  if (place.role == Role::kRoot) return language_->top;
  if (place.role == Role::kComponent) {
    const Value* name = object.find("kind");
    const KindInfo* kind =
        name != nullptr && name->is_string() ? find_kind(language_->kinds, name->text()) : nullptr;
    return kind == nullptr ? std::vector<FieldInfo>{} : kind->fields();
  }
  if (is_one_of(place)) {
    const std::vector<FieldInfo>* chosen = alternative_fields(place, object, "");
    if (chosen != nullptr) return *chosen;
    std::vector<FieldInfo> verbs;
    if (place.role == Role::kFault) {
      for (const KindInfo& verb : language_->faults)
        verbs.push_back(*find_field(verb.fields(), verb.name));
    } else {
      for (const AlternativeInfo& alternative : place.type->alternatives)
        verbs.push_back(alternative.fields.front());
    }
    return verbs;
  }
  if (place.role == Role::kTyped && place.type->shape == Shape::kStruct) return place.type->fields;
  return {};
}

std::vector<std::string> Guide::keys(Place place, const Value& object) const {
  std::vector<std::string> names;
  if (place.role == Place::Role::kComponent) names.push_back("kind");
  for (const FieldInfo& field : fields(place, object)) names.push_back(field.name);
  if (is_one_of(place)) {
    for (const std::string& verb : verbs(place)) {
      bool listed = false;
      for (const std::string& name : names) listed |= name == verb;
      if (!listed) names.push_back(verb);
    }
  }
  return names;
}

bool Guide::is_one_of(Place place) const {
  return place.role == Place::Role::kFault ||
         (place.role == Place::Role::kTyped && place.type->shape == Shape::kOneOf);
}

bool Guide::has_free_keys(Place place) const {
  return place.role == Place::Role::kComponents ||
         (place.role == Place::Role::kTyped && place.type->shape == Shape::kMap);
}

std::vector<std::string> Guide::verbs(Place place) const {
  if (place.role == Place::Role::kFault) return names_of(language_->faults);
  std::vector<std::string> names;
  if (is_one_of(place))
    for (const AlternativeInfo& alternative : place.type->alternatives)
      names.push_back(alternative.verb);
  return names;
}

}  // namespace highwater
