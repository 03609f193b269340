#pragma once

#include <vector>

#include "engine/model/fault.h"
#include "engine/model/kind.h"

namespace highwater {

/// Every kind of component that scenarios may use, in the order that references list them. The only
/// place that names them all.
const std::vector<ModelKind>& model_kinds();

/// Every verb of a fault.
const std::vector<FaultKind>& fault_kinds();

}  // namespace highwater
