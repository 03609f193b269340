/// cache: key-value servers with real contents: Redis, memcached, a CDN, a cache in the process.
///
/// Without an `origin` it is asked beside the data (look-aside): a read says whether the key is
/// there, a write stores it, a delete removes it. With one it stands in the way of the requests
/// (read-through): a hit is answered from the contents; a miss is fetched from the origin with the
/// same endpoint and key, and the answer stored if it was no error; a write goes to the origin, at
/// once or later, and write_policy says what becomes of what is stored for its resource. Several
/// instances share the keys by hash. Who asks for a key on an instance that is down is refused, as
/// with memcached clients that eject nobody; with a membership its keys go to the others once they
/// have found out, and come back with it.
///
/// As a `cluster` its instances are masters and replicas that fail over (redis_cluster.h), with
/// `routing` nearest points of presence (points_of_presence.h); `hot_keys` have copies
/// (hot_keys.h); a step's `local` tier stands in front of it (near_caches.h); what an instance has
/// when it starts again is its `restore` (persistence.h).
///
/// Assumes  entries of equal size; look-aside keys are the requests' keys alone, so that two kinds
///          of data under the same numbers need two caches; a worker is free while the origin is
///          asked; without single_flight misses on the same key at the same time each ask the
///          origin; whatever was stored from a stale answer is stale at every hit; steps that
///          share entries agree on stale_while_revalidate and stale_if_error; a write does not
///          make a key exist that is absent; what comes from another cache is as fresh as if it
///          came from its source (no Age); what an instance holds that was taken for dead without
///          being so is as it was when its keys come back.
/// Source   RFC 5861; RFC 9111 (HTTP Caching) sections 3, 4 and 4.4; Redis 7.0.9; memcached 1.6
///          protocol.txt; R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (leases);
///          Oracle Coherence 12.2 (write-behind, refresh-ahead); the eviction policies name their
///          own in models/algorithms/caching.
/// Checked  tests/models/cache_test.cpp: hit ratios of LRU against Che's approximation and of TTL
///          caches against renewal theory, M/M/c/K waits and losses, conservation of entries;
///          cache_freshness_test.cpp: what keeps entries fresh and origins alive;
///          cache_write_test.cpp: what becomes of writes; tests/caches: tiers, clusters, hot keys,
///          restarts, points of presence.

#include "models/cache/cache.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/cache/cache_client.h"
#include "models/cache/cache_params.h"
#include "models/cache/hot_keys.h"
#include "models/cache/near_caches.h"
#include "models/cache/node.h"
#include "models/cache/points_of_presence.h"
#include "models/cache/redis_cluster.h"
#include "models/membership/members.h"
#include "models/placement.h"
#include "models/sharding.h"
#include "models/weak_points.h"

