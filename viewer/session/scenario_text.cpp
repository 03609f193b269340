#include "viewer/session/scenario_text.h"

#include <algorithm>
#include <charconv>

#include "engine/kernel/check.h"

namespace highwater::viewer {
namespace {

std::optional<std::size_t> index_in(const std::string& step) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
  return index;
}

bool ends_line(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == '\n' || text.substr(at, 2) == "\r\n";
}

/// The blanks of a line are `more` characters fewer, where there are so many.
std::string outdented(std::string_view text, std::size_t more) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(line_end(text, at) + 1, text.size());
    std::string_view line = text.substr(at, end - at);
    // The first line begins in the middle of one.
    if (at > 0) line.remove_prefix(std::min(more, skip_blanks(line, 0)));
    result += line;
    at = end;
  }
  return result;
}

}  // namespace

JsonPath path_of(std::string_view pointer) {
  JsonPath path;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    std::string key;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] == '~' && i + 1 < token.size())
        key += token[++i] == '1' ? '/' : '~';
      else
        key += token[i];
    }
    path.push_back(std::move(key));
    pointer.remove_prefix(token.size());
  }
  return path;
}

const Value* find_value(const Value& root, const JsonPath& path) {
  const Value* value = &root;
  for (const std::string& step : path) {
    if (value->is_array()) {
      const auto index = index_in(step);
      if (!index || *index >= value->elements().size()) return nullptr;
      value = &value->elements()[*index];
    } else {
      value = value->find(step);
      if (value == nullptr) return nullptr;
    }
  }
  return value;
}

std::optional<std::size_t> moved_down(const Value::Elements& now, const Value::Elements& then) {
  const auto [here, there] = std::mismatch(now.begin(), now.end(), then.begin(), then.end());
  if (now.size() != then.size() || now.end() - here < 2 || !(here[0] == there[1]) ||
      !(here[1] == there[0]) || !std::equal(here + 2, now.end(), there + 2, then.end()))
    return std::nullopt;
  return static_cast<std::size_t>(here - now.begin());
}

std::optional<ScenarioText> ScenarioText::read(std::string text, std::uint32_t source,
                                               Problems& problems) {
  std::optional<Value> value = parse_json(text, source, problems);
  if (!value) return std::nullopt;
  ScenarioText result;
  result.text_ = std::move(text);
  result.style_ = style_of(result.text_);
  result.value_ = std::move(*value);
  auto nodes = tree_of(result.text_);
  HIGHWATER_CHECK(nodes);  // whatever parses has brackets that fit
  result.nodes_ = std::move(*nodes);
  return result;
}

void ScenarioText::reread() {
  Problems unread;
  auto value = parse_json(text_, unread.add_source(""), unread);
  auto nodes = tree_of(text_);
  HIGHWATER_CHECK(value && nodes);
  value_ = std::move(*value);
  nodes_ = std::move(*nodes);
}

std::optional<std::size_t> ScenarioText::child_of(std::size_t parent,
                                                  const std::string& step) const {
  const TextNode& node = nodes_[parent];
  if (is_list(node)) {
    const auto index = index_in(step);
    if (!index || *index >= node.children.size()) return std::nullopt;
    return node.children[*index];
  }
  if (!is_object(node)) return std::nullopt;
  const auto child = std::find_if(node.children.begin(), node.children.end(),
                                  [&](std::size_t number) { return nodes_[number].key == step; });
  return child == node.children.end() ? std::nullopt : std::optional(*child);
}

std::optional<std::size_t> ScenarioText::node_at(const JsonPath& path) const {
  std::size_t node = 0;
  for (const std::string& step : path) {
    const auto child = child_of(node, step);
    if (!child) return std::nullopt;
    node = *child;
  }
  return node;
}

std::optional<std::pair<std::size_t, std::size_t>> ScenarioText::extent(
    const JsonPath& path) const {
  const auto node = node_at(path);
  if (!node) return std::nullopt;
  return std::pair{nodes_[*node].start, nodes_[*node].end};
}

