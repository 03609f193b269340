#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace highwater {

/// Why a line of a trace was left out. The order is that of reports.
enum class SkipReason : std::uint8_t {
  blank,
  no_time,
  bad_time,
  no_request,
  request_cut_off,
  bad_request,
  bad_quotes,
  missing_column,
  too_long,
};
inline constexpr std::size_t kSkipReasons = 9;

/// The reason in words, such as "blank line".
std::string_view text_of(SkipReason reason);

/// One request as an access log has it.
struct AccessLine {
  std::int64_t unix_s = 0;
  std::string_view method;   ///< "GET"
  std::string_view target;   ///< As requested, with its query.
  std::uint16_t status = 0;  ///< 0 where the line does not say.
  std::uint64_t bytes = 0;   ///< Of the answer's body; 0 where the line does not say ("-").
  bool damaged = false;      ///< Something after the request is missing or broken.
};

/// Reads one line in the common or combined log format of Apache and nginx:
/// `host ident user [day/Mon/year:h:m:s zone] "request" status bytes "referer" "agent"`.
/// Only the time and the request must be intact. Anything may stand before the time (as the virtual
/// host does in vhost_combined) and after the size.
///
/// Source   Apache HTTP Server 2.4, mod_log_config ("Common Log Format"); nginx log_format
///          combined. Both escape quotes, backslashes and control bytes of the request.
/// @return nothing and the reason where the line is of no use.
std::optional<AccessLine> parse_access_line(std::string_view line, SkipReason& reason);

/// Seconds since 1970 of "17/May/2015:10:05:03 +0000"; nothing unless it is a real instant of the
/// years 1970 to 2199.
std::optional<std::int64_t> parse_log_time(std::string_view text);

/// A decimal number times 10^decimals, rounded half away from zero: ("1.5", 9) is 1,500,000,000.
/// Accepts a sign, a fraction and an exponent. Exact: no floating point is involved.
/// @return nothing for anything else and for results of 2^62 or more.
std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals);

/// Splits a line of CSV (RFC 4180: commas, optional double quotes, doubled inside) into its fields,
/// spaces around them removed. Fields do not span lines.
/// @return whether every quote was closed and followed by a comma or the end.
bool split_csv(std::string_view line, std::vector<std::string>& fields);

/// The text with everything that is not printable (control bytes, invalid UTF-8) written as \xHH,
/// as Apache does: what comes from a file must not break a terminal or a JSON document.
std::string printable(std::string_view text);

}  // namespace highwater
