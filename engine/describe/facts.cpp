#include "engine/describe/facts.h"

#include <fmt/format.h>

namespace highwater {

std::string without_quotes(std::string json) {
  if (json.size() >= 2 && json.front() == '"' && json.back() == '"' &&
      json.find('"', 1) == json.size() - 1)
    return json.substr(1, json.size() - 2);
  return json;
}

std::string limits_in_words(const FieldInfo& field) {
  const bool length = field.type().shape == Shape::kList || field.type().shape == Shape::kMap;
  const std::string unit = length ? " entries" : "";
  if (field.min_json && field.max_json)
    return fmt::format("{} to {}{}", without_quotes(*field.min_json),
                       without_quotes(*field.max_json), unit);
  if (field.min_json) return fmt::format("at least {}{}", without_quotes(*field.min_json), unit);
  if (field.max_json) return fmt::format("at most {}{}", without_quotes(*field.max_json), unit);
  return "";
}

}  // namespace highwater
