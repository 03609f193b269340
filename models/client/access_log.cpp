#include "models/client/access_log.h"

#include <algorithm>
#include <ctime>
#include <deque>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "models/client/line_reader.h"

namespace highwater {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;

/// Rounds down, below zero too.
std::int64_t floor_to(std::int64_t time, std::int64_t cell) {
  const std::int64_t rest = time % cell;
  return time - (rest < 0 ? rest + cell : rest);
}

/// FNV-1a, then the finalizer of SplitMix64. Stable: a key means the same in every run and build.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

/// Numbers endpoints in order of first appearance.
class EndpointTable {
 public:
  explicit EndpointTable(std::uint64_t most_text) : most_text_(most_text) {}

  /// @return the number, or nothing when a new name would exceed the limit.
  std::optional<std::uint32_t> number_of(std::string_view raw) {
    const auto known = numbers_.find(raw);
    if (known != numbers_.end()) return known->second;
    if (text_ + raw.size() > most_text_) return std::nullopt;
    text_ += raw.size();
    raw_.emplace_back(raw);
    const auto number = static_cast<std::uint32_t>(raw_.size() - 1);
    numbers_.emplace(raw_.back(), number);
    return number;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    result.reserve(raw_.size());
    for (const std::string& raw : raw_) result.push_back(printable(raw));
    return result;
  }

 private:
  std::uint64_t most_text_;
  std::uint64_t text_ = 0;
  std::deque<std::string> raw_;  // a deque, since the table below points into it
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

/// The columns of a CSV trace: where each is, if it is there.
struct Columns {
  std::optional<std::size_t> time, endpoint, key, status, bytes;
  int time_decimals = 9;   ///< Powers of ten from the column's unit to nanoseconds.
  std::size_t needed = 0;  ///< Fields a line must have.
};

struct TimeColumn {
  std::string_view name;
  int decimals;
};
constexpr std::array kTimeColumns = {TimeColumn{"time", 9}, TimeColumn{"time_s", 9},
                                     TimeColumn{"time_ms", 6}, TimeColumn{"time_us", 3},
                                     TimeColumn{"time_ns", 0}};

/// @return what is wrong with the header; empty where nothing is.
std::string read_header(std::string_view line, Columns& columns) {
  if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  std::vector<std::string> names;
  if (!split_csv(line, names)) return "the header's quotes are not closed";
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::optional<std::size_t>* place = nullptr;
    for (const TimeColumn& column : kTimeColumns) {
      if (names[i] != column.name) continue;
      place = &columns.time;
      columns.time_decimals = column.decimals;
    }
    if (names[i] == "endpoint") place = &columns.endpoint;
    if (names[i] == "key") place = &columns.key;
    if (names[i] == "status") place = &columns.status;
    if (names[i] == "bytes") place = &columns.bytes;
    if (place == nullptr) continue;  // a file may hold more than a replay needs
    if (*place)
      return fmt::format("column {} says what an earlier column says", printable(names[i]));
    *place = i;
    columns.needed = i + 1;
  }
  if (!columns.time) return "no column is called time, time_s, time_ms, time_us or time_ns";
  return {};
}

/// Reads the file of one call of read_trace; the offsets of its records are still absolute times.
class TraceReader {
 public:
  TraceReader(const std::filesystem::path& path, TraceFormat format, TraceReport& report,
              const TraceOptions& options)
      : name_(path.string()),
        format_(format),
        report_(report),
        options_(options),
        lines_(path),
        endpoints_(options.most_text) {}

  std::optional<Trace> read() {
    if (format_ == TraceFormat::csv && !take_header()) return std::nullopt;
    while (const auto line = lines_.next()) {
      ++report_.lines;
      read_line(*line);
      if (!report_.error.empty()) return std::nullopt;
    }
    if (!lines_.error().empty()) {
      report_.error = lines_.error();
      return std::nullopt;
    }
    if (trace_.records.empty()) {
      report_.error = no_records();
      return std::nullopt;
    }
    trace_.endpoints = endpoints_.names();
    return std::move(trace_);
  }

 private:
  bool take_header() {
    const auto line = lines_.next();
    std::string wrong;
    if (line) {
      wrong = line->cut ? "the header is longer than 64 KiB" : read_header(line->text, columns_);
    } else {
      wrong = "it is empty";
    }
    if (!lines_.error().empty()) {
      report_.error = lines_.error();
    } else if (!wrong.empty()) {
      report_.error = fmt::format("{} is not a CSV trace: {}.", name_, wrong);
    }
    return report_.error.empty();
  }

