#include "viewer/session/scenario_edits.h"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "engine/describe/quantity.h"
#include "engine/scenario/run_params.h"

namespace highwater::viewer {
namespace {

constexpr std::size_t kMostSaid = 12;  // things that went, before the rest is only counted

const Value* components_of(const Value& root) {
  const Value* const components = root.find("components");
  return components != nullptr && components->is_object() ? components : nullptr;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), kMostSaid); ++i)
    text += (text.empty() ? "" : ", ") + words[i];
  if (words.size() > kMostSaid) text += fmt::format(" and {} more", words.size() - kMostSaid);
  return text;
}

/// The example in "a duration with a unit, such as "40ms"".
std::optional<Value> example_in(const std::string& expects) {
  constexpr std::string_view kWords = "such as ";
  const std::size_t at = expects.find(kWords);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(expects).substr(at + kWords.size());
  if (rest.starts_with('"')) {
    const std::size_t end = rest.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    return Value::string(std::string(rest.substr(1, end - 1)));
  }
  return parse_json_value(rest.substr(0, rest.find_first_not_of("0123456789.")));
}

/// Makes values for parameters that cannot be left out.
class ValueMaker {
 public:
  ValueMaker(const Value& root, const EditGround& ground) : root_(root), ground_(ground) {}

  Value object_of(const std::vector<FieldInfo>& fields) {
    return with_required(fields, nullptr, -1);
  }

  std::optional<Value> of(const FieldInfo& field) { return of(field, 0); }
  std::optional<Value> of_element(const TypeInfo& type, const FieldInfo& field) {
    return of(type, field, 0);
  }
  Value form_of(const AlternativeInfo& form) {
    return with_required(form.fields, &form.fields.front(), -1);
  }

 private:
  static constexpr int kDeepest = 6;  // chosen: steps hold steps

  std::optional<Value> of(const FieldInfo& field, int depth) {
    const TypeInfo& type = field.type();
    const bool some = field.min_json && *field.min_json != "0";
    if (type.shape == Shape::kList || type.shape == Shape::kMap) {
      Value value = type.shape == Shape::kList ? Value::array() : Value::object();
      if (!some) return value;
      auto element = of(type.element(), field, depth + 1);
      if (!element) return value;
      if (type.shape == Shape::kList)
        value.push(std::move(*element));
      else
        value.set("default", std::move(*element));
      return value;
    }
    return of(type, field, depth);
  }

  std::optional<Value> of(const TypeInfo& type, const FieldInfo& field, int depth) {
    if (depth > kDeepest) return std::nullopt;
    if (field.default_json) return parse_json_value(*field.default_json);
    switch (type.shape) {
      case Shape::kQuantity:
        return quantity(type, field);
      case Shape::kWords:
        return Value::string(type.words.front().word);
      case Shape::kStruct:
        if (type.bare != nullptr && type.bare().name == "component")
          return quantity(type.bare(), field);
        return with_required(type.fields, nullptr, depth);
      case Shape::kOneOf: {
        if (type.bare != nullptr)
          if (auto example = example_in(type.expects)) return example;
        const std::vector<FieldInfo>& fields = type.alternatives.front().fields;
        return with_required(fields, &fields.front(), depth);
      }
      case Shape::kList:
        return Value::array();
      case Shape::kMap:
        return Value::object();
    }
    return std::nullopt;
  }

  Value with_required(const std::vector<FieldInfo>& fields, const FieldInfo* verb, int depth) {
    Value object = Value::object();
    for (const FieldInfo& field : fields)
      if (field.required || &field == verb)
        if (auto value = of(field, depth + 1)) object.set(field.name, std::move(*value));
    return object;
  }

  std::optional<Value> quantity(const TypeInfo& type, const FieldInfo& field) {
    if (type.name == "component") return component(field);
    if (auto example = example_in(type.expects)) return example;
    if (type.numbers != Numbers::kNone)
      return field.min_json ? parse_json_value(*field.min_json) : Value::whole(1);
    return Value::string("default");
  }

