#include "models/drivers/target_list.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "engine/describe/nearest.h"
#include "models/drivers/per_target.h"

namespace highwater {
namespace {

TypeInfo text_type(std::string name, std::string expects) {
  TypeInfo type;
  type.name = std::move(name);
  type.shape = Shape::kQuantity;
  type.expects = std::move(expects);
  type.pattern = ".*";
  return type;
}

/// Reads "name" or "name=weight". @return what is wrong with it; empty where nothing is.
std::string read_target(std::string_view part, drivers::NamedTarget& out) {
  const std::size_t sign = part.rfind('=');
  out.name = std::string(part.substr(0, sign));
  if (out.name.empty()) return "a target has no name";
  if (sign == std::string_view::npos) return {};
  const std::string_view digits = part.substr(sign + 1);
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, out.weight);
  if (digits.empty() || error != std::errc() || end != last)
    return "the weight of " + in_quotes(out.name) + " must be a whole number from 0 to 4294967295" +
           ", found " + in_quotes(digits);
  out.weight_given = true;
  return {};
}

}  // namespace

const TypeInfo& Quantity<drivers::TargetList>::type() {
  static const TypeInfo info = text_type("targets", "targets with weights, such as \"a=5,b=1,c\"");
  return info;
}

bool Quantity<drivers::TargetList>::read(const Value& value, const std::string& path,
                                         Problems& problems, drivers::TargetList& out) {
  if (!value.is_string()) return report_unexpected(value, path, type(), problems);
  const std::size_t before = problems.error_count();
  drivers::TargetList list;
  for (const std::string_view part : drivers::split_at_commas(value.text())) {
    drivers::NamedTarget target;
    const std::string wrong = read_target(part, target);
    if (!wrong.empty()) problems.error(value.position(), path, wrong);
    const bool twice =
        std::any_of(list.targets.begin(), list.targets.end(),
                    [&](const drivers::NamedTarget& other) { return other.name == target.name; });
    if (twice && !target.name.empty())
      problems.error(value.position(), path, in_quotes(target.name) + " is named twice");
    list.targets.push_back(std::move(target));
  }
  if (problems.error_count() != before) return false;
  out = std::move(list);
  return true;
}

Value Quantity<drivers::TargetList>::write(const drivers::TargetList& value) {
  std::string text;
  for (const drivers::NamedTarget& target : value.targets) {
    if (!text.empty()) text += ',';
    text += target.name;
    if (target.weight_given) text += '=' + std::to_string(target.weight);
  }
  return Value::string(std::move(text));
}

const TypeInfo& Quantity<drivers::NameList>::type() {
  static const TypeInfo info = text_type("names", "names of targets, such as \"a,b\"");
  return info;
}

bool Quantity<drivers::NameList>::read(const Value& value, const std::string& path,
                                       Problems& problems, drivers::NameList& out) {
  if (!value.is_string()) return report_unexpected(value, path, type(), problems);
  out.names.clear();
  for (const std::string_view part : drivers::split_at_commas(value.text()))
    out.names.emplace_back(part);
  return true;
}

Value Quantity<drivers::NameList>::write(const drivers::NameList& value) {
  std::string text;
  for (const std::string& name : value.names) text += (text.empty() ? "" : ",") + name;
  return Value::string(std::move(text));
}

namespace drivers {

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  std::size_t from = 0;
  for (;;) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    if (comma == text.size()) return parts;
    from = comma + 1;
  }
}

TypeInfo per_target_type(const TypeInfo& value) {
  return text_type("per_target_" + value.name,
                   value.expects + " for all targets, or \"a=VALUE,b=VALUE\"");
}

void check_names(const NameList& list, const TargetList& targets, const Value& where,
                 const std::string& path, std::string_view field, Problems& problems) {
  std::vector<std::string> known;
  for (const NamedTarget& target : targets.targets) known.push_back(target.name);
  const Value* given = where.find(field);
  for (const std::string& name : list.names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      problems.error((given != nullptr ? *given : where).position(), pointer_to(path, field),
                     in_quotes(name) + " is none of the targets", nearest_word(name, known));
}

}  // namespace drivers
}  // namespace highwater
