#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/describe/words.h"
#include "engine/kernel/time.h"
#include "models/client/line_reader.h"

namespace highwater::cache_curve {

/// How a trace of keys is written.
enum class TraceFormat : std::uint8_t { automatic, lines, csv, oracle_general };
constexpr auto words_of(TraceFormat) {
  return std::array{
      Word{TraceFormat::automatic, "auto",
           "By the file's name: .csv, .oracleGeneral or .bin; lines otherwise."},
      Word{TraceFormat::lines, "lines", "One key per line."},
      Word{TraceFormat::csv, "csv", "Columns with names in the first line."},
      Word{TraceFormat::oracle_general, "oracle_general",
           "libCacheSim's binary records of 24 bytes: time, object, size, next access."}};
}

struct TraceOptions {
  TraceFormat format = TraceFormat::automatic;
  std::string key_column = "key";  ///< Of a CSV.
  std::string time_column;         ///< Of a CSV, in seconds; empty: none.
  Duration interval = 1s;          ///< Between two requests where the trace has no times.
};

/// One request of a trace.
struct Access {
  std::uint64_t key = 0;  ///< The object's number, or a hash of the key's bytes.
  std::int64_t time = 0;  ///< Nanoseconds since the first request; never less than before.
};

/// A trace of keys, read in parts so that its length costs no memory. The file may be gzipped.
///
/// A key is any bytes (in a CSV: a field, which may be quoted); in lines and CSV an empty one is a
/// key like others. Times that go back are taken as no progress. Of n different text keys two fall
/// together with probability n² / 2^65.
///
/// Errors: a file that cannot be read or is none (a pipe, a device: a trace is read twice), one
/// compressed by zstd, a column that is not there, a row without the column, a time
/// that is no number, a line over 64 KiB, and a binary file that ends within a record are problems
/// with file and line (for binary files: the record); reading stops at the tenth.
class KeyTrace {
 public:
  KeyTrace(const std::string& path, const TraceOptions& options, Problems& problems);
  ~KeyTrace();

  /// Replaces `out` by up to `most` further requests; empty at the end or after a problem.
  void read(std::size_t most, std::vector<Access>& out);

  TraceFormat format() const { return options_.format; }

 private:
  struct Columns {
    std::size_t key = 0;
    std::optional<std::size_t> time;
  };

  void read_header();
  bool read_line(Access& access);
  bool read_row(std::string_view row, Access& access);
  void read_records(std::size_t most, std::vector<Access>& out);
  void wrong(std::string why);
  /// Says why the file could not be read further, if it could not.
  void stopped();
  std::int64_t since_first(double seconds);

  std::string path_;
  TraceOptions options_;
  Problems& problems_;
  std::uint32_t source_;
  std::size_t errors_before_;
  std::unique_ptr<LineReader> lines_;
  Columns columns_;
  std::vector<std::string> fields_;  // of the row at hand
  std::uint32_t line_ = 0;
  std::uint64_t requests_ = 0;
  std::optional<double> first_seconds_;
  std::int64_t now_ = 0;
};

}  // namespace highwater::cache_curve
