#include "tests/house/house_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace highwater::house {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

bool is_library(std::string_view path) {
  return is_below(path, "engine") || is_below(path, "models");
}

bool is_header(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".hpp");
}

bool is_cpp(std::string_view path) {
  return is_header(path) || path.ends_with(".cpp");
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view stem_of(std::string_view path) {
  const std::string_view name = name_of(path);
  return name.substr(0, name.rfind('.'));
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

const SourceFile* find_file(const Tree& tree, std::string_view path) {
  const auto found = std::find_if(tree.begin(), tree.end(),
                                  [&](const SourceFile& file) { return file.path == path; });
  return found == tree.end() ? nullptr : &*found;
}

struct Include {
  std::string path;
  bool quoted = false;
  std::size_t line = 0;
};

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  std::size_t number = 0;
  for (std::string_view line : lines_of(file.text)) {
    ++number;
    if (!line.starts_with("#include")) continue;
    const std::size_t open = line.find_first_of("\"<");
    if (open == std::string_view::npos) continue;
    const bool quoted = line[open] == '"';
    const std::size_t close = line.find(quoted ? '"' : '>', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({std::string(line.substr(open + 1, close - open - 1)), quoted, number});
  }
  return includes;
}

// Whether a name followed by "(" is a call of the C library's function, given what stands before
// it: with std:: or :: or nothing. A member or another namespace's function of that name is
// somebody else's, and so is a declaration: "double name(", "Type& name(", "Type<x> name(".
bool is_call(std::string_view before) {
  if (before.ends_with('.') || before.ends_with("->")) return false;
  const bool qualified = before.ends_with("::");
  if (qualified) before.remove_suffix(2);
  const bool spaced = before.ends_with(' ') || before.ends_with('\n');
  while (before.ends_with(' ') || before.ends_with('\n')) before.remove_suffix(1);
  std::size_t start = before.size();
  while (start > 0 && is_word(before[start - 1])) --start;
  const std::string_view previous = before.substr(start);
  if (qualified) return spaced || previous.empty() || previous == "std";
  if (spaced && before.size() > 1 && std::string_view("&*>").find(before.back()) < 3) {
    const char last = before[before.size() - 2];  // a space where it is an operator
    return !is_word(last) && last != '>';
  }
  static constexpr std::array kStatements = {"return", "co_return", "co_await", "co_yield",
                                             "else",   "case",      "throw",    "do"};
  return previous.empty() ||
         std::find(kStatements.begin(), kStatements.end(), previous) != kStatements.end();
}

// The next place where `word` stands by itself; a word that ends in "(" must be called there.
std::size_t find_use(std::string_view code, std::string_view word, std::size_t from) {
  const bool call = word.ends_with('(');
  const std::string_view name = call ? word.substr(0, word.size() - 1) : word;
  for (std::size_t at = code.find(name, from); at != std::string_view::npos;
       at = code.find(name, at + 1)) {
    std::size_t end = at + name.size();
    if (at > 0 && is_word(code[at - 1])) continue;
    if (end < code.size() && is_word(code[end])) continue;
    if (!call) return at;
    while (end < code.size() && code[end] == ' ') ++end;
    if (end < code.size() && code[end] == '(' && is_call(code.substr(0, at))) return at;
  }
  return std::string_view::npos;
}

struct Exception {
  std::string_view path;
  std::string_view reason;
};

// Finds `words` in the code (not the comments) of the files below `folders`.
Findings find_words(const Tree& tree, std::span<const std::string_view> folders,
                    std::span<const std::string_view> words, std::span<const Exception> exceptions,
                    std::string_view why) {
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path)) continue;
    if (std::none_of(folders.begin(), folders.end(),
                     [&](std::string_view folder) { return is_below(file.path, folder); }))
      continue;
    if (std::any_of(exceptions.begin(), exceptions.end(),
                    [&](const Exception& exception) { return exception.path == file.path; }))
      continue;
    const std::string code = code_of(file.text);
    for (const std::string_view word : words)
      for (std::size_t at = find_use(code, word, 0); at != std::string_view::npos;
           at = find_use(code, word, at + 1))
        findings.push_back(
            {file.path, line_at(code, at), std::string(word) + ": " + std::string(why)});
  }
  return findings;
}

