#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/describe/value.h"

namespace highwater {
namespace {

/// Walks the text beside the parser, one token per event, and so knows where each token begins. The
/// parser vouches for the text before the current event; after an error only the next token's
/// beginning is asked for.
class Cursor {
 public:
  Cursor(std::string_view text, std::uint32_t source) : text_(text), source_(source) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  /// Moves over white space, commas, colons and comments to the next token.
  Position next_token() {
    comma_ = std::string_view::npos;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ',') comma_ = at_;
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':') {
        step();
      } else if (text_.substr(at_, 2) == "//") {
        // As the parser has it: any end of a line, and a zero, end the comment.
        while (at_ < text_.size() && !ends_comment(text_[at_])) step();
        if (at_ < text_.size() && text_[at_] == '\0') step();
      } else if (text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        advance_to(end == std::string_view::npos ? text_.size() : end + 2);
      } else {
        break;
      }
    }
    return position();
  }

  /// Moves over the token that begins here, which the parser has accepted. @return its text.
  std::string_view take_token() {
    const std::size_t begin = at_;
    advance_to(begin + token_length(text_.substr(begin)));
    return text_.substr(begin, at_ - begin);
  }

  /// The letters and digits from here on, or one other character: what a user would call a word.
  std::string_view word_here() const {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    if (end == at_ && text_[end] == '"') end = at_ + token_length(rest()) - 1;
    if (end == at_) {
      do ++end;
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80);
    }
    return text_.substr(at_, end - at_);
  }

  void advance_to(std::size_t offset) {
    while (at_ < std::min(offset, text_.size())) step();
  }
  Position position() const { return {source_, line_, column_}; }
  std::string_view rest() const { return text_.substr(at_); }
  std::size_t offset() const { return at_; }
  bool passed_comma() const { return comma_ != std::string_view::npos; }

 private:
  static bool ends_comment(char c) { return c == '\n' || c == '\r' || c == '\0'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  static std::size_t token_length(std::string_view text) {
    std::size_t end = 1;
    if (text[0] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
      return std::min(end + 1, text.size());
    }
    for (const std::string_view literal : {"true", "false", "null"})
      if (text.starts_with(literal)) return literal.size();
    if (text[0] == '-' || is_digit(text[0])) return number_length(text);
    return 1;
  }

  /// As JSON's grammar has it: "01" is the number 0 and something behind it.
  static std::size_t number_length(std::string_view text) {
    std::size_t end = text[0] == '-' ? 1 : 0;
    const auto digits = [&] {
      while (end < text.size() && is_digit(text[end])) ++end;
    };
    if (end < text.size() && text[end] == '0') {
      ++end;
    } else {
      digits();
    }
    if (end < text.size() && text[end] == '.') {
      ++end;
      digits();
    }
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
      ++end;
      if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
      digits();
    }
    return end;
  }

  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.' ||
           c == '_';
  }
  void step() {
    const auto c = static_cast<unsigned char>(text_[at_++]);
    if (c == '\n') {
      ++line_;
      column_ = 1;
    } else if (at_ >= text_.size() || (static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
      ++column_;  // the next byte begins a new character
    }
  }

  std::string_view text_;
  std::uint32_t source_;
  std::size_t at_ = 0;
  std::size_t comma_ = std::string_view::npos;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

/// Receives the parser's events and builds the tree on an explicit stack.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view text, std::uint32_t source, Problems& problems)
      : text_(text), cursor_(text, source), problems_(problems) {}

  std::optional<Value> result() && { return std::move(result_); }

  bool null() override {
    return scalar([](std::string_view) { return Value(); });
  }
  bool boolean(bool value) override {
    return scalar([=](std::string_view) { return Value::boolean(value); });
  }
  bool number_integer(number_integer_t) override { return number(); }
  bool number_unsigned(number_unsigned_t) override { return number(); }
  bool number_float(number_float_t, const string_t&) override { return number(); }
  bool string(string_t& text) override {
    return scalar([&](std::string_view) { return Value::string(std::move(text)); });
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Value::object()); }
  bool start_array(std::size_t) override { return open(Value::array()); }
  bool end_object() override {
    report_duplicates(stack_.back().value);
    return close();
  }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    stack_.back().key_position = cursor_.next_token();
    cursor_.take_token();
    stack_.back().key = std::move(key);
    return true;
  }

  bool parse_error(std::size_t offset, const std::string&,
                   const nlohmann::json::exception& error) override {
    explain(offset, error.what());
    return false;
  }

 private:
  struct Open {
    Value value;
    std::string key;  // of the member being read
    Position key_position;
  };

  bool number() {
    return scalar([](std::string_view text) { return Value::number_text(std::string(text)); });
  }

  template <class Make>
  bool scalar(Make make) {
    const Position position = cursor_.next_token();
    Value value = make(cursor_.take_token());
    value.set_position(position);
    return place(std::move(value));
  }

  bool open(Value value) {
    const Position position = cursor_.next_token();
    cursor_.take_token();
    if (stack_.size() >= kDeepestDocument) {
      problems_.error(position, "",
                      fmt::format("brackets are nested more than {} deep", kDeepestDocument));
      return false;
    }
    value.set_position(position);
    stack_.push_back({std::move(value), "", {}});
    return true;
  }

  bool close() {
    cursor_.next_token();
    cursor_.take_token();
    Value value = std::move(stack_.back().value);
    stack_.pop_back();
    return place(std::move(value));
  }

  bool place(Value value) {
    if (++values_ > kMostValues) {
      problems_.error(value.position(), "",
                      fmt::format("the document holds more than {} values", kMostValues));
      return false;
    }
    if (stack_.empty()) {
      result_ = std::move(value);
      return true;
    }
    Open& parent = stack_.back();
    if (parent.value.is_array()) {
      parent.value.push(std::move(value));
    } else {
      parent.value.members().push_back(
          {std::move(parent.key), parent.key_position, std::move(value)});
    }
    return true;
  }

  std::string pointer() const {
    std::string path;
    for (const Open& open : stack_) {
      if (&open == &stack_.back()) break;
      path = open.value.is_array() ? pointer_to(path, open.value.elements().size())
                                   : pointer_to(path, open.key);
    }
    return path;
  }

  /// Reports the second and later of equal keys and drops them.
  void report_duplicates(Value& object) {
    Value::Members& members = object.members();
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members[a].key < members[b].key; });
    std::vector<bool> dropped(members.size());
    std::size_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
      const Value::Member& original = members[order[first]];
      const Value::Member& again = members[order[i]];
      if (again.key != original.key) {
        first = i;
        continue;
      }
      dropped[order[i]] = true;
      problems_.error(again.key_position, pointer_to(pointer(), again.key),
                      fmt::format("duplicate key {}; it is already at {}:{}", in_quotes(again.key),
                                  original.key_position.line, original.key_position.column));
    }
    std::size_t index = 0;
    std::erase_if(members, [&](const Value::Member&) { return dropped[index++]; });
  }

  /// Turns the parser's error into one in the user's terms.
  void explain(std::size_t offset, std::string_view what) {
    const auto says = [&](std::string_view part) { return what.find(part) != what.npos; };
    const Position token = cursor_.next_token();
    const std::string_view rest = cursor_.rest();
    if (says("ill-formed UTF-8") || says("control character") || says("backslash") ||
        says("surrogate") || says("'\\u' must be followed")) {
      cursor_.advance_to(offset - 1);  // `offset` counts the bytes read, the faulty one included
      return problems_.error(cursor_.position(), "", inside_string(what));
    }
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF") ||
        text_.find('\0') != text_.npos) {
      return problems_.error(token, "", "this is not UTF-8 text");
    }
    if (says("missing closing quote")) {
      return problems_.error(token, "", "the string that begins here has no closing quote");
    }
    if (rest.empty()) return problems_.error(token, "", ends_early());
    problems_.error(token, "", about_token(rest, what));
  }

  static std::string inside_string(std::string_view what) {
    if (what.find("UTF-8") != what.npos) return "this byte is not valid UTF-8";
    if (what.find("control character") != what.npos)
      return "a string may not hold a line break or control character; write \\n, \\t or \\u00xx";
    if (what.find("surrogate") != what.npos || what.find("'\\u'") != what.npos)
      return "\\u must be followed by four hexadecimal digits, a surrogate by its pair";
    return "only \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX may follow a backslash";
  }

  std::string ends_early() const {
    if (stack_.empty()) {
      const bool holds_text = text_.find_first_not_of(" \t\r\n") != text_.npos;
      return holds_text ? "the document ends before a value" : "the document is empty";
    }
    const Open& open = stack_.back();
    const bool list = open.value.is_array();
    const Position begin = open.value.position();
    return fmt::format("the text ends inside the {} that begins at {}:{}; a \"{}\" is missing",
                       list ? "list" : "object", begin.line, begin.column, list ? "]" : "}");
  }

  std::string about_token(std::string_view rest, std::string_view what) {
    const char c = rest.front();
    const std::string word(cursor_.word_here().substr(0, 40));
    if (result_) return fmt::format("unexpected {} after the end of the document", in_quotes(word));
    if ((c == '}' || c == ']') && cursor_.passed_comma())
      return fmt::format("a comma must not stand before \"{}\"", c);
    if (c >= '0' && c <= '9' && cursor_.offset() > 0 && text_[cursor_.offset() - 1] == '0')
      return "a number may not begin with a 0 before other digits";
    if (c == '\'') return "strings stand in double quotes";
    if (what.find("number overflow") != what.npos)
      return fmt::format("{} is too large a number", word);
    for (const std::string_view name : {"NaN", "nan", "Infinity", "-Infinity", "inf", "-inf"}) {
      if (word == name) return fmt::format("{} is not a number a scenario may hold", name);
    }
    const std::string expected = expectation(what);
    if (c == '"') return fmt::format("unexpected text {}\"{}", word, expected);
    return fmt::format("unexpected {}{}", in_quotes(word), expected);
  }

  /// "; expected …" from the parser's own words where it says so.
  std::string expectation(std::string_view what) const {
    const std::size_t at = what.rfind("expected ");
    const bool own = at != what.npos && at > 0 && what[at - 1] == ' ' && what[at - 2] == ';';
    if (!own) return stack_.empty() ? "; a document is one object in braces" : "";
    std::string_view wanted = what.substr(at + 9);
    wanted = wanted.substr(0, wanted.find("; last read"));
    if (wanted == "'}'" || wanted == "',' or '}'") return "; expected \",\" or \"}\"";
    if (wanted == "']'" || wanted == "',' or ']'") return "; expected \",\" or \"]\"";
    if (wanted == "':'") return "; expected \":\" after the key";
    if (wanted == "string literal" || wanted == "object key") return "; expected a key in quotes";
    return fmt::format("; expected {}", wanted);
  }

  std::string_view text_;
  Cursor cursor_;
  Problems& problems_;
  std::vector<Open> stack_;
  std::optional<Value> result_;
  std::size_t values_ = 0;
};

}  // namespace

std::optional<Value> parse_json(std::string_view text, std::uint32_t source, Problems& problems) {
  if (text.size() > kLargestDocument) {
    problems.error({source, 1, 1}, "",
                   fmt::format("the document has {} bytes; at most {} MiB are read", text.size(),
                               kLargestDocument >> 20));
    return std::nullopt;
  }
  Builder builder(text, source, problems);
  const bool good = nlohmann::json::sax_parse(text.begin(), text.end(), &builder,
                                              nlohmann::json::input_format_t::json,
                                              /*strict=*/true, /*ignore_comments=*/true);
  if (!good) return std::nullopt;
  // The parser takes a zero for the end, whatever stands behind it.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    Cursor cursor(text, source);
    cursor.advance_to(zero);
    problems.error(cursor.position(), "", "this is not UTF-8 text");
    return std::nullopt;
  }
  return std::move(builder).result();
}

std::optional<Value> parse_json_value(std::string_view text) {
  Problems unread;
  std::optional<Value> value = parse_json(text, unread.add_source(""), unread);
  if (!unread.empty()) return std::nullopt;
  return value;
}

}  // namespace highwater
