/// cache: key-value servers with real contents: Redis, memcached, a CDN, a cache in the process.
///
/// Without an `origin` it is asked beside the data (look-aside): a read says whether the key is
/// there, a write stores it. With one it stands in the way of the requests (read-through): a hit is
/// answered from the contents; a miss is fetched from the origin with the same endpoint and key,
/// and the answer stored if it was no error; a write goes through to the origin and removes what is
/// stored for its resource. Several instances share the keys by hash, and who asks for a key on an
/// instance that is down is refused, as with memcached clients that eject nobody.
///
/// Assumes  entries of equal size; look-aside keys are the requests' keys alone, so that two kinds
///          of data under the same numbers need two caches; a worker is free while the origin is
///          asked; without single_flight misses on the same key at the same time each ask the
///          origin; whatever was stored from a stale answer is stale at every hit.
/// Source   RFC 5861; RFC 9111 (HTTP Caching) sections 3, 4 and 4.4; Redis 7.0.9; memcached 1.6
/// protocol.txt;
///          the eviction policies name their own in models/algorithms/caching.
/// Checked  tests/models/cache_test.cpp: hit ratios of LRU against Che's approximation and of TTL
///          caches against renewal theory, M/M/c/K waits and losses, conservation of entries.

#include "models/cache/cache.h"

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/call.h"
#include "models/algorithms/caching/freshness.h"
#include "models/algorithms/caching/policy.h"
#include "models/algorithms/caching/single_flight.h"
#include "models/cache/cache_params.h"
#include "models/cache/resource_names.h"
#include "models/placement.h"
#include "models/sharding.h"
#include "models/slowdown.h"

namespace highwater::cache {

caching::FreshnessRules CacheParams::rules() const {
  caching::FreshnessRules rules;
  if (stale_while_revalidate) rules.stale_while_revalidate = stale_while_revalidate->count();
  if (stale_if_error) rules.stale_if_error = stale_if_error->count();
  if (early_expiration) rules.early_beta = early_expiration->value;
  if (refresh_ahead) rules.refresh_ahead = refresh_ahead->value;
  return rules;
}

caching::Options CacheParams::options() const {
  caching::Options options;
  const auto apply = [&options](const auto& group) {
    if (group) group->apply(options);
  };
  apply(arc);
  apply(two_queue);
  apply(slru);
  apply(s3_fifo);
  apply(redis_sampling);
  apply(redis_lfu);
  apply(memcached);
  return options;
}

void CacheParams::check(const Value& where, const std::string& path, Problems& problems) const {
  using caching::Policy;
  const auto belongs = [&](std::string_view name, bool given,
                           std::initializer_list<Policy> owners) {
    if (!given || std::find(owners.begin(), owners.end(), policy) != owners.end()) return;
    problems.error(
        where.find(name)->position(), pointer_to(path, name),
        "the policy is " + std::string(caching::kPolicies[static_cast<std::size_t>(policy)].name));
  };
  belongs("arc", arc.has_value(), {Policy::arc});
  belongs("two_queue", two_queue.has_value(), {Policy::two_queue});
  belongs("slru", slru.has_value(), {Policy::slru});
  belongs("s3_fifo", s3_fifo.has_value(), {Policy::s3_fifo});
  belongs("redis_sampling", redis_sampling.has_value(),
          {Policy::redis_lru, Policy::redis_volatile_lru, Policy::redis_volatile_ttl});
  belongs("redis_lfu", redis_lfu.has_value(), {Policy::redis_lfu, Policy::redis_volatile_lfu});
  belongs("memcached", memcached.has_value(), {Policy::memcached});
  if (const Value* given = where.find("sharding")) {
    if (sharding == hashing::Scheme::range)
      problems.error(given->position(), pointer_to(path, "sharding"),
                     "caches do not know how far their keys reach, so they cannot cut them into "
                     "ranges");
    else if (replicas == 1)
      problems.warning(given->position(), pointer_to(path, "sharding"),
                       "has no effect on a single instance");
  }
  for (const char* name : {"expiry", "ttl_jitter"})
    if (const Value* given = where.find(name); given != nullptr && !ttl && name[0] == 'e')
      problems.error(given->position(), pointer_to(path, name), "needs a ttl that can slide");
  if (origin) {
    for (const char* name :
         {"stale_while_revalidate", "stale_if_error", "early_expiration", "refresh_ahead"})
      if (const Value* given = where.find(name); given != nullptr && !ttl)
        problems.error(given->position(), pointer_to(path, name),
                       "is about the end of an entry's ttl, and there is none");
    return;
  }
  for (const char* name : {"timeout", "retry", "stale_while_revalidate", "stale_if_error",
                           "early_expiration", "refresh_ahead", "single_flight"})
    if (const Value* given = where.find(name))
      problems.error(given->position(), pointer_to(path, name),
                     "is about what is fetched from an `origin`, and there is none");
}

namespace {

class Cache;

/// One process with its contents. It serves without coroutines, since a look-up is the commonest
/// thing in many systems; only a fetch from the origin is one.
class Node final : public Instance {
 public:
  Node(Cache& cache, std::uint32_t index, Zone zone);

