#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "models/storage_params.h"

namespace highwater::database {

struct DynamodbParams {
  storage::TableParams table;
  Bytes item_size{1024};
  bool consistent_read = false;
  Distribution read_time = Distribution::constant(3ms);
  Distribution write_time = Distribution::constant(5ms);
  Distribution replication_lag = Distribution::exponential(10ms);
  std::vector<std::string> zones;

  static constexpr auto fields() {
    using P = DynamodbParams;
    return Fields{
        inlined<&P::table>(),
        field<&P::item_size>("Of every item: a read unit is 4 KB, a write unit 1 KB.")
            .at_least(Bytes{1})
            .at_most(Bytes{409'600})
            .source("DynamoDB Developer Guide, Read and write units; 400 KB is its limit"),
        field<&P::consistent_read>("Whether reads are strongly consistent, at twice the cost.")
            .source("ConsistentRead of GetItem"),
        field<&P::read_time>("Of a read that is not throttled.").source("chosen"),
        field<&P::write_time>("Of a write, until two of the three replicas have it.")
            .source("chosen"),
        field<&P::replication_lag>("Then until the third has it, which a read that is not "
                                   "consistent may be sent to.")
            .source("chosen"),
        field<&P::zones>("Zones with an endpoint of the table: callers use the one in their own; "
                         "all zones of the network unless given."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace highwater::database
