#include "engine/scenario/source_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace highwater {
namespace {

namespace fs = std::filesystem;

/// Reads a chain of files, the last one first laid down.
class Chain {
 public:
  Chain(const Guide& guide, const Environment& environment, Problems& problems)
      : guide_(guide), environment_(environment), problems_(problems) {}

  /// @param from  The `extends` that asks for the file; a position without line for the first.
  std::optional<Value> load(const std::string& file, Position from) {
    std::error_code error;
    const std::string identity = fs::weakly_canonical(file, error).string();
    const auto seen = std::find(open_.begin(), open_.end(), identity);
    if (seen != open_.end()) {
      std::string ring;
      for (auto at = seen; at != open_.end(); ++at)
        ring += fs::path(*at).filename().string() + " extends ";
      problems_.error(from, "/extends",
                      fmt::format("a cycle: {}{}", ring, fs::path(identity).filename().string()));
      return std::nullopt;
    }
    if (open_.size() >= kLongestChain) {
      problems_.error(from, "/extends",
                      fmt::format("more than {} files extend each other", kLongestChain));
      return std::nullopt;
    }
    FileText read = read_file(file);
    if (!read.fault.empty()) {
      if (from.line > 0) {
        problems_.error(from, "/extends", fmt::format("{}: {}", file_in_quotes(file), read.fault));
      } else {
        problems_.error({problems_.add_source(file), 0, 0}, "", read.fault);
      }
      return std::nullopt;
    }
    open_.push_back(identity);
    std::optional<Value> merged = read_text(read.text, file, fs::path(file).parent_path().string());
    open_.pop_back();
    return merged;
  }

  std::optional<Value> read_text(std::string_view text, const std::string& name,
                                 const std::string& directory) {
    const std::uint32_t source = problems_.add_source(name, directory);
    std::optional<Value> value = parse_json(text, source, problems_);
    if (!value) return std::nullopt;
    if (!value->is_object()) {
      problems_.error(value->position(), "",
                      fmt::format("a scenario is one object in braces, found {}", value->found()));
      return std::nullopt;
    }
    fill_from_environment(*value, "", environment_, problems_);
    const Value* extends = value->find("extends");
    if (extends == nullptr || extends->is_null()) return value;
    if (!extends->is_string()) {
      problems_.error(
          extends->position(), "/extends",
          fmt::format("expected the name of a scenario file, found {}", extends->found()));
      return value;
    }
    const std::string base_file = (fs::path(directory) / extends->text()).string();
    std::optional<Value> base = load(base_file, extends->position());
    // Without its base the file cannot be judged: what it leaves out may stand there.
    if (!base) return std::nullopt;
    base->erase("extends");
    value->erase("extends");
    lay_over(*base, *value, guide_, guide_.root());
    base->set_position(value->position());
    return base;
  }

 private:
  const Guide& guide_;
  const Environment& environment_;
  Problems& problems_;
  std::vector<std::string> open_;  // canonical paths from the first file to this one
};

}  // namespace

FileText read_file(const std::string& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) return {"", "there is no such file"};
  if (fs::is_directory(status)) return {"", "this is a directory, not a file"};
  // Asked before reading, since a larger file is refused anyway; what has no size is read as it is.
  const auto size = fs::is_regular_file(status) ? fs::file_size(file, error) : 0;
  if (!error && size > kLargestDocument)
    return {"", fmt::format("the file has {} MiB; at most {} MiB are read", size >> 20,
                            kLargestDocument >> 20)};
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return {"", fmt::format("cannot be opened: {}", std::strerror(errno))};
  FileText out;
  char block[1 << 16];
  while (in.read(block, sizeof block), in.gcount() > 0) {
    out.text.append(block, static_cast<std::size_t>(in.gcount()));
    if (out.text.size() > kLargestDocument)
      return {"", fmt::format("at most {} MiB are read", kLargestDocument >> 20)};
  }
  if (in.bad()) return {"", "cannot be read to its end"};
  return out;
}

std::optional<Value> load_merged(const std::string& file, const Guide& guide,
                                 const Environment& environment, Problems& problems) {
  return Chain(guide, environment, problems).load(file, {});
}

std::optional<Value> read_merged(std::string_view text, const std::string& name,
                                 const std::string& directory, const Guide& guide,
                                 const Environment& environment, Problems& problems) {
  return Chain(guide, environment, problems).read_text(text, name, directory);
}

std::optional<Value> read_json_object(const std::string& file, Problems& problems) {
  const FileText read = read_file(file);
  const std::uint32_t source = problems.add_source(file, fs::path(file).parent_path().string());
  if (!read.fault.empty()) {
    problems.error({source, 0, 0}, "", read.fault);
    return std::nullopt;
  }
  std::optional<Value> value = parse_json(read.text, source, problems);
  if (value && !value->is_object()) {
    problems.error(value->position(), "",
                   fmt::format("expected one object in braces, found {}", value->found()));
    return std::nullopt;
  }
  return value;
}

}  // namespace highwater
