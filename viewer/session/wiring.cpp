#include "viewer/session/wiring.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace highwater::viewer {
namespace {

const KindInfo* kind_of(const Value& root, const EditGround& ground, const std::string& name) {
  const Value* kind = find_value(root, {"components", name, "kind"});
  if (kind == nullptr && ground.merged != nullptr)
    kind = find_value(*ground.merged, {"components", name, "kind"});
  return kind != nullptr && kind->is_string() ? find_kind(ground.language.kinds, kind->text())
                                              : nullptr;
}

bool names_components(const TypeInfo& type) {
  return type.name == "component" || (type.bare != nullptr && type.bare().name == "component");
}

/// A list of steps, or a map of such lists: the one-of that their elements are.
const TypeInfo* steps_in(const TypeInfo& type) {
  if (type.shape == Shape::kList && type.element().shape == Shape::kOneOf) return &type.element();
  return nullptr;
}
const TypeInfo* endpoints_in(const TypeInfo& type) {
  if (type.shape != Shape::kMap || type.element().bare == nullptr) return nullptr;
  return steps_in(type.element().bare());
}

class Finder {
 public:
  Finder(const Value& root, const EditGround& ground, const std::string& from, const KindInfo& user,
         const std::string& to, const KindInfo& used)
      : root_(root), ground_(ground), from_(from), user_(user), to_(to), used_(used) {
    own_ = find_value(root_, {"components", from_});
    all_ = ground_.merged != nullptr ? find_value(*ground_.merged, {"components", from_}) : own_;
  }

  std::vector<Way> find() {
    for (const FieldInfo& field : user_.fields()) {
      const TypeInfo& type = field.type();
      if (names_components(type))
        one(field);
      else if (type.shape == Shape::kList && names_components(type.element()))
        list(field);
    }
    for (const FieldInfo& field : user_.fields()) {
      if (const TypeInfo* const step = steps_in(field.type())) steps(field, *step);
      if (const TypeInfo* const step = endpoints_in(field.type())) endpoints(field, *step);
    }
    consumed();
    return std::move(ways_);
  }

  /// What was found, but says so already.
  const std::string& already() const { return already_; }
  bool names_anything() const { return names_anything_; }

 private:
  bool fits(const FieldInfo& field) {
    names_anything_ = true;
    return may_name(ground_.language, field, used_) &&
           (field.relation != Relation::share || user_.name == used_.name);
  }
  const Value* said(const Value* object, const std::string& name) const {
    return object != nullptr && object->is_object() ? object->find(name) : nullptr;
  }
  /// Whether another file has it, which lists cannot be added to from here.
  bool elsewhere(const std::string& name) const {
    return said(own_, name) == nullptr && said(all_, name) != nullptr;
  }

  void one(const FieldInfo& field) {
    if (!fits(field)) return;
    const TypeInfo& type = field.type();
    const Value* const now = said(all_, field.name);
    JsonPath path{"components", from_, field.name};
    const Value* named = now;
    if (now != nullptr && now->is_object()) {
      path.push_back(type.bare_field);
      named = now->find(type.bare_field);
    }
    const bool is_named = named != nullptr && named->is_string();
    if (is_named && named->text() == to_) {
      already_ = field.name;
      return;
    }
    ways_.push_back(
        {is_named ? fmt::format("{}: instead of {}", field.name, named->text()) : field.name,
         std::move(path),
         false,
         Value::string(to_),
         {}});
  }

  void list(const FieldInfo& field) {
    if (!fits(field) || elsewhere(field.name)) return;
    const Value* const now = said(own_, field.name);
    const JsonPath path{"components", from_, field.name};
    if (now == nullptr || !now->is_array()) {
      ways_.push_back({field.name, path, false, Value::array({Value::string(to_)}), {}});
      return;
    }
    for (const Value& element : now->elements())
      if (element.is_string() && element.text() == to_) {
        already_ = field.name;
        return;
      }
    ways_.push_back({field.name, path, true, Value::string(to_), {}});
  }

  /// The steps that name it: {"call": "db"}, {"publish": "mails"}.
  std::vector<std::string> verbs(const TypeInfo& step) {
    std::vector<std::string> fitting;
    for (const AlternativeInfo& alternative : step.alternatives)
      if (names_components(alternative.fields.front().type()) && fits(alternative.fields.front()))
        fitting.push_back(alternative.verb);
    // Whatever can be asked as what it is should be.
    std::stable_partition(fitting.begin(), fitting.end(),
                          [&](const std::string& verb) { return verb == used_.name; });
    return fitting;
  }
  Value step_of(const std::string& verb) const {
    Value step = Value::object();
    step.set(verb, Value::string(to_));
    return step;
  }

  void steps(const FieldInfo& field, const TypeInfo& step) {
    if (elsewhere(field.name)) return;
    const Value* const now = said(own_, field.name);
    const JsonPath path{"components", from_, field.name};
    for (const std::string& verb : verbs(step)) {
      const std::string words = fmt::format("{}: {}", field.name, verb);
      if (now != nullptr && now->is_array())
        ways_.push_back({words, path, true, step_of(verb), {}});
      else if (now == nullptr)
        ways_.push_back({words, path, false, Value::array({step_of(verb)}), {}});
    }
  }

