#pragma once

#include "engine/model/fault.h"

namespace highwater::faults {

// One function per file in this folder.
FaultKind kill();
FaultKind slow();
FaultKind latency();
FaultKind error();
FaultKind partition();
FaultKind drain();
FaultKind deny_capacity();
FaultKind spike();
FaultKind poison();
FaultKind stall_consumer();
FaultKind rebalance();
FaultKind bad_deploy();
FaultKind config();
FaultKind scale();
FaultKind blind_autoscaler();

}  // namespace highwater::faults
