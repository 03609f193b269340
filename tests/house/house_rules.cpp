#include "tests/house/house_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <regex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace highwater::house {
namespace {

namespace fs = std::filesystem;

bool is_library(std::string_view path) {
  return is_below(path, "engine") || is_below(path, "models");
}

// Whether a list of files holds `name` as a whole, not as the end of another.
bool names_file(std::string_view list, std::string_view name) {
  for (std::size_t at = list.find(name); at != std::string_view::npos;
       at = list.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : list[at - 1];
    if (!is_word(before) && before != '-' && before != '.' && before != '/') return true;
  }
  return false;
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

constexpr std::array kLayers = {Layer{"engine/math", 0},
                                Layer{"engine/kernel", 1},
                                Layer{"engine/statistics", 2},
                                Layer{"engine/describe", 3},
                                Layer{"engine/metrics", 4},
                                Layer{"engine/model", 5},
                                Layer{"engine/scenario", 6},
                                Layer{"engine/topology", 6},
                                Layer{"engine/report", 6},
                                Layer{"engine/analysis", 6},
                                Layer{"engine/experiment", 7},
                                Layer{"engine/chaos", 8},
                                Layer{"models/algorithms", 9},
                                Layer{"models", 10},
                                Layer{"viewer", 11},
                                Layer{"cli", 11},
                                Layer{"tests", 12}};

std::optional<int> rank_of(std::string_view path) {
  const auto layer = std::find_if(kLayers.begin(), kLayers.end(), [&](const Layer& candidate) {
    return is_below(path, candidate.folder);
  });
  return layer == kLayers.end() ? std::nullopt : std::optional(layer->rank);
}

}  // namespace

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
      if (is_below(include.path, "engine") && include.path != "engine/math/math.h")
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
      {"imgui", {"viewer", "tests/drawing", "tests/gui"}},
      {"GLFW/", {"viewer", "tests/gui"}},
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
                "wall time of a run, its start and its progress line: they touch no result"},
      Exception{"models/algorithms/balancing/envoy_hash.h",
                "Envoy's order of fallbacks is made of this generator, whose bits the standard "
                "fixes; its seed is the key's hash"}};
  Findings findings = find_words(tree, kLibraries, kWords, kAllowed,
                                 "only the scenario, its seed and simulated time decide");
  // The environment fills ${NAME:-default} in scenarios, and nothing else.
  std::erase_if(findings, [](const Finding& finding) {
    return is_below(finding.path, "engine/scenario") && finding.why.starts_with("getenv");
  });
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path) || !is_library(file.path)) continue;
    if (std::any_of(kAllowed.begin(), kAllowed.end(),
                    [&](const Exception& allowed) { return allowed.path == file.path; }))
      continue;
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
      Exception{"engine/math/math.h", "these are the portable ones"},
      Exception{"engine/math/math.cpp", "these are the portable ones"}};
  Findings findings =
      find_words(tree, kLibraries, kWords, kAllowed,
                 "its last bit differs between C libraries and processors; use engine/math/math.h");
  for (const SourceFile& file : tree) {
    if (!is_cpp(file.path) || !is_library(file.path)) continue;
    for (const Include& include : includes_of(file))
      if (include.path.starts_with("boost/math"))
        findings.push_back({file.path, include.line,
                            "<" + include.path +
                                ">: it calls the C library's functions, whose "
                                "last bit differs; use engine/math/math.h"});
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
  // Put together here, or this file would break its own rule.
  static const std::array<std::string, 4> kUnfinished = {
      std::string("TO") + "DO", std::string("FIX") + "ME", std::string("XX") + "X",
      std::string("HA") + "CK"};
  Findings findings;
  for (const SourceFile& file : tree) {
    if (file.path.ends_with(".json") || file.path.ends_with(".md")) continue;
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

Findings check_claims(const Tree& tree) {
  static const std::regex kTest(R"(tests/[a-z_0-9/]+\.(cpp|py|sh))");
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_library(file.path) || !is_cpp(file.path)) continue;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), kTest), end; it != end; ++it)
      if (find_file(tree, it->str()) == nullptr)
        findings.push_back({file.path, line_at(file.text, static_cast<std::size_t>(it->position())),
                            it->str() + " is claimed to check it and does not exist"});
  }
  return findings;
}

Findings check_algorithms(const Tree& tree) {
  // What a family's algorithms share decides nothing, so it has no source.
  static constexpr std::array<std::string_view, 4> kShared = {"policy.h", "policy.cpp",
                                                              "balancer.h", "entry.h"};
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_below(file.path, "models/algorithms") || !is_cpp(file.path)) continue;
    const std::string folder(folder_of(file.path));
    if (folder == "models/algorithms") continue;
    if (std::find(kShared.begin(), kShared.end(), name_of(file.path)) != kShared.end()) continue;
    if (!has_test(tree, file)) findings.push_back({file.path, 0, kNoTest});
    if (!names_source(file)) findings.push_back({file.path, 0, kNoSource});
    const std::array<std::string, 4> catalogs = {
        folder + "/policy.h", folder + "/policy.cpp", folder + "/catalog.h",
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
    bool listed = false;  // in the CMakeLists.txt of its folder or of one around it
    for (std::string_view folder = file.path; !folder.empty() && !listed;) {
      folder = folder_of(folder);
      const std::string prefix = folder.empty() ? std::string() : std::string(folder) + "/";
      const SourceFile* list = find_file(tree, prefix + "CMakeLists.txt");
      listed = list != nullptr && names_file(list->text, file.path.substr(prefix.size()));
    }
    if (!listed)
      findings.push_back({file.path, 0, "no CMakeLists.txt names it: nothing builds it"});
  }
  // Put together here, or this file would break its own rule.
  const std::string mark = "[";
  const std::array<std::string, 3> hidden = {"\"" + mark + ".", "]" + mark + ".", mark + "!hide]"};
  for (const SourceFile& file : tree) {
    if (!is_below(file.path, "tests") || !is_cpp(file.path)) continue;
    for (const std::string& tag : hidden)
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
      // Of the library a test reads the table.
      const bool runs = is_below(file.path, "tests") || file.path == "scenarios/README.md";
      return runs && file.text.find(name) != std::string::npos;
    });
    if (!named) findings.push_back({scenario.path, 0, "no test runs this scenario"});
  }
  return findings;
}

Findings check_links(const Tree& tree, const std::function<bool(const std::string&)>& exists) {
  Findings findings;
  for (const SourceFile& page : tree) {
    if (!page.path.ends_with(".md")) continue;
    for (std::size_t at = page.text.find("]("); at != std::string::npos;
         at = page.text.find("](", at + 1)) {
      const std::size_t end = page.text.find_first_of(")#\n", at);
      const std::string target = page.text.substr(at + 2, end - at - 2);
      if (target.empty() || target.find("://") != std::string::npos) continue;
      const std::string path =
          (fs::path(folder_of(page.path)) / target).lexically_normal().generic_string();
      if (!exists(path))
        findings.push_back({page.path, line_at(page.text, at), target + " is not there"});
    }
  }
  return findings;
}

}  // namespace highwater::house
