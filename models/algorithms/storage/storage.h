#pragma once

// The family's algorithms in one place. Each stands for itself: a coordinator, a failure and a
// table's capacity are asked different things.

#include "models/algorithms/storage/consistency_level.h"
#include "models/algorithms/storage/decaying_histogram.h"
#include "models/algorithms/storage/decaying_reservoir.h"
#include "models/algorithms/storage/dynamic_snitch.h"
#include "models/algorithms/storage/dynamo_table.h"
#include "models/algorithms/storage/hint_store.h"
#include "models/algorithms/storage/speculative_retry.h"

/// storage: what Cassandra's coordinators decide, and what DynamoDB admits.
///
/// Source   named by each header.
/// Checked  tests/storage.
namespace highwater::storage {}
