#include "engine/scenario/overlay.h"

#include <cctype>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace highwater {
namespace {

void merge_member(Value& base, std::map<std::string, std::size_t>& index,
                  const Value::Member& member, const Guide& guide, Place place) {
  const auto found = index.find(member.key);
  if (member.value.is_null()) return;  // removed at the end, in one pass
  if (found != index.end()) {
    Value::Member& present = base.members()[found->second];
    present.key_position = member.key_position;
    const Place inner = guide.member(place, base, member.key);
    return lay_over(present.value, member.value, guide, inner);
  }
  index.emplace(member.key, base.members().size());
  base.members().push_back({member.key, member.key_position, Value()});
  const Place inner = guide.member(place, base, member.key);
  lay_over(base.members().back().value, member.value, guide, inner);
}

bool is_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  return true;
}

struct Filled {
  std::string text;
  std::string fault;
};

Filled filled(std::string_view text, const Environment& environment) {
  Filled out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out.text += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      out.text += "${";
      text.remove_prefix(3);
      continue;
    }
    if (!text.starts_with("${")) {
      out.text += '$';
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      out.fault = "\"${\" without \"}\"; write ${NAME} or ${NAME:-default}, or $${ for the signs";
      return out;
    }
    const std::string_view inside = text.substr(2, end - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name(inside.substr(0, colon));
    text.remove_prefix(end + 1);
    if (!is_name(name)) {
      out.fault = fmt::format(
          "{} is not the name of an environment variable; write ${{NAME}} or "
          "${{NAME:-default}}",
          in_quotes(name));
      return out;
    }
    const std::optional<std::string> value = environment ? environment(name) : std::nullopt;
    const bool has_default = colon != std::string_view::npos;
    if (has_default && (!value || value->empty())) {
      out.text += inside.substr(colon + 2);
    } else if (value) {
      out.text += *value;
    } else {
      out.fault = fmt::format(
          "the environment variable {} is not set; set it, or give a default: "
          "${{{}:-default}}",
          name, name);
      return out;
    }
  }
  return out;
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

void lay_over(Value& base, const Value& patch, const Guide& guide, Place place) {
  if (!patch.is_object()) {
    base = patch;
    return;
  }
  if (!base.is_object() || guide.is_one_of(place)) {
    base = Value::object();
    base.set_position(patch.position());
  }
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < base.members().size(); ++i) index.emplace(base.members()[i].key, i);
  // The kind comes first: it decides what the other keys of a component mean.
  for (const bool kinds : {true, false}) {
    for (const Value::Member& member : patch.members())
      if ((member.key == "kind") == kinds) merge_member(base, index, member, guide, place);
  }
  std::map<std::string, bool> removed;
  for (const Value::Member& member : patch.members())
    if (member.value.is_null()) removed.emplace(member.key, true);
  if (removed.empty()) return;
  std::erase_if(base.members(),
                [&](const Value::Member& member) { return removed.contains(member.key); });
}

void fill_from_environment(Value& value, const std::string& path, const Environment& environment,
                           Problems& problems) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.elements().size(); ++i)
      fill_from_environment(value.elements()[i], pointer_to(path, i), environment, problems);
  } else if (value.is_object()) {
    for (Value::Member& member : value.members())
      fill_from_environment(member.value, pointer_to(path, member.key), environment, problems);
  } else if (value.is_string() && value.text().find("${") != std::string::npos) {
    Filled result = filled(value.text(), environment);
    const Position position = value.position();
    if (!result.fault.empty()) return problems.error(position, path, result.fault);
    value = Value::string(std::move(result.text));
    value.set_position(position);
  }
}

}  // namespace highwater
