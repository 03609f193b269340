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
/// Assumes  entries of equal size; look-aside keys are the requests' keys alone, so that two kinds
///          of data under the same numbers need two caches; a worker is free while the origin is
///          asked; without single_flight misses on the same key at the same time each ask the
///          origin; whatever was stored from a stale answer is stale at every hit; steps that
///          share entries agree on stale_while_revalidate and stale_if_error; a write does not
///          make a key exist that is absent; what an instance holds that was taken for dead
///          without being so is as it was when its keys come back.
/// Source   RFC 5861; RFC 9111 (HTTP Caching) sections 3, 4 and 4.4; Redis 7.0.9; memcached 1.6
///          protocol.txt; R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (leases);
///          Oracle Coherence 12.2 (write-behind, refresh-ahead); the eviction policies name their
///          own in models/algorithms/caching.
/// Checked  tests/models/cache_test.cpp: hit ratios of LRU against Che's approximation and of TTL
///          caches against renewal theory, M/M/c/K waits and losses, conservation of entries;
///          cache_freshness_test.cpp: what keeps entries fresh and origins alive;
///          cache_write_test.cpp: what becomes of writes.

#include "models/cache/cache.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/cache/cache_params.h"
#include "models/cache/node.h"
#include "models/membership/members.h"
#include "models/placement.h"
#include "models/sharding.h"

namespace highwater::cache {

namespace {

class Cache final : public Component {
 public:
  using Params = CacheParams;
  Cache(World& world, std::string id, const CacheParams& params)
      : Component(world, std::move(id), "cache"),
        shared_{params, ResourceNames(world.symbols), world.key(this->id(), "service time")},
        placement_(params.sharding, this->id(), params.replicas) {
    for (std::uint32_t i = 0; i < params.replicas; ++i)
      add(std::make_unique<Node>(*this, shared_, i, place(world, params.zones, i)));
    if (params.membership) {
      members_.emplace(*this, *params.membership);
      watch([this](const Instance&, Change change) {
        if (change == Change::listing) share_keys();
      });
    }
    declare_metrics();
  }

  void connect(Directory& directory) override {
    if (members_) members_->connect(directory);
    const std::optional<ComponentRef>& origin = shared_.params.origin;
    if (!origin) return;
    Edge& edge = directory.edge(*this, directory.component(origin->id));
    const CallPolicy& policy = shared_.params.origin_policy;
    shared_.origin.emplace(world(), edge, policy, 0, fallback_edge(directory, *this, policy));
    measure_calls(*owner_, {&*shared_.origin}, instances().size());
  }

  void start() override {
    if (members_) members_->start();
  }

  Route route(const Request& request, const Instance&) override {
    if (placement_.count() == 0) return nullptr;
    auto& node = static_cast<Node&>(*instances()[placement_.of(request.key)]);
    if (!shared_.origin) node.expect(request.key);
    return &node;
  }

  bool answers(Symbol endpoint) const override {
    return !shared_.origin || shared_.origin->callee().answers(endpoint);
  }
  std::vector<std::string> endpoints() const override {
    return shared_.origin ? shared_.origin->callee().endpoints() : std::vector<std::string>{};
  }

 private:
  void declare_metrics();
  /// Among those that are listed.
  void share_keys() {
    std::vector<std::uint32_t> listed;
    for (const auto& instance : instances())
      if (instance->listed()) listed.push_back(instance->index());
    placement_ = Shards(shared_.params.sharding, id(), std::move(listed));
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

  Shared shared_;
  Shards placement_;
  std::optional<membership::Members> members_;
  Recorder::Owner* owner_ = nullptr;
};

void Cache::declare_metrics() {
  Recorder::Owner& owner = measure();
  owner_ = &owner;
  const double replicas = static_cast<double>(shared_.params.replicas);
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
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : membership::membership_metrics()) metrics.push_back(std::move(metric));
  return model_kind<Cache>("cache",
                           "A cache with real contents: look-aside, or in the way of the requests.",
                           "RFC 9111; Redis 7.0.9; SCENARIO: cache", std::move(metrics));
}

}  // namespace highwater::cache
