#pragma once

// The family's algorithms in one place. Each stands for itself; what runs a cluster of them in
// virtual time is Cluster.

#include "models/algorithms/membership/hybrid_clock.h"
#include "models/algorithms/membership/lease.h"
#include "models/algorithms/membership/phi_accrual.h"
#include "models/algorithms/membership/raft_cluster.h"
#include "models/algorithms/membership/redis_bus.h"
#include "models/algorithms/membership/ringpop_cluster.h"
#include "models/algorithms/membership/swim_cluster.h"

/// membership: who is alive, who leads, and for how long.
///
/// Source   named by each header.
/// Checked  tests/membership.
namespace highwater::membership {}
