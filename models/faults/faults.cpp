#include "models/faults/faults.h"

#include <vector>

namespace highwater::faults {

std::span<const FaultKind> fault_kinds() {
  static const std::vector<FaultKind> list{kill(), slow(), latency(), error(), partition()};
  return list;
}

}  // namespace highwater::faults
