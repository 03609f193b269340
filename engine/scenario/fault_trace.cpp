#include "engine/scenario/fault_trace.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/field.h"
#include "engine/describe/nearest.h"
#include "engine/describe/samples.h"
#include "engine/scenario/source_file.h"

namespace highwater {
namespace {

struct FaultTraceParams {
  std::string replay;
  Duration at{0};
  Factor speedup{1};

  static constexpr auto fields() {
    using P = FaultTraceParams;
    return Fields{field<&P::replay>("The log, a CSV file with the columns time, target, fault and "
                                    "duration, relative to the scenario; a further column is a "
                                    "parameter of the faults that have something in it. Rows may "
                                    "stand in any order; one without a duration lasts for good.")
                      .required(),
                  field<&P::at>("When it begins: what its times count from."),
                  field<&P::speedup>("Its times and durations pass so many times as fast.")
                      .at_least(Factor{1e-6})
                      .at_most(Factor{1e6})};
  }
};

/// A time with its unit, or a number of seconds.
std::optional<Duration> read_time(const std::string& text) {
  Problems unread;
  Duration time{};
  if (Quantity<Duration>::read(Value::string(text), "", unread, time)) return time;
  const auto number = parse_json_value(text);
  if (!number || !number->is_number()) return std::nullopt;
  const double seconds_given = number->number();
  if (!(seconds_given >= 0) || seconds_given > seconds(kLongestRun)) return std::nullopt;
  return Duration{static_cast<std::int64_t>(std::nearbyint(seconds_given * 1e9))};
}

/// The fields of a line, each with the column at which it begins.
struct Row {
  std::vector<std::string> fields;
  std::vector<std::uint32_t> columns;
  bool closed = true;  ///< Whether every quote is.
};

Row row_of(std::string_view line) {
  Row row{csv_fields(line), {1}, true};
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') row.closed = !row.closed;
    if (line[i] == ',' && row.closed) row.columns.push_back(static_cast<std::uint32_t>(i + 2));
  }
  return row;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7F;
}

class TraceReader {
 public:
  TraceReader(const std::vector<KindInfo>& verbs, Problems& problems) : problems_(problems) {
    for (const KindInfo& one : verbs)
      if (one.name != "replay") verbs_.push_back(one.name);
  }

  /// The faults of the log that `given` names.
  std::vector<Value> faults_of(const Value& given, const std::string& path) {
    const std::size_t before = problems_.error_count();
    const auto params = read_params<FaultTraceParams>(given, path, problems_);
    if (problems_.error_count() != before) return {};
    const Position where = given.find("replay")->position();
    const std::filesystem::path file =
        std::filesystem::path(problems_.source_directory(where.source)) / params.replay;
    const FileText log = read_file(file.string());
    if (!log.fault.empty() || log.text.empty()) {
      problems_.error(where, pointer_to(path, "replay"),
                      file_in_quotes(file.string()) + ": " +
                          (log.fault.empty() ? "the log is empty" : log.fault));
      return {};
    }
    path_ = path;
    source_ = problems_.add_source(file.string(), file.parent_path().string());
    params_ = params;
    std::string_view rest = log.text;
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    std::vector<Value> faults;
    for (std::uint32_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const auto control = std::find_if(line.begin(), line.end(), is_control);
      if (control != line.end()) {
        problems_.error({source_, number, static_cast<std::uint32_t>(control - line.begin() + 1)},
                        path_, "this is no character of a text: is it a CSV file?");
        break;
      }
      if (number == 1) {
        if (!read_header(row_of(line))) break;
        continue;
      }
      if (line.find_first_not_of(" \t\r,") == std::string::npos) continue;
      if (++rows_ > kMostTraceRows) {
        problems_.error({source_, number, 1}, path_,
                        fmt::format("at most {} rows are read", kMostTraceRows));
        break;
      }
      if (auto fault = fault_of(row_of(line), {source_, number, 1}))
        faults.push_back(std::move(*fault));
    }
    if (rows_ == 0 && problems_.error_count() == before)
      problems_.warning({source_, 1, 1}, path_, "the log has no rows: nothing is replayed");
    return faults;
  }

 private:
  bool read_header(const Row& row) {
    names_ = row.fields;
    const std::size_t before = problems_.error_count();
    if (names_.size() == 1 && names_[0].find_first_of(";\t|") != std::string::npos) {
      problems_.error({source_, 1, 1}, path_, "the fields of a line have commas between them");
      return false;
    }
    for (const char* column : {"time", "target", "fault"})
      if (std::find(names_.begin(), names_.end(), column) == names_.end())
        problems_.error({source_, 1, 1}, path_,
                        fmt::format("the column {} is missing", in_quotes(column)),
                        nearest_word(column, names_));
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const Position where{source_, 1, row.columns[i]};
      const auto first = std::find(names_.begin(), names_.end(), names_[i]);
      if (names_[i].empty())
        problems_.error(where, path_, "a column has no name");
      else if (static_cast<std::size_t>(first - names_.begin()) != i)
        problems_.error(where, path_,
                        fmt::format("the column {} stands twice", in_quotes(names_[i])));
      else if (names_[i] == "at" || names_[i] == "for")
        problems_.error(where, path_,
                        names_[i] == "at" ? "the time stands in the column \"time\""
                                          : "it stands in the column \"duration\"");
    }
    return problems_.error_count() == before;
  }

