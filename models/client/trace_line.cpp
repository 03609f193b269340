#include "models/client/trace_line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <limits>

#include <fmt/format.h>

namespace highwater {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Exactly `digits` decimal digits at `at`, or nothing.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The word up to the next space, taken off the front of `rest`.
std::string_view take_word(std::string_view& rest) {
  rest = trimmed(rest);
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

/// The position of the next quote that no backslash escapes.
std::size_t find_quote(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

/// Finds "[…]" before the request and moves `rest` behind it.
std::optional<std::int64_t> take_time(std::string_view& rest, SkipReason& reason) {
  constexpr std::size_t kLength = 26;
  const std::string_view head = rest.substr(0, rest.find('"'));
  reason = SkipReason::no_time;
  for (std::size_t open = head.find('['); open != std::string_view::npos;
       open = head.find('[', open + 1)) {
    reason = SkipReason::bad_time;
    if (open + kLength + 1 >= head.size() || head[open + kLength + 1] != ']') continue;
    const auto time = parse_log_time(head.substr(open + 1, kLength));
    if (!time) continue;
    rest.remove_prefix(open + kLength + 2);
    return time;
  }
  return std::nullopt;
}

/// Takes the quoted request off the front of `rest`.
std::optional<std::string_view> take_request(std::string_view& rest, SkipReason& reason) {
  rest = trimmed(rest);
  reason = SkipReason::no_request;
  if (rest.empty() || rest.front() != '"') return std::nullopt;
  const std::size_t close = find_quote(rest, 1);
  reason = SkipReason::request_cut_off;
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view request = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  reason = SkipReason::no_request;  // "-" is what is logged when a client sent nothing (status 408)
  if (request.empty() || request == "-") return std::nullopt;
  return request;
}

/// Splits "GET /path HTTP/1.1"; the version may be absent (HTTP/0.9), the target may hold spaces.
bool split_request(std::string_view request, AccessLine& line) {
  constexpr std::size_t kLongestMethod = 20;  // the longest registered one has 17 letters
  const std::size_t space = request.find(' ');
  if (space == 0 || space > kLongestMethod) return false;
  line.method = request.substr(0, space);
  const bool word = std::all_of(line.method.begin(), line.method.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  if (!word) return false;
  line.target = request.substr(space + 1);
  line.target = trimmed(line.target.substr(0, line.target.rfind(" HTTP/")));
  return !line.target.empty() && line.target.find('\0') == std::string_view::npos;
}

/// Status and size, and whether the quotes after them are in pairs.
void read_answer(std::string_view rest, AccessLine& line) {
  const std::string_view status = take_word(rest);
  if (status.size() == 3 && number_at(status, 0, 3)) {
    line.status = static_cast<std::uint16_t>(*number_at(status, 0, 3));
  } else {
    line.damaged = true;
  }
  const std::string_view bytes = take_word(rest);
  if (bytes != "-") {
    const auto value = parse_decimal(bytes, 0);
    const bool plain = std::all_of(bytes.begin(), bytes.end(), is_digit);
    if (value && plain) {
      line.bytes = static_cast<std::uint64_t>(*value);
    } else {
      line.damaged = true;
    }
  }
  bool open = false;
  for (std::size_t i = find_quote(rest, 0); i != std::string_view::npos;
       i = find_quote(rest, i + 1)) {
    open = !open;
  }
  line.damaged |= open;
}

/// The length of the valid UTF-8 sequence at the front, 0 where there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and numbers beyond U+10FFFF show in the second byte.
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) >= 0xa0) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) >= 0x90) return 0;
  return length;
}

}  // namespace

std::string_view text_of(SkipReason reason) {
  switch (reason) {
    case SkipReason::blank:
      return "blank line";
    case SkipReason::no_time:
      return "no time";
    case SkipReason::bad_time:
      return "time not understood";
    case SkipReason::no_request:
      return "no request";
    case SkipReason::request_cut_off:
      return "request cut off";
    case SkipReason::bad_request:
      return "request not understood";
    case SkipReason::bad_quotes:
      return "quotes not closed";
    case SkipReason::missing_column:
      return "too few columns";
    case SkipReason::too_long:
      return "line longer than 64 KiB";
  }
  return "unknown";
}

