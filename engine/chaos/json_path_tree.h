#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/regex.hpp>

#include "engine/describe/value.h"

/// What the text of a JSONPath is read into.
namespace highwater::chaos::json_path {

struct Filter;

struct Slice {
  std::optional<std::int64_t> from, to;
  std::int64_t step = 1;
};

struct Selector {
  enum class Kind : std::uint8_t { name, index, slice, all, filter } kind = Kind::all;
  std::string name;
  std::int64_t index = 0;
  Slice slice;
  std::shared_ptr<const Filter> filter;
};

struct Segment {
  bool descends = false;  ///< Applies to everything below as well.
  std::vector<Selector> selectors;
};

struct Query {
  bool relative = false;  ///< From the value that a filter looks at, not from the document.
  std::vector<Segment> segments;

  /// Whether it leads to one value at the most.
  bool singular() const;
};

enum class Function : std::uint8_t { length, count, value, match, search };

struct Operand;

struct Call {
  Function function = Function::length;
  std::vector<Operand> arguments;
  std::optional<boost::wregex> pattern;  ///< Where it is written as a text.

  /// Whether it says yes or no by itself; the others give a value.
  bool decides() const { return function == Function::match || function == Function::search; }
};

/// What stands on one side of a comparison, or alone.
struct Operand {
  std::variant<Value, Query, Call> of;
};

enum class Relation : std::uint8_t {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal
};

struct Condition {
  enum class Kind : std::uint8_t { all, any, no, comparison, test } kind = Kind::test;
  std::vector<Condition> parts;  ///< Of all, any and no.
  Operand left, right;           ///< A test has the left one alone.
  Relation relation = Relation::equal;
  bool in_parentheses = false;
};

struct Filter {
  Condition condition;
  bool of_toolkit = false;  ///< Asks about the value itself, with jsonpath2's comparisons.
};

/// @param problem  Says what is wrong where nothing is returned.
std::optional<Query> parse_query(std::string_view text, std::string& problem);

/// Characters instead of bytes, for patterns.
std::wstring wide(std::string_view text);

/// I-Regexp (RFC 9485) as far as Perl's syntax has it: no \p{…}. A pattern that is none is nothing.
std::optional<boost::wregex> compiled(std::string_view pattern);

}  // namespace highwater::chaos::json_path
