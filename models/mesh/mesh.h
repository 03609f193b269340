#pragma once

#include "engine/describe/kind.h"
#include "engine/model/section.h"

namespace highwater::mesh {

/// The section "mesh".
SectionKind mesh();

/// What components with a sidecar, and those who call them, measure beside the metrics of their
/// kind.
std::vector<MetricInfo> mesh_metrics();

}  // namespace highwater::mesh
