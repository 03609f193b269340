#pragma once

#include <vector>

#include "models/drivers/driver.h"

namespace highwater::drivers {

/// The drivers of what surrounds a call beside its breaker: pauses, limits on retries, hedges,
/// bulkheads and deadlines. Part of the resilience family.
std::vector<Driver> retrying();

}  // namespace highwater::drivers
