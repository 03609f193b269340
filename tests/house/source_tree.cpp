#include "tests/house/source_tree.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace highwater::house {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
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

Tree read_tree(const std::string& root) {
  static constexpr std::array<std::string_view, 9> kFolders = {
      "engine", "models", "cli", "viewer", "tests", "cmake", "scenarios", "docs", ".ci"};
  static constexpr std::array<std::string_view, 15> kEndings = {
      ".h",  ".hpp", ".cpp",  ".cmake", ".txt", ".json", ".sh", ".py",
      ".js", ".css", ".html", ".S",     ".in",  ".md",   "/run"};
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
      const bool recorded = path.find("/tests/data/") != std::string::npos;  // not ours to judge
      if (entry.is_regular_file() && !recorded &&
          std::any_of(kEndings.begin(), kEndings.end(),
                      [&](std::string_view ending) { return path.ends_with(ending); }))
        read(entry.path());
    }
  }
  for (const char* name : {"highwater", "CMakeLists.txt", "README.md", "CONTRIBUTING.md",
                           "CHANGELOG.md", "results/README.md"})
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

}  // namespace highwater::house
