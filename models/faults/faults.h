#pragma once

#include "engine/model/fault.h"

namespace highwater::faults {

// One function per file in this folder.
FaultKind kill();
FaultKind crash_loop();
FaultKind pause();
FaultKind slow();
FaultKind burn();
FaultKind leak_memory();
FaultKind latency();
FaultKind error();
FaultKind delay();
FaultKind bad_response();
FaultKind throttle();
FaultKind clock();
FaultKind zone_outage();
FaultKind grey();
FaultKind lie_health();
FaultKind partition();
FaultKind drain();
FaultKind deny_capacity();

}  // namespace highwater::faults
