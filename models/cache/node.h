#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "engine/model/component.h"
#include "models/algorithms/caching/freshness.h"
#include "models/algorithms/caching/leases.h"
#include "models/algorithms/caching/policy.h"
#include "models/algorithms/caching/single_flight.h"
#include "models/algorithms/caching/write_behind.h"
#include "models/cache/cache_params.h"
#include "models/cache/change_log.h"
#include "models/cache/near_caches.h"
#include "models/cache/persistence.h"
#include "models/cache/redis_cluster.h"
#include "models/cache/resource_names.h"
#include "models/calls/call.h"

namespace highwater::cache {

/// What the instances of a cache have in common.
struct Shared {
  const CacheParams& params;
  ResourceNames names;
  RandomKey service_key;
  std::optional<CallSite> origin{};  // where it stands in the way of the requests
  Tally* wait = nullptr;
  Tally* service = nullptr;
  RedisCluster* cluster = nullptr;     // of which the instances are the nodes
  const NearRegistry* near = nullptr;  // where local tiers are to be told
};

/// What an instance has counted, over all its lives.
struct Counts {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t negative_hits = 0;
  std::uint64_t evictions = 0;
  std::uint64_t expirations = 0;
  std::uint64_t refusals = 0;
  std::uint64_t origin_fetches = 0;
  std::uint64_t coalesced = 0;
  std::uint64_t stale_served = 0;
  std::uint64_t leases = 0;
  std::uint64_t lease_waits = 0;
  std::uint64_t void_stores = 0;
  std::uint64_t coalesced_writes = 0;
  std::uint64_t lost_writes = 0;
};

/// One process with its contents. It serves without coroutines, since a look-up is the commonest
/// thing in many systems; only what it asks of the origin is one.
class Node final : public Instance {
 public:
  Node(Component& cache, Shared& shared, std::uint32_t index, Zone zone);

  Counts counts() const;
  /// A request about this key is on its way: a large cache is out of the processor's own, so that
  /// half of a look-up is waiting for memory, which can begin now.
  void expect(std::uint64_t key) const { __builtin_prefetch(contents_.first_place(key)); }
  /// Stores a key before the run begins, as if it had just been asked for.
  void prefill(std::uint64_t key);
  /// The cache has other parameters now. With another capacity it begins empty, as memcached does
  /// that is started anew with another -m.
  void reconfigure(bool other_capacity);
  /// All that was prefilled is saved.
  void save_all();
  // Faults.
  /// Drops the share of its entries that `salt` decides, and tells whom it tells of deletes if it
  /// is a command that does it. @return how many.
  std::uint64_t drop(double share, RandomKey salt, bool by_command);
  /// What it has and what it has saved is gone.
  void lose_all();
  /// All entries that have an end have it now, and what is stored from now on ends when a whole
  /// number of its lifetimes has passed since then; until it is taken back.
  void expire_together();
  void expire_apart(Time since);

  /// A copy of a hot key is dropped.
  void drop(std::uint64_t key) { erase(key); }
  /// Has what is due of a log applied, as a replica; changed(key) is called for each change.
  template <class Changed>
  void apply(ChangeLog& log, Changed changed) {
    const Time now = this->now();
    log.apply(nanoseconds(now), contents_, evictions_random_, changed);
    entries_.set(now, static_cast<std::int64_t>(contents_.size()));
  }
  /// Becomes a replica of `master`: has what that has.
  void copy_contents(const Node& master);
  double busy_integral(Time now) const { return busy_.total(now); }
  double waiting_integral(Time now) const { return waiting_.total(now); }
  double entries_integral(Time now) const { return entries_.total(now); }
  double pending_writes_integral(Time now) const { return pending_writes_.total(now); }

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
  /// What an entry is stored with.
  struct Storing {
    std::optional<Duration> ttl;
    const caching::FreshnessRules* rules;
    std::uint32_t version;
  };

  World& world() const { return component().world(); }
  const CacheParams& params() const { return shared_.params; }
  Time now() const { return world().now(); }
  /// As its clock says: what entries expire by, as those of Redis do.
  Time time_of_day() const {
    const Time now = this->now();
    return std::clamp(now + clock_ahead(now), Time{}, kNever);
  }
  bool reads_clock() const override { return true; }
  /// When what is stored now ends, by the same clock.
  Time end_of(Duration lifetime) const {
    const Time now = time_of_day();
    return lifetime < kNever - now ? now + lifetime : kNever;
  }

  void receive(Served served) override;
  void killed() override;
  void started() override;
  Duration start_time() const override;

  void take_service_time();
  Worker* idle_worker();
  void begin(Worker& worker, Served served, Time arrived);
  void finish(Worker& worker);
  void execute(Served served);
  std::optional<Duration> ttl_of(const Request& request) const;
  /// Beside the data.
  Reply look_up(const Request& request);
  void put(const Request& request);
  /// In the way of the requests.
  void execute_inline(Served served);
  void write(Served served, std::uint64_t key);

  /// What a look-up comes to under these rules, counted.
  Reply judge(std::uint64_t key, const caching::Lookup& found, const caching::FreshnessRules& rules,
              std::optional<Duration> ttl);
  /// Gives the lease to one of those who will fetch the key.
  void take_lease(std::uint64_t key, Reply& reply);
  void store(std::uint64_t key, const Storing& storing);
  Duration lifetime_of(Duration ttl);
  /// Stores what the origin said.
  void learn(const Request& request, std::uint64_t key, bool stale, Time asked);
  void erase(std::uint64_t key);
  /// Whether anybody is to hear of changes.
  bool is_followed() const {
    return persistence_ || shared_.cluster != nullptr || shared_.near != nullptr;
  }
  void tell_stored(const caching::Item& item, const std::optional<caching::Evicted>& evicted);
  void replace_contents(caching::Cache contents);

  /// Fetches and answers. `fallback` answers where the origin fails.
  Task<> fetch(Served served, std::uint64_t key, std::optional<Reply> fallback);
  /// Fetches with nobody waiting for it.
  Task<> renew(Request request, std::uint64_t key);
  /// Writes to the origin before it answers.
  Task<> write_now(Served served, std::uint64_t key);
  /// Takes the writes that are due out of the line and sends them.
  void send_writes();
  Task<> write_later(Request request, std::uint64_t key);
  void plan_writes();

  Shared& shared_;
  caching::Cache contents_;
  caching::FreshnessRules rules_;
  RandomStream evictions_random_;
  RandomStream freshness_random_;
  caching::SingleFlight<Served> flights_;  // of misses, where they share
  std::set<std::uint64_t> renewing_;       // keys that answer while they are fetched anew
  caching::Leases leases_;
  caching::WriteBehind<Request> writes_;
  Timer<&Node::send_writes> writes_due_{*this};
  std::uint64_t failed_writes_ = 0;  // that pause before they come back
  std::optional<Persistence> persistence_;
  const caching::FreshnessRules* entry_rules_ = &rules_;  // of the last entry: all agree on them
  std::vector<Time> together_;  // since when entries end together, by fault
  Lane* lane_ = nullptr;        // of a constant service time
  std::deque<Worker> workers_;
  std::vector<Worker*> idle_;
  std::deque<Waiting> line_;
  TimeIntegral busy_;
  TimeIntegral waiting_;
  TimeIntegral entries_;
  TimeIntegral pending_writes_;
  Counts counts_;  // refusals and expirations: of earlier lives, and pushed out by a store
};

}  // namespace highwater::cache
