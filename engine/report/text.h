#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace highwater {

/// Takes one code point from `text` at `position` and moves `position` behind it. Bytes that are
/// not UTF-8 (truncated, overlong, surrogates) come out as U+FFFD, one byte at a time, so any input
/// terminates. `position` must be smaller than text.size().
char32_t take_code_point(std::string_view text, std::size_t& position);

/// Appends the UTF-8 form of `code_point`.
void append_utf8(std::string& text, char32_t code_point);

/// Valid UTF-8 on one line without control characters (C0, DEL, C1): names come from scenarios and
/// traces, and an escape sequence in one of them must not reach a terminal. Offenders become
/// U+FFFD; a tab or line break becomes a space.
std::string one_line(std::string_view text);

/// one_line() in plain ASCII, for terminals without UTF-8: the signs that highwater itself writes
/// (± µ … – · ✓ ✗) get a spelling, every other character becomes '?'.
std::string ascii_line(std::string_view text);

/// Columns that valid UTF-8 text takes on a terminal: 0 for combining marks, 2 for wide East Asian
/// characters and emoji, 1 otherwise.
std::size_t display_width(std::string_view text);

/// At most `width` columns of `text`; a text that is cut ends in `ellipsis`.
std::string truncated(std::string_view text, std::size_t width, std::string_view ellipsis = "…");

/// Safe as HTML text and inside a quoted attribute: & < > " ' are escaped, what one_line() does not
/// let through is replaced.
std::string html_escaped(std::string_view text);

/// JSON that may stand inside a <script> element: every '<' becomes \u003c (a '<' occurs in JSON
/// only inside strings), so neither </script> nor <!-- can appear.
std::string script_safe(std::string json);

/// Standard base64 with padding.
std::string base64(std::string_view bytes);

}  // namespace highwater
