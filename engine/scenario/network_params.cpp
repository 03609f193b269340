#include "engine/scenario/network_params.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/nearest.h"

namespace highwater {

void NetworkParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const Value* const names = where.find("zones");
  const std::string zones_path = pointer_to(path, "zones");
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const Position position = names->elements()[i].position();
    if (zones[i].empty())
      problems.error(position, pointer_to(zones_path, i), "a zone needs a name");
    if (std::find(zones.begin(), zones.begin() + static_cast<std::ptrdiff_t>(i), zones[i]) !=
        zones.begin() + static_cast<std::ptrdiff_t>(i))
      problems.error(position, pointer_to(zones_path, i),
                     fmt::format("zone {} is listed twice", in_quotes(zones[i])));
  }
  const Value* const list = where.find("links");
  std::set<std::pair<std::string, std::string>> joined;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Value& between = *list->elements()[i].find("between");
    const std::string at = pointer_to(pointer_to(pointer_to(path, "links"), i), "between");
    const auto& [a, b] = links[i].between;
    bool known = true;
    for (std::size_t end = 0; end < 2; ++end) {
      const std::string& zone = links[i].between[end];
      if (std::find(zones.begin(), zones.end(), zone) != zones.end()) continue;
      known = false;
      problems.error(between.elements()[end].position(), pointer_to(at, end),
                     fmt::format("unknown zone {}", in_quotes(zone)), nearest_word(zone, zones));
    }
    if (!known) continue;
    if (a == b) {
      problems.error(between.position(), at, "a link joins two different zones; see same_zone");
    } else if (!joined.insert(std::minmax(a, b)).second) {
      problems.error(between.position(), at,
                     fmt::format("{} and {} are linked twice", in_quotes(a), in_quotes(b)));
    }
  }
}

}  // namespace highwater
