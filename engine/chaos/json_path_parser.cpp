#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/chaos/json_path.h"
#include "engine/chaos/json_path_tree.h"
#include "engine/describe/listed.h"
#include "engine/describe/nearest.h"
#include "engine/report/text.h"

namespace highwater::chaos::json_path {
namespace {

constexpr std::string_view kSingleQuote = "'";
constexpr std::size_t kShown = 24;  // of what is left, in messages

struct FunctionName {
  Function function;
  std::string_view name;
  std::size_t arguments;
};
constexpr std::array<FunctionName, 5> kFunctions = {{{Function::length, "length", 1},
                                                     {Function::count, "count", 1},
                                                     {Function::value, "value", 1},
                                                     {Function::match, "match", 2},
                                                     {Function::search, "search", 2}}};

struct RelationSign {
  std::string_view sign;
  Relation relation;
};
// Longer signs first.
constexpr std::array<RelationSign, 7> kRelations = {{{"==", Relation::equal},
                                                     {"!=", Relation::not_equal},
                                                     {"<=", Relation::less_or_equal},
                                                     {">=", Relation::greater_or_equal},
                                                     {"<", Relation::less},
                                                     {">", Relation::greater},
                                                     {"=", Relation::equal}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80u) != 0;
}

bool is_of_name(char c) {
  return begins_name(c) || is_digit(c) || c == '-';
}

std::optional<std::uint32_t> hex(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || error != std::errc{} || end != digits.data() + 4) return std::nullopt;
  return value;
}

/// Whose spelling a filter is in, told by the first sign that only one of the two has.
struct Spelling {
  std::string_view toolkit, rfc;
  bool compares_several = false;  // a path that may lead to more than one value
};

class Parser {
 public:
  Parser(std::string_view text, std::string& problem) : rest_(text), problem_(problem) {}

  std::optional<Query> whole() {
    skip_spaces();
    if (!take("$")) return fail("a path begins with \"$\"");
    Query query;
    if (!segments(query)) return std::nullopt;
    if (!rest_.empty()) return fail("expected \".\" or \"[\" before " + shown_rest());
    return query;
  }

