/// A ring of Cassandra's nodes: the engine `cassandra` of the kind `database`.
///
/// A driver sends a request to one of the nodes, its coordinator. That one asks the replicas of the
/// row, by messages of its own over the network, and answers when as many have answered as the
/// consistency level wants. Writes go to all replicas, reads to as many as are needed: those that
/// the snitch prefers. The last write wins, by the timestamp of its coordinator.
///
/// Nodes gossip every second, and one whose heartbeats stay away is taken for dead: from then on
/// nobody waits for it, and what it misses is kept for it as hints. Until then requests that need
/// it run into their timeout.
///
/// With a `disk` a share of the reads waits for it, and mutations for its commit log where that is
/// behind; see cassandra_disk.cpp. What faults do to nodes and rows is in cassandra_faults.cpp.
///
/// Assumes  clocks agree. What all nodes think of one is the same, apart from what it thinks of
///          itself; messages among nodes are lost, not sent again, where a fault cuts the way from
///          the component to itself. A node that dies keeps what is on its disk: rows and hints. No
///          compaction, no repair but by reads, no ranges, no lightweight transactions; digests
///          cost a replica what the data does. Storing a hint costs nothing, and each one on its
///          way or kept counts towards the run's max_in_flight. Of the retries only that of a read
///          is speculative, not those of its repair.
/// Source   Apache Cassandra 4.1: service/StorageProxy.java, service/reads (AbstractReadExecutor,
///          DigestResolver, repair/BlockingReadRepair), locator, gms/Gossiper.java
///          (intervalInMillis 1000), gms/FailureDetector.java, hints/HintsDispatchTrigger.java
///          (every 10 s), net/RequestCallbacks.java (what happens to those that do not answer).
/// Checked  tests/stores/cassandra_test.cpp, tests/stores/cassandra_outage_test.cpp

#include "models/database/cassandra.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "engine/describe/said.h"
#include "models/algorithms/hashing/bytes.h"
#include "models/database/cassandra_component.h"
#include "models/database/engines.h"
#include "models/placement.h"

