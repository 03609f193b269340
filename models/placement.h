#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/world.h"

namespace highwater {

/// The zone of instance `index` of a component: its zones in turn; without any, the network's zones
/// in turn; outside of every zone where the network has none.
Zone place(const World& world, const std::vector<std::string>& zones, std::uint32_t index);

}  // namespace highwater
