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

void ScenarioText::put(const TextNode& at, const Value& value) {
  const std::size_t line = line_begin(text_, at.begin);
  const std::size_t behind = at.comma ? 1 : 0;
  const std::string by = written(value, style_, std::string(indentation_at(text_, at.begin)),
                                 columns_of(between(line, at.begin)) + behind);
  replace(at.begin, at.end, by);
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
    add(nodes_[node], {quoted(path[depth]) + ": ", added});
    reread();
    return true;
  }
  put(nodes_[node], value);
  reread();
  return true;
}

bool ScenarioText::append(const JsonPath& list, const Value& element) {
  const auto node = node_at(list);
  if (!node || !is_list(nodes_[*node])) return false;
  add(nodes_[*node], {"", element});
  reread();
  return true;
}

std::string ScenarioText::addition(const Addition& what, const std::string& indentation) const {
  return what.key +
         written(what.value, style_, indentation, columns_of(indentation) + columns_of(what.key));
}

void ScenarioText::add(const TextNode& parent, const Addition& what) {
  if (parent.children.empty()) return add_first(parent, what);
  const TextNode& last = nodes_[parent.children.back()];
  if (begins_line(text_, last.start)) return add_below(last, what);
  // Beside the others, as long as the line does not become too long by it.
  const std::size_t used =
      columns_of(between(line_begin(text_, last.end), line_end(text_, last.end)));
  const std::string on_a_line = ", " + what.key + written_on_a_line(what.value, style_);
  const bool fits = used > kTextColumns || used + columns_of(on_a_line) <= kTextColumns;
  if (!fits && break_open(parent, what)) return;
  replace(last.end, last.end, on_a_line);
}

/// Into what is empty, or holds nothing but comments.
void ScenarioText::add_first(const TextNode& parent, const Addition& what) {
  const std::string indentation(indentation_at(text_, parent.begin));
  const std::string inner = indentation + style_.indent;
  const std::string_view inside = between(parent.begin + 1, parent.end - 1);
  if (is_space_only(inside) && inside.find('\n') == std::string_view::npos) {
    const bool spaced =
        style_.spaced &&
        (is_object(parent) || (what.value.is_object() && !what.value.members().empty()));
    const std::string space = spaced ? " " : "";
    const std::string line = space + what.key + written_on_a_line(what.value, style_) + space;
    const std::size_t used =
        columns_of(between(line_begin(text_, parent.begin), line_end(text_, parent.begin)));
    if (used - inside.size() + columns_of(line) <= kTextColumns)
      return replace(parent.begin + 1, parent.end - 1, line);
  }
  const std::size_t last = inside.find_last_not_of(" \t\r\n");
  const std::size_t from = parent.begin + 1 + (last == std::string_view::npos ? 0 : last + 1);
  replace(from, parent.end - 1,
          style_.newline + inner + addition(what, inner) + style_.newline + indentation);
}

/// On a line of its own, below the last of the others.
void ScenarioText::add_below(const TextNode& last, const Addition& what) {
  const std::string indentation(indentation_at(text_, last.start));
  const std::size_t behind = end_with_comments(last.end);
  replace(behind, behind, style_.newline + indentation + addition(what, indentation));
  replace(last.end, last.end, ",");
}

/// Sets what stands on one line one member a line. @return false where that cannot be.
bool ScenarioText::break_open(const TextNode& parent, const Addition& what) {
  if (between(parent.begin, parent.end).find('\n') != std::string_view::npos) return false;
  std::size_t at = parent.begin + 1;
  const std::string indentation(indentation_at(text_, parent.begin));
  const std::string inner = indentation + style_.indent;
  std::string lines;
  for (const std::size_t number : parent.children) {
    const TextNode& child = nodes_[number];
    if (skip_space_and_comments(text_, at) != skip_blanks(text_, at)) return false;
    lines += style_.newline + inner;
    lines += between(child.start, child.end);
    lines += ",";
    const std::size_t behind = skip_blanks(text_, child.end);
    if (skip_comment(text_, behind) != behind) return false;
    at = child.comma ? *child.comma + 1 : child.end;
  }
  lines += style_.newline + inner + addition(what, inner) + style_.newline + indentation;
  replace(parent.begin + 1, parent.end - 1, lines);
  return true;
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
    for (std::size_t i = 0; i < wanted.elements().size(); ++i)
      become(below(std::to_string(i)), wanted.elements()[i]);
  } else {
    set(path, wanted);
  }
}

}  // namespace highwater::viewer