/// Columns of a line that a place outside of strings and comments is in, without the comment at its
/// end.
std::size_t ScenarioText::columns_around(std::size_t place) const {
  return columns_of(between(line_begin(text_, place), code_end(text_, place)));
}

void ScenarioText::put(std::size_t number, const Value& value) {
  const auto growth = [&] {
    const TextNode& at = nodes_[number];
    return columns_of(written_on_a_line(value, style_)) - columns_of(between(at.begin, at.end));
  };
  const bool is_long = value.is_object() || value.is_array();
  while (is_long && number != 0 && nodes_[number].parent != number &&
         make_room(nodes_[number].parent, nodes_[number].end, growth()))
    continue;
  const TextNode& at = nodes_[number];
  const std::size_t before = columns_of(between(line_begin(text_, at.begin), at.begin));
  const std::size_t behind = columns_of(between(at.end, code_end(text_, at.end)));
  replace(at.begin, at.end,
          written(value, style_, std::string(indentation_at(text_, at.begin)), before + behind));
}

bool ScenarioText::set(const JsonPath& path, const Value& value) {
  std::size_t node = 0;
  for (std::size_t depth = 0; depth < path.size(); ++depth) {
    if (const auto child = child_of(node, path[depth])) {
      node = *child;
      continue;
    }
    if (!is_object(nodes_[node])) return false;
    Value added = value;
    for (std::size_t inner = path.size(); inner-- > depth + 1;) {
      Value around = Value::object();
      around.set(path[inner], std::move(added));
      added = std::move(around);
    }
    add(node, {quoted(path[depth]) + ": ", added});
    reread();
    return true;
  }
  put(node, value);
  reread();
  return true;
}

bool ScenarioText::say(const JsonPath& path, const Value& value) {
  if (find(path) == nullptr) return set(path, value);
  become(path, value);
  return true;
}

bool ScenarioText::append(const JsonPath& list, const Value& element) {
  const auto node = node_at(list);
  if (!node || !is_list(nodes_[*node])) return false;
  add(*node, {"", element});
  reread();
  return true;
}

std::string ScenarioText::addition(const Addition& what, const std::string& indentation) const {
  return what.key +
         written(what.value, style_, indentation, columns_of(indentation) + columns_of(what.key));
}

void ScenarioText::add(std::size_t number, const Addition& what) {
  if (nodes_[number].children.empty()) return add_first(number, what);
  const auto below = [&] {
    return begins_line(text_, nodes_[nodes_[number].children.back()].start);
  };
  const std::string on_a_line = ", " + what.key + written_on_a_line(what.value, style_);
  while (!below() && make_room(number, nodes_[number].end, columns_of(on_a_line))) continue;
  const TextNode& last = nodes_[nodes_[number].children.back()];
  if (below()) return add_below(last, what);
  replace(last.end, last.end, on_a_line);
}

/// Into what is empty, or holds nothing but comments.
void ScenarioText::add_first(std::size_t number, const Addition& what) {
  const auto inside = [&] { return between(nodes_[number].begin + 1, nodes_[number].end - 1); };
  if (is_space_only(inside()) && inside().find('\n') == std::string_view::npos) {
    const bool spaced =
        style_.spaced &&
        (is_object(nodes_[number]) || (what.value.is_object() && !what.value.members().empty()));
    const std::string space = spaced ? " " : "";
    const std::string line = space + what.key + written_on_a_line(what.value, style_) + space;
    const std::size_t growth = columns_of(line) - inside().size();
    while (make_room(number, nodes_[number].end, growth)) continue;
    const TextNode& node = nodes_[number];
    if (columns_around(node.end) + growth <= kTextColumns)
      return replace(node.begin + 1, node.end - 1, line);
  }
  const TextNode& node = nodes_[number];
  const std::string indentation(indentation_at(text_, node.begin));
  const std::string inner = indentation + style_.indent;
  const std::size_t last = inside().find_last_not_of(" \t\r\n");
  const std::size_t from = node.begin + 1 + (last == std::string_view::npos ? 0 : last + 1);
  replace(from, node.end - 1,
          style_.newline + inner + addition(what, inner) + style_.newline + indentation);
}

