#include "tests/parameters/other_settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/scenario/expand.h"

namespace highwater::testing {
namespace {

using Role = Place::Role;

constexpr int kDeepest = 12;  // steps hold steps

std::string path_to(const std::string& path, const std::string& key) {
  const bool plain = key.find_first_of(".[]=\" /{}*") == std::string::npos;
  if (!plain) return fmt::format("{}[\"{}\"]", path, key);
  return path.empty() ? key : path + "." + key;
}

std::string setting_text(const std::string& path, const Value& value) {
  const bool bare = value.is_string() && !value.text().empty() && !parse_json_value(value.text());
  return path + "=" + (bare ? value.text() : write_json_line(value));
}

/// A number with what stands behind it: "40ms", 3, "25%".
struct Measure {
  double amount = 0;
  std::string unit;
  bool whole = false;  // written without a point
};

std::optional<Measure> measure_of(const Value& value) {
  if (!value.is_string() && !value.is_number()) return std::nullopt;
  const std::string text = value.is_string() ? value.text() : value.number_text();
  Measure measure;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), measure.amount);
  if (error != std::errc()) return std::nullopt;
  measure.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  measure.whole = text.find('.') == std::string::npos;
  return measure;
}

Value value_of(const Measure& measure, double amount, bool as_string) {
  const bool round = measure.whole && measure.unit.empty() && amount >= 1;
  const std::string number = fmt::format("{:.6g}", round ? std::floor(amount) : amount);
  if (as_string) return Value::string(number + measure.unit);
  return Value::number_text(number);
}

class Settings {
 public:
  Settings(const Document& document, const Guide& guide, const DeclaredParameters& declared)
      : guide_(guide), declared_(declared) {
    for (const DeclaredPart& part : document.components()) {
      ids_.push_back(part.id);
      if (const Value* endpoints = part.value->find("endpoints"))
        for (const Value::Member& member : endpoints->members()) texts_.push_back(member.key);
    }
    texts_.insert(texts_.end(), ids_.begin(), ids_.end());
    for (const std::string& id : ids_) texts_.push_back(id + "[0]");
    for (const std::string& zone : document.network().zones) texts_.push_back(zone);
  }

  std::vector<OtherSetting> list(const Value& root) {
    std::vector<std::string> sections{"run", "network"};
    for (const SectionInfo& section : guide_.language().sections)
      sections.push_back(section.info.name);
    for (const std::string& section : sections)
      if (const Value* value = root.find(section))
        inside(*value, guide_.member(guide_.root(), root, section), section, 0);
    for (const Value::Member& member : root.find("components")->members())
      inside(member.value, {Role::kComponent, nullptr}, path_to("", member.key), 0);
    if (const Value* faults = root.find("faults")) {
      for (std::size_t i = 0; i < faults->elements().size(); ++i)
        inside(faults->elements()[i], {Role::kFault, nullptr}, fmt::format("faults[{}]", i), 0);
    }
    return std::move(list_);
  }

