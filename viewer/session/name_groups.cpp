#include "viewer/session/name_groups.h"

#include <cstddef>
#include <map>
#include <utility>

namespace highwater::viewer {
namespace {

constexpr std::size_t kFewest = 3;  // chosen: a pair is as easily seen as its group

/// "shard" of "shard-12"; empty for a name without a number at its end.
std::string stem_of(const std::string& name) {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  if (digits == name.size()) return "";
  const std::size_t end = name.find_last_not_of("-_", digits - 1);
  return end == std::string::npos ? "" : name.substr(0, end + 1);
}

}  // namespace

std::vector<std::string> groups_of(const TopologyPicture& picture) {
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < picture.nodes.size(); ++i)
    if (const std::string stem = stem_of(picture.nodes[i].id); !stem.empty())
      alike[{stem, picture.nodes[i].kind}].push_back(i);
  std::vector<std::string> groups(picture.nodes.size());
  for (const auto& [of, members] : alike) {
    if (members.size() < kFewest) continue;
    // Two kinds of one name are two groups.
    const bool shared = alike.lower_bound({of.first, ""})->first != of;
    for (const std::size_t member : members)
      groups[member] = shared ? of.first + " " + of.second : of.first;
  }
  return groups;
}

}  // namespace highwater::viewer
