#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "engine/scenario/overlay.h"

namespace highwater {
namespace {

/// One step of a path: a key, or an index of a list.
struct Segment {
  std::string key;
  std::optional<std::size_t> index;
  std::uint32_t column = 1;
};

struct Setting {
  std::vector<Segment> path;
  std::size_t value_at = 0;  // offset of the value in the text
  std::string fault;
  std::size_t fault_at = 0;
};

Setting faulty(Setting setting, std::size_t at, std::string fault) {
  setting.fault = std::move(fault);
  setting.fault_at = at;
  return setting;
}

/// Reads "[12]" or "[\"key\"]" at `at`. @return the offset behind it; 0 for a fault.
std::size_t read_bracket(std::string_view text, std::size_t at, Segment& segment) {
  if (text.substr(at, 2) == "[\"") {
    const std::size_t end = text.find("\"]", at + 2);
    if (end == std::string_view::npos) return 0;
    segment.key = text.substr(at + 2, end - at - 2);
    return end + 2;
  }
  const std::size_t end = text.find(']', at);
  if (end == std::string_view::npos) return 0;
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(text.data() + at + 1, text.data() + end, index);
  if (error != std::errc() || stop != text.data() + end) return 0;
  segment.index = index;
  return end + 1;
}

Setting parsed(std::string_view text) {
  Setting setting;
  std::size_t at = 0;
  while (true) {
    Segment segment;
    segment.column = static_cast<std::uint32_t>(at + 1);
    if (at < text.size() && text[at] == '[') {
      const std::size_t end = read_bracket(text, at, segment);
      if (end == 0)
        return faulty(std::move(setting), at, "an index is [0], a quoted key is [\"key\"]");
      at = end;
    } else {
      const std::size_t end = std::min(text.find_first_of(".[=", at), text.size());
      segment.key = text.substr(at, end - at);
      if (end == at) return faulty(std::move(setting), at, "a key is missing");
      at = end;
    }
    setting.path.push_back(std::move(segment));
    if (at >= text.size())
      return faulty(std::move(setting), at, "expected path=value, such as api.replicas=6");
    if (text[at] == '=') break;
    if (text[at] == '.') {
      ++at;
    } else if (text[at] != '[') {
      return faulty(std::move(setting), at, "expected \".\", \"[\" or \"=\"");
    }
  }
  setting.value_at = at + 1;
  return setting;
}

/// Walks down a document along a path and changes the value at its end.
class Setter {
 public:
  Setter(Value& root, std::uint32_t source, const Guide& guide, Problems& problems)
      : value_(&root), place_(guide.root()), source_(source), guide_(guide), problems_(problems) {}

  /// Goes one step down. @return false after a problem.
  bool enter(const Segment& segment) {
    return segment.index ? enter_index(segment) : enter_key(segment);
  }
  void assign(Value value) { *value_ = std::move(value); }

 private:
  Position position(const Segment& segment) const { return {source_, 1, segment.column}; }

  bool enter_index(const Segment& segment) {
    open_longhand();
    const std::size_t count = value_->is_array() ? value_->elements().size() : 0;
    const std::string path = pointer_to(path_, *segment.index);
    if (*segment.index >= count) {
      problems_.error(
          position(segment), path,
          value_->is_array()
              ? fmt::format("the list has {} {}", count, count == 1 ? "entry" : "entries")
              : fmt::format("{} is no list", path_.empty() ? "this" : path_));
      return false;
    }
    value_ = &value_->elements()[*segment.index];
    place_ = guide_.element(place_);
    path_ = path;
    return true;
  }

  bool enter_key(const Segment& segment) {
    open_shorthand(segment);
    const std::string path = pointer_to(path_, segment.key);
    const bool present = value_->find(segment.key) != nullptr;
    const bool declared =
        value_->is_object() && (guide_.field(place_, *value_, segment.key) != nullptr ||
                                (place_.role == Place::Role::kComponent && segment.key == "kind"));
    if (!present && !declared) {
      report_unknown(segment, path);
      return false;
    }
    const Place inner = guide_.member(place_, *value_, segment.key);
    if (guide_.is_one_of(place_)) drop_other_verb(segment.key);
    if (!present) {
      Value fresh = Value::object();
      fresh.set_position(position(segment));
      value_->set(segment.key, std::move(fresh));
    }
    value_ = value_->find(segment.key);
    place_ = inner;
    path_ = path;
    return true;
  }