 private:
  std::nullopt_t fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return std::nullopt;
  }
  bool refuse(std::string problem) {
    fail(std::move(problem));
    return false;
  }
  std::string shown_rest() const { return rest_.empty() ? "the end" : in_quotes(rest_, kShown); }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  /// A word that does not go on.
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    if (rest_.size() > word.size() && is_of_name(rest_[word.size()])) return false;
    return take(word);
  }
  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\r"), rest_.size()));
  }

  /// One level deeper, for as long as it lives.
  class Level {
   public:
    explicit Level(int& depth) : depth_(++depth) {}
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool too_deep() const { return depth_ > JsonPath::kDeepest; }

   private:
    int& depth_;
  };
  bool refuse_depth() {
    return refuse(
        fmt::format("more than {} parentheses and filters inside each other", JsonPath::kDeepest));
  }

  bool segments(Query& query) {
    for (;;) {
      skip_spaces();
      Segment segment;
      if (take("..")) {
        segment.descends = true;
        skip_spaces();
        if (!(rest_.starts_with('[') ? brackets(segment) : member(segment))) return false;
      } else if (take(".")) {
        skip_spaces();
        if (!member(segment)) return false;
      } else if (rest_.starts_with('[')) {
        if (!brackets(segment)) return false;
      } else {
        return true;
      }
      query.segments.push_back(std::move(segment));
    }
  }

  bool member(Segment& segment) {
    Selector selector;
    if (!take("*")) {
      if (rest_.empty() || !begins_name(rest_.front()))
        return refuse("a name is missing before " + shown_rest() +
                      "; one that is more than letters, digits, \"_\" and \"-\" stands in quotes: "
                      "$['a b']");
      selector.kind = Selector::Kind::name;
      selector.name = name();
      if (rest_.starts_with('('))
        return refuse("functions behind a point, such as ." + selector.name +
                      "(), are not read; RFC 9535 writes length(@.a)");
    }
    segment.selectors.push_back(std::move(selector));
    return true;
  }

  std::string name() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_of_name);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return taken;
  }

  bool brackets(Segment& segment) {
    take("[");
    do {
      skip_spaces();
      Selector selector;
      if (take("*")) {
        selector.kind = Selector::Kind::all;
      } else if (rest_.starts_with('"') || rest_.starts_with('\'')) {
        selector.kind = Selector::Kind::name;
        if (!quoted(selector.name)) return false;
      } else if (take("?")) {
        if (!filter(selector)) return false;
      } else if (rest_.starts_with('(')) {
        return refuse("scripts are not read; a filter begins with \"?\"");
      } else if (!numbers(selector)) {
        return refuse(
            "expected an index, a slice, a quoted name, \"*\" or a filter \"?\" in brackets "
            "before " +
            shown_rest());
      }
      segment.selectors.push_back(std::move(selector));
      skip_spaces();
    } while (take(","));
    return take("]") || refuse("a bracket is not closed before " + shown_rest());
  }

  bool quoted(std::string& out) {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == quote) {
        rest_.remove_prefix(1);
        return true;
      }
      if (c == '\\') {
        if (!escape(quote, out)) return false;
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20)
        return refuse(in_quotes(rest_.substr(0, 1)) + " is written as an escape in a text");
      out += c;
      rest_.remove_prefix(1);
    }
    return refuse("a quote is not closed");
  }

  bool escape(char quote, std::string& out) {
    constexpr std::string_view kLetters = "bfnrt/\\", kMeant = "\b\f\n\r\t/\\";
    const std::string_view from = rest_;
    const auto unknown = [&] {
      return refuse(in_quotes(from.substr(0, 2)) + " is no escape in a text");
    };
    rest_.remove_prefix(1);
    if (rest_.empty()) return refuse("a quote is not closed");
    if (rest_.front() == quote) {
      out += quote;
      rest_.remove_prefix(1);
      return true;
    }
    const std::size_t letter = kLetters.find(rest_.front());
    if (letter != std::string_view::npos) {
      out += kMeant[letter];
      rest_.remove_prefix(1);
      return true;
    }
    if (!take("u")) return unknown();
    auto code = hex(rest_.substr(0, 4));
    if (!code) return unknown();
    rest_.remove_prefix(4);
    if (*code >= 0xD800 && *code <= 0xDBFF && rest_.starts_with("\\u")) {
      const auto low = hex(rest_.substr(2, 4));
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return unknown();
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      rest_.remove_prefix(6);
    }
    if (*code >= 0xD800 && *code <= 0xDFFF) return unknown();
    append_utf8(out, static_cast<char32_t>(*code));
    return true;
  }

  /// A whole number, as far as JavaScript's are exact; nothing where none stands there.
  std::optional<std::int64_t> whole_number() {
    constexpr std::int64_t kMost = (std::int64_t{1} << 53) - 1;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::invalid_argument) return std::nullopt;
    const auto size = static_cast<std::size_t>(end - rest_.data());
    const std::string_view digits =
        rest_.substr(rest_.starts_with('-') ? 1 : 0, size - (rest_.starts_with('-') ? 1 : 0));
    if (error != std::errc{} || value > kMost || value < -kMost)
      return fail("the number " + in_quotes(rest_.substr(0, size), kShown) + " is too large");
    if (digits.front() == '0' && size > 1)
      return fail("the number " + in_quotes(rest_.substr(0, size), kShown) + " begins with a 0");
    rest_.remove_prefix(size);
    return value;
  }

  bool numbers(Selector& selector) {
    const auto first = whole_number();
    skip_spaces();
    if (!problem_.empty()) return false;
    if (!take(":")) {
      if (!first) return false;
      selector.kind = Selector::Kind::index;
      selector.index = *first;
      return true;
    }
    selector.kind = Selector::Kind::slice;
    selector.slice.from = first;
    skip_spaces();
    selector.slice.to = whole_number();
    skip_spaces();
    if (take(":")) {
      skip_spaces();
      selector.slice.step = whole_number().value_or(1);
    }
    if (selector.slice.step == 0) return refuse("a slice whose step is 0 leads nowhere");
    return problem_.empty();
  }

  bool filter(Selector& selector) {
    const Level level(depth_);
    if (level.too_deep()) return refuse_depth();
    const Spelling around = std::exchange(spelling_, Spelling());
    auto condition = loose();
    if (!condition) return false;
    skip_spaces();
    const Spelling found = std::exchange(spelling_, around);
    if (!rest_.starts_with(']') && !rest_.starts_with(','))
      return refuse("expected \"&&\", \"||\" or the end of the filter before " + shown_rest());
    const bool wrapped = condition->in_parentheses;
    if (!found.toolkit.empty() && found.rfc == kSingleQuote)
      return refuse("texts stand in double quotes in the toolkit's filters: [?(@.a = \"b\")]");
    if (!found.toolkit.empty() && !found.rfc.empty())
      return refuse(fmt::format(
          "{} is the toolkit's spelling and {} that of RFC 9535, and they mean different things: "
          "write [?(@.a = 1 and @.b)] of the value itself, or [?@.a == 1 && @.b] of its children",
          in_quotes(found.toolkit), in_quotes(found.rfc)));
    if (!found.toolkit.empty() && !wrapped)
      return refuse(fmt::format(
          "{} is the toolkit's spelling, and its filters stand in parentheses: [?(@.a = 1)]; RFC "
          "9535 writes [?@.a == 1], of the children of the value",
          in_quotes(found.toolkit)));
    const bool of_toolkit = wrapped && found.rfc.empty();
    if (!of_toolkit && found.compares_several)
      return refuse(
          "what is compared leads to one value: a path with \"*\", a slice, a list, \"..\" or a "
          "filter may lead to several");
    Filter read{std::move(*condition), of_toolkit};
    selector.kind = Selector::Kind::filter;
    selector.filter = std::make_shared<const Filter>(std::move(read));
    return true;
  }

  void note_toolkit(std::string_view sign) {
    if (spelling_.toolkit.empty()) spelling_.toolkit = sign;
  }
  void note_rfc(std::string_view sign) {
    if (spelling_.rfc.empty()) spelling_.rfc = sign;
  }

  /// What binds least: "||" in the RFC, "and" in the toolkit's grammar.
  std::optional<Condition> loose() {
    return chain("||", Condition::Kind::any, "and", Condition::Kind::all, &Parser::tight);
  }
  std::optional<Condition> tight() {
    return chain("&&", Condition::Kind::all, "or", Condition::Kind::any, &Parser::single);
  }
  std::optional<Condition> chain(std::string_view sign, Condition::Kind of_sign,
                                 std::string_view word, Condition::Kind of_word,
                                 std::optional<Condition> (Parser::*part)()) {
    auto first = (this->*part)();
    if (!first) return std::nullopt;
    Condition whole;
    for (;;) {
      skip_spaces();
      const bool by_sign = take(sign);
      if (!by_sign && !take_word(word)) break;
      by_sign ? note_rfc(sign) : note_toolkit(word);
      whole.kind = by_sign ? of_sign : of_word;
      auto next = (this->*part)();
      if (!next) return std::nullopt;
      whole.parts.push_back(std::move(*next));
    }
    if (whole.parts.empty()) return first;
    whole.parts.insert(whole.parts.begin(), std::move(*first));
    return whole;
  }

  std::optional<Condition> single() {
    const Level level(depth_);
    if (level.too_deep()) {
      refuse_depth();
      return std::nullopt;
    }
    skip_spaces();
    const bool by_sign = rest_.starts_with('!') && !rest_.starts_with("!=");
    if (by_sign || take_word("not")) {
      if (by_sign) take("!");
      by_sign ? note_rfc("!") : note_toolkit("not");
      auto denied = single();
      if (!denied) return std::nullopt;
      if (by_sign && denied->kind == Condition::Kind::comparison && !denied->in_parentheses)
        return fail("\"!\" before a comparison: put the comparison in parentheses");
      Condition no;
      no.kind = Condition::Kind::no;
      no.parts.push_back(std::move(*denied));
      return no;
    }
    if (!take("(")) return comparison();
    auto inside = loose();
    if (!inside) return std::nullopt;
    skip_spaces();
    if (!take(")")) return fail("a parenthesis is not closed before " + shown_rest());
    inside->in_parentheses = true;
    return inside;
  }

  std::optional<Condition> comparison() {
    Condition read;
    auto left = operand();
    if (!left) return std::nullopt;
    read.left = std::move(*left);
    skip_spaces();
    for (const RelationSign& each : kRelations) {
      if (!take(each.sign)) continue;
      if (each.sign == "==") note_rfc("==");
      if (each.sign == "=") note_toolkit("=");
      auto right = operand();
      if (!right) return std::nullopt;
      read.right = std::move(*right);
      read.kind = Condition::Kind::comparison;
      read.relation = each.relation;
      if (!compared(read.left) || !compared(read.right)) return std::nullopt;
      return read;
    }
    if (std::holds_alternative<Value>(read.left.of))
      return fail("a text, a number, true, false or null alone is no condition: compare it");
    const Call* call = std::get_if<Call>(&read.left.of);
    if (call != nullptr && !call->decides())
      return fail("what " + name_of(call->function) + "(…) gives is compared with something");
    return read;
  }

  /// Whether it may stand beside a sign.
  bool compared(const Operand& side) {
    if (const Query* query = std::get_if<Query>(&side.of))
      spelling_.compares_several |= !query->singular();
    const Call* call = std::get_if<Call>(&side.of);
    if (call == nullptr || !call->decides()) return true;
    return refuse(name_of(call->function) + "(…) says yes or no and is not compared");
  }

  static std::string name_of(Function function) {
    for (const FunctionName& each : kFunctions)
      if (each.function == function) return std::string(each.name);
    return "";
  }

  std::optional<Operand> operand() {
    skip_spaces();
    if (rest_.empty()) return fail("the filter ends where a path or a value is due");
    const char c = rest_.front();
    if (c == '@' || c == '$') {
      rest_.remove_prefix(1);
      Query query;
      query.relative = c == '@';
      if (!segments(query)) return std::nullopt;
      return Operand{std::move(query)};
    }
    if (c == '"' || c == '\'') {
      if (c == '\'') note_rfc(kSingleQuote);
      std::string text;
      if (!quoted(text)) return std::nullopt;
      return Operand{Value::string(std::move(text))};
    }
    if (c == '-' || is_digit(c)) return number();
    if (c == '[' || c == '{')
      return fail("lists and objects are not compared with: a text, a number, true, false or null");
    if (!begins_name(c))
      return fail("expected a path from \"@\" or \"$\", a value or a function before " +
                  shown_rest());
    if (take_word("true")) return Operand{Value::boolean(true)};
    if (take_word("false")) return Operand{Value::boolean(false)};
    if (take_word("null")) return Operand{Value()};
    return call();
  }

  std::optional<Operand> number() {
    const std::size_t size = std::min(rest_.find_first_not_of("0123456789+-.eE"), rest_.size());
    const auto value = parse_json_value(rest_.substr(0, size));
    if (!value || !value->is_number())
      return fail(in_quotes(rest_.substr(0, size), kShown) + " is no number");
    rest_.remove_prefix(size);
    return Operand{*value};
  }

  std::optional<Operand> call() {
    const Level level(depth_);
    if (level.too_deep()) {
      refuse_depth();
      return std::nullopt;
    }
    const std::string called = name();
    const auto known = std::find_if(kFunctions.begin(), kFunctions.end(),
                                    [&](const FunctionName& each) { return each.name == called; });
    if (!rest_.starts_with('('))
      return fail(
          in_quotes(called, kShown) +
          " stands for nothing: a path begins with \"@\" or \"$\", a text stands in quotes");
    if (known == kFunctions.end()) {
      std::vector<std::string> names;
      for (const FunctionName& each : kFunctions) names.emplace_back(each.name);
      const std::string nearest = nearest_word(called, names);
      return fail("unknown function " + in_quotes(called, kShown) +
                  (nearest.empty() ? "; known: " + listed(names)
                                   : "; did you mean " + in_quotes(nearest) + "?"));
    }
    note_rfc(known->name);
    take("(");
    Call read;
    read.function = known->function;
    skip_spaces();
    while (!rest_.starts_with(')')) {
      if (!read.arguments.empty() && !take(","))
        return fail("a parenthesis is not closed before " + shown_rest());
      auto argument = operand();
      if (!argument) return std::nullopt;
      read.arguments.push_back(std::move(*argument));
      skip_spaces();
      if (rest_.empty()) return fail("a parenthesis is not closed before the end");
    }
    take(")");
    if (read.arguments.size() != known->arguments)
      return fail(fmt::format("{}(…) takes {}, not {}", known->name,
                              known->arguments == 1 ? "one argument" : "two arguments",
                              read.arguments.size()));
    if (!fits(read)) return std::nullopt;
    return Operand{std::move(read)};
  }

  /// Whether the arguments are what the function takes: RFC 9535, 2.4.3.
  bool fits(Call& call) {
    const bool takes_path = call.function == Function::count || call.function == Function::value;
    for (const Operand& argument : call.arguments) {
      const Query* query = std::get_if<Query>(&argument.of);
      const Call* inner = std::get_if<Call>(&argument.of);
      if (takes_path && query == nullptr)
        return refuse(name_of(call.function) + "(…) takes a path");
      if (!takes_path && query != nullptr && !query->singular())
        return refuse(name_of(call.function) +
                      "(…) takes one value, and the path may lead to several");
      if (!takes_path && inner != nullptr && inner->decides())
        return refuse(name_of(call.function) + "(…) takes a value, not a yes or no");
    }
    if (!call.decides()) return true;
    const Value* pattern = std::get_if<Value>(&call.arguments[1].of);
    if (pattern == nullptr) return true;
    if (!pattern->is_string()) return refuse("a pattern is a text");
    call.pattern = compiled(pattern->text());
    return call.pattern || refuse(in_quotes(pattern->text()) + " is no regular expression");
  }

  std::string_view rest_;
  std::string& problem_;
  int depth_ = 0;
  Spelling spelling_;  // of the filter that is being read
};

}  // namespace

