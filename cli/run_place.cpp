#include "cli/run_place.h"

#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "engine/report/run_folder.h"

namespace highwater::cli {

void require_writable(const std::string& out) {
  namespace fs = std::filesystem;
  fs::path place = fs::absolute(out.empty() ? fs::path("results") : fs::path(out));
  std::error_code error;
  while (!fs::exists(place, error) && place.has_parent_path() && place != place.parent_path())
    place = place.parent_path();
  if (!fs::is_directory(place, error)) throw RunFolderError(place.string() + " is not a directory");
  if (access(place.c_str(), W_OK) != 0)
    throw RunFolderError("nothing can be written into " + place.string());
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

}  // namespace highwater::cli
