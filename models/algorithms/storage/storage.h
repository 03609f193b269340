#pragma once

// The family's algorithms in one place. Each stands for itself; they share no interface, since a
// pool of buffers and a table of locks are asked different things.

#include "models/algorithms/storage/background_writer.h"
#include "models/algorithms/storage/checkpoint_pace.h"
#include "models/algorithms/storage/clock_sweep.h"
#include "models/algorithms/storage/commit_history.h"
#include "models/algorithms/storage/lock_table.h"
#include "models/algorithms/storage/serializable.h"
#include "models/algorithms/storage/vacuum_cost.h"

/// storage: what happens inside of a node of a database.
///
/// Source   named by each header.
/// Checked  tests/storage.
namespace highwater::storage {}