/// On a line of its own, below the last of the others.
void ScenarioText::add_below(const TextNode& last, const Addition& what) {
  const std::string indentation(indentation_at(text_, last.start));
  const std::size_t behind = end_with_comments(last.end);
  replace(behind, behind, style_.newline + indentation + addition(what, indentation));
  replace(last.end, last.end, ",");
}

/// Where a line would become too long by so many columns more, sets the outermost of what it holds
/// whole one member a line. @param number  Of a node; what is around it is looked at, too.
/// @return whether something was set so. The nodes keep their numbers.
bool ScenarioText::make_room(std::size_t number, std::size_t place, std::size_t more) {
  const std::size_t used = columns_around(place);
  // Whoever wrote longer lines does not mind them.
  if (used > kTextColumns || used + more <= kTextColumns) return false;
  std::optional<std::size_t> outermost;
  for (std::size_t node = number;; node = nodes_[node].parent) {
    if (between(nodes_[node].begin, nodes_[node].end).find('\n') != std::string_view::npos) break;
    if (can_break(nodes_[node])) outermost = node;
    if (node == 0) break;
  }
  if (!outermost) return false;
  const TextNode& whole = nodes_[*outermost];
  const std::string indentation(indentation_at(text_, whole.begin));
  std::string lines;
  for (const std::size_t child : whole.children) {
    lines += (lines.empty() ? "" : ",") + style_.newline + indentation + style_.indent;
    lines += between(nodes_[child].start, nodes_[child].end);
  }
  replace(whole.begin + 1, whole.end - 1, lines + style_.newline + indentation);
  reread();
  return true;
}

/// Whether there is something in it, and no comment beside that.
bool ScenarioText::can_break(const TextNode& node) const {
  std::size_t at = node.begin + 1;
  for (const std::size_t number : node.children) {
    const TextNode& child = nodes_[number];
    if (skip_blanks(text_, at) != child.start) return false;
    const std::size_t behind = skip_blanks(text_, child.end);
    if (skip_comment(text_, behind) != behind) return false;
    at = child.comma ? *child.comma + 1 : child.end;
  }
  return !node.children.empty();
}

/// From where on a node's own comments stand, those right above it and right before it.
/// @param after  Behind the comma or bracket before the node.
std::size_t ScenarioText::begin_with_comments(const TextNode& node, std::size_t after) const {
  struct Comment {
    std::size_t begin, end;
  };
  std::vector<Comment> comments;
  for (std::size_t at = after; at < node.start;) {
    const std::size_t end = skip_comment(text_, at);
    if (end > at) comments.push_back({at, end});
    at = std::max(end, at + 1);
  }
  std::size_t begin = node.start;
  for (auto comment = comments.rbegin(); comment != comments.rend(); ++comment) {
    const std::string_view gap = between(comment->end, begin);
    const auto breaks = std::count(gap.begin(), gap.end(), '\n');
    // Beside what stands before it, or apart.
    if (breaks > 1 || (breaks == 1 && !begins_line(text_, comment->begin))) break;
    begin = comment->begin;
    if (!begins_line(text_, begin)) break;
  }
  return begin;
}

/// Behind the comments that follow on the same line.
std::size_t ScenarioText::end_with_comments(std::size_t end) const {
  for (;;) {
    const std::size_t comment = skip_blanks(text_, end);
    const std::size_t behind = skip_comment(text_, comment);
    if (behind == comment) return end;
    end = behind;
  }
}

