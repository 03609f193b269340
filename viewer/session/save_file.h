#pragma once

#include <string>

namespace highwater::viewer {

/// Writes a file in one step: whoever reads it, and whatever happens meanwhile, finds the old text
/// or the new one whole. Its permissions stay; where it is a link, what it leads to is written.
/// @return why that could not be done; empty where it was.
std::string save_file(const std::string& file, const std::string& text);

}  // namespace highwater::viewer