 private:
  /// Settings of what stands in an object or list.
  void inside(const Value& value, Place place, const std::string& path, int depth) {
    if (depth > kDeepest) return;
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.elements().size(); ++i)
        either(value.elements()[i], guide_.element(place), fmt::format("{}[{}]", path, i), "",
               depth + 1);
    } else if (value.is_object() && guide_.has_free_keys(place)) {
      for (const Value::Member& member : value.members())
        either(member.value, guide_.member(place, value, member.key), path_to(path, member.key), "",
               depth + 1);
    } else if (value.is_object()) {
      for (const FieldInfo& field : guide_.fields(place, value)) {
        const std::string name = declared_.name_of(guide_, place, value, field.name);
        const std::string inner_path = path_to(path, field.name);
        const Place inner{Role::kTyped, &field.type()};
        const Value* given = value.find(field.name);
        if (given == nullptr) {
          for (const Value& sample : samples(field.type(), 0)) add(inner_path, sample, name);
        } else {
          either(*given, inner, inner_path, name, depth + 1);
          limits(*given, field, inner_path, name);
        }
      }
    }
  }

  /// Settings of a value itself and of what stands in it.
  void either(const Value& value, Place place, const std::string& path, const std::string& name,
              int depth) {
    if (place.role != Role::kTyped) return inside(value, place, path, depth);
    const TypeInfo& type = *place.type;
    switch (type.shape) {
      case Shape::kQuantity:
        return quantity(value, type, path, name);
      case Shape::kWords:
        for (const WordInfo& word : type.words) {
          if (!value.is_string() || value.text() != word.word)
            add(path, Value::string(word.word), declared_.name_of_word(type, word.word));
        }
        if (type.bare != nullptr) quantity(value, type.bare(), path, name);
        return;
      case Shape::kList:
        inside(value, place, path, depth);
        return list_entries(value, type, path, name);
      case Shape::kOneOf:
        inside(value, place, path, depth);
        if (!value.is_object() && type.bare != nullptr) quantity(value, type.bare(), path, name);
        return other_forms(value, type, path);
      case Shape::kStruct:
        return inside(value, place, path, depth);
      case Shape::kMap:
        inside(value, place, path, depth);
        for (std::size_t i = 0; value.is_object() && i < value.members().size(); ++i) {
          Value fewer = value;
          fewer.erase(value.members()[i].key);
          add(path, fewer, name);
        }
        return;
    }
  }

  void quantity(const Value& value, const TypeInfo& type, const std::string& path,
                const std::string& name) {
    if (value.is_boolean()) return add(path, Value::boolean(!value.boolean()), name);
    if (const std::optional<Measure> measure = measure_of(value)) {
      for (const double factor : {2.0, 0.5, 10.0, 0.1, 100.0, 0.01, 1.1, 0.9}) {
        const double amount = measure->amount * factor;
        if (measure->whole && measure->unit.empty() && value.is_number() && amount < 1) continue;
        add(path, value_of(*measure, amount, value.is_string()), name);
      }
      if (value.is_number() && measure->whole) {
        add(path, Value::number(measure->amount + 1), name);
        if (measure->amount >= 1) add(path, Value::number(measure->amount - 1), name);
      }
      if (measure->amount > 0) add(path, value_of(*measure, 0, value.is_string()), name);
    }
    for (const Value& sample : samples(type, 0)) {
      if (!(sample == value)) add(path, sample, name);
    }
  }

  void list_entries(const Value& value, const TypeInfo& type, const std::string& path,
                    const std::string& name) {
    if (!value.is_array()) return;
    for (std::size_t i = 0; i < value.elements().size(); ++i) {
      Value fewer = Value::array();
      for (std::size_t k = 0; k < value.elements().size(); ++k)
        if (k != i) fewer.push(value.elements()[k]);
      add(path, fewer, name);
    }
    for (const Value& sample : samples(type.element(), 0)) {
      const auto& elements = value.elements();
      if (std::find(elements.begin(), elements.end(), sample) != elements.end()) continue;
      Value more = value;
      more.push(sample);
      add(path, more, name);
    }
  }

  void other_forms(const Value& value, const TypeInfo& type, const std::string& path) {
    for (const AlternativeInfo& form : type.alternatives) {
      if (value.find(form.verb) != nullptr) continue;
      Value chosen = Value::object();
      chosen.set(form.verb, Value());
      const std::string name = declared_.name_of(guide_, {Role::kTyped, &type}, chosen, form.verb);
      for (const Value& sample : samples(form.fields.front().type(), 0))
        add(path_to(path, form.verb), sample, name);
    }
  }

  void limits(const Value& value, const FieldInfo& field, const std::string& path,
              const std::string& name) {
    if (field.type().shape != Shape::kQuantity) return;
    for (const auto& limit : {field.min_json, field.max_json}) {
      if (!limit) continue;
      const std::optional<Value> extreme = parse_json_value(*limit);
      // The largest counts allowed would only take memory.
      if (!extreme || (extreme->is_number() && extreme->number() > 100'000)) continue;
      if (!(*extreme == value)) add(path, *extreme, name);
    }
  }

  /// Values that a type may have; not every one fits everywhere.
  std::vector<Value> samples(const TypeInfo& type, int depth) const {
    std::vector<Value> out;
    const auto texts = [&](std::initializer_list<const char*> list) {
      for (const char* text : list) out.push_back(Value::string(text));
    };
    const auto numbers = [&](std::initializer_list<const char*> list) {
      for (const char* text : list) out.push_back(Value::number_text(text));
    };
    if (depth > 3) return out;
    switch (type.shape) {
      case Shape::kWords:
        for (const WordInfo& word : type.words) out.push_back(Value::string(word.word));
        if (type.bare != nullptr)
          for (Value& value : samples(type.bare(), depth)) out.push_back(std::move(value));
        return out;
      case Shape::kList:
        for (Value& element : samples(type.element(), depth + 1)) {
          Value list = Value::array();
          list.push(element);
          out.push_back(list);
          if (type.exact_length == 2) out.back().push(std::move(element));
        }
        return out;
      case Shape::kMap:
        return out;
      case Shape::kStruct:
        if (type.bare != nullptr) out = samples(type.bare(), depth);
        add_objects(type.fields, false, depth, out);
        return out;
      case Shape::kOneOf:
        if (type.bare != nullptr) out = samples(type.bare(), depth);
        for (const AlternativeInfo& form : type.alternatives)
          add_objects(form.fields, true, depth, out);
        return out;
      case Shape::kQuantity:
        break;
    }
    if (type.booleans) out = {Value::boolean(true), Value::boolean(false)};
    if (type.name == "component")
      for (const std::string& id : ids_) out.push_back(Value::string(id));
    if (type.name == "text")
      for (const std::string& text : texts_) out.push_back(Value::string(text));
    if (type.name == "duration")
      texts({"20ms", "1ms", "200ms", "2s", "5ms", "0s", "10s", "1m", "1ns"});
    if (type.name == "fraction") texts({"50%", "10%", "90%", "1%", "99%", "0%", "100%"});
    if (type.name == "factor") texts({"2x", "0.5x", "1x", "5x"});
    if (type.name == "rate") texts({"10/s", "100/s", "1/s", "1k/s"});
    if (type.name == "expanders") texts({"random", "most-pods", "least-waste", "priority"});
    if (type.name == "quota") texts({"5/s", "50/s", "100/minute"});
    if (type.name == "size") texts({"1KiB", "64B", "1MiB", "100MiB", "0B"});
    if (type.name == "bandwidth") texts({"1Mbit/s", "100Mbit/s"});
    if (type.name == "count") numbers({"1", "2", "5", "10", "50", "0", "100", "1000"});
    if (type.name == "number") numbers({"0.5", "1", "2", "5", "10", "50", "95", "0.1"});
    if (out.empty()) {
      texts({"1", "50%", "20ms", "100", "1MiB", "5/s", "always", "a"});
      numbers({"1", "2", "10"});
    }
    return out;
  }

  static bool is_all_optional(const TypeInfo& type) {
    return type.shape == Shape::kStruct &&
           std::none_of(type.fields.begin(), type.fields.end(),
                        [](const FieldInfo& field) { return field.required; });
  }

  /// Objects with all that must be said, each with the first value of its type; the first field
  /// with each of its values.
  void add_objects(const std::vector<FieldInfo>& fields, bool is_form, int depth,
                   std::vector<Value>& out) const {
    Value rest = Value::object();
    const FieldInfo* first = nullptr;
    for (const FieldInfo& field : fields) {
      if (!field.required) continue;
      if (first == nullptr) {
        first = &field;
        continue;
      }
      const std::vector<Value> values = samples(field.type(), depth + 1);
      if (values.empty()) return;
      rest.set(field.name, values.front());
    }
    // A form of a one-of has at least its verb.
    if (first == nullptr && is_form) {
      if (is_all_optional(fields.front().type()))
        rest.set(fields.front().name, Value::object());
      else
        first = &fields.front();
    }
    if (first == nullptr) return out.push_back(std::move(rest));
    for (Value& value : samples(first->type(), depth + 1)) {
      Value object = Value::object();
      object.set(first->name, std::move(value));
      for (const Value::Member& member : rest.members()) object.set(member.key, member.value);
      out.push_back(std::move(object));
    }
  }

  void add(const std::string& path, const Value& value, const std::string& name) {
    list_.push_back({setting_text(path, value), name});
  }

  const Guide& guide_;
  const DeclaredParameters& declared_;
  std::vector<std::string> ids_;    // of the components
  std::vector<std::string> texts_;  // that may mean something somewhere
  std::vector<OtherSetting> list_;
};

}  // namespace

std::vector<OtherSetting> other_settings(const Document& document, const Guide& guide,
                                         const DeclaredParameters& declared) {
  return Settings(document, guide, declared).list(expand(document, guide.language()));
}

}  // namespace highwater::testing
