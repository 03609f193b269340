#include "viewer/session/text_tree.h"

#include <algorithm>

#include "engine/describe/value.h"

namespace highwater::viewer {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kSpace, at), text.size());
}

/// Behind the string that begins there.
std::size_t skip_string(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  return std::min(end + 1, text.size());
}

std::string key_in(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos)
    return std::string(quoted.substr(1, std::max<std::size_t>(quoted.size(), 2) - 2));
  const std::optional<Value> read = parse_json_value(quoted);
  return read && read->is_string() ? read->text() : std::string(quoted);
}

/// Walks over a text and notes where its values are.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool scan() {
    std::size_t at = skip_space_and_comments(text_, text_.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (; at < text_.size(); at = skip_space_and_comments(text_, at))
      if (!take(at)) return false;
    return open_.empty() && !nodes_.empty();
  }
  std::vector<TextNode> nodes() && { return std::move(nodes_); }

 private:
  /// Takes the token that begins there, and moves behind it.
  bool take(std::size_t& at) {
    const char c = text_[at];
    if (c == '}' || c == ']') return close(at);
    if (c == ',') return comma(at);
    if (open_.empty() && !nodes_.empty()) return false;  // there is one document
    const bool in_object = !open_.empty() && text_[nodes_[open_.back()].begin] == '{';
    TextNode node;
    node.start = node.key_end = at;
    node.parent = open_.empty() ? 0 : open_.back();
    if (in_object) {
      if (c != '"') return false;
      node.key_end = skip_string(text_, at);
      node.key = key_in(text_.substr(at, node.key_end - at));
      at = skip_space_and_comments(text_, node.key_end);
      if (at >= text_.size() || text_[at] != ':') return false;
      at = skip_space_and_comments(text_, at + 1);
      if (at >= text_.size()) return false;
    }
    return value(std::move(node), at);
  }

  bool value(TextNode node, std::size_t& at) {
    if (!open_.empty()) {
      const std::vector<std::size_t>& before = nodes_[open_.back()].children;
      if (!before.empty() && !nodes_[before.back()].comma) return false;
      nodes_[open_.back()].children.push_back(nodes_.size());
    }
    node.begin = at;
    const char c = text_[at];
    if (c == '{' || c == '[') {
      open_.push_back(nodes_.size());
      ++at;
    } else if (c == '"') {
      at = skip_string(text_, at);
    } else {
      const std::size_t end = std::min(text_.find_first_of(" \t\r\n,:{}[]\"/", at), text_.size());
      if (end == at) return false;
      at = end;
    }
    node.end = at;
    nodes_.push_back(std::move(node));
    return true;
  }

  bool close(std::size_t& at) {
    if (open_.empty()) return false;
    TextNode& node = nodes_[open_.back()];
    if ((text_[node.begin] == '{') != (text_[at] == '}')) return false;
    if (!node.children.empty() && nodes_[node.children.back()].comma) return false;
    node.end = ++at;
    open_.pop_back();
    return true;
  }

  bool comma(std::size_t& at) {
    if (open_.empty() || nodes_[open_.back()].children.empty()) return false;
    TextNode& last = nodes_[nodes_[open_.back()].children.back()];
    if (last.comma) return false;
    last.comma = at++;
    return true;
  }

  std::string_view text_;
  std::vector<TextNode> nodes_;
  std::vector<std::size_t> open_;  // brackets
};

}  // namespace

std::optional<std::vector<TextNode>> tree_of(std::string_view text) {
  Scanner scanner(text);
  if (!scanner.scan()) return std::nullopt;
  return std::move(scanner).nodes();
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  const std::size_t before = text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

bool begins_line(std::string_view text, std::size_t at) {
  return skip_blanks(text, line_begin(text, at)) >= at;
}

std::string_view indentation_at(std::string_view text, std::size_t at) {
  const std::size_t begin = line_begin(text, at);
  return text.substr(begin, skip_blanks(text, begin) - begin);
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t", at), text.size());
}

std::size_t skip_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find_first_of("\r\n", at), text.size());
  if (text.substr(at, 2) != "/*") return at;
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

std::size_t skip_space_and_comments(std::string_view text, std::size_t at) {
  for (;;) {
    at = skip_space(text, at);
    const std::size_t behind = skip_comment(text, at);
    if (behind == at) return at;
    at = behind;
  }
}

std::size_t code_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (at < text.size() && text[at] != '\n' && text[at] != '\r') {
    if (text.substr(at, 2) == "//") break;
    const std::size_t comment = skip_comment(text, at);
    if (comment > at) {
      at = std::min(comment, line_end(text, at));
      continue;
    }
    at = text[at] == '"' ? skip_string(text, at) : at + 1;
    if (text[at - 1] != ' ' && text[at - 1] != '\t') end = at;
  }
  return end;
}

bool is_space_only(std::string_view text) {
  return text.find_first_not_of(kSpace) == std::string_view::npos;
}

}  // namespace highwater::viewer
