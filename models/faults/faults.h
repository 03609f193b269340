#pragma once

#include "engine/model/fault.h"

namespace highwater::faults {

// One function per file in this folder.
FaultKind kill();
FaultKind slow();
FaultKind latency();
FaultKind loss();
FaultKind corrupt();
FaultKind duplicate();
FaultKind partition();
FaultKind bandwidth();
FaultKind blackhole();
FaultKind reset();
FaultKind dns();
FaultKind tls_expiry();
FaultKind error();
FaultKind drain();
FaultKind deny_capacity();

}  // namespace highwater::faults
