#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "engine/scenario/document.h"
#include "tests/scenario/sample_language.h"

/// What a user would see of a scenario.
struct Loaded {
  std::optional<highwater::Document> document;
  std::string problems;
};

using Variables = std::map<std::string, std::string>;

inline highwater::Environment environment_of(Variables variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline Loaded load_text(const std::string& text, std::vector<std::string> settings = {},
                        Variables variables = {}) {
  highwater::Problems problems;
  Loaded out;
  out.document = highwater::read_document(
      text, "s.json", "", sample_language(),
      {std::move(settings), environment_of(std::move(variables))}, problems);
  out.problems = problems.text();
  return out;
}

/// A client that calls one service, with more members where given: `,"faults": […]`.
inline std::string small_scenario(const std::string& more = "",
                                  const std::string& service = R"("service_time": "1ms")") {
  return R"({"highwater": 1, "components": {
"users": {"kind": "client", "arrivals": {"poisson": "800/s"}, "calls": "api"},
"api": {"kind": "service", )" +
         service + "}}" + more + "}";
}

/// A folder of files that lives as long as the test.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::absolute("scenario_test_" + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& file) const { return (path_ / file).string(); }
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file, std::ios::binary) << text;
  }
  Loaded load(const std::string& file, std::vector<std::string> settings = {}) const {
    highwater::Problems problems;
    Loaded out;
    out.document = highwater::load_document(*this / file, sample_language(),
                                            {std::move(settings), environment_of({})}, problems);
    out.problems = problems.text();
    const std::string folder = path_.string() + "/";
    for (std::size_t at; (at = out.problems.find(folder)) != std::string::npos;)
      out.problems.erase(at, folder.size());
    return out;
  }

 private:
  std::filesystem::path path_;
};
