#include "engine/chaos/json_path.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engine/chaos/json_path_tree.h"
#include "engine/chaos/tolerance.h"
#include "engine/report/text.h"

namespace highwater::chaos {
namespace json_path {
namespace {

using Found = std::vector<const Value*>;

/// Follows paths through one document, as long as that does not take for ever.
class Walk {
 public:
  explicit Walk(const Value& root) : root_(root) {}

  Found found(const Query& query, const Value& current) {
    Found now{query.relative ? &current : &root_};
    for (const Segment& segment : query.segments) {
      Found next;
      for (const Value* each : now) apply(segment, *each, next);
      now = std::move(next);
    }
    return now;
  }

  bool spent() const { return steps_ > JsonPath::kMostSteps; }

 private:
  /// Counts what is looked at. False where that has been too much.
  bool step(std::uint64_t many = 1) {
    steps_ += many;
    return !spent();
  }

  // Goes as deep as the document, which is kDeepestDocument at the most.
  void apply(const Segment& segment, const Value& value, Found& out) {
    for (const Selector& selector : segment.selectors) {
      if (!step()) return;
      select(selector, value, out);
    }
    if (!segment.descends) return;
    if (value.is_array())
      for (const Value& element : value.elements()) apply(segment, element, out);
    if (value.is_object())
      for (const Value::Member& member : value.members()) apply(segment, member.value, out);
  }

  void select(const Selector& selector, const Value& value, Found& out) {
    const bool all = selector.kind == Selector::Kind::all;
    if (selector.kind == Selector::Kind::filter && selector.filter->of_toolkit) {
      if (meets(selector.filter->condition, value, true)) out.push_back(&value);
    } else if (all || selector.kind == Selector::Kind::filter) {
      const auto take = [&](const Value& child) {
        if (step() && (all || meets(selector.filter->condition, child, false)))
          out.push_back(&child);
      };
      if (value.is_object())
        for (const Value::Member& member : value.members()) take(member.value);
      if (value.is_array())
        for (const Value& element : value.elements()) take(element);
    } else if (selector.kind == Selector::Kind::name) {
      if (!value.is_object()) return;
      step(value.members().size());
      if (const Value* member = value.find(selector.name)) out.push_back(member);
    } else if (value.is_array()) {
      pick(selector, value.elements(), out);
    }
  }

  void pick(const Selector& selector, const Value::Elements& elements, Found& out) {
    const auto size = static_cast<std::int64_t>(elements.size());
    const auto from_end = [&](std::int64_t index) { return index < 0 ? index + size : index; };
    const auto at = [&](std::int64_t index) { return &elements[static_cast<std::size_t>(index)]; };
    if (selector.kind == Selector::Kind::index) {
      const std::int64_t index = from_end(selector.index);
      if (index >= 0 && index < size) out.push_back(at(index));
      return;
    }
    const Slice& slice = selector.slice;
    if (slice.step > 0) {
      const std::int64_t from = std::clamp<std::int64_t>(from_end(slice.from.value_or(0)), 0, size);
      const std::int64_t to = std::clamp<std::int64_t>(from_end(slice.to.value_or(size)), 0, size);
      for (std::int64_t i = from; i < to && step(); i += std::min(slice.step, size))
        out.push_back(at(i));
    } else {
      const auto clamped = [&](std::int64_t index) {
        return std::clamp<std::int64_t>(from_end(index), -1, size - 1);
      };
      const std::int64_t from = slice.from ? clamped(*slice.from) : size - 1;
      const std::int64_t to = slice.to ? clamped(*slice.to) : -1;
      for (std::int64_t i = from; i > to && step(); i += std::max(slice.step, -size))
        out.push_back(at(i));
    }
  }

  bool meets(const Condition& condition, const Value& current, bool of_toolkit) {
    if (!step()) return false;
    const auto holds = [&](const Condition& part) { return meets(part, current, of_toolkit); };
    switch (condition.kind) {
      case Condition::Kind::all:
        return std::all_of(condition.parts.begin(), condition.parts.end(), holds);
      case Condition::Kind::any:
        return std::any_of(condition.parts.begin(), condition.parts.end(), holds);
      case Condition::Kind::no:
        return !holds(condition.parts.front());
      case Condition::Kind::comparison:
        return of_toolkit ? any_compare(condition, current) : compare(condition, current);
      case Condition::Kind::test:
        break;
    }
    if (const Call* call = std::get_if<Call>(&condition.left.of)) return decide(*call, current);
    return !found(std::get<Query>(condition.left.of), current).empty();
  }

  /// As the RFC compares: one value or nothing on each side, each like with like.
  bool compare(const Condition& condition, const Value& current) {
    const auto left = value_of(condition.left, current), right = value_of(condition.right, current);
    switch (condition.relation) {
      case Relation::equal:
        return same(left, right);
      case Relation::not_equal:
        return !same(left, right);
      case Relation::less:
        return less(left, right);
      case Relation::less_or_equal:
        return less(left, right) || same(left, right);
      case Relation::greater:
        return less(right, left);
      case Relation::greater_or_equal:
        break;
    }
    return less(right, left) || same(left, right);
  }