std::optional<AccessLine> parse_access_line(std::string_view line, SkipReason& reason) {
  std::string_view rest = line;
  if (trimmed(rest).empty()) {
    reason = SkipReason::blank;
    return std::nullopt;
  }
  AccessLine result;
  const auto time = take_time(rest, reason);
  if (!time) return std::nullopt;
  result.unix_s = *time;
  const auto request = take_request(rest, reason);
  if (!request) return std::nullopt;
  if (!split_request(*request, result)) {
    reason = SkipReason::bad_request;
    return std::nullopt;
  }
  read_answer(rest, result);
  return result;
}

std::optional<std::int64_t> parse_log_time(std::string_view text) {
  constexpr std::string_view kShape = "00/Mon/0000:00:00:00 +0000";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != kShape.size()) return std::nullopt;
  for (const std::size_t i : {2u, 6u, 11u, 14u, 17u, 20u}) {
    if (text[i] != kShape[i]) return std::nullopt;
  }
  if (text[21] != '+' && text[21] != '-') return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(3, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;

  const auto day = number_at(text, 0, 2), year = number_at(text, 7, 4);
  const auto hour = number_at(text, 12, 2), minute = number_at(text, 15, 2);
  const auto second = number_at(text, 18, 2);
  const auto zone_hours = number_at(text, 22, 2), zone_minutes = number_at(text, 24, 2);
  if (!day || !year || !hour || !minute || !second || !zone_hours || !zone_minutes) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970 || *year > 2199) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;  // 60: a leap second
  if (*zone_hours > 15 || *zone_minutes > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t zone = *zone_hours * 3600 + *zone_minutes * 60;
  const std::int64_t local = days * 86400 + *hour * 3600 + *minute * 60 + *second;
  return text[21] == '+' ? local - zone : local + zone;
}

std::optional<std::int64_t> parse_decimal(std::string_view text, int decimals) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 62;
  constexpr std::uint64_t kFull = 1'800'000'000'000'000'000;  // one more digit still fits 64 bits
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);

  std::uint64_t mantissa = 0;
  std::int64_t exponent = decimals;
  std::size_t digits = 0;
  bool fraction = false;
  bool dropped = false;  // digits beyond the mantissa's; the first of them may have to round
  bool up = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !fraction)); ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    ++digits;
    if (mantissa < kFull) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(text[i] - '0');
      exponent -= fraction;
    } else {
      if (!dropped) up = text[i] >= '5';
      dropped = true;
      exponent += !fraction;
    }
  }
  if (digits == 0) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    const bool down = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    std::int64_t power = 0;
    const std::size_t first = i;
    for (; i < text.size() && is_digit(text[i]); ++i) {
      power = std::min<std::int64_t>(power * 10 + (text[i] - '0'), 1'000'000);
    }
    if (i == first) return std::nullopt;
    exponent += down ? -power : power;
  }
  if (i != text.size()) return std::nullopt;

  for (; exponent > 0 && mantissa > 0; --exponent) {
    if (mantissa > (kLimit - 1) / 10) return std::nullopt;
    mantissa *= 10;
  }
  for (; exponent < 0 && (mantissa > 0 || up); ++exponent) {  // the digit dropped last rounds
    up = mantissa % 10 >= 5;
    mantissa /= 10;
  }
  mantissa += up;
  if (mantissa >= kLimit) return std::nullopt;
  const auto value = static_cast<std::int64_t>(mantissa);
  return negative ? -value : value;
}

bool split_csv(std::string_view line, std::vector<std::string>& fields) {
  fields.clear();
  std::size_t i = 0;
  for (;;) {
    while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
    std::string field;
    if (i < line.size() && line[i] == '"') {
      for (++i;; ++i) {
        if (i >= line.size()) return false;
        if (line[i] == '"') {
          if (i + 1 >= line.size() || line[i + 1] != '"') break;
          ++i;
        }
        field += line[i];
      }
      ++i;
      while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
      if (i < line.size() && line[i] != ',') return false;
    } else {
      const std::size_t comma = std::min(line.find(',', i), line.size());
      field = trimmed(line.substr(i, comma - i));
      i = comma;
    }
    fields.push_back(std::move(field));
    if (i >= line.size()) return true;
    ++i;
  }
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(result), "\\x{:02X}", byte);
      ++i;
    } else {
      result += text.substr(i, length);
      i += length;
    }
  }
  return result;
}

}  // namespace highwater
