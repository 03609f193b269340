#pragma once

/// What the host does to a process: how it shares its cores, throttles, probes and restarts it.
///
/// Source   Linux and the kubelet, as each of them says.

#include "models/algorithms/host/cfs_bandwidth.h"
#include "models/algorithms/host/crash_loop.h"
#include "models/algorithms/host/fair_share.h"
#include "models/algorithms/host/probe.h"
