#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/model/component.h"
#include "models/database/dynamodb_params.h"

namespace highwater::database {

std::unique_ptr<Component> dynamodb(World& world, std::string id, const DynamodbParams& params);

/// What it measures, with what a SQL database measures too.
std::vector<MetricInfo> dynamodb_metrics();

}  // namespace highwater::database