// Every header of ours that `path` includes, itself or through others.
std::set<std::string> reach(const Tree& tree, const std::string& path) {
  std::set<std::string> seen;
  std::vector<std::string> open = {path};
  while (!open.empty()) {
    const SourceFile* file = find_file(tree, open.back());
    open.pop_back();
    if (file == nullptr) continue;
    for (const Include& include : includes_of(*file))
      if (include.quoted && seen.insert(include.path).second) open.push_back(include.path);
  }
  return seen;
}

// The kinds of component that a source makes: `ModelKind name() {`.
std::vector<std::string> kinds_of(const SourceFile& file) {
  static constexpr std::string_view kType = "ModelKind";
  const std::string code = code_of(file.text);
  std::vector<std::string> kinds;
  for (std::size_t at = find_use(code, kType, 0); at != std::string::npos;
       at = find_use(code, kType, at + 1)) {
    const std::size_t start = at + kType.size() + 1;
    std::size_t end = std::min(start, code.size());
    while (end < code.size() && is_word(code[end])) ++end;
    if (end > start && code.compare(end, 4, "() {") == 0)
      kinds.push_back(code.substr(start, end - start));
  }
  return kinds;
}

bool names_source(const SourceFile& file) {
  return file.text.find("/// Source") != std::string::npos;
}

// A test is called after the file or its folder, or includes the file's header.
bool has_test(const Tree& tree, const SourceFile& file) {
  const std::string after_file = std::string(stem_of(file.path)) + "_test.cpp";
  const std::string after_folder = std::string(name_of(folder_of(file.path))) + "_test.cpp";
  const std::string header = file.path.substr(0, file.path.rfind('.')) + ".h";
  return std::any_of(tree.begin(), tree.end(), [&](const SourceFile& test) {
    return is_below(test.path, "tests") && test.path.ends_with("_test.cpp") &&
           (name_of(test.path) == after_file || name_of(test.path) == after_folder ||
            test.text.find("#include \"" + header + "\"") != std::string::npos);
  });
}

constexpr const char* kNoSource = "it names its source in a line `/// Source`";
constexpr const char* kNoTest = "no test is called after it or its folder, or includes its header";

constexpr std::array<std::string_view, 2> kLibraries = {"engine", "models"};

struct Layer {
  std::string_view folder;
  int rank;  // a file includes files of its own rank and of lower ones
};

constexpr std::array kLayers = {Layer{"engine/kernel", 0},
                                Layer{"engine/statistics", 1},
                                Layer{"engine/describe", 2},
                                Layer{"engine/metrics", 3},
                                Layer{"engine/model", 4},
                                Layer{"engine/scenario", 5},
                                Layer{"engine/topology", 5},
                                Layer{"engine/report", 5},
                                Layer{"engine/analysis", 5},
                                Layer{"engine/experiment", 6},
                                Layer{"models/algorithms", 7},
                                Layer{"models", 8},
                                Layer{"viewer", 9},
                                Layer{"cli", 9},
                                Layer{"tests", 10}};

std::optional<int> rank_of(std::string_view path) {
  const auto layer = std::find_if(kLayers.begin(), kLayers.end(), [&](const Layer& candidate) {
    return is_below(path, candidate.folder);
  });
  return layer == kLayers.end() ? std::nullopt : std::optional(layer->rank);
}

}  // namespace