  std::uint64_t lookups() const { return lookups_; }
  std::uint64_t hits() const { return hits_; }
  std::uint64_t evictions() const { return evictions_; }
  std::uint64_t stale_served() const { return stale_served_; }
  std::uint64_t coalesced() const { return coalesced_; }
  std::uint64_t fetches() const { return fetches_; }
  std::uint64_t refusals() const { return other_refusals_ + contents_.refusals(); }
  std::uint64_t expirations() const { return other_expirations_ + contents_.expirations(); }
  /// A request about this key is on its way: a large cache is out of the processor's own, so that
  /// half of a look-up is waiting for memory, which can begin now.
  void expect(std::uint64_t key) const { __builtin_prefetch(contents_.first_place(key)); }
  double busy_integral(Time now) const { return busy_.total(now); }
  double waiting_integral(Time now) const { return waiting_.total(now); }
  double entries_integral(Time now) const { return entries_.total(now); }

 private:
  /// A worker with the request in its hands; fires when its time with it is over.
  struct Worker final : Event {
    explicit Worker(Node& n) : Event(&Worker::fire), node(n) {}
    static void fire(Event& event) {
      auto& worker = static_cast<Worker&>(event);
      worker.node.finish(worker);
    }

    Node& node;
    Served served;
    Time started{};
  };
  struct Waiting {
    Served served;
    Time since{};
  };

  void receive(Served served) override;
  void killed() override;
  Duration start_time() const override;

  Worker* idle_worker();
  void begin(Worker& worker, Served served, Time arrived);
  void finish(Worker& worker);
  void execute(Served served);
  void execute_inline(Served served);
  Reply look_up(std::uint64_t key);
  void store(const Request& request, std::uint64_t key, bool stale, Duration fetch_time = {});
  void erase(std::uint64_t key);
  caching::Freshness freshness_of(const caching::Lookup& found);
  void slide(std::uint64_t key, const caching::Lookup& found);
  /// Fetches and answers. `fallback` answers where the origin fails.
  Task<> fetch(Served served, std::uint64_t key, std::optional<Reply> fallback);
  /// Fetches with nobody waiting for it.
  Task<> refresh(Request request, std::uint64_t key);
  Task<> write_through(Served served, std::uint64_t key);

