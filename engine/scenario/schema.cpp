#include "engine/scenario/schema.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace highwater {
namespace {

Value strings(const std::vector<std::string>& texts) {
  Value list = Value::array();
  for (const std::string& text : texts) list.push(Value::string(text));
  return list;
}

Value of_type(std::string_view name) {
  Value schema = Value::object();
  schema.set("type", Value::string(std::string(name)));
  return schema;
}

Value with(Value schema, std::string key, Value value) {
  schema.set(std::move(key), std::move(value));
  return schema;
}

Value any_of(Value::Elements schemas) {
  if (schemas.size() == 1) return std::move(schemas.front());
  return with(Value::object(), "anyOf", Value::array(std::move(schemas)));
}

class SchemaWriter {
 public:
  explicit SchemaWriter(const Language& language) : language_(language) {}

  Value write() {
    Value properties = Value::object();
    for (const FieldInfo& field : language_.top) {
      if (field.name == "highwater") {
        properties.set(field.name, with(documented(field), "const", Value::whole(kFormatVersion)));
      } else if (field.name == "components") {
        properties.set(field.name, components(field));
      } else if (field.name == "faults") {
        Value faults = with(documented(field), "type", Value::string("array"));
        properties.set(field.name, with(std::move(faults), "items", fault()));
      } else {
        properties.set(field.name, field_schema(field));
      }
    }
    Value keys = Value::object();
    for (const FieldInfo& field : language_.top) keys.set(field.name, documented(field));
    Value whole = with(Value::object(), "properties", std::move(properties));
    whole.set("required", strings({"highwater", "components"}));
    Value root = Value::object();
    root.set("$schema", Value::string("https://json-schema.org/draft/2020-12/schema"));
    root.set("title", Value::string("Highwater scenario"));
    root.set("type", Value::string("object"));
    root.set("properties", std::move(keys));
    root.set("additionalProperties", Value::boolean(false));
    // A file that extends another is a merge patch: it may leave out or take away anything, so only
    // the result of the merge can be held against the rest.
    root.set("if", with(Value::object(), "required", strings({"extends"})));
    root.set("then", with(Value::object(), "required", strings({"highwater"})));
    root.set("else", std::move(whole));
    root.set("$defs", definitions());
    return root;
  }

 private:
  static Value documented(const FieldInfo& field) {
    Value schema = Value::object();
    if (!field.doc.empty()) schema.set("description", Value::string(field.doc));
    return schema;
  }

  Value components(const FieldInfo& field) {
    Value::Elements kinds;
    for (const KindInfo& kind : language_.kinds) {
      Value properties = Value::object();
      properties.set("kind", with(Value::object(), "const", Value::string(kind.name)));
      Value schema = object_schema(kind.fields(), std::move(properties), {"kind"});
      schema.set("description", Value::string(kind.summary));
      extra_.set("kind:" + kind.name, std::move(schema));
      // if/then tells a reader of errors about this kind's keys; anyOf would list all kinds'
      // faults.
      Value is = with(
          Value::object(), "properties",
          with(Value::object(), "kind", with(Value::object(), "const", Value::string(kind.name))));
      Value choice = with(Value::object(), "if", std::move(is));
      kinds.push_back(with(std::move(choice), "then", reference("kind:" + kind.name)));
    }
    std::vector<std::string> names = names_of(language_.kinds);
    Value kind = with(Value::object(), "enum", strings(names));
    Value component = of_type("object");
    component.set("properties", with(Value::object(), "kind", std::move(kind)));
    component.set("required", strings({"kind"}));
    if (!kinds.empty()) component.set("allOf", Value::array(std::move(kinds)));
    Value schema = with(documented(field), "type", Value::string("object"));
    schema.set("propertyNames",
               with(Value::object(), "pattern", Value::string("^[A-Za-z][A-Za-z0-9_-]*$")));
    extra_.set("component:any", std::move(component));
    schema.set("additionalProperties", reference("component:any"));
    return schema;
  }

  Value fault() {
    Value::Elements verbs;
    for (const KindInfo& verb : language_.faults) {
      Value schema = object_schema(verb.fields(), Value::object(), {verb.name});
      schema.set("description", Value::string(verb.summary));
      extra_.set("fault:" + verb.name, std::move(schema));
      verbs.push_back(reference("fault:" + verb.name));
    }
    if (verbs.empty()) return Value::boolean(false);
    return with(Value::object(), "oneOf", Value::array(std::move(verbs)));
  }

  static Value reference(const std::string& name) {
    return with(Value::object(), "$ref", Value::string("#/$defs/" + name));
  }

  Value field_schema(const FieldInfo& field) {
    Value schema = documented(field);
    if (field.default_json) schema.set("default", *parse_json_value(*field.default_json));
    const TypeInfo& type = field.type();
    if (type.shape == Shape::kList || type.shape == Shape::kMap) {
      const bool list = type.shape == Shape::kList;
      const Value of_entries = type_schema(type);
      for (const Value::Member& member : of_entries.members()) schema.set(member.key, member.value);
      if (field.min_json)
        schema.set(list ? "minItems" : "minProperties", *parse_json_value(*field.min_json));
      if (field.max_json)
        schema.set(list ? "maxItems" : "maxProperties", *parse_json_value(*field.max_json));
      return schema;
    }
    schema.set("$ref", Value::string("#/$defs/" + name_of(type)));
    // Limits on numbers say nothing about the strings ("1M") that may stand for them.
    const auto limit = [&](const char* key, const std::optional<std::string>& json) {
      if (!json) return;
      const std::optional<Value> value = parse_json_value(*json);
      if (value && value->is_number() && type.numbers != Numbers::kNone) schema.set(key, *value);
    };
    limit("minimum", field.min_json);
    limit("maximum", field.max_json);
    return schema;
  }

