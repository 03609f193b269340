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
FaultKind loss();
FaultKind corrupt();
FaultKind duplicate();
FaultKind error();
FaultKind delay();
FaultKind bad_response();
FaultKind throttle();
FaultKind clock();
FaultKind zone_outage();
FaultKind grey();
FaultKind lie_health();
FaultKind partition();
FaultKind bandwidth();
FaultKind blackhole();
FaultKind reset();
FaultKind slow_close();
FaultKind limit_data();
FaultKind half_open();
FaultKind dns();
FaultKind tls_expiry();
FaultKind error();
FaultKind drain();
FaultKind deny_capacity();
FaultKind disk_slow();
FaultKind disk_full();
FaultKind disk_error();
FaultKind kill_leader();
FaultKind replication_lag();
FaultKind flush();
FaultKind lose_node();
FaultKind hot_key();
FaultKind herd();
FaultKind leak_connections();
FaultKind leak_workers();
FaultKind hold_lock();
FaultKind slow_query();
FaultKind lose_data();
FaultKind spike();
FaultKind poison();
FaultKind stall_consumer();
FaultKind rebalance();
FaultKind bad_deploy();
FaultKind config();
FaultKind scale();
FaultKind blind_autoscaler();

}  // namespace highwater::faults
