#include "engine/scenario/fault_trace.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/field.h"
#include "engine/describe/nearest.h"
#include "engine/describe/samples.h"

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
                                    "parameter of the faults that have something in it.")
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

class Expander {
 public:
  Expander(const std::vector<KindInfo>& verbs, Problems& problems)
      : verbs_(verbs), problems_(problems) {}

  /// The faults of the log that `given` names.
  std::vector<Value> faults_of(const Value& given, const std::string& path) {
    const std::size_t before = problems_.error_count();
    const auto params = read_params<FaultTraceParams>(given, path, problems_);
    if (problems_.error_count() != before) return {};
    const Position where = given.find("replay")->position();
    const std::filesystem::path file =
        std::filesystem::path(problems_.source_directory(where.source)) / params.replay;
    std::ifstream in(file, std::ios::binary);
    std::string line;
    if (!in || !std::getline(in, line)) {
      problems_.error(where, pointer_to(path, "replay"),
                      file_in_quotes(file.string()) + " cannot be read or is empty");
      return {};
    }
    path_ = path;
    source_ = problems_.add_source(file.string(), file.parent_path().string());
    params_ = params;
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    columns_ = csv_fields(line);
    bool complete = true;
    for (const char* column : {"time", "target", "fault"})
      if (std::find(columns_.begin(), columns_.end(), column) == columns_.end()) {
        complete = false;
        problems_.error({source_, 1, 1}, path_,
                        fmt::format("the column {} is missing", in_quotes(column)),
                        nearest_word(column, columns_));
      }
    std::vector<Value> faults;
    if (!complete) return faults;
    for (std::uint32_t number = 2; std::getline(in, line); ++number) {
      if (line.find_first_not_of(" \t\r,") == std::string::npos) continue;
      if (faults.size() == kMostTraceRows) {
        problems_.error({source_, number, 1}, path_,
                        fmt::format("at most {} rows are read", kMostTraceRows));
        break;
      }
      if (auto fault = fault_of(csv_fields(line), {source_, number, 1}))
        faults.push_back(std::move(*fault));
    }
    return faults;
  }

 private:
  std::optional<Value> fault_of(const std::vector<std::string>& fields, Position where) {
    Value fault = Value::object();
    fault.set_position(where);
    const auto put = [&](const std::string& key, Value value) {
      value.set_position(where);
      fault.set(key, std::move(value));
      fault.members().back().key_position = where;
    };
    const auto at = [&](const char* column) -> std::string {
      const auto found = std::find(columns_.begin(), columns_.end(), column);
      const auto index = static_cast<std::size_t>(found - columns_.begin());
      return index < fields.size() ? fields[index] : "";
    };
    const std::string verb = at("fault");
    std::vector<std::string> known;
    for (const KindInfo& one : verbs_)
      if (one.name != "replay") known.push_back(one.name);
    if (std::find(known.begin(), known.end(), verb) == known.end()) {
      problems_.error(where, path_, "unknown fault " + in_quotes(verb), nearest_word(verb, known));
      return std::nullopt;
    }
    put(verb, Value::string(at("target")));
    const auto time = read_time(at("time"));
    if (!time) {
      problems_.error(where, path_,
                      in_quotes(at("time")) + " is no time: write 90, \"90s\" or \"1.5m\"");
      return std::nullopt;
    }
    put("at", Quantity<Duration>::write(params_.at + scaled(*time)));
    if (const std::string lasts = at("duration"); !lasts.empty()) {
      const auto duration = read_time(lasts);
      if (!duration) {
        problems_.error(where, path_,
                        in_quotes(lasts) + " is no duration: write 90, \"90s\" or \"1.5m\"");
        return std::nullopt;
      }
      put("for", Quantity<Duration>::write(scaled(*duration)));
    }
    for (std::size_t i = 0; i < columns_.size() && i < fields.size(); ++i) {
      const std::string& column = columns_[i];
      if (column == "time" || column == "target" || column == "fault" || column == "duration" ||
          fields[i].empty())
        continue;
      const auto json = parse_json_value(fields[i]);
      put(column, json ? *json : Value::string(fields[i]));
    }
    return fault;
  }

  Duration scaled(Duration time) const {
    return Duration{static_cast<std::int64_t>(
        std::nearbyint(static_cast<double>(time.count()) / params_.speedup.value))};
  }

  const std::vector<KindInfo>& verbs_;
  Problems& problems_;
  std::string path_;
  std::uint32_t source_ = 0;
  FaultTraceParams params_;
  std::vector<std::string> columns_;
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
    for (Value& one : Expander(verbs, problems).faults_of(fault, pointer_to("/faults", i)))
      expanded.push_back(std::move(one));
  }
  faults->elements() = std::move(expanded);
}

}  // namespace highwater