namespace highwater::cache {

namespace {

class Cache final : public Component,
                    public RemoteTier,
                    public HasEntries,
                    public LosesData,
                    public LosesNodes,
                    public CanHerd,
                    public HasLeaders,
                    public HasReplicas {
 public:
  using Params = CacheParams;
  Cache(World& world, std::string id, const CacheParams& params)
      : Component(world, std::move(id), "cache"),
        params_(params),
        shared_{params_, ResourceNames(world.symbols), world.key(this->id(), "service time")},
        placement_(params.cluster ? hashing::Scheme::redis_slot : params.sharding, this->id(),
                   params.replicas) {
    const std::uint32_t in_shard = params.nodes() / params.replicas;
    for (std::uint32_t i = 0; i < params.nodes(); ++i)
      add(std::make_unique<Node>(*this, shared_, i,
                                 place(world, params.zones, i / in_shard + i % in_shard)));
    if (params.membership) {
      members_.emplace(*this, *params.membership);
      watch([this](const Instance&, Change change) {
        if (change == Change::listing) share_keys();
      });
    }
    if (params.routing == Routing::nearest) points_.emplace(*this, params.sharding);
    if (params.cluster) {
      cluster_.emplace(*this, *params.cluster, params.replicas);
      shared_.cluster = &*cluster_;
    }
    if (params.hot_keys) hot_keys_.emplace(*params.hot_keys);
    if (has_client()) client_.emplace(*this, shared_.cluster);
    declare_metrics();
  }

  void connect(Directory& directory) override {
    if (members_) members_->connect(directory);
    if (cluster_) cluster_->connect(directory);
    const std::optional<ComponentRef>& origin = shared_.params.origin;
    if (!origin) return;
    Edge& edge = directory.edge(*this, directory.component(origin->id));
    const CallPolicy& policy = shared_.params.origin_policy;
    shared_.origin.emplace(world(), edge, policy, 0, fallback_edge(directory, *this, policy));
    measure_calls(*owner_, {&*shared_.origin}, instances().size());
  }

  void start() override {
    if (members_) members_->start();
    prefill();
    if (cluster_) cluster_->start();
  }

  Route route(const Request& request, const Instance& from) override {
    if (points_) return points_->nearest(request, from.zone());
    if (placement_.count() == 0) return nullptr;
    if (client_) return route_by_client(request);
    auto& node = static_cast<Node&>(*instances()[placement_.of(request.key)]);
    if (!shared_.origin) node.expect(request.key);
    return &node;
  }

  bool has_client() const override { return shared_.params.cluster || shared_.params.hot_keys; }
  void take(Attempt& attempt) override;

  bool answers(Symbol endpoint) const override {
    return !shared_.origin || shared_.origin->callee().answers(endpoint);
  }
  std::vector<std::string> endpoints() const override {
    return shared_.origin ? shared_.origin->callee().endpoints() : std::vector<std::string>{};
  }
  void examine(const Examination& examination) const override {
    if (points_ && world().network.zones() == 0)
      examination.problems.error(examination.where.find("routing")->position(),
                                 pointer_to(examination.path, "routing"),
                                 "the network has no zones, so nothing is nearer than the rest");
  }

  std::uint64_t flush(Instance& instance, double share, RandomKey salt) override {
    // A replica refuses to be written to.
    if (cluster_ && !cluster_->is_master(instance)) return 0;
    return static_cast<Node&>(instance).drop(share, salt, true);
  }
  void lose_data(Instance& instance, double share, RandomKey salt) override {
    static_cast<Node&>(instance).drop(share, salt, false);
  }
  std::string lacks_checksums() const override {
    return "keeps its entries in memory, without checksums";
  }
  void corrupt_data(Instance&, double, RandomKey) override {}  // see lacks_checksums()
  void restore_data(Instance&, RandomKey) override {}          // the misses do that
  std::string lacks_unsynced() const override {
    return shared_.params.restore.is<EmptyForm>()
               ? "has no \"restore\": a node that dies loses all anyway, use kill"
               : "";
  }
  void lose_unsynced(Instance&) override {}  // whoever dies has what was flushed, and no more
  bool must_tell() const override { return !members_ && !cluster_; }
  void lose_node(Instance& instance) override { static_cast<Node&>(instance).lose_all(); }
  void take_off_list(Instance& instance) override;
  void put_on_list(Instance& instance) override;
  std::string lacks_herd() const override {
    return shared_.params.ttl || !shared_.params.origin
               ? ""
               : "has no \"ttl\": nothing that it stores expires";
  }
  bool herds_every() const override { return false; }
  void gather(Instance& instance, Time, Duration) override {
    static_cast<Node&>(instance).expire_together();
  }
  void scatter(Instance& instance, Time since, Duration) override {
    static_cast<Node&>(instance).expire_apart(since);
  }
  std::string lacks_leaders() const override {
    return cluster_ ? "" : "is no \"cluster\", in which masters could be followed by others";
  }
  std::size_t parts() const override { return shared_.params.replicas; }
  Instance* leader_of(std::size_t part) override {
    Node& master = node(cluster_->leader(static_cast<std::uint32_t>(part)));
    return master.up() ? &master : nullptr;
  }
  std::string lacks_replicas() const override {
    return cluster_ && shared_.params.cluster->replicas_per_shard > 0
               ? ""
               : "has no \"cluster\" with replicas, which could lag";
  }
  std::string lacks_pause() const override { return "has no replication that could be paused"; }
  void delay_replication(Instance& instance, Duration add) override {
    cluster_->delay(instance, add);
  }
  void pause_replication(Instance&) override {}  // see lacks_pause()
  void resume_replication(Instance&) override {}
  std::vector<std::string> changeable() const override {
    std::vector<std::string> names{
        "ttl", "ttl_jitter", "expiry", "capacity", "queue.capacity", "service_time", "start_time"};
    if (shared_.origin)
      for (std::string& name : changeable_policy("")) names.push_back(std::move(name));
    return names;
  }
  void reconfigure(const Blueprint& changed) override {
    const std::optional<std::uint64_t> before = params_.capacity;
    params_ = params_in<CacheParams>(changed);
    if (shared_.origin) shared_.origin->reconfigure(params_.origin_policy);
    for (const auto& instance : instances())
      static_cast<Node&>(*instance).reconfigure(params_.capacity != before);
  }

  bool takes_near_caches() const override { return !shared_.params.origin; }
  void join(NearCaches& near) override;

 private:
  void declare_metrics();
  void prefill();
  /// A shard, or where there is no cluster an instance, that holds a copy of the key.
  std::uint32_t place_of(std::uint64_t key, std::uint32_t copy) const {
    return (static_cast<std::uint32_t>(placement_.of(key)) + copy) % shared_.params.replicas;
  }
  /// The one that this request is about.
  std::uint32_t place_of(const Request& request) const {
    const bool has_copies = hot_keys_ && hot_keys_->is_hot(request.key);
    return place_of(request.key, has_copies ? hot_keys_->copy_for(request.id) : 0);
  }
  Node& node(std::size_t number) { return static_cast<Node&>(*instances()[number]); }
  Route route_by_client(const Request& request);
  void no_longer_hot(std::uint64_t key);
  /// Among those that are listed.
  void share_keys() {
    std::vector<std::uint32_t> listed;
    for (const auto& instance : instances())
      if (instance->listed()) listed.push_back(instance->index());
    placement_ = Shards(shared_.params.sharding, id(), std::move(listed));
    if (points_) points_->look_around();
  }
  static const Node& node(const std::unique_ptr<Instance>& instance) {
    return static_cast<const Node&>(*instance);
  }
  /// Sums over the instances.
  std::uint64_t total(std::uint64_t Counts::*of) const {
    std::uint64_t sum = 0;
    for (const auto& instance : instances()) sum += node(instance).counts().*of;
    return sum;
  }
  double total(double (Node::*of)(Time) const, Time now) const {
    double sum = 0;
    for (const auto& instance : instances()) sum += (node(instance).*of)(now);
    return sum;
  }
  double most_received() const {
    std::uint64_t most = 0;
    for (const auto& instance : instances()) most = std::max(most, instance->received());
    return static_cast<double>(most);
  }

  CacheParams params_;
  Shared shared_;
  Shards placement_;
  std::optional<membership::Members> members_;
  std::optional<PointsOfPresence> points_;
  std::optional<RedisCluster> cluster_;
  std::optional<HotKeys> hot_keys_;
  std::optional<CacheClient> client_;
  std::vector<const Instance*> replaced_;  // lost, and on the list again once the next one serves
  bool watches_ = false;
  NearRegistry near_;
  Recorder::Owner* owner_ = nullptr;
};

void Cache::prefill() {
  const std::uint64_t count = shared_.params.prefill;
  if (count == 0) return;
  // The least popular first: those are what leaves where there is no room for all.
  for (std::uint64_t key = count; key-- > 0;) {
    const std::size_t home = placement_.of(key);
    if (!cluster_) {
      node(home).prefill(key);
      continue;
    }
    const std::size_t in_shard = instances().size() / shared_.params.replicas;
    for (std::size_t i = home * in_shard; i < (home + 1) * in_shard; ++i) node(i).prefill(key);
  }
  for (std::size_t i = 0; i < instances().size(); ++i) node(i).save_all();
}

Route Cache::route_by_client(const Request& request) {
  if (hot_keys_)
    hot_keys_->count(request.key, world().now(), [this](std::uint64_t key) { no_longer_hot(key); });
  // Of a cluster the client finds the node itself.
  return cluster_ ? instances().front().get() : &node(place_of(request));
}

void Cache::take(Attempt& attempt) {
  const Request& request = attempt.request();
  // What a cache step stores goes where it was looked for.
  const bool to_all = hot_keys_ && request.operation != Operation::read &&
                      request.terms == nullptr && hot_keys_->is_hot(request.key);
  if (!to_all && !cluster_) return attempt.depart();
  std::vector<std::uint32_t> places;
  if (to_all)
    for (std::uint32_t copy = 0; copy < hot_keys_->copies(); ++copy)
      places.push_back(place_of(request.key, copy));
  else
    places.push_back(place_of(request));
  client_->send(attempt, places);
}

void Cache::take_off_list(Instance& instance) {
  instance.hold_back();
  share_keys();
}

void Cache::put_on_list(Instance& instance) {
  replaced_.push_back(&instance);
  if (std::exchange(watches_, true)) return;
  watch([this](const Instance& started, Change change) {
    if (change != Change::up) return;
    const auto times = std::erase(replaced_, &started);
    if (times == 0) return;
    for (auto i = times; i > 0; --i) instances()[started.index()]->let_in();
    share_keys();
  });
}

void Cache::no_longer_hot(std::uint64_t key) {
  for (std::uint32_t copy = 1; copy < hot_keys_->copies(); ++copy) {
    const std::size_t place = place_of(key, copy);
    if (!cluster_) {
      node(place).drop(key);
      continue;
    }
    for (std::size_t i = 0; i < instances().size(); ++i)
      if (cluster_->shard_of(*instances()[i]) == place && cluster_->is_master(*instances()[i]))
        node(i).drop(key);
  }
}

void Cache::join(NearCaches& near) {
  near_.add(near);
  if (shared_.near != nullptr) return;
  shared_.near = &near_;
  const auto number = [this](std::uint64_t NearCounts::*of) {
    return [this, of](Time) { return static_cast<double>(near_.total(of)); };
  };
  const auto count = [&](const char* name, std::uint64_t NearCounts::*of) {
    owner_->count(name, [this, of] { return near_.total(of); });
  };
  owner_->ratio("local_hit_ratio", number(&NearCounts::hits), number(&NearCounts::lookups));
  count("local_lookups", &NearCounts::lookups);
  count("local_hits", &NearCounts::hits);
  count("local_stale", &NearCounts::stale);
  count("invalidations", &NearCounts::invalidations);
}

void Cache::declare_metrics() {
  Recorder::Owner& owner = measure();
  owner_ = &owner;
  const double replicas = static_cast<double>(shared_.params.nodes());
  const double workers = static_cast<double>(shared_.params.workers);
  const auto number = [this](std::uint64_t Counts::*of) {
    return [this, of](Time) { return static_cast<double>(total(of)); };
  };
  const auto count = [&](const char* name, std::uint64_t Counts::*of) {
    owner.count(name, [this, of] { return total(of); });
  };
  const auto integral = [this](double (Node::*of)(Time) const) {
    return [this, of](Time now) { return total(of, now); };
  };
  owner.ratio("hit_ratio", number(&Counts::hits), number(&Counts::lookups));
  count("lookups", &Counts::lookups);
  count("hits", &Counts::hits);
  count("negative_hits", &Counts::negative_hits);
  count("stale_served", &Counts::stale_served);
  count("evictions", &Counts::evictions);
  count("expirations", &Counts::expirations);
  count("refusals", &Counts::refusals);
  count("origin_fetches", &Counts::origin_fetches);
  count("coalesced", &Counts::coalesced);
  count("leases", &Counts::leases);
  count("lease_waits", &Counts::lease_waits);
  count("void_stores", &Counts::void_stores);
  count("coalesced_writes", &Counts::coalesced_writes);
  count("lost_writes", &Counts::lost_writes);
  owner.time_average("pending_writes", integral(&Node::pending_writes_integral));
  owner.time_average("entries", integral(&Node::entries_integral));
  owner.time_ratio("utilization", integral(&Node::busy_integral),
                   [=](Time now) { return seconds(now) * workers * replicas; });
  owner.time_average("queue_length", integral(&Node::waiting_integral));
  shared_.wait = &owner.tally("wait_ms");
  shared_.service = &owner.tally("service_ms");
  if (members_) members_->measure(owner);
  if (cluster_) cluster_->measure(owner);
  if (instances().size() > 1)
    owner.ratio(
        "hottest_share", [this](Time) { return most_received(); },
        [this](Time) { return static_cast<double>(received()); });
  if (hot_keys_)
    owner.time_average("hot_keys", [this](Time now) { return hot_keys_->integral(now); });
  for (const auto& instance : instances()) {
    const Node& node = this->node(instance);
    Recorder::Owner& own = measure(node);
    own.ratio(
        "hit_ratio", [&node](Time) { return static_cast<double>(node.counts().hits); },
        [&node](Time) { return static_cast<double>(node.counts().lookups); });
    own.time_average("entries", [&node](Time now) { return node.entries_integral(now); });
    own.time_ratio(
        "utilization", [&node](Time now) { return node.busy_integral(now); },
        [workers](Time now) { return seconds(now) * workers; });
    own.time_average("queue_length", [&node](Time now) { return node.waiting_integral(now); });
  }
}

}  // namespace

ModelKind cache() {
  std::vector<MetricInfo> metrics = common_component_metrics();
  metrics.insert(
      metrics.end(),
      {{"hit_ratio", "1", "Hits / look-ups."},
       {"lookups", "requests", "Keys looked up.", MetricShape::kCount},
       {"hits", "requests", "Look-ups that found an entry to use.", MetricShape::kCount},
       {"negative_hits", "requests", "Hits on the knowledge that there is nothing.",
        MetricShape::kCount},
       {"stale_served", "requests", "Answers from entries past their end.", MetricShape::kCount},
       {"evictions", "entries", "Entries that left to make room for another.", MetricShape::kCount},
       {"expirations", "entries", "Entries that left because their time was over.",
        MetricShape::kCount},
       {"refusals", "entries",
        "Entries that were not stored, because nothing might be evicted for them.",
        MetricShape::kCount},
       {"origin_fetches", "requests", "Requests for data to the origin.", MetricShape::kCount},
       {"coalesced", "requests", "Misses that shared another one's request to the origin.",
        MetricShape::kCount},
       {"leases", "requests", "Leases given to those who will fetch a key.", MetricShape::kCount},
       {"lease_waits", "requests", "Misses told to wait, because somebody has the lease.",
        MetricShape::kCount},
       {"void_stores", "requests", "Stores refused, because their lease was void.",
        MetricShape::kCount},
       {"coalesced_writes", "requests", "Writes that replaced one that waited for the origin.",
        MetricShape::kCount},
       {"lost_writes", "requests", "Writes that were answered and never reached the origin.",
        MetricShape::kCount},
       {"pending_writes", "requests", "Writes that wait for the origin, over all instances."},
       {"entries", "entries",
        "Entries held, over all instances; those included whose time is over and nobody noticed."},
       {"utilization", "1", "Busy workers / workers."},
       {"queue_length", "requests", "Requests waiting for a worker, over all instances."},
       {"wait_ms", "ms", "From arrival at an instance to a worker.", MetricShape::kTimes},
       {"service_ms", "ms", "With a worker; the time of the origin is not in it.",
        MetricShape::kTimes}});
  metrics.insert(
      metrics.end(),
      {{"hottest_share", "1",
        "Requests of the instance that got most of them / requests, where there are several."},
       {"hot_keys", "keys", "Keys that are hot, where they are looked for."},
       {"local_hit_ratio", "1", "Hits / look-ups of the local tiers in front of it."},
       {"local_lookups", "requests", "Keys looked up in local tiers.", MetricShape::kCount},
       {"local_hits", "requests", "Look-ups that a local tier answered.", MetricShape::kCount},
       {"local_stale", "requests",
        "Of those, answers that somebody had changed since they were stored.", MetricShape::kCount},
       {"invalidations", "entries", "Entries that local tiers dropped because they were told to.",
        MetricShape::kCount}});
  for (MetricInfo& metric : redis_cluster_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : membership::membership_metrics()) metrics.push_back(std::move(metric));
  return model_kind<Cache>("cache",
                           "A cache with real contents: look-aside, or in the way of the requests.",
                           "RFC 9111; Redis 7.0.9; SCENARIO: cache", std::move(metrics));
}

}  // namespace highwater::cache
