#pragma once

// The family's algorithms in one place. Each stands for itself; they share no interface, since a
// pool of buffers, a coordinator and a table's capacity are asked different things.

#include "models/algorithms/storage/background_writer.h"
#include "models/algorithms/storage/checkpoint_pace.h"
#include "models/algorithms/storage/clock_sweep.h"
#include "models/algorithms/storage/commit_history.h"
#include "models/algorithms/storage/consistency_level.h"
#include "models/algorithms/storage/decaying_histogram.h"
#include "models/algorithms/storage/decaying_reservoir.h"
#include "models/algorithms/storage/dynamic_snitch.h"
#include "models/algorithms/storage/dynamo_table.h"
#include "models/algorithms/storage/hint_store.h"
#include "models/algorithms/storage/lock_table.h"
#include "models/algorithms/storage/serializable.h"
#include "models/algorithms/storage/speculative_retry.h"
#include "models/algorithms/storage/vacuum_cost.h"

/// storage: what happens inside a node of a database, what Cassandra's coordinators decide, and
/// what DynamoDB admits.
///
/// Source   named by each header.
/// Checked  tests/storage.
namespace highwater::storage {}
