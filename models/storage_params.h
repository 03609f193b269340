#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/storage/storage.h"
#include "models/speculative_retry_text.h"

namespace highwater::storage {

constexpr auto words_of(Consistency) {
  return std::array{
      Word{Consistency::any, "any", "Writes: one replica, or a hint."},
      Word{Consistency::one, "one", "One replica."},
      Word{Consistency::two, "two", "Two replicas."},
      Word{Consistency::three, "three", "Three replicas."},
      Word{Consistency::quorum, "quorum", "More than half of all replicas."},
      Word{Consistency::all, "all", "Every replica."},
      Word{Consistency::local_one, "local_one", "One in the coordinator's data center."},
      Word{Consistency::local_quorum, "local_quorum",
           "More than half of those in the coordinator's data center."},
      Word{Consistency::each_quorum, "each_quorum", "More than half in every data center."}};
}

// What Cassandra and DynamoDB may be told, a struct for each part: in scenarios and by `highwater
// algorithm`. options() is how the algorithm wants it.

struct SnitchParams {
  using Defaults = DynamicSnitchOptions;
  Duration dynamic_snitch_update_interval{Defaults{}.update_interval};
  Duration dynamic_snitch_reset_interval{Defaults{}.reset_interval};
  double dynamic_snitch_badness_threshold = Defaults{}.badness_threshold;

  static constexpr auto fields() {
    using P = SnitchParams;
    return Fields{
        field<&P::dynamic_snitch_update_interval>("How often nodes are scored anew.")
            .at_least(Duration{1ms})
            .at_most(Duration{1h})
            .source("cassandra.yaml"),
        field<&P::dynamic_snitch_reset_interval>("How often all that was measured is forgotten, so "
                                                 "that a bad node gets another chance.")
            .at_least(Duration{1ms})
            .at_most(Duration{24h})
            .source("cassandra.yaml"),
        field<&P::dynamic_snitch_badness_threshold>(
            "A node must score worse by more than this share before another one is preferred: 0.1 "
            "before 4.1; 0: the best is always preferred.")
            .at_least(0.0)
            .at_most(1000.0)
            .source("cassandra.yaml 4.1")};
  }
  DynamicSnitchOptions options() const {
    return {dynamic_snitch_update_interval.count(), dynamic_snitch_reset_interval.count(),
            dynamic_snitch_badness_threshold};
  }
};

inline SpeculativeRetryOptions options_of(const SpeculativeRetryText& retry,
                                          Duration read_timeout) {
  return {retry.kind, retry.percentile, retry.delay.count(), read_timeout.count()};
}

struct HintParams {
  using Defaults = HintOptions;
  bool hinted_handoff_enabled = Defaults{}.enabled;
  Duration max_hint_window{Defaults{}.max_window};
  Bytes hinted_handoff_throttle{static_cast<std::uint64_t>(Defaults{}.throttle)};
  Duration gc_grace{Defaults{}.gc_grace};
  Bytes write_size{1024};

  static constexpr auto fields() {
    using P = HintParams;
    return Fields{
        field<&P::hinted_handoff_enabled>("Whether coordinators keep writes for replicas that miss "
                                          "them.")
            .source("cassandra.yaml"),
        field<&P::max_hint_window>("After so long no more are kept for a node that is down.")
            .at_most(Duration{8760h})
            .source("cassandra.yaml"),
        field<&P::hinted_handoff_throttle>("Bytes a second of hints that a node is sent by all "
                                           "others together; 0: no limit.")
            .at_most(Bytes{1'000'000'000'000})
            .source("cassandra.yaml"),
        field<&P::gc_grace>("Hints older than this are dropped.")
            .at_most(Duration{8760h})
            .source("gc_grace_seconds of a table"),
        field<&P::write_size>("Of a write, as the throttle and a disk's commit log count it.")
            .at_least(Bytes{1})
            .at_most(Bytes{16'777'216})
            .source("chosen")};
  }
  HintOptions options() const {
    return {hinted_handoff_enabled, max_hint_window.count(), gc_grace.count(),
            static_cast<std::int64_t>(hinted_handoff_throttle.count)};
  }
};

/// Capacity that is bought in advance.
struct ProvisionedParams {
  std::uint64_t read_capacity_units = 5;
  std::uint64_t write_capacity_units = 5;
  Duration burst{DynamoOptions{}.burst};
  bool adaptive_capacity = true;