Tree read_tree(const std::string& root) {
  static constexpr std::array<std::string_view, 8> kFolders = {
      "engine", "models", "cli", "viewer", "tests", "cmake", "scenarios", ".ci"};
  static constexpr std::array<std::string_view, 14> kEndings = {
      ".h",  ".hpp", ".cpp", ".cmake", ".txt", ".json", ".sh",
      ".py", ".js",  ".css", ".html",  ".S",   ".in",   "/run"};
  Tree tree;
  const auto read = [&](const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) throw std::runtime_error("cannot read " + path.string());
    tree.push_back({fs::relative(path, root).generic_string(), std::move(text)});
  };
  if (!fs::is_directory(fs::path(root) / "engine"))
    throw std::runtime_error(root + " holds no engine/");
  for (const std::string_view folder : kFolders) {
    const fs::path start = fs::path(root) / folder;
    if (!fs::is_directory(start)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(start)) {
      const std::string path = entry.path().generic_string();
      if (entry.is_regular_file() &&
          std::any_of(kEndings.begin(), kEndings.end(),
                      [&](std::string_view ending) { return path.ends_with(ending); }))
        read(entry.path());
    }
  }
  for (const char* name : {"highwater", "CMakeLists.txt"})
    if (fs::is_regular_file(fs::path(root) / name)) read(fs::path(root) / name);
  std::sort(tree.begin(), tree.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return tree;
}

std::string code_of(const std::string& text) {
  std::string code = text;
  const std::size_t size = text.size();
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, size); ++i)
      if (code[i] != '\n') code[i] = ' ';
  };
  const auto past = [&](std::string_view what, std::size_t from) {
    const std::size_t found = text.find(what, from);
    return found == std::string::npos ? size : found + what.size();
  };
  for (std::size_t i = 0; i < size;) {
    const char c = text[i];
    if (text.compare(i, 2, "//") == 0) {
      const std::size_t end = std::min(text.find('\n', i), size);
      blank(i, end);
      i = end;
    } else if (text.compare(i, 2, "/*") == 0) {
      const std::size_t end = past("*/", i + 2);
      blank(i, end);
      i = end;
    } else if (c == '"' || c == '\'') {
      std::size_t end = i + 1;
      while (end < size && text[end] != c && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      blank(i + 1, end);
      i = end + 1;
    } else if (is_word(c)) {
      const bool number = c >= '0' && c <= '9';  // whose digits may be parted by quotes
      std::size_t end = i;
      while (end < size && (is_word(text[end]) || (number && text[end] == '\''))) ++end;
      i = end;
      if (end < size && text[end] == '"' && text[end - 1] == 'R') {
        const std::size_t open = std::min(text.find('(', end), size);
        const std::string close = ")" + text.substr(end + 1, open - end - 1) + "\"";
        i = past(close, open);
        blank(end + 1, i - 1);
      }
    } else {
      ++i;
    }
  }
  return code;
}

std::string to_text(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings)
    text += finding.path + ":" + std::to_string(finding.line) + ": " + finding.why + "\n";
  return text;
}

Findings check_layers(const Tree& tree) {
  // Headers that the build writes; only programs and their tests may know what was built.
  static constexpr std::string_view kGenerated = "version.h";
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path)) continue;
    const std::optional<int> rank = rank_of(file.path);
    if (!rank) {
      findings.push_back({file.path, 0, "this folder has no place in the order of layers"});
      continue;
    }
    for (const Include& include : includes_of(file)) {
      if (!include.quoted) continue;
      if (include.path == kGenerated && !is_library(file.path)) continue;
      const std::optional<int> other = rank_of(include.path);
      if (!other) {
        findings.push_back({file.path, include.line,
                            "\"" + include.path + "\": own headers are included from the root"});
      } else if (*other > *rank) {
        findings.push_back({file.path, include.line,
                            "\"" + include.path + "\" lies above this folder: against the layers"});
      }
    }
    if (!is_below(file.path, "models/algorithms")) continue;
    for (const Include& include : includes_of(file))
      if (is_below(include.path, "engine") && !is_below(include.path, "engine/describe"))
        findings.push_back({file.path, include.line,
                            "\"" + include.path +
                                "\": an algorithm knows no simulation; time and "
                                "randomness are its arguments"});
  }
  return findings;
}