  Cache& cache_;
  caching::Cache contents_;
  RandomStream evictions_random_;
  RandomStream freshness_random_;
  caching::FreshnessRules rules_;
  caching::SingleFlight<Served> flights_;  // of misses, where they share
  std::set<std::uint64_t> refreshing_;     // keys that answer while they are fetched anew
  Lane* lane_ = nullptr;                   // of a constant service time
  std::deque<Worker> workers_;
  std::vector<Worker*> idle_;
  std::deque<Waiting> line_;
  TimeIntegral busy_;
  TimeIntegral waiting_;
  TimeIntegral entries_;
  std::uint64_t lookups_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t stale_served_ = 0;
  std::uint64_t coalesced_ = 0;
  std::uint64_t fetches_ = 0;
  std::uint64_t other_refusals_ = 0;     // in an earlier life
  std::uint64_t other_expirations_ = 0;  // pushed out by a store, or in an earlier life
};

class Cache final : public Component {
 public:
  using Params = CacheParams;
  Cache(World& world, std::string id, const CacheParams& params)
      : Component(world, std::move(id), "cache"),
        params_(params),
        names_(world.symbols),
        service_key_(world.key(this->id(), "service time")),
        placement_(params.sharding, this->id(), params.replicas) {
    for (std::uint32_t i = 0; i < params.replicas; ++i)
      add(std::make_unique<Node>(*this, i, place(world, params.zones, i)));
    declare_metrics();
  }

  void connect(Directory& directory) override {
    if (!params_.origin) return;
    Edge& edge = directory.edge(*this, directory.component(params_.origin->id));
    origin_.emplace(world(), edge, params_.origin_policy, 0);
  }

  Route route(const Request& request, const Instance&) override {
    auto& node = static_cast<Node&>(*instances()[placement_.of(request.key)]);
    if (!origin_) node.expect(request.key);
    return &node;
  }

  bool answers(Symbol endpoint) const override {
    return !origin_ || origin_->callee().answers(endpoint);
  }
  std::vector<std::string> endpoints() const override {
    return origin_ ? origin_->callee().endpoints() : std::vector<std::string>{};
  }

  const CacheParams& params() const { return params_; }
  /// Null for a cache that is asked beside the data.
  CallSite* origin() { return origin_ ? &*origin_ : nullptr; }
  ResourceNames& names() { return names_; }
  RandomKey service_key() const { return service_key_; }
  Tally& wait() { return *wait_; }
  Tally& service() { return *service_; }

 private:
  void declare_metrics();
  /// Sum over the instances of what `of` says.
  template <class T>
  T total(T (Node::*of)() const) const {
    T sum{};
    for (const auto& instance : instances()) sum += (static_cast<const Node&>(*instance).*of)();
    return sum;
  }
  double total(double (Node::*of)(Time) const, Time now) const {
    double sum = 0;
    for (const auto& instance : instances()) sum += (static_cast<const Node&>(*instance).*of)(now);
    return sum;
  }

