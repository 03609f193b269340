#include "viewer/session/mentions.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "engine/scenario/references.h"

namespace highwater::viewer {
namespace {

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

/// Whether a text is the name, or that of one of its instances.
bool is_of(std::string_view text, std::string_view component) {
  if (!text.starts_with(component)) return false;
  return text.size() == component.size() || text[component.size()] == '[';
}

/// Where in the target of a fault the name stands: between ends and blanks, "[" and "->".
std::vector<std::size_t> places_in_target(std::string_view target, std::string_view component) {
  std::vector<std::size_t> places;
  for (std::size_t at = target.find(component); at != std::string_view::npos;
       at = target.find(component, at + 1)) {
    const std::string_view before = target.substr(0, at);
    const std::string_view behind = target.substr(at + component.size());
    const bool begins =
        before.empty() || !is_name_character(before.back()) || before.ends_with("->");
    const bool inside = std::count(before.begin(), before.end(), '[') >
                        std::count(before.begin(), before.end(), ']');
    const bool ends =
        behind.empty() || !is_name_character(behind.front()) || behind.starts_with("->");
    if (begins && ends && !inside) places.push_back(at);
  }
  return places;
}

/// Whether an objective or a condition is about the component.
bool measures(std::string_view text, std::string_view component) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  text.remove_prefix(begin);
  return text.starts_with(component) && text.size() > component.size() &&
         text[component.size()] == '.';
}

class Finder {
 public:
  Finder(const Value& root, const Language& language, std::string_view component)
      : root_(root), guide_(language), component_(component) {}

  std::vector<Mention> find() {
    for (const NamedComponent& named : components_named(guide_, guide_.root(), root_, ""))
      if (named.value->text() == component_)
        found_.push_back({Mention::Form::name, path_of(named.path), named.relation});
    faults();
    objectives();
    routes();
    return std::move(found_);
  }

 private:
  void faults() {
    const Value* const faults = root_.find("faults");
    if (faults == nullptr || !faults->is_array()) return;
    for (std::size_t i = 0; i < faults->elements().size(); ++i) {
      const Value& fault = faults->elements()[i];
      if (!fault.is_object()) continue;
      for (const Value::Member& member : fault.members()) {
        if (!member.value.is_string()) continue;
        const std::string& text = member.value.text();
        const JsonPath path{"faults", std::to_string(i), member.key};
        if (find_kind(guide_.language().faults, member.key) != nullptr &&
            !places_in_target(text, component_).empty())
          found_.push_back({Mention::Form::target, path, {}});
        else if (member.key == "when" && measures(text, component_))
          found_.push_back({Mention::Form::measured, path, {}});
      }
    }
  }

  void objectives() {
    const Value* const objectives = root_.find("objectives");
    if (objectives == nullptr || !objectives->is_array()) return;
    for (std::size_t i = 0; i < objectives->elements().size(); ++i) {
      const Value& objective = objectives->elements()[i];
      if (objective.is_string() && measures(objective.text(), component_))
        found_.push_back({Mention::Form::measured, {"objectives", std::to_string(i)}, {}});
    }
  }

  /// Weights and the like, of those that route to it.
  void routes() {
    std::vector<std::string> routers;
    for (const Mention& mention : found_)
      if (mention.form == Mention::Form::name && mention.relation == Relation::route &&
          mention.path.size() > 2 && mention.path.front() == "components")
        routers.push_back(mention.path[1]);
    routers.erase(std::unique(routers.begin(), routers.end()), routers.end());
    for (const std::string& router : routers) {
      const JsonPath path{"components", router};
      const Value* const value = find_value(root_, path);
      if (value == nullptr || !value->is_object()) continue;
      for (const FieldInfo& field : guide_.fields(place_at(root_, guide_, path), *value)) {
        const Value* const said = value->find(field.name);
        if (said != nullptr && field.name != "zones") words_in(field, *said, router);
      }
    }
  }

  void words_in(const FieldInfo& field, const Value& said, const std::string& router) {
    const TypeInfo& type = field.type();
    if (type.shape == Shape::kMap && said.is_object()) {
      for (const Value::Member& member : said.members())
        if (is_of(member.key, component_))
          found_.push_back(
              {Mention::Form::key, {"components", router, field.name, member.key}, {}});
    } else if (type.shape == Shape::kList && said.is_array() &&
               type.element().shape == Shape::kQuantity && type.element().name != "component") {
      for (std::size_t i = 0; i < said.elements().size(); ++i)
        if (said.elements()[i].is_string() && is_of(said.elements()[i].text(), component_))
          found_.push_back(
              {Mention::Form::instance, {"components", router, field.name, std::to_string(i)}, {}});
    }
  }

