#pragma once

#include <string>
#include <string_view>

namespace highwater {

/// The frame of a page without scripts: what the reports of chaos experiments, searches and maps
/// have in common.
/// @param style  Further CSS.
/// @param body   What stands inside <main>, escaped already.
std::string chaos_page(std::string_view title, std::string_view style, std::string_view body);

}  // namespace highwater