  const CacheParams& params_;
  ResourceNames names_;
  RandomKey service_key_;
  Shards placement_;
  std::optional<CallSite> origin_;
  Tally* wait_ = nullptr;
  Tally* service_ = nullptr;
};

caching::Cache empty_contents(const CacheParams& params) {
  constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();
  return caching::Cache(params.policy, params.capacity.value_or(kUnbounded), params.options());
}

// What an entry carries along: whether it is stale, and how long it took to get, in microseconds.
constexpr std::int64_t kLongestFetch = (std::int64_t{1} << 31) - 1;

std::uint32_t version_of(bool stale, Duration fetch_time) {
  const std::int64_t microseconds = std::min(fetch_time.count() / 1000, kLongestFetch);
  return static_cast<std::uint32_t>(microseconds) << 1 | (stale ? 1u : 0u);
}
bool stored_stale(const caching::Lookup& found) {
  return (found.version & 1) != 0;
}
std::int64_t stored_fetch_time(const caching::Lookup& found) {
  return std::int64_t{found.version >> 1} * 1000;
}

std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}

Node::Node(Cache& cache, std::uint32_t index, Zone zone)
    : Instance(cache, index, zone),
      cache_(cache),
      contents_(empty_contents(cache.params())),
      evictions_random_(cache.world().stream(label(), "eviction")),
      freshness_random_(cache.world().stream(label(), "freshness")),
      rules_(cache.params().rules()) {
  const Distribution& time = cache.params().service_time;
  if (time.is_constant()) lane_ = &cache.world().simulation.lane(time.constant_value());
}

Duration Node::start_time() const {
  return cache_.params().start_time;
}

void Node::receive(Served served) {
  const Time now = cache_.world().now();
  if (lane_ != nullptr && lane_->delay() == Duration{0}) {
    // Work that takes no time needs no worker: nobody can ever have to wait for one.
    cache_.wait().record(now, Duration{0});
    cache_.service().record(now, Duration{0});
    return execute(std::move(served));
  }
  if (cache_.origin() == nullptr) __builtin_prefetch(contents_.second_place(served.request().key));
  if (Worker* worker = idle_worker()) {
    busy_.add(now, 1);
    return begin(*worker, std::move(served), now);
  }
  const std::optional<std::uint64_t>& capacity = cache_.params().queue.capacity;
  if (capacity && line_.size() >= *capacity) return served.reply(Status::rejected);
  line_.push_back({std::move(served), now});
  waiting_.add(now, 1);
}

Node::Worker* Node::idle_worker() {
  if (!idle_.empty()) {
    Worker* const worker = idle_.back();
    idle_.pop_back();
    return worker;
  }
  // Made on first use: a limit of a million workers costs nothing until they are needed.
  if (workers_.size() == cache_.params().workers) return nullptr;
  return &workers_.emplace_back(*this);
}

void Node::begin(Worker& worker, Served served, Time arrived) {
  World& world = cache_.world();
  const Time now = world.now();
  worker.started = now;
  worker.served = std::move(served);
  cache_.wait().record(now, now - arrived);
  if (lane_ != nullptr && slowdown() == 1) return world.simulation.schedule_after(worker, *lane_);
  const Request& request = worker.served.request();
  RequestRandom random(cache_.service_key(), request.id, request.path);
  const Duration time = cache_.params().service_time.draw(random);
  world.simulation.schedule_after(worker, stretched(time, slowdown()));
}

void Node::finish(Worker& worker) {
  const Time now = cache_.world().now();
  cache_.service().record(now, now - worker.started);
  execute(std::move(worker.served));
  if (line_.empty()) {
    idle_.push_back(&worker);
    busy_.add(now, -1);
    return;
  }
  Waiting next = std::move(line_.front());
  line_.pop_front();
  waiting_.add(now, -1);
  begin(worker, std::move(next.served), next.since);
}

void Node::execute(Served served) {
  if (cache_.origin() != nullptr) return execute_inline(std::move(served));
  const Request& request = served.request();
  if (request.operation == Operation::read) return served.reply(look_up(request.key));
  store(request, request.key, false);
  served.reply(Status::ok);
}

void Node::execute_inline(Served served) {
  const Request& request = served.request();
  const ResourceName& name = cache_.names().of(request.endpoint);
  const std::uint64_t key = key_hash(name.hash ^ key_hash(request.key));
  if (request.operation == Operation::write || !name.safe)
    return tasks().spawn(write_through(std::move(served), key));
  using caching::Freshness;
  const Time now = cache_.world().now();
  const caching::Lookup found = contents_.lookup(key, nanoseconds(now));
  const bool there = found.outcome == caching::Outcome::hit;
  const Freshness state = there ? freshness_of(found) : Freshness::dead;
  Reply reply;
  reply.hit = there && state != Freshness::fallback && state != Freshness::dead;
  reply.stale = there && stored_stale(found);
  ++lookups_;
  hits_ += reply.hit;
  if (!there) entries_.set(now, static_cast<std::int64_t>(contents_.size()));
  if (reply.hit) {
    stale_served_ += state == Freshness::revalidate;
    slide(key, found);
    const bool anew = state == Freshness::refresh || state == Freshness::revalidate;
    if (anew && refreshing_.insert(key).second) tasks().spawn(refresh(request, key));
    return served.reply(reply);
  }
  std::optional<Reply> fallback;
  if (state == Freshness::fallback) fallback = reply;
  tasks().spawn(fetch(std::move(served), key, fallback));
}

caching::Freshness Node::freshness_of(const caching::Lookup& found) {
  if (found.expires == caching::kNeverExpires) return caching::Freshness::fresh;
  const std::int64_t grace = caching::useless_from(0, rules_);
  const std::int64_t lifetime = cache_.params().ttl->count();
  return caching::freshness({found.expires - grace, lifetime, stored_fetch_time(found)}, rules_,
                            nanoseconds(cache_.world().now()), freshness_random_);
}

void Node::slide(std::uint64_t key, const caching::Lookup& found) {
  if (cache_.params().expiry != Expiry::sliding) return;
  const Time now = cache_.world().now();
  caching::Item item;
  item.key = key;
  item.version = found.version;
  item.expires = caching::useless_from(
      nanoseconds(cache_.world().simulation.after(*cache_.params().ttl)), rules_);
  contents_.insert(item, nanoseconds(now), evictions_random_);
}

Reply Node::look_up(std::uint64_t key) {
  const Time now = cache_.world().now();
  const caching::Lookup found = contents_.lookup(key, nanoseconds(now));
  Reply reply;
  reply.hit = found.outcome == caching::Outcome::hit;
  reply.stale = reply.hit && stored_stale(found);
  ++lookups_;
  hits_ += reply.hit;
  if (!reply.hit) entries_.set(now, static_cast<std::int64_t>(contents_.size()));
  if (reply.hit) slide(key, found);
  return reply;
}

void Node::store(const Request& request, std::uint64_t key, bool stale, Duration fetch_time) {
  const Time now = cache_.world().now();
  const std::optional<Duration> ttl = request.ttl ? request.ttl : cache_.params().ttl;
  caching::Item item;
  item.key = key;
  item.version = version_of(stale, fetch_time);
  if (ttl) {
    const Duration lifetime{
        caching::jittered(ttl->count(), cache_.params().ttl_jitter.value, freshness_random_)};
    item.expires =
        caching::useless_from(nanoseconds(cache_.world().simulation.after(lifetime)), rules_);
  }
  if (const auto evicted = contents_.insert(item, nanoseconds(now), evictions_random_))
    ++(evicted->expired ? other_expirations_ : evictions_);
  entries_.set(now, static_cast<std::int64_t>(contents_.size()));
}

void Node::erase(std::uint64_t key) {
  if (contents_.erase(key))
    entries_.set(cache_.world().now(), static_cast<std::int64_t>(contents_.size()));
}

Task<> Node::fetch(Served served, std::uint64_t key, std::optional<Reply> fallback) {
  const Request request = served.request();
  caching::SingleFlight<Served>::Flight flight = 0;
  if (cache_.params().single_flight) {
    flight = flights_.join(key, std::move(served));
    if (flight == 0) {
      ++coalesced_;
      co_return;  // whoever leads the flight answers
    }
  }
  ++fetches_;
  const Time begun = cache_.world().now();
  Reply reply = co_await cache_.origin()->call(*this, request);
  reply.hit = false;
  if (reply.ok()) store(request, key, reply.stale, cache_.world().now() - begun);
  if (!reply.ok() && fallback) {
    reply = *fallback;
    ++stale_served_;
  }
  if (flight != 0) {
    for (Served& waiting : flights_.land(flight)) waiting.reply(reply);
  }
  served.reply(reply);
}

Task<> Node::refresh(Request request, std::uint64_t key) {
  ++fetches_;
  const Time begun = cache_.world().now();
  const Reply reply = co_await cache_.origin()->call(*this, request);
  refreshing_.erase(key);
  if (reply.ok()) store(request, key, reply.stale, cache_.world().now() - begun);
}

Task<> Node::write_through(Served served, std::uint64_t key) {
  Reply reply = co_await cache_.origin()->call(*this, served.request());
  reply.hit = false;
  if (reply.ok()) erase(key);
  served.reply(reply);
}

void Node::killed() {
  World& world = cache_.world();
  const Time now = world.now();
  line_.clear();
  idle_.clear();
  workers_.clear();
  flights_ = {};
  refreshing_.clear();
  busy_.set(now, 0);
  waiting_.set(now, 0);
  other_expirations_ += contents_.expirations();
  other_refusals_ += contents_.refusals();
  contents_ = empty_contents(cache_.params());
  entries_.set(now, 0);
}

void Cache::declare_metrics() {
  Recorder::Owner& owner = measure();
  const double replicas = static_cast<double>(params_.replicas);
  const double workers = static_cast<double>(params_.workers);
  const auto number = [this](std::uint64_t (Node::*of)() const) {
    return [this, of](Time) { return static_cast<double>(total(of)); };
  };
  const auto integral = [this](double (Node::*of)(Time) const) {
    return [this, of](Time now) { return total(of, now); };
  };
  owner.ratio("hit_ratio", number(&Node::hits), number(&Node::lookups));
  owner.count("lookups", [this] { return total(&Node::lookups); });
  owner.count("hits", [this] { return total(&Node::hits); });
  owner.count("evictions", [this] { return total(&Node::evictions); });
  owner.count("origin_fetches", [this] { return total(&Node::fetches); });
  owner.count("coalesced", [this] { return total(&Node::coalesced); });
  owner.count("stale_served", [this] { return total(&Node::stale_served); });
  owner.count("refusals", [this] { return total(&Node::refusals); });
  owner.count("expirations", [this] { return total(&Node::expirations); });
  owner.time_average("entries", integral(&Node::entries_integral));
  owner.time_ratio("utilization", integral(&Node::busy_integral),
                   [=](Time now) { return seconds(now) * workers * replicas; });
  owner.time_average("queue_length", integral(&Node::waiting_integral));
  wait_ = &owner.tally("wait_ms");
  service_ = &owner.tally("service_ms");
  for (const auto& instance : instances()) {
    const auto& node = static_cast<const Node&>(*instance);
    Recorder::Owner& own = measure(node);
    own.ratio(
        "hit_ratio", [&node](Time) { return static_cast<double>(node.hits()); },
        [&node](Time) { return static_cast<double>(node.lookups()); });
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
       {"evictions", "entries", "Entries that left to make room for another.", MetricShape::kCount},
       {"origin_fetches", "requests", "Requests for data to the origin.", MetricShape::kCount},
       {"coalesced", "requests", "Misses that shared another one's request to the origin.",
        MetricShape::kCount},
       {"stale_served", "requests", "Answers from entries past their end.", MetricShape::kCount},
       {"refusals", "entries",
        "Entries that were not stored, because nothing might be evicted for them.",
        MetricShape::kCount},
       {"expirations", "entries", "Entries that left because their time was over.",
        MetricShape::kCount},
       {"entries", "entries",
        "Entries held, over all instances; those included whose time is over and nobody noticed."},
       {"utilization", "1", "Busy workers / workers."},
       {"queue_length", "requests", "Requests waiting for a worker, over all instances."},
       {"wait_ms", "ms", "From arrival at an instance to a worker.", MetricShape::kTimes},
       {"service_ms", "ms", "With a worker; the time of the origin is not in it.",
        MetricShape::kTimes}});
  return model_kind<Cache>("cache",
                           "A cache with real contents: look-aside, or in the way of the requests.",
                           "RFC 9111; Redis 7.0.9; SCENARIO: cache", std::move(metrics));
}

}  // namespace highwater::cache
