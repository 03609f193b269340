#include "viewer/session/save_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

namespace highwater::viewer {

namespace fs = std::filesystem;

std::string save_file(const std::string& file, const std::string& text) {
  std::error_code error;
  if (file.empty()) return "it has no name";
  if (fs::is_directory(file, error)) return "this is a folder";
  fs::path target = file;
  if (fs::exists(target, error)) target = fs::canonical(target, error);
  if (error) return error.message();
  // Beside it, for only within one file system is renaming one step.
  const fs::path draft =
      target.parent_path() / fmt::format(".{}.{}", target.filename().string(), getpid());
  {
    errno = 0;
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) {
      const std::string why = errno != 0 ? std::strerror(errno) : "it cannot be written";
      fs::remove(draft, error);
      return why;
    }
  }
  if (const fs::file_status old = fs::status(target, error); fs::exists(old))
    fs::permissions(draft, old.permissions(), error);
  fs::rename(draft, target, error);
  if (!error) return "";
  const std::string why = error.message();
  fs::remove(draft, error);
  return why;
}

}  // namespace highwater::viewer