  void read_line(const LineReader::Line& line) {
    SkipReason reason = SkipReason::blank;
    TraceRecord record;
    bool taken = false;
    switch (format_) {
      case TraceFormat::combined:
      case TraceFormat::common:
        taken = read_access_line(line, record, reason);
        break;
      case TraceFormat::csv:
        taken = read_csv_line(line, record, reason);
        break;
      case TraceFormat::times:
        taken = read_time_line(line, record, reason);
        break;
    }
    if (!report_.error.empty()) return;
    if (!taken) {
      const auto i = static_cast<std::size_t>(reason);
      if (report_.skipped[i]++ == 0) {
        report_.first_skipped_line[i] = report_.lines + (format_ == TraceFormat::csv);
      }
      return;
    }
    if (trace_.records.size() == options_.most_records) {
      report_.error = fmt::format("{} holds more than {} requests, the most a trace may have.",
                                  name_, options_.most_records);
      return;
    }
    if (report_.accepted > 0) report_.out_of_order += record.offset < trace_.records.back().offset;
    ++report_.accepted;
    trace_.records.push_back(record);
  }

  bool read_access_line(const LineReader::Line& line, TraceRecord& record, SkipReason& reason) {
    const auto access = parse_access_line(line.text, reason);
    if (!access) return false;
    record.offset = Duration{access->unix_s * kSecond};
    record.key = hash_of(access->target);
    record.bytes = access->bytes;
    record.status = access->status;
    endpoint_.assign(access->method);
    endpoint_ += ' ';
    endpoint_ += access->target.substr(0, access->target.find_first_of("?#"));
    if (!set_endpoint(record)) return false;
    report_.damaged += access->damaged || line.cut;
    return true;
  }

  bool read_csv_line(const LineReader::Line& line, TraceRecord& record, SkipReason& reason) {
    if (line.text.find_first_not_of(" \t") == std::string_view::npos) return false;
    reason = SkipReason::too_long;
    if (line.cut) return false;
    reason = SkipReason::bad_quotes;
    if (!split_csv(line.text, fields_)) return false;
    reason = SkipReason::missing_column;
    if (fields_.size() < columns_.needed) return false;
    reason = SkipReason::bad_time;
    const auto time = parse_decimal(fields_[*columns_.time], columns_.time_decimals);
    if (!time) return false;
    record.offset = Duration{*time};
    endpoint_ = columns_.endpoint ? fields_[*columns_.endpoint] : std::string();
    record.key = hash_of(columns_.key ? fields_[*columns_.key] : endpoint_);
    bool whole = true;
    if (columns_.status) {
      const auto status = parse_decimal(fields_[*columns_.status], 0);
      whole &= status && *status >= 0 && *status <= 999;
      if (whole) record.status = static_cast<std::uint16_t>(*status);
    }
    if (columns_.bytes) {
      const auto bytes = parse_decimal(fields_[*columns_.bytes], 0);
      const bool valid = bytes && *bytes >= 0;
      if (valid) record.bytes = static_cast<std::uint64_t>(*bytes);
      whole &= valid;
    }
    if (!set_endpoint(record)) return false;
    report_.damaged += !whole;
    return true;
  }

  bool read_time_line(const LineReader::Line& line, TraceRecord& record, SkipReason& reason) {
    if (line.text.find_first_not_of(" \t") == std::string_view::npos) return false;
    reason = SkipReason::too_long;
    if (line.cut) return false;
    reason = SkipReason::bad_time;
    const auto time = parse_decimal(line.text, 9);
    if (!time) return false;
    record.offset = Duration{*time};
    endpoint_.clear();
    return set_endpoint(record);
  }

  /// Numbers endpoint_; the only way to fail is the limit on text, which ends the reading.
  bool set_endpoint(TraceRecord& record) {
    const auto number = endpoints_.number_of(endpoint_);
    if (!number) {
      report_.error = fmt::format("{} names more than {} bytes of distinct endpoints.", name_,
                                  options_.most_text);
      return false;
    }
    record.endpoint = *number;
    return true;
  }

  std::string no_records() const {
    if (report_.lines == 0) return fmt::format("{} holds no request: it is empty.", name_);
    const auto most = std::max_element(report_.skipped.begin(), report_.skipped.end());
    const auto reason = static_cast<SkipReason>(most - report_.skipped.begin());
    return fmt::format("{} holds no request: {} of its {} lines were skipped as \"{}\".", name_,
                       *most, report_.lines, text_of(reason));
  }

