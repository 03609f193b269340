#include "models/cache_curve/key_trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "models/key_number.h"

namespace highwater::cache_curve {
namespace {

constexpr std::size_t kRecord = 24;        // bytes of an oracleGeneral record
constexpr std::size_t kMostProblems = 10;  // reading stops there
constexpr double kLongestTrace = 9.0e9;    // seconds that nanoseconds in 63 bits can tell

TraceFormat format_of(const std::string& path) {
  std::string_view name = path;
  if (name.ends_with(".gz")) name.remove_suffix(3);
  if (name.ends_with(".csv")) return TraceFormat::csv;
  if (name.ends_with(".oracleGeneral") || name.ends_with(".bin"))
    return TraceFormat::oracle_general;
  return TraceFormat::lines;
}

/// Splits a CSV row (RFC 4180 without line breaks inside fields). @return false where a quote does
/// not close.
bool split_row(std::string_view row, std::vector<std::string>& fields) {
  fields.clear();
  std::size_t at = 0;
  for (;;) {
    std::string& field = fields.emplace_back();
    if (at < row.size() && row[at] == '"') {
      for (++at;; ++at) {
        if (at >= row.size()) return false;
        if (row[at] != '"') {
          field += row[at];
        } else if (at + 1 < row.size() && row[at + 1] == '"') {
          field += row[at++];
        } else {
          ++at;
          break;
        }
      }
    }
    const std::size_t comma = std::min(row.find(',', at), row.size());
    field += row.substr(at, comma - at);
    if (comma == row.size()) return true;
    at = comma + 1;
  }
}

/// Told by the first bytes, RFC 8878: libCacheSim's own traces come that way.
bool is_zstd(const std::string& path) {
  constexpr std::array kMagic{'\x28', '\xb5', '\x2f', '\xfd'};
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4> bytes{};
  return file.read(bytes.data(), bytes.size()) && bytes == kMagic;
}

template <class T>
T little_endian(const char* bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i));
  return value;
}

}  // namespace

KeyTrace::KeyTrace(const std::string& path, const TraceOptions& options, Problems& problems)
    : path_(path),
      options_(options),
      problems_(problems),
      source_(problems.add_source(path)),
      errors_before_(problems.error_count()) {
  if (options_.format == TraceFormat::automatic) options_.format = format_of(path);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored) &&
      !std::filesystem::is_regular_file(path, ignored))
    wrong("is a pipe or a device; a trace is read more than once and has to be a file");
  else if (is_zstd(path))
    wrong("is compressed by zstd; unpack it first, or pack it with gzip");
  if (problems.error_count() != errors_before_) return;
  lines_ = std::make_unique<LineReader>(path);
  if (!lines_->error().empty())
    stopped();
  else if (options_.format == TraceFormat::csv)
    read_header();
}

KeyTrace::~KeyTrace() = default;

void KeyTrace::wrong(std::string why) {
  problems_.error({source_, line_, line_ > 0 ? 1u : 0u}, "", std::move(why));
}

void KeyTrace::stopped() {
  std::string_view why = lines_->error();
  if (why.empty()) return;
  // The place of a problem has the path already.
  if (why.starts_with(path_ + " ")) why.remove_prefix(path_.size() + 1);
  if (why.ends_with('.')) why.remove_suffix(1);
  wrong(std::string(why));
}

void KeyTrace::read_header() {
  const auto header = lines_->next();
  if (!header) {
    if (lines_->error().empty()) return wrong("has no first line that names its columns");
    return stopped();
  }
  ++line_;
  if (!split_row(header->text, fields_)) return wrong("a quote does not close");
  const auto column = [&](const std::string& name) -> std::optional<std::size_t> {
    const auto found = std::find(fields_.begin(), fields_.end(), name);
    if (found != fields_.end()) return static_cast<std::size_t>(found - fields_.begin());
    std::string why = "there is no column " + in_quotes(name) + "; there are";
    for (const std::string& other : fields_) why += " " + in_quotes(other);
    problems_.error({source_, line_, 1}, "", why, nearest_word(name, fields_));
    return std::nullopt;
  };
  columns_.key = column(options_.key_column).value_or(0);
  if (!options_.time_column.empty()) columns_.time = column(options_.time_column);
}

std::int64_t KeyTrace::since_first(double seconds) {
  if (!first_seconds_) first_seconds_ = seconds;
  const double since = std::clamp(seconds - *first_seconds_, 0.0, kLongestTrace);
  now_ = std::max(now_, static_cast<std::int64_t>(since * 1e9));
  return now_;
}

void KeyTrace::read(std::size_t most, std::vector<Access>& out) {
  out.clear();
  if (problems_.error_count() != errors_before_) return;
  if (options_.format == TraceFormat::oracle_general) {
    read_records(most, out);
  } else {
    Access access;
    while (out.size() < most && problems_.error_count() - errors_before_ < kMostProblems &&
           read_line(access))
      out.push_back(access);
  }
  if (problems_.error_count() != errors_before_) out.clear();
}

bool KeyTrace::read_line(Access& access) {
  const auto line = lines_->next();
  if (!line) {
    stopped();
    return false;
  }
  ++line_;
  if (line->cut) {
    wrong(fmt::format("a line may have {} bytes", LineReader::kLongestLine));
    return true;
  }
  access.time = static_cast<std::int64_t>(requests_) * options_.interval.count();
  ++requests_;
  if (options_.format == TraceFormat::csv) return read_row(line->text, access);
  access.key = key_number(line->text);
  return true;
}

bool KeyTrace::read_row(std::string_view row, Access& access) {
  if (!split_row(row, fields_)) {
    wrong("a quote does not close");
    return true;
  }
  if (fields_.size() <= std::max(columns_.key, columns_.time.value_or(0))) {
    wrong(fmt::format("the row has only {} column{}", fields_.size(),
                      fields_.size() == 1 ? "" : "s"));
    return true;
  }
  access.key = key_number(fields_[columns_.key]);
  if (!columns_.time) return true;
  const std::string& text = fields_[*columns_.time];
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(seconds)) {
    wrong("expected a time in seconds, found " + in_quotes(text));
    return true;
  }
  access.time = since_first(seconds);
  return true;
}

void KeyTrace::read_records(std::size_t most, std::vector<Access>& out) {
  std::array<char, kRecord * 4096> buffer;
  while (out.size() < most) {
    const std::size_t wanted = std::min(most - out.size(), buffer.size() / kRecord) * kRecord;
    const std::size_t got = lines_->read({buffer.data(), wanted});
    for (std::size_t at = 0; at + kRecord <= got; at += kRecord) {
      ++line_;
      out.push_back({little_endian<std::uint64_t>(buffer.data() + at + 4),
                     since_first(little_endian<std::uint32_t>(buffer.data() + at))});
    }
    if (!lines_->error().empty()) return stopped();
    if (got % kRecord != 0) {
      ++line_;
      return wrong(
          fmt::format("ends within record {}: {} bytes of {}", line_, got % kRecord, kRecord));
    }
    if (got < wanted) return;
  }
}

}  // namespace highwater::cache_curve