namespace highwater::database {
namespace {

std::uint32_t wants(Consistency level) {
  return level == Consistency::three ? 3 : level == Consistency::two ? 2 : 1;
}

std::vector<hashing::Target> targets(const std::string& id, std::uint32_t nodes) {
  std::vector<hashing::Target> list;
  for (std::uint32_t i = 0; i < nodes; ++i) list.push_back({id + "-" + std::to_string(i)});
  return list;
}

membership::PhiOptions phi_options() {
  membership::PhiOptions options;
  options.formula = membership::PhiFormula::cassandra;
  return options;
}

/// Reports a level that so many replicas never meet.
void check_level(Consistency level, const char* name, std::uint32_t replicas, const Value& where,
                 const std::string& path, Problems& problems) {
  if (wants(level) <= replicas) return;
  const Value* given = where.find(name);
  problems.error(given != nullptr ? given->position() : where.position(), pointer_to(path, name),
                 std::string(Quantity<Consistency>::word_for(level)) + " wants " +
                     std::to_string(wants(level)) + " replicas, and a row has " +
                     std::to_string(replicas) + " (replication_factor)");
}

}  // namespace

void CassandraParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const auto position = [&](const char* name) {
    const Value* given = where.find(name);
    return given != nullptr ? given->position() : where.position();
  };
  if (replication_factor > nodes)
    problems.error(position("replication_factor"), pointer_to(path, "replication_factor"),
                   std::to_string(replication_factor) +
                       " replicas of a row need as many nodes, and "
                       "there are " +
                       std::to_string(nodes));
  if (const std::uint64_t all = std::uint64_t{nodes} * num_tokens; all > kMostTokens)
    problems.error(position("num_tokens"), pointer_to(path, "num_tokens"),
                   "makes " + std::to_string(all) + " tokens of all nodes, more than " +
                       std::to_string(kMostTokens));
  if (read_consistency == Consistency::any)
    problems.error(position("read_consistency"), pointer_to(path, "read_consistency"),
                   "any is for writes: a hint cannot be read");
  if (zones_as == ZonesAs::racks || strategy == ReplicaStrategy::simple) {
    check_level(read_consistency, "read_consistency", replication_factor, where, path, problems);
    check_level(write_consistency, "write_consistency", replication_factor, where, path, problems);
  }
  if (zones_as == ZonesAs::datacenters && strategy == ReplicaStrategy::simple)
    for (const auto& [level, name] : {std::pair{read_consistency, "read_consistency"},
                                      std::pair{write_consistency, "write_consistency"}})
      if (level == Consistency::local_quorum || level == Consistency::each_quorum)
        problems.error(position(name), pointer_to(path, name),
                       "needs network_topology_strategy: simple_strategy knows no data centers");
  if (!dynamic_snitch)
    for (const char* name : {"dynamic_snitch_update_interval", "dynamic_snitch_reset_interval",
                             "dynamic_snitch_badness_threshold"})
      if (const Value* given = said<CassandraParams>(where, name))
        problems.error(given->position(), pointer_to(path, name),
                       "means nothing without dynamic_snitch");
  if (!hints.hinted_handoff_enabled)
    for (const char* name :
         {"max_hint_window", "hinted_handoff_throttle", "gc_grace", "write_size"})
      if (const Value* given = said<CassandraParams>(where, name);
          given != nullptr && !(disk && name == std::string_view("write_size")))
        problems.error(given->position(), pointer_to(path, name),
                       "means nothing without hinted_handoff_enabled");
  if (disk && !(commitlog_sync_time == Distribution::constant(Duration{0})))
    if (const Value* given =
            said<CassandraDiskParams>(*where.find("disk"), "commitlog_sync_period"))
      problems.error(given->position(),
                     pointer_to(pointer_to(path, "disk"), "commitlog_sync_period"),
                     "means nothing beside commitlog_sync_time: each write waits for its own sync");
  if (nodes == 1)
    if (const Value* given = said<CassandraParams>(where, "phi_convict_threshold"))
      problems.warning(given->position(), pointer_to(path, "phi_convict_threshold"),
                       "has no effect on a single node");
}

Cassandra::Cassandra(World& world, std::string id, const CassandraParams& params)
    : Component(world, std::move(id), "database"),
      params_(&params),
      ring_(targets(this->id(), params.nodes), params.num_tokens),
      replicas_(ring_.ring().size()),
      unsynced_(params.nodes),
      hints_(std::size_t{params.nodes} * params.nodes),
      views_(params.nodes, View{membership::PhiAccrual(phi_options())}),
      random_(world.stream(this->id(), "messages")),
      slow_queries_(world) {
  for (std::uint32_t i = 0; i < params.nodes; ++i)
    add(std::make_unique<CassandraNode>(*this, i, place(world, params.zones, i)));
  place_nodes();
  declare_metrics();
}

void Cassandra::place_nodes() {
  const bool centers = params_->zones_as == ZonesAs::datacenters;
  for (std::uint32_t i = 0; i < nodes(); ++i) {
    const Zone zone = node(i).zone();
    const std::uint32_t number = zone == kOutside ? 0 : zone;
    locations_.push_back({centers ? number : 0, centers ? 0 : number});
    node(i).stand_in(locations_.back());
    if (by_center_.size() <= locations_.back().datacenter)
      by_center_.resize(locations_.back().datacenter + 1);
    by_center_[locations_.back().datacenter].push_back(i);
    all_.push_back(i);
  }
  for (const auto& list : by_center_)
    wanted_.push_back(list.empty() ? 0 : params_->replication_factor);
}

void Cassandra::start() {
  for (std::uint32_t i = 0; i < nodes(); ++i) {
    views_[i].phi.heartbeat(0);
    node(i).start_gossip();
    node(i).start_disk();
  }
  world().simulation.reschedule_after(check_, kGossipInterval);
}