Findings check_libraries(const Tree& tree) {
  struct Library {
    std::string_view start;  // of what stands between the angle brackets
    std::vector<std::string_view> folders;
  };
  static const std::vector<Library> kThirdParty = {
      {"nlohmann/", {"engine/describe", "engine/scenario", "engine/report", "tests"}},
      {"boost/graph/", {"engine/topology"}},
      {"boost/mpi", {"engine/experiment"}},
      {"mpi.h", {"engine/experiment"}},
      {"Eigen/", {"engine/analysis"}},
      {"CLI/", {"cli"}},
      {"Random123/", {"engine/kernel", "tests/kernel"}},
      {"imgui", {"viewer"}},
      {"GLFW/", {"viewer"}},
      {"catch2/", {"tests"}},
      {"rapidcheck", {"tests"}},
      {"benchmark/", {"tests/benchmarks"}},
  };
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path)) continue;
    for (const Include& include : includes_of(file)) {
      if (include.quoted) continue;
      for (const Library& library : kThirdParty)
        if (include.path.starts_with(library.start) &&
            std::none_of(library.folders.begin(), library.folders.end(),
                         [&](std::string_view folder) { return is_below(file.path, folder); }))
          findings.push_back({file.path, include.line,
                              "<" + include.path + "> belongs to " +
                                  std::string(library.folders.front()) + " alone"});
    }
    // Through our own headers: parsing nlohmann/json costs seconds in each file that sees it.
    if (is_below(file.path, "engine")) continue;
    if (is_below(file.path, "tests")) continue;
    for (const std::string& path : reach(tree, file.path)) {
      const SourceFile* header = find_file(tree, path);
      if (header == nullptr) continue;
      for (const Include& include : includes_of(*header))
        if (include.path.starts_with("nlohmann/"))
          findings.push_back({file.path, 0, "nlohmann/json arrives here through " + path});
    }
  }
  return findings;
}

Findings check_clock_and_randomness(const Tree& tree) {
  static constexpr std::array<std::string_view, 23> kWords = {"system_clock",
                                                              "steady_clock",
                                                              "high_resolution_clock",
                                                              "utc_clock",
                                                              "file_clock",
                                                              "gettimeofday",
                                                              "clock_gettime",
                                                              "localtime",
                                                              "localtime_r",
                                                              "time(",
                                                              "clock(",
                                                              "rand(",
                                                              "srand(",
                                                              "drand48(",
                                                              "random_device",
                                                              "mt19937",
                                                              "mt19937_64",
                                                              "minstd_rand",
                                                              "default_random_engine",
                                                              "std::shuffle",
                                                              "std::sample",
                                                              "random_shuffle",
                                                              "getenv"};
  static constexpr std::array kAllowed = {
      Exception{"engine/experiment/wall_clock.cpp",
                "wall time of a run, its start and its progress line: they touch no result"}};
  Findings findings = find_words(tree, kLibraries, kWords, kAllowed,
                                 "only the scenario, its seed and simulated time decide");
  // The environment fills ${NAME:-default} in scenarios, and nothing else.
  std::erase_if(findings, [](const Finding& finding) {
    return is_below(finding.path, "engine/scenario") && finding.why.starts_with("getenv");
  });
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path) || !is_library(file.path)) continue;
    for (const Include& include : includes_of(file))
      if (include.path == "random" || include.path.starts_with("boost/random"))
        findings.push_back({file.path, include.line,
                            "<" + include.path +
                                ">: what its distributions draw is left to the "
                                "library; engine/kernel has ours"});
  }
  return findings;
}

