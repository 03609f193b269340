#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace highwater::house {

/// One file of the checkout, its path relative to the root with forward slashes.
struct SourceFile {
  std::string path;
  std::string text;
};

/// The files that rules look at, ordered by path.
using Tree = std::vector<SourceFile>;

/// Sources, scripts, pages, build files and scenarios below `root`, without build directories and
/// recorded data. Throws std::runtime_error when `root` holds no engine: then the rules would check
/// nothing.
Tree read_tree(const std::string& root);

/// The file of that path, or null.
const SourceFile* find_file(const Tree& tree, std::string_view path);

/// The text with comments and the contents of literals blanked out; every line break stays.
std::string code_of(const std::string& text);

/// The next place at or after `from` where `word` stands by itself in code, or npos. A word that
/// ends in "(" is a function, and must be called there: plainly or with std:: or :: before it. A
/// member or another namespace's function of that name is somebody else's; a declaration no call.
std::size_t find_use(std::string_view code, std::string_view word, std::size_t from);

/// One `#include`.
struct Include {
  std::string path;
  bool quoted = false;
  std::size_t line = 0;  ///< From 1.
};
std::vector<Include> includes_of(const SourceFile& file);

/// Every header of ours that `path` includes, itself or through others.
std::set<std::string> reach(const Tree& tree, const std::string& path);

bool is_word(char c);
bool is_cpp(std::string_view path);
bool is_header(std::string_view path);
/// Whether the path lies in the folder or in one inside it.
bool is_below(std::string_view path, std::string_view folder);
/// "a/b/c.cpp": folder "a/b", name "c.cpp", stem "c".
std::string_view folder_of(std::string_view path);
std::string_view name_of(std::string_view path);
std::string_view stem_of(std::string_view path);

std::vector<std::string_view> lines_of(std::string_view text);
/// The line, from 1, on which the character at `offset` stands.
std::size_t line_at(std::string_view text, std::size_t offset);

}  // namespace highwater::house