  std::string name_;
  TraceFormat format_;
  TraceReport& report_;
  const TraceOptions& options_;
  LineReader lines_;
  EndpointTable endpoints_;
  Columns columns_;
  std::vector<std::string> fields_;
  std::string endpoint_;
  Trace trace_;
};

/// Fills in the hours and says whether every hour's stamps lie within one minute. `records` are
/// sorted by absolute time.
bool count_hours(const std::vector<TraceRecord>& records, TraceReport& report) {
  bool within_minutes = true;
  std::int64_t minute = 0;
  for (const TraceRecord& record : records) {
    const std::int64_t time = record.offset.count();
    const std::int64_t hour = floor_to(time, kHour) / kSecond;
    if (report.hours.empty() || report.hours.back().begin_s != hour) {
      report.hours.push_back({hour, 0});
      minute = floor_to(time, kMinute);
    }
    ++report.hours.back().requests;
    within_minutes &= floor_to(time, kMinute) == minute;
  }
  return within_minutes;
}

/// Spreads the records of each cell evenly over it, order kept. `records` are sorted.
void spread(std::vector<TraceRecord>& records, std::int64_t cell) {
  for (std::size_t first = 0; first < records.size();) {
    const std::int64_t begin = floor_to(records[first].offset.count(), cell);
    std::size_t end = first;
    while (end < records.size() && floor_to(records[end].offset.count(), cell) == begin) ++end;
    const auto count = static_cast<std::int64_t>(end - first);
    for (std::int64_t i = 0; i < count; ++i) {
      // i * cell / count without overflow.
      const std::int64_t within = i * (cell / count) + i * (cell % count) / count;
      records[first + static_cast<std::size_t>(i)].offset = Duration{begin + within};
    }
    first = end;
  }
}

/// "2015-05-17 10:05:03 UTC", or seconds where the times are not dates.
std::string time_text(const TraceReport& report, std::int64_t time_ns) {
  if (!report.since_1970) return fmt::format("{} s", static_cast<double>(time_ns) * 1e-9);
  const std::time_t time = time_ns / kSecond;
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(time));
}

}  // namespace

std::uint64_t TraceReport::skipped_in_all() const {
  return std::accumulate(skipped.begin(), skipped.end(), std::uint64_t{0});
}

std::optional<Trace> read_trace(const std::filesystem::path& path, TraceFormat format,
                                TraceReport& report, const TraceOptions& options) {
  report = {};
  std::optional<Trace> trace = TraceReader(path, format, report, options).read();
  if (!trace) return std::nullopt;

  std::vector<TraceRecord>& records = trace->records;
  std::stable_sort(records.begin(), records.end(),
                   [](const TraceRecord& a, const TraceRecord& b) { return a.offset < b.offset; });
  report.since_1970 = format == TraceFormat::combined || format == TraceFormat::common;
  report.first_ns = records.front().offset.count();
  report.last_ns = records.back().offset.count();

  const bool within_minutes = count_hours(records, report);
  if (options.spread && report.since_1970) {
    const bool overwritten =
        within_minutes && report.hours.size() >= 2 && records.size() >= 10 * report.hours.size();
    report.resolution = Duration{overwritten ? kHour : kSecond};
    spread(records, report.resolution.count());
  }

  const std::int64_t begin = records.front().offset.count();
  for (TraceRecord& record : records) record.offset -= Duration{begin};
  std::int64_t end = records.back().offset.count();
  if (report.resolution.count() > 0) {
    end = floor_to(report.last_ns, report.resolution.count()) + report.resolution.count() - begin;
  }
  trace->span = Duration{end};
  return trace;
}

std::vector<std::string> sentences(const TraceReport& report) {
  std::vector<std::string> result;
  result.push_back(fmt::format("{} requests from {} lines, {} to {}.", report.accepted,
                               report.lines, time_text(report, report.first_ns),
                               time_text(report, report.last_ns)));
  if (report.damaged > 0) {
    result.push_back(
        fmt::format("Accepted although broken behind the request: {}.", report.damaged));
  }
  for (std::size_t i = 0; i < kSkipReasons; ++i) {
    if (report.skipped[i] == 0) continue;
    result.push_back(fmt::format("Skipped as \"{}\": {}, the first in line {}.",
                                 text_of(static_cast<SkipReason>(i)), report.skipped[i],
                                 report.first_skipped_line[i]));
  }
  if (report.out_of_order > 0) {
    result.push_back(fmt::format(
        "{} requests are stamped earlier than the one above them: all were sorted by time.",
        report.out_of_order));
  }
  if (report.resolution.count() == kHour) {
    result.push_back(
        "In every hour all stamps lie within one minute: each hour's requests were spread evenly "
        "over "
        "it, order kept.");
  } else if (report.resolution.count() == kSecond) {
    result.push_back(
        "Stamps are whole seconds: each second's requests were spread evenly over it.");
  }
  return result;
}

}  // namespace highwater
