#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace highwater {

/// Where something stands in the input. `source` indexes Problems' list of sources. Lines and
/// columns count from 1; a column counts characters (Unicode code points), a tab as one. Line 0
/// means that the value was not read from any text.
struct Position {
  std::uint32_t source = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

enum class Severity { kError, kWarning };

/// One thing wrong with the input.
struct Problem {
  Severity severity = Severity::kError;
  Position position;
  std::string source;      ///< File name as the user wrote it, or "--set path=value".
  std::string pointer;     ///< JSON pointer (RFC 6901) of the value: "/components/api/replicas".
  std::string message;     ///< What was found and what is right, without a full stop.
  std::string suggestion;  ///< The nearest valid word; empty when none is near.

  /// `scenario.json:12:17: /components/api/replcas: unknown key "replcas"; did you mean
  /// "replicas"?`
  std::string text() const;
};

/// Everything wrong with the input. Reading never stops at the first fault, so that one run shows a
/// user all of them. Warnings are kept beside errors and never make the input unusable.
class Problems {
 public:
  /// Registers a text that positions refer to.
  /// @param name       Shown before the line number.
  /// @param directory  What relative file names inside the text are relative to; "" for the
  ///                   current directory.
  std::uint32_t add_source(std::string name, std::string directory = "");
  /// Empty for a source that was never added.
  std::string source_name(std::uint32_t source) const;
  std::string source_directory(std::uint32_t source) const;
  /// An empty list with the same sources, to read the same values once more.
  Problems fresh() const;

  void error(Position position, std::string pointer, std::string message,
             std::string suggestion = "");
  void warning(Position position, std::string pointer, std::string message,
               std::string suggestion = "");

  bool has_errors() const { return errors_ > 0; }
  bool empty() const { return list_.empty(); }
  std::size_t error_count() const { return errors_; }

  /// All problems in the order of the text: by source, line and column; ties in order of finding.
  std::vector<Problem> sorted() const;

  /// One line per problem, in the order of sorted(); after `most` of them, how many were left out.
  std::string text(std::size_t most = 200) const;

 private:
  void add(Severity severity, Position position, std::string pointer, std::string message,
           std::string suggestion);
  struct Source {
    std::string name, directory;
  };
  std::vector<Source> sources_;
  std::vector<Problem> list_;
  std::size_t errors_ = 0;
};

/// The JSON pointer of a member of the object at `pointer`; "~" and "/" in the key are escaped.
std::string pointer_to(std::string_view pointer, std::string_view key);
/// The JSON pointer of an element of the array at `pointer`.
std::string pointer_to(std::string_view pointer, std::size_t index);

/// `text` in double quotes as JSON would write it, for messages; cut after about `most` bytes.
std::string in_quotes(std::string_view text, std::size_t most = 60);
/// The name of a file in double quotes, never cut.
std::string file_in_quotes(std::string_view name);

}  // namespace highwater
