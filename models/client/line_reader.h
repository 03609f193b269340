#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct gzFile_s;  // zlib's, so that its header stays in the .cpp

namespace highwater {

/// Reads a file line by line, or byte by byte, plain or gzip (told apart by content, not by name).
///
/// Any bytes are fine, NUL included. A line ends with \n or \r\n; the last one may be unterminated.
/// Memory is bounded: of a line longer than kLongestLine only the beginning is kept.
class LineReader {
 public:
  static constexpr std::size_t kLongestLine = 64 * 1024;

  struct Line {
    std::string_view text;  ///< Without its end; valid until the next call.
    bool cut = false;       ///< It was longer than kLongestLine.
  };

  /// Opens `path`. Whether that worked is for error() to say.
  explicit LineReader(const std::filesystem::path& path);

  /// @return the next line, or nothing at the end or on an error.
  std::optional<Line> next();

  /// Fills `out` with the bytes that come next, for a file that is not made of lines.
  /// @return how many; fewer than `out` has room for at the end or on an error only.
  std::size_t read(std::span<char> out);

  /// Why reading stopped early, as a sentence; empty where it did not.
  const std::string& error() const { return error_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  bool fill();
  void keep(std::string_view part);

  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // buffer_[begin_, end_) is read but not handed out
  std::size_t end_ = 0;
  std::string line_;  // the beginning of a line that spans buffers
  bool cut_ = false;
  std::string error_;
};

}  // namespace highwater
