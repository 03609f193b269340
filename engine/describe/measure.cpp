#include "engine/describe/measure.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/nearest.h"

namespace highwater::measure {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Amount> parse_amount(std::string_view text) {
  Amount amount;
  std::size_t begin = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) begin = 1;
  std::size_t point = begin;
  while (point < text.size() && is_digit(text[point])) ++point;
  std::size_t end = point;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  if (point == begin) return std::nullopt;
  const std::size_t mantissa_end = end;
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t e = end + 1;
    if (e < text.size() && (text[e] == '-' || text[e] == '+')) ++e;
    const std::size_t digits = e;
    while (e < text.size() && is_digit(text[e])) ++e;
    if (e > digits) end = e;
  }
  const char* const first = text.data();
  const auto parsed = std::from_chars(first + begin, first + end, amount.value);
  // from_chars leaves the value alone when the exponent is out of range: huge, or as good as 0.
  if (parsed.ec == std::errc::result_out_of_range) {
    const std::string_view number = text.substr(begin, end - begin);
    const bool tiny = number.find("e-") != std::string_view::npos ||
                      number.find("E-") != std::string_view::npos || number.starts_with('0');
    amount.value = tiny ? 0 : std::numeric_limits<double>::infinity();
  }
  amount.negative = text[0] == '-';
  if (amount.negative) amount.value = -amount.value;
  amount.exact = end == mantissa_end && point - begin <= 19;  // below 2^64
  if (amount.exact) {
    std::from_chars(first + begin, first + point, amount.whole);
    if (mantissa_end > point) std::from_chars(first + point, first + mantissa_end, amount.fraction);
  }
  amount.number = text.substr(begin, end - begin);
  amount.rest = text.substr(end);
  return amount;
}

namespace {

const Unit* find_unit(const Family& family, std::string_view name) {
  for (const Unit& unit : family.table)
    if (unit.name == name) return &unit;
  return nullptr;
}

}  // namespace

std::string expectation(const Family& family) {
  return fmt::format("{} {} such as \"{}\" (units: {})", family.article, family.name,
                     family.example, family.units);
}

namespace {

/// The family that `unit` belongs to, for "is a duration, but …"; nullptr when none.
const Family* family_of(std::string_view unit) {
  static constexpr std::array kAll = {&kDuration, &kRate,   &kBytes, &kBandwidth,
                                      &kFraction, &kFactor, &kCount};
  for (const Family* family : kAll)
    if (!unit.empty() && find_unit(*family, unit) != nullptr) return family;
  return nullptr;
}

}  // namespace

double in_base_unit(const Measured& measured) {
  double value = measured.amount.value;
  if (measured.unit.ten != 0) {
    const bool plain = measured.amount.number.find_first_of("eE") == std::string_view::npos;
    if (plain) {
      const std::string shifted = fmt::format("{}e{}", measured.amount.number, measured.unit.ten);
      std::from_chars(shifted.data(), shifted.data() + shifted.size(), value);
    } else {
      for (int i = 0; i < measured.unit.ten; ++i) value *= 10;
      for (int i = 0; i > measured.unit.ten; --i) value /= 10;
    }
  }
  return value * measured.unit.factor / measured.unit.per;
}

bool report(const Value& value, const std::string& path, Problems& problems, std::string message,
            std::string suggestion) {
  problems.error(value.position(), path, std::move(message), std::move(suggestion));
  return false;
}

namespace {

/// Says why the text of `value` is not of the family.
void explain_text(const Value& value, const std::string& path, const Family& family,
                  Problems& problems) {
  const std::string& text = value.text();
  const std::optional<Amount> amount = parse_amount(text);
  if (!amount) {
    report(value, path, problems,
           fmt::format("expected {}, found {}", expectation(family), in_quotes(text)));
    return;
  }
  const std::string number = text.substr(0, text.size() - amount->rest.size());
  if (amount->rest.empty()) {
    report(value, path, problems,
           fmt::format("{} has no unit; {} {} needs one of {}, such as \"{}\"", in_quotes(text),
                       family.article, family.name, family.units, family.example));
    return;
  }
  if (const Family* other = family_of(amount->rest)) {
    report(value, path, problems,
           fmt::format("expected {}, found the {} {}", expectation(family), other->name,
                       in_quotes(text)));
    return;
  }
  std::string_view unit = amount->rest;
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (find_unit(family, unit) != nullptr) {
    report(value, path, problems,
           fmt::format("{}: no space may stand before the unit", in_quotes(text)),
           number + std::string(unit));
    return;
  }
  std::vector<std::string> names;
  for (const Unit& one : family.table) names.emplace_back(one.name);
  const std::string nearest = nearest_word(unit, names);
  report(value, path, problems,
         fmt::format("{}: unknown unit {}; {} {} takes {}", in_quotes(text), in_quotes(unit),
                     family.article, family.name, family.units),
         nearest.empty() ? "" : number + nearest);
}

}  // namespace