  /// The time in one column. Reports what is none.
  std::optional<Duration> time_in(const std::string& text, Position where, const char* what) {
    const auto time = read_time(text);
    if (!time)
      problems_.error(
          where, path_,
          fmt::format("{} is no {}: write 90, \"90s\" or \"1.5m\"", in_quotes(text), what));
    return time;
  }

  std::optional<Value> fault_of(const Row& row, Position line) {
    const std::size_t before = problems_.error_count();
    const auto at_column = [&](std::size_t column) {
      Position where = line;
      if (column < row.columns.size()) where.column = row.columns[column];
      return where;
    };
    const auto index_of = [&](const char* name) {
      return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) -
                                      names_.begin());
    };
    const auto text_at = [&](std::size_t column) {
      return column < row.fields.size() ? row.fields[column] : std::string();
    };
    Value fault = Value::object();
    fault.set_position(line);
    const auto put = [&](const std::string& key, Value value, std::size_t column) {
      value.set_position(at_column(column));
      fault.set(key, std::move(value));
      fault.members().back().key_position = at_column(column);
    };
    if (!row.closed) problems_.error(line, path_, "a quote is not closed");
    if (row.fields.size() > names_.size())
      problems_.error(
          at_column(names_.size()), path_,
          fmt::format("{} fields, and the header names {}", row.fields.size(), names_.size()));
    const std::size_t verb = index_of("fault"), time = index_of("time"),
                      duration = index_of("duration"), target = index_of("target");
    if (std::find(verbs_.begin(), verbs_.end(), text_at(verb)) == verbs_.end())
      problems_.error(at_column(verb), path_, "unknown fault " + in_quotes(text_at(verb)),
                      nearest_word(text_at(verb), verbs_));
    else
      put(text_at(verb), Value::string(text_at(target)), target);
    if (const auto at = time_in(text_at(time), at_column(time), "time"))
      put("at", Quantity<Duration>::write(std::min(params_.at + scaled(*at), kLongestRun)), time);
    if (!text_at(duration).empty())
      if (const auto lasts = time_in(text_at(duration), at_column(duration), "duration"))
        put("for", Quantity<Duration>::write(scaled(*lasts)), duration);
    for (std::size_t i = 0; i < names_.size() && i < row.fields.size(); ++i) {
      if (i == verb || i == time || i == duration || i == target || row.fields[i].empty()) continue;
      const auto json = parse_json_value(row.fields[i]);
      put(names_[i], json ? *json : Value::string(row.fields[i]), i);
    }
    if (problems_.error_count() != before) return std::nullopt;
    return fault;
  }

  /// As fast as it is to pass; at most as long as a run can be.
  Duration scaled(Duration time) const {
    const double ns = std::nearbyint(static_cast<double>(time.count()) / params_.speedup.value);
    if (ns >= static_cast<double>(kLongestRun.count())) return kLongestRun;
    return Duration{static_cast<std::int64_t>(ns)};
  }

  std::vector<std::string> verbs_;
  Problems& problems_;
  std::string path_;
  std::uint32_t source_ = 0;
  FaultTraceParams params_;
  std::vector<std::string> names_;  // of the columns
  std::size_t rows_ = 0;
};

}  // namespace

KindInfo fault_trace_kind() {
  return kind_info<FaultTraceParams>(
      "replay", "An outage log: the faults of a file, in its place in the list.",
      "D. Kondo et al., The Failure Trace Archive, CCGRID 2010");
}

bool has_fault_traces(const Value& root) {
  const Value* faults = root.find("faults");
  return faults != nullptr && faults->is_array() &&
         std::any_of(faults->elements().begin(), faults->elements().end(),
                     [](const Value& fault) { return fault.find("replay") != nullptr; });
}

void expand_fault_traces(Value& root, const std::vector<KindInfo>& verbs, Problems& problems) {
  Value* faults = root.find("faults");
  Value::Elements expanded;
  for (std::size_t i = 0; i < faults->elements().size(); ++i) {
    Value& fault = faults->elements()[i];
    if (fault.find("replay") == nullptr) {
      expanded.push_back(std::move(fault));
      continue;
    }
    for (Value& one : TraceReader(verbs, problems).faults_of(fault, pointer_to("/faults", i)))
      expanded.push_back(std::move(one));
  }
  faults->elements() = std::move(expanded);
}

}  // namespace highwater