void Cassandra::examine(const Examination& examination) const {
  if (params_->zones_as == ZonesAs::racks || params_->strategy == ReplicaStrategy::simple) return;
  const Value& engine = *examination.where.find("cassandra");
  const std::string path = pointer_to(examination.path, "cassandra");
  std::uint32_t replicas = 0;
  for (std::size_t c = 0; c < by_center_.size(); ++c) {
    replicas += wanted_[c];
    if (by_center_[c].size() < wanted_[c])
      examination.problems.error(engine.position(), pointer_to(path, "replication_factor"),
                                 std::to_string(wanted_[c]) +
                                     " replicas of a row need as many nodes in each data center, "
                                     "and " +
                                     world().network.zone_name(static_cast<Zone>(c)) + " has " +
                                     std::to_string(by_center_[c].size()));
  }
  // As they are written, for they may be others than those that it goes by now.
  for (auto [level, name] : {std::pair{params_->read_consistency, "read_consistency"},
                             std::pair{params_->write_consistency, "write_consistency"}}) {
    Problems unused = examination.problems.fresh();
    if (const Value* const given = engine.find(name))
      Quantity<Consistency>::read(*given, path, unused, level);
    check_level(level, name, replicas, engine, path, examination.problems);
  }
}

std::vector<std::string> Cassandra::changeable() const {
  std::vector<std::string> names;
  for (const char* name :
       {"read_consistency", "write_consistency", "write_request_timeout", "read_repair",
        "hinted_handoff_enabled", "max_hint_window", "phi_convict_threshold", "coordinator_time",
        "read_time", "write_time", "commitlog_sync_time", "start_time"})
    names.push_back(std::string("cassandra.") + name);
  return names;
}

std::string Cassandra::why_fixed(const std::string& parameter) const {
  if (parameter == "cassandra.concurrent_reads" || parameter == "cassandra.concurrent_writes")
    return "nodes make their threads when they start";
  if (parameter == "cassandra.nodes" || parameter == "cassandra.num_tokens" ||
      parameter == "cassandra.replication_factor" || parameter == "cassandra.strategy")
    return "data would have to move between the nodes";
  return {};
}

void Cassandra::reconfigure(const Blueprint& changed) {
  params_ = &*params_in<EngineParams>(changed).cassandra;
}

const Replicas& Cassandra::replicas(std::uint64_t key) {
  const std::int64_t token = hashing::CassandraRing::hash(hashing::DecimalText(key).view());
  std::unique_ptr<Replicas>& known = replicas_[ring_.place_of(token)];
  if (known != nullptr) return *known;
  known = std::make_unique<Replicas>();
  if (params_->strategy == ReplicaStrategy::simple) {
    known->nodes.resize(params_->replication_factor);
    ring_.simple_replicas(token, known->nodes);
  } else {
    known->nodes = ring_.topology_replicas(token, locations_, wanted_);
  }
  known->by_center.resize(wanted_.size());
  for (const std::uint32_t node : known->nodes) ++known->by_center[locations_[node].datacenter];
  return *known;
}

Route Cassandra::route(const Request& request, const Instance& from) {
  const std::vector<std::uint32_t>* around = &all_;
  const bool centers = params_->zones_as == ZonesAs::datacenters;
  if (centers && from.zone() < by_center_.size() && !by_center_[from.zone()].empty())
    around = &by_center_[from.zone()];
  if (params_->driver == DriverPolicy::token_aware) {
    std::vector<std::uint32_t> owners = replicas(request.key).nodes;
    if (around != &all_)
      std::erase_if(owners,
                    [&](std::uint32_t n) { return locations_[n].datacenter != from.zone(); });
    if (CassandraNode* owner = in_turn(owners)) return owner;
  }
  return in_turn(*around);
}

/// The next of them that is up; null for none.
CassandraNode* Cassandra::in_turn(std::span<const std::uint32_t> candidates) {
  if (candidates.empty()) return nullptr;
  const std::uint64_t first = ++turn_;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    CassandraNode& node = this->node(candidates[(first + i) % candidates.size()]);
    if (node.up()) return &node;
  }
  return nullptr;
}

