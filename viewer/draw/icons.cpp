#include "viewer/draw/icons.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "viewer/draw/icon_paths.h"

namespace highwater::viewer {
namespace {

constexpr std::array<std::string_view, kIcons> kNames = {
    "client",   "load balancer", "service", "cache",   "database", "queue", "worker", "function",
    "external", "cluster",       "unknown", "play",    "pause",    "step",  "skip",   "restart",
    "stop",     "camera",        "bolt",    "warning", "ok",       "cross", "idle",   "search",
    "gear",     "folder",        "plus",    "minus",   "info",     "flag",  "target", "eye"};

// Words for kinds in scenarios, and what is a part of one's name.
constexpr std::array<std::pair<std::string_view, Icon>, 26> kKinds = {
    {{"client", Icon::client},
     {"user", Icon::client},
     {"balancer", Icon::load_balancer},
     {"gateway", Icon::load_balancer},
     {"proxy", Icon::load_balancer},
     {"cdn", Icon::load_balancer},
     {"cache", Icon::cache},
     {"redis", Icon::cache},
     {"memcached", Icon::cache},
     {"database", Icon::database},
     {"store", Icon::database},
     {"storage", Icon::database},
     {"sql", Icon::database},
     {"shard", Icon::database},
     {"queue", Icon::queue},
     {"topic", Icon::queue},
     {"broker", Icon::queue},
     {"log", Icon::queue},
     {"worker", Icon::worker},
     {"consumer", Icon::worker},
     {"function", Icon::function},
     {"lambda", Icon::function},
     {"external", Icon::external},
     {"cluster", Icon::cluster},
     {"pool", Icon::cluster},
     {"service", Icon::service}}};

}  // namespace

std::string_view name(Icon icon) {
  return kNames[static_cast<std::size_t>(icon)];
}

Icon icon_of_kind(std::string_view kind) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [kind](const auto& entry) {
    return kind.find(entry.first) != std::string_view::npos;
  });
  return found == kKinds.end() ? Icon::unknown : found->second;
}

std::span<const IconPath> paths(Icon icon) {
  static const std::array<std::vector<IconPath>, kIcons> kPaths = [] {
    std::array<std::vector<IconPath>, kIcons> all;
    for (std::size_t i = 0; i < kIcons; ++i) all[i] = make_icon(static_cast<Icon>(i));
    return all;
  }();
  return kPaths[static_cast<std::size_t>(icon)];
}

std::vector<ImVec2> placed(const IconPath& path, ImVec2 center, float radius) {
  std::vector<ImVec2> points;
  points.reserve(path.points.size());
  for (const ImVec2& point : path.points)
    points.push_back({center.x + point.x * radius, center.y + point.y * radius});
  return points;
}

float icon_stroke(float radius) {
  return std::max(1.2F, radius * 0.17F);
}

void draw_icon(ImDrawList& draw, Icon icon, ImVec2 center, float radius, Color color) {
  for (const IconPath& path : paths(icon)) {
    const std::vector<ImVec2> points = placed(path, center, radius);
    const int count = static_cast<int>(points.size());
    if (path.filled) {
      draw.AddConvexPolyFilled(points.data(), count, color);
    } else {
      draw.AddPolyline(points.data(), count, color, path.closed ? ImDrawFlags_Closed : 0,
                       icon_stroke(radius));
    }
  }
}

}  // namespace highwater::viewer
