#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"
#include "models/client/trace_line.h"

namespace highwater {

/// What a trace file looks like. Each may be gzipped.
enum class TraceFormat : std::uint8_t {
  combined,  ///< Access log of Apache or nginx; `common` lines are read as well.
  common,    ///< The same without referer and agent; `combined` lines are read as well.
  /// Comma-separated with a header: time[_s|_ms|_us|_ns], then any of endpoint, key, status, bytes.
  csv,
  times,  ///< One time in seconds per line.
};

/// One request to be made.
struct TraceRecord {
  Duration offset{};           ///< From the beginning of the trace.
  std::uint64_t key = 0;       ///< Equal for equal targets (path with query) or equal key columns.
  std::uint64_t bytes = 0;     ///< Of the recorded answer; 0 where unknown.
  std::uint32_t endpoint = 0;  ///< Index into Trace::endpoints.
  std::uint16_t status = 0;    ///< Of the recorded answer; 0 where unknown.
};

/// A trace ready to replay: ordered by offset, the first at 0.
struct Trace {
  std::vector<TraceRecord> records;
  /// "GET /images/logo.png": method and path without query; or the endpoint column; or "" where the
  /// file does not say. In order of first appearance.
  std::vector<std::string> endpoints;
  Duration span{};  ///< From the beginning to the end of the last record's second or hour.
};

/// What reading found, for the run's findings. lines = accepted + all skipped.
struct TraceReport {
  std::uint64_t lines = 0;  ///< Without a CSV header.
  std::uint64_t accepted = 0;
  std::uint64_t damaged = 0;  ///< Of the accepted: broken behind the request, which did not matter.
  std::array<std::uint64_t, kSkipReasons> skipped{};             ///< By SkipReason.
  std::array<std::uint64_t, kSkipReasons> first_skipped_line{};  ///< From 1; 0 where there is none.
  std::uint64_t out_of_order = 0;  ///< Records whose time is before that of the record above them.
  Duration
      resolution{};  ///< Records were spread evenly over such spans (1 s or 1 h); 0: not at all.
  std::int64_t first_ns =
      0;  ///< Earliest and latest time as recorded: since 1970, or the file's own zero.
  std::int64_t last_ns = 0;
  bool since_1970 = false;  ///< Whether the times are dates.
  struct Hour {
    std::int64_t begin_s = 0;  ///< On the same clock as first_ns.
    std::uint64_t requests = 0;
  };
  std::vector<Hour> hours;  ///< Hours with requests, in order.
  std::string error;        ///< Why there is no trace, as a sentence; empty where there is one.

  std::uint64_t skipped_in_all() const;
};

struct TraceOptions {
  bool spread = true;                       ///< See read_trace; only access logs are ever spread.
  std::uint64_t most_records = 20'000'000;  ///< 32 bytes each.
  std::uint64_t most_text = std::uint64_t{256} << 20;  ///< Bytes of distinct endpoint names.
};

/// Reads a trace of requests as the world has them: dirty.
///
/// Lines of no use are counted by reason and left out; a line that is broken only behind its
/// request is accepted. Records are sorted by time, equal times in the order of the file.
///
/// An access log has whole seconds at best, and replaying these as they are would send bursts that
/// never were. So its records are spread evenly, order kept, over the span that their stamps
/// really resolve: over the hour, if in every hour all stamps lie within one minute, there are two
/// hours or more, and ten records or more per hour on average (some published logs had their
/// minutes overwritten); otherwise over the second. Of the n records of a span the i-th,
/// from 0, gets begin + i * span / n. Times in csv and times files are taken as they are.
///
/// Memory is bounded by the options, whatever the file holds.
/// @return nothing where there is no usable record, the file cannot be read or is too large; then
///         report.error says why. The rest of the report is filled in as far as reading came.
std::optional<Trace> read_trace(const std::filesystem::path& path, TraceFormat format,
                                TraceReport& report, const TraceOptions& options = {});

/// The report in sentences for people: what was read, skipped, sorted and spread.
std::vector<std::string> sentences(const TraceReport& report);

}  // namespace highwater
