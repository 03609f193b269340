#include "engine/describe/type_name.h"

#include <cctype>

namespace highwater {
namespace {

std::string snake_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (std::isupper(c) != 0 && i > 0 && std::islower(static_cast<unsigned char>(name[i - 1])))
      out += '_';
    out += static_cast<char>(std::tolower(c));
  }
  return out;
}

}  // namespace

std::string table_name(std::string_view cpp_name) {
  std::string out;
  while (!cpp_name.empty()) {
    const std::size_t colons = cpp_name.find("::");
    std::string_view part = cpp_name.substr(0, colons);
    const bool last = colons == std::string_view::npos;
    cpp_name.remove_prefix(last ? cpp_name.size() : colons + 2);
    // gcc writes {anonymous}, clang (anonymous namespace).
    const bool anonymous = part.find("anonymous") != std::string_view::npos ||
                           part.find("unnamed") != std::string_view::npos;
    if (!last && (part == "highwater" || anonymous)) continue;
    if (last && part.size() > 6 && part.ends_with("Params")) part.remove_suffix(6);
    if (!out.empty()) out += '.';
    out += snake_case(part);
  }
  return out;
}

}  // namespace highwater