bool Query::singular() const {
  return std::all_of(segments.begin(), segments.end(), [](const Segment& segment) {
    if (segment.descends || segment.selectors.size() != 1) return false;
    const Selector::Kind kind = segment.selectors.front().kind;
    return kind == Selector::Kind::name || kind == Selector::Kind::index;
  });
}

std::optional<Query> parse_query(std::string_view text, std::string& problem) {
  problem.clear();
  return Parser(text, problem).whole();
}

std::wstring wide(std::string_view text) {
  std::wstring characters;
  for (std::size_t at = 0; at < text.size();)
    characters += static_cast<wchar_t>(take_code_point(text, at));
  return characters;
}

std::optional<boost::wregex> compiled(std::string_view pattern) {
  // A point there is all but the ends of lines, of which Perl's syntax knows more than those two.
  std::wstring perl;
  bool escaped = false, in_class = false;
  for (const wchar_t c : wide(pattern)) {
    if (c == L'.' && !escaped && !in_class)
      perl += L"[^\\n\\r]";
    else
      perl += c;
    if (!escaped && c == L'[') in_class = true;
    if (!escaped && c == L']') in_class = false;
    escaped = !escaped && c == L'\\';
  }
  try {
    return boost::wregex(perl);
  } catch (const boost::regex_error&) {
    return std::nullopt;
  }
}

}  // namespace highwater::chaos::json_path