  /// Makes an object of a value whose short form stands there: "db" of {"to": "db"}.
  void open_shorthand(const Segment& segment) {
    if (value_->is_object() || place_.role != Place::Role::kTyped) return;
    Value object = Value::object();
    object.set_position(position(segment));
    if (place_.type->shape == Shape::kStruct && !place_.type->bare_field.empty()) {
      object.set(place_.type->bare_field, std::move(*value_));
    } else if (place_.type->shape != Shape::kOneOf) {
      return;
    }
    *value_ = std::move(object);
  }

  /// Goes on to the list that the object stands for: {"steps": […]} may be written […].
  void open_longhand() {
    if (!value_->is_object() || place_.role != Place::Role::kTyped) return;
    if (place_.type->shape != Shape::kStruct || place_.type->bare_field.empty()) return;
    const Value* const inner = value_->find(place_.type->bare_field);
    if (inner == nullptr || !inner->is_array()) return;
    Segment field;
    field.key = place_.type->bare_field;
    enter_key(field);
  }

  void drop_other_verb(const std::string& key) {
    std::vector<std::string> kept;
    bool is_verb = false;
    for (const std::string& verb : guide_.verbs(place_)) is_verb |= verb == key;
    if (!is_verb || value_->find(key) != nullptr) return;
    Value chosen = Value::object();
    chosen.set(key, Value());
    const std::vector<std::string> allowed = [&] {
      std::vector<std::string> names;
      for (const FieldInfo& field : guide_.fields(place_, chosen)) names.push_back(field.name);
      return names;
    }();
    std::erase_if(value_->members(), [&](const Value::Member& member) {
      return std::find(allowed.begin(), allowed.end(), member.key) == allowed.end();
    });
  }

  void report_unknown(const Segment& segment, const std::string& path) {
    std::vector<std::string> known = guide_.keys(place_, *value_);
    if (value_->is_object()) {
      for (const Value::Member& member : value_->members()) known.push_back(member.key);
    }
    std::string message = fmt::format("unknown path: there is no {}", in_quotes(segment.key));
    if (!path_.empty()) message += " in " + path_;
    problems_.error(position(segment), path, message, nearest_word(segment.key, known));
  }

  Value* value_;
  Place place_;
  std::string path_;
  std::uint32_t source_;
  const Guide& guide_;
  Problems& problems_;
};

/// The value that `text` says from `at` on, with its positions in the whole text.
Value value_of(std::string_view text, std::size_t at, std::uint32_t source) {
  const std::string_view written = text.substr(at);
  const Position begin{source, 1, static_cast<std::uint32_t>(at + 1)};
  Value value = Value::string(std::string(written));
  if (parse_json_value(written)) {
    Problems unread;
    const std::string padded = std::string(at, ' ') + std::string(written);
    if (std::optional<Value> parsed = parse_json(padded, source, unread))
      value = std::move(*parsed);
  } else {
    value.set_position(begin);
  }
  return value;
}

}  // namespace

void apply_setting(Value& root, const std::string& setting, const Guide& guide,
                   Problems& problems) {
  const std::uint32_t source = problems.add_source("--set " + setting);
  Setting parts = parsed(setting);
  if (!parts.fault.empty()) {
    return problems.error({source, 1, static_cast<std::uint32_t>(parts.fault_at + 1)}, "",
                          parts.fault);
  }
  // On a copy, so that a path that fails half-way leaves nothing behind.
  Value changed = root;
  Setter setter(changed, source, guide, problems);
  // A path may begin with a component's id, since no component is called like a section.
  const Segment& first = parts.path.front();
  const Value* components = root.find("components");
  const bool is_section = find_field(guide.language().top, first.key) != nullptr;
  if (!is_section) {
    const bool is_component = components != nullptr && components->find(first.key) != nullptr;
    if (!is_component) {
      std::vector<std::string> known;
      for (const FieldInfo& field : guide.language().top) known.push_back(field.name);
      if (components != nullptr && components->is_object()) {
        for (const Value::Member& member : components->members()) known.push_back(member.key);
      }
      return problems.error(
          {source, 1, 1}, "",
          fmt::format("unknown path: there is no component or section {}", in_quotes(first.key)),
          nearest_word(first.key, known));
    }
    Segment section;
    section.key = "components";
    if (!setter.enter(section)) return;
  }
  for (const Segment& segment : parts.path)
    if (!setter.enter(segment)) return;
  setter.assign(value_of(setting, parts.value_at, source));
  root = std::move(changed);
}

}  // namespace highwater
