#include "engine/describe/quantity.h"

#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "engine/describe/measure.h"

namespace highwater {
namespace {

using namespace measure;

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

bool read_count(const Value& value, const std::string& path, Problems& problems, std::uint64_t most,
                std::uint64_t& out) {
  const std::optional<Measured> measured = read_number(value, path, kCount, problems);
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
  const std::optional<Measured> measured = read_with_unit(value, path, kDuration, problems);
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
  const std::optional<Measured> measured = read_with_unit(value, path, kRate, problems);
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
  const std::optional<Measured> measured = read_with_unit(value, path, kBytes, problems);
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
  const std::optional<Measured> measured = read_with_unit(value, path, kBandwidth, problems);
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
  const std::optional<Measured> measured = read_number(value, path, kFraction, problems);
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
  const std::optional<Measured> measured = read_number(value, path, kFactor, problems);
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

bool is_component_id(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text)
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  return true;
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
                  fmt::format("there is no file {}", file_in_quotes(resolved.string())));
  if (fs::is_directory(status))
    return report(value, path, problems,
                  fmt::format("{} is a directory, not a file", file_in_quotes(resolved.string())));
  out = {value.text(), resolved.string()};
  return true;
}
Value write_quantity(const FilePath& value) {
  return Value::string(value.written);
}

}  // namespace highwater
