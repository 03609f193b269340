#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/model/component.h"
#include "models/database/cassandra_params.h"

namespace highwater::database {

std::unique_ptr<Component> cassandra(World& world, std::string id, const CassandraParams& params);

/// What it measures, with what a SQL database measures too.
std::vector<MetricInfo> cassandra_metrics();

}  // namespace highwater::database
