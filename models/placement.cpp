#include "models/placement.h"

namespace highwater {

Zone place(const World& world, const std::vector<std::string>& zones, std::uint32_t index) {
  const std::size_t known = world.network.zones();
  if (known == 0) return kOutside;
  if (zones.empty()) return static_cast<Zone>(index % known);
  return world.network.zone(zones[index % zones.size()]);
}

}  // namespace highwater
