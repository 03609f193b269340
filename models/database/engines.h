#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/kind.h"
#include "models/database/cassandra_params.h"
#include "models/database/database_params.h"
#include "models/database/dynamodb_params.h"

namespace highwater::database {

/// The kind `database`: a SQL database, or the store that an object beside `kind` names. Nothing
/// else may stand beside that object, since it would mean nothing.
struct EngineParams {
  DatabaseParams sql;
  std::optional<CassandraParams> cassandra;
  std::optional<DynamodbParams> dynamodb;

  static constexpr std::string_view type_name = "database";
  static constexpr auto fields() {
    return Fields{
        inlined<&EngineParams::sql>(),
        field<&EngineParams::cassandra>("A ring of Cassandra's nodes instead of a SQL database; "
                                        "nothing else stands beside it.")
            .source("Apache Cassandra 4.1"),
        field<&EngineParams::dynamodb>(
            "A table of DynamoDB instead of a SQL database; nothing else "
            "stands beside it.")
            .source("Amazon DynamoDB Developer Guide")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

using MakeSql =
    std::function<std::unique_ptr<Component>(World&, std::string, const DatabaseParams&)>;

/// The kind, given how its SQL database is made and what that measures.
ModelKind engine_kind(MakeSql make_sql, std::vector<MetricInfo> sql_metrics);

}  // namespace highwater::database
