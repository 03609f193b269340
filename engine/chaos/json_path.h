#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/value.h"

namespace highwater::chaos {

/// A JSONPath such as "$.users.p99", "$['a b'][0]", "$[*].status" or "$..p99": names, indices (from
/// the end when negative), slices "[0:2]", lists "[0,2]", wildcards and descent. Filters and
/// scripts are not read.
///
/// Source: RFC 9535; the toolkit reads its paths with jsonpath2.
class JsonPath {
 public:
  /// @param problem  Says what is wrong where nothing is returned.
  static std::optional<JsonPath> parse(std::string_view text, std::string& problem);

  /// What the path leads to, in the order of the document.
  std::vector<Value> matches(const Value& value) const;

 private:
  struct Slice {
    std::optional<std::int64_t> from, to;
    std::int64_t step = 1;
  };
  struct Selector {
    enum class Kind : std::uint8_t { name, index, slice, all } kind = Kind::all;
    std::string name;
    std::int64_t index = 0;
    Slice slice;
  };
  struct Segment {
    bool descends = false;  ///< Applies to everything below as well.
    std::vector<Selector> selectors;
  };
  class Parser;

  static void select(const Selector& selector, const Value& value, std::vector<const Value*>& out);
  static void apply(const Segment& segment, const Value& value, std::vector<const Value*>& out);

  std::vector<Segment> segments_;
};

}  // namespace highwater::chaos
