#include "models/database/engines.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/describe/said.h"
#include "models/database/cassandra.h"
#include "models/database/dynamodb.h"

namespace highwater::database {
namespace {

class Plan final : public BlueprintOf<EngineParams> {
 public:
  Plan(EngineParams params, MakeSql make_sql)
      : BlueprintOf(std::move(params)), make_sql_(std::move(make_sql)) {}
  std::unique_ptr<Component> build(World& world, const std::string& id) const override {
    if (params_.cassandra) return cassandra(world, id, *params_.cassandra);
    if (params_.dynamodb) return dynamodb(world, id, *params_.dynamodb);
    return make_sql_(world, id, params_.sql);
  }

 private:
  MakeSql make_sql_;
};

}  // namespace

void EngineParams::check(const Value& where, const std::string& path, Problems& problems) const {
  if (cassandra && dynamodb)
    problems.error(where.find("dynamodb")->position(), pointer_to(path, "dynamodb"),
                   "cannot stand beside cassandra: a database is one of both");
  if (!cassandra && !dynamodb) return;
  const std::string engine = cassandra ? "cassandra" : "dynamodb";
  for (const FieldInfo& info : type_of<DatabaseParams>().fields)
    if (const Value* given = said<DatabaseParams>(where, info.name))
      problems.error(given->position(), pointer_to(path, info.name),
                     "is of a SQL database and means nothing to " + engine +
                         ": what that can be told stands in its own object");
}

ModelKind engine_kind(MakeSql make_sql, std::vector<MetricInfo> metrics) {
  // What several engines measure stands once, with what each of them means by it.
  for (const std::vector<MetricInfo>& more : {cassandra_metrics(), dynamodb_metrics()})
    for (const MetricInfo& metric : more) {
      const auto known = std::find_if(metrics.begin(), metrics.end(), [&](const MetricInfo& other) {
        return other.name == metric.name;
      });
      if (known == metrics.end())
        metrics.push_back(metric);
      else
        known->doc += ' ' + metric.doc;
    }
  ModelKind kind;
  kind.info = priced_kind_info<EngineParams>(
      "database",
      "A sharded SQL database with read replicas and connection pools, a ring of Cassandra's "
      "nodes, "
      "or a table of DynamoDB.",
      "PostgreSQL 15 and MySQL 8.0 documentation; Apache Cassandra 4.1; Amazon DynamoDB Developer "
      "Guide",
      std::move(metrics));
  kind.read = [make_sql = std::move(make_sql)](
                  Preparation& preparation) -> std::shared_ptr<const Blueprint> {
    const std::size_t before = preparation.problems.error_count();
    EngineParams params = read_own_params<EngineParams>(preparation);
    if (preparation.problems.error_count() != before) return nullptr;
    return std::make_shared<Plan>(std::move(params), make_sql);
  };
  return kind;
}

}  // namespace highwater::database
