#pragma once

#include <memory>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/experiment/system.h"
#include "engine/model/component.h"

namespace highwater {

/// What the whole system costs, as objectives name it: "cost.per_hour", "cost.per_million_requests"
/// (completed ones, of all clients). In the scenario's currency.
KindInfo cost_kind();

/// Declares the cost of every component that has a price, and of all of them together where any
/// has. Before the run.
/// @param components  Of the system's parts, in their order. Outlive the recorder's reading.
/// @param directory   Where they have found each other: all edges are there.
void measure_costs(Recorder& recorder, const System& system,
                   const std::vector<std::unique_ptr<Component>>& components, Directory& directory);

/// Reports prices for what a component does not have, such as the memory of what is no function.
void examine_price(const PriceParams& price, const ModelKind& kind, const Component& component,
                   Directory& directory, const Examination& examination);

}  // namespace highwater
