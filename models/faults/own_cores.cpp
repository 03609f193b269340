#include "models/faults/own_cores.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "models/database/cassandra_component.h"
#include "models/database/node.h"

namespace highwater::faults {

bool has_own_cores(const Component& component) {
  constexpr std::array<std::string_view, 4> kKinds{"service", "consumer_group", "worker",
                                                   "cluster"};
  if (std::find(kKinds.begin(), kKinds.end(), component.kind()) != kKinds.end()) return true;
  const Instance* const first = component.instances().front().get();
  return dynamic_cast<const database::Node*>(first) != nullptr ||
         dynamic_cast<const database::CassandraNode*>(first) != nullptr;
}

}  // namespace highwater::faults
