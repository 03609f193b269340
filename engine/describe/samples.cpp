#include "engine/describe/samples.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "engine/describe/problems.h"

namespace highwater {
namespace {

/// Nanoseconds of a unit; 0 for none.
double nanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  return 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::optional<Duration> parsed(std::string_view text, double unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const double ns = value * unit;
  if (!(ns >= 0) || !(ns <= static_cast<double>(kLongestRun.count()))) return std::nullopt;
  return Duration{static_cast<std::int64_t>(std::nearbyint(ns))};
}

Samples faulty(std::string fault) {
  return {{}, std::move(fault)};
}

}  // namespace

std::vector<std::string> csv_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && inside && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      inside = !inside;
    } else if (c == ',' && !inside) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  for (std::string& field : fields) field = std::string(trimmed(field));
  return fields;
}

Samples read_samples(const std::string& file, const std::string& column, const std::string& unit) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  if (!in || !std::getline(in, line))
    return faulty(fmt::format("{} cannot be read or is empty", file_in_quotes(file)));
  std::string_view header = line;
  if (header.starts_with("\xEF\xBB\xBF")) header.remove_prefix(3);
  const std::vector<std::string> names = csv_fields(header);
  std::size_t index = 0;
  while (index < names.size() && names[index] != column) ++index;
  if (index == names.size()) {
    const std::string nearest = nearest_word(column, names);
    return faulty(fmt::format("{} has no column {}{}", file_in_quotes(file), in_quotes(column),
                              nearest.empty() ? "" : "; did you mean " + in_quotes(nearest) + "?"));
  }
  const std::size_t ending = column.rfind('_');
  const double scale =
      nanoseconds(unit != "auto"                ? std::string_view(unit)
                  : ending == std::string::npos ? std::string_view()
                                                : std::string_view(column).substr(ending + 1));
  if (scale == 0)
    return faulty(
        fmt::format("the unit of column {} is not known: let its name end in _ns, _us, "
                    "_ms or _s, or give \"unit\"",
                    in_quotes(column)));
  Samples samples;
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    const std::vector<std::string> fields = csv_fields(line);
    if (index >= fields.size() || fields[index].empty()) continue;
    const std::optional<Duration> sample = parsed(fields[index], scale);
    if (!sample)
      return faulty(fmt::format("{}:{}: {} is not a duration of 0 to 416 days", file, number,
                                in_quotes(fields[index])));
    samples.durations.push_back(*sample);
  }
  if (samples.durations.empty())
    return faulty(
        fmt::format("column {} of {} holds no sample", in_quotes(column), file_in_quotes(file)));
  return samples;
}

}  // namespace highwater
