#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/words.h"
#include "models/algorithms/caching/leases.h"
#include "models/algorithms/caching/policy.h"
#include "models/algorithms/caching/write_behind.h"
#include "models/cache/eviction_params.h"
#include "models/cache/freshness_params.h"
#include "models/cache/hot_keys.h"
#include "models/cache/redis_cluster_params.h"
#include "models/cache/restore_params.h"
#include "models/calls/call_params.h"
#include "models/membership/members_params.h"
#include "models/sharding.h"

namespace highwater {

namespace cache {

struct QueueParams {
  std::optional<std::uint64_t> capacity;

  static constexpr auto fields() {
    return Fields{
        field<&QueueParams::capacity>("Requests that may wait at each instance; one more is "
                                      "rejected. Unbounded unless given.")
            .at_most(std::uint64_t{4'000'000'000}),
    };
  }
};

enum class Expiry : std::uint8_t { fixed, sliding };
constexpr auto words_of(Expiry) {
  return std::array{Word{Expiry::fixed, "fixed", "An entry ends a ttl after it was stored."},
                    Word{Expiry::sliding, "sliding",
                         "An entry ends a ttl after its last use; each use stores the new end."}};
}

enum class WritePolicy : std::uint8_t { invalidate, write_through, write_around, write_behind };
constexpr auto words_of(WritePolicy) {
  return std::array{
      Word{WritePolicy::invalidate, "invalidate",
           "The origin is written, then the entry removed, as HTTP caches do."},
      Word{WritePolicy::write_through, "write_through",
           "The origin is written, then what was written stored."},
      Word{WritePolicy::write_around, "write_around",
           "The origin is written; the entry stays as it is and is stale until its end."},
      Word{WritePolicy::write_behind, "write_behind",
           "What was written is stored and the write answered; the origin is written later."}};
}

enum class Routing : std::uint8_t { key, nearest };
constexpr auto words_of(Routing) {
  return std::array{
      Word{Routing::key, "key", "To the instance that its key lives on."},
      Word{Routing::nearest, "nearest",
           "To the nearest zone that has an instance, where keys are shared by the instances "
           "there: points of presence of a CDN."}};
}

/// Keys are stored one by one before a run begins.
inline constexpr std::uint64_t kMostPrefilled = 50'000'000;

struct WriteBehindParams {
  Duration delay{caching::WriteBehindOptions{}.delay};
  std::uint32_t batch{caching::WriteBehindOptions{}.batch};
  std::uint64_t queue{caching::WriteBehindOptions{}.most};

  static constexpr auto fields() {
    return Fields{
        field<&WriteBehindParams::delay>("A write waits for so long; another to its key in that "
                                         "time replaces it. One that fails waits as long again.")
            .at_least(1ms)
            .source("chosen; the rule is Oracle Coherence's write-delay"),
        field<&WriteBehindParams::batch>("Writes that go to the origin at the same time; so many "
                                         "that wait are not kept waiting.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("chosen"),
        field<&WriteBehindParams::queue>("Keys of an instance that may wait to be written; a write "
                                         "beyond them goes to the origin at once.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{100'000'000})
            .source("chosen"),
    };
  }
  caching::WriteBehindOptions options() const {
    return {batch, delay.count(), static_cast<std::size_t>(queue)};
  }
};

struct CacheParams {
  caching::Policy policy = caching::Policy::lru;
  std::optional<ArcParams> arc;
  std::optional<TwoQueueParams> two_queue;
  std::optional<SlruParams> slru;
  std::optional<S3FifoParams> s3_fifo;
  std::optional<RedisSampleParams> redis_sampling;
  std::optional<RedisLfuParams> redis_lfu;
  std::optional<MemcachedParams> memcached;
  std::optional<std::uint64_t> capacity;
  std::optional<Duration> ttl;
  Expiry expiry = Expiry::fixed;
  Fraction ttl_jitter{0};
  FreshnessParams freshness;
  Duration lease_time{caching::Leases::kDefaultTime};
  Distribution service_time = Distribution::constant(Duration{0});
  std::uint32_t workers = 1;
  QueueParams queue;
  std::uint32_t replicas = 1;
  hashing::Scheme sharding = hashing::Scheme::modulo;
  std::optional<membership::MembershipParams> membership;
  std::optional<RedisClusterParams> cluster;
  Routing routing = Routing::key;
  std::optional<HotKeysParams> hot_keys;
  std::vector<std::string> zones;
  Duration start_time{0};
  RestoreParams restore;
  std::uint64_t prefill = 0;
  std::optional<ComponentRef> origin;
  WritePolicy write_policy = WritePolicy::invalidate;
  std::optional<WriteBehindParams> write_behind;
  CallPolicy origin_policy;

  static constexpr auto fields() {
    return Fields{
        field<&CacheParams::policy>("Which entry leaves when there is no room for another."),
        field<&CacheParams::arc>("Of the policy arc."),
        field<&CacheParams::two_queue>("Of the policy two_queue."),
        field<&CacheParams::slru>("Of the policy slru."),
        field<&CacheParams::s3_fifo>("Of the policy s3_fifo."),
        field<&CacheParams::redis_sampling>("Of redis_lru, redis_volatile_lru and "
                                            "redis_volatile_ttl."),
        field<&CacheParams::redis_lfu>("Of redis_lfu and redis_volatile_lfu."),
        field<&CacheParams::memcached>("Of the policy memcached."),
        field<&CacheParams::capacity>("Entries that each instance can hold; unbounded unless "
                                      "given.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{2'000'000'000}),
        field<&CacheParams::ttl>("How long an entry may be used, unless the request that stores "
                                 "it says so itself; for ever unless given.")
            .at_least(Duration{1}),
        field<&CacheParams::expiry>("Whether a use makes an entry live longer."),
        field<&CacheParams::ttl_jitter>("Every ttl is shorter by up to this share, by chance, so "
                                        "that entries stored together do not end together."),
        inlined<&CacheParams::freshness>(),
        field<&CacheParams::lease_time>("A key's second lease is given after so long, if the first "
                                        "was not used.")
            .at_least(Duration{1})
            .source("Nishtala et al. 2013"),
        field<&CacheParams::service_time>("Time of a worker that each request takes, a look-up or "
                                          "a store alike; the time of the origin is not in it."),
        field<&CacheParams::workers>("Requests that an instance works on at the same time.")
            .at_least(1u)
            .at_most(10'000'000u)
            .source("Redis executes commands on one thread"),
        field<&CacheParams::queue>("The waiting line of an instance."),
        field<&CacheParams::replicas>("Instances, each with contents of its own. A key lives on "
                                      "one of them. Of a cluster, its masters.")
            .at_least(1u)
            .at_most(10'000u),
        field<&CacheParams::sharding>("Which instance a key lives on."),
        field<&CacheParams::membership>("How the instances learn which of them live: the keys are "
                                        "shared by those that are listed. Without it a key stays "
                                        "with its instance, dead or alive."),
        field<&CacheParams::cluster>("Makes it a Redis Cluster: replicas of each master, failover, "
                                     "and clients that learn where keys are.")
            .source("Redis 7.0 src/cluster.c"),
        field<&CacheParams::routing>("Where a request goes."),
        field<&CacheParams::hot_keys>("Finds the keys that get most of the requests and keeps "
                                      "copies of them on several instances; off unless given."),
        field<&CacheParams::zones>(
            "Zones the instances are spread over in turn; all zones of the "
            "network unless given. In a cluster a master's replicas stand in "
            "the zones after its own."),
        field<&CacheParams::start_time>("From the start of an instance until it takes requests; "
                                        "what it restores it loads after that."),
        field<&CacheParams::restore>("What an instance has that starts again."),
        field<&CacheParams::prefill>("Keys that are there when the run begins, as if all had just "
                                     "been stored: those with the lowest numbers, which are a "
                                     "client's most popular ones.")
            .at_most(kMostPrefilled),
        field<&CacheParams::origin>("Makes it a cache in the way of the requests (a CDN, a reverse "
                                    "proxy): what it does not have it fetches from this component, "
                                    "and writes go there."),
        field<&CacheParams::write_policy>("What becomes of a write and of the entry that it "
                                          "concerns."),
        field<&CacheParams::write_behind>("Of the write policy write_behind."),
        inlined<&CacheParams::origin_policy>(),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  /// What the policy is told.
  caching::Options options() const;
  /// Instances in all.
  std::uint32_t nodes() const {
    return cluster ? replicas * (1 + cluster->replicas_per_shard) : replicas;
  }

 private:
  void check_cluster(const Value& where, const std::string& path, Problems& problems) const;
  void check_hot_keys(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace cache
}  // namespace highwater