  Value object_schema(const std::vector<FieldInfo>& fields, Value properties,
                      std::vector<std::string> required) {
    for (const FieldInfo& field : fields) {
      properties.set(field.name, field_schema(field));
      bool listed = !field.required;
      for (const std::string& name : required) listed |= name == field.name;
      if (!listed) required.push_back(field.name);
    }
    Value schema = of_type("object");
    schema.set("properties", std::move(properties));
    if (!required.empty()) schema.set("required", strings(required));
    schema.set("additionalProperties", Value::boolean(false));
    return schema;
  }

  /// The name of a type's definition, which is written once, when definitions() comes to it: types
  /// may contain themselves.
  std::string name_of(const TypeInfo& type) {
    int same = 0;
    for (const Named& known : named_) {
      if (known.type == &type) return known.name;
      if (known.type->name == type.name) ++same;
    }
    // Two types may have one name, such as the queue of a service and that of a cache.
    std::string name = same == 0 ? type.name : fmt::format("{}.{}", type.name, same + 1);
    named_.push_back({&type, name});
    return name;
  }

  Value definitions() {
    Value defs = Value::object();
    for (std::size_t i = 0; i < named_.size(); ++i) {  // grows while it is walked
      const Named named = named_[i];
      defs.set(named.name, type_schema(*named.type));
    }
    for (const Value::Member& member : extra_.members()) defs.set(member.key, member.value);
    return defs;
  }

  Value type_schema(const TypeInfo& type) {
    switch (type.shape) {
      case Shape::kQuantity:
        // Any value at all: what it means is for whoever reads it.
        if (type.name == "value") return Value::object();
        return quantity_schema(type);
      case Shape::kWords: {
        Value::Elements forms;
        std::vector<std::string> words;
        for (const WordInfo& word : type.words) words.push_back(word.word);
        forms.push_back(with(Value::object(), "enum", strings(words)));
        forms.push_back(from_environment());
        if (type.bare != nullptr) forms.push_back(reference(name_of(type.bare())));
        return any_of(std::move(forms));
      }
      case Shape::kStruct: {
        Value::Elements forms;
        if (type.bare != nullptr) forms.push_back(inline_or_reference(type.bare()));
        forms.push_back(object_schema(type.fields, Value::object(), {}));
        return any_of(std::move(forms));
      }
      case Shape::kOneOf:
        return one_of_schema(type);
      case Shape::kList: {
        Value schema = of_type("array");
        schema.set("items", inline_or_reference(type.element()));
        if (type.exact_length > 0) {
          schema.set("minItems", Value::whole(type.exact_length));
          schema.set("maxItems", Value::whole(type.exact_length));
        }
        return schema;
      }
      case Shape::kMap:
        return with(of_type("object"), "additionalProperties", inline_or_reference(type.element()));
    }
    return Value::object();
  }

  /// Lists and maps have no name of their own and are written where they stand.
  Value inline_or_reference(const TypeInfo& type) {
    const bool nameless = type.shape == Shape::kList || type.shape == Shape::kMap;
    return nameless ? type_schema(type) : reference(name_of(type));
  }

  static Value from_environment() {
    return with(of_type("string"), "pattern", Value::string("\\$\\{"));
  }

  static Value quantity_schema(const TypeInfo& type) {
    Value::Elements forms;
    if (type.numbers == Numbers::kAny) forms.push_back(of_type("number"));
    if (type.numbers == Numbers::kWhole) forms.push_back(of_type("integer"));
    if (type.booleans) forms.push_back(of_type("boolean"));
    Value text = of_type("string");
    if (!type.pattern.empty()) text.set("pattern", Value::string(type.pattern));
    forms.push_back(std::move(text));
    Value schema = any_of(std::move(forms));
    schema.set("description", Value::string(type.expects));
    return schema;
  }

  Value one_of_schema(const TypeInfo& type) {
    Value::Elements forms;
    if (!type.words.empty()) {
      std::vector<std::string> words;
      for (const WordInfo& word : type.words) words.push_back(word.word);
      forms.push_back(with(Value::object(), "enum", strings(words)));
    }
    if (type.bare != nullptr) forms.push_back(inline_or_reference(type.bare()));
    for (const AlternativeInfo& alternative : type.alternatives) {
      Value form = object_schema(alternative.fields, Value::object(), {alternative.verb});
      form.set("description", Value::string(alternative.doc));
      forms.push_back(std::move(form));
    }
    return any_of(std::move(forms));
  }

  const Language& language_;
  Value extra_ = Value::object();  // definitions of kinds and faults
  struct Named {
    const TypeInfo* type;
    std::string name;
  };
  std::vector<Named> named_;  // every type with a definition, in the order it was met
};

}  // namespace

Value json_schema(const Language& language) {
  return SchemaWriter(language).write();
}

}  // namespace highwater