void Cassandra::Flight::fire(Event& event) {
  auto& flight = static_cast<Flight&>(event);
  Message message = std::move(flight.message);
  Cassandra& cassandra = flight.cassandra_;
  cassandra.idle_flights_.push_back(&flight);
  if (message.kind == Message::Kind::heartbeat) return cassandra.heard_of(message.from);
  CassandraNode& to = cassandra.node(message.to);
  if (to.up()) to.take(std::move(message));
}

/// Puts it on the network, where it may be lost.
void Cassandra::send(Message message) {
  if (message.from == message.to) return node(message.to).take(std::move(message));
  const std::optional<Duration> delay =
      ways_->message_time({node(message.from), node(message.to)}, Direction::request, random_);
  if (!delay) return;
  Duration takes = *delay;
  if (message.kind == Message::Kind::write) takes += node(message.to).added_lag();
  if (idle_flights_.empty()) idle_flights_.push_back(&flights_.emplace_back(*this));
  Flight& flight = *idle_flights_.back();
  idle_flights_.pop_back();
  flight.message = std::move(message);
  world().simulation.schedule_after(flight, takes);
}

/// Room for 256 in a nanosecond; in order while clocks are right, as they are counted then.
std::uint64_t Cassandra::timestamp(Duration ahead) {
  const auto at = [](Time time) { return static_cast<std::uint64_t>(nanoseconds(time)) << 8; };
  const Time now = world().now();
  if (ahead == Duration{0}) return version_ = std::max(version_ + 1, at(now));
  rows_.keep_written();
  const Time read = std::clamp(now + ahead, Time{}, kNever);
  return at(read) + 2 + (++odd_writes_ & 0x7f);
}

void Cassandra::heard_of(std::uint32_t index) {
  View& view = views_[index];
  view.phi.heartbeat(nanoseconds(world().now()));
  if (view.alive || !node(index).up()) return;
  view.alive = true;
  world().happened("member back", node(index).label() + " is taken for alive");
}

void Cassandra::check_views() {
  world().simulation.reschedule_after(check_, kGossipInterval);
  const auto others_up = [this](std::uint32_t index) {
    return std::any_of(all_.begin(), all_.end(),
                       [&](std::uint32_t other) { return other != index && node(other).up(); });
  };
  for (std::uint32_t i = 0; i < nodes(); ++i) {
    View& view = views_[i];
    if (!view.alive || !others_up(i)) continue;
    if (view.phi.phi(nanoseconds(world().now())) <= params_->phi_convict_threshold) continue;
    view.alive = false;
    view.convicted = world().now();
    world().happened("member lost", node(i).label() + " is taken for dead");
  }
}

void Cassandra::dropped(const HintedWrite& write) {
  ++hints_expired_;
  const bool last_copy = write.answered != nullptr && write.answered.use_count() == 1;
  if (last_copy && *write.answered && write.row->newest() < write.version) ++lost_writes_;
}

std::uint64_t Cassandra::sum(std::uint64_t CassandraCounts::*count) const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < nodes(); ++i) sum += node(i).counts().*count;
  return sum;
}

