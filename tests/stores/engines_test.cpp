// Which engine a database is, and what is refused beside it.

#include "models/database/engines.h"

#include <catch2/catch.hpp>

#include "models/database/database.h"
#include "tests/support/model_rig.h"

namespace highwater::database {
namespace {

using testing::ModelRig;

std::string problems(const std::string& parameters) {
  return testing::problems_of(database(), R"({"kind": "database", )" + parameters + "}");
}

TEST_CASE("engines: nothing else stands beside an engine", "[models][database][input]") {
  CHECK(problems(R"("cassandra": {})").empty());
  CHECK(problems(R"("dynamodb": {})").empty());
  CHECK_THAT(problems(R"("cassandra": {}, "dynamodb": {})"),
             Catch::Contains("a database is one of both"));
  CHECK_THAT(
      problems(R"("cassandra": {}, "connections": 5)"),
      Catch::Contains("/components/it/connections: is of a SQL database and means nothing to "
                      "cassandra"));
  CHECK_THAT(problems(R"("dynamodb": {}, "read_time": "1ms")"),
             Catch::Contains("means nothing to dynamodb"));
  CHECK_THAT(problems(R"("casandra": {})"), Catch::Contains("did you mean \"cassandra\"?"));
}

TEST_CASE("engines: what Cassandra cannot do is explained", "[models][database][input]") {
  const auto cassandra = [](const std::string& inside) {
    return problems(R"("cassandra": {)" + inside + "}");
  };
  CHECK_THAT(
      cassandra(R"("replication_factor": 4)"),
      Catch::Contains("/components/it/cassandra/replication_factor: 4 replicas of a row need "
                      "as many nodes, and there are 3"));
  CHECK_THAT(cassandra(R"("replication_factor": 2, "read_consistency": "three")"),
             Catch::Contains("three wants 3 replicas, and a row has 2"));
  CHECK_THAT(cassandra(R"("replication_factor": 1, "write_consistency": "two")"),
             Catch::Contains("two wants 2 replicas, and a row has 1"));
  CHECK_THAT(cassandra(R"("read_consistency": "any")"), Catch::Contains("any is for writes"));
  CHECK_THAT(cassandra(R"("zones_as": "datacenters", "strategy": "simple_strategy",
                          "write_consistency": "local_quorum")"),
             Catch::Contains("simple_strategy knows no data centers"));
  CHECK_THAT(cassandra(R"("dynamic_snitch": false, "dynamic_snitch_badness_threshold": 0.1)"),
             Catch::Contains("means nothing without dynamic_snitch"));
  CHECK_THAT(cassandra(R"("hinted_handoff_enabled": false, "max_hint_window": "1h")"),
             Catch::Contains("means nothing without hinted_handoff_enabled"));
  CHECK_THAT(cassandra(R"("nodes": 500, "num_tokens": 256)"),
             Catch::Contains("makes 128000 tokens of all nodes"));
  CHECK_THAT(cassandra(R"("speculative_retry": "often")"), Catch::Contains("\"99p\""));
  CHECK_THAT(cassandra(R"("nodes": 1, "replication_factor": 1, "phi_convict_threshold": 5)"),
             Catch::Contains("has no effect on a single node"));
}

TEST_CASE("engines: data centers must hold what is asked of them", "[models][database][input]") {
  const auto examined = [](const std::string& inside) {
    ModelRig::Options options;
    options.network.zones = {"east", "west"};
    const std::string json =
        R"({"kind": "database", "cassandra": {"zones_as": "datacenters", )" + inside + "}}";
    ModelRig rig({database()}, R"({"db": )" + json + '}', options);
    Problems problems;
    const std::optional<Value> where = parse_json_value(json);
    rig.component("db").examine({*where, "/components/db", problems});
    return problems.text();
  };
  CHECK(examined(R"("nodes": 6)").empty());
  CHECK_THAT(examined(R"("nodes": 5)"),
             Catch::Contains("3 replicas of a row need as many nodes in each data center, and west "
                             "has 2"));
  CHECK_THAT(examined(R"("nodes": 2, "replication_factor": 1, "read_consistency": "three")"),
             Catch::Contains("three wants 3 replicas, and a row has 2"));
  CHECK(examined(R"("nodes": 4, "replication_factor": 2, "read_consistency": "three")").empty());
}

TEST_CASE("engines: what DynamoDB cannot do is explained", "[models][database][input]") {
  const auto dynamodb = [](const std::string& inside) {
    return problems(R"("dynamodb": {)" + inside + "}");
  };
  CHECK_THAT(dynamodb(R"("provisioned": {}, "on_demand": {})"),
             Catch::Contains("a table has one mode"));
  CHECK_THAT(dynamodb(R"("split_for_heat": false, "split_after": "2m")"),
             Catch::Contains("means nothing without split_for_heat"));
  CHECK_THAT(dynamodb(R"("consistent_read": true, "replication_lag": "1s")"),
             Catch::Contains("means nothing beside consistent_read"));
  CHECK_THAT(dynamodb(R"("item_size": "400KiB", "provisioned": {"write_capacity_units": 1,
                         "burst": "300s"})"),
             Catch::Contains("can never save up what a write of item_size costs, 400 units"));
  CHECK_THAT(dynamodb(R"("item_size": "401KiB")"), Catch::Contains("item_size"));
}

}  // namespace
}  // namespace highwater::database