  /// The last one that may be used so: what was added lately is what one is about to connect.
  std::optional<Value> component(const FieldInfo& field) {
    const Value* const components =
        components_of(ground_.merged != nullptr ? *ground_.merged : root_);
    if (components == nullptr) return std::nullopt;
    const Value::Members& members = components->members();
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
      const Value* const kind_name = member->value.find("kind");
      const KindInfo* const kind = kind_name != nullptr && kind_name->is_string()
                                       ? find_kind(ground_.language.kinds, kind_name->text())
                                       : nullptr;
      if (kind != nullptr && may_name(ground_.language, field, *kind))
        return Value::string(member->key);
    }
    return std::nullopt;
  }

  const Value& root_;
  const EditGround& ground_;
};

bool is_taken(const Value& root, const EditGround& ground, const std::string& name) {
  if (find_field(ground.language.top, name) != nullptr) return true;
  for (const Value* one : {&root, ground.merged}) {
    const Value* const components = one != nullptr ? components_of(*one) : nullptr;
    if (components != nullptr && components->find(name) != nullptr) return true;
  }
  return false;
}

/// Why a component may not be called so; nothing where it may.
std::optional<std::string> bad_name(const Value& root, const EditGround& ground,
                                    const std::string& name) {
  if (!is_component_id(name))
    return fmt::format(
        "{} cannot be the name of a component: a letter, then letters, digits, \"_\" and \"-\"",
        in_quotes(name));
  if (find_field(ground.language.top, name) != nullptr)
    return fmt::format("a component may not be called {}, like a section", in_quotes(name));
  if (is_taken(root, ground, name))
    return fmt::format("there is a component {} already", in_quotes(name));
  return std::nullopt;
}

/// A list of steps within a step, which are done when the step itself comes to nothing.
std::optional<JsonPath> steps_instead(const Value& root, const Guide& guide, const JsonPath& step) {
  const Place place = place_at(root, guide, step);
  const Value* const value = find_value(root, step);
  if (!guide.is_one_of(place) || place.type == nullptr || value == nullptr || !value->is_object())
    return std::nullopt;
  for (const FieldInfo& field : guide.fields(place, *value)) {
    const TypeInfo& type = field.type();
    const Value* const said = value->find(field.name);
    if (type.shape != Shape::kList || &type.element() != place.type || said == nullptr ||
        !said->is_array())
      continue;
    JsonPath path = step;
    path.push_back(field.name);
    return path;
  }
  return std::nullopt;
}

bool is_within(const JsonPath& inner, const JsonPath& outer) {
  return inner.size() >= outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

/// Faults that go with others, since they wait for them.
void add_waiting(const Value& root, std::set<std::size_t>& going) {
  const Value* const faults = root.find("faults");
  if (faults == nullptr || !faults->is_array()) return;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < faults->elements().size(); ++i) {
      const Value* const when = faults->elements()[i].find("when");
      if (when == nullptr || !when->is_string()) continue;
      for (const std::size_t number : faults_named(when->text()))
        if (going.contains(number) && going.insert(i).second) more = true;
    }
  }
}

/// Sets the numbers of faults right, wherever they are named.
void renumber(ScenarioText& text, const std::function<std::size_t(std::size_t)>& other) {
  Value wanted = text.value();
  const auto set_right = [&](Value& value) {
    if (value.is_string()) value = Value::string(with_other_faults(value.text(), other));
  };
  if (Value* const faults = wanted.find("faults"); faults != nullptr && faults->is_array())
    for (Value& fault : faults->elements())
      if (Value* const when = fault.find("when")) set_right(*when);
  if (Value* const objectives = wanted.find("objectives");
      objectives != nullptr && objectives->is_array())
    for (Value& objective : objectives->elements()) set_right(objective);
  text.become(wanted);
}

/// Some kinds need one of several parameters, of which none is required by itself: the first that
/// will do.
Value with_one_more(const Value& component, const KindInfo& kind, ValueMaker& maker) {
  const auto is_right = [&](const Value& value) {
    Problems problems;
    kind.check(value, "", problems, {"kind"});
    return !problems.has_errors();
  };
  if (is_right(component)) return component;
  for (const FieldInfo& field : kind.fields()) {
    if (component.find(field.name) != nullptr) continue;
    auto value = maker.of(field);
    if (!value) continue;
    Value more = component;
    more.set(field.name, std::move(*value));
    if (is_right(more)) return more;
  }
  return component;
}

