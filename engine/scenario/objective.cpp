#include "engine/scenario/objective.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "engine/describe/listed.h"
#include "engine/describe/nearest.h"
#include "engine/describe/quantity.h"

namespace highwater {
namespace {

constexpr std::string_view kForm =
    "an objective is \"component.metric.statistic < quantity\", such as \"users.latency.p99 < "
    "250ms\"";

const std::vector<std::string>& time_statistics() {
  static const std::vector<std::string> names = {"mean", "p50", "p90", "p95", "p99", "p999", "max"};
  return names;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

std::vector<std::string> words_of_text(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trimmed(text)).empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(unquoted(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return words;
}

class Reader {
 public:
  enum class Form { objective, condition };

  Reader(const Value& value, const std::string& path, const std::vector<Measured>& measured,
         std::size_t faults, Problems& problems, Form form = Form::objective)
      : value_(value),
        path_(path),
        measured_(measured),
        faults_(faults),
        problems_(problems),
        form_(form) {}

  std::optional<Objective> read_metric() {
    objective_.text = value_.text();
    objective_.position = value_.position();
    objective_.path = path_;
    if (!read_subject(trimmed(value_.text()))) return std::nullopt;
    return objective_;
  }

  std::optional<Trigger> read_trigger() {
    const std::string& text = value_.text();
    const std::vector<std::string> words = words_of_text(text);
    if (words.size() == 2 && (words[1] == "begins" || words[1] == "ends")) {
      const auto fault = read_fault(words[0]);
      if (!fault) return std::nullopt;
      return Trigger{std::nullopt, *fault, words[1] == "begins"};
    }
    auto metric = read();
    if (!metric) return std::nullopt;
    return Trigger{std::move(*metric), 0, true};
  }

  std::optional<Objective> read() {
    const std::string& text = value_.text();
    objective_.text = text;
    objective_.position = value_.position();
    objective_.path = path_;
    const std::size_t sign = text.find_first_of("<>=");
    if (sign == std::string::npos || trimmed(text).empty()) {
      fail(fmt::format("{} compares nothing; {}", in_quotes(text), kForm));
      return std::nullopt;
    }
    std::size_t end = sign;
    while (end < text.size() && std::string_view("<>=!").find(text[end]) != std::string_view::npos)
      ++end;
    const bool good = read_subject(trimmed(std::string_view(text).substr(0, sign)));
    const bool compared = read_comparison(text.substr(sign, end - sign));
    const std::vector<std::string> words = words_of_text(std::string_view(text).substr(end));
    if (words.empty()) {
      fail(fmt::format("the limit is missing; {}", kForm));
      return std::nullopt;
    }
    const bool limited = good && read_limit(words[0]);
    const bool placed = read_clauses(words);
    if (!good || !compared || !limited || !placed) return std::nullopt;
    return objective_;
  }

 private:
  bool fail(std::string message, std::string suggestion = "") {
    problems_.error(value_.position(), path_, std::move(message), std::move(suggestion));
    return false;
  }

  bool read_subject(std::string_view text) {
    if (text.starts_with("components.")) text.remove_prefix(11);
    std::vector<std::string> parts;
    for (std::string_view rest = text;;) {
      const std::size_t dot = rest.find('.');
      parts.emplace_back(rest.substr(0, dot));
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    if (parts.size() < 2 || parts.size() > 3)
      return fail(fmt::format("{} names no metric; {}", in_quotes(text), kForm));
    objective_.component = parts[0];
    std::vector<std::string> ids;
    const KindInfo* kind = nullptr;
    for (const Measured& one : measured_) {
      ids.push_back(one.component);
      if (one.component == parts[0]) kind = one.kind;
    }
    if (std::find(ids.begin(), ids.end(), parts[0]) == ids.end())
      return fail(fmt::format("unknown component {}", in_quotes(parts[0])),
                  nearest_word(parts[0], ids));
    if (kind == nullptr) return false;  // its unknown kind is a problem already
    return read_metric(*kind, parts);
  }

  bool read_metric(const KindInfo& kind, const std::vector<std::string>& parts) {
    std::vector<std::string> names;
    const MetricInfo* metric = nullptr;
    for (const MetricInfo& one : kind.metrics) {
      names.push_back(objective_name(one));
      if (names.back() == parts[1]) metric = &one;
    }
    if (metric == nullptr) {
      return fail(fmt::format("{} is no metric of a {}; it has {}", in_quotes(parts[1]), kind.name,
                              listed(names)),
                  nearest_word(parts[1], names));
    }
    objective_.metric = metric->name;
    objective_.shape = metric->shape;
    objective_.unit = metric->unit;
    const std::string statistic = parts.size() == 3 ? parts[2] : "";
    return read_statistic(*metric, statistic);
  }

  bool read_statistic(const MetricInfo& metric, const std::string& statistic) {
    if (metric.shape == MetricShape::kTimes) {
      const std::vector<std::string>& known = time_statistics();
      objective_.statistic = statistic.empty() ? "mean" : statistic;
      if (std::find(known.begin(), known.end(), objective_.statistic) != known.end()) return true;
      return fail(fmt::format("unknown statistic {}; known: mean, p50, p90, p95, p99, p999, max",
                              in_quotes(statistic)),
                  nearest_word(statistic, known));
    }
    if (metric.shape != MetricShape::kCauses && !statistic.empty())
      return fail(fmt::format("{} is a single number and has no statistic {}",
                              objective_name(metric), in_quotes(statistic)));
    objective_.statistic = statistic;
    return true;
  }

  bool read_comparison(const std::string& sign) {
    if (sign == "<") {
      objective_.comparison = Comparison::kLess;
    } else if (sign == "<=") {
      objective_.comparison = Comparison::kLessOrEqual;
    } else if (sign == ">") {
      objective_.comparison = Comparison::kGreater;
    } else if (sign == ">=") {
      objective_.comparison = Comparison::kGreaterOrEqual;
    } else {
      return fail(fmt::format("unknown comparison {}; known: <, <=, >, >=", in_quotes(sign)));
    }
    return true;
  }

  template <class T>
  std::optional<T> quantity(const std::string& text) {
    Value given = Value::string(text);
    given.set_position(value_.position());
    T out{};
    if (!Quantity<T>::read(given, path_, problems_, out)) return std::nullopt;
    return out;
  }

  bool read_limit(const std::string& text) {
    const std::string& unit = objective_.unit;
    std::optional<double> limit;
    if (unit == "ms" || unit == "s") {
      if (const auto time = quantity<Duration>(text))
        limit = unit == "s" ? seconds(*time) : milliseconds(*time);
    } else if (unit == "/s") {
      if (const auto rate = quantity<Rate>(text)) limit = rate->per_second;
    } else if (unit == "1" && objective_.shape == MetricShape::kEstimate) {
      if (const auto part = quantity<Fraction>(text)) limit = part->value;
    } else if (unit == "bytes") {
      if (const auto size = quantity<Bytes>(text)) limit = static_cast<double>(size->count);
    } else if (objective_.shape == MetricShape::kEstimate) {
      limit = quantity<double>(text);
    } else if (const auto count = quantity<std::uint64_t>(text)) {
      limit = static_cast<double>(*count);
    }
    objective_.limit = limit.value_or(0);
    return limit.has_value();
  }

  bool read_clauses(const std::vector<std::string>& words) {
    std::size_t at = 1;
    while (at < words.size()) {
      if (form_ == Form::condition) {
        if (words[at] != "over" || at + 1 >= words.size())
          return fail(fmt::format("unexpected {}; after the limit there may be: over 30s",
                                  in_quotes(words[at])));
        const auto over = quantity<Duration>(words[at + 1]);
        if (!over) return false;
        if (*over < Duration{1ms}) return fail("a condition looks over 1ms at least");
        objective_.over = *over;
        at += 2;
      } else if (words[at] == "during" && at + 1 < words.size() && !objective_.during) {
        if (!read_window(words[at + 1])) return false;
        at += 2;
      } else if (words[at] == "within" && at + 3 < words.size() && words[at + 2] == "of" &&
                 !objective_.within) {
        if (!read_recovery(words[at + 1], words[at + 3])) return false;
        at += 4;
      } else {
        const std::vector<std::string> known = {"during", "within"};
        return fail(
            fmt::format("unexpected {}; after the limit there may be: during 2m..5m, "
                        "within 30s of faults[0]",
                        in_quotes(words[at])),
            words[at] == "during" || words[at] == "within" ? "" : nearest_word(words[at], known));
      }
    }
    return true;
  }

  bool read_window(const std::string& text) {
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos)
      return fail(fmt::format("{} is no window; write it as 2m..5m", in_quotes(text)));
    const auto begin = quantity<Duration>(text.substr(0, dots));
    const auto end = quantity<Duration>(text.substr(dots + 2));
    if (!begin || !end) return false;
    if (*begin >= *end) return fail(fmt::format("the window {} is empty", in_quotes(text)));
    objective_.during = Objective::Window{*begin, *end};
    return true;
  }

  bool read_recovery(const std::string& time, const std::string& fault) {
    const auto duration = quantity<Duration>(time);
    if (!duration) return false;
    const auto index = read_fault(fault);
    if (!index) return false;
    objective_.within = Objective::Recovery{*duration, *index};
    return true;
  }

  std::optional<std::size_t> read_fault(const std::string& fault) {
    std::size_t index = 0;
    const bool form = fault.starts_with("faults[") && fault.ends_with("]");
    const char* const end = fault.data() + fault.size() - 1;
    if (!form || std::from_chars(fault.data() + 7, end, index).ptr != end ||
        end == fault.data() + 7) {
      fail(fmt::format("{} is no fault; write it as faults[0]", in_quotes(fault)));
      return std::nullopt;
    }
    if (index >= faults_) {
      fail(fmt::format("{} does not exist; the scenario has {} {}", fault, faults_,
                       faults_ == 1 ? "fault" : "faults"));
      return std::nullopt;
    }
    return index;
  }

  const Value& value_;
  const std::string& path_;
  const std::vector<Measured>& measured_;
  std::size_t faults_;
  Problems& problems_;
  Form form_;
  Objective objective_;
};

}  // namespace

bool holds(Comparison comparison, double value, double limit) {
  if (std::abs(value - limit) <= 1e-12 * std::abs(limit)) value = limit;
  switch (comparison) {
    case Comparison::kLess:
      return value < limit;
    case Comparison::kLessOrEqual:
      return value <= limit;
    case Comparison::kGreater:
      return value > limit;
    case Comparison::kGreaterOrEqual:
      break;
  }
  return value >= limit;
}

std::string objective_name(const MetricInfo& metric) {
  for (const std::string_view unit : {"_ms", "_rps", "_bytes"})
    if (metric.name.ends_with(unit)) return metric.name.substr(0, metric.name.size() - unit.size());
  return metric.name;
}

std::optional<Objective> read_objective(const Value& value, const std::string& path,
                                        const std::vector<Measured>& measured, std::size_t faults,
                                        Problems& problems) {
  if (!value.is_string()) {
    report_unexpected(value, path, type_of<std::string>(), problems);
    return std::nullopt;
  }
  return Reader(value, path, measured, faults, problems).read();
}

std::optional<Objective> read_metric(const Value& value, const std::string& path,
                                     const std::vector<Measured>& measured, Problems& problems) {
  if (!value.is_string()) {
    report_unexpected(value, path, type_of<std::string>(), problems);
    return std::nullopt;
  }
  return Reader(value, path, measured, 0, problems).read_metric();
}

std::optional<Trigger> read_trigger(const Value& value, const std::string& path,
                                    const std::vector<Measured>& measured, std::size_t faults,
                                    Problems& problems) {
  if (!value.is_string()) {
    report_unexpected(value, path, type_of<std::string>(), problems);
    return std::nullopt;
  }
  return Reader(value, path, measured, faults, problems, Reader::Form::condition).read_trigger();
}

}  // namespace highwater
