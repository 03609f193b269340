#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/value.h"

namespace highwater::chaos {

namespace json_path {
struct Query;
}

/// A JSONPath such as "$.users.p99", "$['a b'][0]", "$[*].status", "$..p99" or "$[?@.p99 > 500]":
/// names, indices (from the end when negative), slices "[0:2]", lists "[0,2]", wildcards, descent
/// and filters.
///
/// A filter is written as in RFC 9535, and then looks at the children of a value: `[?@.p99 > 1 &&
/// @.status == "up"]`, with the functions length, count, value, match and search. Or it is written
/// as the toolkit reads it, in parentheses and with its signs, and then keeps the value itself or
/// does not: `$[*][?(@.p99 > 1 and @.status = "up")]`. Where `[?(…)]` may be both, as in
/// `[?(@.p99 > 1)]`, it is the toolkit's, for experiments are.
///
/// Assumes  a slice whose step is 0, which leads nowhere, is a mistake; \p{…} in a pattern is, too.
/// Source   RFC 9535; the toolkit reads its paths with jsonpath2 0.4.5 (parser/JSONPath.g4,
///          subscripts/filter.py, expressions/operator.py).
/// Checked  tests/chaos/json_path_test.cpp: the examples of the RFC and those of the toolkit's
///          tests, every message, hostile input.
class JsonPath {
 public:
  /// Parentheses, negations, functions and filters inside each other; more are refused.
  static constexpr int kDeepest = 32;
  /// Values that are looked at before it is given up: `$..*..*..*` of a large document never ends.
  static constexpr std::uint64_t kMostSteps = 1'000'000;

  /// @param problem  Says what is wrong where nothing is returned.
  static std::optional<JsonPath> parse(std::string_view text, std::string& problem);

  /// What the path leads to, in the order of the document; parts of `value`. Nothing where that
  /// takes more than kMostSteps.
  std::optional<std::vector<const Value*>> matches(const Value& value) const;

 private:
  std::shared_ptr<const json_path::Query> query_;
};

}  // namespace highwater::chaos
