#include "viewer/draw/topology_model.h"

#include <array>
#include <charconv>
#include <utility>

namespace highwater::viewer::topology {
namespace {

constexpr std::array<std::pair<Target::Kind, std::string_view>, 3> kPlain{{
    {Target::Kind::node, "node:"},
    {Target::Kind::group, "group:"},
    {Target::Kind::zone, "zone:"},
}};
constexpr std::string_view kInstance = "instance:";
constexpr std::string_view kEdge = "edge:";

Target plain(Target::Kind kind, std::string_view id) {
  Target target;
  target.kind = kind;
  target.id = id;
  return target;
}

}  // namespace

std::string_view word_of(InstanceState state) {
  switch (state) {
    case InstanceState::up:
      return "up";
    case InstanceState::slow:
      return "slow";
    case InstanceState::failing:
      return "failing";
    case InstanceState::paused:
      return "paused";
    case InstanceState::down:
      return "down";
    case InstanceState::absent:
      return "absent";
  }
  return "up";
}

Target Target::node(std::string_view id) {
  return plain(Kind::node, id);
}
Target Target::group(std::string_view id) {
  return plain(Kind::group, id);
}
Target Target::zone(std::string_view name) {
  return plain(Kind::zone, name);
}

Target Target::edge(std::string_view from, std::string_view to) {
  Target target = plain(Kind::edge, from);
  target.to = to;
  return target;
}

Target Target::instance_of(std::string_view node, std::size_t index) {
  Target target = plain(Kind::instance, node);
  target.instance = index;
  return target;
}

std::string name_of(const Target& target) {
  for (const auto& [kind, prefix] : kPlain)
    if (kind == target.kind) return std::string(prefix) + target.id;
  if (target.kind == Target::Kind::instance)
    return std::string(kInstance) + target.id + "[" + std::to_string(target.instance) + "]";
  if (target.kind == Target::Kind::edge) return std::string(kEdge) + target.id + ">" + target.to;
  return "empty";
}

std::optional<Target> target_of(std::string_view name) {
  if (name == "empty") return Target{};
  for (const auto& [kind, prefix] : kPlain)
    if (name.starts_with(prefix)) return plain(kind, name.substr(prefix.size()));
  if (name.starts_with(kEdge)) {
    const std::string_view ends = name.substr(kEdge.size());
    const std::size_t arrow = ends.find('>');
    if (arrow == std::string_view::npos) return std::nullopt;
    return Target::edge(ends.substr(0, arrow), ends.substr(arrow + 1));
  }
  if (name.starts_with(kInstance) && name.ends_with("]")) {
    const std::string_view words = name.substr(kInstance.size());
    const std::size_t bracket = words.rfind('[');
    if (bracket == std::string_view::npos) return std::nullopt;
    std::size_t index = 0;
    const char* const end = words.data() + words.size() - 1;
    const auto read = std::from_chars(words.data() + bracket + 1, end, index);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return Target::instance_of(words.substr(0, bracket), index);
  }
  return std::nullopt;
}

}  // namespace highwater::viewer::topology