Findings check_mathematics(const Tree& tree) {
  static constexpr std::array<std::string_view, 27> kWords = {
      "exp(",   "exp2(", "expm1(", "log(",   "log2(",  "log10(", "log1p(", "pow(",    "cbrt(",
      "hypot(", "sin(",  "cos(",   "tan(",   "asin(",  "acos(",  "atan(",  "atan2(",  "sinh(",
      "cosh(",  "tanh(", "asinh(", "acosh(", "atanh(", "erf(",   "erfc(",  "tgamma(", "lgamma("};
  static constexpr std::array kAllowed = {
      Exception{"engine/kernel/math.h", "these are the portable ones"},
      Exception{"engine/kernel/math.cpp", "these are the portable ones"}};
  Findings findings = find_words(
      tree, kLibraries, kWords, kAllowed,
      "its last bit differs between C libraries and processors; use engine/kernel/math.h");
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path) || !is_library(file.path)) continue;
    for (const Include& include : includes_of(file))
      if (include.path.starts_with("boost/math"))
        findings.push_back({file.path, include.line,
                            "<" + include.path +
                                ">: it calls the C library's functions, whose "
                                "last bit differs; use engine/kernel/math.h"});
  }
  return findings;
}

Findings check_printing(const Tree& tree) {
  static constexpr std::array<std::string_view, 14> kWords = {
      "cout",  "cerr",   "clog",   "printf(",  "fprintf(", "vprintf(",   "vfprintf(",
      "puts(", "fputs(", "fputc(", "putchar(", "perror(",  "fmt::print", "syslog("};
  static constexpr std::array kAllowed = {
      Exception{"engine/kernel/check.cpp", "the last words before a broken invariant aborts"},
      Exception{"engine/kernel/task.cpp", "the last words before a lost exception aborts"}};
  return find_words(tree, kLibraries, kWords, kAllowed,
                    "libraries do not print; return text or Problems");
}

Findings check_containers(const Tree& tree) {
  static constexpr std::array<std::string_view, 1> kModels = {"models"};
  static constexpr std::array<std::string_view, 4> kWords = {
      "unordered_map", "unordered_set", "unordered_multimap", "unordered_multiset"};
  static constexpr std::array kAllowed = {
      Exception{"models/client/access_log.cpp", "a table that is looked up and never walked"}};
  return find_words(tree, kModels, kWords, kAllowed, "its order depends on the library");
}

Findings check_form(const Tree& tree) {
  constexpr std::size_t kColumns = 100;
  constexpr std::size_t kLines = 900;
  // Written in halves, or this file would break its own rule.
  static const std::array<std::string, 4> kUnfinished = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X",
      "HA"
      "CK"};
  Findings findings;
  for (const SourceFile& file : tree) {
    if (file.path.ends_with(".json")) continue;
    // No tool here breaks the lines of a page, and its tests look at how it comes out.
    const bool is_web =
        file.path.ends_with(".html") || file.path.ends_with(".css") || file.path.ends_with(".js");
    const std::vector<std::string_view> lines = lines_of(file.text);
    if (lines.size() > kLines)
      findings.push_back(
          {file.path, lines.size(), "more than 900 lines: nobody holds that in mind"});
    if (is_header(file.path) && file.text.find("#pragma once\n") == std::string::npos)
      findings.push_back({file.path, 1, "a header begins with #pragma once"});
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto columns = static_cast<std::size_t>(
          std::count_if(lines[i].begin(), lines[i].end(),  // bytes that begin a UTF-8 character
                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
      if (columns > kColumns && !is_web)
        findings.push_back({file.path, i + 1, "lines end at 100 columns"});
      for (const std::string& word : kUnfinished)
        if (find_use(lines[i], word, 0) != std::string_view::npos)
          findings.push_back({file.path, i + 1, word + ": finish it, or leave it out and say so"});
    }
  }
  return findings;
}