  static constexpr auto fields() {
    using P = ProvisionedParams;
    return Fields{
        field<&P::read_capacity_units>("Read units a second: strong reads of up to 4 KB.")
            .at_least(std::uint64_t{1})
            .at_most(DynamoOptions::kMostCapacity)
            .known_as("ReadCapacityUnits")
            .source("the console's default"),
        field<&P::write_capacity_units>("Write units a second: writes of up to 1 KB.")
            .at_least(std::uint64_t{1})
            .at_most(DynamoOptions::kMostCapacity)
            .known_as("WriteCapacityUnits")
            .source("the console's default"),
        field<&P::burst>("So long unused capacity is kept.")
            .at_least(Duration{1s})
            .at_most(Duration{300s})
            .source("DynamoDB Developer Guide, Burst capacity"),
        field<&P::adaptive_capacity>("Whether a partition may use what the others leave; if not, "
                                     "each has its equal part.")
            .source("DynamoDB Developer Guide, Adaptive capacity")};
  }
};

/// Capacity that follows the load.
struct OnDemandParams {
  std::uint64_t previous_peak_reads = DynamoOptions::new_on_demand().read_capacity;
  std::uint64_t previous_peak_writes = DynamoOptions::new_on_demand().write_capacity;

  static constexpr auto fields() {
    using P = OnDemandParams;
    return Fields{
        field<&P::previous_peak_reads>("Read units a second that the table has seen at most; it "
                                       "takes twice as many.")
            .at_least(std::uint64_t{1})
            .at_most(DynamoOptions::kMostCapacity)
            .source("a new table's 12,000 reads a second"),
        field<&P::previous_peak_writes>("Write units a second, likewise.")
            .at_least(std::uint64_t{1})
            .at_most(DynamoOptions::kMostCapacity)
            .source("a new table's 4,000 writes a second")};
  }
};

/// The capacity of a table: one of both modes.
struct TableParams {
  std::optional<ProvisionedParams> provisioned;
  std::optional<OnDemandParams> on_demand;
  std::optional<std::uint32_t> partitions;
  bool split_for_heat = true;
  Duration split_after{DynamoOptions{}.split_after};

  static constexpr auto fields() {
    using P = TableParams;
    return Fields{
        field<&P::provisioned>("Capacity bought in advance. This or on_demand."),
        field<&P::on_demand>("Capacity that is twice the highest load so far. This or "
                             "provisioned; this unless either is given."),
        field<&P::partitions>("Partitions at the beginning; as many as the capacity takes unless "
                              "given.")
            .at_least(1u)
            .at_most(100'000u),
        field<&P::split_for_heat>("Whether partitions that stay hot are split.")
            .source("DynamoDB Developer Guide"),
        field<&P::split_after>("So long a partition must be near its limit before it is split, in "
                               "whole minutes.")
            .at_least(Duration{1min})
            .at_most(Duration{24h})
            .source("chosen")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (provisioned && on_demand)
      problems.error(where.find("on_demand")->position(), pointer_to(path, "on_demand"),
                     "cannot stand beside provisioned: a table has one mode");
    if (!split_for_heat && split_after != TableParams{}.split_after)
      problems.error(where.find("split_after")->position(), pointer_to(path, "split_after"),
                     "means nothing without split_for_heat");
  }
  DynamoOptions options() const {
    DynamoOptions o = DynamoOptions::new_on_demand();
    if (provisioned) {
      o.on_demand = false;
      o.read_capacity = provisioned->read_capacity_units;
      o.write_capacity = provisioned->write_capacity_units;
      o.burst = provisioned->burst.count();
      o.adaptive_capacity = provisioned->adaptive_capacity;
    } else if (on_demand) {
      o.read_capacity = on_demand->previous_peak_reads;
      o.write_capacity = on_demand->previous_peak_writes;
    }
    o.partitions = partitions.value_or(0);
    o.split_for_heat = split_for_heat;
    o.split_after = split_after.count();
    return o;
  }
};

}  // namespace highwater::storage
