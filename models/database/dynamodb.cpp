/// A table of DynamoDB: the engine `dynamodb` of the kind `database`.
///
/// A request goes to the endpoint in its caller's zone. What the table's capacity or its
/// partition's limit does not allow is throttled: rejected at once, and nobody tries again but the
/// caller. The rest takes its time, beside any number of others. A write is answered when two of
/// the three replicas of its partition have it; the third has it after a lag. A consistent read
/// sees the newest, any other one of the three.
///
/// A fault may make the third replica later than that, of the writes that came by an endpoint.
///
/// Assumes  capacity that is changed is there at once. Replicas never fail: of the service nothing
/// but endpoints can die. A throttled request
///          costs nothing. All items are of one size. Which replica is the third is drawn for each
///          write, and so is the one that a read sees.
/// Source   Amazon DynamoDB Developer Guide; M. Elhemali et al., Amazon DynamoDB, USENIX ATC 2022;
///          models/algorithms/storage/dynamo_table.h.
/// Checked  tests/stores/dynamodb_test.cpp

#include "models/database/dynamodb.h"

#include <functional>
#include <map>
#include <queue>
#include <utility>

#include "engine/describe/said.h"
#include "engine/kernel/time_integral.h"
#include "models/database/engines.h"
#include "models/placement.h"
#include "models/sharding.h"
#include "models/slowdown.h"
#include "models/weak_points.h"

