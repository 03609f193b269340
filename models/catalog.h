#pragma once

#include <vector>

#include "engine/model/fault.h"
#include "engine/model/kind.h"
#include "engine/model/section.h"

namespace highwater {

/// Every kind of component that scenarios may use, in the order that references list them. The only
/// place that names them all.
const std::vector<ModelKind>& model_kinds();

/// Every verb of a fault.
const std::vector<FaultKind>& fault_kinds();

/// Every section of the top level that is not the engine's.
const std::vector<SectionKind>& section_kinds();

}  // namespace highwater
