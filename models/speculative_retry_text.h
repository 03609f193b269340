#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "engine/describe/measure.h"
#include "engine/describe/quantity.h"
#include "models/algorithms/storage/speculative_retry.h"

namespace highwater {

/// When one replica more is asked, as Cassandra's tables say it: "99p", "50ms", "always", "never",
/// "min(99p,50ms)" or "max(99p,50ms)".
struct SpeculativeRetryText {
  storage::SpeculativeRetryKind kind = storage::SpeculativeRetryKind::percentile;
  double percentile = 99;
  Duration delay{0};

  /// Nothing where the text is none of these.
  static std::optional<SpeculativeRetryText> parse(std::string_view text) {
    using Kind = storage::SpeculativeRetryKind;
    SpeculativeRetryText out;
    if (text == "never" || text == "always") {
      out.kind = text == "never" ? Kind::never : Kind::always;
      return out;
    }
    const bool is_min = text.starts_with("min(");
    if (!is_min && !text.starts_with("max("))
      return out.take(text) ? std::optional(out) : std::nullopt;
    if (!text.ends_with(')')) return std::nullopt;
    const std::string_view both = text.substr(4, text.size() - 5);
    const std::size_t comma = both.find(',');
    if (comma == both.npos) return std::nullopt;
    std::string_view second = both.substr(comma + 1);
    while (second.starts_with(' ')) second.remove_prefix(1);
    // One of each: two of a kind decide nothing.
    if (!out.take(both.substr(0, comma))) return std::nullopt;
    const Kind first = out.kind;
    if (!out.take(second) || out.kind == first) return std::nullopt;
    out.kind = is_min ? Kind::min : Kind::max;
    return out;
  }

  std::string text() const {
    using Kind = storage::SpeculativeRetryKind;
    const std::string p = measure::shortest(percentile) + 'p';
    const std::string fixed = Quantity<Duration>::write(delay).text();
    switch (kind) {
      case Kind::never:
        return "never";
      case Kind::always:
        return "always";
      case Kind::fixed:
        return fixed;
      case Kind::percentile:
        return p;
      case Kind::min:
        return "min(" + p + ',' + fixed + ')';
      case Kind::max:
        break;
    }
    return "max(" + p + ',' + fixed + ')';
  }

 private:
  bool take(std::string_view text) {
    const std::optional<measure::Amount> amount = measure::parse_amount(text);
    if (!amount || amount->negative) return false;
    if (amount->rest == "p" || amount->rest == "percentile") {
      kind = storage::SpeculativeRetryKind::percentile;
      percentile = amount->value;
      return percentile > 0 && percentile < 100;
    }
    kind = storage::SpeculativeRetryKind::fixed;
    Problems unsaid;
    return Quantity<Duration>::read(Value::string(std::string(text)), "", unsaid, delay);
  }
};

template <>
struct Quantity<SpeculativeRetryText> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "speculative_retry";
      type.shape = Shape::kQuantity;
      type.expects =
          "a percentile such as \"99p\", a time such as \"50ms\", \"always\", \"never\", "
          "\"min(99p,50ms)\" or \"max(99p,50ms)\"";
      type.pattern = "never|always|[0-9.]+[a-z]+|(min|max)\\([0-9.]+[a-z]+, ?[0-9.]+[a-z]+\\)";
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   SpeculativeRetryText& out) {
    const auto parsed =
        value.is_string() ? SpeculativeRetryText::parse(value.text()) : std::nullopt;
    if (!parsed) return report_unexpected(value, path, type(), problems);
    out = *parsed;
    return true;
  }
  static Value write(const SpeculativeRetryText& value) { return Value::string(value.text()); }
};

}  // namespace highwater