Findings check_models(const Tree& tree) {
  Findings findings;
  const SourceFile* catalog = find_file(tree, "models/catalog.cpp");
  const std::string listed = catalog == nullptr ? std::string() : code_of(catalog->text);
  for (const SourceFile& file : tree) {
    if (!is_below(file.path, "models") || is_below(file.path, "models/algorithms")) continue;
    if (!file.path.ends_with(".cpp") || &file == catalog) continue;
    if (!has_test(tree, file)) findings.push_back({file.path, 0, kNoTest});
    const std::vector<std::string> kinds = kinds_of(file);
    if (!kinds.empty() && !names_source(file)) findings.push_back({file.path, 0, kNoSource});
    for (const std::string& kind : kinds)
      if (find_use(listed, kind, 0) == std::string::npos)
        findings.push_back({file.path, 0, kind + ": models/catalog.cpp does not list this kind"});
  }
  return findings;
}

Findings check_algorithms(const Tree& tree) {
  // What a family's algorithms share decides nothing, so it has no source.
  static constexpr std::array<std::string_view, 3> kShared = {"policy.h", "candidate.h", "entry.h"};
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_below(file.path, "models/algorithms") || !is_cpp(file.path)) continue;
    const std::string folder(folder_of(file.path));
    if (folder == "models/algorithms") continue;
    if (std::find(kShared.begin(), kShared.end(), name_of(file.path)) != kShared.end()) continue;
    if (!has_test(tree, file)) findings.push_back({file.path, 0, kNoTest});
    if (!names_source(file)) findings.push_back({file.path, 0, kNoSource});
    const std::array<std::string, 3> catalogs = {
        folder + "/policy.h", folder + "/catalog.h",
        folder + "/" + std::string(name_of(folder)) + ".h"};
    const std::string header = file.path.substr(0, file.path.rfind('.')) + ".h";
    if (std::none_of(catalogs.begin(), catalogs.end(), [&](const std::string& list) {
          return list == header || reach(tree, list).contains(header);
        }))
      findings.push_back({file.path, 0,
                          "no catalog of the family reaches it: policy.h, catalog.h "
                          "or a header of the family's name"});
  }
  return findings;
}

Findings check_lists(const Tree& tree) {
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path) || (is_header(file.path) && !is_library(file.path))) continue;
    const SourceFile* list = nullptr;
    std::string_view folder = file.path;
    while (list == nullptr && !folder.empty()) {
      folder = folder_of(folder);
      list = find_file(tree, std::string(folder) + (folder.empty() ? "" : "/") + "CMakeLists.txt");
    }
    const std::string_view name =
        std::string_view(file.path).substr(folder.empty() ? 0 : folder.size() + 1);
    bool named = false;
    for (std::size_t at = list == nullptr ? std::string::npos : list->text.find(name);
         at != std::string::npos && !named; at = list->text.find(name, at + 1)) {
      const char before = at == 0 ? ' ' : list->text[at - 1];
      named = !is_word(before) && before != '-' && before != '.' && before != '/';
    }
    if (!named)
      findings.push_back({file.path, 0,
                          std::string(name) + " stands in no CMakeLists.txt: nothing "
                                              "builds it"});
  }
  for (const SourceFile& file : tree) {
    if (!is_below(file.path, "tests") || !is_cpp(file.path)) continue;
    for (const std::string_view tag : {"\"["
                                       ".",
                                       "]["
                                       ".",
                                       "[!"
                                       "hide]"})
      for (std::size_t at = file.text.find(tag); at != std::string::npos;
           at = file.text.find(tag, at + 1))
        findings.push_back({file.path, line_at(file.text, at),
                            "a hidden test never runs; tag a long one [nightly]"});
  }
  return findings;
}

Findings check_scenarios(const Tree& tree) {
  Findings findings;
  for (const SourceFile& scenario : tree) {
    if (!is_below(scenario.path, "scenarios") || !scenario.path.ends_with(".json")) continue;
    const std::string name = scenario.path.substr(std::string_view("scenarios/").size());
    const bool named = std::any_of(tree.begin(), tree.end(), [&](const SourceFile& file) {
      return is_below(file.path, "tests") && file.text.find(name) != std::string::npos;
    });
    if (!named) findings.push_back({scenario.path, 0, "no test runs this scenario"});
  }
  return findings;
}

}  // namespace highwater::house