void Cassandra::declare_metrics() {
  Recorder::Owner& owner = measure();
  const auto total = [this](double (CassandraNode::*of)(Time) const) {
    return [this, of](Time now) {
      double sum = 0;
      for (std::uint32_t i = 0; i < nodes(); ++i) sum += (node(i).*of)(now);
      return sum;
    };
  };
  const double slots = static_cast<double>(params_->concurrent_reads + params_->concurrent_writes);
  const double nodes = static_cast<double>(params_->nodes);
  const double cores = node(0).cores();
  owner.time_ratio("utilization", total(&CassandraNode::busy_integral),
                   [=](Time now) { return seconds(now) * slots * nodes; });
  owner.time_ratio("cpu_utilization", total(&CassandraNode::cpu_integral),
                   [=](Time now) { return seconds(now) * cores * nodes; });
  owner.time_average("queue_length", total(&CassandraNode::waiting_integral));
  wait_ = &owner.tally("wait_ms");
  service_ = &owner.tally("service_ms");
  read_ = &owner.tally("read_ms");
  write_ = &owner.tally("write_ms");
  const auto count = [&](const char* name, std::uint64_t CassandraCounts::*of) {
    owner.count(name, [this, of] { return sum(of); });
  };
  count("reads", &CassandraCounts::reads);
  count("writes", &CassandraCounts::writes);
  const auto part = [this](std::uint64_t CassandraCounts::*of) {
    return [this, of](Time) { return static_cast<double>(sum(of)); };
  };
  owner.ratio("stale_reads", part(&CassandraCounts::stale_reads), part(&CassandraCounts::reads));
  owner.count("lost_writes", lost_writes_);
  count("ignored_writes", &CassandraCounts::ignored_writes);
  count("read_timeouts", &CassandraCounts::read_timeouts);
  count("write_timeouts", &CassandraCounts::write_timeouts);
  count("unavailable", &CassandraCounts::unavailable);
  count("speculative_retries", &CassandraCounts::speculative_retries);
  count("read_repairs", &CassandraCounts::read_repairs);
  count("read_failures", &CassandraCounts::read_failures);
  count("dropped_messages", &CassandraCounts::dropped);
  count("hints_stored", &CassandraCounts::hints_stored);
  owner.count("hints_replayed", hints_replayed_);
  owner.count("hints_expired", hints_expired_);
  owner.count("hints_not_stored", hints_not_stored_);
  if (params_->disk) furnish_disks(owner);
  for (std::uint32_t i = 0; i < params_->nodes; ++i) declare_metrics(node(i));
}

void Cassandra::declare_metrics(const CassandraNode& node) {
  Recorder::Owner& owner = measure(node);
  const double slots = static_cast<double>(params_->concurrent_reads + params_->concurrent_writes);
  owner.time_ratio(
      "utilization", [&node](Time now) { return node.busy_integral(now); },
      [slots](Time now) { return seconds(now) * slots; });
  owner.time_ratio(
      "cpu_utilization", [&node](Time now) { return node.cpu_integral(now); },
      [&node](Time now) { return seconds(now) * node.cores(); });
  owner.time_average("queue_length", [&node](Time now) { return node.waiting_integral(now); });
}

std::unique_ptr<Component> cassandra(World& world, std::string id, const CassandraParams& params) {
  return std::make_unique<Cassandra>(world, std::move(id), params);
}

std::vector<MetricInfo> cassandra_metrics() {
  return {
      {"read_ms", "ms",
       "cassandra: from the arrival of a read at its coordinator until its "
       "answer, also one that it failed.",
       MetricShape::kTimes},
      {"write_ms", "ms", "cassandra: the same of a write.", MetricShape::kTimes},
      {"ignored_writes", "requests",
       "cassandra: writes answered when a newer one to their key had been answered: the last "
       "write wins.",
       MetricShape::kCount},
      {"read_timeouts", "requests", "cassandra: reads that their coordinators gave up.",
       MetricShape::kCount},
      {"write_timeouts", "requests",
       "cassandra: writes that their coordinators gave up; they may be there all the same.",
       MetricShape::kCount},
      {"unavailable", "requests",
       "cassandra: requests refused since too few replicas were known to be alive.",
       MetricShape::kCount},
      {"speculative_retries", "requests", "cassandra: reads that asked one replica more.",
       MetricShape::kCount},
      {"read_repairs", "requests", "cassandra: reads that met replicas that differed.",
       MetricShape::kCount},
      {"read_failures", "requests",
       "cassandra: reads that failed since too many of the replicas that they asked could not "
       "read.",
       MetricShape::kCount},
      {"dropped_messages", "requests",
       "cassandra: reads and writes that came to a replica, or waited there, until nobody needed "
       "them.",
       MetricShape::kCount},
      {"hints_stored", "1", "cassandra: writes kept for a node that missed them.",
       MetricShape::kCount},
      {"hints_replayed", "1", "cassandra: those that the node has got since.", MetricShape::kCount},
      {"hints_expired", "1", "cassandra: those that were dropped for their age.",
       MetricShape::kCount},
      {"hints_not_stored", "1",
       "cassandra: writes not kept for a node that missed them: it had been down for too long, "
       "or hints are off.",
       MetricShape::kCount}};
}

}  // namespace highwater::database
