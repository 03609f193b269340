#include "engine/chaos/json_path.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/describe/problems.h"

namespace highwater::chaos {

class JsonPath::Parser {
 public:
  Parser(std::string_view text, std::string& problem) : rest_(text), problem_(problem) {}

  std::optional<JsonPath> path() {
    JsonPath path;
    if (!take("$")) return fail("a path begins with \"$\"");
    while (!rest_.empty()) {
      Segment segment;
      if (take("..")) {
        segment.descends = true;
        if (!rest_.starts_with('[') && !member(segment)) return std::nullopt;
        if (segment.selectors.empty() && !brackets(segment)) return std::nullopt;
      } else if (take(".")) {
        if (!member(segment)) return std::nullopt;
      } else if (rest_.starts_with('[')) {
        if (!brackets(segment)) return std::nullopt;
      } else {
        return fail("expected \".\" or \"[\" before " + in_quotes(rest_));
      }
      path.segments_.push_back(std::move(segment));
    }
    return path;
  }

 private:
  std::nullopt_t fail(std::string problem) {
    problem_ = std::move(problem);
    return std::nullopt;
  }
  bool refuse(std::string problem) {
    fail(std::move(problem));
    return false;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void skip_spaces() {
    while (take(" ")) {
    }
  }

  bool member(Segment& segment) {
    if (take("*")) {
      segment.selectors.emplace_back();
      return true;
    }
    const std::size_t end = std::min(rest_.find_first_of(".[ "), rest_.size());
    if (end == 0) return refuse("a name is missing");
    Selector selector;
    selector.kind = Selector::Kind::name;
    selector.name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    segment.selectors.push_back(std::move(selector));
    return true;
  }

  bool brackets(Segment& segment) {
    take("[");
    do {
      skip_spaces();
      Selector selector;
      if (take("*")) {
        selector.kind = Selector::Kind::all;
      } else if (rest_.starts_with('"') || rest_.starts_with('\'')) {
        const char quote = rest_.front();
        const std::size_t end = rest_.find(quote, 1);
        if (end == std::string_view::npos) return refuse("a quote is not closed");
        selector.kind = Selector::Kind::name;
        selector.name = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
      } else if (rest_.starts_with('?') || rest_.starts_with('(')) {
        return refuse("filters and scripts are not supported");
      } else if (!numbers(selector)) {
        return refuse("expected an index, a slice, a quoted name or \"*\" in brackets");
      }
      segment.selectors.push_back(std::move(selector));
      skip_spaces();
    } while (take(","));
    return take("]") || refuse("a bracket is not closed");
  }

  std::optional<std::int64_t> number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  bool numbers(Selector& selector) {
    const auto first = number();
    if (!take(":")) {
      if (!first) return false;
      selector.kind = Selector::Kind::index;
      selector.index = *first;
      return true;
    }
    selector.kind = Selector::Kind::slice;
    selector.slice.from = first;
    selector.slice.to = number();
    if (take(":")) selector.slice.step = number().value_or(1);
    return selector.slice.step > 0;
  }

  std::string_view rest_;
  std::string& problem_;
};

std::optional<JsonPath> JsonPath::parse(std::string_view text, std::string& problem) {
  return Parser(text, problem).path();
}

void JsonPath::select(const Selector& selector, const Value& value,
                      std::vector<const Value*>& out) {
  if (value.is_object()) {
    if (selector.kind == Selector::Kind::name) {
      if (const Value* found = value.find(selector.name)) out.push_back(found);
    } else if (selector.kind == Selector::Kind::all) {
      for (const Value::Member& member : value.members()) out.push_back(&member.value);
    }
    return;
  }
  if (!value.is_array()) return;
  const auto& elements = value.elements();
  const auto size = static_cast<std::int64_t>(elements.size());
  const auto from_end = [&](std::int64_t index) { return index < 0 ? index + size : index; };
  if (selector.kind == Selector::Kind::all) {
    for (const Value& element : elements) out.push_back(&element);
  } else if (selector.kind == Selector::Kind::index) {
    const std::int64_t index = from_end(selector.index);
    if (index >= 0 && index < size) out.push_back(&elements[static_cast<std::size_t>(index)]);
  } else if (selector.kind == Selector::Kind::slice) {
    const std::int64_t from =
        std::clamp(from_end(selector.slice.from.value_or(0)), std::int64_t{0}, size);
    const std::int64_t to =
        std::clamp(from_end(selector.slice.to.value_or(size)), std::int64_t{0}, size);
    for (std::int64_t i = from; i < to; i += std::min(selector.slice.step, size))
      out.push_back(&elements[static_cast<std::size_t>(i)]);
  }
}

void JsonPath::apply(const Segment& segment, const Value& value, std::vector<const Value*>& out) {
  for (const Selector& selector : segment.selectors) select(selector, value, out);
  if (!segment.descends) return;
  if (value.is_array())
    for (const Value& element : value.elements()) apply(segment, element, out);
  if (value.is_object())
    for (const Value::Member& member : value.members()) apply(segment, member.value, out);
}

std::vector<Value> JsonPath::matches(const Value& value) const {
  std::vector<const Value*> now{&value};
  for (const Segment& segment : segments_) {
    std::vector<const Value*> next;
    for (const Value* each : now) apply(segment, *each, next);
    now = std::move(next);
  }
  std::vector<Value> found;
  for (const Value* each : now) found.push_back(*each);
  return found;
}

}  // namespace highwater::chaos