  void endpoints(const FieldInfo& field, const TypeInfo& step) {
    if (elsewhere(field.name)) return;
    const Value* const now = said(own_, field.name);
    const std::vector<std::string> fitting = verbs(step);
    if (now == nullptr || !now->is_object() || now->members().empty()) {
      for (const std::string& verb : fitting) first_endpoint(field, verb);
      return;
    }
    for (const Value::Member& endpoint : now->members()) {
      JsonPath path{"components", from_, field.name, endpoint.key};
      const std::string& inner = field.type().element().bare_field;
      if (endpoint.value.is_object()) path.push_back(inner);
      const Value* const list = find_value(root_, path);
      if (list == nullptr || !list->is_array()) continue;
      for (const std::string& verb : fitting)
        ways_.push_back({fmt::format("{}: {}", endpoint.key, verb), path, true, step_of(verb), {}});
    }
  }

  /// A service that only took its time does so as a step now, and then the new one.
  void first_endpoint(const FieldInfo& field, const std::string& verb) {
    Value steps = Value::array();
    JsonPath left_out;
    const Value* const time = said(all_, "service_time");
    if (time != nullptr && said(own_, "service_time") == nullptr) return;
    if (time != nullptr) {
      Value compute = Value::object();
      compute.set("compute", *time);
      steps.push(std::move(compute));
      left_out = {"components", from_, "service_time"};
    }
    steps.push(step_of(verb));
    Value endpoints = Value::object();
    endpoints.set("*", std::move(steps));
    ways_.push_back({fmt::format("{} \"*\": {}", field.name, verb),
                     {"components", from_, field.name},
                     false,
                     std::move(endpoints),
                     std::move(left_out)});
  }

  /// Messages go from a topic to whoever says that he takes them.
  void consumed() {
    for (const FieldInfo& field : used_.fields()) {
      if (field.relation != Relation::consume || !names_components(field.type()) ||
          !may_name(ground_.language, field, user_))
        continue;
      names_anything_ = true;
      const JsonPath path{"components", to_, field.name};
      const Value* now = find_value(root_, path);
      if (now == nullptr && ground_.merged != nullptr) now = find_value(*ground_.merged, path);
      if (now != nullptr && now->is_string() && now->text() == from_) {
        already_ = field.name + " of " + to_;
        continue;
      }
      ways_.push_back(
          {fmt::format("{} of {}", field.name, to_), path, false, Value::string(from_), {}});
    }
  }

  const Value& root_;
  const EditGround& ground_;
  const std::string& from_;
  const KindInfo& user_;
  const std::string& to_;
  const KindInfo& used_;
  const Value* own_ = nullptr;
  const Value* all_ = nullptr;
  std::vector<Way> ways_;
  std::string already_;
  bool names_anything_ = false;
};

}  // namespace

std::vector<Way> ways_between(const Value& root, const EditGround& ground, const std::string& from,
                              const std::string& to, std::string& why) {
  const KindInfo* const user = kind_of(root, ground, from);
  const KindInfo* const used = kind_of(root, ground, to);
  if (user == nullptr || used == nullptr) {
    why = fmt::format("the kind of {} is not known", in_quotes(user == nullptr ? from : to));
    return {};
  }
  if (from == to) {
    why = "a component cannot be connected with itself";
    return {};
  }
  Finder finder(root, ground, from, *user, to, *used);
  std::vector<Way> ways = finder.find();
  if (!ways.empty()) return ways;
  if (!finder.already().empty())
    why = fmt::format("they are connected: {} says so", finder.already());
  else if (!finder.names_anything())
    why = fmt::format("{} is of kind {}, which calls nothing", in_quotes(from), user->name);
  else
    why = fmt::format("nothing of {}, a {}, can name {}, a {}", in_quotes(from), user->name,
                      in_quotes(to), used->name);
  return ways;
}

EditOutcome connect(ScenarioText& text, const Way& way) {
  if (!way.left_out.empty()) text.remove(way.left_out);
  const bool done = way.appends ? text.append(way.path, way.value) : text.set(way.path, way.value);
  if (!done)
    return {false, fmt::format("{} is written so that it cannot be added to: do it in the text",
                               words_of(text.value(), way.path))};
  return {true, ""};
}

EditOutcome disconnect(ScenarioText& text, const EditGround& ground, const std::string& from,
                       const std::string& to) {
  const auto is_of = [](const Mention& mention, const std::string& component) {
    return mention.path.size() > 2 && mention.path[0] == "components" &&
           mention.path[1] == component;
  };
  std::vector<std::string> words =
      take_out(text, ground, to, [&](const Mention& mention) { return is_of(mention, from); });
  const std::vector<std::string> consumed =
      take_out(text, ground, from, [&](const Mention& mention) {
        return is_of(mention, to) && mention.relation == Relation::consume &&
               mention.form == Mention::Form::name;
      });
  words.insert(words.end(), consumed.begin(), consumed.end());
  if (words.empty())
    return {false, fmt::format("nothing in this file connects {} with {}", in_quotes(from),
                               in_quotes(to))};
  std::string said = "Gone: ";
  for (const std::string& word : words) said += (&word == &words.front() ? "" : ", ") + word;
  return {true, said};
}

}  // namespace highwater::viewer
