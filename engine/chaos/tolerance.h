#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/chaos/json_path.h"
#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "engine/statistics/estimate.h"

namespace highwater::chaos {

/// What the value of a probe must be for the hypothesis to hold, in each form that the Chaos
/// Toolkit has: a value, a range [low, high], a list of values, {"type": "range"}, "regex",
/// "jsonpath" or "probe".
///
/// Source: chaostoolkit-lib 1.45, chaoslib/hypothesis.py (within_tolerance).
class Tolerance {
 public:
  /// Reads a tolerance. One that is a probe is read as far as its provider, which is kept as it is.
  static std::optional<Tolerance> read(const Value& value, const std::string& path,
                                       Problems& problems);

  /// The provider of a tolerance that is a probe; null for the others.
  const Value* probe_provider() const;
  const std::string& probe_path() const { return probe_path_; }

  /// Whether `output` is within it.
  /// @param probe  Asked where the tolerance is a probe: whether what it finds is true.
  bool met(const Value& output, const std::function<bool()>& probe) const;

  /// Whether every number of at least `low` and at most `high` is within it: such a hypothesis
  /// cannot fail.
  bool admits_all_between(double low, double high) const;

  /// The numbers within it, where it is a range of the whole output.
  std::optional<Interval> range() const;

  const Value& written() const { return written_; }

 private:
  struct Range {
    double low = 0, high = 0;
    std::string target;
    bool bare = false;  ///< [low, high]: only a number is in it, as Python compares.
  };
  struct Regex;
  struct Path {
    JsonPath path;
    std::optional<Value> expected;
    std::optional<std::uint64_t> count;
    std::string target;
  };
  struct Probe {
    Value provider;
  };
  using Form =
      std::variant<Value, std::vector<Value>, Range, std::shared_ptr<const Regex>, Path, Probe>;

  Value written_;
  std::string probe_path_;
  Form form_;
  friend class ToleranceReader;
};

/// The number that Python sees in it: true is 1.
std::optional<double> python_number(const Value& value);

/// Equal as Python sees it: 1, 1.0 and true are.
bool equal_values(const Value& a, const Value& b);

/// What Python's bool() makes of it.
bool is_true(const Value& value);

}  // namespace highwater::chaos
