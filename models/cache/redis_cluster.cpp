#include "models/cache/redis_cluster.h"

#include <algorithm>
#include <string>
#include <utility>

#include "models/cache/node.h"

namespace highwater::cache {

std::int64_t RedisCluster::Ways::time(std::uint32_t from, std::uint32_t to, bool) {
  const auto instances = cache_.instances();
  const auto time =
      edge->message_time({*instances[from], *instances[to]}, Direction::request, random_);
  return time ? time->count() : -1;
}

namespace {

membership::NetworkOptions network_over(membership::Ways& ways) {
  membership::NetworkOptions options;
  options.ways = &ways;
  return options;
}

}  // namespace

RedisCluster::RedisCluster(Component& cache, const RedisClusterParams& params,
                           std::uint32_t masters)
    : cache_(cache),
      params_(params),
      shards_(masters),
      in_shard_(params.replicas_per_shard + 1),
      ways_(cache),
      bus_(params.options(), network_over(ways_), masters, params.replicas_per_shard,
           cache.world().stream(cache.id(), "cluster bus")),
      members_(nodes()),
      lag_random_(cache.world().stream(cache.id(), "replication lag")),
      choice_key_(cache.world().key(cache.id(), "choice of a node")) {
  for (std::uint32_t i = 0; i < nodes(); ++i) {
    const std::uint32_t master = i - i % in_shard_;
    members_[i].master = master;
    if (i != master) members_[i].follows = master;
    if (i == master) leads_.push_back(master);
  }
}

Node& RedisCluster::node(std::uint32_t number) const {
  return static_cast<Node&>(*cache_.instances()[number]);
}

void RedisCluster::connect(Directory& directory) {
  ways_.edge = &directory.edge(cache_, cache_);
}

void RedisCluster::start() {
  cache_.watch(
      [this](const Instance& instance, Component::Change change) { changed(instance, change); });
  bus_.start(nanoseconds(world().now()));
  run();
}

std::uint32_t RedisCluster::node_for(const SlotMap& map, std::uint32_t shard,
                                     const Request& request) const {
  const std::uint32_t master = map.masters[shard];
  if (params_.read_from == ReadFrom::master || request.operation != Operation::read) return master;
  const std::uint32_t first = shard * in_shard_;
  std::uint32_t there = 0;
  for (std::uint32_t i = first; i < first + in_shard_; ++i)
    there += i != master && map.away[i] == 0;
  if (there == 0) return master;
  RequestRandom random(choice_key_, request.id, request.path);
  std::uint64_t skip = random.below(there);
  for (std::uint32_t i = first; i < first + in_shard_; ++i)
    if (i != master && map.away[i] == 0 && skip-- == 0) return i;
  return master;
}

void RedisCluster::read_map(SlotMap& map, std::uint32_t node) const {
  map.masters.resize(shards_);
  map.away.assign(nodes(), 0);
  for (std::uint32_t s = 0; s < shards_; ++s) map.masters[s] = bus_.master(node, s);
  for (std::uint32_t i = 0; i < nodes(); ++i) map.away[i] = bus_.failed(node, i);
}

void RedisCluster::read_map(SlotMap& map) const {
  for (std::uint32_t i = 0; i < nodes(); ++i)
    if (bus_.serves(i)) return read_map(map, i);
  read_map(map, 0);
}

std::uint32_t RedisCluster::any_but(std::uint32_t other, const Request& request) const {
  RequestRandom random(choice_key_, request.id, ~request.path);
  const auto drawn = static_cast<std::uint32_t>(random.below(nodes() - 1));
  return drawn + (drawn >= other);
}

std::optional<Reply> RedisCluster::refuses(const Instance& instance, const Request& request) {
  const std::uint32_t number = instance.index();
  if (!bus_.serves(number)) {
    ++refused_;
    Reply reply{Status::rejected};
    reply.lease = Redirect::kDown;
    return reply;
  }
  const std::uint32_t shard = request.part >> 1;
  const std::uint32_t master = bus_.master(number, shard);
  const bool may_read = (request.part & 1) != 0 && shard == shard_of(instance);
  if (master == number || may_read) return std::nullopt;
  ++redirects_;
  Reply reply{Status::rejected};
  reply.lease = Redirect::kMoved | master;
  return reply;
}

void RedisCluster::catch_up(const Instance& instance) {
  apply(instance.index());
}

bool RedisCluster::is_behind(const Instance& instance, std::uint64_t key) const {
  return members_[instance.index()].keys.contains(key);
}

template <class Each>
void RedisCluster::each_replica_of(std::uint32_t master, Each each) {
  const std::uint32_t first = master - master % in_shard_;
  for (std::uint32_t i = first; i < first + in_shard_; ++i)
    if (i != master && members_[i].follows == master) each(i);
}

void RedisCluster::stored(const Instance& instance, const caching::Item& item) {
  send(instance.index(), &item, item.key);
}

void RedisCluster::erased(const Instance& instance, std::uint64_t key) {
  send(instance.index(), nullptr, key);
}

void RedisCluster::send(std::uint32_t from, const caching::Item* item, std::uint64_t key) {
  each_replica_of(from, [&](std::uint32_t to) {
    Member& replica = members_[to];
    const Ends ends(*cache_.instances()[from], *cache_.instances()[to]);
    if (ways_.edge->is_cut(ends)) {
      // The connection breaks; it follows again once it gets through.
      replica.follows.reset();
      return;
    }
    apply(to);
    const auto network = ways_.edge->message_time(ends, Direction::request, lag_random_);
    const Duration lag = params_.replication_lag.draw(lag_random_) + network.value_or(Duration{0}) +
                         replica.added_lag;
    const std::int64_t due = nanoseconds(world().simulation.after(lag));
    if (item != nullptr)
      replica.log.store(*item, due);
    else
      replica.log.erase(key, due);
    if (params_.read_from == ReadFrom::replica) ++replica.keys[key];
    replica.on_its_way.push_back(members_[from].offset);
  });
}

void RedisCluster::apply(std::uint32_t number) {
  Member& replica = members_[number];
  if (replica.log.size() == 0) return;
  node(number).apply(replica.log, [&](std::uint64_t key) {
    replica.offset = replica.on_its_way.front();
    replica.on_its_way.pop_front();
    const auto counted = replica.keys.find(key);
    if (counted != replica.keys.end() && --counted->second == 0) replica.keys.erase(counted);
  });
}

void RedisCluster::changed(const Instance& instance, Component::Change change) {
  if (change == Component::Change::down) died(instance.index());
  if (change == Component::Change::up) {
    const std::uint32_t number = instance.index();
    bus_.restart(number, nanoseconds(world().now()));
    members_[number].master = bus_.master(number, shard_of(instance));
    // A master has what it restores, and those who take it for the master copy that.
    for (std::uint32_t i = 0; i < nodes(); ++i)
      if (cache_.instances()[i]->up() && !members_[i].follows) follow(i);
    run();
  }
}

void RedisCluster::died(std::uint32_t number) {
  Member& dead = members_[number];
  dead.died = world().now();
  dead.follows.reset();
  const auto forget = [](Member& member) {
    member.log.clear();
    member.keys.clear();
    member.on_its_way.clear();
  };
  forget(dead);
  each_replica_of(number, [&](std::uint32_t i) {
    apply(i);
    forget(members_[i]);
    members_[i].follows.reset();
    bus_.holds(i, members_[i].offset);
  });
  if (dead.fork) lost_ += dead.offset - *std::exchange(dead.fork, std::nullopt);
  bus_.kill(number, cache_.instances()[number]->swallows(), nanoseconds(world().now()));
}

void RedisCluster::follow(std::uint32_t number) {
  Member& replica = members_[number];
  const std::uint32_t master = replica.master;
  if (master == number || !cache_.instances()[master]->up() || !bus_.is_master(master)) return;
  replica.log.clear();
  replica.keys.clear();
  replica.on_its_way.clear();
  replica.follows = master;
  replica.offset = members_[master].offset;
  node(number).copy_contents(node(master));
  bus_.holds(number, replica.offset);
}

void RedisCluster::run() {
  promotions_.clear();
  bus_.run(nanoseconds(world().now()), promotions_);
  for (const membership::RedisPromotion& promotion : promotions_) promoted(promotion.node);
  for (std::uint32_t i = 0; i < nodes(); ++i) {
    Member& member = members_[i];
    if (!cache_.instances()[i]->up()) continue;
    const std::uint32_t master = bus_.master(i, i / in_shard_);
    const bool reconnects =
        master != i && !member.follows &&
        !ways_.edge->is_cut({*cache_.instances()[i], *cache_.instances()[master]});
    if (master == member.master && !reconnects) continue;
    member.master = master;
    if (member.fork) lost_ += member.offset - *std::exchange(member.fork, std::nullopt);
    follow(i);
  }
  if (bus_.next() != membership::RedisBus<RandomStream>::kNever)
    world().simulation.reschedule_after(
        wake_, std::max(Time{Duration{bus_.next()}} - world().now(), Duration{0}));
}

void RedisCluster::promoted(std::uint32_t number) {
  const std::uint32_t shard = number / in_shard_;
  const std::uint32_t old = std::exchange(leads_[shard], number);
  const Instance& before = *cache_.instances()[old];
  Member& member = members_[number];
  member.follows.reset();
  member.master = number;
  node(number).save_all();  // it has persisted what its master did
  ++failovers_;
  if (before.up()) {
    members_[old].fork = member.offset;
  } else {
    lost_ += members_[old].offset - member.offset;
    failover_time_->record(world().now(), world().now() - members_[old].died);
  }
  world().happened("failover", cache_.instances()[number]->label() + " is the master of shard " +
                                   std::to_string(shard));
}

void RedisCluster::measure(Recorder::Owner& owner) {
  owner.count("failovers", failovers_);
  failover_time_ = &owner.tally("failover_ms");
  owner.count("failover_lost_writes", lost_);
  owner.count("redirects", redirects_);
  owner.count("cluster_down", refused_);
}

std::vector<MetricInfo> redis_cluster_metrics() {
  return {{"failovers", "failovers", "Replicas that became the master of their shard.",
           MetricShape::kCount},
          {"failover_ms", "ms", "From the death of a master to the next one of its shard.",
           MetricShape::kTimes},
          {"failover_lost_writes", "requests",
           "Stores and deletes that were answered and lost in a failover.", MetricShape::kCount},
          {"redirects", "requests", "Requests that a node sent elsewhere (MOVED).",
           MetricShape::kCount},
          {"cluster_down", "requests",
           "Requests that a node refused because the cluster is down to it (CLUSTERDOWN).",
           MetricShape::kCount}};
}

}  // namespace highwater::cache
