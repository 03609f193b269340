#pragma once

#include <cstddef>
#include <string_view>

namespace highwater::cli {

/// What standard output can show.
struct OutputStyle {
  std::size_t width = 100;  ///< Columns; 100 where it is no terminal.
  bool color = false;       ///< A terminal, NO_COLOR unset, TERM not "dumb".
  bool utf8 = true;         ///< The locale says so; always true where it is no terminal.
};
OutputStyle standard_output_style();

/// True where a person watches standard error.
bool standard_error_is_terminal();

/// Writes to standard output. Results go there, and nothing else.
/// @throws std::runtime_error when it cannot be written, as on a full disk.
void print(std::string_view text);

/// Writes to standard error: problems, notes, progress.
void print_error(std::string_view text);

}  // namespace highwater::cli
