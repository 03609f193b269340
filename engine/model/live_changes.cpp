#include "engine/model/live_changes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/describe/value.h"

namespace highwater {

void LiveChanges::begin(const Value& change) {
  on_.push_back(&change);
  apply();
}

void LiveChanges::end(const Value& change) {
  // The one that began last, where one fault strikes twice.
  const auto found = std::find(on_.rbegin(), on_.rend(), &change);
  on_.erase(std::next(found).base());
  apply();
}

void LiveChanges::apply() {
  std::vector<const Value*> taken;
  std::shared_ptr<const Blueprint> blueprint = reader_->original();
  for (const Value* change : on_) {
    taken.push_back(change);
    auto known = read_.find(taken);
    if (known == read_.end()) {
      Problems problems;
      const std::string path;
      known = read_.emplace(taken, reader_->read(taken, {*change, path, problems})).first;
    }
    if (known->second != nullptr) {
      blueprint = known->second;
      continue;
    }
    taken.pop_back();
    if (std::exchange(refused_, change) != change)
      component_.world().happened(
          "change refused", component_.id() + " cannot be changed so: " + write_json_line(*change));
  }
  component_.reconfigure(*blueprint);
}

namespace {

bool is_nothing(const Value* value) {
  return value == nullptr || value->is_null();
}

void compare(const Value& before, const Value& after, ParameterPath& path,
             std::vector<ParameterPath>& found) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    const auto look = [&](const std::string& key) {
      const Value* const was = before.find(key);
      const Value* const is = after.find(key);
      if (is_nothing(was) && is_nothing(is)) return;
      path.push_back(key);
      if (is_nothing(was) || is_nothing(is))
        found.push_back(path);
      else
        compare(*was, *is, path, found);
      path.pop_back();
    };
    for (const Value::Member& member : before.members()) look(member.key);
    for (const Value::Member& member : after.members())
      if (before.find(member.key) == nullptr) look(member.key);
    return;
  }
  const bool lists = before.is_array() && after.is_array();
  if (!lists || before.elements().size() != after.elements().size()) {
    found.push_back(path);
    return;
  }
  for (std::size_t i = 0; i < before.elements().size(); ++i) {
    path.push_back("[" + std::to_string(i) + "]");
    compare(before.elements()[i], after.elements()[i], path, found);
    path.pop_back();
  }
}

ParameterPath steps_of(std::string_view pattern) {
  ParameterPath steps;
  while (true) {
    const std::size_t dot = pattern.find('.');
    steps.emplace_back(pattern.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    pattern.remove_prefix(dot + 1);
  }
}

/// How many steps of the path the pattern takes up; nothing where it does not match. Patterns are
/// short, and so are paths.
std::optional<std::size_t> match(const ParameterPath& pattern, std::size_t p,
                                 const ParameterPath& path, std::size_t at) {
  if (p == pattern.size()) return at;
  if (pattern[p] == "**") {
    for (std::size_t next = at; next <= path.size(); ++next)
      if (const auto end = match(pattern, p + 1, path, next)) return end;
    return std::nullopt;
  }
  if (at == path.size() || (pattern[p] != "*" && pattern[p] != path[at])) return std::nullopt;
  return match(pattern, p + 1, path, at + 1);
}

const Value* at_path(const Value& root, const ParameterPath& path, std::size_t steps) {
  const Value* value = &root;
  for (std::size_t i = 0; i < steps && value != nullptr; ++i) {
    const std::string& step = path[i];
    if (!value->is_array()) {
      value = value->find(step);
      continue;
    }
    std::size_t index = 0;
    std::from_chars(step.data() + 1, step.data() + step.size() - 1, index);
    value = index < value->elements().size() ? &value->elements()[index] : nullptr;
  }
  return value;
}

}  // namespace

std::vector<ParameterPath> differences(const Value& before, const Value& after) {
  std::vector<ParameterPath> found;
  ParameterPath path;
  compare(before, after, path, found);
  return found;
}

std::string text_of(const ParameterPath& path) {
  std::string text;
  for (const std::string& step : path)
    text += (text.empty() || step.front() == '[' ? "" : ".") + step;
  return text;
}

bool covers(const std::string& pattern, const ParameterPath& path, const Value& before,
            const Value& after) {
  const bool on_both_sides = pattern.front() == '=';
  const std::string_view bare = std::string_view(pattern).substr(on_both_sides ? 1 : 0);
  const auto end = match(steps_of(bare), 0, path, 0);
  if (!end) return false;
  return !on_both_sides ||
         (!is_nothing(at_path(before, path, *end)) && !is_nothing(at_path(after, path, *end)));
}

}  // namespace highwater
