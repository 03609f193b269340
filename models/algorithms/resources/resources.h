#pragma once

/// What is lent out and comes back: pools of connections.
///
/// Source   Each names its own.
/// Checked  tests/resources.

#include "models/algorithms/resources/connection_pool.h"
#include "models/algorithms/resources/index_list.h"
#include "models/algorithms/resources/pgbouncer.h"
#include "models/algorithms/resources/queue_pool.h"
