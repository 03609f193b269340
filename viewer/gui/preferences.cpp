#include "viewer/gui/preferences.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/describe/value.h"
#include "engine/report/run_folder.h"
#include "engine/scenario/source_file.h"

namespace highwater::viewer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSchema = "highwater/viewer/1";
/// A screen; anything else was not written by a viewer.
constexpr std::uint64_t kLeastSide = 320, kMostSide = 16'384;

std::optional<int> side(const Value& root, const char* key) {
  const Value* const value = root.find(key);
  const auto whole =
      value != nullptr && value->is_number() ? value->whole() : std::optional<std::uint64_t>();
  if (!whole || *whole < kLeastSide || *whole > kMostSide) return std::nullopt;
  return static_cast<int>(*whole);
}

std::optional<std::string> text(const Value& root, const char* key) {
  const Value* const value = root.find(key);
  return value != nullptr && value->is_string() ? std::optional(value->text()) : std::nullopt;
}

}  // namespace

void Preferences::opened(const std::string& file) {
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  const std::string name = error ? file : absolute.lexically_normal().string();
  std::erase(recent, name);
  recent.insert(recent.begin(), name);
  if (recent.size() > kMostRecent) recent.resize(kMostRecent);
}

std::vector<std::string> Preferences::existing() const {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const std::string& file : recent)
    if (fs::exists(file, ignored)) files.push_back(file);
  return files;
}

Preferences Preferences::load(const std::string& file, std::string& why) {
  Preferences read;
  why.clear();
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return read;
  const FileText content = read_file(file);
  if (!content.fault.empty()) {
    why = file + ": " + content.fault;
    return read;
  }
  const std::optional<Value> root = parse_json_value(content.text);
  if (!root || text(*root, "schema") != kSchema) {
    why = file + " is not what the viewer writes there: it is written anew";
    return read;
  }
  read.width = side(*root, "width");
  read.height = side(*root, "height");
  if (const auto theme = text(*root, "theme"); theme == "light" || theme == "dark")
    read.light = theme == "light";
  if (const Value* const reduced = root->find("reduced_motion");
      reduced != nullptr && reduced->is_boolean())
    read.reduced_motion = reduced->boolean();
  read.charts = text(*root, "charts");
  if (const Value* const recent = root->find("recent"); recent != nullptr && recent->is_array())
    for (const Value& each : recent->elements())
      if (each.is_string() && read.recent.size() < kMostRecent) read.recent.push_back(each.text());
  return read;
}

std::string Preferences::save(const std::string& file) const {
  Value root = Value::object();
  root.set("schema", Value::string(std::string(kSchema)));
  if (width && height) {
    root.set("width", Value::whole(static_cast<std::uint64_t>(*width)));
    root.set("height", Value::whole(static_cast<std::uint64_t>(*height)));
  }
  if (light) root.set("theme", Value::string(*light ? "light" : "dark"));
  if (reduced_motion) root.set("reduced_motion", Value::boolean(*reduced_motion));
  if (charts) root.set("charts", Value::string(*charts));
  Value list = Value::array();
  for (const std::string& each : recent) list.push(Value::string(each));
  root.set("recent", std::move(list));
  const fs::path target = file;
  std::error_code error;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  if (error)
    return fmt::format("cannot make {}: {}", target.parent_path().string(), error.message());
  const fs::path draft = fmt::format("{}.{}", file, getpid());
  try {
    write_file(draft, write_json(root) + "\n");
  } catch (const RunFolderError& failure) {
    fs::remove(draft, error);
    return failure.what();
  }
  fs::rename(draft, target, error);
  if (!error) return "";
  const std::string why = fmt::format("cannot write {}: {}", file, error.message());
  fs::remove(draft, error);
  return why;
}

std::string usual_state_file() {
  const auto folder = [](const char* variable) -> fs::path {
    const char* const value = std::getenv(variable);
    return value == nullptr ? "" : value;
  };
  // The specification has relative paths ignored.
  if (const fs::path state = folder("XDG_STATE_HOME"); state.is_absolute())
    return (state / "highwater" / "viewer.json").string();
  if (const fs::path home = folder("HOME"); home.is_absolute())
    return (home / ".local" / "state" / "highwater" / "viewer.json").string();
  return "";
}

}  // namespace highwater::viewer