  const Value& root_;
  Guide guide_;
  std::string_view component_;
  std::vector<Mention> found_;
};

/// Calls `take(number, begin, end)` for every "faults[number]" of a text.
void for_each_fault(std::string_view text,
                    const std::function<void(std::size_t, std::size_t, std::size_t)>& take) {
  constexpr std::string_view kWord = "faults[";
  for (std::size_t at = text.find(kWord); at != std::string_view::npos;
       at = text.find(kWord, at + 1)) {
    const std::size_t begin = at + kWord.size();
    std::size_t number = 0;
    const auto [end, error] =
        std::from_chars(text.data() + begin, text.data() + text.size(), number);
    if (error == std::errc() && end != text.data() + text.size() && *end == ']')
      take(number, begin, static_cast<std::size_t>(end - text.data()));
  }
}

}  // namespace

std::vector<Mention> mentions_of(const Value& root, const Language& language,
                                 std::string_view component) {
  return Finder(root, language, component).find();
}

std::string renamed(const Mention& mention, const std::string& text, std::string_view component,
                    const std::string& name) {
  std::string result = text;
  std::vector<std::size_t> places;
  switch (mention.form) {
    case Mention::Form::name:
    case Mention::Form::instance:
    case Mention::Form::key:
      places = {0};
      break;
    case Mention::Form::target:
      places = places_in_target(text, component);
      break;
    case Mention::Form::measured:
      places = {text.find_first_not_of(" \t")};
      break;
  }
  for (auto place = places.rbegin(); place != places.rend(); ++place)
    result.replace(*place, component.size(), name);
  return result;
}

Place place_at(const Value& root, const Guide& guide, const JsonPath& path) {
  Place place = guide.root();
  const Value* value = &root;
  for (const std::string& step : path) {
    if (value == nullptr) return {};
    place = value->is_array() ? guide.element(place) : guide.member(place, *value, step);
    value = find_value(*value, {step});
  }
  return place;
}

JsonPath what_goes_with(const Value& root, const Language& language, JsonPath path) {
  const Guide guide(language);
  const std::size_t least = !path.empty() && path.front() == "components" ? 3 : 2;
  while (path.size() > least) {
    const JsonPath around(path.begin(), path.end() - 1);
    const Value* const parent = find_value(root, around);
    if (parent == nullptr || !parent->is_object()) return path;
    const Place place = place_at(root, guide, around);
    const FieldInfo* const field = guide.field(place, *parent, path.back());
    if (field == nullptr) return path;
    const std::vector<std::string> verbs = guide.verbs(place);
    const bool chooses = std::find(verbs.begin(), verbs.end(), path.back()) != verbs.end();
    const bool shorthand = place.type != nullptr && place.type->bare_field == path.back();
    if (!field->required && !chooses && !shorthand) return path;
    path.pop_back();
  }
  return path;
}

std::string words_of(const Value& root, const JsonPath& path) {
  std::string words;
  const Value* value = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool element = value != nullptr && value->is_array();
    const bool plain =
        !path[i].empty() && std::all_of(path[i].begin(), path[i].end(), is_name_character);
    if (element)
      words += "[" + path[i] + "]";
    else if (!plain)
      words += "[" + quoted(path[i]) + "]";
    else if (i > 0 || path[i] != "components" || path.size() == 1)
      words += (words.empty() ? "" : ".") + path[i];
    if (value != nullptr) value = find_value(*value, {path[i]});
  }
  return words;
}

std::vector<std::size_t> faults_named(std::string_view text) {
  std::vector<std::size_t> numbers;
  for_each_fault(text,
                 [&](std::size_t number, std::size_t, std::size_t) { numbers.push_back(number); });
  return numbers;
}

std::string with_other_faults(std::string_view text,
                              const std::function<std::size_t(std::size_t)>& other) {
  std::string result;
  std::size_t copied = 0;
  for_each_fault(text, [&](std::size_t number, std::size_t begin, std::size_t end) {
    result += text.substr(copied, begin - copied);
    result += fmt::format("{}", other(number));
    copied = end;
  });
  result += text.substr(copied);
  return result;
}

}  // namespace highwater::viewer