/// Takes what stands at those places out of a text that says `root`, and faults by their numbers
/// with all that speaks of them.
/// @return what that was, in the words of settings.
std::vector<std::string> take_out(ScenarioText& text, const Value& root, const Guide& guide,
                                  std::set<JsonPath> going, std::set<std::size_t> faults) {
  add_waiting(root, faults);
  const std::vector<std::size_t> removed(faults.begin(), faults.end());
  for (const std::size_t fault : removed) going.insert({"faults", std::to_string(fault)});
  const Value* const objectives = root.find("objectives");
  if (!removed.empty() && objectives != nullptr && objectives->is_array())
    for (std::size_t i = 0; i < objectives->elements().size(); ++i)
      if (objectives->elements()[i].is_string())
        for (const std::size_t number : faults_named(objectives->elements()[i].text()))
          if (faults.contains(number)) going.insert({"objectives", std::to_string(i)});

  // From the end of the text, so that what is still to go stands where it did.
  std::vector<JsonPath> paths;
  for (const JsonPath& path : going)
    if (std::none_of(going.begin(), going.end(), [&](const JsonPath& other) {
          return other != path && is_within(path, other);
        }))
      paths.push_back(path);
  std::sort(paths.begin(), paths.end(), [&](const JsonPath& a, const JsonPath& b) {
    return text.extent(a).value_or(std::pair<std::size_t, std::size_t>{}) <
           text.extent(b).value_or(std::pair<std::size_t, std::size_t>{});
  });
  std::vector<std::string> words;
  for (const JsonPath& path : paths) {
    const Value* const value = find_value(root, path);
    words.push_back(path.front() == "objectives" && value != nullptr && value->is_string()
                        ? in_quotes(value->text())
                        : words_of(root, path));
  }
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    const auto instead = steps_instead(root, guide, *path);
    if (!instead || !text.lift(*path, *instead)) text.remove(*path);
  }
  if (!removed.empty())
    renumber(text, [&](std::size_t number) {
      const auto gone = std::lower_bound(removed.begin(), removed.end(), number) - removed.begin();
      return number - static_cast<std::size_t>(gone);
    });
  return words;
}

/// A list of faults of which one goes, or two neighbours change places: others are called by other
/// numbers then. Nothing where it is otherwise.
std::optional<EditOutcome> set_faults(ScenarioText& text, const Value& root, const Guide& guide,
                                      const Value& wanted) {
  const JsonPath path{"faults"};
  const Value* const said = text.find(path);
  if (said == nullptr || !said->is_array() || !wanted.is_array()) return std::nullopt;
  const Value::Elements& now = said->elements();
  const Value::Elements& then = wanted.elements();
  if (const auto upper = moved_down(now, then)) {
    text.move_down(path, *upper);
    renumber(text, [&](std::size_t number) {
      return number == *upper ? number + 1 : number == *upper + 1 ? *upper : number;
    });
    return EditOutcome{true, ""};
  }
  const auto [here, there] = std::mismatch(now.begin(), now.end(), then.begin(), then.end());
  if (here == now.end() || !std::equal(here + 1, now.end(), there, then.end())) return std::nullopt;
  const auto gone = static_cast<std::size_t>(here - now.begin());
  const std::string own = fmt::format("faults[{}]", gone);
  std::vector<std::string> words = take_out(text, root, guide, {}, {gone});
  std::erase(words, own);
  return EditOutcome{true, words.empty() ? "" : "Gone with " + own + ": " + joined(words)};
}

}  // namespace

Value example_of(const AlternativeInfo& form, const Value& root, const EditGround& ground) {
  return ValueMaker(root, ground).form_of(form);
}

std::optional<Value> example_of(const FieldInfo& field, const Value& root,
                                const EditGround& ground) {
  return ValueMaker(root, ground).of(field);
}

std::optional<Value> example_of(const TypeInfo& element, const FieldInfo& field, const Value& root,
                                const EditGround& ground) {
  return ValueMaker(root, ground).of_element(element, field);
}