  static bool less(const std::optional<Value>& a, const std::optional<Value>& b) {
    if (!a || !b) return false;
    if (a->is_number() && b->is_number()) return a->number() < b->number();
    return a->is_string() && b->is_string() && a->text() < b->text();
  }

  bool same(const std::optional<Value>& a, const std::optional<Value>& b) {
    return a && b ? same(*a, *b) : !a && !b;
  }

  bool same(const Value& a, const Value& b) {
    if (!step()) return false;
    if (a.is_array() && b.is_array())
      return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(),
                        b.elements().end(),
                        [&](const Value& x, const Value& y) { return same(x, y); });
    if (!a.is_object() || !b.is_object()) return a == b;
    // Whatever the order of their members.
    const auto by_key = [](const Value& object) {
      std::vector<const Value::Member*> members;
      for (const Value::Member& member : object.members()) members.push_back(&member);
      std::sort(members.begin(), members.end(),
                [](const auto* x, const auto* y) { return x->key < y->key; });
      return members;
    };
    const auto x = by_key(a), y = by_key(b);
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [&](const auto* m, const auto* n) {
      return m->key == n->key && same(m->value, n->value);
    });
  }

  /// As the toolkit compares: any of the one side with any of the other, as Python does.
  bool any_compare(const Condition& condition, const Value& current) {
    const auto values = [&](const Operand& side) {
      if (const Query* query = std::get_if<Query>(&side.of)) return found(*query, current);
      return Found{&std::get<Value>(side.of)};
    };
    const Found left = values(condition.left), right = values(condition.right);
    for (const Value* a : left)
      for (const Value* b : right)
        if (step() && python_compare(condition.relation, *a, *b)) return true;
    return false;
  }

  bool python_compare(Relation relation, const Value& a, const Value& b) {
    const auto x = python_number(a), y = python_number(b);
    const bool numbers = x && y;
    if (relation == Relation::equal) return numbers ? *x == *y : same(a, b);
    if (relation == Relation::not_equal) return numbers ? *x != *y : !same(a, b);
    if (!numbers) return false;
    switch (relation) {
      case Relation::less:
        return *x < *y;
      case Relation::less_or_equal:
        return *x <= *y;
      case Relation::greater:
        return *x > *y;
      default:
        return *x >= *y;
    }
  }

  std::optional<Value> value_of(const Operand& side, const Value& current) {
    if (const Value* value = std::get_if<Value>(&side.of)) return *value;
    if (const Query* query = std::get_if<Query>(&side.of)) {
      const Found one = found(*query, current);
      if (one.empty()) return std::nullopt;
      // A copy of all that is below it.
      return step(size_of(*one.front())) ? std::optional(*one.front()) : std::nullopt;
    }
    return result_of(std::get<Call>(side.of), current);
  }

  static std::uint64_t size_of(const Value& value) {
    std::uint64_t size = 1;
    if (value.is_array())
      for (const Value& element : value.elements()) size += size_of(element);
    if (value.is_object())
      for (const Value::Member& member : value.members()) size += size_of(member.value);
    return size;
  }

  std::optional<Value> result_of(const Call& call, const Value& current) {
    const Operand& argument = call.arguments.front();
    if (call.function == Function::length) {
      const auto value = value_of(argument, current);
      if (!value) return std::nullopt;
      if (value->is_string()) return Value::whole(characters(value->text()));
      if (value->is_array()) return Value::whole(value->elements().size());
      if (value->is_object()) return Value::whole(value->members().size());
      return std::nullopt;
    }
    const Found all = found(std::get<Query>(argument.of), current);
    if (call.function == Function::count) return Value::whole(all.size());
    return all.size() == 1 ? std::optional(*all.front()) : std::nullopt;
  }

  static std::uint64_t characters(std::string_view text) {
    std::uint64_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) take_code_point(text, at);
    return count;
  }

  bool decide(const Call& call, const Value& current) {
    const auto text = value_of(call.arguments[0], current);
    if (!text || !text->is_string() || !step(text->text().size())) return false;
    std::optional<boost::wregex> made;
    if (!call.pattern) {
      const auto pattern = value_of(call.arguments[1], current);
      if (pattern && pattern->is_string()) made = compiled(pattern->text());
      if (!made) return false;
    }
    const boost::wregex& pattern = call.pattern ? *call.pattern : *made;
    const std::wstring characters = wide(text->text());
    try {
      return call.function == Function::match ? boost::regex_match(characters, pattern)
                                              : boost::regex_search(characters, pattern);
    } catch (const std::runtime_error&) {
      return false;  // it would take for ever to find out
    }
  }

  const Value& root_;
  std::uint64_t steps_ = 0;
};

}  // namespace
}  // namespace json_path

std::optional<JsonPath> JsonPath::parse(std::string_view text, std::string& problem) {
  auto query = json_path::parse_query(text, problem);
  if (!query) return std::nullopt;
  JsonPath path;
  path.query_ = std::make_shared<const json_path::Query>(std::move(*query));
  return path;
}

std::optional<std::vector<const Value*>> JsonPath::matches(const Value& value) const {
  json_path::Walk walk(value);
  std::vector<const Value*> found = walk.found(*query_, value);
  if (walk.spent()) return std::nullopt;
  return found;
}

}  // namespace highwater::chaos
