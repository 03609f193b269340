#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/describe/words.h"
#include "engine/model/call_params.h"
#include "models/algorithms/caching/freshness.h"
#include "models/algorithms/caching/policy.h"
#include "models/cache/eviction_params.h"
#include "models/sharding.h"

namespace highwater {

namespace cache {

struct QueueParams {
  std::optional<std::uint64_t> capacity;

  static constexpr auto fields() {
    return std::tuple{
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
  std::optional<Duration> stale_while_revalidate;
  std::optional<Duration> stale_if_error;
  std::optional<Factor> early_expiration;
  std::optional<Fraction> refresh_ahead;
  bool single_flight = false;
  Distribution service_time = Distribution::constant(Duration{0});
  std::uint32_t workers = 1;
  QueueParams queue;
  std::uint32_t replicas = 1;
  hashing::Scheme sharding = hashing::Scheme::modulo;
  std::vector<std::string> zones;
  Duration start_time{0};
  std::optional<ComponentRef> origin;
  CallPolicy origin_policy;

  static constexpr auto fields() {
    return std::tuple{
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
        field<&CacheParams::stale_while_revalidate>("For so long after its end an entry still "
                                                    "answers, while one request to the origin "
                                                    "fetches it anew.")
            .at_least(Duration{1})
            .source("RFC 5861"),
        field<&CacheParams::stale_if_error>("For so long after its end an entry answers where the "
                                            "origin fails.")
            .at_least(Duration{1})
            .source("RFC 5861"),
        field<&CacheParams::early_expiration>("Fetches an entry anew shortly before its end, by "
                                              "chance: XFetch's beta. 1 is the paper's; off unless "
                                              "given.")
            .at_least(Factor{0.001})
            .source("Vattani et al. 2015"),
        field<&CacheParams::refresh_ahead>("A use after this share of an entry's ttl fetches it "
                                           "anew meanwhile; off unless given.")
            .at_least(Fraction{0.001})
            .source("Oracle Coherence refresh-ahead factor"),
        field<&CacheParams::single_flight>("Misses of one key at the same time send one request to "
                                           "the origin, and all get its answer.")
            .source("nginx proxy_cache_lock"),
        field<&CacheParams::service_time>("Time of a worker that each request takes, a look-up or "
                                          "a store alike; the time of the origin is not in it."),
        field<&CacheParams::workers>("Requests that an instance works on at the same time.")
            .at_least(1u)
            .at_most(10'000'000u)
            .source("Redis executes commands on one thread"),
        field<&CacheParams::queue>("The waiting line of an instance."),
        field<&CacheParams::replicas>("Instances, each with contents of its own. A key lives on "
                                      "one of them.")
            .at_least(1u)
            .at_most(10'000u),
        field<&CacheParams::sharding>("Which instance a key lives on."),
        field<&CacheParams::zones>("Zones the instances are spread over in turn; all zones of the "
                                   "network unless given."),
        field<&CacheParams::start_time>("From the start of an instance, which is empty then, until "
                                        "it takes requests."),
        field<&CacheParams::origin>("Makes it a cache in the way of the requests (a CDN, a reverse "
                                    "proxy): what it does not have it fetches from this component, "
                                    "and writes go through to it."),
        inlined<&CacheParams::origin_policy>(),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  /// What the policy is told.
  caching::Options options() const;
  /// How long, and how, entries past their end are used.
  caching::FreshnessRules rules() const;
};

}  // namespace cache
}  // namespace highwater
