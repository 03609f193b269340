#include "models/client/line_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <zlib.h>

namespace highwater {

void LineReader::Close::operator()(gzFile_s* file) const {
  gzclose(file);
}

LineReader::LineReader(const std::filesystem::path& path) : name_(path.string()) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    error_ = fmt::format("{} is a folder, not a file.", name_);
    return;
  }
  errno = 0;
  file_.reset(gzopen(path.c_str(), "rb"));
  if (!file_) {
    const std::string why = errno != 0 ? std::strerror(errno) : "out of memory";
    error_ = fmt::format("{} cannot be opened: {}.", name_, why);
    return;
  }
  buffer_.resize(256 * 1024);
}

bool LineReader::fill() {
  if (!error_.empty()) return false;
  const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  begin_ = 0;
  end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (got > 0) return true;
  int code = Z_OK;
  const char* text = gzerror(file_.get(), &code);
  if (code == Z_BUF_ERROR) {
    error_ = fmt::format("{} ends in the middle of its gzip data.", name_);
  } else if (code != Z_OK && code != Z_STREAM_END) {
    std::string_view why = code == Z_ERRNO ? std::strerror(errno) : text;
    if (why.starts_with(name_ + ": ")) why.remove_prefix(name_.size() + 2);  // zlib says it too
    error_ = fmt::format("{} cannot be read: {}.", name_, why);
  }
  return false;
}

void LineReader::keep(std::string_view part) {
  const std::size_t room = kLongestLine - line_.size();
  cut_ |= part.size() > room;
  line_.append(part.substr(0, room));
}

std::size_t LineReader::read(std::span<char> out) {
  std::size_t got = 0;
  while (got < out.size() && (begin_ < end_ || fill())) {
    const std::size_t part = std::min(out.size() - got, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, part, out.data() + got);
    begin_ += part;
    got += part;
  }
  return got;
}

std::optional<LineReader::Line> LineReader::next() {
  line_.clear();
  cut_ = false;
  bool any = false;
  for (;;) {
    if (begin_ == end_) {
      if (!fill()) {
        // What was read of a line before an error is not a line.
        if (!any || !error_.empty()) return std::nullopt;
        break;
      }
    }
    any = true;
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const std::size_t newline = rest.find('\n');
    keep(rest.substr(0, newline));
    begin_ += newline == std::string_view::npos ? rest.size() : newline + 1;
    if (newline != std::string_view::npos) break;
  }
  std::string_view text = line_;
  if (!cut_ && text.ends_with('\r')) text.remove_suffix(1);
  return Line{text, cut_};
}

}  // namespace highwater
