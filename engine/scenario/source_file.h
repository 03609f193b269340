#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scenario/overlay.h"

namespace highwater {

/// Reads a scenario file, fills it from the environment and lays it over what it extends. Cycles
/// and chains of more than kLongestChain files are problems at the place that closes them.
std::optional<Value> load_merged(const std::string& file, const Guide& guide,
                                 const Environment& environment, Problems& problems);
/// The same for a text; `directory` is what its `extends` is relative to.
std::optional<Value> read_merged(std::string_view text, const std::string& name,
                                 const std::string& directory, const Guide& guide,
                                 const Environment& environment, Problems& problems);

/// Reads a file that holds one JSON object, as it is.
std::optional<Value> read_json_object(const std::string& file, Problems& problems);

/// The text of a file, or what is wrong with it: more than kLargestDocument bytes are refused.
struct FileText {
  std::string text;
  std::string fault;
};
FileText read_file(const std::string& file);

inline constexpr std::size_t kLongestChain = 16;

}  // namespace highwater
