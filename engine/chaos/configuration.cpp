#include "engine/chaos/configuration.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "engine/describe/nearest.h"

namespace highwater::chaos {
namespace {

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool continues_name(char c) {
  return starts_name(c) || (c >= '0' && c <= '9');
}

std::string text_of(const Value& value) {
  return value.is_string() ? value.text() : write_json_line(value);
}

/// The text of an environment variable in the type that the experiment wants it in.
std::optional<Value> converted(const std::string& text, const std::string& type) {
  if (type.empty() || type == "str" || type == "bytes") return Value::string(text);
  const std::optional<Value> number = parse_json_value(text);
  if (!number || !number->is_number()) return std::nullopt;
  if (type == "float") return number;
  const double value = number->number();
  if (value != static_cast<double>(static_cast<std::int64_t>(value))) return std::nullopt;
  return number;
}

class Loader {
 public:
  Loader(const Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  /// What a value of the configuration stands for; nothing after a problem.
  std::optional<Value> value_of(const Value& given, const std::string& path) {
    const Value* type = given.find("type");
    if (type == nullptr || !type->is_string()) return given;
    if (type->text() == "env") return from_environment(given, path);
    const bool probe = type->text() == "probe";
    problems_.error(given.position(), path,
                    probe ? "a configuration that a probe finds out is not supported: nothing "
                            "outside the simulation is asked"
                          : "values of type " + in_quotes(type->text()) +
                                " come from outside the simulation, which asks nobody");
    return std::nullopt;
  }

 private:
  std::optional<Value> from_environment(const Value& given, const std::string& path) {
    const Value* key = given.find("key");
    if (key == nullptr || !key->is_string()) {
      problems_.error(given.position(), path, "\"key\", the name of the variable, is missing");
      return std::nullopt;
    }
    std::string type;
    const Value* wanted = given.find("env_var_type");
    if (wanted != nullptr && wanted->is_string()) type = wanted->text();
    const std::vector<std::string> known = {"str", "int", "float", "bytes"};
    if (!type.empty() && std::find(known.begin(), known.end(), type) == known.end()) {
      problems_.error(wanted->position(), pointer_to(path, "env_var_type"),
                      "unknown type " + in_quotes(type) + "; known: str, int, float, bytes",
                      nearest_word(type, known));
      return std::nullopt;
    }
    const std::optional<std::string> found =
        environment_ ? environment_(key->text()) : std::nullopt;
    const Value* otherwise = given.find("default");
    if (!found && otherwise != nullptr && !otherwise->is_string()) return *otherwise;
    if (!found && otherwise == nullptr) {
      problems_.error(
          given.position(), path,
          "the environment variable " + key->text() + " is not set and has no \"default\"");
      return std::nullopt;
    }
    auto value = converted(found ? *found : otherwise->text(), type);
    if (!value)
      problems_.error(given.position(), path,
                      "the environment variable " + key->text() + " is no " + type);
    return value;
  }

  const Environment& environment_;
  Problems& problems_;
};

}  // namespace

Configuration Configuration::load(const Value& experiment,
                                  const std::vector<std::string>& variables,
                                  const Environment& environment, Problems& problems) {
  Configuration all;
  Loader loader(environment, problems);
  std::map<std::string, Value, std::less<>> given;
  for (const std::string& variable : variables) {
    const std::size_t equals = variable.find('=');
    const std::uint32_t source = problems.add_source("--var " + variable);
    if (equals == std::string::npos || equals == 0) {
      problems.error({source, 1, 1}, "", "expected name=value");
      continue;
    }
    const std::string text = variable.substr(equals + 1);
    Value value = parse_json_value(text).value_or(Value::string(text));
    value.set_position({source, 1, static_cast<std::uint32_t>(equals + 2)});
    given.insert_or_assign(variable.substr(0, equals), std::move(value));
  }
  const auto add = [&](const Value::Member& member, const std::string& path) {
    const auto instead = given.find(member.key);
    const Value& said = instead != given.end() ? instead->second : member.value;
    // The first to give a name its value has it: configuration goes before secrets.
    // One that is wrong is there all the same, so that it is reported once.
    all.values_.emplace(member.key,
                        loader.value_of(said, pointer_to(path, member.key)).value_or(Value()));
    if (instead != given.end()) given.erase(instead);
  };
  if (const Value* section = experiment.find("configuration")) {
    if (!section->is_object())
      problems.error(section->position(), "/configuration", "expected an object of values");
    else
      for (const Value::Member& member : section->members()) add(member, "/configuration");
  }
  if (const Value* section = experiment.find("secrets")) {
    if (!section->is_object())
      problems.error(section->position(), "/secrets", "expected an object of secrets");
    else
      for (const Value::Member& group : section->members())
        if (group.value.is_object())
          for (const Value::Member& member : group.value.members())
            add(member, pointer_to("/secrets", group.key));
  }
  for (const auto& [name, value] : given) {
    std::vector<std::string> known;
    for (const auto& [key, unused] : all.values_) known.push_back(key);
    problems.error(value.position(), "",
                   "the experiment has no configuration called " + in_quotes(name),
                   nearest_word(name, known));
  }
  return all;
}

const Value* Configuration::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

void Configuration::fill(Value& value, const std::string& path, Problems& problems) const {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.elements().size(); ++i)
      fill(value.elements()[i], pointer_to(path, i), problems);
    return;
  }
  if (value.is_object()) {
    for (Value::Member& member : value.members())
      fill(member.value, pointer_to(path, member.key), problems);
    return;
  }
  if (!value.is_string() || value.text().find('$') == std::string::npos) return;
  const std::string text = value.text();
  const Position position = value.position();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$' || at + 1 == text.size()) {
      out += text[at++];
      continue;
    }
    if (text[at + 1] == '$') {
      out += '$';
      at += 2;
      continue;
    }
    const bool braced = text[at + 1] == '{';
    const std::size_t begin = at + (braced ? 2 : 1);
    std::size_t end = begin;
    if (begin < text.size() && starts_name(text[begin]))
      while (end < text.size() && continues_name(text[end])) ++end;
    const bool named = end > begin && (!braced || (end < text.size() && text[end] == '}'));
    if (!named) {
      out += text[at++];
      continue;
    }
    const std::string name = text.substr(begin, end - begin);
    if (braced) ++end;
    const Value* found = find(name);
    if (found == nullptr) {
      std::vector<std::string> known;
      for (const auto& [key, unused] : values_) known.push_back(key);
      if (braced)
        problems.error(position, path,
                       "${" + name + "} stands for nothing: there is no such configuration",
                       nearest_word(name, known));
      out += text.substr(at, end - at);
    } else if (at == 0 && end == text.size()) {
      Value whole = *found;
      whole.set_position(position);
      value = std::move(whole);
      return;
    } else {
      out += text_of(*found);
    }
    at = end;
  }
  value = Value::string(std::move(out));
  value.set_position(position);
}

}  // namespace highwater::chaos