void ScenarioText::cut(const TextNode& node) {
  const TextNode& parent = nodes_[node.parent];
  const TextNode* before = nullptr;
  for (const std::size_t number : parent.children)
    if (nodes_[number].start < node.start) before = &nodes_[number];
  const std::size_t after = before != nullptr ? *before->comma + 1 : parent.begin + 1;
  std::size_t begin = begin_with_comments(node, after);
  std::size_t end = node.comma ? *node.comma + 1 : node.end;
  const std::size_t behind = end_with_comments(end);
  bool comma_goes = !node.comma && before != nullptr;  // nothing follows the one before any more
  if (begins_line(text_, begin) && ends_line(text_, skip_blanks(text_, behind))) {
    begin = line_begin(text_, begin);
    end = std::min(line_end(text_, behind) + 1, text_.size());
    // The empty lines that set it apart go, too, where others would follow or nothing.
    const std::size_t next = skip_blanks(text_, end);
    const bool apart = ends_line(text_, next) || text_[next] == '}' || text_[next] == ']';
    while (apart && begin > after) {
      const std::size_t above = line_begin(text_, begin - 1);
      if (above <= after || !is_space_only(between(above, begin))) break;
      begin = above;
    }
  } else if (node.comma) {
    if (before == nullptr && ends_line(text_, skip_blanks(text_, behind))) end = behind;
    if (ends_line(text_, skip_blanks(text_, end))) {
      while (begin > after && (text_[begin - 1] == ' ' || text_[begin - 1] == '\t')) --begin;
    } else {
      end = skip_blanks(text_, end);
    }
  } else if (comma_goes && is_space_only(between(after, begin))) {
    begin = after - 1;
    comma_goes = false;
  }
  replace(begin, end, "");
  if (comma_goes) replace(after - 1, after, "");
}

bool ScenarioText::remove(const JsonPath& path) {
  if (path.empty() || !node_at(path)) return false;
  const JsonPath around(path.begin(), path.end() - 1);
  const bool member = is_object(nodes_[*node_at(around)]);
  do {
    cut(nodes_[*node_at(path)]);
    reread();
  } while (member && node_at(path));
  const TextNode& parent = nodes_[*node_at(around)];
  if (parent.children.empty() && is_space_only(between(parent.begin + 1, parent.end - 1))) {
    replace(parent.begin + 1, parent.end - 1, "");
    reread();
  }
  return true;
}

bool ScenarioText::rename(const JsonPath& path, const std::string& key) {
  if (path.empty()) return false;
  const auto node = node_at(path);
  if (!node || nodes_[*node].key_end == nodes_[*node].start) return false;
  if (child_of(nodes_[*node].parent, key)) return path.back() == key;
  replace(nodes_[*node].start, nodes_[*node].key_end, quoted(key));
  reread();
  return true;
}

bool ScenarioText::lift(const JsonPath& element, const JsonPath& list) {
  const auto outer = node_at(element), inner = node_at(list);
  if (!outer || !inner || element.empty() || !is_list(nodes_[nodes_[*outer].parent]) ||
      !is_list(nodes_[*inner]) || nodes_[*inner].begin < nodes_[*outer].begin ||
      nodes_[*inner].end > nodes_[*outer].end)
    return false;
  const TextNode &from = nodes_[*inner], &to = nodes_[*outer];
  if (from.children.empty()) return remove(element);
  const TextNode& first = nodes_[from.children.front()];
  const std::size_t begin = begin_with_comments(first, from.begin + 1);
  const std::size_t deeper = indentation_at(text_, first.start).size();
  const std::size_t here = indentation_at(text_, to.begin).size();
  replace(to.begin, to.end,
          outdented(between(begin, nodes_[from.children.back()].end),
                    deeper > here ? deeper - here : 0));
  reread();
  return true;
}