std::optional<Measured> read_with_unit(const Value& value, const std::string& path,
                                       const Family& family, Problems& problems) {
  if (value.is_number()) {
    report(value, path, problems,
           fmt::format("{} has no unit; {} {} needs one of {}, such as \"{}\"", value.found(),
                       family.article, family.name, family.units, family.example));
    return std::nullopt;
  }
  if (!value.is_string()) {
    report(value, path, problems,
           fmt::format("expected {}, found {}", expectation(family), value.found()));
    return std::nullopt;
  }
  const std::optional<Amount> amount = parse_amount(value.text());
  const Unit* unit = amount ? find_unit(family, amount->rest) : nullptr;
  if (unit == nullptr) {
    explain_text(value, path, family, problems);
    return std::nullopt;
  }
  if (amount->negative && amount->value < 0) {
    report(value, path, problems,
           fmt::format("{} is negative; {} {} is 0 or more", in_quotes(value.text()),
                       family.article, family.name));
    return std::nullopt;
  }
  return Measured{*amount, *unit};
}

bool report_too_large(const Value& value, const std::string& path, Problems& problems,
                      std::string_view most) {
  return report(value, path, problems,
                fmt::format("{} is too large; at most {} is possible", value.found(), most));
}

std::optional<std::uint64_t> whole_product(const Measured& measured, std::uint64_t most) {
  const auto limit = static_cast<double>(most);
  const double product = measured.amount.value * measured.unit.factor;
  if (!(product <= limit)) return std::nullopt;
  if (!measured.amount.exact) return static_cast<std::uint64_t>(std::nearbyint(product));
  const auto unit = static_cast<std::uint64_t>(measured.unit.factor);
  const std::uint64_t total =
      measured.amount.whole * unit +
      static_cast<std::uint64_t>(std::nearbyint(measured.amount.fraction * measured.unit.factor));
  if (total > most) return std::nullopt;
  return total;
}

std::string shortest(double value) {
  return fmt::format("{}", value);
}

std::optional<std::string> spelled_in(double value, const Unit& unit, int digits) {
  double scaled = value * unit.per / unit.factor;
  for (int i = 0; i < unit.ten; ++i) scaled /= 10;
  for (int i = 0; i > unit.ten; --i) scaled *= 10;
  if (value != 0 && !(scaled >= 0.1 && scaled < 1000)) return std::nullopt;
  const std::string rounded = fmt::format("{:.{}g}", scaled, digits);
  std::from_chars(rounded.data(), rounded.data() + rounded.size(), scaled);
  const std::string number = shortest(scaled);  // 90, where rounded is 9e+01
  const std::optional<Amount> amount = parse_amount(number);
  if (!amount || in_base_unit({*amount, unit}) != value) return std::nullopt;
  return number + std::string(unit.name);
}

std::string spelled(double value, std::span<const Unit> table) {
  for (int digits = 1; digits <= 6; ++digits) {
    for (const Unit& unit : table) {
      if (const auto text = spelled_in(value, unit, digits)) return *text;
    }
  }
  return shortest(value) + std::string(table.front().name);
}

std::optional<Measured> read_number(const Value& value, const std::string& path,
                                    const Family& family, Problems& problems) {
  std::optional<Amount> amount;
  if (value.is_number()) {
    amount = parse_amount(value.number_text());
  } else if (value.is_string()) {
    amount = parse_amount(value.text());
    if (!amount || !amount->rest.empty()) return read_with_unit(value, path, family, problems);
  }
  if (!amount) {
    report(value, path, problems,
           fmt::format("expected {}, found {}", expectation(family), value.found()));
    return std::nullopt;
  }
  if (amount->value < 0) {
    report(value, path, problems,
           fmt::format("{} is negative; {} {} is 0 or more", value.found(), family.article,
                       family.name));
    return std::nullopt;
  }
  return Measured{*amount, Unit{""}};
}

}  // namespace highwater::measure