Value example_of(const FaultKind& fault, const std::string& target, const Value& root) {
  Value example = Value::object();
  example.set(fault.info.name, Value::string(target));
  Duration duration = RunParams{}.duration;
  const Value* const run = root.find("run");
  if (const Value* const said = run != nullptr ? run->find("duration") : nullptr) {
    Problems unread;
    Quantity<Duration>::read(*said, "", unread, duration);
  }
  example.set("at", Quantity<Duration>::write(duration / 2));
  const Value parameters = parameters_of(fault);
  for (const Value::Member& member : parameters.members()) example.set(member.key, member.value);
  return example;
}

Value parameters_of(const FaultKind& fault) {
  if (!fault.trials.empty())
    if (const auto trial = parse_json_value(fault.trials.front()); trial && trial->is_object())
      return *trial;
  return Value::object();
}

bool may_name(const Language& language, const FieldInfo& field, const KindInfo& kind) {
  // A field that is called like a kind names nothing else: `topic`, `cluster`, the step `cache`.
  if (find_kind(language.kinds, field.name) != nullptr && field.name != kind.name) return false;
  switch (field.relation) {
    case Relation::call:
    case Relation::route:
      return kind.callable;
    case Relation::publish:
      return kind.publishable;
    case Relation::consume:
      return kind.consumable;
    case Relation::share:
      return true;  // of which kind, only the component that says so knows
    case Relation::host:
      return kind.hosting;
  }
  return false;  // no other value exists; compilers cannot know
}

std::string extended_by(const Value& root) {
  const Value* const extends = root.find("extends");
  return extends != nullptr && extends->is_string() ? extends->text() : "";
}

Value with_kinds(const Value& root, const EditGround& ground) {
  Value result = root;
  const Value* const all = ground.merged != nullptr ? components_of(*ground.merged) : nullptr;
  Value* const own = result.find("components");
  if (all == nullptr || own == nullptr || !own->is_object()) return result;
  for (Value::Member& member : own->members()) {
    const Value* const known = all->find(member.key);
    const Value* const kind = known != nullptr ? known->find("kind") : nullptr;
    if (kind != nullptr && member.value.is_object() && member.value.find("kind") == nullptr)
      member.value.set("kind", *kind);
  }
  return result;
}

std::optional<std::string> not_here(const Value& root, const EditGround& ground,
                                    const std::string& name) {
  const Value* const own = components_of(root);
  const Value* const all = ground.merged != nullptr ? components_of(*ground.merged) : own;
  const bool here = own != nullptr && own->find(name) != nullptr;
  const bool there = all != nullptr && all->find(name) != nullptr;
  if (!here && !there) return fmt::format("there is no component {}", in_quotes(name));
  // What is laid over another file's component says no kind of its own.
  if (here && (ground.merged == nullptr || own->find(name)->find("kind") != nullptr))
    return std::nullopt;
  return fmt::format("{} stands in {}, which this file extends: open that to change it",
                     in_quotes(name), file_in_quotes(extended_by(root)));
}

std::string free_name(const Value& root, const EditGround& ground, const std::string& kind) {
  std::string base = kind;
  std::replace(base.begin(), base.end(), '_', '-');
  std::string name = base;
  for (std::size_t number = 2; is_taken(root, ground, name); ++number)
    name = fmt::format("{}-{}", base, number);
  return name;
}

EditOutcome add_component(ScenarioText& text, const EditGround& ground, const std::string& kind,
                          const std::string& name) {
  const KindInfo* const info = find_kind(ground.language.kinds, kind);
  if (info == nullptr) return {false, fmt::format("there is no kind {}", in_quotes(kind))};
  if (auto fault = bad_name(text.value(), ground, name)) return {false, *fault};
  Value component = Value::object();
  component.set("kind", Value::string(kind));
  ValueMaker maker(text.value(), ground);
  Value required = maker.object_of(info->fields());
  for (Value::Member& member : required.members())
    component.set(member.key, std::move(member.value));
  component = with_one_more(component, *info, maker);
  if (!text.set({"components", name}, component))
    return {false, "\"components\" is no object: mend that in the text first"};
  return {true, ""};
}