bool ScenarioText::move_down(const JsonPath& list, std::size_t index) {
  const auto number = node_at(list);
  if (!number || !is_list(nodes_[*number]) || index + 1 >= nodes_[*number].children.size())
    return false;
  const TextNode& around = nodes_[*number];
  const TextNode &upper = nodes_[around.children[index]],
                 &lower = nodes_[around.children[index + 1]];
  // Each has comments before it and, behind its comma, at the end of its line.
  const std::size_t after =
      index == 0 ? around.begin + 1 : *nodes_[around.children[index - 1]].comma + 1;
  const std::size_t upper_begin = begin_with_comments(upper, after);
  const std::size_t upper_rest = *upper.comma + 1;
  const std::size_t upper_end = end_with_comments(upper_rest);
  const std::size_t lower_begin = begin_with_comments(lower, upper_rest);
  const std::size_t lower_rest = lower.comma ? *lower.comma + 1 : lower.end;
  const std::size_t lower_end = end_with_comments(lower_rest);
  const auto on_lines = [&](std::size_t begin, std::size_t end) {
    return begins_line(text_, begin) && ends_line(text_, skip_blanks(text_, end));
  };
  const auto text = [&](std::size_t begin, std::size_t end) {
    return std::string(between(begin, end));
  };
  if (on_lines(upper_begin, upper_end) && on_lines(lower_begin, lower_end))
    replace(upper_begin, lower_end,
            text(lower_begin, lower.end) + text(upper.end, upper_rest) +
                text(lower_rest, lower_end) + text(upper_end, lower_begin) +
                text(upper_begin, upper.end) + text(lower.end, lower_rest) +
                text(upper_rest, upper_end));
  else
    replace(
        upper.start, lower.end,
        text(lower.start, lower.end) + text(upper.end, lower.start) + text(upper.start, upper.end));
  reread();
  return true;
}

void ScenarioText::become(const Value& wanted) {
  become({}, wanted);
}

void ScenarioText::become(const JsonPath& path, const Value& wanted) {
  const Value now = *find(path);
  if (now == wanted) return;
  const auto below = [&](std::string step) {
    JsonPath inner = path;
    inner.push_back(std::move(step));
    return inner;
  };
  if (now.is_object() && wanted.is_object()) {
    for (const Value::Member& member : now.members())
      if (wanted.find(member.key) == nullptr) remove(below(member.key));
    for (const Value::Member& member : wanted.members()) {
      if (now.find(member.key) != nullptr)
        become(below(member.key), member.value);
      else
        set(below(member.key), member.value);
    }
  } else if (now.is_array() && wanted.is_array() &&
             now.elements().size() == wanted.elements().size()) {
    if (const auto upper = moved_down(now.elements(), wanted.elements())) {
      move_down(path, *upper);
      return;
    }
    for (std::size_t i = 0; i < wanted.elements().size(); ++i)
      become(below(std::to_string(i)), wanted.elements()[i]);
  } else if (!now.is_array() || !wanted.is_array() || !become_longer_or_shorter(path, wanted)) {
    set(path, wanted);
  }
}

/// Of a list, where all that differs is that neighbouring elements go, or new ones follow the last.
bool ScenarioText::become_longer_or_shorter(const JsonPath& path, const Value& wanted) {
  const Value::Elements now = find(path)->elements();
  const Value::Elements& then = wanted.elements();
  const std::size_t common = std::min(now.size(), then.size());
  std::size_t front = 0, back = 0;
  while (front < common && now[front] == then[front]) ++front;
  while (back < common - front && now[now.size() - 1 - back] == then[then.size() - 1 - back])
    ++back;
  if (front == now.size()) {
    for (std::size_t i = front; i < then.size(); ++i) append(path, then[i]);
    return true;
  }
  if (front + back != then.size()) return false;
  for (std::size_t i = now.size() - back; i-- > front;) {
    JsonPath element = path;
    element.push_back(std::to_string(i));
    remove(element);
  }
  return true;
}

}  // namespace highwater::viewer
