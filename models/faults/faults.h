#pragma once

#include <span>

#include "engine/model/fault.h"

namespace highwater::faults {

/// Every verb, in the order that the reference lists them.
std::span<const FaultKind> fault_kinds();

// One function per file in this folder.
FaultKind kill();
FaultKind slow();
FaultKind latency();
FaultKind error();
FaultKind partition();

}  // namespace highwater::faults