std::vector<std::string> take_out(ScenarioText& text, const EditGround& ground,
                                  const std::string& name,
                                  const std::function<bool(const Mention&)>& concerns) {
  const Value root = with_kinds(text.value(), ground);
  const Guide guide(ground.language);
  std::set<std::size_t> faults;
  std::set<JsonPath> going;
  for (const Mention& mention : mentions_of(root, ground.language, name)) {
    if (!concerns(mention)) continue;
    JsonPath path = what_goes_with(root, ground.language, mention.path);
    // Those of a list, counted in it.
    if (path.front() == "faults" && path.size() > 1 && root.find("faults")->is_array())
      faults.insert(std::stoul(path[1]));
    else
      going.insert(std::move(path));
  }
  return take_out(text, root, guide, std::move(going), std::move(faults));
}

EditOutcome remove_component(ScenarioText& text, const EditGround& ground,
                             const std::string& name) {
  if (auto reason = not_here(text.value(), ground, name)) return {false, *reason};
  const JsonPath own{"components", name};
  const std::vector<std::string> words = take_out(
      text, ground, name, [&](const Mention& mention) { return !is_within(mention.path, own); });
  text.remove(own);
  return {true, words.empty() ? "" : "Gone with " + name + ": " + joined(words)};
}

EditOutcome rename_component(ScenarioText& text, const EditGround& ground, const std::string& from,
                             const std::string& to) {
  if (auto reason = not_here(text.value(), ground, from)) return {false, *reason};
  if (from == to) return {true, ""};
  if (auto fault = bad_name(text.value(), ground, to)) return {false, *fault};
  const Value root = with_kinds(text.value(), ground);
  std::vector<Mention> mentions = mentions_of(root, ground.language, from);
  // Keys last, the innermost first: they are part of the ways to what is below them.
  std::stable_partition(mentions.begin(), mentions.end(),
                        [](const Mention& mention) { return mention.form != Mention::Form::key; });
  for (const Mention& mention : mentions) {
    if (mention.form == Mention::Form::key) {
      text.rename(mention.path, renamed(mention, mention.path.back(), from, to));
    } else {
      const std::string& before = text.find(mention.path)->text();
      text.set(mention.path, Value::string(renamed(mention, before, from, to)));
    }
  }
  text.rename({"components", from}, to);
  return {true, mentions.empty() ? ""
                                 : fmt::format("{} {} it: they say {} now", mentions.size(),
                                               mentions.size() == 1 ? "place names" : "places name",
                                               in_quotes(to))};
}

EditOutcome set_parameter(ScenarioText& text, const EditGround& ground,
                          const std::string& component, const std::string& path,
                          const std::string& value) {
  JsonPath steps;
  if (!component.empty()) steps = {"components", component};
  const Value* const own = text.find(steps);
  if (own == nullptr && ground.merged == nullptr)
    return {false, fmt::format("there is no component {}", in_quotes(component))};
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('.', at), path.size());
    steps.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  std::optional<Value> said;
  if (!value.empty()) {
    said = parse_json_value(value);
    if (!said) said = Value::string(value);
  }
  const JsonPath around(steps.begin(), steps.end() - 1);
  const Value root = with_kinds(text.value(), ground);
  const Guide guide(ground.language);
  if (component.empty() && path == "faults" && said)
    if (auto outcome = set_faults(text, root, guide, *said)) {
      if (const Value* const left = text.find(steps);
          ground.merged == nullptr && left != nullptr && left->elements().empty())
        text.remove(steps);
      return *outcome;
    }
  if (const Value* const object = find_value(root, around); object != nullptr && said) {
    const FieldInfo* const field =
        guide.field(place_at(root, guide, around), *object, steps.back());
    if (ground.merged == nullptr && field != nullptr && field->default_json &&
        write_json_line(*said) == *field->default_json)
      said.reset();
  }
  if (!said) {
    if (text.remove(steps) || ground.merged == nullptr) return {true, ""};
    return {false, fmt::format("{}.{} stands in {}, which this file extends: say what it is "
                               "instead, or open that file",
                               component, path, file_in_quotes(extended_by(text.value())))};
  }
  if (text.say(steps, *said)) return {true, ""};
  return {false, fmt::format("{} is no object: write it in the text", words_of(root, around))};
}

}  // namespace highwater::viewer
