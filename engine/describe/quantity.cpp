#include "engine/describe/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "engine/describe/nearest.h"

namespace highwater {
namespace {

/// A unit is factor * 10^ten / per of the family's base unit. Powers of ten and divisors stand
/// apart because shifting the decimal point and dividing round correctly where a factor 0.01 would
/// not. Where the base is counted in whole numbers everything is in the factor.
struct Unit {
  std::string_view name;
  double factor = 1;
  int ten = 0;
  double per = 1;
};

/// Quantities of one dimension.
struct Family {
  std::string_view name;     // "duration"
  std::string_view article;  // "a"
  std::string_view units;    // for messages
  std::string_view example;  // without quotes
  std::span<const Unit> table;
};

constexpr std::array kDurationUnits = {
    Unit{"ns", 1},  Unit{"us", 1e3}, Unit{"µs", 1e3},   Unit{"ms", 1e6},
    Unit{"s", 1e9}, Unit{"m", 60e9}, Unit{"h", 3600e9}, Unit{"d", 86400e9},
};
constexpr std::array kRateUnits = {
    Unit{"/s"},
    Unit{"k/s", 1, 3},
    Unit{"M/s", 1, 6},
    Unit{"G/s", 1, 9},
    Unit{"/minute", 1, 0, 60},
    Unit{"k/minute", 1, 3, 60},
    Unit{"M/minute", 1, 6, 60},
    Unit{"/h", 1, 0, 3600},
    Unit{"k/h", 1, 3, 3600},
    Unit{"M/h", 1, 6, 3600},
    Unit{"G/h", 1, 9, 3600},
    Unit{"/day", 1, 0, 86400},
    Unit{"k/day", 1, 3, 86400},
    Unit{"M/day", 1, 6, 86400},
    Unit{"G/day", 1, 9, 86400},
    Unit{"/ms", 1, 3},
    Unit{"/us", 1, 6},
};
constexpr std::array kBytesUnits = {
    Unit{"B", 1},
    Unit{"kB", 1e3},
    Unit{"MB", 1e6},
    Unit{"GB", 1e9},
    Unit{"TB", 1e12},
    Unit{"KiB", 1024.0},
    Unit{"MiB", 1024.0 * 1024},
    Unit{"GiB", 1024.0 * 1024 * 1024},
    Unit{"TiB", 1024.0 * 1024 * 1024 * 1024},
};
constexpr std::array kBandwidthUnits = {
    Unit{"bit/s"},        Unit{"kbit/s", 1, 3},  Unit{"Mbit/s", 1, 6},
    Unit{"Gbit/s", 1, 9}, Unit{"Tbit/s", 1, 12}, Unit{"B/s", 8},
    Unit{"kB/s", 8, 3},   Unit{"MB/s", 8, 6},    Unit{"GB/s", 8, 9},
};
constexpr std::array kFractionUnits = {Unit{"%", 1, -2}};
constexpr std::array kFactorUnits = {Unit{"x", 1}};
constexpr std::array kCountUnits = {Unit{"", 1}, Unit{"k", 1e3}, Unit{"M", 1e6}, Unit{"G", 1e9}};

constexpr Family kDuration{"duration", "a", "ns, us, ms, s, m, h, d", "40ms", kDurationUnits};
constexpr Family kRate{"rate", "a", "/s, k/s, M/s, /minute, /h, /day", "800/s", kRateUnits};
constexpr Family kBytes{"size", "a", "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB", "4KiB", kBytesUnits};
constexpr Family kBandwidth{"bandwidth", "a",
                            "bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s, GB/s", "1Gbit/s",
                            kBandwidthUnits};
constexpr Family kFraction{"fraction", "a", "%", "2.5%", kFractionUnits};
constexpr Family kFactor{"factor", "a", "x", "3x", kFactorUnits};
constexpr Family kCount{"count", "a", "k, M, G", "200k", kCountUnits};

/// A number at the beginning of a text, kept exactly where it has no exponent.
struct Amount {
  bool negative = false;
  double value = 0;         // with its sign
  std::uint64_t whole = 0;  // digits before the point; meaningless unless `exact`
  double fraction = 0;      // 0 <= fraction < 1
  bool exact = false;
  std::string_view number;  // its text without the sign
  std::string_view rest;    // what follows it
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Plain decimals with an optional exponent; no hexadecimal, "inf" or "nan".
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
    const bool tiny = text.substr(begin, end - begin).find("e-") != std::string_view::npos ||
                      text.substr(begin, end - begin).find("E-") != std::string_view::npos;
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

const Unit* find_unit(const Family& family, std::string_view name) {
  for (const Unit& unit : family.table)
    if (unit.name == name) return &unit;
  return nullptr;
}

std::string expectation(const Family& family) {
  return fmt::format("{} {} such as \"{}\" (units: {})", family.article, family.name,
                     family.example, family.units);
}

/// The family that `unit` belongs to, for "is a duration, but …"; nullptr when none.
const Family* family_of(std::string_view unit) {
  static constexpr std::array kAll = {&kDuration, &kRate,   &kBytes, &kBandwidth,
                                      &kFraction, &kFactor, &kCount};
  for (const Family* family : kAll)
    if (!unit.empty() && find_unit(*family, unit) != nullptr) return family;
  return nullptr;
}

struct Measured {
  Amount amount;
  Unit unit;
};

/// The amount in the family's base unit, rounded as often as there is a factor or divisor.
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
            std::string suggestion = "") {
  problems.error(value.position(), path, std::move(message), std::move(suggestion));
  return false;
}

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

/// Reads a string with a unit. Negative amounts are reported here, since no family allows them.
std::optional<Measured> measure(const Value& value, const std::string& path, const Family& family,
                                Problems& problems) {
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

/// amount * unit as a whole number, the fraction rounded to nearest; nullopt above `most`.
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

/// The text of `value` in one unit if it reads back as exactly `value` with so many digits.
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

/// A short spelling that reads back as exactly `value`: in the first unit of `table` that takes few
/// digits, else in the base unit with all of them.
std::string spelled(double value, std::span<const Unit> table) {
  for (int digits = 1; digits <= 6; ++digits) {
    for (const Unit& unit : table) {
      if (const auto text = spelled_in(value, unit, digits)) return *text;
    }
  }
  return shortest(value) + std::string(table.front().name);
}

/// Pattern of the strings that a ${NAME} may turn into anything.
constexpr std::string_view kFromEnvironment = "\\$\\{";

TypeInfo family_type(const Family& family, std::string_view name, Numbers numbers) {
  TypeInfo type;
  type.name = name;
  type.shape = Shape::kQuantity;
  type.expects = expectation(family);
  type.numbers = numbers;
  std::string units;
  for (const Unit& unit : family.table)
    units += (units.empty() ? "" : "|") + std::string(unit.name);
  const bool bare_text = numbers != Numbers::kNone;
  type.pattern = fmt::format("^\\+?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?({}){}$|{}", units,
                             bare_text ? "?" : "", kFromEnvironment);
  return type;
}

TypeInfo plain_type(std::string_view name, std::string_view expects, std::string_view pattern) {
  TypeInfo type;
  type.name = name;
  type.expects = expects;
  type.pattern = pattern;
  return type;
}

constexpr double kFastestRate = 1e9;
constexpr std::uint64_t kLargestBytes = std::uint64_t{1} << 60;
constexpr double kWidestBandwidth = 1e15;
constexpr double kLargestFactor = 1e9;
// Whole numbers up to here are exact as doubles, and so in every reader of the results.
constexpr std::uint64_t kLargestCount = std::uint64_t{1} << 53;

/// A number, or a string that holds one and perhaps the family's unit.
std::optional<Measured> measure_number(const Value& value, const std::string& path,
                                       const Family& family, Problems& problems) {
  std::optional<Amount> amount;
  if (value.is_number()) {
    amount = parse_amount(value.number_text());
  } else if (value.is_string()) {
    amount = parse_amount(value.text());
    if (!amount || !amount->rest.empty()) return measure(value, path, family, problems);
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

bool read_count(const Value& value, const std::string& path, Problems& problems, std::uint64_t most,
                std::uint64_t& out) {
  const std::optional<Measured> measured = measure_number(value, path, kCount, problems);
  if (!measured) return false;
  const double product = measured->amount.value * measured->unit.factor;
  const std::optional<std::uint64_t> whole = whole_product(*measured, most);
  if (!whole) return report_too_large(value, path, problems, fmt::format("{}", most));
  if (static_cast<double>(*whole) != product)
    return report(value, path, problems,
                  fmt::format("expected a whole number, found {}", value.found()));
  out = *whole;
  return true;
}

TypeInfo count_type() {
  TypeInfo type = family_type(kCount, "count", Numbers::kWhole);
  type.expects = "a whole number such as 20 or \"1M\" (k, M, G)";
  return type;
}

bool is_component_id(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '_' && c != '-') return false;
  return true;
}

bool expect_text(const Value& value, const std::string& path, const TypeInfo& type,
                 Problems& problems) {
  return value.is_string() || report_unexpected(value, path, type, problems);
}

}  // namespace

const TypeInfo& quantity_type(TypeTag<Duration>) {
  static const TypeInfo type = family_type(kDuration, "duration", Numbers::kNone);
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, Duration& out) {
  const std::optional<Measured> measured = measure(value, path, kDuration, problems);
  if (!measured) return false;
  const auto ns = whole_product(*measured, static_cast<std::uint64_t>(kLongestRun.count()));
  if (!ns) return report_too_large(value, path, problems, "416 days");
  out = Duration{static_cast<std::int64_t>(*ns)};
  return true;
}
Value write_quantity(const Duration& value) {
  static constexpr std::array kUnits = {Unit{"d", 86400e9}, Unit{"h", 3600e9}, Unit{"m", 60e9},
                                        Unit{"s", 1e9},     Unit{"ms", 1e6},   Unit{"us", 1e3}};
  const std::int64_t ns = value.count();
  if (ns == 0) return Value::string("0s");
  for (const Unit& unit : kUnits) {
    const auto factor = static_cast<std::int64_t>(unit.factor);
    if (ns % factor == 0) return Value::string(fmt::format("{}{}", ns / factor, unit.name));
  }
  return Value::string(fmt::format("{}ns", ns));
}

const TypeInfo& quantity_type(TypeTag<Rate>) {
  static const TypeInfo type = family_type(kRate, "rate", Numbers::kNone);
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, Rate& out) {
  const std::optional<Measured> measured = measure(value, path, kRate, problems);
  if (!measured) return false;
  const double rate = in_base_unit(*measured);
  if (!(rate <= kFastestRate)) return report_too_large(value, path, problems, "1G/s");
  out = Rate{rate};
  return true;
}
Value write_quantity(const Rate& value) {
  return Value::string(spelled(value.per_second, kRateUnits));
}

const TypeInfo& quantity_type(TypeTag<Bytes>) {
  static const TypeInfo type = family_type(kBytes, "size", Numbers::kNone);
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, Bytes& out) {
  const std::optional<Measured> measured = measure(value, path, kBytes, problems);
  if (!measured) return false;
  const auto count = whole_product(*measured, kLargestBytes);
  if (!count) return report_too_large(value, path, problems, "1048576TiB");
  out = Bytes{*count};
  return true;
}
Value write_quantity(const Bytes& value) {
  static constexpr std::array kUnits = {
      Unit{"TiB", 1099511627776.0}, Unit{"TB", 1e12}, Unit{"GiB", 1073741824.0}, Unit{"GB", 1e9},
      Unit{"MiB", 1048576.0},       Unit{"MB", 1e6},  Unit{"KiB", 1024.0},       Unit{"kB", 1e3}};
  for (const Unit& unit : kUnits) {
    const auto factor = static_cast<std::uint64_t>(unit.factor);
    if (value.count != 0 && value.count % factor == 0)
      return Value::string(fmt::format("{}{}", value.count / factor, unit.name));
  }
  return Value::string(fmt::format("{}B", value.count));
}

const TypeInfo& quantity_type(TypeTag<Bandwidth>) {
  static const TypeInfo type = family_type(kBandwidth, "bandwidth", Numbers::kNone);
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems,
                   Bandwidth& out) {
  const std::optional<Measured> measured = measure(value, path, kBandwidth, problems);
  if (!measured) return false;
  const double bits = in_base_unit(*measured);
  if (!(bits <= kWidestBandwidth)) return report_too_large(value, path, problems, "1000Tbit/s");
  out = Bandwidth{bits};
  return true;
}
Value write_quantity(const Bandwidth& value) {
  return Value::string(spelled(value.bits_per_second, std::span(kBandwidthUnits).first(5)));
}

const TypeInfo& quantity_type(TypeTag<Fraction>) {
  static const TypeInfo type = [] {
    TypeInfo t = family_type(kFraction, "fraction", Numbers::kAny);
    t.expects = "a fraction such as \"2.5%\" or 0.025";
    return t;
  }();
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, Fraction& out) {
  const std::optional<Measured> measured = measure_number(value, path, kFraction, problems);
  if (!measured) return false;
  const double amount = measured->amount.value;
  const double fraction = in_base_unit(*measured);
  if (!(fraction <= 1)) {
    const bool meant_percent = measured->unit.name.empty() && amount <= 100;
    return report(
        value, path, problems,
        fmt::format("{} is more than the whole; a fraction is 0 to 1 or \"0%\" to \"100%\"",
                    value.found()),
        meant_percent ? shortest(amount) + "%" : "");
  }
  out = Fraction{fraction};
  return true;
}
Value write_quantity(const Fraction& value) {
  for (int digits = 1; digits <= 6; ++digits)
    if (const auto percent = spelled_in(value.value, kFractionUnits[0], digits))
      return Value::string(*percent);
  return Value::number(value.value);
}

const TypeInfo& quantity_type(TypeTag<Factor>) {
  static const TypeInfo type = [] {
    TypeInfo t = family_type(kFactor, "factor", Numbers::kAny);
    t.expects = "a factor such as \"3x\" or 3";
    return t;
  }();
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, Factor& out) {
  const std::optional<Measured> measured = measure_number(value, path, kFactor, problems);
  if (!measured) return false;
  if (!(measured->amount.value <= kLargestFactor))
    return report_too_large(value, path, problems, "1000000000x");
  out = Factor{measured->amount.value};
  return true;
}
Value write_quantity(const Factor& value) {
  return Value::string(shortest(value.value) + "x");
}

const TypeInfo& quantity_type(TypeTag<std::uint32_t>) {
  return quantity_type(TypeTag<std::uint64_t>{});
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems,
                   std::uint32_t& out) {
  std::uint64_t count = 0;
  if (!read_count(value, path, problems, std::numeric_limits<std::uint32_t>::max(), count))
    return false;
  out = static_cast<std::uint32_t>(count);
  return true;
}
Value write_quantity(const std::uint32_t& value) {
  return Value::whole(value);
}

const TypeInfo& quantity_type(TypeTag<std::uint64_t>) {
  static const TypeInfo type = count_type();
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems,
                   std::uint64_t& out) {
  return read_count(value, path, problems, kLargestCount, out);
}
Value write_quantity(const std::uint64_t& value) {
  return Value::whole(value);
}

const TypeInfo& quantity_type(TypeTag<double>) {
  static const TypeInfo type = [] {
    TypeInfo t = plain_type("number", "a plain number such as 2.5",
                            "^[-+]?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?$|\\$\\{");
    t.numbers = Numbers::kAny;
    return t;
  }();
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, double& out) {
  std::optional<Amount> amount;
  if (value.is_number()) amount = parse_amount(value.number_text());
  if (value.is_string()) amount = parse_amount(value.text());
  if (!amount || !amount->rest.empty() || !std::isfinite(amount->value))
    return report_unexpected(value, path, quantity_type(TypeTag<double>{}), problems);
  out = amount->value;
  return true;
}
Value write_quantity(const double& value) {
  return Value::number(value);
}

const TypeInfo& quantity_type(TypeTag<bool>) {
  static const TypeInfo type = [] {
    TypeInfo t = plain_type("boolean", "true or false", "^(true|false)$|\\$\\{");
    t.booleans = true;
    return t;
  }();
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, bool& out) {
  if (value.is_boolean()) {
    out = value.boolean();
  } else if (value.is_string() && (value.text() == "true" || value.text() == "false")) {
    out = value.text() == "true";
  } else {
    return report_unexpected(value, path, quantity_type(TypeTag<bool>{}), problems);
  }
  return true;
}
Value write_quantity(const bool& value) {
  return Value::boolean(value);
}

const TypeInfo& quantity_type(TypeTag<std::string>) {
  static const TypeInfo type = plain_type("text", "a text in quotes", "");
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems,
                   std::string& out) {
  if (!expect_text(value, path, quantity_type(TypeTag<std::string>{}), problems)) return false;
  out = value.text();
  return true;
}
Value write_quantity(const std::string& value) {
  return Value::string(value);
}

const TypeInfo& quantity_type(TypeTag<ComponentRef>) {
  static const TypeInfo type =
      plain_type("component", "the name of a component", "^[A-Za-z][A-Za-z0-9_-]*$|\\$\\{");
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems,
                   ComponentRef& out) {
  const TypeInfo& type = quantity_type(TypeTag<ComponentRef>{});
  if (!expect_text(value, path, type, problems)) return false;
  if (!is_component_id(value.text()))
    return report(value, path, problems,
                  fmt::format("{} cannot be the name of a component: a letter, then letters, "
                              "digits, \"_\" and \"-\"",
                              in_quotes(value.text())));
  out = {value.text(), value.position()};
  return true;
}
Value write_quantity(const ComponentRef& value) {
  return Value::string(value.id);
}

const TypeInfo& quantity_type(TypeTag<FilePath>) {
  static const TypeInfo type = plain_type("file", "the path of a file, relative to this one", "");
  return type;
}
bool read_quantity(const Value& value, const std::string& path, Problems& problems, FilePath& out) {
  if (!expect_text(value, path, quantity_type(TypeTag<FilePath>{}), problems)) return false;
  namespace fs = std::filesystem;
  const fs::path resolved =
      fs::path(problems.source_directory(value.position().source)) / value.text();
  std::error_code error;
  const fs::file_status status = fs::status(resolved, error);
  if (!fs::exists(status))
    return report(value, path, problems,
                  fmt::format("there is no file {}", in_quotes(resolved.string())));
  if (fs::is_directory(status))
    return report(value, path, problems,
                  fmt::format("{} is a directory, not a file", in_quotes(resolved.string())));
  out = {value.text(), resolved.string()};
  return true;
}
Value write_quantity(const FilePath& value) {
  return Value::string(value.written);
}

}  // namespace highwater