namespace highwater::database {

using storage::DynamoTable;
using storage::DynamoUnits;

void DynamodbParams::check(const Value& where, const std::string& path, Problems& problems) const {
  if (consistent_read)
    if (const Value* given = said<DynamodbParams>(where, "replication_lag"))
      problems.error(given->position(), pointer_to(path, "replication_lag"),
                     "means nothing beside consistent_read: reads see the newest");
  if (!table.provisioned) return;
  const auto can_hold = [&](std::uint64_t units, std::uint64_t half_cost, const char* name,
                            const char* what) {
    const auto kept = static_cast<std::uint64_t>(table.provisioned->burst.count() / 1'000'000'000);
    if (half_cost <= 2 * units * kept) return;
    problems.error(where.find("provisioned")->position(),
                   pointer_to(pointer_to(path, "provisioned"), name),
                   std::string("can never save up what ") + what + " of item_size costs, " +
                       std::to_string((half_cost + 1) / 2) + " units");
  };
  can_hold(table.provisioned->read_capacity_units,
           DynamoUnits::read(item_size.count, consistent_read).half_reads, "read_capacity_units",
           "a read");
  can_hold(table.provisioned->write_capacity_units, 2 * DynamoUnits::write(item_size.count).writes,
           "write_capacity_units", "a write");
}

namespace {

constexpr std::uint64_t kReplicas = 3;

class Table;

class Endpoint final : public Instance {
 public:
  Endpoint(Table& table, std::uint32_t index, Zone zone);

  void delay_replication(Duration add) { added_lag_ += add; }

 private:
  void receive(Served served) override;
  Task<> serve(Served served);

  Table& table_;
  Duration added_lag_{0};
};

class Table final : public Component, public Refuses, public HasReplicas {
 public:
  Table(World& world, std::string id, const DynamodbParams& params)
      : Component(world, std::move(id), "database"),
        params_(&params),
        table_(params.table.options()),
        read_key_(world.key(this->id(), "read time")),
        write_key_(world.key(this->id(), "write time")),
        replica_key_(world.key(this->id(), "replica")) {
    const std::size_t endpoints = !params.zones.empty()
                                      ? params.zones.size()
                                      : std::max<std::size_t>(1, world.network.zones());
    for (std::uint32_t i = 0; i < endpoints; ++i)
      add(std::make_unique<Endpoint>(*this, i, place(world, params.zones, i)));
    declare_metrics();
  }

  Route route(const Request&, const Instance& from) override {
    for (const auto& endpoint : instances())
      if (endpoint->zone() == from.zone() && endpoint->up()) return endpoint.get();
    for (std::size_t i = 0; i < instances().size(); ++i) {
      if (++turn_ >= instances().size()) turn_ = 0;
      if (instances()[turn_]->up()) return instances()[turn_].get();
    }
    return nullptr;
  }

  // Faults.
  std::string refuses(std::string_view verb) const override;
  std::string lacks_replicas() const override {
    return params_->consistent_read ? "has consistent_read: nobody sees its third replica" : "";
  }
  std::string lacks_pause() const override {
    return "is managed, and nobody can pause its replicas: they are late by what \"add\" says";
  }
  void delay_replication(Instance& instance, Duration add) override {
    static_cast<Endpoint&>(instance).delay_replication(add);
  }
  void pause_replication(Instance&) override {}  // see lacks_pause()
  void resume_replication(Instance&) override {}

  std::vector<std::string> changeable() const override {
    std::vector<std::string> names{"dynamodb.consistent_read", "dynamodb.read_time",
                                   "dynamodb.write_time", "dynamodb.replication_lag"};
    if (params_->table.provisioned)
      for (const char* name : {"read_capacity_units", "write_capacity_units"})
        names.push_back(std::string("dynamodb.provisioned.") + name);
    return names;
  }
  std::string why_fixed(const std::string& parameter) const override {
    return parameter == "dynamodb.item_size" ? "its items are there already" : "";
  }
  void reconfigure(const Blueprint& changed) override {
    params_ = &*params_in<EngineParams>(changed).dynamodb;
    if (const auto& capacity = params_->table.provisioned)
      table_.update(nanoseconds(world().now()), capacity->read_capacity_units,
                    capacity->write_capacity_units);
  }

 private:
  friend class Endpoint;

  /// The replica of an item that has not its last write yet.
  struct Behind {
    std::uint64_t replica;
    Time until;
  };

  bool admits(const Request& request) {
    const DynamoUnits units =
        request.operation == Operation::read
            ? DynamoUnits::read(params_->item_size.count, params_->consistent_read)
            : DynamoUnits::write(params_->item_size.count);
    const auto verdict = table_.request(nanoseconds(world().now()), key_hash(request.key), units);
    partitions_.set(world().now(), static_cast<std::int64_t>(table_.partitions()));
    return verdict == DynamoTable::Verdict::admitted;
  }
  bool sees_old(const Request& request) const {
    if (params_->consistent_read) return false;
    const auto found = behind_.find(request.key);
    if (found == behind_.end() || found->second.until <= world().now()) return false;
    RequestRandom random(replica_key_, request.id, request.path);
    return random.below(kReplicas) == found->second.replica;
  }
  void written(const Request& request, Duration added_lag) {
    if (params_->consistent_read) return;  // nobody would see a difference
    const Time now = world().now();
    while (!caught_up_.empty() && caught_up_.top().first <= now) {
      const auto found = behind_.find(caught_up_.top().second);
      if (found != behind_.end() && found->second.until <= now) behind_.erase(found);
      caught_up_.pop();
    }
    RequestRandom random(replica_key_, request.id, request.path);
    const std::uint64_t replica = random.below(kReplicas);
    const Time until = world().simulation.after(params_->replication_lag.draw(random) + added_lag);
    behind_[request.key] = {replica, until};
    caught_up_.emplace(until, request.key);
  }
  void declare_metrics();

  const DynamodbParams* params_;
  DynamoTable table_;
  RandomKey read_key_;
  RandomKey write_key_;
  RandomKey replica_key_;
  std::size_t turn_ = 0;
  std::map<std::uint64_t, Behind> behind_;  // by key
  using Due = std::pair<Time, std::uint64_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> caught_up_;
  TimeIntegral partitions_{Time{}, static_cast<std::int64_t>(table_.partitions())};
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t stale_reads_ = 0;
  Tally* service_ = nullptr;
};

Endpoint::Endpoint(Table& table, std::uint32_t index, Zone zone)
    : Instance(table, index, zone), table_(table) {}

void Endpoint::receive(Served served) {
  if (!table_.admits(served.request())) return served.reply(Status::rejected);
  tasks().spawn(serve(std::move(served)));
}

Task<> Endpoint::serve(Served served) {
  const Request request = served.request();
  const DynamodbParams& params = *table_.params_;
  Simulation& simulation = table_.world().simulation;
  const Time begun = simulation.now();
  const bool reads = request.operation == Operation::read;
  Reply reply;
  reply.stale = reads && table_.sees_old(request);
  RequestRandom random(reads ? table_.read_key_ : table_.write_key_, request.id, request.path);
  const Duration time = (reads ? params.read_time : params.write_time).draw(random);
  co_await simulation.delay(stretched(time, slowdown()));
  if (reads) {
    ++table_.reads_;
    table_.stale_reads_ += reply.stale;
  } else {
    table_.written(request, added_lag_);
    ++table_.writes_;
  }
  table_.service_->record(simulation.now(), simulation.now() - begun);
  served.reply(reply);
}

std::string Table::refuses(std::string_view verb) const {
  const std::string managed = "is managed: ";
  if (verb.starts_with("disk_"))
    return managed +
           "its disks are the service's, which moves a partition away from a bad one; "
           "what its users see is latency, error or throttle";
  if (verb == "lose_data" || verb == "lose_node")
    return managed +
           "of three copies of an item the service replaces one that is lost, and nobody "
           "sees it; for endpoints that are gone use kill or zone_outage";
  if (verb == "kill_leader")
    return managed +
           "the replicas of a partition elect their leader among themselves, out of "
           "reach; for endpoints that are gone use kill or zone_outage";
  if (verb == "slow_query")
    return managed +
           "every request is for one item by its key, with no plan that could flip; use "
           "latency or slow";
  if (verb == "hold_lock")
    return "has no locks: a write waits for none; for a hot item use hot_key";
  return "";
}

void Table::declare_metrics() {
  Recorder::Owner& owner = measure();
  service_ = &owner.tally("service_ms");
  owner.count("reads", reads_);
  owner.count("writes", writes_);
  owner.ratio("stale_reads", stale_reads_, reads_);
  owner.rate("consumed_read_units",
             [this](Time) { return static_cast<double>(table_.consumed_half_reads()) / 2; });
  owner.rate("consumed_write_units",
             [this](Time) { return static_cast<double>(table_.consumed_writes()); });
  owner.time_average("partitions", [this](Time now) { return partitions_.total(now); });
  owner.count("splits", [this] { return table_.splits(); });
  owner.causes("throttled", [this] {
    std::map<std::string, std::uint64_t> causes;
    for (const auto& [verdict, name] : {std::pair{DynamoTable::Verdict::table, "table"},
                                        std::pair{DynamoTable::Verdict::partition, "partition"}})
      if (const std::uint64_t count = table_.throttled(verdict); count > 0) causes[name] = count;
    return causes;
  });
  for (const auto& instance : instances()) measure(*instance);
}

}  // namespace

std::unique_ptr<Component> dynamodb(World& world, std::string id, const DynamodbParams& params) {
  return std::make_unique<Table>(world, std::move(id), params);
}

std::vector<MetricInfo> dynamodb_metrics() {
  return {{"service_ms", "ms", "dynamodb: of what was not throttled.", MetricShape::kTimes},
          {"consumed_read_units", "/s", "dynamodb: read units of what was not throttled."},
          {"consumed_write_units", "/s", "dynamodb: write units, likewise."},
          {"partitions", "partitions", "dynamodb: partitions of the table."},
          {"splits", "1", "dynamodb: times that a partition was split.", MetricShape::kCount},
          {"throttled", "requests",
           "dynamodb: requests rejected, by what was used up: the capacity of the table, or of the "
           "partition.",
           MetricShape::kCauses}};
}

}  // namespace highwater::database
