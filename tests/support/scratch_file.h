#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <zlib.h>

namespace highwater {

/// A file in the tests' own folder that goes away with its owner.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view content) {
    std::ofstream(path_, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  static std::filesystem::path unused() {
    // CTest runs each case in a process of its own, in one folder: the address differs from process
    // to process, the number within one.
    static std::atomic<int> number = 0;
    const auto address = reinterpret_cast<std::uintptr_t>(&number);
    std::filesystem::path path;
    do {
      path = std::filesystem::absolute("scratch-" + std::to_string(address % 1'000'000'007) + "-" +
                                       std::to_string(number++));
    } while (std::filesystem::exists(path));
    return path;
  }

  const std::filesystem::path path_ = unused();
};

inline std::string gzipped(std::string_view text) {
  std::string result(text.size() + 1000, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

}  // namespace highwater
